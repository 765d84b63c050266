"""The mirror of the payments: following the feed, and telling payments what runs decided."""

import random
from collections.abc import Sequence
from contextlib import aclosing
from datetime import datetime, timedelta

import structlog
from opentelemetry.trace import SpanKind

from chassis import telemetry
from chassis.clock import Clock
from chassis.database import Sessions
from chassis.errors import Fault, Kind
from services.reconciler.clients import Change, ChangeBatch, PaymentsClient
from services.reconciler.domain.fact import PaymentFact
from services.reconciler.domain.retry import Retry
from services.reconciler.store.fact import DueFact, FactStore
from services.reconciler.store.mirror import MirrorStore

_FACTS_AT_ONCE = 500
# Longer than any call to payments may take, so that a fact is never told by two at once.
_LEASE_SECONDS = 60.0
# What payments refuses will hardly be taken later; what it could not be asked is tried without end.
_REFUSED = Retry(base_seconds=2, seconds_max=3_600, attempts_max=12)
_UNREACHED = Retry(base_seconds=0.5, seconds_max=30, attempts_max=2**62)
_UNREACHED_KINDS = frozenset({Kind.UNAVAILABLE, Kind.DEADLINE, Kind.OVERLOADED, Kind.INTERNAL})
_log = structlog.get_logger()


class MirrorActions:
    """What is done between payments and its mirror."""

    def __init__(self, sessions: Sessions, payments: PaymentsClient, clock: Clock) -> None:
        self._sessions = sessions
        self._payments = payments
        self._clock = clock

    async def follow_payments(self) -> int:
        """Read the feed to its present end; returns how many changes came. Raises Fault when payments does not answer.

        Each batch and its cursor commit together, so that what was read stays read.
        """
        async with self._sessions() as session:
            from_sequence = await MirrorStore(session).next_sequence()
        came = 0
        async with aclosing(self._payments.changes(from_sequence)) as batches:
            async for batch in batches:
                await self._mirror(batch)
                came += len(batch.changes)
        return came

    async def _mirror(self, batch: ChangeBatch) -> None:
        newest: dict[str, Change] = {}
        for change in batch.changes:
            known = newest.get(change.payment.payment_id)
            if known is None or change.payment.version > known.payment.version:
                newest[change.payment.payment_id] = change
        async with self._sessions.begin() as session:
            store = MirrorStore(session)
            new = await store.mirror([change.payment for change in newest.values()])
            await store.move_cursor(batch.next_sequence)
        for change in newest.values():
            if change.payment.payment_id in new and change.payment.traceparent:
                _trace(change.payment.traceparent, change.payment.payment_id, change.sequence)

    async def tell_payments(self) -> int:
        """Tell payments a batch of what runs decided; returns how many facts were due.

        A batch that payments refuses is halved until the facts that it refuses stand alone; these are tried
        again later and later, and at last no more.
        """
        now = self._clock.now()
        async with self._sessions.begin() as session:
            lease_until = now + timedelta(seconds=_LEASE_SECONDS)
            due = await FactStore(session).claim_due(now, lease_until, _FACTS_AT_ONCE)
        if due:
            with telemetry.span("tell_payments", parent=""):
                telemetry.annotate(fact_count=len(due))
                await self._tell(due)
        return len(due)

    async def _tell(self, due: Sequence[DueFact]) -> None:
        try:
            await self._payments.record_reconciliations([each.fact for each in due])
        except Fault as fault:
            if fault.kind in _UNREACHED_KINDS:
                await self._try_later(due, _UNREACHED, fault)
            elif len(due) == 1:
                await self._try_later(due, _REFUSED, fault)
            else:
                middle = len(due) // 2
                await self._tell(due[:middle])
                await self._tell(due[middle:])
            return
        async with self._sessions.begin() as session:
            await FactStore(session).told([each.fact for each in due], self._clock.now())

    async def _try_later(self, due: Sequence[DueFact], retry: Retry, fault: Fault) -> None:
        now = self._clock.now()
        retries: list[tuple[PaymentFact, datetime | None]] = []
        for each in due:
            at = retry.next_try_at(now, each.attempts, random.random())  # noqa: S311  spreads tries, guards nothing
            retries.append((each.fact, at))
        first = due[0]
        _log.warning(
            "payments was not told",
            reason=fault.reason,
            fact_count=len(due),
            payment_id=first.fact.payment_id,
            try_no=first.attempts,
            next_try_at=str(retries[0][1] or "never"),
        )
        async with self._sessions.begin() as session:
            await FactStore(session).not_told(retries, now)


def _trace(traceparent: str, payment_id: str, sequence: int) -> None:
    """The step of taking a payment into the mirror, in the payment's own trace; told once it is committed."""
    attributes: telemetry.Attributes = {"bihuan.payment_id": payment_id, "bihuan.sequence": sequence}
    with telemetry.span("mirror_payment", kind=SpanKind.CONSUMER, parent=traceparent, attributes=attributes):
        pass
