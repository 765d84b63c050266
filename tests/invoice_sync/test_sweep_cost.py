"""A sweep reads what is done by index alone: its cost does not grow with the history."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from sqlalchemy import text

from services.invoice_sync.domain.invoice import Invoice
from tests.invoice_sync.builders import TIMERS
from tests.invoice_sync.moving import Moving, moving_system

SOON = replace(TIMERS, confirm_after_seconds=60)
HISTORY = ("settled", "invoice", "attempt", "attempt_end", "document", "body", "absence_round")
# What is long done: of other days than those whose totals are still compared.
_GROW = """
    INSERT INTO {table} SELECT made.*
    FROM {table} AS like_it CROSS JOIN generate_series(CAST(:first AS int), CAST(:last AS int)) AS no
        CROSS JOIN LATERAL jsonb_populate_record(like_it, jsonb_build_object({changes})) AS made
    WHERE like_it.invoice_id = :id
"""
_CHANGES = {
    "invoice": "'invoice_id', 'inv_00' || no, 'payment_id', 'pay_' || no, 'idempotency_key', 'key_' || no,"
    " 'issue_date', issue_date - 40 - no % 300",
    "settled": "'invoice_id', 'inv_00' || no, 'invoice_number', lpad(no::text, 20, '9'), 'check_at', null",
    "attempt": "'invoice_id', 'inv_00' || no, 'attempt_id', 'att_00' || no || '_' || attempt_no",
    "attempt_end": "'invoice_id', 'inv_00' || no",
    "document": "'invoice_id', 'inv_00' || no",
}


@pytest.fixture
async def moving(fresh_database, tmp_path) -> AsyncIterator[Moving]:
    async with moving_system(fresh_database, tmp_path, timers=SOON) as made:
        yield made


async def grow(moving: Moving, like: Invoice, first: int, last: int) -> None:
    """Many more that are done like one that is."""
    for table, changes in _CHANGES.items():
        statement = _GROW.format(table=table, changes=changes)
        await moving.execute(statement, first=first, last=last, id=like.invoice_id)


async def cost_of_sweeps(moving: Moving, count: int) -> tuple[dict[str, int], int]:
    """Whole tables that these sweeps read, by name; and how many rows of the history they read by index."""
    before = await read_so_far(moving)
    for _ in range(count):
        moving.clock.advance(60)
        await moving.sweep.sweep()
    after = await read_so_far(moving)
    whole = {table: after[table][0] - before[table][0] for table in HISTORY}
    by_index = sum(after[table][1] - before[table][1] for table in HISTORY)
    return {table: times for table, times in whole.items() if times}, by_index


async def read_so_far(moving: Moving) -> dict[str, tuple[int, int]]:
    """Sequential scans and rows fetched by index, of each table, once every connection has told its own."""
    engine = moving.sessions.kw["bind"]
    await engine.dispose()
    async with engine.connect() as connection:
        await connection.execute(text("SELECT pg_stat_force_next_flush()"))
        rows = await connection.execute(
            text("SELECT relname, coalesce(seq_scan, 0), coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables")
        )
        return {row[0]: (row[1], row[2]) for row in rows}


async def test_no_statement_of_a_sweep_reads_a_whole_table_of_what_is_done(moving):
    await moving.confirmed(3)
    await moving.steering.plan("LOSE_REQUEST", times=1)
    (unknown,) = await moving.issued()
    await moving.upload.upload_due()

    whole, _ = await cost_of_sweeps(moving, 25)

    assert whole == {}
    assert (await moving.again(unknown)).standing.submit_count == 1


async def test_a_sweep_reads_no_more_rows_when_there_is_ten_times_the_history(moving):
    like, *_ = await moving.confirmed(3)
    await grow(moving, like, 10_001, 11_000)
    _, with_little = await cost_of_sweeps(moving, 3)
    await grow(moving, like, 11_001, 20_000)

    whole, with_much = await cost_of_sweeps(moving, 3)

    assert whole == {}
    assert with_much <= 1.3 * with_little
