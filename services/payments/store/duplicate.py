"""SQL of duplicate payments: finding, closing and listing cases. No row of theirs is ever changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, and_, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.payments.domain.bill import BillKey
from services.payments.domain.duplicate import Closing, Duplicate, DuplicateState, KnownCase
from services.payments.store.keys import told_keys
from services.payments.tables.bill import BillPaymentRow
from services.payments.tables.duplicate import (
    DuplicateClosingRow,
    DuplicateRow,
    closing_rows,
    duplicate_columns,
    to_duplicate,
)


@dataclass(frozen=True, slots=True)
class DuplicateFilter:
    """Which cases a list wants; an empty text and None mean every value."""

    merchant_id: str = ""
    bill_no: str = ""
    state: DuplicateState | None = None


@dataclass(frozen=True, slots=True)
class DuplicatePlace:
    """Where a page ended: the place of its last case among all, newest first."""

    create_time: datetime
    duplicate_id: str


async def known_cases(session: AsyncSession, keys: Sequence[BillKey]) -> dict[BillKey, list[KnownCase]]:
    """The cases of bills, by bill; a bill without one is left out."""
    told = told_keys(keys)
    statement = (
        select(DuplicateRow, DuplicateClosingRow.state)
        .join(told, and_(DuplicateRow.merchant_id == told.c.merchant_id, DuplicateRow.bill_no == told.c.number))
        .outerjoin(DuplicateClosingRow, DuplicateClosingRow.duplicate_id == DuplicateRow.duplicate_id)
        .order_by(DuplicateRow.duplicate_id)
    )
    found: dict[BillKey, list[KnownCase]] = {}
    for row, state in await session.execute(statement):
        case = KnownCase(row.duplicate_id, row.payment_id, DuplicateState(state or DuplicateState.OPEN.value))
        found.setdefault((row.merchant_id, row.bill_no), []).append(case)
    return found


async def add_cases(session: AsyncSession, cases: Sequence[Duplicate]) -> None:
    """Insert cases that were found."""
    await session.execute(insert(DuplicateRow).values([duplicate_columns(case) for case in cases]))


async def close_cases(session: AsyncSession, closings: Mapping[str, Closing]) -> set[str]:
    """Insert closings unless there is one, by case; returns the cases that these have closed."""
    statement = (
        insert(DuplicateClosingRow)
        .values(closing_rows(closings))
        .on_conflict_do_nothing(index_elements=["duplicate_id"])
        .returning(DuplicateClosingRow.duplicate_id)
    )
    return set(await session.scalars(statement))


async def case(session: AsyncSession, duplicate_id: str) -> Duplicate | None:
    """The case by that id."""
    found = await _cases(session, _select().where(DuplicateRow.duplicate_id == duplicate_id))
    return found[0] if found else None


async def cases_page(
    session: AsyncSession, wanted: DuplicateFilter, after: DuplicatePlace | None, limit: int
) -> list[Duplicate]:
    """Cases behind a place, newest first."""
    place = (DuplicateRow.create_time, DuplicateRow.duplicate_id)
    statement = _filtered(_select(), wanted).order_by(*(column.desc() for column in place)).limit(limit)
    if after is not None:
        statement = statement.where(tuple_(*place) < tuple_(after.create_time, after.duplicate_id))
    return await _cases(session, statement)


CaseSelect = Select[DuplicateRow, DuplicateClosingRow | None, int]


def _select() -> CaseSelect:
    of_bill = and_(
        BillPaymentRow.merchant_id == DuplicateRow.merchant_id,
        BillPaymentRow.bill_no == DuplicateRow.bill_no,
        BillPaymentRow.payment_id == DuplicateRow.payment_id,
    )
    return (
        select(DuplicateRow, DuplicateClosingRow, func.coalesce(BillPaymentRow.left_minor, 0))
        .outerjoin(DuplicateClosingRow, DuplicateClosingRow.duplicate_id == DuplicateRow.duplicate_id)
        .outerjoin(BillPaymentRow, of_bill)
    )


async def _cases(session: AsyncSession, statement: CaseSelect) -> list[Duplicate]:
    return [to_duplicate(row, closing, left) for row, closing, left in await session.execute(statement)]


def _filtered(statement: CaseSelect, wanted: DuplicateFilter) -> CaseSelect:
    if wanted.merchant_id:
        statement = statement.where(DuplicateRow.merchant_id == wanted.merchant_id)
    if wanted.bill_no:
        statement = statement.where(DuplicateRow.bill_no == wanted.bill_no)
    if wanted.state is DuplicateState.OPEN:
        statement = statement.where(DuplicateClosingRow.state.is_(None))
    elif wanted.state is not None:
        statement = statement.where(DuplicateClosingRow.state == wanted.state.value)
    return statement
