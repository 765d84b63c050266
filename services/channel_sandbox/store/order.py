"""The SQL of orders."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.channel_sandbox.domain.order import Channel, Order, OrderAsked, OrderState
from services.channel_sandbox.tables import CHANNEL_NUMBER_SEQUENCE, PayOrderRow


class OrderStore:
    """`pay_order`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def next_number(self) -> int:
        """A number that was never given before, for the channel's own numbers."""
        return int((await self._session.execute(CHANNEL_NUMBER_SEQUENCE.next_value().select())).scalar_one())

    async def find(self, channel: Channel, merchant_order_no: str, *, for_update: bool = False) -> Order | None:
        """An order by its merchant's number."""
        query = select(PayOrderRow).where(
            PayOrderRow.channel == channel, PayOrderRow.merchant_order_no == merchant_order_no
        )
        return await self._one(query.with_for_update() if for_update else query)

    async def find_txn(self, channel: Channel, channel_txn_no: str) -> Order | None:
        """An order by the channel's number."""
        query = select(PayOrderRow).where(PayOrderRow.channel == channel, PayOrderRow.channel_txn_no == channel_txn_no)
        return await self._one(query)

    async def get(self, order_id: int) -> Order:
        """An order that is there, for update."""
        order = await self._one(select(PayOrderRow).where(PayOrderRow.order_id == order_id).with_for_update())
        assert order is not None, f"order {order_id} is referred to and not there"
        return order

    async def add(self, asked: OrderAsked, channel_txn_no: str, now: datetime) -> Order | None:
        """Keep a new order, waiting for its payer; None when another has taken its number meanwhile."""
        added = await self._session.scalars(
            insert(PayOrderRow)
            .values(
                channel=asked.channel,
                merchant_order_no=asked.merchant_order_no,
                channel_txn_no=channel_txn_no,
                amount_minor=asked.amount_minor,
                currency=asked.currency,
                description=asked.description,
                attach=asked.attach,
                notify_url=asked.notify_url,
                expires_at=asked.expires_at,
                state=OrderState.WAITING,
                reason="",
                fee_minor=0,
                refunded_minor=0,
                refunding_minor=0,
                created_at=now,
            )
            .on_conflict_do_nothing(index_elements=["channel", "merchant_order_no"])
            .returning(PayOrderRow)
        )
        row = added.one_or_none()
        return order_of(row) if row else None

    async def save(self, order: Order) -> None:
        """Write what has become of an order that is locked."""
        await self._session.execute(
            update(PayOrderRow)
            .where(PayOrderRow.order_id == order.order_id)
            .values(
                state=order.state,
                reason=order.reason,
                fee_minor=order.fee_minor,
                refunded_minor=order.refunded_minor,
                refunding_minor=order.refunding_minor,
                scanned_at=order.scanned_at,
                paid_at=order.paid_at,
                closed_at=order.closed_at,
                settle_at=order.settle_at,
            )
            .execution_options(synchronize_session=False)
        )

    async def take_due(self, now: datetime, limit: int) -> list[Order]:
        """Orders whose late success or whose end of validity has come, locked, those that no one else holds."""
        is_expired = (PayOrderRow.state == OrderState.WAITING) & (PayOrderRow.expires_at <= now)
        rows = await self._session.scalars(
            select(PayOrderRow)
            .where(or_(PayOrderRow.settle_at <= now, is_expired))
            .order_by(PayOrderRow.order_id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return [order_of(row) for row in rows]

    async def page(self, channel: str, after: int, limit: int) -> list[Order]:
        """Orders above an id, by id; an empty channel means all of them."""
        query = select(PayOrderRow).where(PayOrderRow.order_id > after).order_by(PayOrderRow.order_id).limit(limit)
        rows = await self._session.scalars(query.where(PayOrderRow.channel == channel) if channel else query)
        return [order_of(row) for row in rows]

    async def paid_between(self, channel: Channel, start: datetime, end: datetime) -> Sequence[Order]:
        """What was paid from `start` to before `end`, in that order."""
        rows = await self._session.scalars(
            select(PayOrderRow)
            .where(PayOrderRow.channel == channel, PayOrderRow.paid_at >= start, PayOrderRow.paid_at < end)
            .order_by(PayOrderRow.paid_at, PayOrderRow.order_id)
        )
        return [order_of(row) for row in rows]

    async def _one(self, query: Select[PayOrderRow]) -> Order | None:
        row = (await self._session.scalars(query.execution_options(populate_existing=True))).one_or_none()
        return order_of(row) if row else None


def order_of(row: PayOrderRow) -> Order:
    """A row as the domain has it."""
    asked = OrderAsked(
        channel=Channel(row.channel),
        merchant_order_no=row.merchant_order_no,
        amount_minor=row.amount_minor,
        currency=row.currency,
        description=row.description,
        attach=row.attach,
        notify_url=row.notify_url,
        expires_at=row.expires_at,
    )
    return Order(
        order_id=row.order_id,
        asked=asked,
        channel_txn_no=row.channel_txn_no,
        state=OrderState(row.state),
        reason=row.reason,
        fee_minor=row.fee_minor,
        refunded_minor=row.refunded_minor,
        refunding_minor=row.refunding_minor,
        created_at=row.created_at,
        scanned_at=row.scanned_at,
        paid_at=row.paid_at,
        closed_at=row.closed_at,
        settle_at=row.settle_at,
    )
