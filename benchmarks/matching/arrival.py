"""On arrival: payments come at a rate that nobody waits for, are mirrored and matched; beside one durable insert.

Their lines are there already, and so is a window of rows that never match. The time of one payment runs from the moment
at which it was to come until the commit that has its pair, so that what waits behind a slow batch counts too.
"""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.metric import Metric
from chassis import database, migrate
from chassis.clock import SystemClock
from chassis.database import Sessions
from chassis.local_postgres import local_postgres
from chassis.money import Money
from services.reconciler.actions.arrival import ArrivalActions
from services.reconciler.domain.payment import Change, MirroredPayment
from services.reconciler.store.arrival import ArrivalStore
from services.reconciler.store.mirror import MirrorStore

_PER_SECOND = 500
_INSERT = "p99 of one durable insert of the same database, at the same rate"
_AT_ONCE = 200
_DAY = date(2026, 1, 1)
_NOON = datetime(2026, 1, 1, 4, tzinfo=UTC)
Work = Callable[[Sequence[int]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How long payments come, and how many open rows of each side are there that never match."""

    seconds: float = 30.0
    open_rows: int = 100_000


FULL, QUICK = Sizes(), Sizes(seconds=0.2, open_rows=200)


def measure(sizes: Sizes) -> list[Metric]:
    """Ours, then the insert, in one database."""
    return asyncio.run(_measure(sizes))


async def _measure(sizes: Sizes) -> list[Metric]:
    with local_postgres() as server:
        url = await server.create_database("arrival")
        await migrate.upgrade("services.reconciler", url)
        engine = database.connect(url, "arrival")
        try:
            count = int(sizes.seconds * _PER_SECOND)
            await _there(engine, sizes.open_rows, count)
            await _settled(engine)
            ours = await _open_loop(count, _our_work(database.sessions(engine)))
            matched = await _matched(engine)
            assert matched == count, f"{count - matched} payments came and have no pair"
            insert = await _open_loop(count, await _insert_work(engine))
        finally:
            await engine.dispose()
    return [
        Metric("arrival_p99_ratio_to_insert", _p99(ours) / _p99(insert), "times", _INSERT, 10, "at most"),
        Metric("arrival_p50_ms", sorted(ours)[len(ours) // 2] * 1000, "ms", ""),
        Metric("arrival_p99_ms", _p99(ours) * 1000, "ms", ""),
        Metric("durable_insert_p99_ms", _p99(insert) * 1000, "ms", ""),
    ]


async def _open_loop(count: int, work: Work) -> list[float]:
    """Payment n comes at n / rate; whoever is free takes all that have come. Returns the seconds of each."""
    began = time.perf_counter()
    took: list[float] = []
    while len(took) < count:
        come = min(int((time.perf_counter() - began) * _PER_SECOND) + 1, count)
        if come == len(took):
            await asyncio.sleep(max(0.0, began + len(took) / _PER_SECOND - time.perf_counter()))
            continue
        batch = range(len(took), min(come, len(took) + _AT_ONCE))
        await work(batch)
        ended = time.perf_counter()
        took += [ended - began - number / _PER_SECOND for number in batch]
    return took


def _our_work(sessions: Sessions) -> Work:
    """As the mirror does: what the feed tells commits, then it is matched."""
    arrival = ArrivalActions(sessions, SystemClock())

    async def work(batch: Sequence[int]) -> None:
        changes = [Change(number + 1, _payment(number)) for number in batch]
        async with sessions.begin() as session:
            await MirrorStore(session).mirror(changes)
            await ArrivalStore(session).add_payments([change.payment.payment_id for change in changes])
        await arrival.match_payments()

    return work


async def _insert_work(engine: AsyncEngine) -> Work:
    """One row, one commit, one after the other."""
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE plain_rows (id text PRIMARY KEY, amount_minor bigint)"))

    async def work(batch: Sequence[int]) -> None:
        async with engine.begin() as connection:
            row = {"id": f"row{batch[0]:09}", "amount": batch[0]}
            await connection.execute(text("INSERT INTO plain_rows VALUES (:id, :amount)"), row)

    return work


async def _there(engine: AsyncEngine, open_rows: int, count: int) -> None:
    """The lines of all that will come, and rows of both sides that never match; as one statement that was loaded."""
    lines = """
        INSERT INTO statement_lines (statement_id, line_no, kind, channel_txn_no, merchant_order_no, channel_refund_no,
            merchant_refund_no, currency_code, amount_minor, fee_text, book_time, book_local, business_date, status,
            byte_offset)
        SELECT 's1', n, 'PAYMENT', CASE WHEN n <= :count THEN 'T' ELSE 'L' END || md5(n::text), 'O' || md5(n::text), '',
            '', 'CNY', 100 + n % 9000, '', :noon, '', :day, 'SUCCEEDED', 0 FROM generate_series(1, :upto) AS n"""
    payments = """
        INSERT INTO payments (payment_id, merchant_id, merchant_order_no, bill_no, channel, channel_txn_no,
            currency_code, amount_minor, pay_time, business_date, version, traceparent)
        SELECT 'open' || n, 'm1', 'Q' || md5(n::text), '', 'wechat_pay', 'P' || md5(n::text), 'CNY', 100 + n % 9000,
            :noon, :day, 1, '' FROM generate_series(1, :open_rows) AS n"""
    statement = """
        INSERT INTO statements (statement_id, request_id, file_sha256, file_name, channel, account_no, business_date,
            profile_id, profile_version, encoding, booked_rows, neutral_rows, frame_rows, quarantined_rows, sums_in,
            sums_out, controls, create_time)
        VALUES ('s1', 's1', 's1', '', 'wechat_pay', '', :day, '', 1, '', 0, 0, 0, 0, '{}', '{}', '[]', :noon)"""
    asked = {"day": _DAY, "noon": _NOON}
    async with engine.begin() as connection:
        await connection.execute(text("INSERT INTO statement_files (file_sha256) VALUES ('s1')"))
        await connection.execute(text(statement), asked)
        await connection.execute(text(lines), {**asked, "count": count, "upto": count + open_rows})
        await connection.execute(text(payments), {**asked, "open_rows": open_rows})
        await connection.execute(text("INSERT INTO arrival_statements_due (statement_id) VALUES ('s1')"))
        await connection.execute(text("INSERT INTO arrival_payments_due SELECT payment_id FROM payments"))


async def _settled(engine: AsyncEngine) -> None:
    arrival = ArrivalActions(database.sessions(engine), SystemClock())
    while await arrival.match_arrivals():
        pass
    async with engine.connect() as connection:
        await (await connection.execution_options(isolation_level="AUTOCOMMIT")).execute(text("VACUUM ANALYZE"))


async def _matched(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        return int(await connection.scalar(text("SELECT count(*) FROM arrival_matches")) or 0)


def _payment(number: int) -> MirroredPayment:
    md5 = _md5(number + 1)
    return MirroredPayment(
        payment_id=f"pay{number:09}",
        merchant_id="m1",
        merchant_order_no=f"O{md5}",
        bill_no="",
        channel="wechat_pay",
        channel_txn_no=f"T{md5}",
        amount=Money("CNY", 100 + (number + 1) % 9000),
        pay_time=_NOON,
        business_date=_DAY,
        version=1,
        traceparent="",
    )


def _md5(number: int) -> str:
    return hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest()


def _p99(took: Sequence[float]) -> float:
    return sorted(took)[int(len(took) * 0.99)]
