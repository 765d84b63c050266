"""What a channel's word about a refund does: it is judged, written, and moves the money, in one transaction.

The poller, whoever confirms, and the callback come here, at once or in any order: the refund is locked first, and what
is final stays as it is.
"""

from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import telemetry
from services.payments.channels import RefundMoved, RefundSucceeded
from services.payments.domain.refund import Refund, RefundState, RefundTimers, to_refund_order
from services.payments.domain.refund_told import (
    Disagrees,
    GivenBack,
    Judged,
    NotGiven,
    RefundWord,
    StillOpen,
    after,
    disagreement,
    is_borne_out,
    judge_answer,
)
from services.payments.store import feed, money_left
from services.payments.store import payment as payments
from services.payments.store import refund as refunds

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SettledRefund:
    """A refund as a word left it; `is_followed` is whether the word was about it, as far as it tells."""

    refund: Refund
    is_followed: bool


async def settle(
    session: AsyncSession, asked: Refund, answer: RefundWord, now: datetime, jitter: float, timers: RefundTimers
) -> SettledRefund:
    """The refund as the answer leaves it; as it is when something had ended it meanwhile.

    `asked` is the refund as it was found before the channel spoke.
    """
    standing = await refunds.lock(session, asked.content.payment_id, asked.refund_id)
    payment = await payments.get(session, asked.content.payment_id)
    assert payment is not None, "a refund outlives no payment"
    order = to_refund_order(standing, payment)
    if standing.is_final:
        differing = disagreement(order, answer)
        await _call_for_person(session, standing, answer, differing, now)
        return SettledRefund(standing, not differing)
    judged = judge_answer(standing, order, answer, now, jitter, timers, since=asked)
    moved = after(standing, judged, now)
    await refunds.write(session, moved)
    await _move_money(session, moved, judged)
    _tell(moved)
    return SettledRefund(moved, not isinstance(judged, Disagrees))


async def look_again(
    session: AsyncSession, asked: Refund, answer: RefundWord, now: datetime, timers: RefundTimers
) -> Refund:
    """A refund that has ended and that a person was called for, off the list if the channel's answer agrees."""
    standing = await refunds.lock(session, asked.content.payment_id, asked.refund_id)
    payment = await payments.get(session, asked.content.payment_id)
    assert payment is not None, "a refund outlives no payment"
    if is_borne_out(standing, to_refund_order(standing, payment), answer, now, timers):
        await refunds.need_nobody(session, standing)
    return await refunds.lock(session, asked.content.payment_id, asked.refund_id)


async def _call_for_person(
    session: AsyncSession, standing: Refund, answer: RefundWord, differing: str, now: datetime
) -> None:
    """What is final stays as it is. A word that is at odds with it is a person's: only one can put the books right."""
    if differing:
        await refunds.call_for_person(session, standing, now)
        _log.error("the channel tells otherwise of a refund", refund_id=standing.refund_id, cause=differing)
    elif standing.state is RefundState.FAILED and isinstance(answer, RefundSucceeded | RefundMoved):
        await refunds.call_for_person(session, standing, now)
        _log.error("refund that had failed was given by the channel", refund_id=standing.refund_id)


async def _move_money(session: AsyncSession, refund: Refund, judged: Judged) -> None:
    content = refund.content
    match judged:
        case StillOpen() | Disagrees():
            return
        case GivenBack():
            changed = await money_left.give_back(session, content.payment_id, content.amount, refund.refund_id)
        case NotGiven():
            changed = await money_left.release(session, content.payment_id, content.amount, refund.refund_id)
    await feed.add_changes(session, [changed])


def _tell(refund: Refund) -> None:
    telemetry.annotate(refund_id=refund.refund_id, state=refund.state.value)
    if refund.attention_time is not None:
        _log.warning("refund waits for a person", refund_id=refund.refund_id, cause=refund.cause)
