"""What every call passes: a bound on its body, the faults that fall on it, a span, and an answer whatever is raised."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace

import structlog
from opentelemetry.trace import Span, SpanKind
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from chassis import http_server, storage_fault, telemetry
from services.channel_sandbox.actions.gate import GateActions
from services.channel_sandbox.dialects import fields
from services.channel_sandbox.domain.fault import FaultName, FaultPlan, Phase, Subject
from services.channel_sandbox.domain.order import Channel

BODY_BYTES_MAX = 256 * 1024
_SLOW_SECONDS = 2.0
_UNSAMPLED = "-00"
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, and what befalls it on its way."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str | None = "application/json"
    hold_seconds: float = 0.0
    is_lost: bool = False


Answer = Callable[[Request, bytes], Awaitable[Reply]]


# How a channel says that a fault kept a call from being done.
Said = Callable[[FaultPlan], Reply]


@dataclass(frozen=True, slots=True)
class Edge:
    """Makes routes of answers."""

    gate: GateActions

    def route(self, method: str, path: str, answer: Answer, *, is_traced: bool = True) -> Route:
        """A route; the answer gets the whole body. A call under a trace that is not sampled leaves no span either."""

        async def endpoint(request: Request) -> ASGIApp:
            traceparent = request.headers.get("traceparent", "")
            if not is_traced or traceparent.endswith(_UNSAMPLED):
                reply = await _reply(request, answer)
            else:
                reply = await spanned(request, traceparent)
            await asyncio.sleep(reply.hold_seconds)
            return http_server.cut if reply.is_lost else respond(reply)

        async def spanned(request: Request, traceparent: str) -> Reply:
            attributes = {"http.request.method": method, "http.route": path, "url.path": request.url.path}
            name = f"{method} {path}"
            with telemetry.span(name, kind=SpanKind.SERVER, parent=traceparent, attributes=attributes) as span:
                reply = await _reply(request, answer)
                _mark(span, reply)
            return reply

        # Starlette awaits what a handler returns as an ASGI application, so a cut connection is one kind of answer.
        return Route(path, endpoint, methods=[method])

    async def befallen(
        self, channel: Channel, subject: Subject, merchant_order_no: str, do: Callable[[], Awaitable[Reply]], said: Said
    ) -> Reply:
        """Do it, unless a fault keeps it from being done; what comes back may be late or lost."""
        struck = await self.gate.pass_gate(channel, subject, merchant_order_no)
        door = struck.get(Phase.DOOR)
        reply = said(door) if door else await do()
        if slow := struck.get(Phase.WAY):
            reply = replace(reply, hold_seconds=_SLOW_SECONDS if slow.seconds is None else slow.seconds)
        return replace(reply, is_lost=Phase.ANSWER in struck)


async def _reply(request: Request, answer: Answer) -> Reply:
    try:
        body = await _read_body(request)
        if body is None:
            return problem(413, "BODY_TOO_LONG", f"a body has at most {BODY_BYTES_MAX} bytes")
        return await answer(request, body)
    except ClientDisconnect:
        return problem(400, "BAD_REQUEST", "the body broke off")
    except Exception as fault:  # noqa: BLE001  the edge: whatever is raised becomes one shape of answer
        return unavailable(fault)


def problem(status: int, code: str, message: str, **more: str) -> Reply:
    """A refusal in the shape that WeChat Pay, the generic channel and steering share."""
    return Reply(status, fields.to_json({"code": code, "message": message, **more}))


def unavailable(fault: Exception) -> Reply:
    """What is said when our own database does not answer; other faults of ours are logged and told as 500."""
    if storage_fault.may_pass(fault):
        _log.warning("unavailable", error=type(fault).__name__)
        return problem(503, "UNAVAILABLE", "the storage does not answer; what was asked may or may not be done")
    _log.error("unhandled", **storage_fault.log_facts(fault))
    return problem(500, "INTERNAL", "a mistake of the sandbox itself")


def target_of(request: Request) -> str:
    """The path with its query, as it came."""
    path = request.scope["raw_path"].decode("ascii", "replace")
    query = request.scope["query_string"].decode("ascii", "replace")
    return f"{path}?{query}" if query else path


def headers_of(request: Request) -> Mapping[str, str]:
    """The headers, names in lower case."""
    return dict(request.headers.items())


async def _read_body(request: Request) -> bytes | None:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            return None
    return bytes(body)


def respond(reply: Reply) -> Response:
    """The answer as it goes out."""
    return Response(reply.body, reply.status, dict(reply.headers), media_type=reply.media_type)


def _mark(span: Span, reply: Reply) -> None:
    if reply.is_lost:
        telemetry.fail(span, FaultName.LOSE_ANSWER)
        return
    span.set_attribute("http.response.status_code", reply.status)
    if reply.status >= 500:
        telemetry.fail(span, str(reply.status))
