"""The pass from the authority to us: what its lists hold is linked to ours, or is a case. It sends nothing."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.ids import new_id
from services.invoice_sync.actions.record import case_of
from services.invoice_sync.actions.resurfaced import Resurfaced
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.domain.attempt import Outcome
from services.invoice_sync.domain.change import change_of
from services.invoice_sync.domain.claim import Put, Reopen
from services.invoice_sync.domain.command import CaseCode
from services.invoice_sync.domain.event import LookedUp
from services.invoice_sync.domain.lookup import Finding
from services.invoice_sync.domain.machine import decide
from services.invoice_sync.domain.standing import Standing, SyncState, Work
from services.invoice_sync.domain.sweep import Counts
from services.invoice_sync.store import books, cases, outbox, sweeps
from services.invoice_sync.tax import NotOffered, Record, TaxSystem, WindowPage

# So many sellers in a sweep, and so many pages of each; the next goes on where this one stopped.
_SELLERS_MAX = 20
_PAGES_MAX = 20
_FIRST_WINDOW = timedelta(days=1)
_ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class _Cursor:
    """How far a seller's list was read: everything before `from_time`, and from there on up to the page `after`.

    `watermark` is what the first of these pages told: what was booked behind our back while we read the others is not
    below it, so that it is the next `from_time`. None before the first page.
    """

    from_time: datetime
    after: str = ""
    watermark: datetime | None = None

    def text(self) -> str:
        told = self.watermark.isoformat() if self.watermark else ""
        return json.dumps([self.from_time.isoformat(), self.after, told])

    def turned(self, page: WindowPage) -> "_Cursor":
        """After one more page."""
        watermark = self.watermark or (page.watermark.astimezone(UTC) if page.watermark else None)
        if page.next_after:
            return _Cursor(self.from_time, page.next_after, watermark)
        return _Cursor(max(watermark or self.from_time, self.from_time))


class ListPass:
    """Each page is matched in one transaction with the cursor behind it."""

    def __init__(self, tax: TaxSystem, tools: Tools) -> None:
        self._tax = tax
        self._tools = tools
        self._resurfaced = Resurfaced(tools)

    async def run(self) -> Counts:
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

    async def _read_list(self, seller: str) -> Counts:
        """Some pages of one seller's list, as far as they and the budget reach."""
        route, counts = self._tools.routing.route_for(seller), Counts()
        async with self._tools.sessions() as session:
            cursor = await _read_cursor(session, seller, self._tools.clock.now())
        for _ in range(_PAGES_MAX):
            async with self._tools.sessions.begin() as session:
                if not await self._tools.gates.spend(session, route, 1, spare=True):
                    return counts
            page = await self._tax.window(route, seller, cursor.from_time, cursor.after)
            if isinstance(page, NotOffered):
                return counts
            counts = counts.plus(Counts(call_count=1))
            if page.answer.outcome is not Outcome.OK:
                return counts
            counts, cursor = counts.plus(await self._match(seller, cursor, page)), cursor.turned(page)
            if not page.next_after:
                break
        return counts

    async def _match(self, seller: str, cursor: _Cursor, page: WindowPage) -> Counts:
        now, found = self._tools.clock.now(), page.records
        async with self._tools.sessions.begin() as session:
            by_key, linked = await books.known(
                session, [each.idempotency_key for each in found], [each.invoice_number for each in found]
            )
            unlinked = [each for each in found if each.invoice_number not in linked]
            ours = [by_key[each.idempotency_key] for each in unlinked if each.idempotency_key in by_key]
            foreign = [each for each in unlinked if each.idempotency_key not in by_key]
            # Also under a number that we gave it: what was cancelled keeps its own.
            adopted = await self._resurfaced.take_up(session, sorted(set(by_key.values())))
            adopted += await books.look_now(session, ours, now)
            shown = {by_key[each.idempotency_key]: each for each in unlinked if each.idempotency_key in by_key}
            adopted += await self._ask_before_sending(session, list(shown), now)
            reopened, told = await self._reopen_ended(session, shown, now)
            adopted, opened = adopted + reopened, told + await open_foreign(session, seller, foreign, now)
            too_late = await books.payments_cancelled(session, list(shown))
            if not too_late and await _read_cursor(session, seller, now) == cursor:
                await sweeps.move(session, _name(seller), cursor.turned(page).text(), now)
        return Counts(adopted_count=adopted, foreign_count=opened - told, opened_count=opened)

    async def _ask_before_sending(self, session: AsyncSession, shown: Sequence[str], now: datetime) -> int:
        """Ask for what the list shows and waits to be sent or sealed once more, or was given up; how many."""
        puts = []
        for standing in await outbox.hold_idle(session, shown):
            if standing.work is not Work.VERIFY:
                decided = self._seen(standing, now)
                told = change_of(standing, decided)
                puts += [Put(replace(decided, due_at=now), "", told)] if decided.work is Work.VERIFY else []
        if puts:
            await outbox.put(session, puts)
        return len(puts)

    async def _reopen_ended(self, session: AsyncSession, shown: Mapping[str, Record], now: datetime) -> tuple[int, int]:
        """Ask again for what had ended and the list shows; what may not go on becomes a case. How many of each."""
        going_on, opened = [], 0
        for standing, lane in await books.hold_ended(session, list(shown)):
            decided = self._seen(standing, now)
            if decided.work is Work.VERIFY and standing.sync_state is SyncState.CANCELLED:
                # Since this began: it goes on with its money alone, when the list is read again.
                continue
            if decided.work is Work.VERIFY:
                going_on.append(Reopen(replace(decided, due_at=now), lane, change_of(standing, decided)))
            else:
                opened += await cases.open_case(session, _ended(standing, shown[standing.invoice_id], now))
        if going_on:
            await outbox.reopen(session, going_on)
        return len(going_on), opened

    def _seen(self, standing: Standing, now: datetime) -> Standing:
        """Where it goes on from by a sign that the authority has it; reading it back is still to come."""
        return decide(standing, LookedUp(Finding.NOT_YET), now, self._tools.jitter(), self._tools.timers).standing


async def read_again_from(session: AsyncSession, seller: str, issue_date: date, now: datetime) -> None:
    """Have a seller's list read again from the beginning of a day: something may have been booked below the cursor."""
    day = datetime.combine(issue_date, time(), _ZONE).astimezone(UTC)
    if (await _read_cursor(session, seller, now)).from_time > day:
        await sweeps.move(session, _name(seller), _Cursor(day).text(), now)


async def _read_cursor(session: AsyncSession, seller: str, now: datetime) -> _Cursor:
    if not (text := await sweeps.position(session, _name(seller))):
        return _Cursor(_day_start(now) - _FIRST_WINDOW)
    from_time, after, watermark = json.loads(text)
    return _Cursor(datetime.fromisoformat(from_time), after, datetime.fromisoformat(watermark) if watermark else None)


async def open_foreign(session: AsyncSession, seller: str, foreign: Sequence[Record], now: datetime) -> int:
    """Open a case for each record of a seller that is none of ours; how many were not open before."""
    return sum([await cases.open_case(session, _foreign(seller, each, now)) for each in foreign])


def _day_start(now: datetime) -> datetime:
    return datetime.combine(now.astimezone(_ZONE).date(), time(), _ZONE).astimezone(UTC)


def _name(seller: str) -> str:
    return f"books.list.{seller}"


def _foreign(seller: str, record: Record, now: datetime) -> cases.Case:
    return cases.Case(
        case_id=new_id("cse"),
        kind="FOREIGN_RECORD",
        invoice_id="",
        seller_tax_id=seller,
        issue_date="",
        reference=record.invoice_number,
        fact=f"the main book holds {record.invoice_number} under a seller of ours, and we did not send it",
        fact_zh=f"主库中存在以我方销售方开具的发票 {record.invoice_number}，但并非由我方上传",
        open_time=now,
    )


def _ended(standing: Standing, record: Record, now: datetime) -> cases.Case:
    """Of what stands as something else already, that case; else one that names the record."""
    if standing.sync_state is SyncState.MISMATCH:
        return case_of(standing.invoice_id, CaseCode.MISMATCH, now)
    state = standing.sync_state.value
    return cases.Case(
        case_id=new_id("cse"),
        kind="ENDED_BUT_BOOKED",
        invoice_id=standing.invoice_id,
        seller_tax_id="",
        issue_date="",
        reference=record.invoice_number,
        fact=f"the main book holds {record.invoice_number} under the key of an invoice that is {state} with us",
        fact_zh=f"主库中以我方业务键登记了发票 {record.invoice_number}，而该发票在我方为 {state}",
        open_time=now,
    )
