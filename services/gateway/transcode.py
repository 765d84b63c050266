"""One call: HTTP request to message, message to the service that owns it, answer to JSON. It knows no operation.

What an operation is called, where it goes and what it takes stand in the contract alone; so one payment, one statement
and one invoice walk the same way through here.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import grpc
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from starlette.requests import Request
from starlette.responses import Response

from chassis.channel import deadline_scope, seconds_left
from chassis.errors import Fault, from_rpc_error
from services.gateway import clients, limits, multipart, own_calls, requests
from services.gateway.answer_json import to_json
from services.gateway.audit import Entry, entry_of
from services.gateway.batched import Together
from services.gateway.conditions import Conditions
from services.gateway.contract import Operation, type_of
from services.gateway.domain.caller import Caller
from services.gateway.masking import mask, shows
from services.gateway.naming import ids_in
from services.gateway.policy.table import Table
from services.gateway.routes import Found
from services.gateway.scope import Scope, access_of, told_alike

CHUNK_BYTES_MAX = 256 * 1024
# The gateway's own services ask again who calls, because they can be reached without this door.
OWN_AREA = "gateway"
# The metadata in which the services behind learn who acts.
OPERATOR_KEY = "bihuan-operator"
_REPLAYED = "replayed"


class Transcoder:
    """Calls what the routes name, over the channel of its area. No call lasts longer than its timeout."""

    def __init__(
        self,
        channels: Mapping[str, grpc.aio.Channel],
        together: Mapping[str, Together],
        scope: Scope,
        table: Table,
        conditions: Conditions,
        call_timeout_seconds: float,
        upload_timeout_seconds: float,
        upload_bytes_max: int,
    ) -> None:
        self._channels = channels
        self._together = together
        self._scope = scope
        self._table = table
        self._conditions = conditions
        self._call_timeout_seconds = call_timeout_seconds
        self._upload_timeout_seconds = upload_timeout_seconds
        self._upload_bytes_max = upload_bytes_max

    async def answer(self, found: Found, request: Request, caller: Caller) -> Response:
        """The service's answer as JSON, with what the caller may not see masked. Raises Fault, or TimeoutError."""
        self._conditions.check(found.operation, request)
        is_upload = found.operation.method.client_streaming
        longest = self._upload_timeout_seconds if is_upload else self._call_timeout_seconds
        seconds = limits.timeout_seconds(request, longest)
        send = self._upload if is_upload else self._call
        async with asyncio.timeout(seconds):
            with deadline_scope(seconds):
                message, replayed = await send(found, request, caller)
                await self._scope.release(found.operation, message, caller)
        hidden = self._table.hidden_from(caller)
        answer = _json(shown(message, hidden, entry_of(request)), replayed=replayed)
        if found.operation.verb == "GET":
            answer.headers["etag"] = self._conditions.tag(found.operation, message, bytes(answer.body), hidden)
        return answer

    async def _call(self, found: Found, request: Request, caller: Caller) -> tuple[Message, bool]:
        operation = found.operation
        body = await limits.body_of(request) if operation.body else b""
        idempotency_key = request.headers.get("idempotency-key")
        message = requests.of_call(operation, found.variables, _query(request), body, idempotency_key, caller)
        if (entry := entry_of(request)) is not None:
            entry.name_all(ids_in(message))
        await self._scope.admit(operation, message, caller)
        try:
            await self._conditions.admit(operation, message, request, caller, _metadata(operation, request, caller))
            return await self._sent(operation, message, request, caller)
        except Fault as fault:
            raise told(fault, message, operation, caller) from fault

    async def _sent(
        self, operation: Operation, message: Message, request: Request, caller: Caller
    ) -> tuple[Message, bool]:
        together = self._together.get(operation.method.full_name)
        if together is not None and together.takes(message):
            seconds = seconds_left()
            assert seconds is not None, "every call is bounded before it is sent"
            answer = await together.call(message, seconds)
            return answer, is_replayed(answer)
        return await _outcome(self._stub(operation)(message, metadata=_metadata(operation, request, caller)))

    async def _upload(self, found: Found, request: Request, caller: Caller) -> tuple[Message, bool]:
        operation = found.operation
        header_field = header_of(operation)
        first = operation.request()
        header = getattr(first, header_field.name)
        header.SetInParent()
        query, pieces, file_name = await self._form_or_raw(request)
        requests.fill_query(header, query)
        requests.fill_file_name(header, file_name)
        requests.fill_request_id(header, request.headers.get("idempotency-key"))
        requests.fill_operator(header, caller.operator)
        if (entry := entry_of(request)) is not None:
            entry.name_all(ids_in(header))
        await self._scope.admit(operation, first, caller)
        parts = _Parts(first, operation, pieces)
        call = self._stub(operation)(parts.messages(), metadata=_metadata(operation, request, caller))
        try:
            return await _outcome(call)
        except Fault as fault:
            raise (parts.fault or told(fault, header, operation, caller)) from fault

    async def _form_or_raw(self, request: Request) -> tuple[str, AsyncIterator[bytes], str]:
        """What is said about an upload, as a query; its bytes; its name. The fields of a form count as parameters."""
        kind, query = request.headers.get("content-type", ""), _query(request)
        if not multipart.is_form(kind):
            return query, limits.bounded_stream(request, self._upload_bytes_max), ""
        stream = limits.bounded_stream(request, self._upload_bytes_max + multipart.FRAME_BYTES_MAX)
        form = multipart.Form(kind, stream)
        fields = urlencode(await form.fields())
        return "&".join(filter(None, [query, fields])), form.file(), form.file_name

    def _stub(self, operation: Operation) -> Callable[..., Any]:
        return clients.caller_of(self._channels[operation.area], operation)


class _Parts:
    """An upload as messages: what is said about it, then its bytes as they come; it is never held whole."""

    def __init__(self, first: Message, operation: Operation, pieces: AsyncIterator[bytes]) -> None:
        self._first = first
        self._operation = operation
        self._pieces = pieces
        self.fault: Fault | None = None

    async def messages(self) -> AsyncIterator[Message]:
        """The messages in order. A body that is too large or breaks off gets no end, so that it is refused whole."""
        yield self._first
        size_bytes = 0
        try:
            async for piece in self._pieces:
                for start in range(0, len(piece), CHUNK_BYTES_MAX):
                    message = self._operation.request()
                    setattr(message, self._operation.body, piece[start : start + CHUNK_BYTES_MAX])
                    yield message
                size_bytes += len(piece)
        except Fault as fault:
            self.fault = fault
            return
        last = self._operation.request()
        getattr(last, end_of(self._operation).name).size_bytes = size_bytes
        yield last


def header_of(operation: Operation) -> FieldDescriptor:
    """The field of an upload that says what it is: the first message that shares a oneof with the bytes."""
    return _around(operation)[0]


def end_of(operation: Operation) -> FieldDescriptor:
    """The field of an upload that says that all has come: the last message that shares a oneof with the bytes."""
    return _around(operation)[1]


def _around(operation: Operation) -> list[FieldDescriptor]:
    descriptor: Descriptor = operation.method.input_type
    together = descriptor.fields_by_name[operation.body].containing_oneof
    messages = [field for field in together.fields if field.message_type] if together else []
    assert len(messages) == 2, f"{descriptor.full_name}: an upload needs a oneof of header, bytes and end"
    return messages


async def _outcome(call: Any) -> tuple[Message, bool]:
    try:
        message: Message = await call
        trailing: Any = await call.trailing_metadata()
    except grpc.aio.AioRpcError as error:
        raise from_rpc_error(error) from error
    is_marked = any(key == "idempotent-replayed" and value == "true" for key, value in trailing or ())
    return message, is_marked or is_replayed(message)


def is_replayed(answer: Message) -> bool:
    """Whether an answer says that it is one from before."""
    return bool(getattr(answer, _REPLAYED, False))


def shown(answer: Message, hidden: frozenset[int], entry: Entry | None) -> bytes:
    """An answer as JSON, with the kinds that are hidden masked; the entry is told what was in it, and what was seen."""
    if entry is not None:
        entry.name_all(ids_in(answer))
        entry.saw_unmasked = entry.saw_unmasked or shows(answer, hidden)
    mask(answer, hidden)
    return to_json(answer)


def _query(request: Request) -> str:
    raw: bytes = request.scope["query_string"]
    return raw.decode("latin-1")


def told(fault: Fault, request: Message, operation: Operation, caller: Caller) -> Fault:
    """The fault as this caller is told it: with the cure that HTTP has, and without what is another's."""
    if not caller.is_of_platform:
        fault = told_alike(fault, access_of(operation.method))
    is_missing = requests.has_request_id(type_of(request)) and not getattr(request, requests.REQUEST_ID)
    return requests.with_cure(fault) if is_missing else fault


def _metadata(operation: Operation, request: Request, caller: Caller) -> list[tuple[str, str]]:
    metadata = [(OPERATOR_KEY, caller.operator)]
    if operation.area == OWN_AREA:  # a token is nobody else's business
        metadata += [("authorization", request.headers.get("authorization", "")), (own_calls.KEY, own_calls.MARK)]
    return metadata


def _json(content: bytes, *, replayed: bool) -> Response:
    headers = {"idempotent-replayed": "true"} if replayed else {}
    return Response(content, 200, headers, "application/json")
