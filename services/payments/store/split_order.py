"""SQL of orders that are paid in several parts. It reads payments and moves none."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.money import Money
from services.payments.domain.split_order import Part, PartContent, SplitOrder, SplitOrderContent
from services.payments.tables.intake import OrderKeyRow
from services.payments.tables.payment import PaymentRow, to_payment
from services.payments.tables.split_order import SplitOrderPartRow, SplitOrderRow


async def add(session: AsyncSession, content: SplitOrderContent, now: datetime) -> bool:
    """Insert an order unless its number is taken; waits for a transaction that is about to take it."""
    statement = (
        insert(SplitOrderRow)
        .values(
            merchant_id=content.merchant_id,
            split_order_no=content.split_order_no,
            currency_code=content.total.currency_code,
            total_minor=content.total.amount_minor,
            create_time=now,
        )
        .on_conflict_do_nothing()
        .returning(SplitOrderRow.split_order_no)
    )
    return (await session.execute(statement)).first() is not None


async def add_parts(session: AsyncSession, content: SplitOrderContent) -> Sequence[str]:
    """Insert the parts of a new order; the numbers that are parts of other orders already, for which none is."""
    rows = [
        {
            "merchant_id": content.merchant_id,
            "merchant_order_no": part.merchant_order_no,
            "split_order_no": content.split_order_no,
            "place": place,
            "amount_minor": part.amount.amount_minor,
        }
        # In one order everywhere, so that two orders with the same numbers cannot lock each other out.
        for place, part in sorted(enumerate(content.parts), key=lambda each: each[1].merchant_order_no)
    ]
    statement = insert(SplitOrderPartRow).values(rows).on_conflict_do_nothing()
    added = set(await session.scalars(statement.returning(SplitOrderPartRow.merchant_order_no)))
    return [part.merchant_order_no for part in content.parts if part.merchant_order_no not in added]


async def get(session: AsyncSession, merchant_id: str, split_order_no: str) -> SplitOrder | None:
    """The order by that number, with its parts as their payments stand."""
    row = await session.get(SplitOrderRow, (merchant_id, split_order_no))
    if row is None:
        return None
    parts = await _parts(session, row)
    content = SplitOrderContent(
        merchant_id, split_order_no, Money(row.currency_code, row.total_minor), tuple(part.content for part in parts)
    )
    return SplitOrder(content, parts, row.create_time)


async def _parts(session: AsyncSession, order: SplitOrderRow) -> tuple[Part, ...]:
    key_of_part = and_(
        OrderKeyRow.merchant_id == SplitOrderPartRow.merchant_id,
        OrderKeyRow.merchant_order_no == SplitOrderPartRow.merchant_order_no,
    )
    statement = (
        select(SplitOrderPartRow, OrderKeyRow.payment_id, PaymentRow)
        .outerjoin(OrderKeyRow, key_of_part)
        .outerjoin(PaymentRow, PaymentRow.payment_id == OrderKeyRow.payment_id)
        .where(
            SplitOrderPartRow.merchant_id == order.merchant_id,
            SplitOrderPartRow.split_order_no == order.split_order_no,
        )
        .order_by(SplitOrderPartRow.place)
    )
    return tuple(
        Part(
            PartContent(part.merchant_order_no, Money(order.currency_code, part.amount_minor)),
            payment_id or "",
            None if payment is None else to_payment(payment),
        )
        for part, payment_id, payment in await session.execute(statement)
    )
