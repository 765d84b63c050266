"""Orders as merchants make, ask for and close them."""

from dataclasses import dataclass

from chassis.clock import Clock
from chassis.database import Sessions
from services.channel_sandbox.actions.clock import sandbox_now
from services.channel_sandbox.actions.telling import Dialects, tell
from services.channel_sandbox.dialects.dialect import Happened
from services.channel_sandbox.domain.callback import Event
from services.channel_sandbox.domain.order import Channel, Creation, Order, OrderAsked, closed, judge_creation
from services.channel_sandbox.store.order import OrderStore

CLOSED_BY_MERCHANT = "closed by the merchant"


@dataclass(frozen=True, slots=True)
class Closing:
    """An order after a merchant asked for it to be closed; `is_closed` says whether it is, now or from before."""

    order: Order
    is_closed: bool


class OrderActions:
    """What a merchant does with an order."""

    def __init__(self, sessions: Sessions, clock: Clock, dialects: Dialects) -> None:
        self._sessions = sessions
        self._clock = clock
        self._dialects = dialects

    async def create(self, asked: OrderAsked) -> tuple[Creation, Order]:
        """Make an order, or find the one that has its number."""
        async with self._sessions.begin() as session:
            store, now = OrderStore(session), await sandbox_now(session, self._clock)
            order = await store.find(asked.channel, asked.merchant_order_no)
            if order is None:
                number = self._dialects[asked.channel].txn_no(now, await store.next_number())
                if added := await store.add(asked, number, now):
                    return Creation.NEW, added
                order = await store.find(asked.channel, asked.merchant_order_no)
                assert order is not None, "its number was taken, so it is there"
            return judge_creation(order, asked, now), order

    async def find(self, channel: Channel, merchant_order_no: str) -> Order | None:
        """An order by its merchant's number."""
        async with self._sessions() as session:
            return await OrderStore(session).find(channel, merchant_order_no)

    async def find_txn(self, channel: Channel, channel_txn_no: str) -> Order | None:
        """An order by the channel's number."""
        async with self._sessions() as session:
            return await OrderStore(session).find_txn(channel, channel_txn_no)

    async def close(self, channel: Channel, merchant_order_no: str) -> Closing | None:
        """Let nobody pay an order any more; None when there is none. What was paid or is being paid stays open."""
        async with self._sessions.begin() as session:
            store, now = OrderStore(session), await sandbox_now(session, self._clock)
            order = await store.find(channel, merchant_order_no, for_update=True)
            if order is None:
                return None
            shut = closed(order, now, CLOSED_BY_MERCHANT)
            if shut is None:
                return Closing(order, order.closed_at is not None)
            await store.save(shut)
            await tell(session, self._dialects[channel], Happened(Event.PAYMENT_CLOSED, shut, None, now))
            return Closing(shut, is_closed=True)
