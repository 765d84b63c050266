"""Intake: payments that have succeeded are taken in, once each. Many calls share one transaction. It knows no wire."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import asyncpg
from opentelemetry.metrics import Meter
from opentelemetry.trace import Span
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis import ids, telemetry
from chassis.batch import BatchClosed, BatchCut, Batcher, BatchFull, BatchLate
from chassis.batch_metrics import BatchMetrics
from chassis.channel import seconds_left
from chassis.clock import Clock
from chassis.errors import Fault, Kind, plain_fault
from services.payments.actions.refusal import refuse_pay_time, taken
from services.payments.domain.fee import FeeRules
from services.payments.domain.intake import Intake, Recorded, Replayed, Told, content_sha256
from services.payments.domain.payment import PaymentContent, judge_pay_time, succeeded_payment
from services.payments.store import intake
from services.payments.store.sql import GONE, Lanes

# Longer than any statement in it may take: what is cut off before may have been done.
_COMMIT_SECONDS_MAX = 15.0
_TRIES_MAX = 3
# Undone by the database since another batch, of another replica, took the same keys the other way round.
_UNDONE = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
# The data of one payment breaks a rule that none of ours has seen: its neighbours are taken in without it.
_DATA_AT_FAULT = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)
_LINKS_MAX = 128
_CAREFUL_BATCHES = 32


@dataclass(frozen=True, slots=True)
class Batching:
    """How many payments a transaction takes at most, how many more may wait, and how long they wait for company."""

    size_max: int = 512
    waiting_max: int = 1_024
    linger_seconds: float = 0.002
    in_flight_max: int = 2

    @classmethod
    def for_calls(cls, calls_in_flight_max: int) -> "Batching":
        """The usual one, with a place in the queue for every call that the server lets in."""
        return cls(waiting_max=max(calls_in_flight_max, cls().size_max))


_USUAL = Batching()


@dataclass(frozen=True, slots=True)
class Asked:
    """One payment that has succeeded: the request_id that it is told under, and what is told."""

    request_id: str
    content: PaymentContent


@dataclass(frozen=True, slots=True)
class Called:
    """A payment that was told by a call of its own, and that call's place in its trace (W3C; empty for none)."""

    asked: Asked
    traceparent: str


class IntakeActions:
    """How payments that have succeeded come in."""

    def __init__(
        self,
        engine: AsyncEngine,
        clock: Clock,
        fees: FeeRules,
        batching: Batching = _USUAL,
        meter: Meter | None = None,
    ) -> None:
        self._lanes = Lanes(engine)
        self._careful_count = 0
        self._clock = clock
        self._fees = fees
        self._batcher: Batcher[Told, Intake] = Batcher(
            self._commit_batch,
            size_max=batching.size_max,
            waiting_max=batching.waiting_max,
            linger_seconds=batching.linger_seconds,
            in_flight_max=batching.in_flight_max,
            split_on=_DATA_AT_FAULT,
            watch=BatchMetrics(meter or telemetry.meter(), "intake"),
        )

    @telemetry.traced
    async def record_payment(self, asked: Asked) -> Recorded | Replayed:
        """Take a payment in once, whatever is repeated: payment, both keys and feed row commit together.

        Raises Fault INVALID_FIELD for an impossible pay_time, REQUEST_ID_REUSED or BUSINESS_KEY_REUSED for a key with
        other content, PAYMENT_ARCHIVED, and OVERLOADED when too many wait; all store nothing.
        """
        told = self._told(asked, telemetry.current_traceparent())
        done = taken(await self._with_others(told))
        telemetry.annotate(
            payment_id=done.payment.payment_id,
            merchant_order_no=asked.content.merchant_order_no,
            replayed=isinstance(done, Replayed),
        )
        return done

    async def record_payments(self, calls: Sequence[Called]) -> list[Recorded | Replayed | Exception]:
        """Do what record_payment does for calls that came together; what it raises for one stands in that one's place.

        They share a transaction, and each has its span in its own trace.
        """
        with contextlib.ExitStack() as open_spans:
            spans = [_span_of(call, open_spans) for call in calls]
            told = [self._told_or_not(call, span) for call, span in zip(calls, spans, strict=True)]
            decided = iter(await self._settle([one for one in told if isinstance(one, Told)]))
            done = [_taken_or_not(next(decided) if isinstance(one, Told) else one) for one in told]
            for span, one in zip(spans, done, strict=True):
                if span is not None:
                    _tell(span, one)
        return done

    @telemetry.traced
    async def batch_create_payments(self, asked: Sequence[Asked]) -> list[Recorded | Replayed]:
        """Take payments in, all or none, each once; the answers are in their order.

        Raises what record_payment raises, with the place of the payment that is at fault; nothing is stored then.
        """
        here = telemetry.current_traceparent()
        told = [self._told(one, here, f"payments[{index}].") for index, one in enumerate(asked)]
        done: list[Recorded | Replayed] = []

        def agree(decided: Sequence[Intake]) -> None:
            done[:] = [taken(one, index) for index, one in enumerate(decided)]

        await self._commit(told, agree)
        telemetry.annotate(payment_count=len(done))
        return done

    async def close(self, within_seconds: float) -> None:
        """Take nothing more, and let what waits be committed."""
        await self._batcher.close(within_seconds)
        await self._lanes.close()

    def _told(self, asked: Asked, traceparent: str, path: str = "") -> Told:
        content, now = asked.content, self._clock.now()
        assert content.pay_time is not None, "the contract wants the time of a payment that has succeeded"
        refuse_pay_time(judge_pay_time(content.pay_time, now), path)
        fee = self._fees.fee_of(content.channel, content.merchant_id, content.amount)
        payment_id = ids.new_id("pay", now)
        payment = succeeded_payment(content, payment_id, now, traceparent, fee)
        return Told(asked.request_id, content_sha256(content), payment)

    def _told_or_not(self, call: Called, span: Span | None) -> Told | Fault:
        try:
            return self._told(call.asked, call.traceparent if span is None else telemetry.traceparent_of(span))
        except Fault as fault:
            return fault

    async def _settle(self, told: list[Told]) -> Sequence[Intake | BaseException]:
        if not told:
            return []
        try:
            return await self._commit_batch(told)
        except _DATA_AT_FAULT:
            # Which one it is, is found where batches are parted.
            return await asyncio.gather(*map(self._with_others, told), return_exceptions=True)

    async def _with_others(self, told: Told) -> Intake:
        try:
            return await self._batcher.add(told, seconds_left())
        except BatchFull as full:
            raise plain_fault(Kind.OVERLOADED) from full
        except BatchLate as late:
            raise plain_fault(Kind.DEADLINE) from late
        except (BatchClosed, BatchCut) as stopped:
            # Cut off, it may have been committed; the same keys again tell.
            raise plain_fault(Kind.UNAVAILABLE) from stopped

    async def _commit_batch(self, told: list[Told]) -> Sequence[Intake | Exception]:
        """One flush: it belongs to no call, so its span is of a trace of its own, with links to its members'."""
        sampled = [one.payment.traceparent for one in told if telemetry.is_sampled(one.payment.traceparent)]
        if not sampled:
            return await self._commit(told, lambda _: None)
        links, attributes = sampled[:_LINKS_MAX], {"bihuan.payment_count": len(told)}
        with telemetry.span("commit.batch", parent="", links=links, attributes=attributes):
            return await self._commit(told, lambda _: None)

    async def _commit_new(self, told: Sequence[Told]) -> bool:
        """Take a batch in by one statement, if its keys are all new; else, or if that is not known, False.

        Where keys were repeated, more repeats come: for a while this is not tried, since what is undone costs as much
        as what is done.
        """
        if self._careful_count:
            self._careful_count -= 1
            return False
        try:
            async with asyncio.timeout(_COMMIT_SECONDS_MAX), self._lanes.statement() as driver:
                await intake.take_in_new(driver, sorted(told, key=lambda one: one.order))
        except intake.NotAllNew:
            self._careful_count = _CAREFUL_BATCHES
            return False
        except (*_UNDONE, *GONE):
            return False
        return True

    async def _commit(self, told: Sequence[Told], agree: Callable[[Sequence[Intake]], None]) -> list[Intake]:
        """Take a batch in by one transaction, unless `agree` raises what undoes it."""
        if await self._commit_new(told):
            decided: list[Intake] = [Recorded(one.payment) for one in told]
            agree(decided)
            return decided
        for tries_left in reversed(range(_TRIES_MAX)):
            try:
                async with asyncio.timeout(_COMMIT_SECONDS_MAX), self._lanes.transaction() as driver:
                    decided = await intake.take_in(driver, told)
                    agree(decided)
            except _UNDONE:
                if not tries_left:
                    raise
            else:
                return decided
        raise AssertionError("the last try returns or raises")


def _span_of(call: Called, spans: contextlib.ExitStack) -> Span | None:
    """A span within the caller's trace, when that is kept; it lasts as long as `spans`."""
    if not telemetry.is_sampled(call.traceparent):
        return None
    return spans.enter_context(telemetry.span("record_payment", parent=call.traceparent))


def _taken_or_not(decided: Intake | BaseException) -> Recorded | Replayed | Exception:
    match decided:
        case Exception():
            return decided
        case BaseException():
            raise decided
    try:
        return taken(decided)
    except Fault as fault:
        return fault


def _tell(span: Span, done: Recorded | Replayed | Exception) -> None:
    if isinstance(done, Exception):
        telemetry.fail(span, getattr(done, "reason", type(done).__name__))
        return
    span.set_attribute("bihuan.payment_id", done.payment.payment_id)
    span.set_attribute("bihuan.merchant_order_no", done.payment.content.merchant_order_no)
    span.set_attribute("bihuan.replayed", isinstance(done, Replayed))
