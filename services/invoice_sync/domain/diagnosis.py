"""Why an invoice is not in the tax authority's system: facts in, a cause with its proof out. It reads nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from services.invoice_sync.domain.absence import Absence, Canary, Round, weigh
from services.invoice_sync.domain.attempt import Attempt, Operation, Outcome
from services.invoice_sync.domain.diagnosis_words import WORDS, WORDS_BY_HAND, Words
from services.invoice_sync.domain.evidence import (
    Evidence,
    of_attempt,
    of_invoice,
    of_outbox,
    of_payment,
    of_round,
)
from services.invoice_sync.domain.invoice import Invoice
from services.invoice_sync.domain.outbox import Due
from services.invoice_sync.domain.payment import Payment
from services.invoice_sync.domain.policy import NotDue, Profile, judge_due
from services.invoice_sync.domain.sync_state import ASKED_FOR, SyncState
from services.invoice_sync.domain.timers import Timers


class Confidence(StrEnum):
    """The contract's Diagnosis.Confidence."""

    PROVED = "PROVED"
    LIKELY = "LIKELY"
    OPEN = "OPEN"


class Action(StrEnum):
    """The contract's Diagnosis.Action."""

    NONE = "NONE"
    WAIT = "WAIT"
    REQUEST_INVOICE = "REQUEST_INVOICE"
    CORRECT_AND_REISSUE = "CORRECT_AND_REISSUE"
    CHECK_OPERATION = "CHECK_OPERATION"
    ESCALATE = "ESCALATE"


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known here. `heard_time` is when the feed first told of the payment.

    `attempts` are in order; of an invoice that has very many, the newest of each operation.
    """

    payment: Payment
    heard_time: datetime
    profile: Profile | None
    invoice: Invoice | None
    due: Due | None
    attempts: Sequence[Attempt]
    rounds: Sequence[Round]
    now: datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """A cause by its code in the taxonomy, how sure it is, what to do, and the rows that prove it, oldest first."""

    cause: str
    confidence: Confidence
    action: Action
    evidence: tuple[Evidence, ...]

    @property
    def words(self) -> Words:
        """What is said about the cause."""
        return WORDS[self.cause] if self.automatic else WORDS_BY_HAND.get(self.cause, WORDS[self.cause])

    @property
    def automatic(self) -> bool:
        """Whether the system goes on without a person."""
        return self.action is Action.WAIT


def diagnose(facts: Facts, timers: Timers) -> Verdict:
    """The one cause that the facts show. Every state has one, and the evidence is never empty."""
    invoice = facts.invoice
    if invoice is None:
        return _not_issued(facts)
    return _BY_STATE[invoice.sync_state](_Case(facts, invoice, timers))


@dataclass(frozen=True, slots=True)
class _Case:
    """The facts of an invoice that is there, and what all verdicts ask of them."""

    facts: Facts
    invoice: Invoice
    timers: Timers

    def verdict(
        self, cause: str, confidence: Confidence, action: Action, proof: Sequence[Attempt], due: bool = False
    ) -> Verdict:
        rows = [of_payment(self.facts.payment, self.facts.heard_time), of_invoice(self.invoice)]
        rows += [of_attempt(each) for each in proof]
        if self.invoice.sync_state in ASKED_FOR or self.given_up():
            rows += [of_round(each) for each in self.facts.rounds]
        if due and self.facts.due is not None:
            rows.append(of_outbox(self.facts.due, self.facts.now))
        return Verdict(cause, confidence, action, tuple(sorted(rows, key=lambda row: row.occur_time)))

    def submits(self) -> list[Attempt]:
        return [each for each in self.facts.attempts if each.operation is Operation.SUBMIT]

    def last_submit(self) -> list[Attempt]:
        return self.submits()[-1:]

    def last_queries(self) -> list[Attempt]:
        """The newest question of each kind."""
        newest = {each.operation: each for each in self.facts.attempts if each.operation is not Operation.SUBMIT}
        return sorted(newest.values(), key=lambda each: each.attempt_no)

    def query_failed(self) -> bool:
        """Whether the newest question was left without an answer that says anything."""
        asked = [each for each in self.facts.attempts if each.operation is not Operation.SUBMIT]
        return bool(asked) and asked[-1].answer is not None and not _says(asked[-1])

    def last_told(self) -> datetime:
        """When a question last had an answer that says anything, or else since when it is as it is."""
        told = [
            each.start_time for each in self.facts.attempts if each.operation is not Operation.SUBMIT and _says(each)
        ]
        return max([self.invoice.state_time, *told])

    def patience(self, since: datetime | None = None) -> Action:
        """WAIT, until what waits `since` then is beyond the SLA, or the invoice is given up or past its age.

        What was just sent again, on request, has the time of the SLA whatever its age.
        """
        aged = self.older_than(self.timers.retry_age_seconds_max, self.invoice.create_time)
        fresh = any(not self.older_than(self.timers.sla_seconds, each.start_time) for each in self.last_submit())
        if self.given_up() or (aged and not fresh):
            return Action.ESCALATE
        late = since is not None and self.older_than(self.timers.sla_seconds, since)
        return Action.CHECK_OPERATION if late else Action.WAIT

    def given_up(self) -> bool:
        return self.facts.due is not None and self.facts.due.parked

    def older_than(self, seconds: float, since: datetime) -> bool:
        return self.facts.now - since > timedelta(seconds=seconds)


def _says(question: Attempt) -> bool:
    return question.answer is not None and question.answer.outcome in _TELLING


def _not_issued(facts: Facts) -> Verdict:
    decided = judge_due(facts.payment, facts.profile)
    if not isinstance(decided, NotDue):
        # Due and not issued: the profile came after the payment, and the next sweep issues it.
        return Verdict("A1", Confidence.PROVED, Action.WAIT, (of_payment(facts.payment, facts.heard_time),))
    cause, action = _WITHOUT_INVOICE[decided]
    return Verdict(cause, Confidence.PROVED, action, (of_payment(facts.payment, facts.heard_time, decided),))


def _booked(case: _Case) -> Verdict:
    # The questions prove it; a submit is told only where its answer was not the plain yes.
    not_plain = [each for each in case.submits() if each.answer is None or each.answer.outcome is not Outcome.ACCEPTED]
    proof = [*not_plain[-_SUBMITS_TOLD_MAX:], *case.last_queries()]
    return case.verdict("IN_SYSTEM", Confidence.PROVED, Action.NONE, proof)


def _refused(case: _Case) -> Verdict:
    last = case.last_submit()
    if _forbidden(last):
        return case.verdict("C3", Confidence.PROVED, Action.CHECK_OPERATION, last)
    return case.verdict("C2", Confidence.PROVED, Action.CORRECT_AND_REISSUE, last)


def _forbidden(last: Sequence[Attempt]) -> bool:
    return any(each.answer is not None and each.answer.http_status in (401, 403) for each in last)


def _mismatch(case: _Case) -> Verdict:
    queries = case.last_queries()
    booked_other = [each for each in queries if each.answer is not None and each.answer.outcome is Outcome.MISMATCH]
    if any(
        each.answer and each.answer.document_sha256 not in ("", case.invoice.document.sha256) for each in booked_other
    ):
        return case.verdict("D5", Confidence.PROVED, Action.ESCALATE, [*case.last_submit(), *booked_other])
    return case.verdict("D4", Confidence.PROVED, Action.ESCALATE, [*case.last_submit(), *booked_other])


def _asked_for(case: _Case) -> Verdict:
    proof = [*case.last_submit(), *case.last_queries()]
    state, absence = case.invoice.sync_state, weigh(case.facts.rounds)
    if case.query_failed():
        return case.verdict("E3", Confidence.OPEN, case.patience(case.last_told()), proof, due=True)
    if state is SyncState.UNKNOWN:
        confidence = Confidence.PROVED if case.last_submit() else Confidence.LIKELY
        return case.verdict("B2", confidence, case.patience(case.invoice.state_time), proof, due=True)
    if state is SyncState.MISSING or absence is not Absence.OPEN:
        with_canary = all(each.canary is Canary.SEEN for each in case.facts.rounds)
        proved = absence is Absence.PROVED and with_canary
        confidence = Confidence.PROVED if proved else Confidence.LIKELY
        return case.verdict("D2", confidence, case.patience(), proof, due=True)
    processing = any(each.answer and each.answer.outcome is Outcome.NOT_YET for each in case.last_queries())
    if processing and case.older_than(case.timers.sla_seconds, case.invoice.state_time):
        return case.verdict("C6", Confidence.LIKELY, Action.ESCALATE, proof, due=True)
    inside = not case.older_than(case.timers.settle_seconds, case.invoice.settle_from)
    return case.verdict("D1", Confidence.PROVED if inside else Confidence.OPEN, case.patience(), proof, due=True)


def _sending(case: _Case) -> Verdict:
    due = case.facts.due
    if due is None or due.lease_until is None or due.lease_until < case.facts.now:
        action = case.patience(case.invoice.state_time)
        return case.verdict("B2", Confidence.LIKELY, action, case.last_submit(), due=True)
    return case.verdict("A3", Confidence.OPEN, Action.WAIT, case.last_submit(), due=True)


def _to_send(case: _Case) -> Verdict:
    last = case.last_submit()
    waited_long = case.older_than(case.timers.sla_seconds, case.invoice.create_time) or case.given_up()
    action = Action.CHECK_OPERATION if waited_long else Action.WAIT
    if not last:
        return case.verdict("A3", Confidence.PROVED, action, [], due=True)
    if _forbidden(last):
        return case.verdict("C3", Confidence.PROVED, Action.CHECK_OPERATION, last, due=True)
    outcome = last[0].answer.outcome if last[0].answer else None
    if outcome is Outcome.THROTTLED:
        return case.verdict("A4", Confidence.PROVED, action, last, due=True)
    if outcome is Outcome.NOT_RECEIVED:
        return case.verdict("B1", Confidence.PROVED, action, last, due=True)
    # Sent before, proved absent, and now to be sent again or given up: what was told then is the cause.
    cause = "D2" if outcome in (Outcome.ACCEPTED, Outcome.DUPLICATE) else "B2"
    proof = [*case.submits()[-_SUBMITS_TOLD_MAX:], *case.last_queries()]
    return case.verdict(cause, Confidence.PROVED, case.patience(case.invoice.state_time), proof, due=True)


_SUBMITS_TOLD_MAX = 5
_TELLING = frozenset({Outcome.OK, Outcome.NOT_YET, Outcome.NOT_FOUND, Outcome.MISMATCH})
_WITHOUT_INVOICE: Mapping[NotDue, tuple[str, Action]] = {
    NotDue.NO_PROFILE: ("A1", Action.CHECK_OPERATION),
    NotDue.ONLY_ON_REQUEST: ("A1", Action.REQUEST_INVOICE),
    NotDue.NOT_SUCCEEDED: ("NOT_DUE", Action.WAIT),
    NotDue.NOT_RECONCILED: ("NOT_DUE", Action.WAIT),
}
_BY_STATE: Mapping[SyncState, Callable[[_Case], Verdict]] = {
    SyncState.READY: _to_send,
    SyncState.SENDING: _sending,
    SyncState.RETRY_WAIT: _to_send,
    SyncState.UNKNOWN: _asked_for,
    SyncState.ACKED: _asked_for,
    SyncState.MISSING: _asked_for,
    SyncState.ABSENT: _to_send,
    SyncState.BOOKED: _booked,
    SyncState.MISMATCH: _mismatch,
    SyncState.REJECTED: _refused,
    SyncState.INVALID: _refused,
    SyncState.HELD: _to_send,
    SyncState.SUBMITTED: _asked_for,
    SyncState.CONFIRMED: _booked,
    SyncState.VOIDED: _mismatch,
    SyncState.ABANDONED: _asked_for,
}
