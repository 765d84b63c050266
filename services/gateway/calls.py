"""One call of a caller as a message: to the service that owns it, within the caller's scope, and its answer as this
caller may see it. It knows no operation, and not how the message came.

What an operation is called and where it goes stand in the contract alone; so one payment, one statement and one invoice
walk the same way through here, whether they came as JSON or by gRPC.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import grpc
from google.protobuf.message import Message

from chassis.channel import seconds_left
from chassis.errors import Fault, from_rpc_error
from services.gateway import clients, own_calls, requests
from services.gateway.audit import Entry
from services.gateway.batched import Together
from services.gateway.contract import Operation, type_of
from services.gateway.domain.caller import Caller
from services.gateway.masking import mask, shows
from services.gateway.naming import ids_in
from services.gateway.policy.table import Table
from services.gateway.scope import Scope, access_of, told_alike

# The gateway's own services ask again who calls, because they can be reached without this door.
OWN_AREA: Final = "gateway"
# The metadata in which the services behind learn who acts.
OPERATOR_KEY: Final = "bihuan-operator"
_REPLAYED: Final = "replayed"


@dataclass(frozen=True, slots=True)
class Asker:
    """Who calls, how that was proved, and what is written down of the call."""

    caller: Caller
    authorization: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class Answered:
    """A service's answer, and whether it is one from before."""

    message: Message
    is_replayed: bool


class Calls:
    """Calls what an operation names, over the channel of its area; how long it may take, its caller bounds."""

    def __init__(
        self, channels: Mapping[str, grpc.aio.Channel], together: Mapping[str, Together], scope: Scope, table: Table
    ) -> None:
        self._channels = channels
        self._together = together
        self._scope = scope
        self._table = table

    async def one(
        self, operation: Operation, message: Message, asker: Asker, admit: Callable[[], Awaitable[None]] | None = None
    ) -> Answered:
        """The answer to a request that is its caller's own, once `admit`, if given, has let it pass.

        Raises the Fault that it is refused with, as this caller is told it.
        """
        asker.entry.name_all(ids_in(message))
        await self._scope.admit(operation, message, asker.caller)
        try:
            if admit is not None:
                await admit()
            answered = await self._sent(operation, message, asker)
        except Fault as fault:
            raise told(fault, message, operation, asker.caller) from fault
        await self._scope.release(operation, answered.message, asker.caller)
        return answered

    async def many(
        self, operation: Operation, first: Message, header: Message, parts: AsyncIterator[Message], asker: Asker
    ) -> Answered:
        """The same for an upload: `first` says by its `header` what it is, and is the first of the parts, too."""
        asker.entry.name_all(ids_in(header))
        await self._scope.admit(operation, first, asker.caller)
        try:
            answered = await _outcome(self._stub(operation)(parts, metadata=metadata_of(operation, asker)))
        except Fault as fault:
            raise told(fault, header, operation, asker.caller) from fault
        await self._scope.release(operation, answered.message, asker.caller)
        return answered

    def show(self, answer: Message, asker: Asker) -> None:
        """Mask what the caller may not see; the entry is told what was in the answer, and what was seen."""
        show(answer, self._table.hidden_from(asker.caller), asker.entry)

    async def _sent(self, operation: Operation, message: Message, asker: Asker) -> Answered:
        together = self._together.get(operation.method.full_name)
        if together is not None and together.takes(message):
            seconds = seconds_left()
            assert seconds is not None, "every call is bounded before it is sent"
            answer = await together.call(message, seconds)
            return Answered(answer, is_replayed(answer))
        return await _outcome(self._stub(operation)(message, metadata=metadata_of(operation, asker)))

    def _stub(self, operation: Operation) -> Callable[..., Any]:
        return clients.caller_of(self._channels[operation.area], operation)


def metadata_of(operation: Operation, asker: Asker) -> list[tuple[str, str]]:
    """What goes with a call; nothing of it is what its caller sent, save the token for our own services."""
    metadata = [(OPERATOR_KEY, asker.caller.operator)]
    if operation.area == OWN_AREA:  # a token is nobody else's business
        metadata += [("authorization", asker.authorization), (own_calls.KEY, own_calls.MARK)]
    return metadata


def is_replayed(answer: Message) -> bool:
    """Whether an answer says that it is one from before."""
    return bool(getattr(answer, _REPLAYED, False))


def show(answer: Message, hidden: frozenset[int], entry: Entry) -> None:
    """Mask the kinds that are hidden; the entry is told what was in the answer, and what was seen."""
    entry.name_all(ids_in(answer))
    entry.saw_unmasked = entry.saw_unmasked or shows(answer, hidden)
    mask(answer, hidden)


def told(fault: Fault, request: Message, operation: Operation, caller: Caller) -> Fault:
    """The fault as this caller is told it: with the cure that a header is, and without what is another's."""
    if not caller.is_of_platform:
        fault = told_alike(fault, access_of(operation.method))
    is_missing = requests.has_request_id(type_of(request)) and not getattr(request, requests.REQUEST_ID)
    return requests.with_cure(fault) if is_missing else fault


async def _outcome(call: Any) -> Answered:
    try:
        message: Message = await call
        trailing: Any = await call.trailing_metadata()
    except grpc.aio.AioRpcError as error:
        raise from_rpc_error(error) from error
    is_marked = any(key == "idempotent-replayed" and value == "true" for key, value in trailing or ())
    return Answered(message, is_marked or is_replayed(message))
