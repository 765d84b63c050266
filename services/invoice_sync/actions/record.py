"""Writes what came of the work on claimed invoices: what ends at the same time is written together. It decides nothing.

One transaction for a batch: the ends of the submits, where each invoice stands now, the rounds of the proofs of
absence, and what the machine asks for: holds and cases. A row whose lease was lost meanwhile moves nowhere.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.batch import Batcher
from chassis.clock import Clock
from chassis.database import Sessions
from chassis.ids import new_id
from services.invoice_sync.actions.admission import Observation
from services.invoice_sync.actions.gates import Gates
from services.invoice_sync.crash import Crash
from services.invoice_sync.domain.absence import Round
from services.invoice_sync.domain.attempt import Ended, TaxAnswer
from services.invoice_sync.domain.backoff import GiveUp
from services.invoice_sync.domain.change import ChangeKind, change_of
from services.invoice_sync.domain.claim import Claim, Put
from services.invoice_sync.domain.command import CaseCode, Decision, Hold, Ignore, case_code_of
from services.invoice_sync.domain.event import Overtaken
from services.invoice_sync.domain.machine import decide
from services.invoice_sync.domain.standing import TO_SEND
from services.invoice_sync.domain.timers import Timers
from services.invoice_sync.store import attempts, cases, invoiceable, outbox, papers, red_letters, submits, totals
from services.invoice_sync.store.attempts import RoundEvidence
from services.invoice_sync.store.sql import look_up_by_index

_BATCH_MAX = 500
_WAITING_MAX = 10_000
_WAIT_SECONDS = 10.0
_CASES = {
    CaseCode.MISMATCH: (
        "the authority holds something else under our key or number",
        "税局以我方业务键或号码登记了其他内容",
    ),
    CaseCode.ELSEWHERE: ("the invoice stands in another region or environment", "发票登记在其他地区或环境"),
    CaseCode.MISSING: (
        "the authority had the invoice, or said so, and it is not found any more",
        "发票曾在主库中或曾被受理，现已查不到",
    ),
    CaseCode.VOIDED: ("the invoice was voided or reversed at the authority", "发票已在税局作废或冲红"),
    CaseCode.GIVEN_UP: (
        "it was tried as often or as long as is allowed; nothing more is done before it is asked for again",
        "已达到允许的次数或时限，再次申请前不再处理",
    ),
}
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class CountedRound:
    """A round of a proof of absence, to be written if the lease still holds."""

    round: Round
    by_key_attempt_id: str
    evidence: RoundEvidence


@dataclass(frozen=True, slots=True)
class Finished:
    """What came of the work on one claim. `ended` is the end of a submit; questions have written theirs before.

    `answers` are what the machine decided on; `seconds` is how long a submit took. `observed` is False for what came
    with another of the same call, which tells already how the authority is. `asked_from` is when the first question
    was asked; None for a submit.
    """

    claim: Claim
    decision: Decision
    answers: Sequence[TaxAnswer]
    check_at: datetime | None = None
    ended: Ended | None = None
    bodies: Sequence[tuple[str, bytes]] = ()
    counted: CountedRound | None = None
    seconds: float = 0.0
    observed: bool = True
    asked_from: datetime | None = None


class Recorder:
    """One for the process, so that what ends at once is written at once."""

    def __init__(self, sessions: Sessions, gates: Gates, clock: Clock, timers: Timers, crash: Crash) -> None:
        self._sessions = sessions
        self._gates = gates
        self._clock = clock
        self._timers = timers
        self._crash = crash
        self._batcher = Batcher(self._write, size_max=_BATCH_MAX, waiting_max=_WAITING_MAX)
        # How many rows of each of our leases are still being worked on.
        self._open: dict[str, int] = {}

    def expect(self, claims: Sequence[Claim]) -> None:
        """These were claimed together and will each be recorded, or dropped."""
        for claim in claims:
            self._open[claim.lease_id] = self._open.get(claim.lease_id, 0) + 1

    async def record(self, finished: Finished) -> bool:
        """Write it; False when the lease was lost before, so that nothing moved but the log."""
        return await self._batcher.add(finished, _WAIT_SECONDS)

    def drop(self, claim: Claim) -> None:
        """The work on a claim failed: its lease is left to expire, and the sweep judges it then."""
        self._open.pop(claim.lease_id, None)

    async def close(self, within_seconds: float) -> None:
        """Write what waits."""
        await self._batcher.close(within_seconds)

    async def _write(self, batch: list[Finished]) -> Sequence[bool]:
        worked_on = Counter(each.claim.lease_id for each in batch)
        done = sorted(lease_id for lease_id, count in worked_on.items() if self._open.get(lease_id) == count)
        async with self._sessions.begin() as session:
            batch = await self._without_overtaken(session, batch)
            await attempts.keep_bodies(session, [body for each in batch for body in each.bodies])
            sent = [
                (each.claim, submits.moved(each.decision.standing, _told(each)), each.ended)
                for each in batch
                if each.ended is not None
            ]
            asked = [
                Put(each.decision.standing, each.claim.lease_id, _told(each), each.check_at)
                for each in batch
                if each.ended is None
            ]
            fenced = await submits.finish(session, sent) if sent else set()
            fenced |= await outbox.put(session, asked) if asked else set()
            await self._count(session, [each for each in batch if each.claim.invoice_id in fenced])
            for each in batch:
                if each.claim.invoice_id in fenced:
                    await self._carry_out(session, each)
            await self._learn(session, batch)
            if done:
                await outbox.end_leases(session, done)
            self._crash("before_record_commit")
        self._crash("after_record_commit")
        # Not before: the lease of what could not be written is left to expire.
        for lease_id in worked_on.keys() & self._open.keys():
            self._open[lease_id] -= worked_on[lease_id]
        for lease_id in done:
            self._open.pop(lease_id, None)
        return [each.claim.invoice_id in fenced for each in batch]

    async def _without_overtaken(self, session: AsyncSession, batch: list[Finished]) -> list[Finished]:
        """The batch, where nothing goes on to be sent for more than refunds left meanwhile."""
        unsent = [each.claim.invoice_id for each in batch if each.decision.standing.sync_state in TO_SEND]
        if not unsent:
            return batch
        await look_up_by_index(session)
        overtaken = await invoiceable.overtaken(session, unsent)
        return [
            replace(each, decision=parked_for_refund(each.decision, self._clock.now(), self._timers))
            if each.claim.invoice_id in overtaken
            else each
            for each in batch
        ]

    async def _count(self, session: AsyncSession, moved: Sequence[Finished]) -> None:
        """Have control totals and papers follow what entered the books, or left them. No submit does either."""
        asked = [each for each in moved if each.ended is None]
        went = [(each, each.claim.standing.counted, each.decision.standing.counted) for each in asked]
        entered = [each.claim.invoice_id for each, was, now in went if now and not was]
        await totals.move(session, entered, [each.claim.invoice_id for each, was, now in went if was and not now])
        await papers.want(session, entered, self._clock.now())

    async def _carry_out(self, session: AsyncSession, finished: Finished) -> None:
        claim, decision = finished.claim, finished.decision
        if finished.counted is not None:
            counted = finished.counted
            await attempts.add_round(
                session, claim.invoice_id, counted.round, counted.by_key_attempt_id, counted.evidence
            )
        for each in decision.commands:
            if (code := case_code_of(each)) and not await self._is_our_red(session, finished, code):
                await cases.open_case(session, case_of(claim.invoice_id, code, self._clock.now()))
            match each:
                case Hold():
                    await self._gates.hold_by(session, claim.route, claim.seller_tax_id, each)
                case GiveUp(reason=reason):
                    _log.error("given up, a person must look", invoice_id=claim.invoice_id, reason=reason)
                case Ignore(reason=reason):
                    _log.warning("event ignored", invoice_id=claim.invoice_id, reason=reason)
                case _:
                    pass

    async def _is_our_red(self, session: AsyncSession, finished: Finished, code: CaseCode) -> bool:
        """Whether it went by a red letter of ours, which is as people wanted it."""
        red_number = finished.decision.standing.red_number
        if code is not CaseCode.VOIDED or not red_number:
            return False
        return await red_letters.is_ours(session, finished.claim.invoice_id, red_number)

    async def _learn(self, session: AsyncSession, batch: Sequence[Finished]) -> None:
        sent = [
            Observation(
                each.claim.route, each.claim.seller_tax_id, each.answers[0], each.claim.begun.start_time, each.seconds
            )
            for each in batch
            if each.claim.begun is not None and each.answers and each.observed
        ]
        if sent:
            await self._gates.learn(session, sent, self._clock.now())
        asked = [
            Observation(each.claim.route, each.claim.seller_tax_id, answer, each.asked_from, 0)
            for each in batch
            if each.asked_from is not None
            for answer in each.answers
        ]
        if asked:
            await self._gates.learn_of_questions(session, asked, self._clock.now())


def _told(finished: Finished) -> ChangeKind | None:
    return change_of(finished.claim.standing, finished.decision.standing)


def parked_for_refund(decided: Decision, now: datetime, timers: Timers) -> Decision:
    """The same, save that what would be sent again waits to be made again for what refunds left of its payment."""
    waits = decide(decided.standing, Overtaken(), now, 0.0, timers)
    return replace(decided, standing=waits.standing)


def case_of(invoice_id: str, code: CaseCode, now: datetime) -> cases.Case:
    """The case that the machine asks for."""
    fact, fact_zh = _CASES[code]
    return cases.Case(new_id("cse"), code.value, invoice_id, "", "", "", fact, fact_zh, now)
