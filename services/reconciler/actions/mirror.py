"""The mirror of the payments: following the feed, and telling payments what runs decided."""

import random
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import chain

import structlog
from opentelemetry.trace import SpanKind

from chassis import telemetry
from chassis.channel import deadline_scope
from chassis.clock import Clock
from chassis.database import Sessions
from chassis.errors import Fault, Kind
from services.reconciler.clients import ChangeBatch, PaymentsClient
from services.reconciler.domain.manifest import Gap
from services.reconciler.domain.payment import Change, MirroredPayment
from services.reconciler.domain.retry import Retry
from services.reconciler.store.arrival import ArrivalStore
from services.reconciler.store.fact import DueFact, FactStore
from services.reconciler.store.mirror import MirrorStore

_BATCHES_PER_TURN_MAX = 20
_FACTS_AT_ONCE = 1_000
# A turn of telling ends before its lease does, so that a fact is never told by two at once.
_LEASE_SECONDS = 60.0
_TELL_SECONDS = 50.0
# Finding one fact among 1,000 takes ten; more tell of a payments service that is broken, which halving only loads.
_FAULTS_PER_TURN_MAX = 40
# What payments refuses will hardly be taken later; one at which it breaks may be, within a day, once it is mended;
# what it could not be asked is tried without end.
_REFUSED = Retry(base_seconds=2, seconds_max=3_600, attempts_max=12)
_BROKEN = Retry(base_seconds=2, seconds_max=3_600, attempts_max=48)
_UNREACHED = Retry(base_seconds=0.5, seconds_max=30, attempts_max=2**62)
_UNREACHED_KINDS = frozenset({Kind.UNAVAILABLE, Kind.DEADLINE, Kind.OVERLOADED})
# From here on the wait is at its longest; tries without an answer count no further towards giving up.
_UNREACHED_ATTEMPTS_MAX = 6
_log = structlog.get_logger()


class MirrorActions:
    """What is done between payments and its mirror."""

    def __init__(self, sessions: Sessions, payments: PaymentsClient, clock: Clock) -> None:
        self._sessions = sessions
        self._payments = payments
        self._clock = clock

    async def follow_payments(self) -> int:
        """Read on in the feed, some batches at most; returns how many changes were read, 0 at the feed's present end.

        Each batch and its cursor commit together, so that what was read stays read: a deadline that passes after
        that only ends the turn. Raises Fault when payments does not answer.
        """
        from_sequence = reached = await self.next_sequence()
        try:
            async with aclosing(self._payments.changes(from_sequence)) as batches:
                batch_no = 0
                async for batch in batches:
                    await self._mirror(batch)
                    reached, batch_no = batch.next_sequence, batch_no + 1
                    if batch_no == _BATCHES_PER_TURN_MAX:
                        break
        except Fault as fault:
            if fault.kind is not Kind.DEADLINE or reached == from_sequence:
                raise
        return reached - from_sequence

    async def next_sequence(self) -> int:
        """The first sequence of the feed that the mirror has not read yet."""
        async with self._sessions() as session:
            return await MirrorStore(session).next_sequence()

    async def repair_day(self, channel: str, business_date: date) -> Gap:
        """Read a channel's day anew, where the feed has not told it rightly; returns what the mirror had otherwise.

        Each part commits by itself. Raises Fault when payments does not answer.
        """
        gap, after, ended = Gap(), "", False
        async with aclosing(self._payments.day(channel, business_date)) as parts:
            while not ended:
                part: list[MirroredPayment] = await anext(parts, [])
                ended = not part
                async with self._sessions.begin() as session:
                    gap.add(*await MirrorStore(session).repair(part, channel, business_date, after, last=ended))
                    await ArrivalStore(session).add_payments(payment.payment_id for payment in part)
                after = part[-1].payment_id if part else after
        _log.error(
            "mirror had a gap",
            channel=channel,
            business_date=str(business_date),
            missing_count=gap.missing_count,
            wrong_count=gap.wrong_count,
            unknown_count=gap.unknown_count,
        )
        return gap

    async def _mirror(self, batch: ChangeBatch) -> None:
        newest: dict[str, Change] = {}
        refunds: dict[str, Change] = {}
        for change in await self._news(batch.changes):
            if change.refund:
                told = refunds.setdefault(change.refund.refund_id, change)
                refunds[change.refund.refund_id] = replace(told, refund=change.refund)
            known = newest.setdefault(change.payment.payment_id, change)
            if change.payment.version > known.payment.version:
                newest[change.payment.payment_id] = replace(known, payment=change.payment)
        async with self._sessions.begin() as session:
            store = MirrorStore(session)
            new = await store.mirror([*newest.values()])
            await store.mirror_unpaid(batch.unpaid)
            await store.mirror_refunds([*refunds.values()])
            await ArrivalStore(session).add_payments({*newest, *refunds})
            await store.move_cursor(batch.next_sequence)
        for change in newest.values():
            if change.payment.payment_id in new and change.payment.traceparent:
                _trace(change.payment.traceparent, change.payment.payment_id, change.sequence)

    async def _news(self, changes: Sequence[Change]) -> list[Change]:
        """Without what only says back what we told, of payments that the mirror has: of a day there are millions."""
        echoes = {change.payment.payment_id for change in changes if change.is_echo}
        if not echoes:
            return [*changes]
        async with self._sessions() as session:
            known = await MirrorStore(session).known(echoes)
        return [change for change in changes if not change.is_echo or change.payment.payment_id not in known]

    async def tell_payments(self) -> int:
        """Tell payments a batch of what runs decided; returns how many facts were due.

        A batch that payments refuses, or at which it breaks, is halved until the facts that it does not take stand
        alone; these are tried again later and later, and at last no more: given up, told in the log, and kept.
        """
        now = self._clock.now()
        async with self._sessions.begin() as session:
            lease_until = now + timedelta(seconds=_LEASE_SECONDS)
            due = await FactStore(session).claim_due(now, lease_until, _FACTS_AT_ONCE)
        if due:
            with telemetry.span("tell_payments", parent=""), deadline_scope(_TELL_SECONDS):
                telemetry.annotate(fact_count=len(due))
                await self._tell(due)
        return len(due)

    async def _tell(self, due: Sequence[DueFact]) -> None:
        groups: list[Sequence[DueFact]] = [due]
        fault_count = 0
        while groups:
            group = groups.pop()
            fault = await self._tell_at_once(group)
            if fault is None:
                continue
            fault_count += 1
            if fault.kind in _UNREACHED_KINDS or fault_count == _FAULTS_PER_TURN_MAX:
                await self._try_later([*group, *chain.from_iterable(groups)], fault)
                return
            if len(group) == 1:
                await self._try_alone_later(group[0], fault)
            else:
                middle = len(group) // 2
                groups += (group[middle:], group[:middle])

    async def _tell_at_once(self, group: Sequence[DueFact]) -> Fault | None:
        try:
            await self._payments.record_reconciliations([each.fact for each in group])
        except Fault as fault:
            return fault
        async with self._sessions.begin() as session:
            await FactStore(session).told([each.fact for each in group], self._clock.now())
        return None

    async def _try_later(self, due: Sequence[DueFact], fault: Fault) -> None:
        """Try facts again that payments has not judged one by one."""
        now = self._clock.now()
        retries: list[tuple[DueFact, datetime | None]] = []
        for each in due:
            at = _UNREACHED.next_try_at(now, each.attempts, _chance())
            uncounted = each.attempts > _UNREACHED_ATTEMPTS_MAX
            retries.append((replace(each, attempts=each.attempts - uncounted), at))
        _log.warning("payments was not told", fact_count=len(due), **_about(due[0], fault, retries[0][1]))
        async with self._sessions.begin() as session:
            await FactStore(session).not_told(retries, now)

    async def _try_alone_later(self, due: DueFact, fault: Fault) -> None:
        """Try one fact again that payments does not take; or give it up, and say so."""
        now = self._clock.now()
        retry = _BROKEN if fault.kind is Kind.INTERNAL else _REFUSED
        at = retry.next_try_at(now, due.attempts, _chance())
        async with self._sessions.begin() as session:
            store = FactStore(session)
            await store.not_told([(due, at)], now)
            given_up_count = await store.given_up_count() if at is None else 0
        if at is None:
            telemetry.annotate(given_up_count=given_up_count)
            _log.error("fact was given up", given_up_count=given_up_count, **_about(due, fault, at))
        else:
            _log.warning("payments does not take a fact", **_about(due, fault, at))


def _chance() -> float:
    return random.random()  # noqa: S311  spreads tries, guards nothing


def _about(due: DueFact, fault: Fault, next_try_at: datetime | None) -> dict[str, object]:
    return {
        "payment_id": due.fact.payment_id,
        "run_id": due.fact.run_id,
        "reason": fault.reason,
        "try_no": due.attempts,
        "next_try_at": str(next_try_at or "never"),
    }


def _trace(traceparent: str, payment_id: str, sequence: int) -> None:
    """The step of taking a payment into the mirror, in the payment's own trace; told once it is committed."""
    attributes: telemetry.Attributes = {"bihuan.payment_id": payment_id, "bihuan.sequence": sequence}
    with telemetry.span("mirror_payment", kind=SpanKind.CONSUMER, parent=traceparent, attributes=attributes):
        pass
