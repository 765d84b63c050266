"""SQL of the invoice and of the request_ids that asked for one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.money import Money
from services.invoice_sync.domain.invoice import Document, Invoice, Party
from services.invoice_sync.domain.sync_state import FINAL, SyncState
from services.invoice_sync.tables import invoice, outbox, request

_REFERRED_MAX = 10


async def add(session: AsyncSession, made: Invoice) -> None:
    """Write a new invoice."""
    await session.execute(
        insert(invoice).values(
            invoice_id=made.invoice_id,
            payment_id=made.payment_id,
            merchant_id=made.merchant_id,
            merchant_order_no=made.merchant_order_no,
            currency_code=made.amount.currency_code,
            amount_minor=made.amount.amount_minor,
            seller_name=made.seller.name,
            seller_tax_id=made.seller.tax_id,
            buyer_title=made.buyer.name,
            buyer_tax_id=made.buyer.tax_id,
            document=made.document.content,
            document_sha256=made.document.sha256,
            idempotency_key=made.idempotency_key,
            sync_state=made.sync_state.value,
            invoice_number=made.invoice_number,
            submit_count=made.submit_count,
            attempt_count=made.attempt_count,
            look_count=made.look_count,
            settle_from=made.settle_from,
            state_time=made.state_time,
            create_time=made.create_time,
            traceparent=made.traceparent,
            payment_traceparent=made.payment_traceparent,
            issued_by=made.issued_by,
        )
    )


async def get(session: AsyncSession, invoice_id: str) -> Invoice | None:
    """One invoice."""
    asked = select(invoice).where(invoice.c.invoice_id == invoice_id)
    row = (await session.execute(asked)).mappings().one_or_none()
    return None if row is None else _invoice(row)


async def lock(session: AsyncSession, invoice_ids: Sequence[str]) -> Sequence[Invoice]:
    """Hold some invoices; the caller holds their outbox rows already."""
    asked = (
        select(invoice).where(invoice.c.invoice_id.in_(invoice_ids)).order_by(invoice.c.invoice_id).with_for_update()
    )
    return [_invoice(row) for row in (await session.execute(asked)).mappings()]


async def change(session: AsyncSession, invoice_id: str, **values: Any) -> None:
    """Set some columns of an invoice."""
    await session.execute(update(invoice).where(invoice.c.invoice_id == invoice_id).values(**values))


async def begin_submits(session: AsyncSession, invoice_ids: Sequence[str], now: datetime) -> dict[str, int]:
    """Move some invoices to SENDING and count one more attempt for each; the number of that attempt, by invoice."""
    counted = (
        update(invoice)
        .where(invoice.c.invoice_id.in_(invoice_ids))
        .values(
            sync_state=SyncState.SENDING.value,
            state_time=now,
            submit_count=invoice.c.submit_count + 1,
            attempt_count=invoice.c.attempt_count + 1,
        )
        .returning(invoice.c.invoice_id, invoice.c.attempt_count)
    )
    return {row.invoice_id: row.attempt_count for row in await session.execute(counted)}


async def begin_question(session: AsyncSession, invoice_id: str) -> int:
    """Count one more attempt for an invoice; the number of that attempt."""
    counted = (
        update(invoice)
        .where(invoice.c.invoice_id == invoice_id)
        .values(attempt_count=invoice.c.attempt_count + 1)
        .returning(invoice.c.attempt_count)
    )
    number: int = (await session.execute(counted)).scalar_one()
    return number


async def referred(session: AsyncSession, reference: str) -> Sequence[Invoice]:
    """The invoices that an id, a number, a payment or an order number names; ids go first, ten at most."""
    asked = (
        select(invoice)
        .where(
            or_(
                invoice.c.invoice_id == reference,
                (invoice.c.invoice_number == reference) & (invoice.c.invoice_number != ""),
                invoice.c.payment_id == reference,
                invoice.c.merchant_order_no == reference,
            )
        )
        .order_by(
            (invoice.c.invoice_id == reference).desc(), (invoice.c.payment_id == reference).desc(), invoice.c.invoice_id
        )
        .limit(_REFERRED_MAX)
    )
    return [_invoice(row) for row in (await session.execute(asked)).mappings()]


async def page(
    session: AsyncSession,
    limit: int,
    before: str,
    merchant_id: str,
    payment_id: str,
    sync_state: SyncState | None,
) -> Sequence[tuple[Invoice, datetime | None]]:
    """Newest first, with when each is next looked at; ids sort by the time of their making."""
    asked = select(invoice, outbox.c.due_at).outerjoin(outbox, outbox.c.invoice_id == invoice.c.invoice_id)
    if before:
        asked = asked.where(invoice.c.invoice_id < before)
    if merchant_id:
        asked = asked.where(invoice.c.merchant_id == merchant_id)
    if payment_id:
        asked = asked.where(invoice.c.payment_id == payment_id)
    if sync_state is not None:
        asked = asked.where(invoice.c.sync_state == sync_state.value)
    rows = (await session.execute(asked.order_by(invoice.c.invoice_id.desc()).limit(limit))).mappings()
    return [(_invoice(row), row["due_at"]) for row in rows]


async def summary(session: AsyncSession, merchant_id: str) -> Sequence[tuple[SyncState, int, Money]]:
    """Count and sum by state and currency."""
    asked = select(
        invoice.c.sync_state,
        invoice.c.currency_code,
        func.count().label("invoice_count"),
        func.sum(invoice.c.amount_minor).label("amount_minor"),
    ).group_by(invoice.c.sync_state, invoice.c.currency_code)
    if merchant_id:
        asked = asked.where(invoice.c.merchant_id == merchant_id)
    rows = await session.execute(asked.order_by(invoice.c.sync_state, invoice.c.currency_code))
    return [
        (SyncState(row.sync_state), row.invoice_count, Money(row.currency_code, int(row.amount_minor))) for row in rows
    ]


async def newest_booked(session: AsyncSession) -> Invoice | None:
    """An invoice that the authority is known to hold: what a blind query service is found out by."""
    asked = (
        select(invoice)
        .where(invoice.c.sync_state == SyncState.BOOKED.value)
        .order_by(invoice.c.invoice_id.desc())
        .limit(1)
    )
    row = (await session.execute(asked)).mappings().one_or_none()
    return None if row is None else _invoice(row)


async def count_open(session: AsyncSession) -> int:
    """How many are on their way."""
    onward = [state.value for state in SyncState if state not in FINAL]
    asked = select(func.count()).select_from(invoice).where(invoice.c.sync_state.in_(onward))
    return (await session.execute(asked)).scalar_one()


async def without_outbox(session: AsyncSession, limit: int) -> Sequence[Invoice]:
    """Invoices on their way that nothing is due for; held, those that someone else holds left out."""
    onward = [state.value for state in SyncState if state not in FINAL]
    due = select(outbox.c.invoice_id).where(outbox.c.invoice_id == invoice.c.invoice_id)
    asked = (
        select(invoice)
        .where(invoice.c.sync_state.in_(onward), ~due.exists())
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [_invoice(row) for row in (await session.execute(asked)).mappings()]


async def asked_by(session: AsyncSession, request_id: str) -> tuple[str, str] | None:
    """The fingerprint and the invoice that a request_id stands for."""
    asked = select(request.c.fingerprint, request.c.invoice_id).where(request.c.request_id == request_id)
    row = (await session.execute(asked)).one_or_none()
    return None if row is None else (row.fingerprint, row.invoice_id)


async def note_request(
    session: AsyncSession, request_id: str, fingerprint: str, invoice_id: str, now: datetime
) -> bool:
    """Write what a request_id stands for; False when it stands for something already."""
    noted = (
        insert(request)
        .values(request_id=request_id, fingerprint=fingerprint, invoice_id=invoice_id, create_time=now)
        .on_conflict_do_nothing(index_elements=[request.c.request_id])
        .returning(request.c.request_id)
    )
    return await session.scalar(noted) is not None


def _invoice(row: RowMapping) -> Invoice:
    return Invoice(
        invoice_id=row["invoice_id"],
        payment_id=row["payment_id"],
        merchant_id=row["merchant_id"],
        merchant_order_no=row["merchant_order_no"],
        amount=Money(row["currency_code"], row["amount_minor"]),
        seller=Party(row["seller_name"], row["seller_tax_id"]),
        buyer=Party(row["buyer_title"], row["buyer_tax_id"]),
        document=Document(row["document"], row["document_sha256"]),
        idempotency_key=row["idempotency_key"],
        sync_state=SyncState(row["sync_state"]),
        invoice_number=row["invoice_number"],
        submit_count=row["submit_count"],
        attempt_count=row["attempt_count"],
        look_count=row["look_count"],
        ack_time=row["ack_time"],
        book_time=row["book_time"],
        settle_from=row["settle_from"],
        state_time=row["state_time"],
        create_time=row["create_time"],
        traceparent=row["traceparent"],
        payment_traceparent=row["payment_traceparent"],
        issued_by=row["issued_by"],
    )
