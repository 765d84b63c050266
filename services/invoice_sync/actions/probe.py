"""Asks the interfaces whether they are up, and keeps every answer with its time. It moves no invoice."""

import asyncio
from collections.abc import Sequence

from chassis import paging, telemetry
from chassis.errors import Fault, Kind
from chassis.ids import new_id
from services.invoice_sync.actions.call import Call, bounded
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.domain.attempt import Outcome, TaxAnswer
from services.invoice_sync.domain.route import Route
from services.invoice_sync.store import probes
from services.invoice_sync.store.probes import Probe
from services.invoice_sync.tax import NotOffered, TaxSystem

PING, CANARY, NUMBER = "PING", "CANARY", "NUMBER"
_CALL_SECONDS = 10.0
_PAGE_SIZE = 50


class ProbeActions:
    """Each probe is one call and one row."""

    def __init__(self, tax: TaxSystem, tools: Tools) -> None:
        self._tax = tax
        self._tools = tools

    @telemetry.traced
    async def probe_interface(self, route: str) -> Sequence[Probe]:
        """Ping one route, or every one when it is empty; a probe for each. Raises Fault NOT_FOUND."""
        wanted = [each for each in self._tools.routing.routes() if route in ("", each.key)]
        if not wanted:
            raise Fault(Kind.NOT_FOUND, "NOT_FOUND", f"no route {route}", f"没有通道 {route}")
        return await asyncio.gather(*(self._ping(each) for each in wanted))

    async def ask_number(self, route: Route, invoice_number: str, seconds: float) -> tuple[Probe, TaxAnswer]:
        """Ask the main database for a number that somebody named, who waits for it so long at most."""
        answers: list[TaxAnswer] = []

        async def call() -> TaxAnswer:
            answers.append(await self._tax.query_by_number(route, invoice_number))
            return answers[-1]

        probe = await keep_probe(self._tools, route, NUMBER, invoice_number, call, seconds)
        return probe, answers[-1] if answers else TaxAnswer(Outcome.UNKNOWN, probe.message)

    async def list_probes(self, page_size: int, page_token: str, route: str) -> tuple[Sequence[Probe], str]:
        """A page of probes, newest first, and the token of the next. Raises Fault INVALID_PAGE_TOKEN."""
        size, filters = page_size or _PAGE_SIZE, f"probes\x1f{route}"
        async with self._tools.sessions() as session:
            rows = await probes.page(session, size + 1, paging.last_id(filters, page_token), route)
        page = rows[:size]
        return page, paging.encode(filters, (page[-1].probe_id,)) if len(rows) > size else ""

    async def _ping(self, route: Route) -> Probe:
        async def call() -> TaxAnswer:
            answer = await self._tax.ping(route)
            if isinstance(answer, NotOffered):
                return TaxAnswer(Outcome.UNKNOWN, "the authority has no call to ask whether it is up")
            return answer

        return await keep_probe(self._tools, route, PING, "", call, _CALL_SECONDS)


async def keep_probe(tools: Tools, route: Route, kind: str, reference: str, call: Call, seconds: float) -> Probe:
    """Make one call and keep what came of it."""
    start_time, began = tools.clock.now(), asyncio.get_running_loop().time()
    answer = await bounded(call, seconds)
    made = Probe(
        probe_id=new_id("prb"),
        route=route.key,
        kind=kind,
        reference=reference,
        start_time=start_time,
        duration_ms=round((asyncio.get_running_loop().time() - began) * 1000),
        outcome=answer.outcome.value,
        http_status=answer.http_status,
        authority_code=answer.authority_code,
        message=answer.message,
        clock_offset_ms=answer.clock_offset_ms,
    )
    async with tools.sessions.begin() as session:
        await probes.add(session, made)
    return made
