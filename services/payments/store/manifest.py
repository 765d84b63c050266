"""SQL of manifests: the payments of a channel's business day that the feed has told."""

from collections.abc import AsyncIterator
from datetime import date

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.money import Money
from services.payments.domain.payment import State
from services.payments.domain.slice_manifest import SliceLine
from services.payments.tables.feed import FeedRow
from services.payments.tables.payment import PaymentRow

_SLICE_ROWS_AT_ONCE = 1_000


async def read_one_snapshot(session: AsyncSession) -> None:
    """Let every statement of this transaction, which has none yet, see the same instant."""
    await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


async def slice_lines(session: AsyncSession, channel: str, day: date) -> AsyncIterator[list[SliceLine]]:
    """The payments of a channel's business day that the feed has told as succeeded, in batches."""
    told = exists().where(
        FeedRow.payment_id == PaymentRow.payment_id,
        FeedRow.sequence.is_not(None),
        FeedRow.state == State.SUCCEEDED.value,
    )
    statement = select(
        PaymentRow.payment_id,
        PaymentRow.merchant_order_no,
        PaymentRow.channel_txn_no,
        PaymentRow.currency_code,
        PaymentRow.amount_minor,
    ).where(PaymentRow.channel == channel, PaymentRow.business_date == day, told)
    streamed = await session.stream(statement, execution_options={"yield_per": _SLICE_ROWS_AT_ONCE})
    async for rows in streamed.partitions():
        yield [
            SliceLine(
                row.payment_id,
                row.merchant_order_no,
                row.channel_txn_no,
                Money(row.currency_code, row.amount_minor),
            )
            for row in rows
        ]
