"""SQL of payments as their channels are asked about them. It moves no payment: store/payment.py does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.payments.domain.channel_order import ChannelOrder
from services.payments.domain.payment import Payment
from services.payments.tables.channel_order import (
    ChannelOrderKeyRow,
    ChannelOrderRow,
    channel_order_columns,
    to_channel_order,
)
from services.payments.tables.payment import PaymentRow, to_payment

_AS_IT_IS_NOW = {"populate_existing": True}


@dataclass(frozen=True, slots=True)
class Started:
    """A payment that was started here, with how it is asked for at its channel."""

    payment: Payment
    order: ChannelOrder


@dataclass(frozen=True, slots=True)
class AttentionKey:
    """Where a page of what needs a person ended."""

    attention_time: datetime
    payment_id: str


async def add(session: AsyncSession, order: ChannelOrder, merchant_order_no: str) -> bool:
    """Insert the order of a payment that is taken in by the same transaction.

    False, and nothing is written, when the account has that number at its channel for another payment.
    """
    key = insert(ChannelOrderKeyRow).values(
        account_id=order.account_id, merchant_order_no=merchant_order_no, payment_id=order.payment_id
    )
    taken = await session.execute(key.on_conflict_do_nothing().returning(ChannelOrderKeyRow.payment_id))
    if taken.first() is None:
        return False
    await session.execute(insert(ChannelOrderRow).values(**channel_order_columns(order)))
    return True


async def payment_id_of(session: AsyncSession, account_id: str, merchant_order_no: str) -> str | None:
    """The payment that a number stands for at an account's channel; None when it was not started here."""
    row = await session.get(ChannelOrderKeyRow, (account_id, merchant_order_no))
    return None if row is None else row.payment_id


async def get(session: AsyncSession, payment_id: str) -> Started | None:
    """A payment that was started here; None when there is none by that id, or it was recorded."""
    return await _one(session, _started().where(PaymentRow.payment_id == payment_id))


async def lock(session: AsyncSession, payment_id: str) -> Started:
    """A payment that was started here, with its order kept from other changes until the end of the transaction.

    The payment itself is not locked: who moves it names the states that it may leave.
    """
    order_locked = select(ChannelOrderRow).where(ChannelOrderRow.payment_id == payment_id).with_for_update()
    await session.execute(order_locked)
    started = await _one(session, _started().where(PaymentRow.payment_id == payment_id))
    assert started is not None, f"{payment_id} was started here a moment ago"
    return started


async def write(session: AsyncSession, order: ChannelOrder) -> None:
    """Write an order that is locked."""
    columns = channel_order_columns(order)
    statement = update(ChannelOrderRow).where(ChannelOrderRow.payment_id == order.payment_id).values(**columns)
    await session.execute(statement.execution_options(synchronize_session=False))


async def claim_due(session: AsyncSession, now: datetime, lease_until: datetime, limit: int) -> Sequence[Started]:
    """Take the orders that fell due first and that no one else holds, and count the poll; they fall due again later."""
    due = (
        select(ChannelOrderRow.payment_id)
        .where(ChannelOrderRow.next_poll_time <= now)
        .order_by(ChannelOrderRow.next_poll_time)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    claimed = (
        update(ChannelOrderRow)
        .where(ChannelOrderRow.payment_id == due.c.payment_id)
        .values(next_poll_time=lease_until, poll_count=ChannelOrderRow.poll_count + 1)
        .returning(ChannelOrderRow.payment_id)
        .execution_options(synchronize_session=False)
    )
    payment_ids = (await session.scalars(claimed)).all()
    if not payment_ids:
        return ()
    rows = await session.execute(_started().where(PaymentRow.payment_id.in_(payment_ids)))
    return [Started(to_payment(payment), to_channel_order(order)) for payment, order in rows]


async def with_attention(session: AsyncSession, after: AttentionKey | None, limit: int) -> Sequence[Started]:
    """The payments that need a person, longest waiting first, behind a key."""
    key = tuple_(ChannelOrderRow.attention_time, ChannelOrderRow.payment_id)
    statement = _started().where(ChannelOrderRow.attention_time.is_not(None)).order_by(*key).limit(limit)
    if after is not None:
        statement = statement.where(key > tuple_(after.attention_time, after.payment_id))
    return [
        Started(to_payment(payment), to_channel_order(order)) for payment, order in await session.execute(statement)
    ]


def _started() -> Select[PaymentRow, ChannelOrderRow]:
    # On both sides, so that the planner leaves out the months of neither.
    joined = ChannelOrderRow.payment_id == PaymentRow.payment_id
    return select(PaymentRow, ChannelOrderRow).join(ChannelOrderRow, joined)


async def _one(session: AsyncSession, statement: Select[PaymentRow, ChannelOrderRow]) -> Started | None:
    found = (await session.execute(statement, execution_options=_AS_IT_IS_NOW)).one_or_none()
    return None if found is None else Started(to_payment(found[0]), to_channel_order(found[1]))
