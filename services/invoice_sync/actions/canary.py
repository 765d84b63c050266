"""Asks for an invoice that is surely booked, so that a blind query service is found out. It moves no invoice."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from services.invoice_sync.actions.probe import CANARY, keep_probe
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.domain.absence import Canary, is_fresh
from services.invoice_sync.domain.attempt import Outcome
from services.invoice_sync.domain.route import Route
from services.invoice_sync.store import books, probes
from services.invoice_sync.store.probes import Known, Probe
from services.invoice_sync.tax import TaxSystem

# So many are asked for when the first are not found: one that vanished must not blind us for all others.
_TRIES_MAX = 3
# Each shows that the service finds what is there, also where it was voided since.
_FOUND = frozenset({Outcome.OK.value, Outcome.VOIDED.value})


@dataclass(frozen=True, slots=True)
class Sighted:
    """What the canary of a route says, since when, and the probe that proves it."""

    canary: Canary
    ask_time: datetime
    probe_id: str | None = None


class Canaries:
    """One question for each route in a turn, however many rounds need it."""

    def __init__(self, tools: Tools, tax: TaxSystem, call_seconds: float) -> None:
        self._tools = tools
        self._tax = tax
        self._call_seconds = call_seconds
        self._asking: dict[str, tuple[datetime, asyncio.Task[Sighted]]] = {}

    async def ask(self, route: Route) -> Sighted:
        """The canary of a route, asked anew when the last is no more fresh."""
        now = self._tools.clock.now()
        asked = self._asking.get(route.key)
        if asked is None or not is_fresh(asked[0], now):
            asked = (now, asyncio.create_task(self._ask(route)))
            self._asking[route.key] = asked
        return await asyncio.shield(asked[1])

    async def _ask(self, route: Route) -> Sighted:
        async with self._tools.sessions.begin() as session:
            known = await probes.known_booked(session, route, _TRIES_MAX)
        asked_at, probe_id = self._tools.clock.now(), None
        gone: list[str] = []
        for each in known:
            asked_at = self._tools.clock.now()
            probe = await self._probe(route, each)
            probe_id = probe.probe_id
            if probe.outcome in _FOUND:
                await self._look_again(gone)
                return Sighted(Canary.SEEN, asked_at, probe_id)
            if probe.outcome != Outcome.NOT_FOUND.value:
                break
            gone.append(each.invoice_id)
        return Sighted(Canary.NOT_SEEN if known else Canary.NONE_BOOKED, asked_at, probe_id)

    async def _probe(self, route: Route, known: Known) -> Probe:
        return await keep_probe(
            self._tools,
            route,
            CANARY,
            known.invoice_id,
            lambda: self._tax.query_by_key(route, known.seller_tax_id, known.idempotency_key),
            self._call_seconds,
        )

    async def _look_again(self, gone: list[str]) -> None:
        """The service sees, and did not find these: they are read again at once."""
        if gone:
            async with self._tools.sessions.begin() as session:
                await books.recheck(session, gone, self._tools.clock.now())
