"""The steering API over HTTP: plan faults, read the second witness. It is apart from the protocol."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.tax_sandbox.actions.steering import SteeringActions
from services.tax_sandbox.domain.acceptance import Record
from services.tax_sandbox.domain.document import Refusal
from services.tax_sandbox.domain.fault import read_plan
from services.tax_sandbox.domain.reply import refused
from services.tax_sandbox.routes import body_too_long, read_body, respond, unavailable

_PAGE_MAX = 1000


def steering_routes(actions: SteeringActions) -> list[Route]:
    """Everything under /steering, and the health of the service."""

    async def post_fault(request: Request) -> Response:
        if (body := await read_body(request)) is None:
            return respond(body_too_long())
        plan = read_plan(_json(body))
        if isinstance(plan, Refusal):
            return respond(refused(422, plan))
        return JSONResponse(asdict(await actions.plan_fault(plan)), 201)

    async def get_faults(_: Request) -> Response:
        return JSONResponse({"faults": [asdict(plan) for plan in await actions.planned_faults()]})

    async def delete_faults(_: Request) -> Response:
        return JSONResponse({"cleared": await actions.clear_faults()})

    async def get_book(request: Request) -> Response:
        limit = request.query_params.get("limit", "")
        size = min(int(limit), _PAGE_MAX) if limit.isdecimal() and int(limit) else _PAGE_MAX
        page = await actions.page_of_book(request.query_params.get("after", ""), size)
        after = page[-1][0].acceptance.invoice_number if len(page) == size else ""
        return JSONResponse({"invoices": [_row(record, count) for record, count in page], "next": after})

    async def get_counts(_: Request) -> Response:
        counts = await actions.counts()
        submits = {"submits": sum(counts.submits.values()), "submits_by_outcome": counts.submits}
        return JSONResponse(submits | {"faults": counts.faults} | asdict(counts.book))

    async def get_health(_: Request) -> Response:
        await actions.ping()
        return JSONResponse({"status": "ok"})

    return [
        _route("POST", "/steering/faults", post_fault),
        _route("GET", "/steering/faults", get_faults),
        _route("DELETE", "/steering/faults", delete_faults),
        _route("GET", "/steering/book", get_book),
        _route("GET", "/steering/counts", get_counts),
        _route("GET", "/healthz", get_health),
    ]


def _route(method: str, path: str, answer: Callable[[Request], Awaitable[Response]]) -> Route:
    async def endpoint(request: Request) -> Response:
        try:
            return await answer(request)
        except Exception as fault:  # noqa: BLE001  the edge: whatever is raised becomes one shape of answer
            return respond(unavailable(fault))

    return Route(path, endpoint, methods=[method])


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _row(record: Record, submit_count: int) -> dict[str, Any]:
    acceptance, booking = record.acceptance, record.booking
    return {
        "number": acceptance.invoice_number,
        "key": acceptance.idempotency_key,
        "order_no": acceptance.order_no,
        "amount_minor": acceptance.amount_minor,
        "document_sha256": acceptance.document_sha256,
        "accepted_at": acceptance.accepted_at.isoformat(),
        "submit_count": submit_count,
        "status": "BOOKED" if booking else "SWALLOWED" if record.is_swallowed() else "ACCEPTED",
        "book_number": booking.book_number if booking else None,
        "booked_sha256": booking.document_sha256 if booking else None,
        "booked_at": booking.booked_at.isoformat() if booking else None,
    }
