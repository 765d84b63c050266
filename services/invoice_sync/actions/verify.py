"""Reads invoices back from the authority's main database and gathers the proof of absence. It sends no invoice."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import structlog

from chassis import telemetry
from chassis.ids import new_id
from chassis.side_by_side import side_by_side
from services.invoice_sync.actions.attempt_log import Chain, LeaseLost, chain_of
from services.invoice_sync.actions.call import Asked, Questions
from services.invoice_sync.actions.canary import Canaries, Sighted
from services.invoice_sync.actions.day_totals import DayCompared, compare_day
from services.invoice_sync.actions.outages import note_outage
from services.invoice_sync.actions.record import CountedRound, Finished
from services.invoice_sync.actions.seller_list import ListRead, SellerLists
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.domain.absence import Canary, Round, is_fresh, next_round_time
from services.invoice_sync.domain.attempt import Outcome
from services.invoice_sync.domain.claim import Claim, Lease
from services.invoice_sync.domain.event import Event, LookedUp, Reread, SealAnswered
from services.invoice_sync.domain.lookup import Finding, judge
from services.invoice_sync.domain.machine import decide
from services.invoice_sync.domain.recheck import next_check
from services.invoice_sync.domain.route import Route
from services.invoice_sync.domain.standing import SyncState, Work
from services.invoice_sync.store import attempts, gates, outbox, totals
from services.invoice_sync.store.attempts import RoundEvidence
from services.invoice_sync.tax import TaxSystem

_LANES_MAX = 64
# Beside the two questions: announcements, the first page of the list, three other places, the canary.
_PROOF_CALLS = 6
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Looked:
    """What asking brought: the questions, what they say together, and the round that they make, if they make one.

    `outage_until` is the end of an announced outage by which they prove nothing.
    """

    asked: Sequence[Asked]
    finding: Finding
    asked_from: datetime
    counted: CountedRound | None = None
    outage_until: datetime | None = None


class VerifyActions:
    """Every work but the sending: VERIFY, CONFIRM and SEAL."""

    def __init__(self, tax: TaxSystem, tools: Tools) -> None:
        self._tools = tools
        self._timers = tools.timers
        self._questions = Questions(tools.log, tax, tools.timers.lease_seconds / 6)
        self._lists = SellerLists(tools, self._questions)
        self._after_lane = dict.fromkeys(Work, "")

    async def verify_due(self) -> int:
        """Do once what is due of each work and wait for all; how many were. One canary serves all of a turn."""
        canaries = Canaries(self._tools, self._questions.tax, self._timers.lease_seconds / 6)
        reread = _TotalsOnce(self._tools, self._questions.tax)
        works: Mapping[Work, Callable[[Claim], Awaitable[None]]] = {
            Work.VERIFY: lambda claim: self.verify_booked(claim, canaries),
            Work.CONFIRM: lambda claim: self.confirm_booked(claim, reread),
            Work.SEAL: self.seal_invoice,
        }
        jobs = [(do, claim) for work, do in works.items() for claim in await self._claim(work)]
        await side_by_side(lambda job: self._guarded(*job), jobs, max(1, len(jobs)))
        return len(jobs)

    async def verify_booked(self, claim: Claim, canaries: Canaries) -> None:
        """Ask for one invoice by key and by number, and record what that proves."""
        with telemetry.span("verify_booked", parent=claim.traceparent):
            telemetry.annotate(invoice_id=claim.invoice_id)
            chain = chain_of(claim)
            rounds_before = await self._rounds(claim)
            looked = await self._look(chain)
            round_due = next_round_time(claim.standing.settle_from, rounds_before, self._timers)
            with_a_person = claim.standing.sync_state is SyncState.MANUAL
            if looked.finding is Finding.NOT_FOUND and not with_a_person and round_due <= self._tools.clock.now():
                looked = await self._gather_proof(chain, looked, canaries, rounds_before)
            telemetry.annotate(finding=looked.finding.value)
            await self._record(chain, self._looked_up(claim, looked, rounds_before), looked)

    async def confirm_booked(self, claim: Claim, reread: "_TotalsOnce") -> None:
        """Read a booked invoice back once more, and compare the control totals of its day."""
        with telemetry.span("confirm_booked", parent=claim.traceparent):
            chain = chain_of(claim)
            looked = await self._look(chain)
            above, equal = await reread.compare(claim) if looked.finding is Finding.SAME else (False, None)
            answers = [each.answer for each in looked.asked]
            await self._record(chain, Reread(looked.finding, above, equal, answers), looked)

    async def seal_invoice(self, claim: Claim) -> None:
        """Ask for the seal of what is numbered and could not be sealed."""
        with telemetry.span("seal_invoice", parent=claim.traceparent):
            chain, asked_from = chain_of(claim), self._tools.clock.now()
            asked = await self._questions.seal(chain)
            await self._record(chain, SealAnswered(asked.answer), Looked([asked], Finding.CANNOT_TELL, asked_from))

    def _looked_up(self, claim: Claim, looked: Looked, rounds_before: Sequence[Round]) -> LookedUp:
        next_at = None
        if looked.finding is Finding.NOT_FOUND:
            rounds = [*rounds_before, looked.counted.round] if looked.counted else rounds_before
            if looked.outage_until:
                next_at = next_round_time(looked.outage_until, [], self._timers)
            else:
                next_at = next_round_time(claim.standing.settle_from, rounds, self._timers)
        return LookedUp(looked.finding, [each.answer for each in looked.asked], next_at, looked.outage_until)

    async def _claim(self, work: Work) -> list[Claim]:
        now, size = self._tools.clock.now(), self._timers.upload_concurrency
        async with self._tools.sessions.begin() as session:
            lanes = await outbox.lanes(session, work, self._after_lane[work], max(size, _LANES_MAX), now)
            if not lanes:
                self._after_lane[work] = ""
                return []
            self._after_lane[work] = lanes[-1]
            admission = await self._tools.gates.admit_questions(session, lanes, size, now)
            if not admission.quotas:
                return []
            lease = Lease(new_id("lea"), self._timers.lease_seconds)
            claims = await outbox.claim(session, work, admission.quotas, lease, now)
            await self._tools.gates.charge_questions(session, admission, claims, now)
        self._tools.recorder.expect(claims)
        return claims

    async def _guarded(self, do: Callable[[Claim], Awaitable[None]], claim: Claim) -> None:
        try:
            await do(claim)
        except LeaseLost:
            self._tools.recorder.drop(claim)
            _log.warning("lease was lost before all was asked", invoice_id=claim.invoice_id)
        except BaseException:
            self._tools.recorder.drop(claim)
            raise

    async def _look(self, chain: Chain) -> Looked:
        standing, asked_from = chain.claim.standing, self._tools.clock.now()
        by_key = await self._questions.by_key(chain)
        number = standing.invoice_number or by_key.answer.invoice_number
        by_number = await self._questions.by_number(chain, number) if number else None
        finding = judge(
            by_key.answer,
            by_number.answer if by_number else None,
            chain.claim.document_sha256,
            standing.invoice_number,
        )
        return Looked([by_key, *([by_number] if by_number else [])], finding, asked_from)

    async def _gather_proof(
        self, chain: Chain, looked: Looked, canaries: Canaries, rounds_before: Sequence[Round]
    ) -> Looked:
        """What else a round of the proof needs; without any one of it the negatives count for nothing."""
        claim = chain.claim
        if not await self._may_call(claim.route, _PROOF_CALLS):
            return looked
        if unsure := await self._in_outage(claim, looked):
            return unsure
        evidence = RoundEvidence(by_number_attempt_id=looked.asked[1].attempt_id if len(looked.asked) > 1 else None)
        listed: RoundEvidence | Looked = evidence
        if self._questions.tax.offers_window:
            read = await self._lists.read(chain, rounds_before, lambda: self._may_call(claim.route, 1))
            listed = await self._judge_list(claim, looked, read, evidence, canaries)
        if isinstance(listed, Looked):
            return listed
        nowhere = await self._ask_elsewhere(chain, looked, listed)
        if isinstance(nowhere, Looked):
            return nowhere
        sighted = await self._sighted(claim, looked, canaries)
        if sighted is None:
            return looked
        self._lists.forget(claim.invoice_id)
        evidence = replace(nowhere, canary_probe_id=sighted.probe_id)
        made = Round(new_id("rnd"), self._tools.clock.now(), sighted.canary)
        return replace(looked, counted=CountedRound(made, looked.asked[0].attempt_id, evidence))

    async def _judge_list(
        self, claim: Claim, looked: Looked, read: ListRead, evidence: RoundEvidence, canaries: Canaries
    ) -> RoundEvidence | Looked:
        """The list must come to its end without ours, and without what might be ours under another name.

        A part of a long one stands if the authority saw well while it was read; the next look reads on from there.
        """
        if read.ours:
            return replace(looked, finding=Finding.NOT_YET)
        if read.strange:
            return looked
        if read.whole:
            return replace(evidence, window_attempt_id=read.attempt_id, watermark=read.watermark)
        if read.stopped_at and await self._sighted(claim, looked, canaries):
            self._lists.keep(claim.invoice_id, read.stopped_at)
        return looked

    async def _sighted(self, claim: Claim, looked: Looked, canaries: Canaries) -> Sighted | None:
        """A canary that is good for all that was asked in this look, from the first negative to the last."""
        sighted = await canaries.ask(claim.route)
        fresh = is_fresh(sighted.ask_time, looked.asked_from) and is_fresh(sighted.ask_time, self._tools.clock.now())
        return sighted if fresh and sighted.canary is not Canary.NOT_SEEN else None

    async def _in_outage(self, claim: Claim, looked: Looked) -> Looked | None:
        """Why this look proves nothing: an outage was announced since the invoice was sent, or that cannot be told.

        Those among them that are over are told no more, and are remembered here. None when it may prove something.
        """
        now, route = self._tools.clock.now(), claim.route
        announced = await self._questions.outages(route)
        async with self._tools.sessions.begin() as session:
            for outage in announced.outages:
                await note_outage(session, route, outage, now)
            until = await gates.announced_until(session, route.key, claim.standing.settle_from, now)
        if until:
            return replace(looked, outage_until=until)
        return looked if announced.answer.outcome is not Outcome.OK else None

    async def _may_call(self, route: Route, calls: int) -> bool:
        async with self._tools.sessions.begin() as session:
            return await self._tools.gates.spend(session, route, calls)

    async def _ask_elsewhere(self, chain: Chain, looked: Looked, evidence: RoundEvidence) -> RoundEvidence | Looked:
        """No other place may have it; one that does not say so proves nothing."""
        for place in self._questions.tax.elsewhere(chain.claim.route):
            there = await self._questions.elsewhere(chain, place)
            if there.answer.outcome in (Outcome.OK, Outcome.NOT_YET, Outcome.MISMATCH):
                return replace(looked, asked=[*looked.asked, there], finding=Finding.ELSEWHERE)
            if there.answer.outcome is not Outcome.NOT_FOUND:
                return looked
            evidence = replace(evidence, elsewhere_attempt_id=there.attempt_id)
        return evidence

    async def _rounds(self, claim: Claim) -> Sequence[Round]:
        async with self._tools.sessions() as session:
            return await attempts.rounds(session, claim.invoice_id, claim.standing.settle_from)

    async def _record(self, chain: Chain, event: Event, looked: Looked) -> None:
        claim, now = chain.claim, self._tools.clock.now()
        decision = decide(claim.standing, event, now, self._tools.jitter(), self._timers)
        standing = replace(decision.standing, attempt_count=chain.attempt_no, log_head=chain.head)
        finished = Finished(
            claim,
            replace(decision, standing=standing),
            [each.answer for each in looked.asked],
            check_at=next_check(standing, now, self._timers),
            counted=looked.counted,
            asked_from=looked.asked_from,
        )
        if not await self._tools.recorder.record(finished):
            _log.warning("lease was lost before the answer came", invoice_id=claim.invoice_id)
            return
        state = standing.sync_state.value
        _log.info("verified", invoice_id=claim.invoice_id, finding=looked.finding.value, sync_state=state)


class _TotalsOnce:
    """Compares the control totals of a seller's day, once in a turn for each day."""

    def __init__(self, tools: Tools, tax: TaxSystem) -> None:
        self._tools = tools
        self._tax = tax
        self._asked: dict[tuple[str, date], asyncio.Task[DayCompared]] = {}

    async def compare(self, claim: Claim) -> tuple[bool, bool | None]:
        """Whether the watermark is above our booking, and whether the totals agree; None when that cannot be told."""
        async with self._tools.sessions() as session:
            day, is_red = await totals.day_of(session, claim.invoice_id)
        if day not in self._asked:
            self._asked[day] = asyncio.create_task(self._compare(claim.route, *day))
        compared = await asyncio.shield(self._asked[day])
        equal = compared.red_equal if is_red else compared.equal
        return _is_above(compared.watermark, claim.standing.book_time), equal

    async def _compare(self, route: Route, seller_tax_id: str, issue_date: date) -> DayCompared:
        async with self._tools.sessions.begin() as session:
            if not await self._tools.gates.spend(session, route, 1):
                return DayCompared(None)
        return await compare_day(self._tools, self._tax, seller_tax_id, issue_date)


def _is_above(watermark: datetime | None, book_time: datetime | None) -> bool:
    return watermark is not None and book_time is not None and watermark >= book_time
