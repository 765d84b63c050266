"""Rules of IN_SYSTEM and causes D1 to D7: what the main book holds, or lacks. Each gives a verdict, or None."""

from datetime import timedelta

from services.invoice_sync.domain import evidence
from services.invoice_sync.domain.absence import Absence, Canary
from services.invoice_sync.domain.attempt import Attempt, Operation, Outcome
from services.invoice_sync.domain.diagnosis import around
from services.invoice_sync.domain.diagnosis.case import TAKEN, TO_SEND, Case
from services.invoice_sync.domain.diagnosis.codes import NUMBER_CODES
from services.invoice_sync.domain.diagnosis.lost import SUBMITS_TOLD_MAX
from services.invoice_sync.domain.diagnosis.verdict import Action, Confidence, Verdict
from services.invoice_sync.domain.standing import SyncState

_ACKNOWLEDGED = frozenset({SyncState.SUBMITTED, SyncState.ACKED, SyncState.MISSING})


def voided(case: Case) -> Verdict | None:
    """D6: it was booked, and then cancelled or reversed."""
    standing = case.facts.standing
    if standing is None or not (case.state is SyncState.VOIDED or standing.red_number):
        return None
    red = standing.red_number or _red_number(case)
    rows = case.question_rows()
    return case.verdict("D6", Confidence.PROVED, Action.CORRECT_AND_REISSUE, rows, what=red, what_zh=red)


def _red_number(case: Case) -> str:
    told = [each.answer.red_number for each in case.last_questions() if each.answer is not None]
    return next((each for each in told if each), "")


def other_content(case: Case) -> Verdict | None:
    """D5: under our key stands other content than ours, as a question by key shows it, or the refusal of our bytes.

    One by number shows it too, of the number that our key was said to have: it was booked between the two.
    """
    answers = _answers(case)
    ours = {_number(each) for each in answers if each.operation is Operation.QUERY_BY_KEY} - {""}
    under_our_key = [
        each for each in answers if each.operation is not Operation.QUERY_BY_NUMBER or _number(each) in ours
    ]
    shown = [each for each in under_our_key if _shows_other(case, each) or _key_taken(each)]
    if not shown:
        return None
    rows = [*case.sent_rows(), *(evidence.of_attempt(each) for each in shown)]
    return case.verdict("D5", Confidence.PROVED, Action.ESCALATE, rows)


def number_taken(case: Case) -> Verdict | None:
    """D4: refused, since our number stands on another document."""
    if case.state is not SyncState.REJECTED or case.code() not in NUMBER_CODES:
        return None
    return case.verdict("D4", Confidence.PROVED, Action.ESCALATE, case.sent_rows())


def number_reused(case: Case) -> Verdict | None:
    """D4: something else stands under our number; told of every mismatch that is none under our key."""
    if case.state is not SyncState.MISMATCH:
        return None
    rows = [*case.sent_rows(), *case.question_rows()]
    return case.verdict("D4", Confidence.PROVED, Action.ESCALATE, rows)


def _answers(case: Case) -> list[Attempt]:
    """What was last answered about the record, of an invoice that does not match it."""
    if case.state is not SyncState.MISMATCH:
        return []
    return [*case.submits()[-1:], *case.last_questions()]


def _key_taken(attempt: Attempt) -> bool:
    answer, submit = attempt.answer, attempt.operation is Operation.SUBMIT
    return submit and answer is not None and answer.outcome is Outcome.MISMATCH


def _number(attempt: Attempt) -> str:
    return attempt.answer.invoice_number if attempt.answer else ""


def _shows_other(case: Case, attempt: Attempt) -> bool:
    invoice, answer = case.facts.invoice, attempt.answer
    return invoice is not None and answer is not None and answer.document_sha256 not in ("", invoice.document_sha256)


def elsewhere(case: Case) -> Verdict | None:
    """D3: another region or environment holds it. That was seen, so it is told before what is only not known here."""
    found = case.facts.elsewhere
    if found is None or case.state is None or case.seen or case.state is SyncState.VOIDED:
        return None
    rows = [around.of_elsewhere(found), *case.sent_rows(), *case.question_rows()]
    return case.verdict("D3", Confidence.PROVED, Action.REVERSE_AND_REISSUE, rows, place=found.place)


def other_buyer(case: Case) -> Verdict | None:
    """D7: it is booked, for another buyer than the one who looks for it."""
    facts = case.facts
    asked_as = facts.asked.claim.buyer_tax_id
    if not case.seen or facts.invoice is None or not asked_as or asked_as == facts.invoice.buyer.tax_id:
        return None
    rows = [around.of_buyer(facts.invoice, facts.asked), *case.question_rows()]
    return case.verdict("D7", Confidence.PROVED, Action.REVERSE_AND_REISSUE, rows)


def lagging(case: Case) -> Verdict | None:
    """D1: acknowledged, and the main book may not show it yet: the window or the watermark has not passed it."""
    standing = case.facts.standing
    if standing is None or not _acknowledged(case) or case.absence() is Absence.PROVED:
        return None
    inside = not case.older_than(case.timers.settle_seconds, standing.settle_from)
    below = _below_watermark(case)
    suspected = case.state is SyncState.MISSING or case.absence() is Absence.SUSPECTED
    if not below and (suspected or _above_watermark(case)):
        return None
    until = standing.settle_from + timedelta(seconds=case.timers.settle_seconds)
    words, words_zh = around.until_words(until)
    confidence = Confidence.PROVED if inside or below else Confidence.OPEN
    rows = [*case.proof(), *_watermark_rows(case)]
    return case.verdict("D1", confidence, case.patience(), rows, until=words, until_zh=words_zh)


def not_booked(case: Case) -> Verdict | None:
    """D2: acknowledged, and not in the main book: our own headline. Two rounds with a canary prove it."""
    again = case.state in TO_SEND and case.sent_with() in TAKEN
    if not _acknowledged(case) and not again:
        return None
    standing = case.facts.standing
    assert standing is not None, "only an invoice is acknowledged"
    if again:
        rows = [*case.sent_rows(SUBMITS_TOLD_MAX), *case.question_rows(), *case.round_rows(), *case.due_rows()]
        return case.verdict("D2", Confidence.PROVED, case.patience(standing.state_time), rows)
    with_canary = all(each.canary is Canary.SEEN for each in case.counted_rounds())
    proved = case.absence() is Absence.PROVED and with_canary
    confidence = Confidence.PROVED if proved else Confidence.LIKELY
    return case.verdict("D2", confidence, case.patience(), [*case.proof(), *_watermark_rows(case)])


def _acknowledged(case: Case) -> bool:
    """Whether the authority said yes; a yes that came after the lease was lost stands in the log alone."""
    return case.state in _ACKNOWLEDGED or (case.state is SyncState.UNKNOWN and case.sent_with() in TAKEN)


def _below_watermark(case: Case) -> bool:
    """Whether the book is not yet complete up to when the authority says that it took it; both by its own clock."""
    mark, standing = case.facts.watermark, case.facts.standing
    taken = standing.ack_time if standing else None
    return mark is not None and taken is not None and mark.complete_until < taken


def _above_watermark(case: Case) -> bool:
    mark, standing = case.facts.watermark, case.facts.standing
    taken = standing.ack_time if standing else None
    gone = case.answered(Outcome.NOT_FOUND)
    return mark is not None and taken is not None and mark.complete_until >= taken and gone


def _watermark_rows(case: Case) -> list[evidence.Evidence]:
    return [around.of_watermark(case.facts.watermark)] if case.facts.watermark else []


def in_system(case: Case) -> Verdict | None:
    """IN_SYSTEM: nothing is wrong. A submit is told only where its answer was not the plain yes."""
    if not case.seen:
        return None
    plain = Outcome.ACCEPTED
    unusual = [each for each in case.submits() if each.answer is None or each.answer.outcome is not plain]
    rows = [evidence.of_attempt(each) for each in unusual[-SUBMITS_TOLD_MAX:]]
    return case.verdict("IN_SYSTEM", Confidence.PROVED, Action.NONE, [*rows, *case.question_rows()])


def open_still(case: Case) -> Verdict | None:
    """B2, left open: what no other rule explains is on its way, and not known to be there."""
    standing = case.facts.standing
    if standing is None:
        return None
    return case.verdict("B2", Confidence.OPEN, case.patience(standing.state_time), case.proof())
