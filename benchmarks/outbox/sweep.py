"""What a whole sweep costs when the history is ten times as long: the rows that are done are none of its business.

The history is what finished invoices leave: invoice, document, body, settled row and attempt, their heads
anchored, and the totals of its days. The sweep is the product's with all its passes; the authority offers no lists,
and totals that agree and cost nothing, so that nothing but our own work is timed. Both lengths are measured warm, the
shorter first.
"""

import hashlib
import statistics
import time
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import cast

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.outbox.ours import RING, empty, tools_on
from chassis import database
from services.invoice_sync.actions.attempt_log import body_context
from services.invoice_sync.actions.issue import IssueActions
from services.invoice_sync.actions.sweep import SweepActions
from services.invoice_sync.actions.sweep_archive import ArchivePass
from services.invoice_sync.actions.sweep_books import BooksPass
from services.invoice_sync.actions.sweep_own import OwnPass
from services.invoice_sync.domain.attempt import Outcome, TaxAnswer
from services.invoice_sync.domain.route import Route
from services.invoice_sync.tax import NotOffered, TaxSystem, Totals

_DOCUMENT = b"{}"
_SHA256 = hashlib.sha256(_DOCUMENT).hexdigest()
_SWEEPS = 16
_WARM_UP = 3
_ID = "lpad(number::text, 32, '0')"
_SHA = "encode(sha256(number::text::bytea), 'hex')"
_DAY = "now() - number % 20 * interval '1 day'"
_STOOD = """
    version, sync_state, deadline_at, tries, submit_count, attempt_count, look_count, seal_count, invoice_number,
    red_number, ack_time, book_time, confirm_time, settle_from, state_time, create_time, parked_reason, log_head
"""
# $1 and $2 are the first and the last number, $3 is the SHA-256 of the one document that all of them have.
_HISTORY = (
    f"""
    INSERT INTO invoice (
        invoice_id, payment_id, merchant_id, merchant_order_no, currency_code, amount_minor, seller_name,
        seller_tax_id, buyer_title, buyer_tax_id, authority, environment, region, credential_id, issue_date, version,
        document_sha256, idempotency_key, broken_rules, create_time, traceparent, payment_traceparent, issued_by
    )
    SELECT 'inv_' || {_ID}, 'pay_' || {_ID}, 'bench', 'NO' || number, 'CNY', 100, '武汉水务集团有限公司',
        '91420100MA4KXXXX' || number % 8 || 'X', '个人', '', 'sandbox', 'production', '42', 'default',
        ({_DAY})::date, 1, $3, 'inv_' || {_ID}, '[]', {_DAY}, '', '', 'ON_SUCCESS'
    FROM generate_series($1::int, $2::int) AS number
    """,
    f"""
    INSERT INTO document (invoice_id, version, sha256, idempotency_key, create_time)
    SELECT 'inv_' || {_ID}, 1, $3, 'inv_' || {_ID}, {_DAY} FROM generate_series($1::int, $2::int) AS number
    """,
    f"""
    INSERT INTO settled (invoice_id, {_STOOD}, check_at)
    SELECT 'inv_' || {_ID}, 1, 'CONFIRMED', {_DAY}, 1, 1, 1, 0, 0, lpad(number::text, 20, '0'), '', {_DAY}, {_DAY},
        {_DAY}, {_DAY}, {_DAY}, {_DAY}, '', {_SHA}, now() + interval '7 days'
    FROM generate_series($1::int, $2::int) AS number
    """,
    """
    INSERT INTO day_total (seller_tax_id, issue_date, blue_count, blue_minor)
    SELECT seller_tax_id, issue_date, count(*), sum(amount_minor) FROM invoice
    WHERE invoice_id BETWEEN 'inv_' || lpad($1::int::text, 32, '0') AND 'inv_' || lpad($2::int::text, 32, '0')
    GROUP BY seller_tax_id, issue_date
    ON CONFLICT (seller_tax_id, issue_date) DO UPDATE
        SET blue_count = day_total.blue_count + excluded.blue_count,
            blue_minor = day_total.blue_minor + excluded.blue_minor
    """,
    f"""
    INSERT INTO attempt_whole (
        invoice_id, attempt_no, attempt_id, version, operation, route, start_time, request_sha256, trace_id,
        breaker_state, prev_log_hash, log_hash, end_time, clock_offset_ms, outcome, message, http_status,
        authority_code, code_detail, url_path, place, invoice_number, red_number, document_sha256, response_sha256,
        retry_after_seconds, end_log_hash
    )
    SELECT 'inv_' || {_ID}, 1, 'att_' || {_ID}, 1, 'SUBMIT', 'sandbox/production/42/default', {_DAY}, $3, '',
        'CLOSED', repeat('0', 64), {_SHA}, {_DAY}, 0, 'ACCEPTED', '', 200, '', '', '', '', '', '', '', '', 0, {_SHA}
    FROM generate_series($1::int, $2::int) AS number
    """,
    """
    INSERT INTO log_anchor (
        anchor_no, anchor_time, through_attempt_id, prev_anchor_hash, anchor_hash, invoice_ids, heads
    )
    SELECT $1::int, now(), 'att_' || lpad($2::int::text, 32, '0'), repeat('0', 64), repeat('0', 64), '{}', '{}'
    """,
)


class _Authority:
    """It holds what we hold, and tells so at once."""

    offers_window = False

    def __init__(self, days: Mapping[tuple[str, date], tuple[int, int]]) -> None:
        self._days = days

    async def announcements(self, route: Route) -> NotOffered:
        del route
        return NotOffered()

    async def totals(self, route: Route, seller_tax_id: str, issue_date: date) -> Totals:
        del route
        count, minor = self._days[seller_tax_id, issue_date]
        return Totals(TaxAnswer(Outcome.OK, "control totals"), count, minor, watermark=datetime.now(UTC))


async def sweep_ratio(url: str, count: int) -> float:
    """The cost of a sweep with ten times `count` finished invoices behind it, by that with `count`; medians."""
    await empty(url)
    engine = database.connect(url, "bench")
    try:
        sealed = RING.seal(_DOCUMENT, body_context(_SHA256))
        async with engine.begin() as connection:
            await connection.exec_driver_sql("INSERT INTO body (sha256, sealed) VALUES ($1, $2)", (_SHA256, sealed))
        await _finished(url, 1, count)
        short = await _seconds(engine, await _booked(url))
        await _finished(url, count + 1, 10 * count)
        return await _seconds(engine, await _booked(url)) / short
    finally:
        await engine.dispose()


async def _finished(url: str, first: int, last: int) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in _HISTORY:
            values = (first, last, _SHA256) if "$3" in statement else (first, last)
            await connection.execute(statement, *values)
        for statement in ("VACUUM (ANALYZE)", "CHECKPOINT"):
            await connection.execute(statement)
    finally:
        await connection.close()


async def _booked(url: str) -> _Authority:
    """The authority with the books that the invoices themselves make."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            "SELECT seller_tax_id, issue_date, count(*), sum(amount_minor)::bigint FROM invoice GROUP BY 1, 2"
        )
    finally:
        await connection.close()
    return _Authority({(row[0], row[1]): (row[2], row[3]) for row in rows})


async def _seconds(engine: AsyncEngine, authority: _Authority) -> float:
    tools = tools_on(engine)
    tax = cast("TaxSystem", authority)
    sweeps = SweepActions(OwnPass(IssueActions(tools), tools), BooksPass(tax, tools), ArchivePass(tools), tools)
    timed = [await _timed(sweeps) for _ in range(_SWEEPS)]
    # The ring of days ends every third time, with a sweep that compares none and so is no like measure.
    whole = [seconds for seconds, days in timed[_WARM_UP:] if days]
    assert len(whole) >= _SWEEPS // 2, "a sweep compares days"
    return statistics.median(whole)


async def _timed(sweeps: SweepActions) -> tuple[float, int]:
    """How long a sweep took, and how many days it compared."""
    began = time.monotonic()
    swept = await sweeps.sweep()
    taken = time.monotonic() - began
    assert swept.counts.totals_differing_count == 0, "the totals of the history agree"
    return taken, swept.counts.totals_compared_count
