"""Compares the control totals of a seller's day with ours. A difference is a case, which agreement closes."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.ids import new_id
from services.invoice_sync.actions.sweep_lists import read_again_from
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.domain.attempt import Outcome
from services.invoice_sync.domain.invoice import issue_date_of
from services.invoice_sync.domain.sweep import Counts
from services.invoice_sync.store import books, cases, totals
from services.invoice_sync.store.totals import DayTotals
from services.invoice_sync.tax import NotOffered, TaxSystem, Totals

KIND = "TOTALS_DIFFER"
# So many of a day that differs are read again at once, to find which it is.
_REREAD_MAX = 500
# A day that differs is counted one by one no more often than that.
_RECOUNT_AT_MOST = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class DayCompared:
    """`equal` is of the blue ones, `red_equal` of the red; None when nothing was compared: no totals, or ours moved.

    `watermark` is the authority's; `opened` and `closed` tell of the day's case.
    """

    equal: bool | None
    red_equal: bool | None = None
    watermark: datetime | None = None
    offered: bool = True
    call_count: int = 0
    opened: bool = False
    closed: bool = False

    def counts(self) -> Counts:
        """For the report of a sweep."""
        return Counts(
            totals_compared_count=int(self.equal is not None),
            totals_differing_count=int(self.opened),
            opened_count=int(self.opened),
            closed_count=int(self.closed),
            call_count=self.call_count,
        )


async def compare_day(tools: Tools, tax: TaxSystem, seller_tax_id: str, issue_date: date) -> DayCompared:
    """Ask for the totals of a day and keep what they show. Its call is paid for by the caller.

    Ours are read before and after: what was booked while the authority counted is in one of the two sums alone. When
    they differ ours are counted anew first: what a hand in the database did passed the running sum by.
    """
    async with tools.sessions() as session:
        before = await totals.of_day(session, seller_tax_id, issue_date)
    if before.moving:
        return DayCompared(None)
    theirs = await tax.totals(tools.routing.route_for(seller_tax_id), seller_tax_id, issue_date)
    if isinstance(theirs, NotOffered):
        return DayCompared(None, offered=False)
    if theirs.answer.outcome is not Outcome.OK or theirs.watermark is None:
        return DayCompared(None, call_count=1)
    now = tools.clock.now()
    if not _equal(before, theirs) and _is_recount_due(before, now):
        async with tools.sessions.begin() as session:
            await totals.recount(session, seller_tax_id, issue_date, now)
    async with tools.sessions.begin() as session:
        ours = await totals.of_day(session, seller_tax_id, issue_date)
        moved = replace(ours, count_time=before.count_time) != before
        if moved or issue_date_of(theirs.watermark) < issue_date:
            return DayCompared(None, watermark=theirs.watermark, call_count=1)
        return await _keep(session, now, seller_tax_id, issue_date, ours, theirs)


def _blue_equal(ours: DayTotals, theirs: Totals) -> bool:
    return (ours.blue_count, ours.blue_minor) == (theirs.blue_count, theirs.blue_minor)


def _red_equal(ours: DayTotals, theirs: Totals) -> bool:
    return (ours.red_count, ours.red_minor) == (theirs.red_count, theirs.red_minor)


def _equal(ours: DayTotals, theirs: Totals) -> bool:
    return _blue_equal(ours, theirs) and _red_equal(ours, theirs)


def _is_recount_due(ours: DayTotals, now: datetime) -> bool:
    return ours.count_time is None or now - ours.count_time >= _RECOUNT_AT_MOST


async def _keep(
    session: AsyncSession, now: datetime, seller_tax_id: str, issue_date: date, ours: DayTotals, theirs: Totals
) -> DayCompared:
    if _equal(ours, theirs):
        closed = await cases.close_day(session, KIND, seller_tax_id, issue_date.isoformat(), now)
        return DayCompared(True, True, theirs.watermark, call_count=1, closed=bool(closed))
    opened = await cases.open_day(session, _case(now, seller_tax_id, issue_date, ours, theirs))
    if opened:
        # One of ours may have gone, or one may be there below the watermark that we read the list up to.
        await books.recheck_day(session, seller_tax_id, issue_date, now, _REREAD_MAX)
        await read_again_from(session, seller_tax_id, issue_date, now)
    blue_equal, red_equal = _blue_equal(ours, theirs), _red_equal(ours, theirs)
    return DayCompared(blue_equal, red_equal, theirs.watermark, call_count=1, opened=opened)


def _case(now: datetime, seller_tax_id: str, issue_date: date, ours: DayTotals, theirs: Totals) -> cases.Case:
    told = f"authority {theirs.blue_count} / {theirs.blue_minor}, ours {ours.blue_count} / {ours.blue_minor}"
    told_zh = f"税局 {theirs.blue_count}/{theirs.blue_minor}，我方 {ours.blue_count}/{ours.blue_minor}"
    if theirs.red_count or theirs.red_minor or ours.red_count:
        told += f"; red letters: authority {theirs.red_count} / {theirs.red_minor}"
        told += f", ours {ours.red_count} / {ours.red_minor}"
        told_zh += f"；红字：税局 {theirs.red_count}/{theirs.red_minor}，我方 {ours.red_count}/{ours.red_minor}"
    return cases.Case(
        case_id=new_id("cse"),
        kind=KIND,
        invoice_id="",
        seller_tax_id=seller_tax_id,
        issue_date=issue_date.isoformat(),
        reference="",
        fact=f"control totals of the day differ (count / minor units): {told}",
        fact_zh=f"当日控制总额不一致（份数/金额分）：{told_zh}",
        open_time=now,
    )
