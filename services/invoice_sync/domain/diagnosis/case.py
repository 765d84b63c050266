"""The facts of one question, and what several rules ask of them. It gives no cause itself; it is the rules' paper."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.invoice_sync.domain import evidence
from services.invoice_sync.domain.absence import Absence, Round, weigh
from services.invoice_sync.domain.attempt import Attempt, Operation, Outcome
from services.invoice_sync.domain.diagnosis import around
from services.invoice_sync.domain.diagnosis.facts import Facts, ProbeKind, Resolution
from services.invoice_sync.domain.diagnosis.verdict import Action, Confidence, Verdict
from services.invoice_sync.domain.diagnosis.words import Words, filled
from services.invoice_sync.domain.evidence import Evidence
from services.invoice_sync.domain.hold import HoldKind
from services.invoice_sync.domain.standing import IN_BOOKS, SyncState
from services.invoice_sync.domain.timers import Timers

# What was or may have been sent and is only asked for.
ASKED_FOR = frozenset({SyncState.UNKNOWN, SyncState.SUBMITTED, SyncState.ACKED, SyncState.MISSING})
# What waits to be sent; a person may have given it up.
TO_SEND = frozenset({SyncState.READY, SyncState.RETRY_WAIT, SyncState.ABSENT, SyncState.ABANDONED})
REFUSED = frozenset({Outcome.REJECTED, Outcome.REJECTED_SYNTAX, Outcome.REJECTED_BUSINESS})
TAKEN = frozenset({Outcome.ACCEPTED, Outcome.DUPLICATE, Outcome.SEAL_FAILED})
# The questions for this invoice in the place that it was sent to, which alone can find it there.
_QUESTIONS = frozenset({Operation.QUERY_BY_KEY, Operation.QUERY_BY_NUMBER})
# What a question's answer says of the record, and not only of the query service.
_TELLING = frozenset(
    {
        Outcome.OK,
        Outcome.NOT_YET,
        Outcome.NOT_FOUND,
        Outcome.MISMATCH,
        Outcome.SEAL_FAILED,
        Outcome.VOIDED,
    }
)
_CANARY_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Case:
    """The facts, how long to wait for what, and the helpers that the rules share."""

    facts: Facts
    timers: Timers

    @property
    def state(self) -> SyncState | None:
        """Where the invoice stands; None when there is no invoice."""
        return self.facts.standing.sync_state if self.facts.standing else None

    @property
    def seen(self) -> bool:
        """Whether the invoice was read back from the main book."""
        return self.state in IN_BOOKS

    def verdict(
        self,
        cause: str,
        confidence: Confidence,
        action: Action,
        rows: Iterable[Evidence],
        words: Words | None = None,
        /,
        suggestion: str = "",
        **told: str,
    ) -> Verdict:
        """That cause, proved by these rows together with what the question was about; `told` fills its words.

        `words` are said instead of the cause's own, `suggestion` is told instead of what a CORRECTED question meant.
        """
        # A rule's own row tells more of the same thing, so it takes the place of the plain one.
        shown = {(row.source, row.row_id): row for row in [*self._subject(), *rows]}
        said = filled(cause, self._told() | told, automatic=action is Action.WAIT, words=words)
        meant = self.facts.asked.meant if self.facts.asked.resolution is Resolution.CORRECTED else ""
        ordered = sorted(shown.values(), key=lambda row: row.occur_time)
        return Verdict(cause, confidence, action, tuple(ordered), said, suggestion or meant)

    def _subject(self) -> list[Evidence]:
        facts = self.facts
        rows = []
        if facts.payment is not None and facts.heard_time is not None:
            rows.append(evidence.of_payment(facts.payment, facts.heard_time))
        if facts.invoice is not None and facts.standing is not None:
            rows.append(evidence.of_invoice(facts.invoice, facts.standing))
        return rows or [around.of_asked(facts.asked)]

    def _told(self) -> dict[str, str]:
        facts, last = self.facts, self.last_submit()
        return {
            "reference": facts.asked.reference,
            "invoice_id": facts.invoice.invoice_id if facts.invoice else "",
            "merchant_id": facts.payment.merchant_id if facts.payment else "",
            "number": self.number(),
            "code": (last.answer.authority_code if last and last.answer else ""),
        }

    def number(self) -> str:
        """The authority's number: the one that stands, or else the last that it gave; empty when it never gave one."""
        if self.facts.standing is not None and self.facts.standing.invoice_number:
            return self.facts.standing.invoice_number
        given = [each.answer.invoice_number for each in self.submits() if each.answer and each.answer.invoice_number]
        return given[-1] if given else ""

    def submits(self) -> list[Attempt]:
        """Every time that it was sent."""
        return [each for each in self.facts.attempts if each.operation is Operation.SUBMIT]

    def last_submit(self) -> Attempt | None:
        """The newest time that it was sent."""
        sent = self.submits()
        return sent[-1] if sent else None

    def sent_with(self) -> Outcome | None:
        """What came of the last sending; UNKNOWN when no answer was written down, None when it was never sent."""
        last = self.last_submit()
        if last is None:
            return None
        return last.answer.outcome if last.answer else Outcome.UNKNOWN

    def code(self) -> str:
        """The authority's code in the answer to the last sending; empty when it gave none."""
        last = self.last_submit()
        return last.answer.authority_code if last and last.answer else ""

    def questions(self) -> list[Attempt]:
        """Every question for this invoice where it was sent to."""
        return [each for each in self.facts.attempts if each.operation in _QUESTIONS]

    def last_questions(self) -> list[Attempt]:
        """The newest question of each kind."""
        newest = {each.operation: each for each in self.questions()}
        return sorted(newest.values(), key=lambda each: each.attempt_no)

    def answered(self, *outcomes: Outcome) -> bool:
        """Whether one of the newest questions had such an answer."""
        return any(each.answer is not None and each.answer.outcome in outcomes for each in self.last_questions())

    def question_failed(self) -> bool:
        """Whether the newest question was answered with nothing that says anything of the record."""
        asked = self.questions()
        return bool(asked) and asked[-1].answer is not None and not tells(asked[-1])

    def last_told(self) -> datetime:
        """When a question last had an answer that says anything, or else since when it stands as it does."""
        assert self.facts.standing is not None, "only an invoice is asked for"
        told = [each.start_time for each in self.questions() if tells(each)]
        return max([self.facts.standing.state_time, *told])

    def query_service_out(self) -> bool:
        """Whether the query service is known to be blind or silent, and not only slow once.

        Blind: it did not find what is known to be booked, when it did not find ours. Silent: beyond the SLA.
        """
        if self.facts.standing is None:
            return False
        return self._canary_lost() or (
            self.question_failed() and self.older_than(self.timers.sla_seconds, self.last_told())
        )

    def _canary_lost(self) -> bool:
        asked = self.questions()
        canaries = [each for each in self.facts.probes if each.kind is ProbeKind.CANARY]
        if not asked or not canaries or canaries[-1].up:
            return False
        unseen = asked[-1].answer is not None and asked[-1].answer.outcome is Outcome.NOT_FOUND
        since = asked[-1].start_time - timedelta(seconds=_CANARY_SECONDS)
        return unseen and canaries[-1].start_time >= since

    def absence(self) -> Absence:
        """How far the rounds since the last sign of presence prove that it is not there."""
        return weigh(self.counted_rounds())

    def counted_rounds(self) -> list[Round]:
        """The rounds since the last sign of presence, which alone prove anything now."""
        standing = self.facts.standing
        return [each for each in self.facts.rounds if standing and each.round_time > standing.settle_from]

    def proof(self) -> list[Evidence]:
        """The last sending, the newest questions, the rounds and what is due: what shows where it waits."""
        return [*self.sent_rows(), *self.question_rows(), *self.round_rows(), *self.due_rows()]

    def sent_rows(self, most: int = 1) -> list[Evidence]:
        """The last sendings."""
        return [evidence.of_attempt(each) for each in self.submits()[-most:]]

    def question_rows(self) -> list[Evidence]:
        """The newest questions."""
        return [evidence.of_attempt(each) for each in self.last_questions()]

    def round_rows(self) -> list[Evidence]:
        """The rounds that prove something now."""
        return [evidence.of_round(each) for each in self.counted_rounds()]

    def due_rows(self) -> list[Evidence]:
        """What is due for it, and when."""
        standing = self.facts.standing
        if standing is None or standing.work is None:
            return []
        return [evidence.of_outbox(standing, self.facts.lease_until, self.facts.now)]

    def probe_rows(self) -> list[Evidence]:
        """The newest canary and ping."""
        return [around.of_probe(each) for each in self.facts.probes if each.kind is not ProbeKind.NUMBER]

    def hold_rows(self, *kinds: HoldKind) -> list[Evidence]:
        """The holds of these kinds that are in force."""
        return [around.of_hold(each) for each in self.facts.holds if each.kind in kinds]

    def patience(self, since: datetime | None = None) -> Action:
        """WAIT, until what waits `since` then is beyond the SLA, or the invoice is given up or past its age.

        What was just sent again, on request, has the time of the SLA whatever its age.
        """
        standing = self.facts.standing
        assert standing is not None, "only an invoice waits"
        aged = self.older_than(self.timers.retry_age_seconds_max, standing.create_time)
        last = self.last_submit()
        fresh = last is not None and not self.older_than(self.timers.sla_seconds, last.start_time)
        if self.given_up() or (aged and not fresh):
            return Action.ESCALATE
        late = since is not None and self.older_than(self.timers.sla_seconds, since)
        return Action.CHECK_OPERATION if late else Action.WAIT

    def haste(self) -> Action:
        """WAIT, until what should have been sent is beyond the SLA or given up: then the operation is looked at."""
        standing = self.facts.standing
        assert standing is not None, "only an invoice waits"
        late = self.older_than(self.timers.sla_seconds, standing.create_time) or self.given_up()
        return Action.CHECK_OPERATION if late else Action.WAIT

    def given_up(self) -> bool:
        """Whether nothing more is done by itself."""
        standing = self.facts.standing
        return standing is not None and (standing.given_up or standing.sync_state is SyncState.ABANDONED)

    def older_than(self, seconds: float, since: datetime) -> bool:
        """Whether that was longer ago."""
        return self.facts.now - since > timedelta(seconds=seconds)


def tells(question: Attempt) -> bool:
    """Whether its answer says anything of the record."""
    return question.answer is not None and question.answer.outcome in _TELLING
