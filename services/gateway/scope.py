"""Whose data a call is about: keeps callers with a scope of merchants within it. It knows nothing of roles.

How a call's merchant is found stands in the contract (`bihuan.options.v1.access`). What is of another merchant gets the
same NOT_FOUND as what is not there; so does what has no merchant, for a caller whose scope could not cover it.
"""

from collections.abc import Iterable, Iterator, Mapping

import grpc
import structlog
from bihuan.options.v1 import access_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message

from chassis.errors import Fault, FieldFault, Kind, from_rpc_error, plain_fault
from services.gateway import clients, fields
from services.gateway.contract import Operation, reachable, type_of
from services.gateway.domain.caller import Caller

MERCHANT_ID = "merchant_id"
_JUDGED_AFTER = ("merchant_of_answer", "resource_of_answer")
_OF_WHAT_IS_THERE = (Kind.EXISTS, Kind.CONFLICT, Kind.PRECONDITION)
_log = structlog.get_logger()


class Scope:
    """Looks at requests before they are sent, and at answers before they are given out."""

    def __init__(self, operations: Iterable[Operation], channels: Mapping[str, grpc.aio.Channel]) -> None:
        self._operations = {operation.method.full_name: operation for operation in operations}
        self._access = {name: access_of(operation.method) for name, operation in self._operations.items()}
        self._channels = channels

    async def admit(self, operation: Operation, request: Message, caller: Caller) -> None:
        """Let a request pass that is about the caller's merchants, or narrow it to them.

        Raises NOT_FOUND, PERMISSION_DENIED for what is the platform's own, MALFORMED_REQUEST when one merchant of
        several has to be named, and what a look at the thing that the request names raises.
        """
        if (resource := self.judge(operation, request, caller)) is not None:
            await self._must_see_resource(request, resource, caller)

    def judges_at_once(self, operation: Operation) -> bool:
        """Whether request and answer of an operation tell by themselves whose they are."""
        return self._access[operation.method.full_name].WhichOneof("scope") not in ("resource", "resource_of_answer")

    def judge(self, operation: Operation, request: Message, caller: Caller) -> access_pb2.Resource | None:
        """What `admit` does without looking anywhere else; the thing that is left to be looked at, if one is."""
        if caller.is_of_platform:
            return None
        access = self._access[operation.method.full_name]
        match access.WhichOneof("scope"):
            case "merchant_field":
                _must_name(caller, access.merchant_field, texts_at(request, access.merchant_field))
            case "filtered":
                _narrow(request, access.filtered, caller)
            case "resource":
                _must_be_there(access.resource.id_field, texts_at(request, access.resource.id_field))
                return access.resource
            case "merchant_of_answer" | "resource_of_answer" | "kept_by_gateway":
                pass  # the answer is looked at, or our own service knows the caller
            case _:  # the platform's own, or forgotten
                raise plain_fault(Kind.DENIED)
        return None

    async def release(self, operation: Operation, answer: Message, caller: Caller) -> None:
        """Let an answer pass that is about the caller's merchants. Raises NOT_FOUND."""
        access = self._access[operation.method.full_name]
        if access.WhichOneof("scope") == "resource_of_answer" and not caller.is_of_platform:
            await self._must_see_resource(answer, access.resource_of_answer, caller)
        self.judge_answer(operation, answer, caller)

    def judge_answer(self, operation: Operation, answer: Message, caller: Caller) -> None:
        """What `release` does without looking anywhere else."""
        if caller.is_of_platform:
            return
        access = self._access[operation.method.full_name]
        if access.WhichOneof("scope") == "merchant_of_answer":
            _must_see(caller, texts_at(answer, access.merchant_of_answer))
        # Whatever the request was: what a service gives too much of does not go out.
        if not all(map(caller.may_see, merchants_in(answer))):
            _log.error("answer of another merchant", method=operation.method.full_name, caller=caller.caller_id)
            raise plain_fault(Kind.NOT_FOUND)

    async def _must_see_resource(self, message: Message, resource: access_pb2.Resource, caller: Caller) -> None:
        ids = texts_at(message, resource.id_field)
        if not ids or not all(ids):
            raise plain_fault(Kind.NOT_FOUND)
        for one in ids:
            thing = await self._fetch(self._operations[resource.method], one)
            _must_see(caller, texts_at(thing, self._access[resource.method].merchant_of_answer))

    async def _fetch(self, operation: Operation, resource_id: str) -> Message:
        request = operation.request()
        setattr(request, operation.variables[0], resource_id)
        try:
            thing: Message = await clients.caller_of(self._channels[operation.area], operation)(request)
        except grpc.aio.AioRpcError as error:
            raise told_alike(from_rpc_error(error)) from error
        return thing


def access_of(method: MethodDescriptor) -> access_pb2.Access:
    """What the contract says about who may call a method; empty when it was forgotten."""
    access: access_pb2.Access = method.GetOptions().Extensions[access_pb2.access]
    return access


def told_alike(fault: Fault, access: access_pb2.Access | None = None) -> Fault:
    """The fault as a caller with a scope may see it: what is not there looks like what is another's.

    Where whose it is shows in the answer alone, a refusal came before anyone looked: of that, only what is wrong with
    the request itself is told, and not what the service found.
    """
    is_unjudged = access is not None and access.WhichOneof("scope") in _JUDGED_AFTER
    says_what_was_found = fault.kind in _OF_WHAT_IS_THERE or bool(fault.metadata)
    if fault.kind is Kind.NOT_FOUND or (is_unjudged and says_what_was_found):
        return plain_fault(Kind.NOT_FOUND)
    return fault


def texts_at(message: Message, path: str) -> list[str]:
    """The texts at a dotted path, one for each element where it leads through a list; none where a part is not set."""
    name, _, rest = path.partition(".")
    held = getattr(message, name)
    field = type_of(message).fields_by_name[name]
    parts = list(held) if field.is_repeated else [held]
    if not rest:
        return [str(part) for part in parts]
    if not field.is_repeated and not message.HasField(name):
        return []
    return [text for part in parts for text in texts_at(part, rest)]


def merchants_in(message: Message) -> Iterator[str]:
    """Every merchant that a message names, however deep; a field that names none is left out."""
    for field in _leading_to_merchants(type_of(message)):
        if field.message_type is None:
            if merchant_id := getattr(message, field.name):
                yield merchant_id
        elif field.is_repeated:
            for part in getattr(message, field.name):
                yield from merchants_in(part)
        elif message.HasField(field.name):
            yield from merchants_in(getattr(message, field.name))


_leading: dict[str, tuple[FieldDescriptor, ...]] = {}


def _leading_to_merchants(descriptor: Descriptor) -> tuple[FieldDescriptor, ...]:
    if (known := _leading.get(descriptor.full_name)) is None:
        known = _leading[descriptor.full_name] = tuple(field for field in descriptor.fields if _leads(field))
    return known


def _leads(field: FieldDescriptor) -> bool:
    if field.message_type is None:
        return field.name == MERCHANT_ID
    return any(MERCHANT_ID in held.fields_by_name for held in reachable(field.message_type))


def _must_see(caller: Caller, merchant_ids: list[str]) -> None:
    if not merchant_ids or not all(map(caller.may_see, merchant_ids)):
        raise plain_fault(Kind.NOT_FOUND)


def _must_name(caller: Caller, path: str, merchant_ids: list[str]) -> None:
    _must_be_there(path, merchant_ids)
    _must_see(caller, merchant_ids)


def _must_be_there(path: str, texts: list[str]) -> None:
    """What a caller of the platform may leave open, a caller with a scope has to name."""
    if not texts or not all(texts):
        raise fields.misfit([FieldFault(path, "REQUIRED", "is needed with your scope", "在您的权限范围内必须给出")])


def _narrow(request: Message, path: str, caller: Caller) -> None:
    """Set the filter to the caller's only merchant, unless it names one of several."""
    if not getattr(request, path) and len(caller.merchant_ids) == 1:
        setattr(request, path, next(iter(caller.merchant_ids)))
    _must_name(caller, path, [getattr(request, path)])
