"""The machine's part of what is in the authority's books: reading it back until it is confirmed, and ever after."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.invoice_sync.domain.command import CaseCode, Decision, OpenCase
from services.invoice_sync.domain.event import Reread
from services.invoice_sync.domain.lookup import Finding
from services.invoice_sync.domain.machine_turn import Turn, wait_seconds
from services.invoice_sync.domain.standing import IN_BOOKS, SyncState, Work

# What is not confirmed when it should be is read again ever less often, at least once an hour.
REREAD_SECONDS_MAX = 3_600.0
_ZONE = ZoneInfo("Asia/Shanghai")
_HOUR = time(10)
_DOUBLINGS_MAX = 32


def reread(turn: Turn, event: Reread) -> Decision:
    """What reading back once more shows. Only a plain negative makes it MISSING; no answer proves nothing."""
    if turn.was.sync_state not in IN_BOOKS:
        return turn.ignore("it was not booked")
    match event.finding:
        case Finding.SAME:
            return _seen_again(turn, event)
        case Finding.OTHER | Finding.ELSEWHERE:
            return turn.mismatch(event.finding)
        case Finding.VOIDED:
            return turn.voided(event.answers)
        case Finding.NOT_FOUND:
            case_of = OpenCase(CaseCode.MISSING)
            return turn.to(SyncState.MISSING, case_of, due_at=turn.now, settle_from=turn.now, look_count=0)
        case Finding.NOT_YET | Finding.SEAL_FAILED | Finding.CANNOT_TELL:
            return _later(turn, event)


def confirm_from(book_moment: datetime) -> datetime:
    """From when reading back confirms without totals: ten in the morning of the next day, by Beijing's calendar."""
    next_day = book_moment.astimezone(_ZONE).date() + timedelta(days=1)
    return datetime.combine(next_day, _HOUR, _ZONE).astimezone(book_moment.tzinfo)


def first_reread(turn: Turn) -> datetime:
    """When to read back what was just found booked."""
    soon, sure = turn.timers.confirm_after_seconds, confirm_from(turn.now)
    return min(sure, turn.now + timedelta(seconds=soon)) if soon else sure


def _seen_again(turn: Turn, event: Reread) -> Decision:
    before, differ = turn.was.sync_state, event.totals_equal is False
    final = event.watermark_above and event.totals_equal is True
    if before is SyncState.BOOKED and (differ or not (final or turn.now >= confirm_from(turn.was.state_time))):
        return _later(turn, event)
    # What was confirmed stays so: its own record is there, and the case of its day looks into the others.
    return turn.to(SyncState.CONFIRMED, confirm_time=turn.was.confirm_time or turn.now, look_count=0)


def _later(turn: Turn, event: Reread) -> Decision:
    look_count = turn.was.look_count + 1
    due_at = max(_next_reread(turn, look_count), turn.now + timedelta(seconds=wait_seconds(event.answers)))
    return turn.stay(*turn.holds(event.answers), work=Work.CONFIRM, due_at=due_at, look_count=look_count)


def _next_reread(turn: Turn, look: int) -> datetime:
    soon, sure = turn.timers.confirm_after_seconds, confirm_from(turn.was.state_time)
    if turn.now < sure and not soon:
        return sure
    doubled = (soon or turn.timers.look_base_seconds) * 2.0 ** min(look, _DOUBLINGS_MAX)
    at = turn.now + timedelta(seconds=min(REREAD_SECONDS_MAX, doubled) * (0.5 + turn.dice / 2))
    return min(sure, at) if turn.now < sure else at
