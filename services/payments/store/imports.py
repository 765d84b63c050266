"""SQL of imports: keys are taken by one statement from beside the tables, and what is new goes in by COPY.

Whoever calls holds the transaction; its last writer is `add_batch`.
"""

from dataclasses import dataclass, fields
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
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

# In the order of the keys, as every intake takes them, so that no two wait for each other: text is in the order of its
# bytes in Arrow as under the collation "C".
_ORDER_KEY = ["merchant_id", "merchant_order_no", "payment_id", "content_sha256"]
_UNIQUE_VIOLATION = "23505"
_STAGED = ["row_no", "payment_id", "merchant_id", "merchant_order_no", "content_sha256"]
_IS_STAGED = "SELECT to_regclass('pg_temp.import_rows') IS NOT NULL"
_STAGE = """
    CREATE TEMPORARY TABLE import_rows (
        row_no bigint, payment_id text COLLATE "C", merchant_id text COLLATE "C", merchant_order_no text COLLATE "C",
        content_sha256 bytea
    ) ON COMMIT DELETE ROWS
"""
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
_KEPT_ROWS = """
    SELECT row_no FROM import_rows JOIN order_key USING (merchant_id, merchant_order_no)
    WHERE order_key.payment_id <> import_rows.payment_id
"""
_KEPT = """
    SELECT row_no, order_key.payment_id, order_key.content_sha256 = import_rows.content_sha256 AS says_the_same,
        payments.payment_id IS NULL AS is_archived, payments.bill_no, payments.channel, payments.channel_txn_no,
        payments.currency_code, payments.amount_minor, payments.pay_time, payments.payer_name,
        payments.splits <> '[]' AS has_splits
    FROM import_rows JOIN order_key USING (merchant_id, merchant_order_no)
    LEFT JOIN payments ON payments.payment_id = order_key.payment_id
    WHERE order_key.payment_id <> import_rows.payment_id
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
    """What holds the business key of a row; `content` is by column, and empty when the payment is archived."""

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


class NotAllNew(Exception):
    """A business key is taken already. The transaction can only be rolled back."""


async def take_new_orders(work: Work, told: pa.RecordBatch) -> None:
    """Take the business keys of told payments, all of which are free. Raises NotAllNew."""
    orders = told.select(_ORDER_KEY).sort_by([("merchant_id", "ascending"), ("merchant_order_no", "ascending")])
    try:
        await work.copy_in("order_key", orders)
    except OperationalError as refused:
        if getattr(refused.orig, "sqlstate", None) == _UNIQUE_VIOLATION:
            raise NotAllNew from refused
        raise


async def take_orders(work: Work, told: pa.RecordBatch) -> int:
    """Take the business keys of told payments, where they are free; how many were."""
    if not (await work.execute(_IS_STAGED))[0][0]:
        await work.execute(_STAGE)
    await work.copy_in("import_rows", told.select(_STAGED), temporary=True)
    return int((await work.execute(_TAKE_ORDERS))[0][0])


async def kept_row_nos(work: Work) -> set[int]:
    """The rows whose business key another payment holds."""
    return {row[0] for row in await work.execute(_KEPT_ROWS)}


async def take_in(work: Work, payments: pa.RecordBatch, changes: pa.RecordBatch) -> None:
    """Write payments, and the first change of each for the feed, by columns of the tables."""
    await work.copy_in("payments", payments)
    await work.copy_in("feed_waiting", changes)


async def kept(work: Work) -> list[KeptRow]:
    """The same rows, with what holds their key; call it after `take_in`, since a twin may."""
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
