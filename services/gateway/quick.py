"""The quick way for calls that go in batches: a request that is right at first sight passes without a task of its own.

It asks the same parts in the same order as the door does: address and key, place, role, request, scope, limit, audit.
Whatever is not plain (a key that was not proved lately, a trace that is kept, a field that does not fit, no token at
hand) it leaves to the door before anything was done, so that a refusal of a request is worded in one place.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from google.protobuf.message import Message

from chassis import telemetry
from chassis.batch import BatchError
from chassis.errors import Fault
from services.gateway import batched, calls, kinds, limits, requests
from services.gateway.access import Access
from services.gateway.answer_json import to_json
from services.gateway.audit import Entry, digest_head, outcome_of
from services.gateway.batched import CALL_BYTES_MAX, Together
from services.gateway.contract import Operation
from services.gateway.domain.caller import Caller
from services.gateway.domain.rate import MethodClass
from services.gateway.domain.shedding import Worth
from services.gateway.door import EVER, KEPT, log_refusal, refusal, trace_headers
from services.gateway.guard import Guard
from services.gateway.limits import InFlight
from services.gateway.naming import ids_in
from services.gateway.policy.table import Table
from services.gateway.rates import Quota
from services.gateway.scope import Scope
from services.gateway.suspension import Origin

# Told once, with the status line's code, everything between the server's own headers and the body, and the body.
Reply = Callable[[int, bytes, bytes], None]
# What asks for more than a call as it usually is.
_UNUSUAL: Final = frozenset(
    {
        b"content-encoding",
        b"transfer-encoding",
        b"request-timeout",
        b"bihuan-reason",
        b"origin",
        b"if-match",
        b"if-none-match",
    }
)
_EVER: Final = b"".join(b"%b: %b\r\n" % header for header in EVER)


@dataclass(frozen=True, slots=True)
class Lane:
    """An operation whose calls may go this way."""

    operation: Operation
    method: str
    together: Together
    worth: Worth
    method_class: MethodClass
    digest_head: bytes


@dataclass(slots=True, eq=False)
class _Call:
    lane: Lane
    caller: Caller
    origin: Origin
    message: Message
    sent: bytes
    entry: Entry
    quota: Quota
    traceparent: str
    language: str
    reply: Reply
    began: float
    content: bytes = b""
    is_replayed: bool = False
    raised: Exception | None = None


class Quick:
    """Takes calls that are plain. No call lasts longer than `call_timeout_seconds`, and then the audit's own time."""

    def __init__(
        self,
        operations: Iterable[Operation],
        together: Mapping[str, Together],
        access: Access,
        guard: Guard,
        in_flight: InFlight,
        scope: Scope,
        table: Table,
        call_timeout_seconds: float,
    ) -> None:
        self._access = access
        self._guard = guard
        self._in_flight = in_flight
        self._scope = scope
        self._table = table
        self._seconds = call_timeout_seconds
        # In the order in which their time is up, which is the same for all.
        self._open: dict[_Call, float] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._lanes = {
            (operation.verb.encode("ascii"), operation.public_template.encode("ascii")): lane
            for operation in operations
            if (one := together.get(operation.method.full_name)) and (lane := self._lane(operation, one))
        }

    def lane(self, verb: bytes, target: bytes) -> Lane | None:
        """The lane for a request line, if there is one."""
        return self._lanes.get((verb, target))

    def take(self, lane: Lane, scope: Any, body: bytes, reply: Reply) -> bool:
        """Whether the call was taken, and `reply` will be told; else nothing was done, and the door is to answer.

        `scope` is that of ASGI, as far as the head of the request has told it.
        """
        headers: dict[bytes, bytes] = dict(scope["headers"])
        if len(headers) != len(scope["headers"]) or not _UNUSUAL.isdisjoint(headers):
            return False
        caller = self._access.recognised(headers.get(b"authorization", b""))
        if caller is None or not self._in_flight.admits(lane.worth):
            return False
        try:
            peer, forwarded = scope["client"][0], headers.get(b"x-forwarded-for", b"").decode("latin-1")
            origin = self._guard.admit(caller, peer, forwarded)
            message, sent = self._request(lane, headers, body, caller)
        except Exception:  # noqa: BLE001  the door comes upon the same, and tells it
            return False
        told = headers.get(b"traceparent", b"").decode("latin-1")
        traceparent = telemetry.unkept(told)
        if traceparent is None:
            scope[KEPT] = not told
            return False
        quota = self._guard.take(lane.method_class, caller)
        if quota is None:
            return False
        entry = self._entry(lane, caller, origin, body, traceparent)
        language = headers.get(b"accept-language", b"").decode("latin-1")
        began = self._in_flight.enter()
        self._send(_Call(lane, caller, origin, message, sent, entry, quota, traceparent, language, reply, began))
        return True

    def _lane(self, operation: Operation, together: Together) -> Lane | None:
        """A lane for an operation whose whole request is its body, and about which nothing else has to be asked."""
        is_plain = operation.body == "*" and not operation.variables and self._scope.judges_at_once(operation)
        if not is_plain or not kinds.mutates(operation):
            return None
        head = digest_head(operation.verb, operation.public_template.encode("ascii"), b"")
        method, method_class = operation.method.full_name, kinds.method_class(operation)
        return Lane(operation, method, together, kinds.worth(operation), method_class, head)

    def _request(self, lane: Lane, headers: dict[bytes, bytes], body: bytes, caller: Caller) -> tuple[Message, bytes]:
        """The call's request, also as it is sent, if it is right and the caller may make it.

        Whatever is raised else is the door's.
        """
        operation = lane.operation
        self._access.permit(caller, lane.method)
        if not limits.is_json(headers.get(b"content-type", b"application/json").decode("latin-1")):
            raise ValueError("not JSON")
        key = headers.get(b"idempotency-key")
        idempotency_key = None if key is None else key.decode("latin-1")
        message = requests.of_call(operation, {}, "", body, idempotency_key, caller)
        if self._scope.judge(operation, message, caller) is not None:
            raise ValueError("something else has to be asked")
        sent = message.SerializeToString()
        if len(sent) > CALL_BYTES_MAX:
            raise ValueError("it goes alone")
        return message, sent

    def _entry(self, lane: Lane, caller: Caller, origin: Origin, body: bytes, traceparent: str) -> Entry:
        audit = self._guard.audit
        entry = audit.open_whole(lane.method, origin.address, lane.digest_head, body, traceparent[3:35])
        entry.caller_id, entry.operator, entry.tenant_id = caller.caller_id, caller.operator, caller.tenant_id
        return entry

    def _send(self, call: _Call) -> None:
        call.entry.name_all(ids_in(call.message))
        self._open[call] = asyncio.get_running_loop().time() + self._seconds
        self._watch()
        try:
            sent = call.lane.together.send(call.sent, call.traceparent, self._seconds)
        except BatchError as raised:
            self._answered(call, None, raised)
        else:
            sent.add_done_callback(lambda done: self._answered(call, done, done.exception()))

    def _answered(self, call: _Call, done: "asyncio.Future[Message] | None", raised: BaseException | None) -> None:
        if self._open.pop(call, None) is None:
            return  # its time was up before
        if isinstance(raised, BatchError):
            raised = batched.told(raised)
        try:
            if isinstance(raised, Fault):
                raise calls.told(raised, call.message, call.lane.operation, call.caller)
            if raised is not None:
                raise raised
            assert done is not None, "without an answer there is an exception"
            self._show(call, done.result())
        except Exception as fault:  # noqa: BLE001  whatever is raised becomes the call's end
            call.raised, call.entry.outcome = fault, outcome_of(fault)
        self._write(call)

    def _show(self, call: _Call, answer: Message) -> None:
        self._scope.judge_answer(call.lane.operation, answer, call.caller)
        call.is_replayed = calls.is_replayed(answer)
        calls.show(answer, self._table.hidden_from(call.caller), call.entry)
        call.content = to_json(answer)

    def _write(self, call: _Call) -> None:
        """The answer leaves once it stands in the audit."""
        try:
            written = self._guard.audit.write(call.entry)
        except BatchError as raised:
            self._written(call, raised)
        else:
            written.add_done_callback(lambda done: self._written(call, done.exception()))

    def _written(self, call: _Call, raised: BaseException | None) -> None:
        self._in_flight.leave(call.began)
        if raised is not None:
            call.raised = self._guard.audit.unwritten(call.entry, raised)
        if call.raised is not None:
            self._refuse(call, call.raised)
            return
        head = b"content-length: %d\r\ncontent-type: application/json\r\n" % len(call.content)
        if call.is_replayed:
            head = b"idempotent-replayed: true\r\n" + head
        call.reply(HTTPStatus.OK, head + _tail(call), call.content)

    def _refuse(self, call: _Call, raised: Exception) -> None:
        operation, key_id = call.lane.operation, call.caller.caller_id
        path = operation.public_template
        # Within the call's trace, which is not kept: what is logged and told of it bears its id.
        with telemetry.span("refused", parent=call.traceparent) as current:
            self._guard.judge(raised, call.origin, key_id, path.encode("ascii"), b"", call.entry.head)
            response = refusal(raised, path, call.language, current)
            log_refusal(operation.verb, path, response, key_id)
        head = b"".join(b"%b: %b\r\n" % header for header in response.raw_headers)
        call.reply(response.status_code, head + _tail(call), bytes(response.body))

    def _watch(self) -> None:
        """See to it that somebody looks when the time of the oldest is up."""
        if self._timer is None and self._open:
            until = next(iter(self._open.values()))
            self._timer = asyncio.get_running_loop().call_at(until, self._end_late)

    def _end_late(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        while self._open:
            call, until = next(iter(self._open.items()))
            if until > now:
                break
            self._answered(call, None, TimeoutError())
        self._watch()


def _tail(call: _Call) -> bytes:
    """The headers that every answer of a call has: its limit, its trace, and what is always there."""
    trace = b"".join(b"%b: %b\r\n" % header for header in trace_headers(call.traceparent))
    return call.quota.lines() + trace + _EVER
