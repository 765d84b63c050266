"""How a refund ends: the order's sums, the refund and the callback, in one transaction."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.channel_sandbox.actions.telling import tell
from services.channel_sandbox.dialects.dialect import Dialect, Happened
from services.channel_sandbox.domain.callback import Event
from services.channel_sandbox.domain.order import Order
from services.channel_sandbox.domain.refund import Refund, RefundState, ended
from services.channel_sandbox.store.order import OrderStore
from services.channel_sandbox.store.refund import RefundStore


async def end_refund(
    session: AsyncSession, dialect: Dialect, order: Order, refund: Refund, now: datetime
) -> tuple[Order, Refund]:
    """Let a refund succeed, or fail as it was planned; both are locked."""
    order, refund = ended(order, refund, now)
    await OrderStore(session).save(order)
    await RefundStore(session).save(refund)
    event = Event.REFUND_SUCCEEDED if refund.state is RefundState.SUCCEEDED else Event.REFUND_FAILED
    await tell(session, dialect, Happened(event, order, refund, now))
    return order, refund
