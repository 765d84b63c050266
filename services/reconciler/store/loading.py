"""SQL of loading a file: its lines into a table of the transaction's own, beside what the account has, and in.

What is read goes there by COPY while the file is read; PostgreSQL keeps it, spills it and compares it as a set, so that
a file may be larger than memory.
"""

import io
from collections.abc import Sequence
from datetime import date

import pyarrow as pa  # type: ignore[import-untyped]
from pyarrow import csv
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.reconciler.domain.identity import line_keys
from services.reconciler.domain.loading import Judged, KnownLine

# Of LINE_SCHEMA what is kept in tables: names, accounts and remittances of others stay in the sealed file.
_KEPT = {
    "line_no": "bigint",
    "kind": "text",
    "channel_txn_no": "text",
    "merchant_order_no": "text",
    "channel_refund_no": "text",
    "merchant_refund_no": "text",
    "currency_code": "text",
    "amount_minor": "bigint",
    "fee_text": "text",
    "book_time": "timestamptz",
    "book_local": "text",
    "business_date": "date",
    "status": "text",
    "byte_offset": "bigint",
    "byte_size": "bigint",
    "value_date": "date",
    "entry_ref": "text",
    "account_no": "text",
    "balance_after_minor": "bigint",
    "reversal": "boolean",
    "original_txn_no": "text",
}
_STAGED = (*_KEPT, "line_key")
_CSV = csv.WriteOptions(include_header=False)
_COLUMNS = ", ".join(_KEPT)

_STAGE = f"""
CREATE TEMP TABLE staged_lines (
    seq bigint GENERATED ALWAYS AS IDENTITY, {", ".join(f"{name} {kind}" for name, kind in _KEPT.items())},
    line_key bytea
) ON COMMIT DROP
"""
# Two fees of a day, told by two files, may be equal in all that their key has; a number or a balance tells them apart.
_UNSURE = (
    "channel_txn_no = '' AND channel_refund_no = '' AND merchant_refund_no = '' AND merchant_order_no = '' "
    "AND entry_ref = '' AND balance_after_minor IS NULL"
)
# Equal keys are numbered in an order that does not depend on where in its file a line stands. Where a person vouches
# that lines are new, they are numbered on behind those that are there.
_JUDGE = f"""
CREATE TEMP TABLE judged_lines ON COMMIT DROP AS
SELECT staged.*, known.statement_id AS known_statement_id, known.line_no AS known_line_no,
    known.amount_minor AS known_amount_minor, known.currency_code AS known_currency_code, known.status AS known_status
FROM (
    SELECT *, row_number() OVER (
        PARTITION BY line_key ORDER BY amount_minor, currency_code, status, seq
    ) + CASE WHEN :vouched AND {_UNSURE} THEN (
        SELECT coalesce(max(before.occurrence), 0) FROM statement_lines AS before
        WHERE before.line_key = staged_lines.line_key
    ) ELSE 0 END AS occurrence FROM staged_lines
) AS staged
LEFT JOIN statement_lines AS known USING (line_key, occurrence)
"""  # noqa: S608  made of constants
_FIRST = """
SELECT line_no, amount_minor || ' ' || currency_code || ' ' || status, known_statement_id, known_line_no,
    known_amount_minor || ' ' || known_currency_code || ' ' || known_status
FROM judged_lines WHERE known_statement_id IS NOT NULL AND ({condition}) ORDER BY seq LIMIT 1
"""
# An XML may have no line ends, so that many entries stand on one line.
_BY_PLACE = "SELECT count(*) > count(DISTINCT line_no) FROM staged_lines"
_CHANGED = (
    "(amount_minor, currency_code, status) IS DISTINCT FROM (known_amount_minor, known_currency_code, known_status)"
)
_NEW_ROWS = "SELECT business_date, count(*) FROM judged_lines WHERE known_statement_id IS NULL GROUP BY business_date"
_ADD = f"""
INSERT INTO statement_lines (statement_id, {_COLUMNS}, line_key, occurrence, late)
SELECT :statement_id, {_COLUMNS.replace("line_no", "CASE WHEN :by_place THEN seq ELSE line_no END", 1)},
    line_key, occurrence, business_date = ANY(:late_days)
FROM judged_lines WHERE known_statement_id IS NULL
"""  # noqa: S608  made of constants


class LoadingStore:
    """The statements, on the session of one transaction, which is to last no longer than `begin` is told."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def begin(self, seconds_max: float) -> None:
        """Make room for lines. Between two statements the file is read on, so that the usual limits are too short."""
        limits = {"statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"}
        for name in limits:
            await self._session.execute(
                text("SELECT set_config(:name, :value, true)"), {"name": name, "value": f"{int(seconds_max * 1000)}ms"}
            )
        await self._session.execute(text(_STAGE))

    async def stage(self, staged: bytes) -> None:
        """Put in what `staged_csv` made of a batch."""
        raw = await (await self._session.connection()).get_raw_connection()
        driver = raw.driver_connection
        assert driver is not None, "a session at work has a connection"
        await driver.copy_to_table("staged_lines", source=io.BytesIO(staged), columns=_STAGED, format="csv")

    async def take_turn(self, channel: str) -> None:
        """Wait until no other file of the channel is being judged; the turn ends with the transaction."""
        lock = text("SELECT pg_advisory_xact_lock(hashtextextended('statements:' || :channel, 0))")
        await self._session.execute(lock, {"channel": channel})

    async def judge(self, *, vouched: bool = False) -> Judged:
        """Put the lines beside those that their accounts have.

        If `vouched`, a line that has neither a number nor a balance is new, whatever it equals.
        """
        await self._session.execute(text("ANALYZE staged_lines"))
        await self._session.execute(text(_JUDGE), {"vouched": vouched})
        new_rows = {row[0]: row[1] for row in await self._session.execute(text(_NEW_ROWS))}
        known_rows = await self._session.scalar(text("SELECT count(known_statement_id) FROM judged_lines"))
        first_known = await self._first("true") if known_rows else None
        first_unsure = await self._first(_UNSURE) if known_rows else None
        first_changed = await self._first(_CHANGED) if known_rows else None
        return Judged(known_rows or 0, first_known, first_unsure, first_changed, new_rows)

    async def add_lines(self, statement_id: str, late_days: Sequence[date]) -> None:
        """Insert the lines that are new. Where several have one number they are numbered in the order of the file."""
        by_place = bool(await self._session.scalar(text(_BY_PLACE)))
        values = {"statement_id": statement_id, "late_days": list(late_days), "by_place": by_place}
        await self._session.execute(text(_ADD), values)

    async def _first(self, condition: str) -> KnownLine | None:
        found = (await self._session.execute(text(_FIRST.format(condition=condition)))).one_or_none()
        return KnownLine(*found) if found else None


def staged_csv(batch: pa.RecordBatch, channel: str, key: Sequence[str]) -> bytes:
    """A batch of LINE_SCHEMA as CSV for `stage`: text in quotes, so that an empty one is not none."""
    columns = {name: batch.column(name).to_pylist() for name in batch.schema.names}
    keys = pa.array([f"\\x{each.hex()}" for each in line_keys(channel, key, columns)])
    out = io.BytesIO()
    staged = pa.RecordBatch.from_arrays([*(batch.column(name) for name in _KEPT), keys], names=list(_STAGED))
    csv.write_csv(staged, out, _CSV)
    return out.getvalue()
