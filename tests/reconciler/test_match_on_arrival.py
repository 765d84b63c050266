"""Payments and lines are matched as they come; whatever their order, they end as the same rules end at the close."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bihuan.reconciler.v1 import arrival_service_pb2 as pb
from bihuan.reconciler.v1 import arrival_service_pb2_grpc
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from chassis import channel, database, server
from chassis.clock import ManualClock
from services.reconciler.actions.arrival import ArrivalActions
from services.reconciler.matching.frames import LINES, PAYMENTS, Side
from services.reconciler.rpc import arrival_servicer
from services.reconciler.rules.arrival import arrival_rules
from services.reconciler.rules.duckdb_engine import match_files
from services.reconciler.rules.rule_files import DEFAULT, load_rule_set
from services.reconciler.rules.rule_set import RuleSet
from services.reconciler.store.arrival import compare_with_close
from services.reconciler.tables import (
    ArrivalLineRow,
    ArrivalMatchRow,
    ArrivalPaymentRow,
    ArrivalRevisionRow,
    RunResultRow,
)
from tests.matching.rows import a_line, a_payment
from tests.reconciler.arriving import DAY, NOON, Row, come, forget_all

SHIPPED = load_rule_set(DEFAULT)
ON_ARRIVAL = replace(SHIPPED, rules=arrival_rules(SHIPPED), ignore=(), second_confirmation=None)


@pytest.fixture
async def sessions(fresh_database):
    engine = database.connect(await fresh_database("services.reconciler"), "test")
    yield database.sessions(engine)
    await engine.dispose()


@pytest.fixture
def arrival(sessions) -> ArrivalActions:
    return ArrivalActions(sessions, ManualClock(NOON))


async def standing(sessions) -> set[tuple[str, str, str, str, str]]:
    async with sessions() as session:
        rows = await session.scalars(select(ArrivalMatchRow))
        return {(row.payment_id, row.line_id, row.rule_id, row.disposition, row.exception_class) for row in rows}


def line_of(payment: Row, line_id: str, **given: object) -> Row:
    return a_line(line_id, payment, **given)


def test_only_rules_by_numbers_that_both_sides_own_decide_on_arrival() -> None:
    assert [rule.id for rule in arrival_rules(SHIPPED)] == ["txn", "refund_no", "refund_own_no", "order"]


@pytest.mark.parametrize("payment_first", [True, False])
async def test_a_payment_and_its_line_are_a_pair_whichever_comes_first(sessions, arrival, payment_first: bool) -> None:
    payment = a_payment("p1")
    rows = [payment, line_of(payment, "s1.1")]

    for row in rows if payment_first else reversed(rows):
        await come(sessions, [row])
        await arrival.match_arrivals()

    assert await standing(sessions) == {("p1", "s1.1", "txn", "MATCHED", "")}


async def test_a_second_line_with_the_number_ends_the_pair_and_that_is_kept(sessions, arrival) -> None:
    payment = a_payment("p1")
    await come(sessions, [payment, line_of(payment, "s1.1")])
    await arrival.match_arrivals()

    await come(sessions, [line_of(payment, "s2.1", merchant_order_no="another")])
    await arrival.match_arrivals()

    assert await standing(sessions) == set()
    async with sessions() as session:
        (revision,) = await session.scalars(select(ArrivalRevisionRow))
    assert (revision.payment_id, revision.line_id, revision.run_id) == ("p1", "s1.1", "")
    assert (revision.before["rule_id"], revision.after) == ("txn", {})


async def test_rows_that_too_many_others_hang_together_with_are_left_to_the_close(
    sessions, arrival, monkeypatch
) -> None:
    monkeypatch.setattr("services.reconciler.actions.arrival._TOGETHER_MAX", 5)
    payment, other = a_payment("p1"), a_payment("p2")
    crowd = [line_of(payment, f"s1.{at}", merchant_order_no="") for at in range(1, 9)]

    await come(sessions, [payment, other, *crowd, line_of(other, "s1.20")])
    await arrival.match_arrivals()

    assert await standing(sessions) == {("p2", "s1.20", "txn", "MATCHED", "")}


async def test_what_is_due_is_done_once_and_long_past_rows_go(sessions, arrival) -> None:
    payment = a_payment("p1")
    await come(sessions, [payment, line_of(payment, "s1.1")])

    turns = [await arrival.match_arrivals(), await arrival.match_arrivals()]
    arrival._clock.advance(86_400 * 60)

    assert turns == [3, 0]  # the payment, the lines, the end of the statement
    assert await arrival.forget_arrivals() == 3
    async with sessions() as session:
        assert not [*await session.scalars(select(ArrivalPaymentRow)), *await session.scalars(select(ArrivalLineRow))]


async def test_of_two_rows_that_come_at_the_same_moment_one_sees_the_other(sessions) -> None:
    workers = [ArrivalActions(sessions, ManualClock(NOON)) for _ in range(3)]
    payments = [a_payment(f"p{at}") for at in range(12)]

    async def comes(row: Row, worker: ArrivalActions) -> None:
        await come(sessions, [row])
        await worker.match_arrivals()

    await asyncio.gather(
        *(comes(payment, workers[at % 3]) for at, payment in enumerate(payments)),
        *(comes(line_of(payment, f"s{at}.1"), workers[(at + 1) % 3]) for at, payment in enumerate(payments)),
    )

    assert await standing(sessions) == {(f"p{at}", f"s{at}.1", "txn", "MATCHED", "") for at in range(12)}


numbers, amounts = st.sampled_from(["", "a", "b", "c"]), st.sampled_from([100, 200])


@st.composite
def a_row(draw, at: int) -> Row:
    """A row whose numbers many others have too."""
    is_refund = draw(st.booleans()) and draw(st.booleans())
    sign = -1 if is_refund else 1
    shared = {
        "channel": draw(st.sampled_from(["wechat_pay", "wechat_pay", "alipay"])),
        "channel_txn_no": draw(numbers),
        "merchant_order_no": draw(numbers),
        "channel_refund_no": draw(numbers) if is_refund else "",
        "merchant_refund_no": draw(numbers) if is_refund else "",
        "amount_minor": sign * draw(amounts),
    }
    if draw(st.booleans()):
        kind = "REFUND" if is_refund else "PAYMENT"
        return a_payment(f"p{at}", kind=kind, **shared)
    kind = draw(st.sampled_from(["REFUND", "DEBIT"] if is_refund else ["PAYMENT", "CREDIT"]))
    status = draw(st.sampled_from(["SUCCEEDED", "", "FAILED"]))
    return {**a_line(f"s{at}.{at}"), **shared, "kind": kind, "status": status, "book_time_us": None}


@st.composite
def days(draw) -> tuple[list[Row], list[int]]:
    rows = [draw(a_row(at)) for at in range(1, draw(st.integers(4, 14)))]
    order = draw(st.permutations(range(len(rows))))
    return rows, order


@settings(max_examples=15, deadline=None, suppress_health_check=[*HealthCheck])
@given(day=days(), data=st.data())
async def test_in_any_order_of_coming_they_end_as_the_same_rules_end_at_the_close(
    sessions, arrival, tmp_path: Path, day: tuple[list[Row], list[int]], data: st.DataObject
) -> None:
    rows, order = day
    await forget_all(sessions)

    for at in order:
        await come(sessions, [rows[at]])
        if data.draw(st.booleans()):
            await arrival.match_arrivals()
    await arrival.match_arrivals()

    before = await standing(sessions)
    assert before == pairs_of(close(ON_ARRIVAL, rows, tmp_path))
    results = close(SHIPPED, rows, tmp_path)
    await record_run(sessions, "r1", results)
    said = pairs_of(results)
    same = {pair for pair in before if (pair[0], pair[1], *pair[3:]) in {(x[0], x[1], *x[3:]) for x in said}}
    async with sessions() as session:
        closed = {
            row.payment_id for row in await session.scalars(select(ArrivalMatchRow)) if row.closed_by_run_id == "r1"
        }
        revised = {row.payment_id for row in await session.scalars(select(ArrivalRevisionRow)) if row.run_id == "r1"}
    assert closed == {pair[0] for pair in same}
    assert revised == {pair[0] for pair in before - same}
    assert await standing(sessions) == same


async def test_a_run_closes_what_it_finds_too_and_says_where_it_differs(sessions, arrival) -> None:
    fine, odd = a_payment("p1"), a_payment("p2")
    await come(sessions, [fine, line_of(fine, "s1.1"), odd, line_of(odd, "s1.2")])
    await arrival.match_arrivals()
    alone = {"group_id": "p2", "rule_id": "payment_without_line", "disposition": "EXCEPTION", "exception_class": "X"}

    await record_run(
        sessions,
        "r1",
        [
            a_result("P", "p1", group_id="p1"),
            a_result("L", "s1.1", group_id="p1"),
            a_result("P", "p2", **alone),
            a_result("L", "s1.2", **{**alone, "group_id": "s1.2"}),
        ],
    )
    await come(sessions, [line_of(odd, "s2.1", channel_txn_no="another")])
    await arrival.match_arrivals()

    stands, revised = await arrival.get_arrival_match("p1")
    assert stands
    assert not revised
    assert (stands.closed_by_run_id, stands.line_id) == ("r1", "s1.1")
    stands, revised = await arrival.get_arrival_match("p2")
    assert revised
    assert not stands  # what a run has placed is no candidate any more
    assert (revised.run_id, revised.line_id, revised.before["disposition"]) == ("r1", "s1.2", "MATCHED")
    assert revised.after["payment"]["rule_id"] == "payment_without_line"


async def test_what_a_run_buffers_goes_on_being_matched(sessions, arrival) -> None:
    payment = a_payment("p1")
    await come(sessions, [payment])
    await arrival.match_arrivals()
    await record_run(sessions, "r1", [a_result("P", "p1", disposition="BUFFERED", rule_id="payment_waits")])

    await come(sessions, [line_of(payment, "s1.1")])
    await arrival.match_arrivals()

    assert await standing(sessions) == {("p1", "s1.1", "txn", "MATCHED", "")}


def a_result(side: str, row_id: str, **given: object) -> Row:
    texts = {"group_id": row_id, "rule_id": "txn", "stage": "exact", "disposition": "MATCHED", "exception_class": ""}
    return {**texts, "side": side, "id": row_id, "runner_up_id": "", "margin": None, "reason": "", **given}


async def record_run(sessions, run_id: str, results: list[Row]) -> None:
    """As a run that commits writes it."""
    more = {"run_id": run_id, "currency_code": "CNY", "amount_minor": 1, "business_date": DAY, "beside": False}
    async with sessions.begin() as session:
        await session.execute(insert(RunResultRow), [{**row, **more} for row in results])
        for channel in ("wechat_pay", "alipay"):
            await compare_with_close(session, run_id, channel, NOON)


def close(rule_set: RuleSet, rows: list[Row], folder: Path) -> list[Row]:
    """What the engine says of all rows at once."""
    for schema, key in ((PAYMENTS, "payment_id"), (LINES, "line_id")):
        table = pa.Table.from_pylist([row for row in rows if key in row], schema)
        pq.write_table(table, folder / f"{key}.parquet")
    match_files(rule_set, folder / "payment_id.parquet", folder / "line_id.parquet", folder / "out")
    return pq.read_table(folder / "out/results.parquet").to_pylist()


def pairs_of(results: list[Row]) -> set[tuple[str, str, str, str, str]]:
    """Groups of one payment and one line."""
    groups: dict[str, list[Row]] = {}
    for row in results:
        groups.setdefault(row["group_id"], []).append(row)
    pairs = [sorted(group, key=lambda row: row["side"]) for group in groups.values() if len(group) == 2]
    return {
        (payment["id"], line["id"], line["rule_id"], line["disposition"], line["exception_class"])
        for line, payment in pairs
        if (line["side"], payment["side"]) == (Side.LINE, Side.PAYMENT)
    }


async def test_what_is_known_of_a_payment_is_told_before_and_after_the_close(sessions, arrival) -> None:
    fine, odd = a_payment("p1"), a_payment("p2")
    running = await server.start("127.0.0.1:0", [arrival_servicer(arrival)])
    to_arrival = channel.connect(
        f"127.0.0.1:{running.port}", [*pb.DESCRIPTOR.services_by_name.values()], timeout_seconds=60
    )
    stub = arrival_service_pb2_grpc.ArrivalServiceStub(to_arrival)

    async def told(payment_id: str) -> tuple[str, str, str]:
        found = (await stub.GetArrivalMatch(pb.GetArrivalMatchRequest(payment_id=payment_id))).arrival_match
        return found.State.Name(found.state), found.line_id, found.run_id

    try:
        assert await told("p1") == ("STATE_OPEN", "", "")
        await come(sessions, [fine, line_of(fine, "s1.1"), odd, line_of(odd, "s1.2")])
        await arrival.match_arrivals()
        assert await told("p1") == ("STATE_PAIRED", "s1.1", "")
        both = [a_result("P", "p1"), a_result("L", "s1.1", group_id="p1")]
        await record_run(sessions, "r1", [*both, a_result("P", "p2", rule_id="payment_without_line")])
        assert await told("p1") == ("STATE_CLOSED", "s1.1", "r1")
        assert await told("p2") == ("STATE_REVISED", "", "r1")
    finally:
        await to_arrival.close()
        await running.stop()
