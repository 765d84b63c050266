"""SQL of payments: one, or a page of them. It takes none in."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from services.payments.domain.payment import Payment
from services.payments.tables.payment import PaymentRow, to_payment


@dataclass(frozen=True, slots=True)
class PaymentFilter:
    """Which payments a list wants; an empty text and None mean every value."""

    merchant_id: str = ""
    merchant_order_no: str = ""
    channel: str = ""
    business_date: date | None = None


@dataclass(frozen=True, slots=True)
class ListKey:
    """Where a page ended: the place of its last payment among all, newest first."""

    create_time: datetime
    payment_id: str


async def get(session: AsyncSession, payment_id: str) -> Payment | None:
    """The payment by that id."""
    row = await session.get(PaymentRow, payment_id)
    return None if row is None else to_payment(row)


async def page(session: AsyncSession, wanted: PaymentFilter, after: ListKey | None, limit: int) -> list[Payment]:
    """Payments behind a key, newest first."""
    statement = (
        _filtered(select(PaymentRow), wanted)
        .order_by(PaymentRow.create_time.desc(), PaymentRow.payment_id.desc())
        .limit(limit)
    )
    if after is not None:
        key = tuple_(PaymentRow.create_time, PaymentRow.payment_id)
        statement = statement.where(key < tuple_(after.create_time, after.payment_id))
    return [to_payment(row) for row in await session.scalars(statement)]


def _filtered(statement: Select[PaymentRow], wanted: PaymentFilter) -> Select[PaymentRow]:
    if wanted.merchant_id:
        statement = statement.where(PaymentRow.merchant_id == wanted.merchant_id)
    if wanted.merchant_order_no:
        statement = statement.where(PaymentRow.merchant_order_no == wanted.merchant_order_no)
    if wanted.channel:
        statement = statement.where(PaymentRow.channel == wanted.channel)
    if wanted.business_date is not None:
        statement = statement.where(PaymentRow.business_date == wanted.business_date)
    return statement
