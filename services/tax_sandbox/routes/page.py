"""A page over the second witness: book, counts, clock and faults, with a form for each. It decides nothing."""

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import parse_qsl

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from services.tax_sandbox.actions.steering import SteeringActions
from services.tax_sandbox.domain.document import Refusal
from services.tax_sandbox.domain.fault import PHASES_OF, FaultName
from services.tax_sandbox.domain.fault_request import read_plan
from services.tax_sandbox.domain.place import Place
from services.tax_sandbox.domain.steering_request import read_clock
from services.tax_sandbox.routes.edge import body_too_long, read_body, respond, unavailable

_ROWS_MAX = 50
_STATUSES = ("ACCEPTED", "SWALLOWED", "SEAL_FAILED", "BOOKED", "VOIDED", "RED_FLUSHED")
_SHIFTS = (("10 min", 600), ("1 h", 3600), ("1 d", 86_400), ("72 h", 259_200), ("31 d", 2_678_400))
_TEXTS = ("fault", "place", "key", "order_no", "seller_tax_id", "code")
_TEMPLATES = Environment(
    loader=PackageLoader("services.tax_sandbox"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
    "Cache-Control": "no-store",
}

Answer = Callable[[Request], Awaitable[Response]]


def page_routes(actions: SteeringActions) -> list[Route]:
    """`/` and what its forms post to."""

    async def get_page(request: Request) -> Response:
        return await _page(actions, request.query_params)

    async def post_clock(request: Request) -> Response:
        asked = read_clock({name: _number(value) for name, value in (await _form(request)).items()})
        if isinstance(asked, Refusal):
            return await _page(actions, {}, asked)
        await actions.move_clock(shift_seconds=asked.shift_seconds, offset_seconds=asked.offset_seconds)
        return _back()

    async def post_fault(request: Request) -> Response:
        given = {name: value for name, value in (await _form(request)).items() if value}
        plan = read_plan({name: value if name in _TEXTS else _number(value) for name, value in given.items()})
        if isinstance(plan, Refusal):
            return await _page(actions, {}, plan)
        await actions.plan_fault(plan)
        return _back()

    async def post_clear(_: Request) -> Response:
        await actions.clear_faults()
        return _back()

    return [
        _route("GET", "/", get_page),
        _route("POST", "/page/clock", post_clock),
        _route("POST", "/page/faults", post_fault),
        _route("POST", "/page/faults/clear", post_clear),
    ]


async def _page(actions: SteeringActions, asked: Mapping[str, str], refusal: Refusal | None = None) -> Response:
    filters = {name: asked.get(name, "") for name in ("place", "seller_tax_id", "status")}
    entries, after = await actions.page_of_book(asked.get("after", ""), _ROWS_MAX, *filters.values())
    now, offset_seconds = await actions.clock()
    html = _TEMPLATES.get_template("page.html").render(
        now=now.isoformat(timespec="seconds").replace("+00:00", "Z"),
        offset_seconds=offset_seconds,
        shifts=_SHIFTS,
        counts=await actions.counts(),
        plans=await actions.planned_faults(),
        entries=entries,
        next=after,
        filters=filters,
        places=list(Place),
        statuses=_STATUSES,
        faults={fault: ", ".join(sorted(phase.name.lower() for phase in PHASES_OF[fault])) for fault in FaultName},
        refusal=refusal,
    )
    return HTMLResponse(html, 422 if refusal else 200, _HEADERS)


def _back() -> Response:
    return RedirectResponse("/", 303, _HEADERS)


def _route(method: str, path: str, answer: Answer) -> Route:
    async def endpoint(request: Request) -> Response:
        # A page of somebody else must not steer through the browser of whoever has this one open.
        if method == "POST" and request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return Response("steer from this page", 403)
        try:
            return await answer(request)
        except FormTooLongError:
            return respond(body_too_long())
        except Exception as fault:  # noqa: BLE001  the edge: whatever is raised becomes one shape of answer
            return respond(unavailable(fault))

    return Route(path, endpoint, methods=[method])


class FormTooLongError(Exception):
    """The form has more than BODY_BYTES_MAX bytes."""


async def _form(request: Request) -> dict[str, str]:
    if (body := await read_body(request)) is None:
        raise FormTooLongError
    return dict(parse_qsl(body.decode(errors="replace")))


def _number(value: str) -> object:
    """A number where it is one; what is none is told by whoever reads the request."""
    try:
        read = float(value)
    except ValueError:
        return value
    return int(read) if read.is_integer() else read
