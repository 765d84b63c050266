"""SQL of intake: the keys are taken by inserting, so that whoever comes second waits for the first and sees it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.payments.domain.intake import UsedRequest
from services.payments.domain.payment import Payment
from services.payments.tables.payment import PaymentRow, RequestRow, payment_columns, to_payment


async def add_payment(session: AsyncSession, payment: Payment) -> bool:
    """Insert a payment unless its business key is taken; waits for a transaction that is about to take it."""
    statement = (
        insert(PaymentRow)
        .values(**payment_columns(payment))
        .on_conflict_do_nothing(index_elements=["merchant_id", "merchant_order_no"])
        .returning(PaymentRow.payment_id)
    )
    return (await session.execute(statement)).first() is not None


async def add_request(
    session: AsyncSession, request_id: str, fingerprint: bytes, payment_id: str, now: datetime
) -> bool:
    """Insert the use of a request_id unless it is taken; waits for a transaction that is about to take it."""
    statement = (
        insert(RequestRow)
        .values(request_id=request_id, fingerprint=fingerprint, payment_id=payment_id, create_time=now)
        .on_conflict_do_nothing(index_elements=["request_id"])
        .returning(RequestRow.request_id)
    )
    return (await session.execute(statement)).first() is not None


async def used_request(session: AsyncSession, request_id: str) -> UsedRequest:
    """The use of a request_id that is known to be taken."""
    statement = (
        select(RequestRow, PaymentRow)
        .join(PaymentRow, PaymentRow.payment_id == RequestRow.payment_id)
        .where(RequestRow.request_id == request_id)
    )
    request, payment = (await session.execute(statement)).one()
    return UsedRequest(request.request_id, request.fingerprint, to_payment(payment))


async def payment_of_order(session: AsyncSession, merchant_id: str, merchant_order_no: str) -> Payment:
    """The payment of a business key that is known to be taken."""
    statement = select(PaymentRow).where(
        PaymentRow.merchant_id == merchant_id, PaymentRow.merchant_order_no == merchant_order_no
    )
    return to_payment((await session.scalars(statement)).one())
