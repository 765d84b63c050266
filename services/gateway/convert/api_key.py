"""Keys as messages of the contract, and nowhere else."""

from bihuan.gateway.v1 import api_key_pb2, api_key_service_pb2

from services.gateway.convert.basics import time_from_proto
from services.gateway.domain.api_key import ApiKey, Grant
from services.gateway.domain.role import ALL_OF_PLATFORM, Role


def api_key_to_proto(key: ApiKey) -> api_key_pb2.ApiKey:
    """A key as the contract tells it."""
    grant = key.grant
    message = api_key_pb2.ApiKey(
        key_id=key.key_id,
        display_name=grant.display_name,
        sees_unmasked=grant.sees_unmasked,
        is_admin=Role.ADMIN in grant.roles,
        roles=sorted(grant.roles),
        tenant_id=grant.tenant_id,
        merchant_ids=sorted(grant.merchant_ids),
        department=grant.department,
        successor_key_id=key.successor_key_id,
        operator=key.operator,
    )
    message.create_time.FromDatetime(key.create_time)
    if key.revoke_time is not None:
        message.revoke_time.FromDatetime(key.revoke_time)
    if grant.expire_time is not None:
        message.expire_time.FromDatetime(grant.expire_time)
    return message


def grant_from_proto(request: api_key_service_pb2.CreateApiKeyRequest) -> Grant:
    """What is asked for: `is_admin` is short for roles, and one merchant without a tenant is its own tenant."""
    roles = {*request.roles, *(ALL_OF_PLATFORM if request.is_admin else ())}
    only = request.merchant_ids[0] if len(request.merchant_ids) == 1 else ""
    return Grant(
        display_name=request.display_name,
        roles=frozenset(roles or {Role.INTEGRATOR}),
        tenant_id=request.tenant_id or only,
        merchant_ids=frozenset(request.merchant_ids),
        department=request.department,
        sees_unmasked=request.sees_unmasked,
        expire_time=time_from_proto(request, "expire_time"),
    )
