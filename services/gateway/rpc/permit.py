"""Who calls the gateway's own services, and that the call came through the door. It looks at no request."""

from chassis.errors import Kind, plain_fault
from chassis.server import RpcContext
from services.gateway import own_calls
from services.gateway.access import Access
from services.gateway.domain.caller import Caller


async def permitted(access: Access, context: RpcContext, method: str) -> Caller:
    """Who calls, when its roles may call a method (its full name). No key with a scope of merchants has a say here."""
    caller = await permitted_within_scope(access, context, method)
    if not caller.is_of_platform:
        raise plain_fault(Kind.DENIED)
    return caller


async def permitted_within_scope(access: Access, context: RpcContext, method: str) -> Caller:
    """Who calls, when its roles may call a method; the method keeps it within its scope of merchants.

    Raises PERMISSION_DENIED for a call that did not come through the door, whoever makes it.
    """
    if not own_calls.is_marked(_metadata(context, own_calls.KEY)):
        raise plain_fault(Kind.DENIED)
    caller = await access.identify(_metadata(context, "authorization"))
    access.permit(caller, method)
    return caller


def _metadata(context: RpcContext, name: str) -> str:
    for key, value in context.invocation_metadata() or ():
        if key == name:
            return str(value)
    return ""
