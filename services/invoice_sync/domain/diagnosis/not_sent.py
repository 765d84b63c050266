"""Rules of causes A1 to A5 and NOT_DUE: the invoice was not sent. Each gives a verdict, or None if it is not that."""

from collections.abc import Mapping

from services.invoice_sync.domain import evidence
from services.invoice_sync.domain.attempt import Outcome
from services.invoice_sync.domain.diagnosis import around
from services.invoice_sync.domain.diagnosis.case import REFUSED, TAKEN, TO_SEND, Case
from services.invoice_sync.domain.diagnosis.verdict import Action, Confidence, Verdict
from services.invoice_sync.domain.diagnosis.words import CANCELLED, CARRIED_BY_HAND, REFUND_UNDER_WAY, REFUNDED, Words
from services.invoice_sync.domain.hold import HoldKind
from services.invoice_sync.domain.number import NO_NUMBER
from services.invoice_sync.domain.policy import NotDue, judge_due
from services.invoice_sync.domain.standing import SyncState

_ASK_AGAIN_CALL = "POST /v1/invoices"
_PROFILE_CALL = "PUT /v1/merchants/{merchant_id}/profile"
_LIFT_CALL = "POST /v1/holds/{hold_id}:lift"
_WITHOUT_INVOICE: Mapping[NotDue, tuple[str, Action]] = {
    NotDue.NO_PROFILE: ("A1", Action.CHECK_OPERATION),
    NotDue.ONLY_ON_REQUEST: ("A1", Action.REQUEST_INVOICE),
    NotDue.NOT_SUCCEEDED: ("NOT_DUE", Action.WAIT),
    NotDue.NOT_RECONCILED: ("NOT_DUE", Action.WAIT),
    NotDue.REFUND_UNDER_WAY: ("NOT_DUE", Action.WAIT),
    NotDue.REFUNDED: ("NOT_DUE", Action.NONE),
}
_WORDS: Mapping[NotDue, Words] = {NotDue.REFUND_UNDER_WAY: REFUND_UNDER_WAY, NotDue.REFUNDED: REFUNDED}
# Only a person opens these; the others open by a probe.
_BY_HAND = frozenset({HoldKind.MANUAL, HoldKind.LOGIN, HoldKind.CERTIFICATE})
# Answers that close a gate, in words, for the time before the hold is written or after it was lifted.
_CLOSING: Mapping[Outcome, tuple[str, str]] = {
    Outcome.THROTTLED: ("the authority asked us to wait, too many requests", "税务系统限流，要求稍后再发"),
    Outcome.OUTAGE: ("the authority is closed", "税务系统停机"),
    Outcome.AUTH: ("the authority did not accept our credential", "税务系统未认可登录凭证"),
}


def never_requested(case: Case) -> Verdict | None:
    """A1, NOT_DUE: there is no invoice. Without a payment either, nothing was ever asked for."""
    facts = case.facts
    if facts.invoice is not None and facts.standing is not None:
        return None
    if facts.payment is None or facts.heard_time is None:
        rows = [around.of_asked(facts.asked)]
        return case.verdict("A1", Confidence.LIKELY, Action.REQUEST_INVOICE, rows)
    decided = judge_due(facts.payment, facts.profile)
    if not isinstance(decided, NotDue):
        # Due and not issued: the profile came after the payment, and the next sweep issues it.
        return case.verdict("A1", Confidence.PROVED, Action.WAIT, [])
    cause, action = _WITHOUT_INVOICE[decided]
    call = _PROFILE_CALL if decided is NotDue.NO_PROFILE else ""
    rows = [evidence.of_payment(facts.payment, facts.heard_time, decided)]
    return case.verdict(cause, Confidence.PROVED, action, rows, _WORDS.get(decided), call=call)


def cancelled(case: Case) -> Verdict | None:
    """NOT_DUE: all that the invoice was for went back before it was sent."""
    facts = case.facts
    if facts.invoice is None or facts.standing is None or case.state is not SyncState.CANCELLED:
        return None
    return case.verdict("NOT_DUE", Confidence.PROVED, Action.NONE, [], CANCELLED)


def breaks_a_rule(case: Case) -> Verdict | None:
    """A2: it broke a rule of ours, and was not sent. A4: all that it lacks is a number, which comes by itself."""
    standing = case.facts.standing
    if standing is None or standing.sync_state is not SyncState.INVALID:
        return None
    rows = [around.of_broken(each, standing.state_time) for each in case.facts.broken]
    if [each.rule for each in case.facts.broken] == [NO_NUMBER.rule]:
        gate = {"gate": "no number of the authority's is left", "gate_zh": "无可用的预赋发票号码"}
        until, until_zh = around.until_words(None)
        return case.verdict(
            "A4", Confidence.PROVED, case.haste(), rows, until=until, until_zh=until_zh, call="", **gate
        )
    rules = ", ".join(each.rule for each in case.facts.broken)
    confidence = Confidence.PROVED if rows else Confidence.LIKELY
    return case.verdict("A2", confidence, Action.CORRECT_AND_REISSUE, rows, what=rules)


def carried_by_hand(case: Case) -> Verdict | None:
    """A4: a person carries it to the authority, which is the only way that it goes now."""
    standing = case.facts.standing
    if standing is None or standing.sync_state is not SyncState.MANUAL:
        return None
    action = case.patience(standing.state_time)
    return case.verdict("A4", Confidence.PROVED, action, case.proof(), CARRIED_BY_HAND)


def gate_shut(case: Case) -> Verdict | None:
    """A4: it waits before a closed gate. The breaker explains only what has no answer of its own."""
    shut = case.facts.shut
    if case.state not in TO_SEND:
        return None
    if shut is None or (shut.kind is HoldKind.BREAKER and case.last_submit() is not None):
        return _asked_to_wait(case)
    until, until_zh = around.until_words(shut.until)
    holds = case.hold_rows(shut.kind)
    rows = [*case.sent_rows(), *(holds or [around.of_shut(shut, case.facts.now)]), *case.due_rows()]
    by_hand = shut.kind in _BY_HAND
    told = {"gate": f"{shut.kind.value}, {shut.reason}", "gate_zh": f"{shut.kind.value}，{shut.reason_zh}"}
    return case.verdict(
        "A4",
        Confidence.PROVED,
        Action.OPEN_GATE if by_hand else case.haste(),
        rows,
        until=until,
        until_zh=until_zh,
        call=_LIFT_CALL.format(hold_id=shut.hold_id) if by_hand and shut.hold_id else "",
        **told,
    )


def _asked_to_wait(case: Case) -> Verdict | None:
    outcome = case.sent_with()
    if outcome is None or outcome not in _CLOSING:
        return None
    gate, gate_zh = _CLOSING[outcome]
    standing = case.facts.standing
    until, until_zh = around.until_words(standing.due_at if standing else None)
    action = Action.OPEN_GATE if outcome is Outcome.AUTH else case.haste()
    rows = [*case.sent_rows(), *case.due_rows()]
    return case.verdict(
        "A4", Confidence.PROVED, action, rows, gate=gate, gate_zh=gate_zh, until=until, until_zh=until_zh
    )


def handed_over(case: Case) -> Verdict | None:
    """A5: a number of our range is in the customer's hands, and no upload of it succeeded."""
    use = case.facts.number_use
    waits = case.state in TO_SEND and not any(
        each.answer is not None and each.answer.outcome in TAKEN for each in case.submits()
    )
    if use is None or use.handed_time is None or not (waits or case.state is None):
        return None
    rows = [around.of_number(use), *case.sent_rows(), *case.due_rows()]
    action = Action.CHECK_OPERATION if case.state is None else case.haste()
    return case.verdict("A5", Confidence.PROVED, action, rows, number=use.number)


def queued(case: Case) -> Verdict | None:
    """A3: it waits its turn. What was refused and then corrected, or asked for again, is as good as never sent."""
    last = case.sent_with()
    rows = [*case.sent_rows(), *case.due_rows()]
    if case.state is SyncState.SENDING and _held(case):
        return case.verdict("A3", Confidence.OPEN, Action.WAIT, rows)
    if case.state not in TO_SEND or (last is not None and last not in REFUSED):
        return None
    beat = case.facts.heartbeat
    action = case.haste()
    shown = [around.of_heartbeat(beat)] if beat is not None and action is not Action.WAIT else []
    call = _ASK_AGAIN_CALL if case.given_up() else ""
    return case.verdict("A3", Confidence.PROVED, action, [*rows, *shown], call=call)


def _held(case: Case) -> bool:
    until = case.facts.lease_until
    return until is not None and until >= case.facts.now
