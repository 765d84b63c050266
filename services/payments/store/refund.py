"""SQL of refunds and of what channels took back. It moves no money of a payment: money_left does."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.payments.domain.refund import Refund, RefundState, states_before
from services.payments.tables.intake import RequestRow
from services.payments.tables.refund import (
    RefundKeyRow,
    RefundRow,
    moving_columns,
    refund_columns,
    to_refund,
)

REFUND = "REFUND"
AT_ACCOUNT = "REFUND_AT_ACCOUNT"


@dataclass(frozen=True, slots=True)
class FactKey:
    """A number for ever: whose, of which kind (REFUND, REFUND_AT_ACCOUNT, or that of a takeback), and the number."""

    owner_id: str
    kind: str
    number: str


@dataclass(frozen=True, slots=True)
class KeptFact:
    """What holds a number: the fact, and the payment that it is of."""

    payment_id: str
    fact_id: str


@dataclass(frozen=True, slots=True)
class RefundFilter:
    """Which refunds a list wants; an empty text and None mean every value."""

    payment_id: str = ""
    merchant_id: str = ""
    merchant_refund_no: str = ""
    state: RefundState | None = None
    needs_attention: bool = False


async def add_key(session: AsyncSession, key: FactKey, holder: KeptFact) -> bool:
    """Take a number unless it is taken; waits for a transaction that is about to take it."""
    statement = (
        insert(RefundKeyRow)
        .values(
            owner_id=key.owner_id,
            kind=key.kind,
            number=key.number,
            payment_id=holder.payment_id,
            fact_id=holder.fact_id,
        )
        .on_conflict_do_nothing()
        .returning(RefundKeyRow.fact_id)
    )
    return (await session.execute(statement)).first() is not None


async def holder_of(session: AsyncSession, key: FactKey) -> KeptFact | None:
    """What holds a number; None when it is free."""
    row = await session.get(RefundKeyRow, (key.owner_id, key.kind, key.number))
    return None if row is None else KeptFact(row.payment_id, row.fact_id)


async def add_request(
    session: AsyncSession, request_id: str, fingerprint: bytes, payment_id: str, now: datetime
) -> bool:
    """Take a request_id unless it is taken; waits for a transaction that is about to take it."""
    statement = (
        insert(RequestRow)
        .values(request_id=request_id, fingerprint=fingerprint, payment_id=payment_id, create_time=now)
        .on_conflict_do_nothing()
        .returning(RequestRow.request_id)
    )
    return (await session.execute(statement)).first() is not None


async def fingerprint_of(session: AsyncSession, request_id: str) -> bytes:
    """What a request_id that is taken was used for."""
    statement = select(RequestRow.fingerprint).where(RequestRow.request_id == request_id)
    return (await session.execute(statement)).scalar_one()


async def add(session: AsyncSession, refund: Refund) -> None:
    """Insert a refund."""
    await session.execute(insert(RefundRow).values(**refund_columns(refund)))


async def get(session: AsyncSession, refund_id: str) -> Refund | None:
    """The refund by that id."""
    row = (await session.scalars(select(RefundRow).where(RefundRow.refund_id == refund_id))).one_or_none()
    return None if row is None else to_refund(row)


async def by_id(session: AsyncSession, kept: Collection[tuple[str, str]]) -> dict[str, Refund]:
    """Refunds by (payment_id, refund_id), keyed by refund_id; those that are not there are left out."""
    statement = select(RefundRow).where(tuple_(RefundRow.payment_id, RefundRow.refund_id).in_(kept))
    found = await session.scalars(statement) if kept else ()
    return {row.refund_id: to_refund(row) for row in found}


async def get_of(session: AsyncSession, kept: KeptFact) -> Refund | None:
    """The refund that holds a number; None when its payment was archived."""
    row = await session.get(RefundRow, (kept.payment_id, kept.fact_id))
    return None if row is None else to_refund(row)


async def lock(session: AsyncSession, payment_id: str, refund_id: str) -> Refund:
    """The refund as it stands, kept from other changes until the end of the transaction."""
    statement = (
        select(RefundRow)
        .where(RefundRow.payment_id == payment_id, RefundRow.refund_id == refund_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return to_refund((await session.scalars(statement)).one())


async def write(session: AsyncSession, refund: Refund) -> None:
    """Write what its life changed of a refund, unless its present state has no such move."""
    statement = (
        update(RefundRow)
        .where(
            RefundRow.payment_id == refund.content.payment_id,
            RefundRow.refund_id == refund.refund_id,
            RefundRow.state.in_([state.value for state in states_before(refund.state)]),
        )
        .values(**moving_columns(refund))
        .returning(RefundRow.refund_id)
        .execution_options(synchronize_session=False)
    )
    written = (await session.execute(statement)).first()
    assert written is not None, f"{refund.refund_id} was locked and yet has no move to {refund.state}"


async def call_for_person(session: AsyncSession, refund: Refund, now: datetime) -> None:
    """Show a refund, which may be final, to people; one that is shown already keeps its time."""
    statement = (
        update(RefundRow)
        .where(RefundRow.payment_id == refund.content.payment_id, RefundRow.refund_id == refund.refund_id)
        .values(attention_time=func.coalesce(RefundRow.attention_time, now))
        .execution_options(synchronize_session=False)
    )
    await session.execute(statement)


async def need_nobody(session: AsyncSession, refund: Refund) -> None:
    """Take a refund that has ended off the list of what needs a person."""
    statement = (
        update(RefundRow)
        .where(
            RefundRow.payment_id == refund.content.payment_id,
            RefundRow.refund_id == refund.refund_id,
            RefundRow.finish_time.is_not(None),
        )
        .values(attention_time=None)
        .execution_options(synchronize_session=False)
    )
    await session.execute(statement)


async def claim(session: AsyncSession, refund: Refund, lease_until: datetime) -> Refund:
    """Take one refund out of turn, unless it has ended meanwhile, and count the try; the refund as it stands."""
    statement = (
        update(RefundRow)
        .where(
            RefundRow.payment_id == refund.content.payment_id,
            RefundRow.refund_id == refund.refund_id,
            RefundRow.finish_time.is_(None),
        )
        .values(next_try_time=lease_until, attention_time=None, attempt_count=RefundRow.attempt_count + 1)
        .execution_options(synchronize_session=False)
    )
    await session.execute(statement)
    return await lock(session, refund.content.payment_id, refund.refund_id)


async def claim_due(session: AsyncSession, now: datetime, lease_until: datetime, limit: int) -> list[Refund]:
    """Take the refunds that fell due first and that no one else holds, and count the try; they fall due again later."""
    due = (
        select(RefundRow.payment_id, RefundRow.refund_id)
        .where(RefundRow.next_try_time <= now)
        .order_by(RefundRow.next_try_time)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
        .cte("due")
    )
    statement = (
        update(RefundRow)
        .where(RefundRow.payment_id == due.c.payment_id, RefundRow.refund_id == due.c.refund_id)
        .values(next_try_time=lease_until, attempt_count=RefundRow.attempt_count + 1)
        .returning(RefundRow)
        .execution_options(synchronize_session=False)
    )
    return [to_refund(row) for row in await session.scalars(statement)]


async def page(session: AsyncSession, wanted: RefundFilter, before_id: str, limit: int) -> Sequence[Refund]:
    """Refunds of lower ids than `before_id`, newest first; empty for the newest."""
    statement = select(RefundRow).order_by(RefundRow.refund_id.desc()).limit(limit)
    if wanted.payment_id:
        statement = statement.where(RefundRow.payment_id == wanted.payment_id)
    if wanted.merchant_id:
        statement = statement.where(RefundRow.merchant_id == wanted.merchant_id)
    if wanted.merchant_refund_no:
        statement = statement.where(RefundRow.merchant_refund_no == wanted.merchant_refund_no)
    if wanted.state is not None:
        statement = statement.where(RefundRow.state == wanted.state.value)
    if wanted.needs_attention:
        statement = statement.where(RefundRow.attention_time.is_not(None))
    if before_id:
        statement = statement.where(RefundRow.refund_id < before_id)
    return [to_refund(row) for row in await session.scalars(statement)]
