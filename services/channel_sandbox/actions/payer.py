"""What the payer does, by the hand of steering: opens an order, pays it, fails to."""

from chassis.clock import Clock
from chassis.database import Sessions
from services.channel_sandbox.actions.clock import sandbox_now
from services.channel_sandbox.actions.striking import strike
from services.channel_sandbox.actions.telling import Dialects, tell
from services.channel_sandbox.dialects.dialect import Happened
from services.channel_sandbox.domain.callback import Event
from services.channel_sandbox.domain.fault import Occasion, Phase, Subject
from services.channel_sandbox.domain.order import Channel, Order, OrderState, failed, paid, scanned
from services.channel_sandbox.store.order import OrderStore

_LATE_SECONDS = 1.0


class PayerActions:
    """Each returns the order as it is then and whether it was done; the order is None when there is none."""

    def __init__(self, sessions: Sessions, clock: Clock, dialects: Dialects, fee_ppm: int) -> None:
        self._sessions = sessions
        self._clock = clock
        self._dialects = dialects
        self._fee_ppm = fee_ppm

    async def scan(self, channel: Channel, merchant_order_no: str) -> tuple[Order | None, bool]:
        """Open an order without paying it."""
        async with self._sessions.begin() as session:
            store, now = OrderStore(session), await sandbox_now(session, self._clock)
            order = await store.find(channel, merchant_order_no, for_update=True)
            opened = scanned(order, now) if order else None
            if opened is None:
                return order, False
            await store.save(opened)
            return opened, True

    async def pay(self, channel: Channel, merchant_order_no: str) -> tuple[Order | None, bool]:
        """Pay an order; with LATE_SUCCESS it is under way for a while before it has succeeded."""
        async with self._sessions.begin() as session:
            store, now = OrderStore(session), await sandbox_now(session, self._clock)
            order = await store.find(channel, merchant_order_no, for_update=True)
            if order is None or paid(order, now, None, self._fee_ppm) is None:
                return order, False
            occasion = Occasion(channel, merchant_order_no, Subject.PAYMENT, 0)
            late = (await strike(session, occasion, Phase.PAYING)).get(Phase.PAYING)
            late_seconds = (_LATE_SECONDS if late.seconds is None else late.seconds) if late else None
            done = paid(order, now, late_seconds, self._fee_ppm)
            assert done is not None, "it could be paid a moment ago, and is locked"
            await store.save(done)
            if done.state is OrderState.SUCCEEDED:
                await tell(session, self._dialects[channel], Happened(Event.PAYMENT_SUCCEEDED, done, None, now))
            return done, True

    async def fail(self, channel: Channel, merchant_order_no: str, reason: str) -> tuple[Order | None, bool]:
        """Let the payer's attempt fail for good."""
        async with self._sessions.begin() as session:
            store, now = OrderStore(session), await sandbox_now(session, self._clock)
            order = await store.find(channel, merchant_order_no, for_update=True)
            done = failed(order, now, reason) if order else None
            if done is None:
                return order, False
            await store.save(done)
            await tell(session, self._dialects[channel], Happened(Event.PAYMENT_FAILED, done, None, now))
            return done, True
