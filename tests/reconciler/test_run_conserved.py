"""Whatever a day brings, every row has one place and all money adds up; no order of rows and no threads change it."""

from collections import Counter
from datetime import timedelta

from bihuan.reconciler.v1 import run_pb2, run_service_pb2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from chassis.money import Money
from services.reconciler.clients import PaymentsClient
from services.reconciler.matcher import Matcher, MatchLimits
from services.reconciler.tables import RunResultRow
from tests.reconciler.builders import DAY, NOON, System, a_bill, a_bill_row, a_worker

# What becomes of an order: how often the books and the channel have it, by how much the channel differs, a refund.
ORDERS = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.integers(0, 2),
        st.sampled_from([0, 0, 0, 7, -7]),
        st.booleans(),
        st.sampled_from([12, 12, 23 * 60 + 58]),  # minutes after noon; the last is near midnight
    ),
    min_size=1,
    max_size=12,
)
SHUFFLE = """
CREATE TEMP TABLE shuffled AS SELECT * FROM {table} ORDER BY random();
DELETE FROM {table};
INSERT INTO {table} ({columns}) SELECT {columns} FROM shuffled;
DROP TABLE shuffled;
"""


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(orders=ORDERS)
async def test_any_day_is_conserved_and_its_digest_depends_on_no_order_and_no_threads(
    system: System, payments_target: str, orders: list[tuple[int, int, int, bool, int]]
):
    day_no = next_day_no(system)
    rows, paid = [], Counter[str]()
    for at, (booked, listed, apart, refunded, minutes) in enumerate(orders):
        no = day_no * 100 + at
        moment = NOON + timedelta(days=day_no, minutes=min(minutes, 719))
        if booked:
            await system.record(no, pay_time=moment)
            paid["CNY"] += 1200
        row = a_bill_row(no, amount=Money("CNY", 1200 + apart), book_time=moment, create_time=moment)
        rows += [row] * listed
        if refunded:
            rows.append(a_bill_row(no, is_refund=True, channel_refund_no=f"refund-{no}", book_time=moment))
    rows.append(a_bill_row(day_no * 100 + 99, book_time=NOON + timedelta(days=day_no)))
    await system.ingest(a_bill(*rows), f"ingest-{day_no:04}")
    day = DAY + timedelta(days=day_no)

    run = await system.run(f"run-{day_no:05}", day=day)

    assert run.state == run_pb2.Run.STATE_SUCCEEDED, run.failure_message
    async with system.sessions() as session:
        placed = [*await session.scalars(select(RunResultRow).where(RunResultRow.run_id == run.run_id))]
    own = [row for row in placed if row.business_date == day]
    assert sum(row.amount_minor for row in own if row.side == "P") == paid["CNY"]
    assert sum(row.side == "L" for row in own) == len(rows)
    for side, count, sums in (
        ("P", run.totals.payment_count, run.totals.payment_sums),
        ("L", run.totals.line_count, run.totals.line_sums),
    ):
        assert count == sum(row.side == side for row in placed)
        assert sum(one.amount_minor for one in sums) == sum(row.amount_minor for row in placed if row.side == side)
    parts = run.totals.dispositions
    assert sum(part.payment_count for part in parts) == run.totals.payment_count
    assert sum(part.line_count for part in parts) == run.totals.line_count

    assert await shuffled_digest(system, payments_target, run) == run.output_digest


def next_day_no(system: System) -> int:
    """Each example of a test is a day of its own, one after the other; its close has passed then."""
    system.clock.advance(86_400)
    return (system.clock.now().date() - DAY).days - 1


async def shuffled_digest(system: System, payments_target: str, run: run_pb2.Run) -> bytes:
    """What a dry run gives of the same rows in another order, with another number of threads."""
    async with system.sessions.begin() as session:
        for table in ("payments", "statement_lines"):
            columns = ", ".join(
                await session.scalars(
                    text(
                        "SELECT column_name FROM information_schema.columns WHERE table_name = :table "
                        "AND table_schema = 'public' ORDER BY ordinal_position"
                    ),
                    {"table": table},
                )
            )
            for statement in SHUFFLE.format(table=table, columns=columns).strip().split(";\n"):
                await session.execute(text(statement.rstrip(";")))
    payments = PaymentsClient(payments_target, timeout_seconds=20)
    other = Matcher(MatchLimits(seconds_max=60, memory_mib=128, threads=3))
    worker = a_worker(system.sessions, payments, system.mirror, system.clock, matcher=other)
    request = run_service_pb2.StartRunRequest(
        request_id=f"dry-{run.run_id}"[:64],
        channel=run.channel,
        business_date=run.business_date,
        mode=run_pb2.Run.MODE_DRY_RUN,
    )
    asked = (await system.runs.StartRun(request)).run
    await worker.run_reconciliation(await worker.claim_run())
    await payments.close()
    dry = await system.get_run(asked.run_id)
    assert dry.state == run_pb2.Run.STATE_SUCCEEDED, dry.failure_message
    assert dry.pins == run.pins
    return dry.output_digest
