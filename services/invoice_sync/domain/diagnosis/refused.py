"""Rules of causes C1 to C7: the authority said no, or is stuck. Each gives a verdict, or None if it is not that."""

from services.invoice_sync.domain import evidence
from services.invoice_sync.domain.attempt import Operation, Outcome
from services.invoice_sync.domain.diagnosis import around
from services.invoice_sync.domain.diagnosis.case import ASKED_FOR, REFUSED, TO_SEND, Case
from services.invoice_sync.domain.diagnosis.codes import (
    FAULT_CODES_PREFIX,
    FORBIDDEN,
    FORM_CODES,
    PERMISSION_CODES,
    QUOTA_CODES,
)
from services.invoice_sync.domain.diagnosis.lost import SUBMITS_TOLD_MAX, on_the_way
from services.invoice_sync.domain.diagnosis.verdict import Action, Confidence, Verdict
from services.invoice_sync.domain.hold import HoldKind
from services.invoice_sync.domain.standing import SyncState

_FAILED = 500


def form(case: Case) -> Verdict | None:
    """C1: it could not be read, though our own rules had passed it: a fault of ours."""
    plain = case.sent_with() is Outcome.REJECTED and case.code() in FORM_CODES
    if case.state is not SyncState.REJECTED or not (plain or case.sent_with() is Outcome.REJECTED_SYNTAX):
        return None
    return case.verdict("C1", Confidence.PROVED, Action.CHECK_OPERATION, case.sent_rows())


def business(case: Case) -> Verdict | None:
    """C2: its content was refused. What was refused for no reason that is known here is told as that too."""
    if case.state is not SyncState.REJECTED:
        return None
    proved = case.sent_with() in REFUSED
    confidence = Confidence.PROVED if proved else Confidence.LIKELY
    return case.verdict("C2", confidence, Action.CORRECT_AND_REISSUE, case.sent_rows())


def permission(case: Case) -> Verdict | None:
    """C3: this seller may not issue. A credential that was not accepted is a gate, unless the refusal is for good."""
    last = case.last_submit()
    answer = last.answer if last else None
    if answer is None or case.state not in TO_SEND | {SyncState.REJECTED} or quota_code(case):
        return None
    for_good = case.state is SyncState.REJECTED and answer.http_status in FORBIDDEN
    if answer.authority_code not in PERMISSION_CODES and not for_good:
        return None
    rows = [*case.sent_rows(), *case.due_rows()]
    return case.verdict("C3", Confidence.PROVED, Action.CHECK_OPERATION, rows)


def quota(case: Case) -> Verdict | None:
    """C4: the seller's quota is used up."""
    shut = case.facts.shut
    by_gate = case.state in TO_SEND and shut is not None and shut.kind is HoldKind.QUOTA
    by_answer = case.state in TO_SEND | {SyncState.REJECTED} and quota_code(case)
    if not (by_gate or by_answer):
        return None
    until, until_zh = around.until_words(shut.until if by_gate and shut else None)
    holds = case.hold_rows(HoldKind.QUOTA)
    if by_gate and shut and not holds:
        holds = [around.of_shut(shut, case.facts.now)]
    call = f"POST /v1/holds/{shut.hold_id}:lift" if by_gate and shut and shut.hold_id else ""
    rows = [*case.sent_rows(), *holds, *case.due_rows()]
    return case.verdict("C4", Confidence.PROVED, Action.OPEN_GATE, rows, until=until, until_zh=until_zh, call=call)


def quota_code(case: Case) -> bool:
    """Whether the last submit was answered that the quota is used up."""
    return case.sent_with() is Outcome.QUOTA or case.code() in QUOTA_CODES


def failed_inside(case: Case) -> Verdict | None:
    """C5: the authority itself says that it failed; a lost answer says nothing."""
    last = case.last_submit()
    answer = last.answer if last else None
    if not on_the_way(case) or answer is None:
        return None
    by_code = answer.http_status == _FAILED and answer.authority_code.startswith(FAULT_CODES_PREFIX)
    if answer.outcome is not Outcome.AUTHORITY_FAULT and not by_code:
        return None
    assert case.facts.standing is not None, "only an invoice is on its way"
    action = case.patience(case.facts.standing.state_time)
    rows = [*case.sent_rows(SUBMITS_TOLD_MAX), *case.question_rows(), *case.round_rows(), *case.due_rows()]
    return case.verdict("C5", Confidence.PROVED, action, rows)


def stuck(case: Case) -> Verdict | None:
    """C6: the authority says that it has it and is not done, for longer than the SLA."""
    standing = case.facts.standing
    if standing is None or case.state not in ASKED_FOR or case.answered(Outcome.OK):
        return None
    processing = case.answered(Outcome.NOT_YET) or case.state is SyncState.SUBMITTED
    if not processing or not case.older_than(case.timers.sla_seconds, standing.state_time):
        return None
    return case.verdict("C6", Confidence.LIKELY, Action.ESCALATE, case.proof())


def seal_failed(case: Case) -> Verdict | None:
    """C7: numbered, and not sealed."""
    if case.state not in ASKED_FOR:
        return None
    says = [
        each
        for each in case.facts.attempts
        if each.answer is not None
        and each.operation in (Operation.SUBMIT, Operation.QUERY_BY_KEY, Operation.QUERY_BY_NUMBER, Operation.SEAL)
        and each.answer.outcome in (Outcome.SEAL_FAILED, Outcome.OK, Outcome.NOT_YET, Outcome.NOT_FOUND)
    ]
    if not says or says[-1].answer is None or says[-1].answer.outcome is not Outcome.SEAL_FAILED:
        return None
    action = Action.ESCALATE if case.given_up() else Action.WAIT
    rows = [*case.sent_rows(), *case.question_rows(), evidence.of_attempt(says[-1]), *case.due_rows()]
    return case.verdict("C7", Confidence.PROVED, action, rows)
