"""Answers that are lost, late or wrong, with production's windows at a clock that is moved: nothing is sent twice."""

from collections.abc import AsyncIterator

import pytest

from tests.support.moved_clock import MovedClock, running_at_moved_clock
from tests.support.tax_sandbox import query_by_key

LEASE_SECONDS = 60


@pytest.fixture
async def system(processes, steering) -> AsyncIterator[MovedClock]:
    async with running_at_moved_clock(processes, steering) as running:
        yield running


async def test_after_a_lost_answer_the_same_bytes_are_sent_and_the_first_number_is_kept(system):
    await system.booked("BEFORE")
    for fault in ("DROP_AFTER_COMMIT", "ACK_WITHOUT_BOOKING"):
        await system.steering.plan(fault, order_no="LOST", times=1)
    await system.issued("LOST")
    (accepted,) = [row for row in await system.steering.book() if row["order_no"] == "LOST"]

    passed = await system.until_state("BOOKED", ["LOST"])

    invoice, both = await system.of("LOST"), await system.witness()
    heard = both.heard[invoice.key]
    assert [(each.outcome, each.faults) for each in heard] == [
        ("ACCEPTED", ("ACK_WITHOUT_BOOKING", "DROP_AFTER_COMMIT")),
        ("DUPLICATE", ()),
    ]
    assert [each.outcome for each in invoice.submits] == ["UNKNOWN", "DUPLICATE"]
    assert {each.sha256 for each in [*heard, *invoice.submits]} == {invoice.sha256}
    assert [row["number"] for row in both.book[invoice.key]] == [invoice.number] == [accepted["number"]]
    assert "REJECTED" not in passed
    assert both.broken(LEASE_SECONDS) == {}


@pytest.mark.parametrize("fault", ["QUERY_FALSE_NEGATIVE", "ACK_WITHOUT_BOOKING"])
async def test_a_query_that_finds_nothing_for_ten_minutes_after_the_yes_leads_to_no_second_send(system, fault):
    await system.booked("BEFORE")
    await system.steering.plan(fault, order_no="LATE", seconds=600, times=1)
    await system.issued("LATE")
    key = (await system.of("LATE")).key

    found = []
    for _ in range(9):
        await system.pass_time(61)
        found.append((await query_by_key(system.steering, key)).status_code)
    waiting = await system.of("LATE")
    passed = await system.until_state("BOOKED", ["LATE"])

    both = await system.witness()
    assert set(found) == {404}
    assert waiting.states in (["ACKED"], ["MISSING"])
    assert {*passed} <= {"ACKED", "MISSING", "BOOKED"}
    assert len(both.heard[key]) == 1
    assert both.broken(LEASE_SECONDS) == {}


async def test_a_duplicate_that_names_anothers_number_ends_booked_under_its_own(system):
    await system.booked("ANOTHERS")
    anothers = (await system.of("ANOTHERS")).number
    await system.steering.plan("DUPLICATE", order_no="LIED-TO", times=1)
    await system.issued("LIED-TO")
    told = await system.processes.fetch(
        "invoice_sync", "SELECT invoice_number FROM attempt_end WHERE outcome = 'DUPLICATE'"
    )

    passed = await system.until_state("BOOKED", ["LIED-TO"])

    invoice, both = await system.of("LIED-TO"), await system.witness()
    assert [row[0] for row in told] == [anothers]
    assert invoice.number not in ("", anothers)
    assert "MISMATCH" not in passed
    assert [each.outcome for each in both.heard[invoice.key]] == ["TURNED_AWAY", "ACCEPTED"]
    assert both.broken(LEASE_SECONDS) == {}


async def test_a_duplicate_that_lies_to_a_second_send_ends_booked_under_the_first_number(system):
    await system.booked("ANOTHERS")
    for fault in ("DROP_AFTER_COMMIT", "ACK_WITHOUT_BOOKING"):
        await system.steering.plan(fault, order_no="LIED-TO", times=1)
    await system.issued("LIED-TO")
    (accepted,) = [row for row in await system.steering.book() if row["order_no"] == "LIED-TO"]
    await system.steering.plan("DUPLICATE", order_no="LIED-TO", times=1)

    passed = await system.until_state("BOOKED", ["LIED-TO"])

    invoice, both = await system.of("LIED-TO"), await system.witness()
    assert invoice.number == accepted["number"] != (await system.of("ANOTHERS")).number
    assert "MISMATCH" not in passed
    assert [each.outcome for each in both.heard[invoice.key]] == ["ACCEPTED", "TURNED_AWAY", "DUPLICATE"]
    assert both.broken(LEASE_SECONDS) == {}
