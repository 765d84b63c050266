"""The SQL of refunds."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.channel_sandbox.domain.order import Channel, Order
from services.channel_sandbox.domain.refund import Refund, RefundAsked, RefundState
from services.channel_sandbox.store.order import order_of
from services.channel_sandbox.tables import PayOrderRow, RefundRow


class RefundStore:
    """`refund`, with the order's number of each."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, channel: Channel, scope: str, merchant_refund_no: str) -> Refund | None:
        """A refund by its merchant's number."""
        found = await self._session.execute(
            _refunds().where(
                RefundRow.channel == channel,
                RefundRow.scope == scope,
                RefundRow.merchant_refund_no == merchant_refund_no,
            )
        )
        row = found.one_or_none()
        return _refund(*row) if row else None

    async def add(
        self,
        order: Order,
        asked: RefundAsked,
        channel_refund_no: str,
        fails_as: str,
        now: datetime,
        settle_at: datetime,
    ) -> Refund | None:
        """Keep a refund as accepted; None when another has taken its number meanwhile."""
        added = await self._session.scalars(
            insert(RefundRow)
            .values(
                order_id=order.order_id,
                channel=asked.channel,
                scope=asked.scope,
                merchant_refund_no=asked.merchant_refund_no,
                channel_refund_no=channel_refund_no,
                amount_minor=asked.amount_minor,
                fee_minor=0,
                reason=asked.reason,
                notify_url=asked.notify_url,
                state=RefundState.PROCESSING,
                fails_as=fails_as,
                accepted_at=now,
                settle_at=settle_at,
            )
            .on_conflict_do_nothing(index_elements=["channel", "scope", "merchant_refund_no"])
            .returning(RefundRow)
        )
        row = added.one_or_none()
        return _refund(row, order.asked.merchant_order_no) if row else None

    async def save(self, refund: Refund) -> None:
        """Write what has become of a refund whose order is locked."""
        await self._session.execute(
            update(RefundRow)
            .where(RefundRow.refund_id == refund.refund_id)
            .values(state=refund.state, fee_minor=refund.fee_minor, settle_at=refund.settle_at, done_at=refund.done_at)
            .execution_options(synchronize_session=False)
        )

    async def due(self, now: datetime, limit: int) -> list[Refund]:
        """Refunds whose end has come."""
        found = await self._session.execute(
            _refunds().where(RefundRow.settle_at <= now).order_by(RefundRow.refund_id).limit(limit)
        )
        return [_refund(*row) for row in found]

    async def find_due(self, refund_id: int, now: datetime) -> Refund | None:
        """A refund whose end has come, unless it has ended meanwhile; its order is locked."""
        found = await self._session.execute(
            _refunds().where(RefundRow.refund_id == refund_id, RefundRow.settle_at <= now)
        )
        row = found.one_or_none()
        return _refund(*row) if row else None

    async def of_orders(self, order_ids: Sequence[int]) -> list[Refund]:
        """All refunds of some orders, in the order in which they were accepted."""
        found = await self._session.execute(
            _refunds().where(RefundRow.order_id.in_(order_ids)).order_by(RefundRow.refund_id)
        )
        return [_refund(*row) for row in found]

    async def accepted_between(
        self, channel: Channel, start: datetime, end: datetime
    ) -> Sequence[tuple[Order, Refund]]:
        """What was accepted from `start` to before `end`, in that order, failed ones too, each with its order."""
        found = await self._session.execute(
            select(PayOrderRow, RefundRow)
            .join(RefundRow, RefundRow.order_id == PayOrderRow.order_id)
            .where(RefundRow.channel == channel, RefundRow.accepted_at >= start, RefundRow.accepted_at < end)
            .order_by(RefundRow.accepted_at, RefundRow.refund_id)
        )
        return [(order_of(order), _refund(refund, order.merchant_order_no)) for order, refund in found]


def _refunds() -> Select[RefundRow, str]:
    return (
        select(RefundRow, PayOrderRow.merchant_order_no)
        .join(PayOrderRow, PayOrderRow.order_id == RefundRow.order_id)
        .execution_options(populate_existing=True)
    )


def _refund(row: RefundRow, merchant_order_no: str) -> Refund:
    asked = RefundAsked(
        channel=Channel(row.channel),
        merchant_refund_no=row.merchant_refund_no,
        scope=row.scope,
        amount_minor=row.amount_minor,
        reason=row.reason,
        notify_url=row.notify_url,
    )
    return Refund(
        refund_id=row.refund_id,
        order_id=row.order_id,
        asked=asked,
        merchant_order_no=merchant_order_no,
        channel_refund_no=row.channel_refund_no,
        fee_minor=row.fee_minor,
        state=RefundState(row.state),
        fails_as=row.fails_as,
        accepted_at=row.accepted_at,
        settle_at=row.settle_at,
        done_at=row.done_at,
    )
