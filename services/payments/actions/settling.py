"""What a channel's word about a refund does: it is judged, written, and moves the money, in one transaction.

The poller, whoever confirms, and the callback come here, at once or in any order: the refund is locked first, and what
is final stays as it is.
"""

from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import telemetry
from services.payments.channels import RefundFound, RefundSucceeded
from services.payments.domain.refund import (
    GivenBack,
    Judged,
    NotGiven,
    Refund,
    RefundState,
    RefundTimers,
    StillOpen,
    after,
    judge_answer,
)
from services.payments.store import feed, money_left
from services.payments.store import refund as refunds

_log = structlog.get_logger()


async def settle(
    session: AsyncSession, asked: Refund, answer: RefundFound, now: datetime, jitter: float, timers: RefundTimers
) -> Refund:
    """The refund as the answer leaves it; as it is when something had ended it meanwhile."""
    standing = await refunds.lock(session, asked.content.payment_id, asked.refund_id)
    if standing.is_final:
        if standing.state is RefundState.FAILED and isinstance(answer, RefundSucceeded):
            # Money went back that the books hold as not given: only a person can put that right.
            await refunds.call_for_person(session, standing, now)
            _log.error("refund that had failed was given by the channel", refund_id=standing.refund_id)
        return standing
    judged = judge_answer(standing, answer, now, jitter, timers)
    moved = after(standing, judged, now)
    await refunds.write(session, moved)
    await _move_money(session, moved, judged)
    _tell(moved)
    return moved


async def _move_money(session: AsyncSession, refund: Refund, judged: Judged) -> None:
    content = refund.content
    match judged:
        case StillOpen():
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
