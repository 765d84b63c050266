"""What runs of the release before left behind is there after the migrations, and the next runs know it."""

from datetime import timedelta

import asyncpg

from chassis import database, migrate
from services.reconciler.matching.frames import Disposition
from services.reconciler.store.mirror import MirrorStore
from services.reconciler.store.result import ResultStore
from services.reconciler.tables import ExceptionRow, RunResultRow, RunRow
from tests.reconciler.builders import DAY, NOON

PACKAGE = "services.reconciler"
_PAYMENT = """INSERT INTO payments (payment_id, merchant_id, merchant_order_no, bill_no, channel, channel_txn_no,
    currency_code, amount_minor, pay_time, business_date, version, traceparent, first_sequence)
    VALUES ($1, 'city-water', $1, '', 'wechat_pay', $1, 'CNY', 1200, $2, $3, 1, '', $4)"""
_RUN = """INSERT INTO runs (run_id, request_id, channel, business_date, state, attempts, due_at, traceparent,
    statement_sha256s, payments_manifest_digest, neighbours_digest, rule_set_version, output_digest, failure_reason,
    failure_message, rows_done, rows_total, create_time, end_time)
    VALUES ('run_1', 'request-1', 'wechat_pay', $1, 'SUCCEEDED', 1, $2, '', '{}', '', '', 'exact-keys-3', '', '', '',
    3, 3, $2, $2)"""
_MATCH = """INSERT INTO matches (match_id, run_id, payment_id, statement_id, line_no, kind, key, currency_code,
    amount_minor, trace_id) VALUES ('mat_1', 'run_1', 'pay_1', 'stm_1', 1, 'CROSS_DAY', 'channel_txn_no', 'CNY', 1200,
    '')"""
_EXCEPTION = """INSERT INTO exceptions (exception_id, run_id, exception_class, state, payment_id, statement_id, line_no,
    merchant_order_no, book_currency_code, book_amount_minor, channel_currency_code, channel_amount_minor, explanation,
    explanation_zh, trace_id, create_time)
    VALUES ('exc_1', 'run_1', 'AMOUNT_CHANNEL_OVER', 'OPEN', 'pay_2', 'stm_1', 2, '', 'CNY', 1200, 'CNY', 1300, '', '',
    '', $1)"""


async def test_runs_of_the_release_before_keep_their_rows_their_exceptions_and_their_place(postgres):
    url = await postgres.create_database("upgraded_with_data")
    await migrate.upgrade(PACKAGE, url, "0005")
    old = await asyncpg.connect(url)
    await old.execute("SET TIME ZONE 'UTC'")
    await old.execute(_RUN, DAY, NOON)
    await old.execute(_PAYMENT, "pay_1", NOON + timedelta(days=1), DAY + timedelta(days=1), 7)
    await old.execute(_PAYMENT, "pay_2", NOON, DAY, 5)
    await old.execute(_MATCH)
    await old.execute(_EXCEPTION, NOON)
    await old.execute("INSERT INTO feed_cursors (feed, next_sequence) VALUES ('payments', 9)")
    await old.execute("UPDATE payments SET business_date = CURRENT_DATE WHERE payment_id = 'pay_2'")
    await old.close()

    await migrate.upgrade(PACKAGE, url)

    assert await migrate.differences(PACKAGE, url) == []
    engine = database.connect(url, "test")
    async with database.sessions(engine)() as session:
        (match,) = await ResultStore(session).matches("run_1", Disposition.MATCHED, "", 10)
        placed = await session.get_one(RunResultRow, ("run_1", "P", "pay_1"))
        exception = await session.get_one(ExceptionRow, "exc_1")
        run = await session.get_one(RunRow, "run_1")
        next_sequence = await MirrorStore(session).next_sequence()
    await engine.dispose()
    assert (match.payment_ids, match.line_ids, placed.beside) == (("pay_1",), ("stm_1.1",), True)
    assert (exception.state, exception.payment_ids, exception.line_ids) == ("OPEN", ["pay_2"], ["stm_1.2"])
    assert (run.mode, run.mirror_gap, run.same_as_run_id) == ("COMMIT", None, None)
    assert next_sequence == 5, "refunds that the feed has told are read again"
