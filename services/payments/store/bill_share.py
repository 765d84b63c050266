"""SQL of what was given back of each part of a payment. It moves no money and decides nothing."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.payments.domain.bill_share import PartTaken
from services.payments.domain.payment import Payment
from services.payments.domain.refund import RefundState
from services.payments.tables.duplicate import DuplicateRow
from services.payments.tables.refund import RefundRow


async def parts_taken(session: AsyncSession, payment: Payment) -> list[PartTaken]:
    """The parts of a payment that is split; its row must be locked, so that no refund of it comes between."""
    named = (
        select(RefundRow.bill_no, func.sum(RefundRow.amount_minor))
        .where(RefundRow.payment_id == payment.payment_id, RefundRow.state != RefundState.FAILED.value)
        .group_by(RefundRow.bill_no)
    )
    named_minor = {bill_no: int(minor) for bill_no, minor in await session.execute(named)}
    bill_nos = [split.bill_no for split in payment.content.splits]
    found = select(DuplicateRow.bill_no).where(
        DuplicateRow.merchant_id == payment.content.merchant_id,
        DuplicateRow.bill_no.in_(bill_nos),
        DuplicateRow.payment_id == payment.payment_id,
    )
    too_much = set(await session.scalars(found))
    return [
        PartTaken(one.bill_no, one.amount.amount_minor, named_minor.get(one.bill_no, 0), one.bill_no in too_much)
        for one in payment.content.splits
    ]
