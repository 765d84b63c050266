"""What became of exceptions, told by number: in order for each, from runs and from people, and nothing of dry runs."""

import asyncio
from datetime import timedelta

import pytest
from bihuan.reconciler.v1 import (
    exception_feed_service_pb2,
    exception_feed_service_pb2_grpc,
    exception_service_pb2,
    run_pb2,
    run_service_pb2,
    suggestion_service_pb2,
)
from bihuan.reconciler.v1.feed_pb2 import ExceptionChange
from sqlalchemy import insert, text, update

from chassis import channel, server
from services.reconciler.actions.feed import FeedActions
from services.reconciler.domain.change import ChangeKind
from services.reconciler.rpc.feed import feed_servicer
from services.reconciler.store import feed as store
from services.reconciler.tables import ExceptionRow
from tests.reconciler.builders import DAY, System, a_bill, a_bill_row, exceptions_of
from tests.reconciler.seeds import add_group, add_run, an_exception, line_ids

KEPT_SECONDS = 86_400.0
K = ChangeKind


@pytest.fixture
def feed(system: System) -> FeedActions:
    return FeedActions(system.sessions, system.clock, KEPT_SECONDS)


async def told(feed: FeedActions, from_sequence: int = 1) -> list:
    page = await feed.list_exception_changes(from_sequence, 1_000)
    return list(page.changes)


async def assigned(system: System, assignee: str, *exception_ids: str, request_id: str = "assign-01") -> None:
    await system.exceptions.AssignExceptions(
        exception_service_pb2.AssignExceptionsRequest(
            request_id=request_id, operator="lead", assignee=assignee, exception_ids=exception_ids, note="yours"
        )
    )


async def confirmed(system: System, operator: str, *exception_ids: str) -> None:
    await system.exceptions.ConfirmExceptions(
        exception_service_pb2.ConfirmExceptionsRequest(
            request_id=f"confirm-{operator}", operator=operator, exception_ids=exception_ids, note="seen"
        )
    )


async def test_an_exception_is_told_as_the_run_found_it_and_as_people_clear_it(system: System, feed: FeedActions):
    payment_id = await system.record(1)
    await system.record(2)
    await system.ingest(a_bill(a_bill_row(2)))
    run = await system.run()
    (found,) = await exceptions_of(system)
    await assigned(system, "zhang", found.exception_id)
    await confirmed(system, "zhang", found.exception_id)

    changes = await told(feed)

    assert [(one.sequence, one.kind, one.state) for one in changes] == [
        (1, K.OPENED, "OPEN"),
        (2, K.ASSIGNED, "ASSIGNED"),
        (3, K.CONFIRMED, "CONFIRMED"),
    ]
    opened = changes[0]
    assert (opened.exception_id, opened.run_id, opened.payment_id) == (found.exception_id, run.run_id, payment_id)
    assert (opened.merchant_id, opened.channel, opened.business_date) == ("city-water", "wechat_pay", DAY)
    assert (opened.book_amount.amount_minor, opened.channel_amount) == (1200, None)


async def test_a_day_run_again_resolves_what_it_finds_no_more_and_opens_anew_what_it_still_finds(
    system: System, feed: FeedActions
):
    await system.record(1)
    await system.record(2)
    await system.ingest(a_bill(a_bill_row(3)))
    first = await system.run("run-00001")
    stays = next(one for one in await exceptions_of(system) if one.merchant_order_no == "order-1")
    await assigned(system, "zhang", stays.exception_id)
    before = len(await told(feed))
    await system.ingest(a_bill(a_bill_row(2)), "ingest-0002")
    second = await system.run("run-00002")

    after = await told(feed, before + 1)

    resolved = [one for one in after if one.kind is K.RESOLVED]
    anew = {one.merchant_order_no for one in after if one.kind is K.OPENED}
    (carried,) = [one for one in after if one.kind is K.ASSIGNED]
    assert {one.merchant_order_no for one in resolved} == {"order-1", "order-2", "order-3"}
    assert {(one.run_id, one.resolved_by_run_id) for one in resolved} == {(first.run_id, second.run_id)}
    assert anew == {"order-1", "order-3"}
    assert carried.carried_from_exception_id == stays.exception_id
    assert [one.kind for one in after if one.exception_id == carried.exception_id] == [K.OPENED, K.ASSIGNED]


async def test_what_a_dry_run_finds_is_told_to_nobody(system: System, feed: FeedActions):
    await system.record(1)
    await system.record(2)
    await system.ingest(a_bill(a_bill_row(2)))
    request = run_service_pb2.StartRunRequest(
        request_id="run-00001",
        channel="wechat_pay",
        business_date=DAY.isoformat(),
        mode=run_pb2.Run.MODE_DRY_RUN,
    )
    await system.runs.StartRun(request)
    claim = await system.reconciliation.claim_run()
    await system.reconciliation.run_reconciliation(claim)

    assert await system.count(ExceptionRow) == 1
    assert await told(feed) == []


async def test_the_rows_of_a_declined_suggestion_are_told_as_opened(system: System, feed: FeedActions):
    payment_id = await system.record(1)
    await system.ingest(a_bill(a_bill_row(101)))
    await system.mirror.follow_payments()
    async with system.sessions.begin() as session:
        await add_run(session)
        await add_group(session, [payment_id], await line_ids(session))
    await system.suggestions.DeclineSuggestions(
        suggestion_service_pb2.DeclineSuggestionsRequest(
            request_id="decline-1", operator="li", suggestion_ids=[f"run_1.{payment_id}"], note="other customer"
        )
    )

    changes = await told(feed)

    assert [one.kind for one in changes] == [K.OPENED, K.OPENED]
    assert {one.payment_id for one in changes} == {payment_id, ""}
    assert {one.merchant_id for one in changes} == {"city-water", ""}


async def test_a_group_of_several_merchants_is_told_without_a_merchant(system: System, feed: FeedActions):
    water = await system.record(1)
    more_water = await system.record(2)
    gas = await system.record(3, merchant_id="city-gas")
    await system.mirror.follow_payments()
    groups = {"exc_one": [water, more_water], "exc_two": [water, gas]}
    async with system.sessions.begin() as session:
        await add_run(session)
        for exception_id, payment_ids in groups.items():
            row = an_exception(exception_id, payment_ids[0], "DUPLICATE_PAYMENT") | {"payment_ids": payment_ids}
            await session.execute(insert(ExceptionRow).values(**{**row, "payment_id": payment_ids[-1]}))
        await store.tell_opened(session, list(groups))

    assert {one.exception_id: one.merchant_id for one in await told(feed)} == {"exc_one": "city-water", "exc_two": ""}


async def test_whoever_reads_while_people_clear_misses_nothing_and_each_exception_is_in_order(
    system: System, feed: FeedActions
):
    payments = [await system.record(no) for no in range(1, 9)]
    await system.mirror.follow_payments()
    ids = [f"exc_{no}" for no in range(8)]
    async with system.sessions.begin() as session:
        await add_run(session)
        rows = zip(ids, payments, strict=True)
        await session.execute(insert(ExceptionRow), [an_exception(one, paid, "PLATFORM_ONLY") for one, paid in rows])
        await store.tell_opened_by(session, "run_1")
    read: list = []
    done = asyncio.Event()

    async def follow() -> None:
        while not done.is_set():
            read.extend(await told(feed, len(read) + 1))

    async def clear(exception_id: str) -> None:
        for no in range(3):
            await assigned(system, f"zhang-{no}", exception_id, request_id=f"assign-{exception_id}-{no}")
        await confirmed(system, f"li-{exception_id}", exception_id)

    reader = asyncio.create_task(follow())
    await asyncio.gather(*map(clear, ids))
    done.set()
    await reader
    read += await told(feed, len(read) + 1)

    assert [one.sequence for one in read] == list(range(1, len(read) + 1))
    way = [K.OPENED, K.ASSIGNED, K.ASSIGNED, K.ASSIGNED, K.CONFIRMED]
    assert {one: [change.kind for change in read if change.exception_id == one] for one in ids} == dict.fromkeys(
        ids, way
    )


async def test_old_changes_are_dropped_and_the_feed_says_up_to_where(system: System, feed: FeedActions):
    await system.record(1)
    await system.record(2)
    await system.ingest(a_bill(a_bill_row(2)))
    await system.run()
    await told(feed)
    async with system.sessions.begin() as session:
        await session.execute(text("UPDATE feed SET change_time = :long_ago"), {"long_ago": _two_days_before(system)})
    dropped = await feed.tend_feed()

    page = await feed.list_exception_changes(1, 10)

    assert (dropped, list(page.changes), page.max_sequence, page.dropped_sequence) == (1, [], 1, 1)


async def test_the_feed_is_told_over_the_wire_and_its_kinds_are_those_of_the_contract(
    system: System, feed: FeedActions
):
    await system.record(1)
    await system.record(2)
    await system.ingest(a_bill(a_bill_row(2, channel_txn_no="4200000099")))
    await system.run()
    async with system.sessions.begin() as session:
        await session.execute(update(ExceptionRow).values(trace_id="4bf92f3577b34da6a3ce929d0e0e4736"))
    running = await server.start("127.0.0.1:0", [feed_servicer(feed)])
    described = [*exception_feed_service_pb2.DESCRIPTOR.services_by_name.values()]
    connected = channel.connect(f"127.0.0.1:{running.port}", described, timeout_seconds=60)
    stub = exception_feed_service_pb2_grpc.ExceptionFeedServiceStub(connected)

    answer = await stub.ListExceptionChanges(exception_feed_service_pb2.ListExceptionChangesRequest())

    listed = {one.exception_id: one for one in await exceptions_of(system)}
    assert len(answer.changes) == len(listed) > 0
    for change in answer.changes:
        held = listed[change.exception_id]
        assert (change.exception_class, change.state, change.line_id) == (
            held.exception_class,
            held.state,
            held.line_id,
        )
        assert (change.book_amount, change.channel_amount) == (held.book_amount, held.channel_amount)
        assert (change.trace_id, change.business_date) == (held.trace_id, held.business_date)
    assert {f"KIND_{kind}" for kind in ChangeKind} | {"KIND_UNSPECIFIED"} == set(ExceptionChange.Kind.keys())
    await connected.close()
    await running.stop()


def _two_days_before(system: System):
    return system.clock.now() - timedelta(days=2)
