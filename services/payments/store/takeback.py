"""SQL of what channels took back. It moves no money of a payment: money_left does."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.payments.domain.takeback import Takeback, TakebackKind
from services.payments.store.refund import KeptFact
from services.payments.tables.refund import TakebackRow, takeback_columns, to_takeback


@dataclass(frozen=True, slots=True)
class TakebackFilter:
    """Which facts a list wants; an empty text and None mean every value."""

    payment_id: str = ""
    merchant_id: str = ""
    kind: TakebackKind | None = None


async def add(session: AsyncSession, takeback: Takeback) -> None:
    """Insert a fact."""
    await session.execute(insert(TakebackRow).values(**takeback_columns(takeback)))


async def get_of(session: AsyncSession, kept: KeptFact) -> Takeback | None:
    """The fact that holds a number; None when its payment was archived."""
    row = await session.get(TakebackRow, (kept.payment_id, kept.fact_id))
    return None if row is None else to_takeback(row)


async def page(session: AsyncSession, wanted: TakebackFilter, before_id: str, limit: int) -> Sequence[Takeback]:
    """Facts of lower ids than `before_id`, newest first; empty for the newest."""
    statement = select(TakebackRow).order_by(TakebackRow.takeback_id.desc()).limit(limit)
    if wanted.payment_id:
        statement = statement.where(TakebackRow.payment_id == wanted.payment_id)
    if wanted.merchant_id:
        statement = statement.where(TakebackRow.merchant_id == wanted.merchant_id)
    if wanted.kind is not None:
        statement = statement.where(TakebackRow.kind == wanted.kind.value)
    if before_id:
        statement = statement.where(TakebackRow.takeback_id < before_id)
    return [to_takeback(row) for row in await session.scalars(statement)]
