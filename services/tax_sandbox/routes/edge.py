"""What every call of the protocol passes: place, credential, faults of the gate, trace, clock headers."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import format_datetime

import structlog
from opentelemetry.trace import Span, SpanKind
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from chassis import http_server, storage_fault, telemetry
from chassis.batch import BatchFull
from services.tax_sandbox.actions.gate import GateActions
from services.tax_sandbox.domain.document import Refusal
from services.tax_sandbox.domain.fault import Occasion, Phase
from services.tax_sandbox.domain.fault_request import read_header
from services.tax_sandbox.domain.place import read_place
from services.tax_sandbox.domain.reply import Reply, refused
from services.tax_sandbox.steered import Opening, Steered

BODY_BYTES_MAX = 256 * 1024
KEY = re.compile(r"[A-Za-z0-9._:-]{1,128}")
NUMBER = re.compile(r"[0-9]{20}")
_PREFIX = "/{environment}/{region}"
_UNSAMPLED = "-00"
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Call:
    """A call of the protocol that has passed the gate. `occasion` has what its head and its address tell."""

    request: Request
    occasion: Occasion


Answer = Callable[[Call], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Edge:
    """Makes routes of answers. `takes_faults` is whether a call may ask for faults itself."""

    steered: Steered
    gate: GateActions
    takes_faults: bool

    def route(self, method: str, template: str, answer: Answer, *, meets_gate: bool = True) -> Route:
        """A route of every place. `meets_gate` is False where the action itself lets faults of the gate strike."""

        async def endpoint(request: Request) -> ASGIApp:
            traceparent = request.headers.get("traceparent", "")
            if traceparent.endswith(_UNSAMPLED):
                reply = await self._reply(request, answer, meets_gate=meets_gate)
            else:
                attributes = {
                    "http.request.method": method,
                    "http.route": _PREFIX + template,
                    "url.path": request.url.path,
                    "url.scheme": request.url.scheme,
                }
                name = f"{method} {template}"
                with telemetry.span(name, kind=SpanKind.SERVER, parent=traceparent, attributes=attributes) as span:
                    reply = await self._reply(request, answer, meets_gate=meets_gate)
                    _tell(span, reply)
            return http_server.cut if reply.dropped_by else respond(reply)

        # Starlette awaits what a handler returns as an ASGI application, so a cut connection is one kind of answer.
        return Route(_PREFIX + template, endpoint, methods=[method])

    async def _reply(self, request: Request, answer: Answer, *, meets_gate: bool) -> Reply:
        skew_seconds = 0.0
        try:
            await self.steered.ready()
            passed = self._occasion(request)
            if isinstance(passed, Reply):
                return self._stamped(passed, skew_seconds)
            if skewed := await self.gate.strike(Phase.HEAD, passed):
                skew_seconds = skewed.seconds or 0.0
            stopped = await self.gate.stopped(passed) if meets_gate else None
            reply = stopped or await answer(Call(request, passed))
        except ClientDisconnect:
            reply = refused(400, Refusal("E4000", "the body broke off"))
        except Exception as fault:  # noqa: BLE001  the edge: whatever is raised becomes one shape of answer
            reply = unavailable(fault)
        await asyncio.sleep(reply.hold_seconds)
        return self._stamped(reply, skew_seconds)

    def _occasion(self, request: Request) -> Occasion | Reply:
        """Who calls, where, and about what; or why the call ends here, before its body is read."""
        place = read_place(request.path_params["environment"], request.path_params["region"])
        if place is None:
            return no_such_route(404)
        authorization = request.headers.get("authorization", "")
        if refusal := _unopened(self.steered.opening(authorization)):
            return refused(401, refusal)
        asked = read_header(request.headers.get("tax-fault", "")) if self.takes_faults else ()
        if isinstance(asked, Refusal):
            return refused(400, asked)
        return Occasion(
            place,
            key=request.headers.get("idempotency-key", "") or request.query_params.get("key", ""),
            seller_tax_id=request.query_params.get("seller_tax_id", ""),
            has_newest_credential=self.steered.is_newest(authorization),
            now=self.steered.now(),
            asked=asked,
        )

    def _stamped(self, reply: Reply, skew_seconds: float) -> Reply:
        return replace(reply, headers={**reply.headers, **clock_headers(self.steered.now(), skew_seconds)})


def clock_headers(now: datetime, skew_seconds: float = 0.0) -> dict[str, str]:
    """The sandbox's clock as `Date`, and to the millisecond."""
    shown = now + timedelta(seconds=skew_seconds)
    to_ms = shown.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"Date": format_datetime(shown, usegmt=True), "Tax-Clock": to_ms}


async def read_body(request: Request, bytes_max: int = BODY_BYTES_MAX) -> bytes | None:
    """The whole body, or None when it is longer than `bytes_max`; no more than that is ever held."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > bytes_max:
            return None
    return bytes(body)


def bad_head(request: Request) -> Reply | None:
    """The refusal of a call that must bear a key and JSON, if it does not."""
    if not KEY.fullmatch(request.headers.get("idempotency-key", "")):
        return refused(400, Refusal("E4008", "Idempotency-Key must be 1 to 128 of A-Z a-z 0-9 . _ : -"))
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return refused(415, Refusal("E4150", "Content-Type must be application/json"))
    return None


def body_too_long(bytes_max: int = BODY_BYTES_MAX) -> Reply:
    """The refusal for a body that was not read to its end."""
    return refused(413, Refusal("E4130", f"a body has at most {bytes_max} bytes"))


def no_such_route(status: int) -> Reply:
    """Another code than that of an invoice which is not in the book: a wrong address must never prove an absence."""
    return refused(status, Refusal(f"E{status}1", "no such route or method"))


def respond(reply: Reply) -> Response:
    """The reply as it goes out."""
    if reply.raw is not None:
        return Response(reply.raw, reply.status, dict(reply.headers), media_type="application/json")
    return JSONResponse(dict(reply.body), reply.status, dict(reply.headers))


def unavailable(fault: Exception) -> Reply:
    """What is said when our own database does not answer; other faults of ours are logged and told as 500."""
    if isinstance(fault, BatchFull):
        return refused(503, Refusal("E5032", "too many calls wait already; nothing was done"))
    if storage_fault.may_pass(fault):
        _log.warning("unavailable", error=type(fault).__name__)
        return refused(503, Refusal("E5031", "the storage does not answer; what was asked may or may not be done"))
    _log.error("unhandled", **storage_fault.log_facts(fault))
    return refused(500, Refusal("E5001", "internal error"))


def sampled_traceparent() -> str:
    """The current trace for whoever goes on with it later; empty when it is not being recorded."""
    traceparent = telemetry.current_traceparent()
    return "" if traceparent.endswith(_UNSAMPLED) else traceparent


def _unopened(opening: Opening) -> Refusal | None:
    match opening:
        case Opening.OPENS:
            return None
        case Opening.UNKNOWN:
            return Refusal("E4010", "the credential is missing or not known")
        case Opening.EXPIRED:
            return Refusal("E4011", "the credential has expired")


def _tell(span: Span, reply: Reply) -> None:
    if reply.dropped_by:
        telemetry.fail(span, reply.dropped_by)
        return
    span.set_attribute("http.response.status_code", reply.status)
    if reply.status >= 500:
        telemetry.fail(span, str(reply.status))
