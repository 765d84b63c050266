"""Orders that are paid in several parts: told once, and read as their payments stand. It starts no payment."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from chassis import telemetry
from chassis.clock import Clock
from chassis.database import Sessions
from chassis.errors import Fault, Kind
from services.payments.actions.given_back import take_request
from services.payments.domain.split_order import SplitOrder, SplitOrderContent
from services.payments.store import split_order as split_orders

_OF_NO_PAYMENT = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """The order as it stands; `replayed` when it had been told before and nothing was changed."""

    order: SplitOrder
    replayed: bool


class SplitOrderActions:
    """What can be done with orders that are paid in several parts."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions = sessions
        self._clock = clock

    @telemetry.traced
    async def create_split_order(self, request_id: str, fingerprint: bytes, content: SplitOrderContent) -> Taken:
        """Keep an order and its parts, once.

        Raises Fault REQUEST_ID_REUSED, BUSINESS_KEY_REUSED for a number of an order or of a part that was used
        otherwise; both keep nothing.
        """
        async with self._sessions.begin() as session:
            taken = await self._take_in(session, request_id, fingerprint, content)
        telemetry.annotate(split_order_no=content.split_order_no, replayed=taken.replayed)
        return taken

    @telemetry.traced
    async def get_split_order(self, merchant_id: str, split_order_no: str) -> SplitOrder:
        """The order by that number, as its payments stand. Raises Fault NOT_FOUND."""
        async with self._sessions.begin() as session:
            order = await split_orders.get(session, merchant_id, split_order_no)
        if order is None:
            raise Fault(
                Kind.NOT_FOUND,
                "NOT_FOUND",
                f"{merchant_id} has no split order {split_order_no}",
                f"商户 {merchant_id} 没有组合支付订单 {split_order_no}",
                metadata={"merchant_id": merchant_id, "split_order_no": split_order_no},
            )
        return order

    async def _take_in(
        self, session: AsyncSession, request_id: str, fingerprint: bytes, content: SplitOrderContent
    ) -> Taken:
        now = self._clock.now()
        is_new = await split_orders.add(session, content, now)
        await take_request(session, request_id, fingerprint, _OF_NO_PAYMENT, now)
        if is_new and (taken_numbers := await split_orders.add_parts(session, content)):
            raise _reused(f"{', '.join(taken_numbers)} is a part of another order", "merchant_order_no")
        order = await split_orders.get(session, content.merchant_id, content.split_order_no)
        assert order is not None, "the order was there"
        if order.content != content:
            raise _reused(f"{content.split_order_no} was told with another total or other parts", "split_order_no")
        return Taken(order, replayed=not is_new)


def _reused(what: str, field: str) -> Fault:
    return Fault(Kind.EXISTS, "BUSINESS_KEY_REUSED", what, f"单号已用于其他内容：{what}", metadata={"fields": field})
