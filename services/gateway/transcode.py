"""One call over HTTP: request to message, answer to JSON; between the two it goes as every call does (`calls.py`).

It knows no operation: what one takes stands in the contract alone.
"""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlencode

from google.protobuf.message import Message
from starlette.requests import Request
from starlette.responses import Response

from chassis.channel import deadline_scope
from chassis.errors import Fault
from services.gateway import limits, multipart, requests
from services.gateway.answer_json import to_json
from services.gateway.audit import entry_of
from services.gateway.calls import Answered, Asker, Calls, metadata_of
from services.gateway.conditions import Conditions
from services.gateway.contract import Operation
from services.gateway.domain.caller import Caller
from services.gateway.policy.table import Table
from services.gateway.routes import Found
from services.gateway.uploads import end_of, header_of

CHUNK_BYTES_MAX = 256 * 1024


class Transcoder:
    """Calls what the routes name. No call lasts longer than its timeout."""

    def __init__(
        self,
        calls: Calls,
        table: Table,
        conditions: Conditions,
        call_timeout_seconds: float,
        upload_timeout_seconds: float,
        upload_bytes_max: int,
    ) -> None:
        self._calls = calls
        self._table = table
        self._conditions = conditions
        self._call_timeout_seconds = call_timeout_seconds
        self._upload_timeout_seconds = upload_timeout_seconds
        self._upload_bytes_max = upload_bytes_max

    async def answer(self, found: Found, request: Request, caller: Caller) -> Response:
        """The service's answer as JSON, with what the caller may not see masked. Raises Fault, or TimeoutError."""
        self._conditions.check(found.operation, request)
        asker = _asker(request, caller)
        is_upload = found.operation.method.client_streaming
        longest = self._upload_timeout_seconds if is_upload else self._call_timeout_seconds
        seconds = limits.timeout_seconds(request, longest)
        send = self._upload if is_upload else self._call
        async with asyncio.timeout(seconds):
            with deadline_scope(seconds):
                answered = await send(found, request, asker)
        self._calls.show(answered.message, asker)
        answer = _json(to_json(answered.message), is_replayed=answered.is_replayed)
        if found.operation.verb == "GET":
            hidden = self._table.hidden_from(caller)
            tag = self._conditions.tag(found.operation, answered.message, bytes(answer.body), hidden)
            answer.headers["etag"] = tag
        return answer

    async def _call(self, found: Found, request: Request, asker: Asker) -> Answered:
        operation, caller = found.operation, asker.caller
        body = await limits.body_of(request) if operation.body else b""
        idempotency_key = request.headers.get("idempotency-key")
        message = requests.of_call(operation, found.variables, _query(request), body, idempotency_key, caller)

        async def admit() -> None:
            await self._conditions.admit(operation, message, request, caller, metadata_of(operation, asker))

        return await self._calls.one(operation, message, asker, admit)

    async def _upload(self, found: Found, request: Request, asker: Asker) -> Answered:
        operation = found.operation
        first = operation.request()
        header = getattr(first, header_of(operation).name)
        header.SetInParent()
        query, pieces, file_name = await self._form_or_raw(request)
        requests.fill_query(header, query)
        requests.fill_file_name(header, file_name)
        requests.fill_request_id(header, request.headers.get("idempotency-key"))
        requests.fill_operator(header, asker.caller.operator)
        parts = _Parts(first, operation, pieces)
        try:
            return await self._calls.many(operation, first, header, parts.messages(), asker)
        except Fault as fault:
            raise (parts.fault or fault) from fault

    async def _form_or_raw(self, request: Request) -> tuple[str, AsyncIterator[bytes], str]:
        """What is said about an upload, as a query; its bytes; its name. The fields of a form count as parameters."""
        kind, query = request.headers.get("content-type", ""), _query(request)
        if not multipart.is_form(kind):
            return query, limits.bounded_stream(request, self._upload_bytes_max), ""
        stream = limits.bounded_stream(request, self._upload_bytes_max + multipart.FRAME_BYTES_MAX)
        form = multipart.Form(kind, stream)
        fields = urlencode(await form.fields())
        return "&".join(filter(None, [query, fields])), form.file(), form.file_name


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


def _asker(request: Request, caller: Caller) -> Asker:
    entry = entry_of(request)
    assert entry is not None, "every call is written down before it is answered"
    return Asker(caller, request.headers.get("authorization", ""), entry)


def _query(request: Request) -> str:
    raw: bytes = request.scope["query_string"]
    return raw.decode("latin-1")


def _json(content: bytes, *, is_replayed: bool) -> Response:
    headers = {"idempotent-replayed": "true"} if is_replayed else {}
    return Response(content, 200, headers, "application/json")
