"""The steering API over HTTP: plan faults, move the clock, read the second witness. It is apart from the protocol."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.tax_sandbox.actions.main_book import MainBookActions
from services.tax_sandbox.actions.red_form import RedFormActions
from services.tax_sandbox.actions.steering import BookEntry, SteeringActions
from services.tax_sandbox.domain.document import Refusal
from services.tax_sandbox.domain.fault import FaultPlan
from services.tax_sandbox.domain.fault_request import read_plan
from services.tax_sandbox.domain.reply import instant, refused
from services.tax_sandbox.domain.steering_request import (
    read_clock,
    read_credential,
    read_outage,
    read_place_asked,
    read_quota,
)
from services.tax_sandbox.routes.edge import NUMBER, body_too_long, clock_headers, read_body, respond, unavailable
from services.tax_sandbox.store.steered import Announcement, Credential

_PAGE_MAX = 1000

Answer = Callable[[Request], Awaitable[Response]]


def steering_routes(actions: SteeringActions, book: MainBookActions, red_forms: RedFormActions) -> list[Route]:
    """Everything under /steering, and the health of the service."""
    return [
        *_invoice_routes(book, red_forms),
        *_fault_routes(actions),
        *_book_routes(actions),
        *_clock_routes(actions),
        *_credential_routes(actions),
        *_other_routes(actions),
    ]


def _fault_routes(actions: SteeringActions) -> list[Route]:
    async def post_fault(request: Request) -> Response:
        plan = read_plan(await _json(request))
        if isinstance(plan, Refusal):
            return respond(refused(422, plan))
        return JSONResponse(_fault(await actions.plan_fault(plan)), 201)

    async def get_faults(_: Request) -> Response:
        return JSONResponse({"faults": [_fault(plan) for plan in await actions.planned_faults()]})

    async def delete_faults(_: Request) -> Response:
        return JSONResponse({"cleared": await actions.clear_faults()})

    return [
        _route("POST", "/steering/faults", post_fault),
        _route("GET", "/steering/faults", get_faults),
        _route("DELETE", "/steering/faults", delete_faults),
    ]


def _book_routes(actions: SteeringActions) -> list[Route]:
    async def get_book(request: Request) -> Response:
        asked = request.query_params
        limit = asked.get("limit", "")
        size = min(int(limit), _PAGE_MAX) if limit.isdecimal() and int(limit) else _PAGE_MAX
        filters = [asked.get(name, "") for name in ("place", "seller_tax_id", "status")]
        entries, after = await actions.page_of_book(asked.get("after", ""), size, *filters)
        return JSONResponse({"invoices": [_row(entry) for entry in entries], "next": after})

    async def get_counts(_: Request) -> Response:
        counts = await actions.counts()
        submits = {"submits": sum(counts.submits.values()), "submits_by_outcome": counts.submits}
        places = {"places": {place: asdict(book) for place, book in counts.places.items()}}
        return JSONResponse(submits | {"faults": counts.faults} | asdict(counts.book()) | places)

    async def get_health(_: Request) -> Response:
        await actions.ping()
        return JSONResponse({"status": "ok"})

    return [
        _route("GET", "/steering/book", get_book),
        _route("GET", "/steering/counts", get_counts),
        _route("GET", "/healthz", get_health),
    ]


def _clock_routes(actions: SteeringActions) -> list[Route]:
    async def get_clock(_: Request) -> Response:
        now, offset_seconds = await actions.clock()
        return JSONResponse({"now": instant(now), "offset_seconds": offset_seconds}, headers=clock_headers(now))

    async def post_clock(request: Request) -> Response:
        asked = read_clock(await _json(request))
        if isinstance(asked, Refusal):
            return respond(refused(422, asked))
        now, offset_seconds = await actions.move_clock(
            shift_seconds=asked.shift_seconds, offset_seconds=asked.offset_seconds
        )
        return JSONResponse({"now": instant(now), "offset_seconds": offset_seconds}, headers=clock_headers(now))

    return [_route("GET", "/steering/clock", get_clock), _route("POST", "/steering/clock", post_clock)]


def _credential_routes(actions: SteeringActions) -> list[Route]:
    async def post_credential(request: Request) -> Response:
        asked = read_credential(await _json(request))
        if isinstance(asked, Refusal):
            return respond(refused(422, asked))
        added = await actions.add_credential(asked.sha256, asked.expires_at)
        return JSONResponse(_credential(added), 201)

    async def get_credentials(_: Request) -> Response:
        return JSONResponse({"credentials": [_credential(one) for one in await actions.credentials()]})

    return [
        _route("GET", "/steering/credentials", get_credentials),
        _route("POST", "/steering/credentials", post_credential),
    ]


def _invoice_routes(book: MainBookActions, red_forms: RedFormActions) -> list[Route]:
    async def post_void(request: Request) -> Response:
        return _done(await book.void_invoice(request.path_params["number"]))

    async def post_red_flush(request: Request) -> Response:
        asked = await _json(request)
        red_number = asked.get("red_number", "") if isinstance(asked, dict) else ""
        if not isinstance(red_number, str) or (red_number and not NUMBER.fullmatch(red_number)):
            return respond(refused(422, Refusal("E4005", "red_number must have 20 digits", "red_number")))
        return _done(await book.flush_invoice(request.path_params["number"], red_number))

    async def post_form_void(request: Request) -> Response:
        return _done(await red_forms.void_form(request.path_params["form_id"]))

    return [
        _route("POST", "/steering/invoices/{number}/void", post_void),
        _route("POST", "/steering/invoices/{number}/red-flush", post_red_flush),
        _route("POST", "/steering/red-forms/{form_id}/void", post_form_void),
    ]


def _other_routes(actions: SteeringActions) -> list[Route]:
    async def post_announcement(request: Request) -> Response:
        asked = read_outage(await _json(request))
        if isinstance(asked, Refusal):
            return respond(refused(422, asked))
        await actions.announce(Announcement(asked.place, asked.begins_at, asked.ends_at, asked.words))
        return JSONResponse({"announced": True}, 201)

    async def post_quota(request: Request) -> Response:
        asked = read_quota(await _json(request))
        if isinstance(asked, Refusal):
            return respond(refused(422, asked))
        await actions.set_quota(asked.place, request.path_params["tax_id"], asked.limit_minor)
        return JSONResponse({"place": asked.place, "limit_minor": asked.limit_minor})

    async def post_suspend(request: Request) -> Response:
        return await suspend(request, suspended=True)

    async def post_restore(request: Request) -> Response:
        return await suspend(request, suspended=False)

    async def suspend(request: Request, *, suspended: bool) -> Response:
        place = read_place_asked(await _json(request))
        if isinstance(place, Refusal):
            return respond(refused(422, place))
        return _done(await actions.suspend_seller(place, request.path_params["tax_id"], suspended=suspended))

    return [
        _route("POST", "/steering/sellers/{tax_id}/suspend", post_suspend),
        _route("POST", "/steering/sellers/{tax_id}/restore", post_restore),
        _route("POST", "/steering/announcements", post_announcement),
        _route("POST", "/steering/sellers/{tax_id}/quota", post_quota),
    ]


def _route(method: str, path: str, answer: Answer) -> Route:
    async def endpoint(request: Request) -> Response:
        try:
            return await answer(request)
        except BodyTooLongError:
            return respond(body_too_long())
        except Exception as fault:  # noqa: BLE001  the edge: whatever is raised becomes one shape of answer
            return respond(unavailable(fault))

    return Route(path, endpoint, methods=[method])


class BodyTooLongError(Exception):
    """The body has more than BODY_BYTES_MAX bytes."""


async def _json(request: Request) -> object:
    if (body := await read_body(request)) is None:
        raise BodyTooLongError
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _done(is_done: bool) -> Response:
    if is_done:
        return JSONResponse({"done": True})
    return respond(refused(404, Refusal("E4040", "there is none")))


def _fault(plan: FaultPlan) -> dict[str, Any]:
    return asdict(plan) | {"planned_at": instant(plan.planned_at) if plan.planned_at else None}


def _credential(credential: Credential) -> dict[str, Any]:
    return {
        "sha256": credential.sha256,
        "expires_at": instant(credential.expires_at) if credential.expires_at else None,
        "added_at": instant(credential.added_at),
    }


def _row(entry: BookEntry) -> dict[str, Any]:
    acceptance, booking = entry.record.acceptance, entry.record.booking
    return {
        "number": acceptance.invoice_number,
        "place": acceptance.place,
        "key": acceptance.idempotency_key,
        "seller_tax_id": acceptance.seller_tax_id,
        "order_no": acceptance.order_no,
        "kind": acceptance.kind,
        "issue_date": acceptance.issue_date.isoformat(),
        "amount_minor": acceptance.amount_minor,
        "document_sha256": acceptance.document_sha256,
        "accepted_at": acceptance.accepted_at.isoformat(),
        "submit_count": entry.submit_count,
        "status": entry.status,
        "book_number": booking.book_number if booking else None,
        "book_place": booking.place if booking else None,
        "booked_sha256": booking.document_sha256 if booking else None,
        "booked_amount_minor": booking.amount_minor if booking else None,
        "booked_at": booking.booked_at.isoformat() if booking else None,
    }
