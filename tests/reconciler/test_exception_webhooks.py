"""Differences reach whoever subscribed: opened, cleared and resolved, in order, and nobody else's."""

from datetime import timedelta

import pytest
from bihuan.reconciler.v1 import exception_feed_service_pb2, exception_service_pb2

from services.gateway.webhook_exceptions import exceptions_feed
from services.reconciler.actions.feed import FeedActions
from services.reconciler.rpc.feed import feed_servicer
from tests.reconciler.builders import System, a_bill, a_bill_row, exceptions_of
from tests.support.followed import all_sent, followed
from tests.support.webhook_bench import PLATFORM, signed_by, webhook_bench

SERVICE = exception_feed_service_pb2.DESCRIPTOR.services_by_name["ExceptionFeedService"]


@pytest.fixture
async def bench(fresh_database, tmp_path):
    async with webhook_bench(await fresh_database("services.gateway"), tmp_path) as one:
        yield one


@pytest.fixture
async def follower(bench, system: System):
    feed = FeedActions(system.sessions, system.clock, 86_400)
    async with followed(feed_servicer(feed), SERVICE, exceptions_feed, bench) as (one, _):
        yield one


async def test_an_exception_that_is_opened_given_out_and_resolved_reaches_the_endpoint_in_this_order(
    system: System, bench, follower
):
    made = await bench.endpoint("city-water")
    payment_id = await system.record(1)
    await system.record(2)
    await system.ingest(a_bill(a_bill_row(2)))
    first = await system.run("run-00001")
    (found,) = await exceptions_of(system)
    await system.exceptions.AssignExceptions(
        exception_service_pb2.AssignExceptionsRequest(
            request_id="assign-01", operator="lead", assignee="zhang", exception_ids=[found.exception_id], note="yours"
        )
    )
    await system.ingest(a_bill(a_bill_row(1)), "ingest-0002")
    second = await system.run("run-00002")

    told = await all_sent(bench, follower)

    assert [one["type"] for one in told] == ["exception.opened", "exception.assigned", "exception.resolved"]
    assert [one["data"]["state"] for one in told] == ["OPEN", "ASSIGNED", "RESOLVED"]
    assert {one["data"]["exceptionId"] for one in told} == {found.exception_id}
    opened, resolved = told[0]["data"], told[2]["data"]
    assert (opened["paymentId"], opened["merchantId"], opened["runId"]) == (payment_id, "city-water", first.run_id)
    assert (opened["exceptionClass"], opened["bookAmount"]["amountMinor"]) == ("PLATFORM_ONLY", "1200")
    assert "channelAmount" not in opened, "the channel has nothing"
    assert (opened["resolvedByRunId"], resolved["resolvedByRunId"]) == ("", second.run_id)
    assert all(signed_by(made.secret, got) for got in bench.receiver.got)
    assert all(name not in got.body.decode() for got in bench.receiver.got for name in ("zhang", "lead", "张三"))


async def test_what_the_books_do_not_have_goes_to_endpoints_of_all_merchants_alone_and_can_be_replayed(
    system: System, bench, follower
):
    water = await bench.endpoint("city-water")
    gas = await bench.endpoint("city-gas")
    everyone = await bench.endpoint(types=("exception.opened",))
    await system.record(1)
    await system.record(2)
    await system.ingest(a_bill(a_bill_row(2), a_bill_row(3)))
    await system.run()

    await all_sent(bench, follower)
    logs = [
        sorted((one.event_type, one.merchant_id) for one in await bench.log(made.endpoint.endpoint_id))
        for made in (water, gas, everyone)
    ]
    now = bench.clock.now()
    again = await bench.deliveries.replay_webhook_events(
        everyone.endpoint.endpoint_id, now, now + timedelta(hours=1), "", PLATFORM, include_delivered=True
    )

    opened = ("exception.opened", "city-water")
    assert logs == [[opened], [], [("exception.opened", ""), opened]]
    assert again.count == 2
