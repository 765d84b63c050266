"""What has no counterpart yet waits until the channel's close, and for the next statement; then it is somebody's."""

from datetime import timedelta

from bihuan.reconciler.v1 import exception_pb2, run_pb2

from tests.reconciler.builders import (
    DAY,
    NOON,
    System,
    a_bill,
    a_bill_row,
    class_names,
    dispositions,
    exceptions_of,
    matches_of,
)

NEXT_DAY = DAY + timedelta(days=1)
LATE = NOON + timedelta(hours=11, minutes=59, seconds=58)  # 23:59:58 in Shanghai
EARLY = NOON + timedelta(hours=12, seconds=5)  # 00:00:05 of the next day


async def test_before_the_close_rows_without_a_counterpart_wait_and_afterwards_are_exceptions(system: System):
    system.clock.advance(-3 * 3_600)  # 09:00 in Shanghai, an hour before the close
    await system.record(1)
    await system.record(2)
    await system.ingest(a_bill(a_bill_row(1), a_bill_row(3)))
    before = await system.run("run-00001")
    system.clock.advance(2 * 3_600)

    after = await system.run("run-00002")

    assert dispositions(before) == {"MATCHED": (1, 1), "BUFFERED": (1, 1)}
    assert await class_names(system, run_id=before.run_id) == []
    assert dispositions(after) == {"MATCHED": (1, 1), "EXCEPTION": (1, 1)}
    assert await class_names(system, run_id=after.run_id) == ["CHANNEL_ONLY", "PLATFORM_ONLY"]
    assert after.pins.as_of.ToDatetime() > before.pins.as_of.ToDatetime()


async def test_a_payment_near_midnight_that_no_statement_has_is_an_exception_of_the_next_days_run(system: System):
    late = await system.record(1, pay_time=LATE)
    await system.ingest(a_bill(a_bill_row(2, book_time=NOON)))
    await system.record(2)
    first = await system.run("run-00001")
    await system.ingest(a_bill(a_bill_row(3, book_time=EARLY)), "ingest-0002")
    await system.record(3, pay_time=EARLY)

    second = await system.run("run-00002", day=NEXT_DAY)

    assert dispositions(first) == {"MATCHED": (1, 1), "BUFFERED": (1, 0)}
    assert dispositions(second) == {"MATCHED": (1, 1), "EXCEPTION": (1, 0)}
    (found,) = await exceptions_of(system, state=exception_pb2.Exception.STATE_OPEN)
    assert (found.payment_id, found.run_id) == (late, second.run_id)

    # Made again, the first day cannot leave it to the next one, which has come: it is one exception, and not two.
    await system.record(4)
    again = await system.run("run-00003")
    assert dispositions(again) == {"MATCHED": (1, 1), "EXCEPTION": (2, 0)}
    (found,) = await exceptions_of(system, state=exception_pb2.Exception.STATE_OPEN, payment_id=late)
    assert found.run_id == again.run_id

    # The line comes late: what the next day had made of the payment is resolved.
    await system.ingest(a_bill(a_bill_row(1, book_time=LATE)), "ingest-0003")
    found_late = await system.run("run-00004")
    assert dispositions(found_late) == {"MATCHED": (2, 2), "EXCEPTION": (1, 0)}
    assert await exceptions_of(system, state=exception_pb2.Exception.STATE_OPEN, payment_id=late) == []


async def test_a_line_that_comes_before_its_payment_is_taken_in_by_the_next_days_run(system: System):
    await system.ingest(a_bill(a_bill_row(1, book_time=LATE), a_bill_row(2)))
    await system.record(2)
    first = await system.run("run-00001")
    late = await system.record(1, pay_time=EARLY)
    await system.ingest(a_bill(a_bill_row(3, book_time=EARLY)), "ingest-0002")
    await system.record(3, pay_time=EARLY)

    second = await system.run("run-00002", day=NEXT_DAY)

    assert dispositions(first) == {"MATCHED": (1, 1), "BUFFERED": (0, 1)}
    assert dispositions(second) == {"MATCHED": (2, 2)}
    (crossed,) = [match for match in await matches_of(system, second) if match.payment_id == late]
    assert crossed.kind == run_pb2.Match.KIND_CROSS_DAY
    assert second.totals.cross_day_count == 1

    # Either day made again leaves the line where it is, though the first has it no more.
    await system.record(4)
    first_again = await system.run("run-00003")
    await system.record(5, pay_time=EARLY)
    second_again = await system.run("run-00004", day=NEXT_DAY)
    assert dispositions(first_again) == {"MATCHED": (1, 1), "EXCEPTION": (1, 0)}
    assert dispositions(second_again) == {"MATCHED": (2, 2), "BUFFERED": (1, 0)}
