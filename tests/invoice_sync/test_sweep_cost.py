"""A sweep reads what is done by index alone: its cost does not grow with the history."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from typing import ClassVar

import pytest
from sqlalchemy import text

from services.invoice_sync.actions import sweep_own
from services.invoice_sync.domain.invoice import Invoice
from services.invoice_sync.tax.sandbox import SandboxTaxSystem
from tests.invoice_sync.builders import TIMERS
from tests.invoice_sync.moving import Moving, moving_system
from tests.support.eventually import eventually

# As if each had moved the totals of its day when it was booked.
_RUN_ALONG = """
    INSERT INTO day_total (seller_tax_id, issue_date, blue_count, blue_minor)
    SELECT seller_tax_id, issue_date, count(*), sum(amount_minor) FROM invoice GROUP BY seller_tax_id, issue_date
    ON CONFLICT (seller_tax_id, issue_date) DO UPDATE
        SET blue_count = excluded.blue_count, blue_minor = excluded.blue_minor
"""
_BOOKED = "SELECT seller_tax_id, issue_date, count(*), sum(amount_minor)::bigint FROM invoice GROUP BY 1, 2"
SOON = replace(TIMERS, confirm_after_seconds=60)
HISTORY = ("settled", "invoice", "attempt_whole", "attempt_begun", "attempt_ended", "document", "body", "absence_round")
# What is done, of the month whose totals are compared in each sweep.
_GROW = """
    INSERT INTO {table} SELECT made.*
    FROM {table} AS like_it CROSS JOIN generate_series(CAST(:first AS int), CAST(:last AS int)) AS no
        CROSS JOIN LATERAL jsonb_populate_record(like_it, jsonb_build_object({changes})) AS made
    WHERE like_it.invoice_id = :id
"""
_CHANGES = {
    "invoice": "'invoice_id', 'inv_00' || no, 'payment_id', 'pay_' || no, 'idempotency_key', 'key_' || no,"
    " 'issue_date', issue_date - no % 15",
    "settled": "'invoice_id', 'inv_00' || no, 'invoice_number', lpad(no::text, 20, '9'), 'check_at', null",
    "attempt_whole": "'invoice_id', 'inv_00' || no, 'attempt_id', 'att_00' || no || '_' || attempt_no",
    "attempt_begun": "'invoice_id', 'inv_00' || no, 'attempt_id', 'att_00' || no || '_' || attempt_no",
    "attempt_ended": "'invoice_id', 'inv_00' || no",
    "document": "'invoice_id', 'inv_00' || no",
}


class _WithHistory(SandboxTaxSystem):
    """The real thing, that also has the history in its control totals."""

    days: ClassVar[dict[tuple[str, date], tuple[int, int]]] = {}

    async def totals(self, route, seller_tax_id, issue_date):
        told = await super().totals(route, seller_tax_id, issue_date)
        if (seller_tax_id, issue_date) not in self.days:
            return told
        count, minor = self.days[seller_tax_id, issue_date]
        return replace(told, blue_count=count, blue_minor=minor)


@pytest.fixture
async def moving(fresh_database, tmp_path) -> AsyncIterator[Moving]:
    async with moving_system(fresh_database, tmp_path, timers=SOON, tax_class=_WithHistory) as made:
        yield made


async def grow(moving: Moving, like: Invoice, first: int, last: int) -> None:
    """Many more that are done like one that is."""
    for table, changes in _CHANGES.items():
        statement = _GROW.format(table=table, changes=changes)
        await moving.execute(statement, first=first, last=last, id=like.invoice_id)
    await moving.execute(_RUN_ALONG)
    # As the server does by itself sooner or later; another plan may follow from it.
    await moving.execute("ANALYZE")
    moving.tax.days = {(row[0], row[1]): (row[2], row[3]) for row in await moving.rows(_BOOKED)}


async def cost_of_sweeps(moving: Moving, count: int) -> tuple[dict[str, int], int]:
    """Whole tables that these sweeps read, by name; and how many rows of the history they read by index."""
    before = await read_so_far(moving)
    for _ in range(count):
        moving.clock.advance(60)
        assert (await moving.sweep.sweep()).counts.totals_differing_count == 0
    after = await read_so_far(moving)
    whole = {table: after[table][0] - before[table][0] for table in HISTORY}
    by_index = sum(after[table][1] - before[table][1] for table in HISTORY)
    return {table: times for table, times in whole.items() if times}, by_index


_OTHERS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


async def read_so_far(moving: Moving) -> dict[str, tuple[int, int]]:
    """Sequential scans and rows fetched by index, of each table, once every connection has told its own."""
    engine = moving.sessions.kw["bind"]
    await engine.dispose()
    async with engine.connect() as connection:

        async def alone() -> bool:
            # A connection tells what it read when it ends, and that is a moment after it was closed here.
            return await connection.scalar(text(_OTHERS)) == 0

        await eventually(alone)
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


async def test_a_sweep_reads_no_more_rows_when_there_is_ten_times_the_history(moving, monkeypatch):
    # Three sweeps must not come to the end of the shorter history.
    monkeypatch.setattr(sweep_own, "_LOOK_MAX", 300)
    like, *_ = await moving.confirmed(3)
    # What is anchored once is not read again; the ids of the history are lower than these.
    moving.clock.advance(SOON.lease_seconds + 1)
    await moving.sweep.sweep()
    await grow(moving, like, 10_001, 11_000)
    _, with_little = await cost_of_sweeps(moving, 3)
    await grow(moving, like, 11_001, 20_000)

    whole, with_much = await cost_of_sweeps(moving, 3)

    assert whole == {}
    assert with_much <= 1.3 * with_little
