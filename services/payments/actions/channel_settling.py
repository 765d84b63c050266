"""What a channel's word about a payment does: it is judged, the payment moves, and so does how it is asked about.

Who starts, confirms, closes or polls a payment comes here, and so does a callback, at once or in any order: the order
is locked first, what is final stays as it is, and so all of them end alike.
"""

from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import telemetry
from services.payments.channels import Succeeded
from services.payments.domain.channel_order import ChannelOrder, PollTimers
from services.payments.domain.fee import FeeRules
from services.payments.domain.payment import Payment, Success
from services.payments.domain.told import Disagrees, Heard, Moves, Verdict, after_told, judge_told
from services.payments.store import channel_order as orders
from services.payments.store import payment as payments
from services.payments.store.channel_order import Started

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Settled:
    """A payment as a word left it, and what was made of the word."""

    started: Started
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Rules:
    """By which the word of a channel is followed."""

    timers: PollTimers
    fees: FeeRules


async def settle(
    session: AsyncSession, payment_id: str, heard: Heard, now: datetime, jitter: float, rules: Rules
) -> Settled:
    """Follow a word, `jitter` being in [0, 1]; the payment and its order are written by this transaction."""
    standing = await orders.lock(session, payment_id)
    verdict = judge_told(standing.payment, standing.order, heard, now, rules.timers)
    left = await _move(session, standing.payment, verdict, rules.fees)
    order = after_told(standing.order, left, verdict, heard, now, jitter, rules.timers)
    if order != standing.order:
        await orders.write(session, order)
    _tell(left, standing.order, order)
    return Settled(Started(left, order), verdict)


async def _move(session: AsyncSession, payment: Payment, verdict: Verdict, fees: FeeRules) -> Payment:
    if not isinstance(verdict, Moves):
        return payment
    success = _success(payment, verdict.succeeded, fees) if verdict.succeeded else None
    moved = await payments.move(session, payment.payment_id, verdict.to_state, cause=verdict.cause, success=success)
    assert moved is not None, f"{payment.payment_id} left {payment.state} although its order was locked"
    return moved


def _success(payment: Payment, told: Succeeded, fees: FeeRules) -> Success:
    content = payment.content
    fee = fees.fee_of(content.channel, content.merchant_id, content.amount)
    return Success(told.channel_txn_no, told.succeed_time, fee)


def _tell(payment: Payment, before: ChannelOrder, order: ChannelOrder) -> None:
    telemetry.annotate(payment_id=payment.payment_id, state=payment.state.value)
    if order.attention is not None and order.attention != before.attention:
        _log.warning("payment waits for a person", payment_id=payment.payment_id, cause=order.attention.cause.value)


def is_followed(settled: Settled) -> bool:
    """Whether the word agreed with what was asked of the channel."""
    return not isinstance(settled.verdict, Disagrees)
