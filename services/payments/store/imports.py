"""SQL of imports: a batch goes by COPY beside the tables, and from there into them by whole statements.

Whoever calls holds the transaction; its last writer is `add_batch`.
"""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.payments.domain.import_progress import Import, Results
from services.payments.store import import_results
from services.payments.store.columnar import Work
from services.payments.tables.imports import ImportBatchRow, ImportRow, to_import

_PROGRESS = tuple(field.name for field in fields(Import))
_BEGIN = f"""
    INSERT INTO imports ({", ".join(_PROGRESS)}) VALUES ({", ".join(f"${at + 1}" for at in range(len(_PROGRESS)))})
    ON CONFLICT DO NOTHING
"""  # noqa: S608  made of the names of our own fields
_LOCK = f"SELECT {', '.join(_PROGRESS)} FROM imports WHERE import_id = $1 FOR UPDATE"  # noqa: S608  the same
_SHA256_IN = "SELECT sha256 FROM import_batches WHERE import_id = $1 AND batch_no = $2"

_IS_STAGED = "SELECT to_regclass('pg_temp.import_rows') IS NOT NULL"
_STAGE = """
    CREATE TEMPORARY TABLE import_rows (
        row_no bigint, payment_id text COLLATE "C", merchant_id text COLLATE "C", merchant_order_no text COLLATE "C",
        bill_no text, channel text, channel_txn_no text, currency_code text, amount_minor bigint, pay_time timestamptz,
        payer_name text, business_date date, fee_rule_id text, fee_rate_ppm bigint, fee_minor bigint,
        content_sha256 bytea, line_sha256 bytea, says_the_same boolean
    ) ON COMMIT DELETE ROWS
"""
# In the order of the keys, as every intake takes them, so that no two wait for each other.
_TAKE_ORDERS = """
    WITH taken AS (
        INSERT INTO order_key (merchant_id, merchant_order_no, payment_id, content_sha256)
        SELECT merchant_id, merchant_order_no, payment_id, content_sha256 FROM import_rows
        ORDER BY merchant_id, merchant_order_no, row_no
        ON CONFLICT DO NOTHING
        RETURNING 1
    )
    SELECT count(*) FROM taken
"""
# `says_the_same` is null of what is new; of what is not, the row gets the payment that holds its key.
_MARK_KEPT = """
    UPDATE import_rows SET payment_id = order_key.payment_id,
        says_the_same = order_key.content_sha256 = import_rows.content_sha256
    FROM order_key
    WHERE order_key.merchant_id = import_rows.merchant_id
        AND order_key.merchant_order_no = import_rows.merchant_order_no
        AND order_key.payment_id <> import_rows.payment_id
"""
_TAKE_IN = """
    INSERT INTO payments (
        payment_id, merchant_id, merchant_order_no, bill_no, channel, channel_txn_no, currency_code, amount_minor,
        pay_time, payer_name, business_date, fee_rule_id, fee_rate_ppm, fee_minor, create_time, traceparent,
        state, reconciliation_state, origin, version
    )
    SELECT payment_id, merchant_id, merchant_order_no, bill_no, channel, channel_txn_no, currency_code, amount_minor,
        pay_time, payer_name, business_date, fee_rule_id, fee_rate_ppm, fee_minor, $1, $2,
        'SUCCEEDED', 'PENDING', 'RECORDED', 1
    FROM import_rows WHERE says_the_same IS NULL
"""
_FEED = """
    INSERT INTO feed_waiting (
        payment_id, version, kind, ref_id, state, reconciliation_state, refunded_minor, refund_reserved_minor,
        channel, business_date, currency_code, amount_minor, line_sha256
    )
    SELECT payment_id, 1, 'PAYMENT', '', 'SUCCEEDED', 'PENDING', 0, 0,
        channel, business_date, currency_code, amount_minor, line_sha256
    FROM import_rows WHERE says_the_same IS NULL
"""
_KEPT = """
    SELECT row_no, import_rows.payment_id, says_the_same, payments.payment_id IS NULL AS is_archived,
        payments.bill_no, payments.channel, payments.channel_txn_no, payments.currency_code, payments.amount_minor,
        payments.pay_time, payments.payer_name, payments.splits <> '[]' AS has_splits
    FROM import_rows LEFT JOIN payments ON payments.payment_id = import_rows.payment_id
    WHERE says_the_same IS NOT NULL
    ORDER BY row_no
"""
_ADD_BATCH = """
    INSERT INTO import_batches (import_id, batch_no, sha256, refused_count, results) VALUES ($1, $2, $3, $4, $5)
"""
_ADVANCE = """
    UPDATE imports SET next_batch_no = $2, total_row_count = $3, row_count = $4, recorded_count = $5,
        replayed_count = $6, refused_count = $7, update_time = $8
    WHERE import_id = $1
"""


@dataclass(frozen=True, slots=True)
class KeptRow:
    """What holds the business key of a staged row; `content` is by column, and empty when the payment is archived."""

    row_no: int
    payment_id: str
    says_the_same: bool
    is_archived: bool
    content: dict[str, Any]


async def lock(work: Work, begun: Import) -> Import:
    """The import by that id as it stands, or as it begins; others who add to it wait from here on."""
    await work.execute(_BEGIN, [getattr(begun, name) for name in _PROGRESS])
    (row,) = await work.execute(_LOCK, [begun.import_id])
    return Import(*row)


async def sha256_in(work: Work, import_id: str, batch_no: int) -> bytes | None:
    """How the batch of that number came; None when it has not."""
    rows = await work.execute(_SHA256_IN, [import_id, batch_no])
    return bytes(rows[0][0]) if rows else None


async def stage(work: Work, rows: pa.RecordBatch) -> None:
    """Put rows beside the tables, until the end of the transaction."""
    if not (await work.execute(_IS_STAGED))[0][0]:
        await work.execute(_STAGE)
    await work.copy_in("import_rows", rows)


async def take_orders(work: Work) -> int:
    """Take the business keys of what is staged, where they are free; how many were."""
    return int((await work.execute(_TAKE_ORDERS))[0][0])


async def mark_kept(work: Work) -> None:
    """Mark the staged rows whose business key another payment holds; they are written no more."""
    await work.execute(_MARK_KEPT)


async def take_in(work: Work, now: datetime, traceparent: str) -> None:
    """Write what is staged and not marked: the payments, and the first change of each for the feed."""
    await work.execute(_TAKE_IN, [now, traceparent])
    await work.execute(_FEED)


async def kept(work: Work) -> list[KeptRow]:
    """The staged rows that were marked, with what holds their key; call it after `take_in`, since a twin may."""
    rows = (await work.read_all(_KEPT)).to_pylist()
    named = tuple(field.name for field in fields(KeptRow) if field.name != "content")
    return [KeptRow(**{name: row.pop(name) for name in named}, content=row) for row in rows]


async def add_batch(work: Work, after: Import, batch_no: int, sha256: bytes, results: Results) -> None:
    """Keep a batch with the results of its rows, and where the import now stands."""
    encoded = import_results.encode(results)
    await work.execute(_ADD_BATCH, [after.import_id, batch_no, sha256, len(results.refused), encoded])
    progress = [getattr(after, name) for name in _PROGRESS if name != "create_time"]
    await work.execute(_ADVANCE, progress)


async def get(session: AsyncSession, import_id: str) -> Import | None:
    """The import by that id."""
    row = await session.get(ImportRow, import_id)
    return None if row is None else to_import(row)


async def refused_batches(
    session: AsyncSession, import_id: str, from_batch_no: int, limit: int
) -> list[ImportBatchRow]:
    """The next batches with a row that was refused, in order."""
    statement = (
        select(ImportBatchRow)
        .where(
            ImportBatchRow.import_id == import_id,
            ImportBatchRow.batch_no >= from_batch_no,
            ImportBatchRow.refused_count > 0,
        )
        .order_by(ImportBatchRow.batch_no)
        .limit(limit)
    )
    return list(await session.scalars(statement))


async def batch(session: AsyncSession, import_id: str, batch_no: int) -> ImportBatchRow | None:
    """One batch that is in."""
    return await session.get(ImportBatchRow, (import_id, batch_no))
