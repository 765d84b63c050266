"""A day that is run again, and the day after it: pins, digests, and what one run takes over from another."""

from datetime import timedelta

from bihuan.reconciler.v1 import exception_pb2, run_pb2, run_service_pb2

from services.reconciler.tables import PaymentFactRow
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

THE_DAY_AFTER = DAY + timedelta(days=1)
LATE = NOON + timedelta(hours=11, minutes=59, seconds=58)  # 23:59:58 in Shanghai


async def test_a_run_again_with_equal_pins_decides_nothing_anew_and_names_the_run_that_stands(system: System):
    await system.record(1)
    await system.record(2)
    await system.ingest(a_bill(a_bill_row(1), a_bill_row(3)))
    first = await system.run("run-00001")
    facts = await system.count(PaymentFactRow)
    system.clock.advance(40_000)  # between two closes the moment of asking changes nothing

    second = await system.run("run-00002")

    assert second.state == run_pb2.Run.STATE_SUCCEEDED
    assert second.same_as_run_id == first.run_id
    assert second.pins == first.pins
    assert (second.pins.rule_set_id, len(second.pins.rule_set_hash)) == ("default", 64)
    assert len(second.output_digest) == 32
    assert second.output_digest == first.output_digest
    assert second.totals == first.totals
    assert await matches_of(system, second) == await matches_of(system, first) != []
    assert {each.state for each in await exceptions_of(system)} == {exception_pb2.Exception.STATE_OPEN}
    assert {each.run_id for each in await exceptions_of(system)} == {first.run_id}
    assert await system.count(PaymentFactRow) == facts
    assert (await system.get_run(first.run_id)).superseded_by_run_id == ""


async def test_a_run_again_after_a_statement_came_supersedes_the_first_and_resolves_what_it_left_open(system: System):
    await system.record(1)
    await system.record(2)
    await system.ingest(a_bill(a_bill_row(1), a_bill_row(3)))
    first = await system.run("run-00001")
    await system.ingest(a_bill(a_bill_row(2)), "ingest-0002")

    second = await system.run("run-00002")

    assert list(second.pins.statement_sha256s)[:1] == list(first.pins.statement_sha256s)
    assert len(second.pins.statement_sha256s) == 2
    assert second.output_digest != first.output_digest
    assert (first.totals.matched_count, second.totals.matched_count) == (1, 2)
    resolved, opened = exception_pb2.Exception.STATE_RESOLVED, exception_pb2.Exception.STATE_OPEN
    assert (second.same_as_run_id, second.pins == first.pins) == ("", False)
    assert (await system.get_run(first.run_id)).superseded_by_run_id == second.run_id
    assert {each.state for each in await exceptions_of(system, run_id=first.run_id)} == {resolved}
    assert {each.state for each in await exceptions_of(system, run_id=second.run_id)} == {opened}


async def test_a_payment_of_the_evening_before_waits_for_the_next_statement_which_has_it(system: System):
    payment_id = await system.record(1, pay_time=LATE)
    await system.record(2)
    await system.ingest(a_bill(a_bill_row(2)))
    before = await system.run("run-00001")
    assert dispositions(before) == {"MATCHED": (1, 1), "BUFFERED": (1, 0)}
    assert await class_names(system, payment_id=payment_id) == []
    late_row = a_bill_row(1, book_time=LATE + timedelta(seconds=5))
    await system.ingest(a_bill(late_row), "ingest-0002")

    after = await system.run("run-00002", day=THE_DAY_AFTER)

    (match,) = (await system.runs.ListMatches(run_service_pb2.ListMatchesRequest(run_id=after.run_id))).matches
    assert (match.payment_id, match.kind) == (payment_id, run_pb2.Match.KIND_CROSS_DAY)

    # What the day after holds is no longer the first day's to miss, and the first day's pins say so.
    again = await system.run("run-00003")
    assert await class_names(system, run_id=again.run_id) == []
    assert again.totals.payment_count == 1
    assert again.pins.payments_manifest_digest == before.pins.payments_manifest_digest
    assert again.pins.neighbours_digest != before.pins.neighbours_digest

    # And the day after keeps its match when it is made again.
    repeated = await system.run("run-00004", day=THE_DAY_AFTER)
    assert repeated.output_digest == after.output_digest


async def test_a_payment_that_its_own_day_has_matched_is_not_matched_again_by_the_next_day(system: System):
    payment_id = await system.record(1, pay_time=LATE)
    await system.ingest(a_bill(a_bill_row(1, book_time=LATE)))
    await system.run("run-00001")
    # The channel has the order in both files, under another number of its own.
    twin = a_bill_row(1, book_time=LATE + timedelta(seconds=5), channel_txn_no="4200009999")
    await system.ingest(a_bill(twin), "ingest-0002")
    system.clock.advance(86_400)  # past the close of the day after

    run = await system.run("run-00002", day=DAY + timedelta(days=1))

    assert run.totals.matched_count == 0
    assert await class_names(system, run_id=run.run_id) == ["CHANNEL_ONLY"]
    assert await exceptions_of(system, payment_id=payment_id) == []
