"""SQL of bills: telling them, reading them, and what the action made of them. It decides nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, and_, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.payments.domain.bill import OWED, Bill, BillKey, BillState, Category
from services.payments.store.keys import told_keys
from services.payments.tables.bill import BillRequestRow, BillRow, to_bill

# Nothing is paid of what was just told; the state says so.
_ADD = text("""
    INSERT INTO bills (merchant_id, bill_no, category, description, currency_code, amount_minor, due_date,
        payer_account, payer_name, create_time, state, paid_minor, reconciled_minor, cancel_reason, version)
    SELECT told.*, 'UNPAID', 0, 0, '', 1
    FROM unnest(CAST(:merchant_ids AS text[]), CAST(:bill_nos AS text[]), CAST(:categories AS text[]),
        CAST(:descriptions AS text[]), CAST(:currency_codes AS text[]), CAST(:amounts AS bigint[]),
        CAST(:due_dates AS date[]), CAST(:payer_accounts AS text[]), CAST(:payer_names AS text[]),
        CAST(:create_times AS timestamptz[])) AS told
    ON CONFLICT (merchant_id, bill_no) DO NOTHING
    RETURNING merchant_id, bill_no
""")
# What is settled or cancelled changes in these columns only.
_SAVE = text("""
    UPDATE bills SET state = told.state, paid_minor = told.paid_minor, reconciled_minor = told.reconciled_minor,
        cancel_time = told.cancel_time, cancel_reason = told.cancel_reason, version = told.version
    FROM unnest(CAST(:merchant_ids AS text[]), CAST(:bill_nos AS text[]), CAST(:states AS text[]),
        CAST(:paid AS bigint[]), CAST(:reconciled AS bigint[]), CAST(:cancel_times AS timestamptz[]),
        CAST(:cancel_reasons AS text[]), CAST(:versions AS bigint[]))
        AS told (merchant_id, bill_no, state, paid_minor, reconciled_minor, cancel_time, cancel_reason, version)
    WHERE bills.merchant_id = told.merchant_id AND bills.bill_no = told.bill_no AND bills.version = told.version - 1
""")
_FORGET = text("""
    DELETE FROM bill_requests WHERE request_id IN (
        SELECT request_id FROM bill_requests WHERE create_time < :before ORDER BY create_time LIMIT :limit
    )
""")


@dataclass(frozen=True, slots=True)
class BillFilter:
    """Which bills a list wants; an empty text and None mean every value.

    `overdue_on` wants those that were due before that day and are not paid.
    """

    merchant_id: str = ""
    state: BillState | None = None
    category: Category | None = None
    overdue_on: date | None = None


@dataclass(frozen=True, slots=True)
class BillPlace:
    """Where a page ended: the place of its last bill among all, newest first."""

    create_time: datetime
    merchant_id: str
    bill_no: str


async def read_one_snapshot(session: AsyncSession) -> None:
    """Let every statement of this transaction, whose first this is, see the same."""
    await session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))


async def add_bills(session: AsyncSession, bills: Sequence[Bill]) -> set[BillKey]:
    """Insert bills whose numbers are free and return their keys; waits for who is about to take one of the others.

    They are taken in order of their keys, so that two batches never wait for each other.
    """
    in_order = sorted(bills, key=lambda bill: bill.content.key)
    values = {
        "merchant_ids": [bill.content.merchant_id for bill in in_order],
        "bill_nos": [bill.content.bill_no for bill in in_order],
        "categories": [bill.content.category.value for bill in in_order],
        "descriptions": [bill.content.description for bill in in_order],
        "currency_codes": [bill.content.amount.currency_code for bill in in_order],
        "amounts": [bill.content.amount.amount_minor for bill in in_order],
        "due_dates": [bill.content.due_date for bill in in_order],
        "payer_accounts": [bill.content.payer_account for bill in in_order],
        "payer_names": [bill.content.payer_name for bill in in_order],
        "create_times": [bill.create_time for bill in in_order],
    }
    return {(row.merchant_id, row.bill_no) for row in await session.execute(_ADD, values)}


async def bills_of(session: AsyncSession, keys: Sequence[BillKey]) -> dict[BillKey, Bill]:
    """The bills with these keys, by key; what is no bill is left out."""
    told = told_keys(keys)
    statement = select(BillRow).join(
        told, and_(BillRow.merchant_id == told.c.merchant_id, BillRow.bill_no == told.c.number)
    )
    found = [to_bill(row) for row in await session.scalars(statement)]
    return {bill.content.key: bill for bill in found}


async def save_bills(session: AsyncSession, bills: Sequence[Bill]) -> None:
    """Write what became of bills, each one version further. The head of bills must be locked since they were read."""
    result = await session.execute(
        _SAVE,
        {
            "merchant_ids": [bill.content.merchant_id for bill in bills],
            "bill_nos": [bill.content.bill_no for bill in bills],
            "states": [bill.state.value for bill in bills],
            "paid": [bill.paid.amount_minor for bill in bills],
            "reconciled": [bill.reconciled.amount_minor for bill in bills],
            "cancel_times": [bill.cancel_time for bill in bills],
            "cancel_reasons": [bill.cancel_reason for bill in bills],
            "versions": [bill.version for bill in bills],
        },
    )
    assert result.rowcount == len(bills), "a bill was changed without the lock"  # type: ignore[attr-defined]


async def bills_page(session: AsyncSession, wanted: BillFilter, after: BillPlace | None, limit: int) -> list[Bill]:
    """Bills behind a place, newest first."""
    place = (BillRow.create_time, BillRow.merchant_id, BillRow.bill_no)
    statement = _filtered(select(BillRow), wanted).order_by(*(column.desc() for column in place)).limit(limit)
    if after is not None:
        statement = statement.where(tuple_(*place) < tuple_(after.create_time, after.merchant_id, after.bill_no))
    return [to_bill(row) for row in await session.scalars(statement)]


async def add_request(session: AsyncSession, request_id: str, fingerprint: bytes, now: datetime) -> bytes:
    """Insert the use of a request_id unless it is taken, and return the fingerprint that it stands for."""
    statement = (
        insert(BillRequestRow)
        .values(request_id=request_id, fingerprint=fingerprint, create_time=now)
        .on_conflict_do_nothing(index_elements=["request_id"])
    )
    await session.execute(statement)
    kept = select(BillRequestRow.fingerprint).where(BillRequestRow.request_id == request_id)
    return (await session.execute(kept)).scalar_one()


async def forget_requests(session: AsyncSession, before: datetime, limit: int) -> int:
    """Delete the oldest uses of request ids that are older than that; returns how many."""
    result = await session.execute(_FORGET, {"before": before, "limit": limit})
    return int(result.rowcount)  # type: ignore[attr-defined]


def _filtered(statement: Select[BillRow], wanted: BillFilter) -> Select[BillRow]:
    if wanted.merchant_id:
        statement = statement.where(BillRow.merchant_id == wanted.merchant_id)
    if wanted.state is not None:
        statement = statement.where(BillRow.state == wanted.state.value)
    if wanted.category is not None:
        statement = statement.where(BillRow.category == wanted.category.value)
    if wanted.overdue_on is not None:
        owed = [state.value for state in OWED]
        statement = statement.where(BillRow.due_date < wanted.overdue_on, BillRow.state.in_(owed))
    return statement
