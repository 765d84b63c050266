"""The passes that compare with the authority's books: its lists, its control totals, and what was confirmed before.

What it announces is taken down here too. What an authority does not offer is left out.
"""

from dataclasses import replace
from datetime import date, timedelta

from chassis import telemetry
from services.invoice_sync.actions.day_totals import compare_day
from services.invoice_sync.actions.outages import note_outage
from services.invoice_sync.actions.sweep_lists import ListPass
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.domain.claim import Reopen
from services.invoice_sync.domain.invoice import issue_date_of
from services.invoice_sync.domain.route import Route
from services.invoice_sync.domain.standing import Work
from services.invoice_sync.domain.sweep import Counts
from services.invoice_sync.store import books, outbox, sweeps, totals
from services.invoice_sync.tax import NotOffered, TaxSystem

# So many days in a sweep, and so many samples; all calls come out of the rate budget, of which half stays for others.
_DAYS_MAX = 20
_RECHECK_MAX = 200
# Totals are compared for so long after the day; what changes later is found by reading again.
_DAYS_BACK = timedelta(days=31)
_DAYS = "books.days"


class BooksPass:
    """Nothing is reported as compared that was not."""

    def __init__(self, tax: TaxSystem, tools: Tools) -> None:
        self._tax = tax
        self._tools = tools
        self._lists = ListPass(tax, tools)

    @telemetry.traced
    async def run(self) -> Counts:
        """The announcements, the lists, the samples and the totals."""
        counts = await self.note_outages()
        if self._tax.offers_window:
            counts = counts.plus(await self._lists.run())
        counts = counts.plus(await self.resample())
        return counts.plus(await self.compare_totals())

    async def note_outages(self) -> Counts:
        """Keep what the authority announces, as holds for those spans: it tells nothing of them once they are over."""
        counts, now = Counts(), self._tools.clock.now()
        for route in self._tools.routing.routes():
            if not await self._may_call(route):
                continue
            announced = await self._tax.announcements(route)
            if isinstance(announced, NotOffered):
                continue
            counts = counts.plus(Counts(call_count=1))
            async with self._tools.sessions.begin() as session:
                for outage in announced.outages:
                    await note_outage(session, route, outage, now)
        return counts

    async def resample(self) -> Counts:
        """Put up what was confirmed and is due to be read again."""
        now = self._tools.clock.now()
        async with self._tools.sessions.begin() as session:
            due = await books.to_recheck(session, now, _RECHECK_MAX)
            if due:
                wanted = [
                    Reopen(replace(standing, work=Work.CONFIRM, due_at=now), lane, None) for standing, lane in due
                ]
                await outbox.reopen(session, wanted)
        return Counts(resampled_count=len(due))

    async def compare_totals(self) -> Counts:
        """Compare the control totals of the next days of sellers; a difference opens a case, agreement closes it."""
        counts, now = Counts(), self._tools.clock.now()
        today = issue_date_of(now)
        async with self._tools.sessions() as session:
            seller, _, day = (await sweeps.position(session, _DAYS)).partition("|")
            after = (seller, date.fromisoformat(day)) if day else ("", date.min)
            days = await totals.days(session, today - _DAYS_BACK, today, after, _DAYS_MAX)
        for seller, issue_date in days:
            if not await self._may_call(self._tools.routing.route_for(seller)):
                return counts
            compared = await compare_day(self._tools, self._tax, seller, issue_date)
            if not compared.offered:
                return counts
            counts = counts.plus(compared.counts())
            await self._move(f"{seller}|{issue_date.isoformat()}")
        if len(days) < _DAYS_MAX:
            await self._move("")
        return counts

    async def _may_call(self, route: Route) -> bool:
        async with self._tools.sessions.begin() as session:
            return await self._tools.gates.spend(session, route, 1, spare=True)

    async def _move(self, position: str) -> None:
        async with self._tools.sessions.begin() as session:
            await sweeps.move(session, _DAYS, position, self._tools.clock.now())
