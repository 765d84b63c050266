"""Rules of causes F1, F2, G1 and G2: the calendar, and what comes after booking. Each gives a verdict, or None."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from services.invoice_sync.domain.attempt import Attempt
from services.invoice_sync.domain.diagnosis import around
from services.invoice_sync.domain.diagnosis.case import TO_SEND, Case
from services.invoice_sync.domain.diagnosis.codes import DATE_CODES, LATE_CODES
from services.invoice_sync.domain.diagnosis.facts import ProbeKind
from services.invoice_sync.domain.diagnosis.verdict import Action, Confidence, Verdict
from services.invoice_sync.domain.moment import told
from services.invoice_sync.domain.standing import ParkedReason, SyncState

# Beyond this our clock is wrong; within it the network's delay may be the difference.
CLOCK_OFFSET_SECONDS_MAX = 5.0
_ZONE = ZoneInfo("Asia/Shanghai")


def date_refused(case: Case) -> Verdict | None:
    """F1: the date was refused, and our clock is off or the day changed on the way. Otherwise it is C2."""
    last = case.last_submit()
    if case.state is not SyncState.REJECTED or last is None or case.code() not in DATE_CODES:
        return None
    offset, taken = _offset_seconds(case, last), _day_there(case, last)
    issued = case.facts.issue_date
    if abs(offset) > CLOCK_OFFSET_SECONDS_MAX:
        what = f"the authority's clock is {offset:+.0f} s from ours"
        what_zh = f"税局时钟与我方相差 {offset:+.0f} 秒"
    elif issued is not None and issued != taken:
        what, what_zh = f"issued on {issued}, received on {taken}", f"开票日期 {issued}，受理日期 {taken}"
    else:
        return None
    rows = [*case.sent_rows(), *case.probe_rows()]
    return case.verdict("F1", Confidence.PROVED, Action.CHECK_OPERATION, rows, what=what, what_zh=what_zh)


def _offset_seconds(case: Case, last: Attempt) -> float:
    """The authority's clock less ours, as the refusal told, or else the newest ping."""
    told = last.answer.clock_offset_ms if last.answer else 0
    pings = [each.answer.clock_offset_ms for each in case.facts.probes if each.kind is ProbeKind.PING]
    return (told or (pings[-1] if pings else 0)) / 1000


def _day_there(case: Case, last: Attempt) -> date:
    """The day on which the authority read it, by its own clock."""
    ended = last.end_time or last.start_time
    return (ended + timedelta(seconds=_offset_seconds(case, last))).astimezone(_ZONE).date()


def too_late(case: Case) -> Verdict | None:
    """F2: refused as too late, or given up because the next try would have been."""
    standing = case.facts.standing
    if standing is None:
        return None
    refused = case.state is SyncState.REJECTED and case.code() in LATE_CODES
    parked = case.state in TO_SEND and standing.parked_reason is ParkedReason.DEADLINE
    if not (refused or parked):
        return None
    at, at_zh = told(standing.deadline_at)
    rows = [*case.sent_rows(), *case.due_rows()]
    return case.verdict("F2", Confidence.PROVED, Action.ESCALATE, rows, until=at, until_zh=at_zh)


def not_delivered(case: Case) -> Verdict | None:
    """G1: in the system, and the last delivery did not arrive."""
    last = case.facts.deliveries[-1] if case.facts.deliveries else None
    if not case.seen or last is None or last.arrived:
        return None
    rows = [*case.question_rows(), *(around.of_delivery(each) for each in case.facts.deliveries)]
    why = f"{last.channel}: {last.reason}" if last.reason else last.channel
    return case.verdict("G1", Confidence.PROVED, Action.DELIVER_AGAIN, rows, what=why, what_zh=why)


def copy_damaged(case: Case) -> Verdict | None:
    """G2: in the system, and the stored copy does not open or is not the document."""
    check = case.facts.archive
    if not case.seen or check is None or (check.opens and check.same_hash):
        return None
    rows = [*case.question_rows(), around.of_archive(check)]
    return case.verdict("G2", Confidence.PROVED, Action.CHECK_OPERATION, rows)
