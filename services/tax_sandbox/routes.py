"""The protocol over HTTP (README.md): checks heads and sizes, calls an action, writes its reply. It does not think."""

import asyncio
import re
from collections.abc import Awaitable, Callable

import structlog
from opentelemetry.trace import Span, SpanKind
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from chassis import storage_fault, telemetry
from services.tax_sandbox import http_server
from services.tax_sandbox.actions.invoice import InvoiceActions
from services.tax_sandbox.domain.document import Refusal
from services.tax_sandbox.domain.reply import Reply, refused

BODY_BYTES_MAX = 256 * 1024
_KEY = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_NUMBER = re.compile(r"[0-9]{20}")
_log = structlog.get_logger()

Answer = Callable[[Request], Awaitable[Reply]]


def protocol_routes(actions: InvoiceActions) -> list[Route]:
    """Version 1 of the protocol."""

    async def post_invoice(request: Request) -> Reply:
        key = request.headers.get("idempotency-key", "")
        if not _KEY.fullmatch(key):
            return refused(400, Refusal("E4008", "Idempotency-Key must be 1 to 128 of A-Z a-z 0-9 . _ : -"))
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return refused(415, Refusal("E4150", "Content-Type must be application/json"))
        if (body := await read_body(request)) is None:
            return body_too_long()
        return await actions.submit_invoice(key, body)

    async def get_by_key(request: Request) -> Reply:
        asked = request.query_params
        for name in ("seller_tax_id", "key"):
            if not _KEY.fullmatch(asked.get(name, "")):
                return refused(400, Refusal("E4002", f"the query needs {name}", name))
        return await actions.query_by_key(asked["seller_tax_id"], asked["key"])

    async def get_by_number(request: Request) -> Reply:
        number = request.path_params["number"]
        if not _NUMBER.fullmatch(number):
            return refused(400, Refusal("E4009", "an invoice number has 20 digits", "number"))
        return await actions.query_by_number(number)

    return [
        _route("POST", "/v1/invoices", post_invoice),
        _route("GET", "/v1/invoices", get_by_key),
        _route("GET", "/v1/invoices/{number}", get_by_number),
    ]


async def read_body(request: Request) -> bytes | None:
    """The whole body, or None when it is longer than BODY_BYTES_MAX; no more than that is ever held."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            return None
    return bytes(body)


def body_too_long() -> Reply:
    """The refusal for a body that was not read to its end."""
    return refused(413, Refusal("E4130", f"a body has at most {BODY_BYTES_MAX} bytes"))


def respond(reply: Reply) -> Response:
    """The reply as it goes out."""
    if reply.raw is not None:
        return Response(reply.raw, reply.status, dict(reply.headers), media_type="application/json")
    return JSONResponse(dict(reply.body), reply.status, dict(reply.headers))


def unavailable(fault: Exception) -> Reply:
    """What is said when our own database does not answer; other faults of ours are logged and told as 500."""
    if storage_fault.may_pass(fault):
        _log.warning("unavailable", error=type(fault).__name__)
        return refused(503, Refusal("E5031", "the storage does not answer; what was asked may or may not be done"))
    _log.error("unhandled", **storage_fault.log_facts(fault))
    return refused(500, Refusal("E5001", "internal error"))


def _route(method: str, template: str, answer: Answer) -> Route:
    async def endpoint(request: Request) -> ASGIApp:
        attributes = {
            "http.request.method": method,
            "http.route": template,
            "url.path": request.url.path,
            "url.scheme": request.url.scheme,
        }
        parent = request.headers.get("traceparent", "")
        with telemetry.span(f"{method} {template}", kind=SpanKind.SERVER, parent=parent, attributes=attributes) as span:
            reply = await _safely(answer, request)
            await asyncio.sleep(reply.hold_seconds)
            _tell(span, reply)
        return http_server.cut if reply.dropped_by else respond(reply)

    # Starlette awaits what a handler returns as an ASGI application, so a cut connection is one kind of answer.
    return Route(template, endpoint, methods=[method])


async def _safely(answer: Answer, request: Request) -> Reply:
    try:
        return await answer(request)
    except ClientDisconnect:
        return refused(400, Refusal("E4000", "the body broke off"))
    except Exception as fault:  # noqa: BLE001  the edge: whatever is raised becomes one shape of answer
        return unavailable(fault)


def _tell(span: Span, reply: Reply) -> None:
    if reply.dropped_by:
        telemetry.fail(span, reply.dropped_by)
        return
    span.set_attribute("http.response.status_code", reply.status)
    if reply.status >= 500:
        telemetry.fail(span, str(reply.status))
