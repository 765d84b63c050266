"""The passes that compare with the authority's books: its lists, its control totals, and what was confirmed before."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog

from chassis import telemetry
from chassis.ids import new_id
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.domain.attempt import Outcome
from services.invoice_sync.domain.invoice import issue_date_of
from services.invoice_sync.domain.standing import Work
from services.invoice_sync.domain.sweep import Counts
from services.invoice_sync.store import books, cases, outbox, sweeps, totals
from services.invoice_sync.tax import NotOffered, Record, TaxSystem

# Out of the rate budget: so many sellers' lists and days in a sweep, and so many pages of a list.
_SELLERS_MAX = 20
_PAGES_MAX = 20
_DAYS_MAX = 20
_RECHECK_MAX = 200
_FIRST_WINDOW = timedelta(days=1)
# Totals are compared for so long after the day; what changes later is found by reading again.
_DAYS_BACK = timedelta(days=31)
_log = structlog.get_logger()


class BooksPass:
    """What an authority does not offer is left out; nothing is reported as compared that was not."""

    def __init__(self, tax: TaxSystem, tools: Tools) -> None:
        self._tax = tax
        self._tools = tools

    @telemetry.traced
    async def run(self) -> Counts:
        """The lists, the samples and the totals."""
        counts = await self.read_lists() if self._tax.offers_window else Counts()
        counts = counts.plus(await self.resample())
        return counts.plus(await self.compare_totals())

    async def resample(self) -> Counts:
        """Put up what was confirmed and is due to be read again."""
        now = self._tools.clock.now()
        async with self._tools.sessions.begin() as session:
            due = await books.to_recheck(session, now, _RECHECK_MAX)
            if due:
                wanted = [(replace(standing, work=Work.CONFIRM, due_at=now), lane) for standing, lane in due]
                await outbox.reopen(session, wanted)
        return Counts(resampled_count=len(due))

    async def read_lists(self) -> Counts:
        """Read what the authority took for the next sellers since the last time, up to its watermark."""
        counts, name = Counts(), "books.sellers"
        async with self._tools.sessions() as session:
            after = await sweeps.position(session, name)
            sellers = await books.sellers(session, after, _SELLERS_MAX)
        for seller in sellers:
            counts = counts.plus(await self._read_list(seller))
        async with self._tools.sessions.begin() as session:
            last = sellers[-1] if len(sellers) == _SELLERS_MAX else ""
            await sweeps.move(session, name, last, self._tools.clock.now())
        return counts

    async def compare_totals(self) -> Counts:
        """Compare the control totals of the next days of sellers; a difference opens a case, agreement closes it."""
        counts, name, now = Counts(), "books.days", self._tools.clock.now()
        today = issue_date_of(now)
        async with self._tools.sessions() as session:
            after = await sweeps.position(session, name)
            days = await totals.days(session, today - _DAYS_BACK, today, after, _DAYS_MAX)
        for seller, issue_date, invoice_id in days:
            theirs = await self._tax.totals(self._tools.routing.route_for(seller), seller, issue_date)
            if isinstance(theirs, NotOffered):
                return counts
            counts = counts.plus(Counts(call_count=1))
            if theirs.answer.outcome is not Outcome.OK or theirs.watermark is None:
                continue
            async with self._tools.sessions.begin() as session:
                ours = await totals.of_day(session, invoice_id)
                if ours.open_count or issue_date_of(theirs.watermark) < issue_date:
                    continue
                agree = (ours.blue_count, ours.blue_minor) == (theirs.blue_count, theirs.blue_minor)
                day = issue_date.isoformat()
                if agree:
                    closed = await cases.close_day(session, "TOTALS_DIFFER", seller, day, now)
                    counts = counts.plus(Counts(totals_compared_count=1, closed_count=closed))
                    continue
                told = (
                    f"authority {theirs.blue_count} / {theirs.blue_minor}, ours {ours.blue_count} / {ours.blue_minor}"
                )
                opened = await cases.open_case(
                    session,
                    cases.Case(
                        new_id("cse"),
                        "TOTALS_DIFFER",
                        "",
                        seller,
                        day,
                        "",
                        f"control totals of the day differ (count / minor units): {told}",
                        f"当日控制总额不一致（份数/金额分）：税局 {theirs.blue_count}/{theirs.blue_minor}，"
                        f"我方 {ours.blue_count}/{ours.blue_minor}",
                        now,
                    ),
                )
                counts = counts.plus(
                    Counts(totals_compared_count=1, totals_differing_count=int(opened), opened_count=int(opened))
                )
        async with self._tools.sessions.begin() as session:
            last = f"{days[-1][0]}|{days[-1][1].isoformat()}" if len(days) == _DAYS_MAX else ""
            await sweeps.move(session, name, last, now)
        return counts

    async def _read_list(self, seller: str) -> Counts:
        """One seller's list from where it was read to last time; that only moves on when the list came to its end."""
        route, name, now = self._tools.routing.route_for(seller), f"books.window.{seller}", self._tools.clock.now()
        async with self._tools.sessions() as session:
            read_to = await sweeps.position(session, name)
        from_time = datetime.fromisoformat(read_to) if read_to else now - _FIRST_WINDOW
        counts, after, watermark = Counts(), "", None
        for _ in range(_PAGES_MAX):
            page = await self._tax.window(route, seller, from_time, after)
            counts = counts.plus(Counts(call_count=1))
            if isinstance(page, NotOffered) or page.answer.outcome is not Outcome.OK:
                return counts
            counts = counts.plus(await self._match(seller, page.records))
            after, watermark = page.next_after, page.watermark
            if not after:
                break
        if not after and watermark is not None and watermark > from_time:
            async with self._tools.sessions.begin() as session:
                await sweeps.move(session, name, watermark.astimezone(UTC).isoformat(), now)
        return counts

    async def _match(self, seller: str, found: Sequence[Record]) -> Counts:
        if not found:
            return Counts()
        now = self._tools.clock.now()
        async with self._tools.sessions.begin() as session:
            by_key, linked = await books.known(
                session, [each.idempotency_key for each in found], [each.invoice_number for each in found]
            )
            unlinked = [each for each in found if each.invoice_number not in linked]
            ours = [by_key[each.idempotency_key] for each in unlinked if each.idempotency_key in by_key]
            foreign = [each for each in unlinked if each.idempotency_key not in by_key]
            adopted = await books.look_now(session, ours, now)
            opened = [await cases.open_case(session, _foreign(seller, each, now)) for each in foreign]
        return Counts(adopted_count=adopted, foreign_count=sum(opened), opened_count=sum(opened))


def _foreign(seller: str, record: Record, now: datetime) -> cases.Case:
    return cases.Case(
        new_id("cse"),
        "FOREIGN_RECORD",
        "",
        seller,
        "",
        record.invoice_number,
        f"the main book holds {record.invoice_number} under a seller of ours, and we did not send it",
        f"主库中存在以我方销售方开具的发票 {record.invoice_number}，但并非由我方上传",
        now,
    )
