"""Speaks protocol v1 of the sandbox authority (services/tax_sandbox/README.md) and maps its words to our outcomes.

It never decides what to do next, and it repeats by itself only what cannot have arrived, and questions. What each
answer means stands in sandbox_answer.py and sandbox_codes.py.
"""

import hashlib
import json
import re
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from chassis.clock import Clock, SystemClock
from services.invoice_sync.domain.attempt import TaxAnswer
from services.invoice_sync.domain.red_form import FormMove, RedApplication, Side
from services.invoice_sync.domain.route import Route
from services.invoice_sync.tax import (
    Announcements,
    BatchItem,
    Numbers,
    Quota,
    RedFormAnswer,
    RedFormPage,
    Totals,
    WindowPage,
)
from services.invoice_sync.tax.credential import CredentialFile
from services.invoice_sync.tax.sandbox_answer import read_buyer_view, read_ping, read_query, read_submit
from services.invoice_sync.tax.sandbox_book import (
    read_announcements,
    read_numbers,
    read_quota,
    read_totals,
    read_window,
)
from services.invoice_sync.tax.sandbox_red import read_applied, read_form, read_forms, read_moved
from services.invoice_sync.tax.sandbox_session import Sessions
from services.invoice_sync.tax.wire import Call, Seen, Timeouts, Wire

PLACES = ("production/11", "production/42", "test/11", "test/42")
_PAGE_SIZE = 200
_PAGE_BYTES_MAX = 512 * 1024
_KEY = re.compile(r"[A-Za-z0-9._:-]{1,128}")


class SandboxTaxSystem:
    """The sandbox authority at an address such as https://tax.example.com, with a pool of connections; close it.

    `trust` tells whose certificates are believed, None those of the machine's store; `credentials` are by the
    credential_id of routes. `places` are all where an invoice may have gone by mistake. Raises ValueError when the
    URL is no address.
    """

    offers_window = True

    def __init__(
        self,
        url: str,
        timeouts: Timeouts | None = None,
        clock: Clock | None = None,
        *,
        trust: ssl.SSLContext | None = None,
        credentials: Mapping[str, CredentialFile] | None = None,
        places: Sequence[str] = PLACES,
    ) -> None:
        times = timeouts or Timeouts()
        self._wire = Wire(url, clock or SystemClock(), times, trust, credentials)
        self._sessions = Sessions(self._wire.ask, times.call_seconds)
        self._places = tuple(places)
        # How far each place's clock was from ours when it was last heard.
        self._clock_offsets: dict[str, timedelta] = {}

    async def close(self) -> None:
        """Close every connection."""
        await self._wire.close()

    async def submit(self, route: Route, document: bytes, idempotency_key: str) -> TaxAnswer:
        """See TaxSystem. Tried again here only while no connection can be made."""
        assert _KEY.fullmatch(idempotency_key), f"{idempotency_key!r} is no key of the protocol"
        headers = {"Idempotency-Key": idempotency_key, "Content-Type": "application/json"}
        call = _call("POST", route, "/v1/invoices", headers=headers, content=document)
        return read_submit(await self._ask(call, _never_left), hashlib.sha256(document).hexdigest())

    async def submit_batch(self, route: Route, items: Sequence[BatchItem]) -> Sequence[TaxAnswer]:
        """See TaxSystem."""
        assert all(_KEY.fullmatch(item.idempotency_key) for item in items), "a key is none of the protocol"
        return await self._sessions.send(route, items)

    async def query_by_key(self, route: Route, seller_tax_id: str, idempotency_key: str) -> TaxAnswer:
        """See TaxSystem. A question that got no answer is asked again, a few times."""
        params = {"seller_tax_id": seller_tax_id, "key": idempotency_key}
        call = _call("GET", route, "/v1/invoices", params=params)
        return read_query(await self._ask(call, _is_unanswered), "key", idempotency_key)

    async def query_by_number(self, route: Route, invoice_number: str) -> TaxAnswer:
        """See TaxSystem. A question that got no answer is asked again, a few times."""
        call = _call_for_number("GET", route, "/v1/invoices/{number}", invoice_number)
        return read_query(await self._ask(call, _is_unanswered), "number", invoice_number)

    def elsewhere(self, route: Route) -> Sequence[Route]:
        """See TaxSystem. With the same credential: another one is another customer's."""
        others = [place.split("/") for place in self._places if place != _place(route)]
        return [Route(route.authority, environment, region, route.credential_id) for environment, region in others]

    async def window(
        self, route: Route, seller_tax_id: str, from_time: datetime, after: str, until: datetime | None = None
    ) -> WindowPage:
        """See TaxSystem."""
        # By the authority's clock, as far as it is known to be apart from ours: nothing of ours is to be left out.
        offset = self._clock_offsets.get(_place(route), timedelta())
        behind, ahead = min(offset, timedelta()), max(offset, timedelta())
        params = {
            "seller_tax_id": seller_tax_id,
            "from": (from_time + behind).isoformat(),
            "after": after,
            "limit": str(_PAGE_SIZE),
        }
        if until is not None:
            params["to"] = (until + ahead).isoformat()
        call = _call("GET", route, "/v1/windows", params=params, answer_bytes_max=_PAGE_BYTES_MAX)
        return read_window(await self._ask(call, _is_unanswered))

    async def totals(self, route: Route, seller_tax_id: str, issue_date: date) -> Totals:
        """See TaxSystem."""
        params = {"seller_tax_id": seller_tax_id, "issue_date": issue_date.isoformat()}
        return read_totals(await self._ask(_call("GET", route, "/v1/totals", params=params), _is_unanswered))

    async def ping(self, route: Route) -> TaxAnswer:
        """See TaxSystem. Asked once: a probe is to show what a call meets."""
        return read_ping(await self._ask(_call("GET", route, "/v1/ping"), _never))

    async def announcements(self, route: Route) -> Announcements:
        """See TaxSystem."""
        return read_announcements(await self._ask(_call("GET", route, "/v1/announcements"), _is_unanswered))

    async def buyer_view(self, route: Route, invoice_number: str, buyer_tax_id: str) -> TaxAnswer:
        """See TaxSystem. MISMATCH when the invoice is another buyer's."""
        params = {"number": invoice_number, "buyer_tax_id": buyer_tax_id}
        call = _call("GET", route, "/v1/buyer-view", params=params)
        return read_buyer_view(await self._ask(call, _is_unanswered), invoice_number)

    async def seal(self, route: Route, invoice_number: str) -> TaxAnswer:
        """See TaxSystem. Not repeated here, since each call is one of the few that a day has."""
        call = _call_for_number("POST", route, "/v1/invoices/{number}/seal", invoice_number, content=b"{}")
        return read_query(await self._ask(call, _never_left), "number", invoice_number)

    async def quota(self, route: Route, seller_tax_id: str) -> Quota:
        """See TaxSystem."""
        call = _call("GET", route, "/v1/quota", params={"seller_tax_id": seller_tax_id})
        return read_quota(await self._ask(call, _is_unanswered))

    async def take_numbers(self, route: Route, seller_tax_id: str, count: int, key: str) -> Numbers:
        """See TaxSystem. Asked again when it got no answer: the same key gives the same numbers."""
        assert _KEY.fullmatch(key), f"{key!r} is no key of the protocol"
        headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
        content = json.dumps({"seller_tax_id": seller_tax_id, "count": count}).encode()
        call = _call("POST", route, "/v1/number-ranges", headers=headers, content=content)
        return read_numbers(await self._ask(call, _is_unanswered), count)

    async def apply_red_form(self, route: Route, application: RedApplication) -> RedFormAnswer:
        """See TaxSystem. Tried again here only while no connection can be made."""
        asked = {
            "blue_number": application.blue_number,
            "amount_minor": application.amount_minor,
            "reason": application.reason,
            "applied_by": application.applied_by.value,
        }
        return read_applied(await self._ask(_post(route, "/v1/red-forms", asked), _never_left))

    async def move_red_form(self, route: Route, form_id: str, move: FormMove, by: Side) -> RedFormAnswer:
        """See TaxSystem. Asked again when it got no answer: the same word again changes nothing."""
        assert _KEY.fullmatch(form_id), f"{form_id!r} is no id of a form"
        template = f"/v1/red-forms/{{form_id}}/{move.value.lower()}"
        call = _post(route, template.replace("{form_id}", form_id), {"by": by.value}, template)
        return read_moved(await self._ask(call, _is_unanswered), form_id)

    async def red_form(self, route: Route, form_id: str) -> RedFormAnswer:
        """See TaxSystem."""
        assert _KEY.fullmatch(form_id), f"{form_id!r} is no id of a form"
        template = "/v1/red-forms/{form_id}"
        call = _call("GET", route, template.replace("{form_id}", form_id), template=template)
        return read_form(await self._ask(call, _is_unanswered), form_id)

    async def red_forms(
        self, route: Route, *, blue_number: str = "", seller_tax_id: str = "", after: str = ""
    ) -> RedFormPage:
        """See TaxSystem."""
        assert bool(blue_number) != bool(seller_tax_id), "of an invoice or of a seller"
        of_seller = {"seller_tax_id": seller_tax_id, "after": after, "limit": str(_PAGE_SIZE)}
        params = {"blue_number": blue_number} if blue_number else of_seller
        call = _call("GET", route, "/v1/red-forms", params=params, answer_bytes_max=_PAGE_BYTES_MAX)
        return read_forms(await self._ask(call, _is_unanswered))

    async def _ask(self, call: Call, bears_another: Callable[[Seen], bool]) -> Seen:
        seen = await self._wire.ask(call, bears_another)
        if seen.status:
            self._clock_offsets[call.place] = timedelta(milliseconds=seen.clock_offset_ms)
        return seen


def _call(
    method: str,
    route: Route,
    path: str,
    *,
    template: str = "",
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    content: bytes | None = None,
    answer_bytes_max: int | None = None,
) -> Call:
    made = Call(method, _place(route), template or path, path, route.credential_id, params, headers or {}, content)
    return replace(made, answer_bytes_max=answer_bytes_max) if answer_bytes_max else made


def _call_for_number(method: str, route: Route, template: str, number: str, content: bytes | None = None) -> Call:
    assert _KEY.fullmatch(number), f"{number!r} is no invoice number"
    return _call(method, route, template.replace("{number}", number), template=template, content=content)


def _post(route: Route, path: str, asked: Mapping[str, object], template: str = "") -> Call:
    content = json.dumps(asked, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json"}
    return _call("POST", route, path, template=template, headers=headers, content=content)


def _place(route: Route) -> str:
    return f"{route.environment}/{route.region}"


def _never(_: Seen) -> bool:
    return False


def _never_left(seen: Seen) -> bool:
    return seen.status == 0 and not seen.left


def _is_unanswered(seen: Seen) -> bool:
    return seen.status == 0 or seen.status >= 500
