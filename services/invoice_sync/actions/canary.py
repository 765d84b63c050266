"""Asks for an invoice that is surely booked, so that a blind query service is found out. It moves no invoice."""

import asyncio

from services.invoice_sync.actions.probe import keep_probe
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.domain.absence import Canary
from services.invoice_sync.domain.attempt import Outcome
from services.invoice_sync.domain.route import Route
from services.invoice_sync.store import invoices
from services.invoice_sync.tax import TaxSystem

# A canary proves the eyesight of the moment: the negatives that it stands by are no older.
_FRESH_SECONDS = 60.0


class Canaries:
    """One question for each route in a turn, however many rounds need it."""

    def __init__(self, tools: Tools, tax: TaxSystem, call_seconds: float) -> None:
        self._tools = tools
        self._tax = tax
        self._call_seconds = call_seconds
        self._asking: dict[str, tuple[float, asyncio.Task[tuple[Canary, str | None]]]] = {}

    async def ask(self, route: Route) -> tuple[Canary, str | None]:
        """What the canary of a route says, and the probe that proves it; asked anew when the last is a minute old."""
        now = asyncio.get_running_loop().time()
        asked = self._asking.get(route.key)
        if asked is None or now - asked[0] > _FRESH_SECONDS:
            asked = (now, asyncio.create_task(self._ask(route)))
            self._asking[route.key] = asked
        return await asyncio.shield(asked[1])

    async def _ask(self, route: Route) -> tuple[Canary, str | None]:
        async with self._tools.sessions() as session:
            booked = await invoices.a_booked_one(session, route)
        if booked is None:
            return Canary.NONE_BOOKED, None
        probe = await keep_probe(
            self._tools,
            route,
            "CANARY",
            booked.invoice_id,
            lambda: self._tax.query_by_key(route, booked.seller.tax_id, booked.idempotency_key),
            self._call_seconds,
        )
        seen = probe.outcome == Outcome.OK.value
        return Canary.SEEN if seen else Canary.NOT_SEEN, probe.probe_id
