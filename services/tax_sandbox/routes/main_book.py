"""The main book read whole: windows, watermark, control totals, and what a buyer sees."""

from datetime import date, datetime

from starlette.routing import Route

from services.tax_sandbox.actions.gate import GateActions
from services.tax_sandbox.actions.main_book import MainBookActions
from services.tax_sandbox.domain.document import Refusal
from services.tax_sandbox.domain.reply import Reply, refused
from services.tax_sandbox.routes.edge import KEY, NUMBER, Call, Edge
from services.tax_sandbox.store.main_book import Window

_PAGE_MAX = 1000
_PAGE_USUAL = 100


def main_book_routes(edge: Edge, gate: GateActions, actions: MainBookActions) -> list[Route]:
    """`/v1/windows`, `/v1/watermark`, `/v1/totals`, `/v1/buyer-view`."""

    async def get_window(call: Call) -> Reply:
        asked = call.request.query_params
        try:
            window = Window(
                call.occasion.place,
                _seller(asked.get("seller_tax_id", "")),
                _instant("from", asked.get("from", "")),
                _instant("to", asked.get("to", "")),
            )
            after = _cursor(asked.get("after", ""))
        except _BadQueryError as fault:
            return refused(400, fault.refusal)
        limit = asked.get("limit", "")
        size = min(int(limit), _PAGE_MAX) if limit.isdecimal() and int(limit) else _PAGE_USUAL
        return await gate.queried(call.occasion, await actions.read_window(window, after, size))

    async def get_watermark(call: Call) -> Reply:
        return await gate.queried(call.occasion, await actions.read_watermark(call.occasion.place))

    async def get_totals(call: Call) -> Reply:
        asked = call.request.query_params
        try:
            seller, issue_date = _seller(asked.get("seller_tax_id", "")), _day(asked.get("issue_date", ""))
        except _BadQueryError as fault:
            return refused(400, fault.refusal)
        return await gate.queried(call.occasion, await actions.read_totals(call.occasion.place, seller, issue_date))

    async def get_buyer_view(call: Call) -> Reply:
        asked = call.request.query_params
        if not NUMBER.fullmatch(asked.get("number", "")):
            return refused(400, Refusal("E4013", "an invoice number has 20 digits", "number"))
        said = await actions.show_buyer(call.occasion.place, asked["number"], asked.get("buyer_tax_id", ""))
        return await gate.queried(call.occasion, said)

    return [
        edge.route("GET", "/v1/windows", get_window),
        edge.route("GET", "/v1/watermark", get_watermark),
        edge.route("GET", "/v1/totals", get_totals),
        edge.route("GET", "/v1/buyer-view", get_buyer_view),
    ]


class _BadQueryError(Exception):
    """A parameter that cannot be read."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.refusal = Refusal("E4002", f"the query needs {field}: {message}", field)


def _seller(value: str) -> str:
    if not KEY.fullmatch(value):
        raise _BadQueryError("seller_tax_id", "a taxpayer number")
    return value


def _instant(field: str, value: str) -> datetime | None:
    if not value:
        return None
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        read = None
    if read is None or read.tzinfo is None:
        raise _BadQueryError(field, "an instant such as 2026-03-01T08:00:00Z")
    return read


def _day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise _BadQueryError("issue_date", "a date such as 2026-03-01") from None


def _cursor(value: str) -> tuple[datetime, str] | None:
    if not value:
        return None
    at, _, number = value.partition("_")
    if (accepted_at := _instant("after", at)) is None or not NUMBER.fullmatch(number):
        raise _BadQueryError("after", "what `next` of the page before was")
    return accepted_at, number
