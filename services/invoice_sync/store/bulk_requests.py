"""SQL of files that ask for invoices: the file, its rows and their results."""

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.invoice_sync.domain.bulk_request import BulkMode, BulkRequest, BulkState, Outcome, RowResult
from services.invoice_sync.domain.bulk_row import Found
from services.invoice_sync.store.confirmations import findings_of
from services.invoice_sync.store.sql import run
from services.invoice_sync.tables import bulk_request, bulk_row, invoice, payment_follow


@dataclass(frozen=True, slots=True)
class RowKept:
    """A row as it is kept: what it asks for is sealed, and empty when the row was wrong."""

    result: RowResult
    amount_minor: int
    sealed: bytes


async def add(session: AsyncSession, made: BulkRequest) -> bool:
    """Write a new one, without rows yet; False when the merchant sent the same bytes before.

    Waits for another that is being written of the same bytes.
    """
    rows = await run(
        session,
        _ADD,
        made.bulk_request_id,
        made.merchant_id,
        made.file_sha256,
        made.file_name,
        made.mode.value,
        made.state.value,
        made.row_count,
        made.wrong_count,
        made.refused_count,
        made.requested_by,
        made.create_time,
    )
    return bool(rows)


async def keep_file(session: AsyncSession, sha256: str, sealed: bytes) -> None:
    """Keep the bytes of a file, once however often they came, and hold them, so that `forget` waits for this file."""
    kept = """
        INSERT INTO body (sha256, sealed) VALUES ($1, $2) ON CONFLICT (sha256) DO UPDATE SET sha256 = excluded.sha256
    """
    await run(session, kept, sha256, sealed)


async def add_rows(session: AsyncSession, bulk_request_id: str, rows: Sequence[RowKept]) -> None:
    """Write rows of a new one."""
    await run(
        session,
        _ADD_ROWS,
        bulk_request_id,
        [each.result.row_no for each in rows],
        [each.result.payment_id for each in rows],
        [each.result.merchant_order_no for each in rows],
        [each.amount_minor for each in rows],
        [each.sealed for each in rows],
        [each.result.outcome.value for each in rows],
        [_found_text(each.result.found) for each in rows],
    )


async def of_file(session: AsyncSession, merchant_id: str, file_sha256: str) -> BulkRequest | None:
    """The one that a merchant's bytes made."""
    asked = select(bulk_request).where(
        bulk_request.c.merchant_id == merchant_id, bulk_request.c.file_sha256 == file_sha256
    )
    row = (await session.execute(asked)).mappings().one_or_none()
    return None if row is None else _known(row)


async def get(session: AsyncSession, bulk_request_id: str) -> BulkRequest | None:
    """One."""
    asked = select(bulk_request).where(bulk_request.c.bulk_request_id == bulk_request_id)
    row = (await session.execute(asked)).mappings().one_or_none()
    return None if row is None else _known(row)


async def hold(session: AsyncSession, bulk_request_id: str) -> BulkRequest | None:
    """One, which nobody else moves before the transaction ends."""
    asked = select(bulk_request).where(bulk_request.c.bulk_request_id == bulk_request_id).with_for_update()
    row = (await session.execute(asked)).mappings().one_or_none()
    return None if row is None else _known(row)


async def hold_open(session: AsyncSession) -> BulkRequest | None:
    """The one that has rested longest of those whose rows are asked for and that nobody holds."""
    asked = (
        select(bulk_request)
        .where(bulk_request.c.state == BulkState.REQUESTING.value)
        .order_by(bulk_request.c.update_time, bulk_request.c.bulk_request_id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = (await session.execute(asked)).mappings().one_or_none()
    return None if row is None else _known(row)


async def page(session: AsyncSession, limit: int, before: str, merchant_id: str) -> Sequence[BulkRequest]:
    """Newest first; ids sort by the time of their making."""
    asked = select(bulk_request)
    if before:
        asked = asked.where(bulk_request.c.bulk_request_id < before)
    if merchant_id:
        asked = asked.where(bulk_request.c.merchant_id == merchant_id)
    asked = asked.order_by(bulk_request.c.bulk_request_id.desc()).limit(limit)
    return [_known(row) for row in (await session.execute(asked)).mappings()]


async def rows(
    session: AsyncSession, bulk_request_id: str, after_row_no: int, limit: int, outcome: Outcome | None
) -> Sequence[RowKept]:
    """The next rows in the order of the file."""
    asked = select(bulk_row).where(bulk_row.c.bulk_request_id == bulk_request_id, bulk_row.c.row_no > after_row_no)
    if outcome is not None:
        asked = asked.where(bulk_row.c.outcome == outcome.value)
    found = (await session.execute(asked.order_by(bulk_row.c.row_no).limit(limit))).mappings()
    return [_row(row) for row in found]


async def settle(session: AsyncSession, known: BulkRequest, results: Sequence[RowResult]) -> None:
    """Write what became of rows that waited, and where their file stands after that."""
    await run(
        session,
        _SETTLE_ROWS,
        known.bulk_request_id,
        [each.row_no for each in results],
        [each.outcome.value for each in results],
        [each.invoice_id for each in results],
        [each.confirmation_id for each in results],
        [_found_text(each.found) for each in results],
    )
    await move(session, known)


async def move(session: AsyncSession, known: BulkRequest) -> None:
    """Write where one stands that is held."""
    await run(
        session,
        _MOVE,
        known.bulk_request_id,
        known.state.value,
        known.invoiced_count,
        known.awaiting_count,
        known.refused_count,
        known.update_time,
        known.decided_by,
    )


async def settle_confirmed(session: AsyncSession, confirmation_id: str, invoice_id: str) -> None:
    """Follow the decision of a row's confirmation, which is held: an invoice, or none when it was refused."""
    await run(session, _SETTLE_CONFIRMED, confirmation_id, invoice_id)


async def payments_of_orders(
    session: AsyncSession, merchant_id: str, order_nos: Collection[str]
) -> Sequence[tuple[str, str]]:
    """The order number and id of each payment of a merchant with one of these order numbers."""
    asked = select(payment_follow.c.merchant_order_no, payment_follow.c.payment_id).where(
        payment_follow.c.merchant_id == merchant_id, payment_follow.c.merchant_order_no.in_(order_nos)
    )
    return [(row.merchant_order_no, row.payment_id) for row in await session.execute(asked)]


async def buyers(session: AsyncSession, invoice_ids: Collection[str]) -> dict[str, tuple[str, str]]:
    """The buyer's name and tax number on some invoices."""
    asked = select(invoice.c.invoice_id, invoice.c.buyer_title, invoice.c.buyer_tax_id).where(
        invoice.c.invoice_id.in_(invoice_ids)
    )
    return {row.invoice_id: (row.buyer_title, row.buyer_tax_id) for row in await session.execute(asked)}


def _found_text(found: Sequence[Found]) -> str:
    return json.dumps([asdict(each) for each in found], ensure_ascii=False) if found else "[]"


def _found(told: Sequence[dict[str, Any]]) -> tuple[Found, ...]:
    findings = findings_of([each["finding"] for each in told])
    return tuple(Found(finding, each["column"], each["value"]) for finding, each in zip(findings, told, strict=True))


def _row(row: RowMapping) -> RowKept:
    result = RowResult(
        row_no=row["row_no"],
        payment_id=row["payment_id"],
        merchant_order_no=row["merchant_order_no"],
        outcome=Outcome(row["outcome"]),
        invoice_id=row["invoice_id"],
        confirmation_id=row["confirmation_id"],
        found=_found(row["findings"]),
    )
    return RowKept(result, row["amount_minor"], bytes(row["sealed"]))


async def forget(session: AsyncSession, before: datetime, limit: int) -> int:
    """Remove files that nothing has moved since an instant and that wait for nobody, with their rows; how many.

    A file that another merchant sent too keeps its bytes.
    """
    rows = await run(session, _FORGET, before, limit)
    files = [row[0] for row in rows]
    # In a statement of its own: only the one after it sees the file of an upload that was waited for here.
    await run(session, "SELECT sha256 FROM body WHERE sha256 = ANY ($1::text[]) ORDER BY sha256 FOR UPDATE", files)
    await run(session, _FORGET_BYTES, files)
    return len(rows)


def _known(row: RowMapping) -> BulkRequest:
    create_time: datetime = row["create_time"]
    return BulkRequest(
        bulk_request_id=row["bulk_request_id"],
        merchant_id=row["merchant_id"],
        file_sha256=row["file_sha256"],
        file_name=row["file_name"],
        mode=BulkMode(row["mode"]),
        state=BulkState(row["state"]),
        row_count=row["row_count"],
        wrong_count=row["wrong_count"],
        invoiced_count=row["invoiced_count"],
        awaiting_count=row["awaiting_count"],
        refused_count=row["refused_count"],
        requested_by=row["requested_by"],
        create_time=create_time,
        update_time=row["update_time"],
        decided_by=row["decided_by"],
    )


_FORGET = """
    WITH old AS MATERIALIZED (
        SELECT bulk_request_id FROM bulk_request
        WHERE state IN ('DONE', 'CANCELLED') AND awaiting_count = 0 AND update_time < $1
        ORDER BY update_time LIMIT $2 FOR UPDATE SKIP LOCKED
    ), rows AS (DELETE FROM bulk_row USING old WHERE bulk_row.bulk_request_id = old.bulk_request_id)
    DELETE FROM bulk_request USING old WHERE bulk_request.bulk_request_id = old.bulk_request_id
    RETURNING bulk_request.file_sha256
"""
_FORGET_BYTES = """
    DELETE FROM body WHERE sha256 = ANY ($1::text[])
        AND NOT EXISTS (SELECT FROM bulk_request WHERE bulk_request.file_sha256 = body.sha256)
"""
_ADD = """
    INSERT INTO bulk_request (bulk_request_id, merchant_id, file_sha256, file_name, mode, state, row_count, wrong_count,
        invoiced_count, awaiting_count, refused_count, requested_by, create_time, update_time, decided_by)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, $9, $10, $11, $11, '')
    ON CONFLICT (merchant_id, file_sha256) DO NOTHING RETURNING bulk_request_id
"""
_ADD_ROWS = """
    INSERT INTO bulk_row (bulk_request_id, row_no, payment_id, merchant_order_no, amount_minor, sealed, outcome,
        invoice_id, confirmation_id, findings)
    SELECT $1, row_no, payment_id, merchant_order_no, amount_minor, sealed, outcome, '', '', findings::jsonb
    FROM unnest($2::int[], $3::text[], $4::text[], $5::bigint[], $6::bytea[], $7::text[], $8::text[])
        AS told (row_no, payment_id, merchant_order_no, amount_minor, sealed, outcome, findings)
"""
_SETTLE_ROWS = """
    UPDATE bulk_row SET outcome = told.outcome, invoice_id = told.invoice_id, confirmation_id = told.confirmation_id,
        findings = told.findings::jsonb
    FROM unnest($2::int[], $3::text[], $4::text[], $5::text[], $6::text[])
        AS told (row_no, outcome, invoice_id, confirmation_id, findings)
    WHERE bulk_row.bulk_request_id = $1 AND bulk_row.row_no = told.row_no
"""
_MOVE = """
    UPDATE bulk_request SET state = $2, invoiced_count = $3, awaiting_count = $4, refused_count = $5, update_time = $6,
        decided_by = $7
    WHERE bulk_request_id = $1
"""
_SETTLE_CONFIRMED = """
    WITH settled AS (
        UPDATE bulk_row SET invoice_id = $2, outcome = CASE $2 WHEN '' THEN 'REFUSED' ELSE 'INVOICED' END
        FROM confirmation
        WHERE confirmation.confirmation_id = $1 AND bulk_row.bulk_request_id = confirmation.bulk_request_id
            AND bulk_row.confirmation_id = $1 AND bulk_row.outcome = 'AWAITS_CONFIRMATION'
        RETURNING bulk_row.bulk_request_id, bulk_row.outcome
    )
    UPDATE bulk_request SET awaiting_count = awaiting_count - 1,
        invoiced_count = invoiced_count + (settled.outcome = 'INVOICED')::int,
        refused_count = refused_count + (settled.outcome = 'REFUSED')::int
    FROM settled WHERE bulk_request.bulk_request_id = settled.bulk_request_id
"""
