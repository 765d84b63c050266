"""The ten invariants of the specification's 6.1, in any order of sends, looks, sweeps, crashes and tricks.

Time is virtual. The authority of the model keeps its own book, which is the second witness of what was decided.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.invoice_sync.domain.absence import Absence, Canary, Round, next_round_time, weigh
from services.invoice_sync.domain.attempt import Outcome, TaxAnswer
from services.invoice_sync.domain.command import Command, Ignore, VoidRounds
from services.invoice_sync.domain.event import (
    Abandoned,
    AbsenceProved,
    AbsenceSuspected,
    Answered,
    AskedAgain,
    Claimed,
    Corrected,
    Event,
    LeaseExpired,
    LookedUp,
    PutBack,
    Reread,
    SealAnswered,
)
from services.invoice_sync.domain.lookup import Finding, judge
from services.invoice_sync.domain.machine import decide
from services.invoice_sync.domain.standing import IDLE, Standing, SyncState, Work, opened
from services.invoice_sync.domain.timers import Timers
from tests.invoice_sync.authority_model import NOT_SENT, START, TRICKS, Authority

TIMERS = Timers(
    settle_seconds=30,
    absence_round_seconds=0,
    look_base_seconds=10,
    look_seconds_max=60,
    retry_base_seconds=1,
    retry_seconds_max=300,
    retry_age_seconds_max=7 * 86_400,
    retry_count_max=2,
    resend_count_max=1,
    lease_seconds=60,
    sla_seconds=300,
    upload_concurrency=8,
)
STRANGE = datetime(1970, 1, 1, tzinfo=UTC)
# What a late process, a second sweep or a hurried person may bring at any moment.
AT_ANY_MOMENT = [
    Claimed(),
    Answered(TaxAnswer(Outcome.ACCEPTED, "")),
    Answered(TaxAnswer(Outcome.DUPLICATE, "", invoice_number="1")),
    Answered(TaxAnswer(Outcome.NOT_RECEIVED, "")),
    LeaseExpired(),
    LookedUp(Finding.NOT_YET),
    AbsenceSuspected(),
    AbsenceProved(),
    PutBack(0),
    PutBack(9),
    Reread(Finding.SAME, watermark_above=True, totals_equal=True),
    AskedAgain(),
    Corrected(9_999),
]
# Few, so that each of them lives to see much.
INVOICES_MAX = 3
# Where an invoice may be when nothing goes wrong any more and people have asked again for what was given up.
SETTLED = {
    SyncState.CONFIRMED,
    SyncState.INVALID,
    SyncState.REJECTED,
    SyncState.MISMATCH,
    SyncState.VOIDED,
    SyncState.ABANDONED,
}
tricks = st.sampled_from([*["BOOK"] * 8, *TRICKS])
ways = st.sampled_from(["ANSWERED", "ANSWERED", "ANSWERED", "LOST", "BLIND", "SHUT"])
totals = st.sampled_from([True, False, None])
asked = [*[AskedAgain(), Corrected(1)] * 5, Abandoned("by two people")]
# Times as an authority with a broken clock gives them.
clocks = st.integers(-(10**6), 10**6).map(lambda minutes: START + timedelta(minutes=minutes))


@dataclass
class Sent:
    """A row of the model's attempt log, written before the first byte."""

    version: int
    key: str
    sha256: str
    walked_at: int
    told: Outcome | None = None  # what its answer told us under its lease; None when it did not come in time

    @property
    def may_be_there(self) -> bool:
        """Whether the authority may have taken it, for all that we were told."""
        return self.told not in (*NOT_SENT, Outcome.REJECTED_BUSINESS)


@dataclass
class Kept:
    """What the store keeps of an invoice."""

    standing: Standing
    rounds: list[Round] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    lease_no: int = 0
    late: list[tuple[int, TaxAnswer]] = field(default_factory=list)
    walked: list[SyncState] = field(default_factory=list)

    @property
    def key(self) -> str:
        return f"{self.standing.invoice_id}/{self.standing.version}"

    @property
    def sha256(self) -> str:
        return f"sha-{self.key}"


class AnyDay(RuleBasedStateMachine):
    """Invoices, an authority, and whatever may happen to them."""

    invoices = Bundle("invoices")

    @initialize(confirm_after=st.sampled_from([0.0, 30.0]))
    def begin(self, confirm_after):
        self.timers = replace(TIMERS, confirm_after_seconds=confirm_after)
        self.now = START
        self.authority = Authority()
        self.kept: dict[str, Kept] = {}

    @precondition(lambda self: len(self.kept) < INVOICES_MAX)
    @rule(target=invoices, valid=st.sampled_from([*[True] * 9, False]))
    def open_one(self, valid):
        invoice_id = f"inv_{len(self.kept)}"
        standing = opened(invoice_id, self.now, self.now + timedelta(days=1), valid=valid)
        self.kept[invoice_id] = Kept(standing, walked=[standing.sync_state])
        return invoice_id

    @rule(seconds=st.sampled_from([1, 20, 61, 3_600, 30_000, 90_000]))
    def wait(self, seconds):
        self.now += timedelta(seconds=seconds)

    @rule(invoice_id=invoices, turns=st.lists(st.tuples(tricks, ways, clocks, totals), min_size=1, max_size=12))
    def work_is_done_when_it_is_due(self, invoice_id, turns):
        for trick, way, told_time, equal in turns:
            self.do_what_is_due(self.kept[invoice_id], trick, way, told_time, equal)

    @rule(invoice_id=invoices, trick=tricks, told_time=clocks, dice=st.floats(0, 1))
    def send(self, invoice_id, trick, told_time, dice):
        kept = self.kept[invoice_id]
        before = len(kept.sent)
        answer = self.claim_and_send(kept, trick, told_time, dice)
        if len(kept.sent) > before:
            self.apply(kept, Answered(answer or TaxAnswer(Outcome.UNKNOWN, "")), dice)

    @rule(invoice_id=invoices, trick=tricks, told_time=clocks, dice=st.floats(0, 1))
    def send_and_die(self, invoice_id, trick, told_time, dice):
        kept = self.kept[invoice_id]
        answer = self.claim_and_send(kept, trick, told_time, dice)
        if answer is not None:
            kept.late.append((kept.lease_no, answer))

    @rule(invoice_id=invoices, dice=st.floats(0, 1))
    def lease_expires(self, invoice_id, dice):
        kept = self.kept[invoice_id]
        kept.lease_no += 1
        self.apply(kept, LeaseExpired(), dice)

    @rule(invoice_id=invoices, dice=st.floats(0, 1))
    def answer_comes_late(self, invoice_id, dice):
        kept = self.kept[invoice_id]
        for lease_no, answer in kept.late:
            # An answer under another lease never gets past the store's fence; without one the machine ignores it.
            if lease_no == kept.lease_no or kept.standing.sync_state is not SyncState.SENDING:
                self.apply(kept, Answered(answer), dice)
        kept.late.clear()

    @rule(invoice_id=invoices, way=ways, dice=st.floats(0, 1))
    def look(self, invoice_id, way, dice):
        self.look_once(self.kept[invoice_id], way, dice)

    @rule(dice=st.floats(0, 1))
    def sweep(self, dice):
        for kept in self.kept.values():
            self.sweep_one(kept, dice)

    @rule(
        invoice_id=invoices,
        way=ways,
        watermark_above=st.booleans(),
        totals_equal=totals,
        dice=st.floats(0, 1),
    )
    def reread(self, invoice_id, way, watermark_above, totals_equal, dice):
        self.reread_once(self.kept[invoice_id], way, watermark_above, totals_equal, dice)

    @rule(invoice_id=invoices, outcome=st.sampled_from([Outcome.OK, Outcome.SEAL_FAILED, Outcome.UNKNOWN, *NOT_SENT]))
    def seal(self, invoice_id, outcome):
        self.seal_once(self.kept[invoice_id], outcome)

    @rule(invoice_id=invoices, ask=st.sampled_from(asked))
    def person(self, invoice_id, ask):
        kept = self.kept[invoice_id]
        self.apply(kept, Corrected(kept.standing.version + 1) if isinstance(ask, Corrected) else ask, 0.5)

    @precondition(lambda self: self.authority.records)
    @rule(data=st.data(), how=st.sampled_from(["VOID", "VANISH"]))
    def something_happens_at_the_authority(self, data, how):
        key = data.draw(st.sampled_from(sorted(self.authority.records)))
        if how == "VOID":
            self.authority.records[key].voided = True
        else:
            del self.authority.records[key]

    @invariant()
    def no_invoice_is_lost_or_without_work(self):
        assert sorted(self.kept) == sorted(kept.standing.invoice_id for kept in self.kept.values())
        for kept in self.kept.values():
            standing = kept.standing
            assert standing.sync_state in IDLE or standing.due_at is not None
            assert standing.due_at is None or standing.due_at - self.now <= timedelta(days=3)

    @invariant()
    def no_event_at_any_moment_breaks_a_rule(self):
        for kept, event in itertools.product(self.kept.values(), AT_ANY_MOMENT):
            made = decide(kept.standing, event, self.now, 0.5, self.timers)
            check_step(kept.standing, event, made.standing, made.commands)
            if made.standing.sync_state is not kept.walked[-1]:
                check_walk([*kept.walked, made.standing.sync_state])

    @invariant()
    def every_byte_sent_stands_in_the_log_under_the_key_and_bytes_of_its_version(self):
        for kept in self.kept.values():
            assert len(kept.sent) == kept.standing.submit_count
            by_version = {row.version: (row.key, row.sha256) for row in kept.sent}
            assert all((row.key, row.sha256) == by_version[row.version] for row in kept.sent)

    @invariant()
    def the_authority_never_has_an_invoice_twice(self):
        for kept in self.kept.values():
            keys = {row.key for row in kept.sent}
            live = [
                r for r in self.authority.records.values() if r.key in keys and not r.voided and r.sha256 != "other"
            ]
            assert len(live) <= 1

    def teardown(self):
        """With all faults gone, and a person who asks again for what was given up, everything comes to its end."""
        if not hasattr(self, "kept"):
            return
        for record in self.authority.records.values():
            record.book_at = record.book_at or self.now
        for _ in range(400):
            waiting = [kept for kept in self.kept.values() if kept.standing.sync_state not in SETTLED]
            if not waiting:
                break
            self.now += timedelta(minutes=11)
            for kept in waiting:
                self.go_on_without_faults(kept)
        for kept in self.kept.values():
            assert kept.standing.sync_state in SETTLED, (kept.standing, kept.walked)
            if kept.standing.sync_state is SyncState.CONFIRMED and kept.standing.work is None:
                self.is_truly_booked(kept)
            if kept.standing.sync_state is SyncState.MISMATCH:
                assert self.authority.foreign & {row.key for row in kept.sent}, "nothing else ever stood there"

    def do_what_is_due(self, kept: Kept, trick: str, way: str, told_time: datetime, equal: bool | None) -> None:
        if kept.standing.due_at is None or kept.standing.parked:
            return
        self.now = max(self.now, kept.standing.due_at)
        match kept.standing.work:
            case Work.SUBMIT:
                self.send(kept.standing.invoice_id, trick, told_time, 0.5)
            case Work.VERIFY:
                self.look_once(kept, way, 0.5)
            case Work.CONFIRM:
                self.reread_once(kept, way, equal is not None, equal, 0.5)
            case Work.SEAL:
                self.seal_once(kept, Outcome.SEAL_FAILED if equal is None else Outcome.OK)
        self.sweep_one(kept, 0.5)

    def go_on_without_faults(self, kept: Kept) -> None:
        if kept.standing.parked:
            self.apply(kept, AskedAgain(), 0.5)
        elif kept.standing.sync_state is SyncState.SENDING:
            self.apply(kept, LeaseExpired(), 0.5)
        elif kept.standing.due_at is not None and kept.standing.due_at <= self.now:
            self.do_what_is_due(kept, "BOOK", "ANSWERED", self.now, equal=True)
        self.sweep_one(kept, 0.5)

    def is_truly_booked(self, kept: Kept) -> None:
        """Whoever is told CONFIRMED finds the record, unless the authority itself threw it away since."""
        record = self.authority.records.get(kept.key)
        if record is not None:
            assert record.sha256 == kept.sha256
            assert record.number == kept.standing.invoice_number

    def claim_and_send(self, kept: Kept, trick: str, told_time: datetime, dice: float) -> TaxAnswer | None:
        """Claim, write the attempt down, send. None when there was nothing to claim, or no answer came."""
        before = len(kept.sent)
        self.apply(kept, Claimed(), dice)
        if len(kept.sent) == before:
            return None
        row = kept.sent[-1]
        return self.authority.submit(row.key, row.sha256, self.now, trick, told_time)

    def look_once(self, kept: Kept, way: str, dice: float) -> None:
        if kept.standing.work is not Work.VERIFY:
            return
        by_key, by_number = self.ask(kept, way)
        finding = judge(by_key, by_number, kept.sha256, kept.standing.invoice_number)
        answers = [each for each in (by_key, by_number) if each is not None]
        next_at = next_round_time(kept.standing.settle_from, self.rounds(kept), self.timers)
        if finding is Finding.NOT_FOUND and next_at <= self.now:
            canary = Canary.NOT_SEEN if way == "BLIND" else Canary.SEEN
            kept.rounds.append(Round(f"rnd_{len(kept.rounds)}", self.now, canary))
            next_at = next_round_time(kept.standing.settle_from, self.rounds(kept), self.timers)
        self.apply(kept, LookedUp(finding, answers, next_at), dice)

    def ask(self, kept: Kept, way: str) -> tuple[TaxAnswer, TaxAnswer | None]:
        """By key and, when one is known, by number."""
        broken = {"LOST": Outcome.UNKNOWN, "BLIND": Outcome.NOT_FOUND, "SHUT": Outcome.AUTH}.get(way)
        if broken is not None:
            return TaxAnswer(broken, ""), None
        by_key = self.authority.query(self.authority.records.get(kept.key), self.now)
        number = kept.standing.invoice_number or by_key.invoice_number
        if not number:
            return by_key, None
        return by_key, self.authority.query(self.authority.by_number(number), self.now)

    def sweep_one(self, kept: Kept, dice: float) -> None:
        if kept.standing.sync_state is SyncState.ABSENT:
            self.apply(kept, PutBack(sum(row.may_be_there for row in kept.sent)), dice)
            return
        if kept.standing.work is not Work.VERIFY:
            return
        absence = weigh(self.rounds(kept))
        if absence is not Absence.OPEN:
            self.apply(kept, AbsenceSuspected(), dice)
        if absence is Absence.PROVED:
            self.apply(kept, AbsenceProved(), dice)

    def rounds(self, kept: Kept) -> list[Round]:
        counted = [each for each in kept.rounds if each.canary is not Canary.NOT_SEEN]
        return [each for each in counted if each.round_time >= kept.standing.settle_from]

    def reread_once(self, kept: Kept, way: str, watermark_above: bool, totals_equal: bool | None, dice: float) -> None:
        if kept.standing.sync_state not in (SyncState.BOOKED, SyncState.CONFIRMED):
            return
        by_key, by_number = self.ask(kept, way)
        finding = judge(by_key, by_number, kept.sha256, kept.standing.invoice_number)
        answers = [each for each in (by_key, by_number) if each is not None]
        self.apply(kept, Reread(finding, watermark_above, totals_equal, answers), dice)

    def seal_once(self, kept: Kept, outcome: Outcome) -> None:
        record = self.authority.records.get(kept.key)
        if kept.standing.work is Work.SEAL and outcome is Outcome.OK and record is None:
            outcome = Outcome.NOT_FOUND
        if kept.standing.work is Work.SEAL and outcome is Outcome.OK and not kept.standing.parked:
            record.sealed = True
        self.apply(kept, SealAnswered(TaxAnswer(outcome, "")), 0.5)

    def apply(self, kept: Kept, event: Event, dice: float) -> None:
        """Decide, check what must hold for every decision, and keep it as the store would."""
        was = kept.standing
        made = decide(was, event, self.now, dice, self.timers)
        now = made.standing
        check_step(was, event, now, made.commands)
        strange = replace(was, ack_time=STRANGE if was.ack_time else None, book_time=STRANGE if was.book_time else None)
        twin = decide(strange, with_other_times(event), self.now, dice, self.timers)
        assert without_authority_times(now) == without_authority_times(twin.standing), "10: its clock decides nothing"
        if now.submit_count > was.submit_count:
            kept.lease_no += 1
            check_resend(kept)
            kept.sent.append(Sent(now.version, kept.key, kept.sha256, len(kept.walked)))
        if isinstance(event, Answered) and was.sync_state is SyncState.SENDING:
            kept.sent[-1].told = event.answer.outcome
        if any(isinstance(command, VoidRounds) for command in made.commands):
            assert now.settle_from == self.now
            kept.rounds.clear()
        kept.standing = now
        if now.sync_state is not kept.walked[-1]:
            kept.walked.append(now.sync_state)
            check_walk(kept.walked)


def check_step(was: Standing, event: Event, now: Standing, commands: Sequence[Command]) -> None:
    """The invariants that one decision can break."""
    state, to = was.sync_state, now.sync_state
    if any(isinstance(command, Ignore) for command in commands):
        assert now == was
    if to is SyncState.SENDING and state is not to:
        assert isinstance(event, Claimed), "1: no byte leaves without a claim and its attempt row"
        assert not was.parked
    if state is SyncState.SENDING:
        assert not isinstance(event, Claimed) or now == was, "2: one lease at a time"
    if now.version != was.version:
        assert state in (SyncState.REJECTED, SyncState.INVALID), "4, 5: another key or other bytes only after a refusal"
    if to is SyncState.BOOKED and state is not to:
        assert isinstance(event, LookedUp), "6: only reading back books"
        assert event.finding is Finding.SAME
    if to is SyncState.CONFIRMED and state is not to:
        assert isinstance(event, Reread), "6: only reading back again confirms"
        assert (state, event.finding) == (SyncState.BOOKED, Finding.SAME)
    if isinstance(event, Answered) and state is not SyncState.SENDING:
        assert now == was, "an answer after the lease changes nothing"
    if isinstance(event, Answered) and event.answer.outcome is Outcome.DUPLICATE and state is SyncState.SENDING:
        assert to in (SyncState.ACKED, SyncState.SUBMITTED), "7: a duplicate is compared first"
    if to is SyncState.VOIDED:
        assert now.work is None
    assert (now.invoice_id, now.create_time, now.deadline_at) == (was.invoice_id, was.create_time, was.deadline_at)
    assert now.submit_count >= was.submit_count


def check_resend(kept: Kept) -> None:
    """3: nothing that may be there is sent again before it was proved absent."""
    if kept.sent and kept.sent[-1].may_be_there:
        assert SyncState.ABSENT in kept.walked[kept.sent[-1].walked_at :], (kept.sent, kept.walked)


def check_walk(walked: Sequence[SyncState]) -> None:
    """The ways that lead to a send, and those that end."""
    before, to = walked[-2:]
    if to is SyncState.READY:
        assert before in (SyncState.ABSENT, SyncState.REJECTED, SyncState.INVALID), walked
    if to is SyncState.RETRY_WAIT:
        assert before is SyncState.SENDING, walked
    if to is SyncState.SENDING:
        assert before in (SyncState.READY, SyncState.RETRY_WAIT), walked
    if to is SyncState.ABSENT:
        assert before in (SyncState.UNKNOWN, SyncState.MISSING), walked
    if before in (SyncState.VOIDED, SyncState.ABANDONED):
        raise AssertionError(f"nothing comes after {before}: {walked}")


def with_other_times(event: Event) -> Event:
    """The same event from an authority whose clock is elsewhere."""
    match event:
        case Answered(answer=answer) | SealAnswered(answer=answer):
            return replace(event, answer=_other_times(answer))
        case LookedUp(answers=answers) | Reread(answers=answers):
            return replace(event, answers=[_other_times(answer) for answer in answers])
        case _:
            return event


def _other_times(answer: TaxAnswer) -> TaxAnswer:
    return replace(answer, ack_time=STRANGE, book_time=STRANGE, first_byte_time=STRANGE, clock_offset_ms=10**9)


def without_authority_times(standing: Standing) -> Standing:
    return replace(standing, ack_time=None, book_time=None)


TestAnyDay = AnyDay.TestCase
TestAnyDay.settings = settings(
    max_examples=150, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
