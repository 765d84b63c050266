"""The HTTP application: one span, one place, one key and one shape of error for each request. It knows no operation."""

import asyncio
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

import structlog
from opentelemetry.trace import Span, SpanKind
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from chassis import storage_fault, telemetry
from chassis.errors import Fault, Kind, plain_fault
from services.gateway import callbacks, entity_tags, kinds, links, watch
from services.gateway.access import Access
from services.gateway.callbacks import CallbackDoor, CalledBack
from services.gateway.cors import Cors
from services.gateway.domain.caller import Caller
from services.gateway.domain.rate import MethodClass
from services.gateway.guard import Guard
from services.gateway.limits import InFlight
from services.gateway.links import LinkDoor, OpenedLink
from services.gateway.open_pages import HEALTH, OpenPages
from services.gateway.problems import problem, status_of
from services.gateway.routes import Found, Routes
from services.gateway.transcode import Transcoder
from services.gateway.watch import EventStream, Watches

# In the scope of a request whose trace starts here, when it was decided before that it is kept.
KEPT = "bihuan.kept"
_SEND_SECONDS = 30.0
_NO_SNIFF = (b"x-content-type-options", b"nosniff")
# In every answer but an open page, which may be kept and asked about.
EVER = ((b"cache-control", b"no-store"), _NO_SNIFF)
# What a request is for: an operation, a channel's callback, a link, or nothing that is here.
_Target = Found | CalledBack | OpenedLink | Fault
_log = structlog.get_logger()


class Door:
    """Takes a request in, asks who calls, has it answered, and tells what went wrong."""

    def __init__(
        self,
        routes: Routes,
        access: Access,
        transcoder: Transcoder,
        callback_door: CallbackDoor,
        link_door: LinkDoor,
        document: Mapping[str, Any],
        guard: Guard,
        in_flight: InFlight,
        cors: Cors,
    ) -> None:
        self._routes = routes
        self._access = access
        self._transcoder = transcoder
        self._callback_door = callback_door
        self._link_door = link_door
        self._pages = OpenPages(document)
        self._watches = Watches()
        self._guard = guard
        self._in_flight = in_flight
        self._cors = cors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, as ASGI has it. A caller who does not read its answer loses the connection."""
        request = _Request(scope, receive)
        response = self._cors.preflight(request) or await self._page(request) or await self._traced_answer(request)
        ever = (_NO_SNIFF,) if "cache-control" in response.headers else EVER
        response.raw_headers.extend((*ever, *self._cors.headers(request)))
        try:
            async with asyncio.timeout(None if isinstance(response, EventStream) else _SEND_SECONDS):
                await response(scope, receive, send)
        except TimeoutError:
            _log.warning("answer not read", path=_told_path(request))

    async def _page(self, request: Request) -> Response | None:
        """An open page, so many a second for an address; None when none is asked for."""
        path = _raw_path(request)
        if not self._pages.has(path, request.method):
            return None
        try:
            self._guard.read(request, MethodClass.READ if path == HEALTH else MethodClass.BULK)
            return await self._pages.answer(path, request)
        except Fault as fault:
            return problem(fault, request.headers.get("accept-language", ""), "")

    async def _traced_answer(self, request: Request) -> Response:
        found = self._find(request)
        route = _template_of(found)
        attributes = {"http.request.method": request.method, "url.path": _told_path(request), "url.scheme": "http"}
        with telemetry.span(
            f"{request.method} {route}".strip(),
            kind=SpanKind.SERVER,
            parent=request.headers.get("traceparent", ""),
            attributes=attributes | ({"http.route": route} if route else {}),
            is_kept=request.scope.get(KEPT, False),
        ) as current:
            response = await self._answer(found, request, current)
            current.set_attribute("http.response.status_code", response.status_code)
            response.raw_headers += trace_headers(telemetry.current_traceparent())
        return response

    def _find(self, request: Request) -> _Target:
        if called_back := callbacks.find(request.method, _raw_path(request)):
            return called_back
        if opened := links.find(request.method, _raw_path(request)):
            return opened
        try:
            return self._routes.find(request.method, _raw_path(request))
        except Fault as fault:
            return fault

    async def _answer(self, found: _Target, request: Request, current: Span) -> Response:
        key_id, origin = "", None
        try:
            origin = self._guard.origin_of(request)
            with self._place(found):
                if isinstance(found, Fault):
                    raise found
                if isinstance(found, CalledBack):
                    response = await self._guard.called_back(
                        found.account_id, request, origin, lambda: self._callback_door.answer(found, request)
                    )
                elif isinstance(found, OpenedLink):
                    response = await self._guard.opened(
                        found.invoice_id,
                        request,
                        origin,
                        lambda: self._link_door.answer(found),
                        whole=bool(found.kind),
                    )
                else:
                    caller = await self._access.identify(request.headers.get("authorization", ""))
                    key_id = caller.caller_id
                    telemetry.annotate(key_id=key_id)
                    response = await self._guard.answered(
                        found.operation, request, caller, origin, lambda: self._permitted(found, request, caller)
                    )
        except Exception as raised:  # noqa: BLE001  the edge: whatever is raised becomes one shape of answer
            if origin is not None:
                self._guard.refused(raised, request, origin, key_id)
            response = refusal(raised, _told_path(request), request.headers.get("accept-language", ""), current)
            if isinstance(found, OpenedLink):
                response = links.refusal(response.status_code, response.headers.get("retry-after"))
        self._guard.finish(request, response)
        log_refusal(request.method, _template_of(found), response, key_id)
        return response

    def _place(self, found: _Target) -> AbstractContextManager[None]:
        if not isinstance(found, Found):
            return self._in_flight.place()
        is_timed = kinds.method_class(found.operation) is not MethodClass.BULK
        return self._in_flight.place(kinds.worth(found.operation), is_timed=is_timed)

    async def _permitted(self, found: Found, request: Request, caller: Caller) -> Response:
        self._access.permit(caller, found.operation.method.full_name)
        answer = await self._transcoder.answer(found, request, caller)
        if watch.is_wanted(found.operation, request):
            who = caller.tenant_id or caller.caller_id
            return self._watches.start(answer, lambda: self._asked_again(found, request), request, who)
        return entity_tags.on_condition(answer, request) if found.operation.verb == "GET" else answer

    async def _asked_again(self, found: Found, request: Request) -> Response:
        caller = await self._access.identify(request.headers.get("authorization", ""))
        self._access.permit(caller, found.operation.method.full_name)
        return await self._guard.again(request, caller, lambda: self._transcoder.answer(found, request, caller))


def refusal(raised: Exception, path: str, accept_language: str, current: Span) -> Response:
    """The answer to a request whose serving raised; `current` is its span."""
    if isinstance(raised, Fault):
        fault = raised
    elif isinstance(raised, TimeoutError):
        fault = plain_fault(Kind.DEADLINE)
    else:
        _log.error("unhandled", path=path, **storage_fault.log_facts(raised))
        fault = plain_fault(Kind.INTERNAL)
    if status_of(fault) >= 500:
        telemetry.fail(current, fault.reason)
    else:
        current.set_attribute("error.type", fault.reason)
    return problem(fault, accept_language, telemetry.current_trace_id())


def log_refusal(verb: str, route: str, response: Response, key_id: str) -> None:
    """A line for an answer that is a refusal; what was done stands in the audit, with more than a line has."""
    if response.status_code >= 400:
        _log.info("request", method=verb, route=route, status=response.status_code, key_id=key_id)


def trace_headers(traceparent: str) -> list[tuple[bytes, bytes]]:
    """How an answer names its trace; nothing where there is none."""
    told = traceparent.encode("ascii")
    return [(b"trace-id", told[3:35]), (b"traceparent", told)] if told else []


class _Request(Request):
    """A request that finds a header by its name, and not by looking through all of them."""

    @property
    def headers(self) -> Headers:
        """Its headers; of several with one name, the first."""
        if not hasattr(self, "_headers"):
            self._headers: Headers = _Headers(self.scope["headers"])
        return self._headers


class _Headers(Headers):
    def __init__(self, raw: list[tuple[bytes, bytes]]) -> None:
        super().__init__(raw=raw)
        self._first = {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(raw)}

    def __getitem__(self, key: str) -> str:
        return self._first[key.lower()]


def _template_of(found: _Target) -> str:
    """The route as it is counted: without what varies; empty when there is none."""
    match found:
        case Found():
            return found.operation.public_template
        case CalledBack():
            return callbacks.TEMPLATE
        case OpenedLink():
            return links.TEMPLATE
        case _:
            return ""


def _told_path(request: Request) -> str:
    """The path as logs and traces have it: a link's token opens what it is about, so it is in none."""
    path = _raw_path(request)
    return links.TEMPLATE if path.startswith(links.PREFIX) else path


def _raw_path(request: Request) -> str:
    raw: bytes = request.scope["raw_path"]
    return raw.decode("ascii")
