"""Rules of causes B1 to B4: it got lost on the way. Each gives a verdict, or None if it is not that."""

from services.invoice_sync.domain.attempt import Outcome
from services.invoice_sync.domain.diagnosis.case import REFUSED, TAKEN, TO_SEND, Case
from services.invoice_sync.domain.diagnosis.codes import PARTIAL_BATCH, SESSION_PREFIX
from services.invoice_sync.domain.diagnosis.verdict import Confidence, Verdict
from services.invoice_sync.domain.standing import SyncState

SUBMITS_TOLD_MAX = 5
# Outcomes that other rules explain; every other end of a submit leaves open whether it arrived.
_EXPLAINED = (
    TAKEN
    | REFUSED
    | {
        Outcome.NOT_RECEIVED,
        Outcome.THROTTLED,
        Outcome.AUTH,
        Outcome.QUOTA,
        Outcome.OUTAGE,
        Outcome.AUTHORITY_FAULT,
    }
)


def on_the_way(case: Case) -> bool:
    """Whether the last submit is what there is to explain: not known to be taken, and not known to be refused."""
    return case.state in {SyncState.UNKNOWN, SyncState.SENDING} or case.state in TO_SEND


def left_out_of_batch(case: Case) -> Verdict | None:
    """B3: the batch's answer has no line for it."""
    return _by_detail(case, "B3", PARTIAL_BATCH)


def session_not_closed(case: Case) -> Verdict | None:
    """B4: its session was not closed, or is over."""
    return _by_detail(case, "B4", SESSION_PREFIX)


def _by_detail(case: Case, cause: str, detail: str) -> Verdict | None:
    last = case.last_submit()
    if not on_the_way(case) or last is None or last.answer is None or not last.answer.code_detail.startswith(detail):
        return None
    return _waiting(case, cause, Confidence.PROVED)


def never_left(case: Case) -> Verdict | None:
    """B1: proved not received."""
    if case.state not in TO_SEND or case.sent_with() is not Outcome.NOT_RECEIVED:
        return None
    return case.verdict("B1", Confidence.PROVED, case.haste(), [*case.sent_rows(), *case.due_rows()])


def answer_lost(case: Case) -> Verdict | None:
    """B2: nothing says whether it arrived. While the query service is known to be out, that is the cause instead."""
    if not on_the_way(case) or case.sent_with() in _EXPLAINED:
        return None
    if case.state is SyncState.UNKNOWN and case.query_service_out():
        return None
    sent = case.last_submit() is not None
    if not sent and case.state in TO_SEND:
        return None
    likely = case.state is SyncState.SENDING or not sent
    return _waiting(case, "B2", Confidence.LIKELY if likely else Confidence.PROVED)


def _waiting(case: Case, cause: str, confidence: Confidence) -> Verdict:
    assert case.facts.standing is not None, "only an invoice is on its way"
    action = case.patience(case.facts.standing.state_time)
    rows = [*case.sent_rows(SUBMITS_TOLD_MAX), *case.question_rows(), *case.round_rows(), *case.due_rows()]
    return case.verdict(cause, confidence, action, rows)
