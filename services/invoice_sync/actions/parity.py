"""Compares control totals of a seller's day or month with the authority's, and names the invoices that differ.

It sends no invoice and moves none: what differs becomes a case, and is read again.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import paging, telemetry
from chassis.errors import Fault, FieldFault, Kind
from chassis.ids import new_id
from chassis.validation import invalid
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.domain.attempt import Outcome
from services.invoice_sync.domain.invoice import issue_date_of
from services.invoice_sync.domain.parity import (
    DaySums,
    Difference,
    Named,
    OursRow,
    ParityState,
    Period,
    Sums,
    TheirsRow,
    day_start,
    fingerprint,
    name_differences,
    read_period,
    state_of,
    sums_of,
)
from services.invoice_sync.domain.parity_words import fact_of
from services.invoice_sync.domain.route import Route
from services.invoice_sync.store import books, cases, parity, sweeps
from services.invoice_sync.store.parity import ParityRun
from services.invoice_sync.tax import NotOffered, Record, TaxSystem

CASE_KIND = "PARITY_DIFFERS"
# Asked again so often when a sum moved while it was asked for, or the list and the totals were of two moments.
_TRIES_MAX = 3
_PAGES_MAX = 500
# An invoice is accepted on its day or later; clocks may be apart.
_LIST_MARGIN = timedelta(days=1)
_KEYS_AT_ONCE = 1000
_PAGE_SIZE = 50
_DIFFERENCES_SIZE = 1000
_SELLERS_MAX = 20
_CHECK_AGAIN = timedelta(days=1)
_LEAD_SECONDS = 60.0
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ParityMade:
    """A result; `repeated` when the last comparison of the period had the same, which is then this one."""

    run: ParityRun
    repeated: bool


@dataclass(frozen=True, slots=True)
class ParityShown:
    """A result with a page of its differences."""

    run: ParityRun
    differences: Sequence[Difference]
    next_page_token: str


@dataclass(frozen=True, slots=True)
class _Told:
    """Both sides of a period's days, and up to where the authority's book is complete."""

    days: Sequence[DaySums]
    watermark: datetime


class ParityActions:
    """A comparison is kept in one transaction, with the cases that it opens and closes."""

    def __init__(self, tax: TaxSystem, tools: Tools) -> None:
        self._tax = tax
        self._tools = tools
        self._holder = new_id("prh")

    @telemetry.traced
    async def run_parity(self, seller_tax_id: str, period: str) -> ParityMade:
        """Compare a period's totals, down to the days and the invoices that differ.

        Raises Fault INVALID_FIELD for what is no period or lies ahead, and UNAVAILABLE when the authority does not
        tell its totals, or the rate budget does not reach: then nothing is kept.
        """
        wanted, start_time = read_period(period), self._tools.clock.now()
        if wanted is None or wanted.first > issue_date_of(start_time):
            raise _no_period(period)
        route = self._tools.routing.route_for(seller_tax_id)
        told = await self._tell(route, seller_tax_id, wanted)
        named: Named | None = Named((), 0)
        for _ in range(_TRIES_MAX):
            differing = [each.day for each in told.days if not each.equal]
            if not differing:
                named = Named((), 0)
                break
            if (named := await self._name(route, seller_tax_id, told.days, differing)) is not None:
                break
            told = await self._tell(route, seller_tax_id, wanted)
        return await self._keep(seller_tax_id, wanted, told, named, start_time)

    async def get_parity_run(self, run_id: str, page_size: int, page_token: str) -> ParityShown:
        """A result with a page of its differences. Raises Fault NOT_FOUND or INVALID_PAGE_TOKEN."""
        size, after = page_size or _DIFFERENCES_SIZE, paging.last_id(f"parity\x1f{run_id}", page_token)
        if after and not after.isdecimal():
            raise paging.wrong_token()
        async with self._tools.sessions() as session:
            run = await parity.get(session, run_id)
            found = await parity.differences(session, run_id, int(after or 0), size + 1)
        if run is None:
            raise Fault(Kind.NOT_FOUND, "NOT_FOUND", f"no comparison {run_id}", f"没有核对记录 {run_id}")
        more = len(found) > size
        token = paging.encode(f"parity\x1f{run_id}", (str(int(after or 0) + size),)) if more else ""
        return ParityShown(run, found[:size], token)

    async def list_parity_runs(
        self, seller_tax_id: str, page_size: int, page_token: str
    ) -> tuple[Sequence[ParityRun], str]:
        """A page of results, newest first, and the token of the next. Raises Fault INVALID_PAGE_TOKEN."""
        size, filters = page_size or _PAGE_SIZE, f"parity_runs\x1f{seller_tax_id}"
        async with self._tools.sessions() as session:
            rows = await parity.page(session, seller_tax_id, paging.last_id(filters, page_token), size + 1)
        page = rows[:size]
        return page, paging.encode(filters, (page[-1].run_id,)) if len(rows) > size else ""

    async def compare_due(self) -> int:
        """Compare yesterday and last month of the next sellers, where that is due, by the replica that leads."""
        tools, name = self._tools, "parity.sellers"
        async with tools.sessions.begin() as session:
            if not await sweeps.lead(session, "parity", self._holder, _LEAD_SECONDS):
                return 0
            sellers = await books.sellers(session, await sweeps.position(session, name), _SELLERS_MAX)
        for seller in sellers:
            for period in _periods_due(issue_date_of(tools.clock.now())):
                try:
                    if await self._is_due(seller, period):
                        await self.run_parity(seller, period.text())
                except Fault as fault:
                    _log.warning("control totals not compared", reason=fault.reason, period=period.text())
                    return 0
        async with tools.sessions.begin() as session:
            last = sellers[-1] if len(sellers) == _SELLERS_MAX else ""
            await sweeps.move(session, name, last, tools.clock.now())
        return 0

    async def _is_due(self, seller_tax_id: str, period: Period) -> bool:
        """Whether it was never compared, did not come out even, or was last compared long ago."""
        async with self._tools.sessions() as session:
            newest = await parity.newest(session, seller_tax_id, period)
        if newest is None or newest.state is not ParityState.AGREES or not newest.complete:
            return True
        return self._tools.clock.now() - newest.check_time >= _CHECK_AGAIN

    async def _tell(self, route: Route, seller_tax_id: str, period: Period) -> _Told:
        """Both sides of each day. Ours are read before and after: a day that moved meanwhile is asked for again."""
        wanted = period.days(issue_date_of(self._tools.clock.now()))
        found, pending, watermarks = dict[date, DaySums](), list(wanted), list[datetime]()
        for _ in range(_TRIES_MAX):
            before = await self._ours(seller_tax_id, period)
            theirs = {}
            for day in pending:
                theirs[day], watermark = await self._theirs(route, seller_tax_id, day)
                watermarks.append(watermark)
            after = await self._ours(seller_tax_id, period)
            for day in pending:
                found[day] = DaySums(day, after.get(day, Sums()), theirs[day])
            pending = [day for day in pending if before.get(day) != after.get(day)]
            if not pending:
                break
        return _Told([each for each in found.values() if each.ours != Sums() or each.theirs != Sums()], min(watermarks))

    async def _ours(self, seller_tax_id: str, period: Period) -> Mapping[date, Sums]:
        async with self._tools.sessions() as session:
            return await parity.ours(session, seller_tax_id, period)

    async def _theirs(self, route: Route, seller_tax_id: str, day: date) -> tuple[Sums, datetime]:
        await self._pay(route)
        told = await self._tax.totals(route, seller_tax_id, day)
        if isinstance(told, NotOffered) or told.answer.outcome is not Outcome.OK or told.watermark is None:
            raise _not_told(day, "no such call" if isinstance(told, NotOffered) else told.answer.message)
        return Sums(told.blue_count, told.blue_minor, told.red_count, told.red_minor), told.watermark

    async def _name(
        self, route: Route, seller_tax_id: str, days: Sequence[DaySums], differing: Sequence[date]
    ) -> Named | None:
        """The invoices that make these days differ; None when the list does not come to what the totals say."""
        async with self._tools.sessions() as session:
            ours = list(await parity.ours_of_days(session, seller_tax_id, differing))
        keys = {each.idempotency_key for each in ours}
        theirs = await self._list(route, seller_tax_id, set(differing), keys)
        if theirs is None:
            return None
        if strangers := [each.idempotency_key for each in theirs if each.idempotency_key not in keys]:
            ours += await self._ours_by_key(strangers)
        listed, counted = sums_of(theirs), sums_of(ours)
        whole = all(
            (listed.get(each.day, Sums()), counted.get(each.day, Sums())) == (each.theirs, each.ours)
            for each in days
            if each.day in differing
        )
        return name_differences(ours, theirs, differing) if whole else None

    async def _ours_by_key(self, keys: Sequence[str]) -> list[OursRow]:
        found: list[OursRow] = []
        for start in range(0, len(keys), _KEYS_AT_ONCE):
            async with self._tools.sessions() as session:
                found += await parity.ours_by_key(session, keys[start : start + _KEYS_AT_ONCE])
        return found

    async def _list(
        self, route: Route, seller_tax_id: str, days: Collection[date], keys: Collection[str]
    ) -> list[TheirsRow] | None:
        """What the authority's list has of some days and keys; None when it cannot be read to its end."""
        found, after = list[TheirsRow](), ""
        for _ in range(_PAGES_MAX):
            await self._pay(route)
            page = await self._tax.window(route, seller_tax_id, day_start(min(days)) - _LIST_MARGIN, after)
            if isinstance(page, NotOffered) or page.answer.outcome is not Outcome.OK:
                return None
            rows = [_theirs_row(each) for each in page.records]
            if None in rows:
                return None
            found += [row for row in rows if row and (row.issue_date in days or row.idempotency_key in keys)]
            if not (after := page.next_after):
                return found
        return None

    async def _pay(self, route: Route) -> None:
        async with self._tools.sessions.begin() as session:
            if not await self._tools.gates.spend(session, route, 1, spare=True):
                raise Fault(
                    Kind.UNAVAILABLE,
                    "UNAVAILABLE",
                    "the rate budget of the way to the authority is used up; try again in a moment",
                    "税局通道的调用额度暂时用尽，请稍后重试",
                    retry_after_seconds=5,
                )

    async def _keep(
        self, seller_tax_id: str, period: Period, told: _Told, named: Named | None, start_time: datetime
    ) -> ParityMade:
        """Keep the result, unless the last one of the period is the same."""
        now, differences = self._tools.clock.now(), named.differences if named else ()
        state, complete = state_of(told.days, named), told.watermark >= period.end
        async with self._tools.sessions.begin() as session:
            await parity.hold(session, seller_tax_id, period)
            waiting = await parity.waiting(session, seller_tax_id, period)
            mark = fingerprint(state, told.days, differences, complete=complete, waiting_count=waiting)
            newest = await parity.newest(session, seller_tax_id, period)
            if newest is not None and newest.fingerprint == mark:
                await parity.checked(session, newest.run_id, now)
                return ParityMade(replace(newest, check_time=now), repeated=True)
            made = ParityRun(
                run_id=new_id("prt"),
                seller_tax_id=seller_tax_id,
                period=period,
                state=state,
                complete=complete,
                watermark=told.watermark,
                waiting_count=waiting,
                difference_count=len(differences),
                days=told.days,
                fingerprint=mark,
                start_time=start_time,
                check_time=now,
            )
            await parity.add(session, made, differences)
            if named is not None:
                await self._tell_people(session, made, differences, now)
        return ParityMade(made, repeated=False)

    async def _tell_people(
        self, session: AsyncSession, made: ParityRun, differences: Sequence[Difference], now: datetime
    ) -> None:
        """A case for each difference, none for what differs no more; what is ours is read again at once."""
        open_cases = [_case(made.seller_tax_id, each, now) for each in differences]
        for each in open_cases:
            await cases.open_case(session, each)
        await parity.close_cases(session, CASE_KIND, made.seller_tax_id, made.period, open_cases, now)
        await books.recheck(session, [each.invoice_id for each in differences if each.invoice_id], now)


def _periods_due(today: date) -> Sequence[Period]:
    """Yesterday, and the month before this one: what comes late changes it still."""
    yesterday, month_end = today - timedelta(days=1), today.replace(day=1) - timedelta(days=1)
    return Period(yesterday, yesterday), Period(month_end.replace(day=1), month_end)


def _theirs_row(record: Record) -> TheirsRow | None:
    """A record with all that totals are about; None when the authority's list does not tell it."""
    if record.amount_minor is None or record.issue_date is None or not record.kind or not record.status:
        return None
    return TheirsRow(
        record.invoice_number,
        record.idempotency_key,
        record.kind,
        record.amount_minor,
        record.issue_date,
        record.status,
        counted=record.status != "VOIDED",
    )


def _case(seller_tax_id: str, each: Difference, now: datetime) -> cases.Case:
    fact, fact_zh = fact_of(each)
    day = each.issue_date.isoformat()
    return cases.Case(
        new_id("cse"), CASE_KIND, each.invoice_id, seller_tax_id, day, each.invoice_number, fact, fact_zh, now
    )


def _no_period(period: str) -> Fault:
    message = f"{period!r} is no day (2026-03-01) or month (2026-03) that has begun"
    message_zh = f"“{period}”不是已开始的日期（2026-03-01）或月份（2026-03）"
    return invalid((FieldFault("period", "PERIOD", message, message_zh),))


def _not_told(day: date, why: str) -> Fault:
    return Fault(
        Kind.UNAVAILABLE,
        "UNAVAILABLE",
        f"the authority did not tell its control totals of {day}: {why}",
        f"税局未提供 {day} 的控制总额：{why}",
        retry_after_seconds=30,
    )
