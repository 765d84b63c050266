"""Lets what is due happen: late successes, ends of refunds, orders that nobody paid in time."""

from chassis.clock import Clock
from chassis.database import Sessions
from services.channel_sandbox.actions.clock import sandbox_now
from services.channel_sandbox.actions.ending import end_refund
from services.channel_sandbox.actions.telling import Dialects, tell
from services.channel_sandbox.dialects.dialect import Happened
from services.channel_sandbox.domain.callback import Event
from services.channel_sandbox.domain.order import OrderState, closed, settled
from services.channel_sandbox.store.order import OrderStore
from services.channel_sandbox.store.refund import RefundStore

_SETTLED_IN_A_TURN_MAX = 200
_EXPIRED = "not paid in time"


class SettlingActions:
    """The background of the book."""

    def __init__(self, sessions: Sessions, clock: Clock, dialects: Dialects, fee_ppm: int) -> None:
        self._sessions = sessions
        self._clock = clock
        self._dialects = dialects
        self._fee_ppm = fee_ppm

    async def settle_due(self) -> int:
        """One turn; returns how much happened."""
        return await self._settle_orders() + await self._settle_refunds()

    async def _settle_orders(self) -> int:
        async with self._sessions.begin() as session:
            store, now = OrderStore(session), await sandbox_now(session, self._clock)
            due = await store.take_due(now, _SETTLED_IN_A_TURN_MAX)
            for order in due:
                if order.state is OrderState.PROCESSING:
                    event, done = Event.PAYMENT_SUCCEEDED, settled(order, now, self._fee_ppm)
                else:
                    shut = closed(order, now, _EXPIRED)
                    assert shut is not None, "only what waits expires"
                    event, done = Event.PAYMENT_CLOSED, shut
                await store.save(done)
                await tell(session, self._dialects[done.asked.channel], Happened(event, done, None, now))
        return len(due)

    async def _settle_refunds(self) -> int:
        """Each in a transaction of its own, the order locked first as everywhere."""
        async with self._sessions() as session:
            now = await sandbox_now(session, self._clock)
            due = await RefundStore(session).due(now, _SETTLED_IN_A_TURN_MAX)
        for refund in due:
            async with self._sessions.begin() as session:
                order = await OrderStore(session).get(refund.order_id)
                if (still := await RefundStore(session).find_due(refund.refund_id, now)) is not None:
                    await end_refund(session, self._dialects[order.asked.channel], order, still, now)
        return len(due)
