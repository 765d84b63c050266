"""What becomes of invoices reaches whoever subscribed: signed, in order, once each, whatever dies on the way."""

import asyncio
import base64
import signal

import pytest
from bihuan.invoice_sync.v1 import invoice_feed_service_pb2
from sqlalchemy import text

from chassis import channel, database
from chassis.errors import Fault, Kind
from services.gateway.store import webhook_outbox
from services.gateway.webhook_feed import WebhookFollower
from services.gateway.webhook_invoices import invoices_feed
from services.invoice_sync.actions.feed import FeedActions
from services.invoice_sync.domain.standing import SyncState
from services.invoice_sync.rpc.feed import feed_servicer
from tests.invoice_sync.builders import a_payment, a_profile
from tests.invoice_sync.moving import DAY
from tests.support.eventually import eventually
from tests.support.followed import all_sent, followed
from tests.support.gateway_process import gateway_process
from tests.support.webhook_bench import KEYS, signed_by, webhook_bench
from tests.support.webhook_receiver import http_answer

SERVICE = invoice_feed_service_pb2.DESCRIPTOR.services_by_name["InvoiceFeedService"]


@pytest.fixture
async def bench(fresh_database, tmp_path):
    async with webhook_bench(await fresh_database("services.gateway"), tmp_path) as one:
        yield one


@pytest.fixture
def feed(system) -> FeedActions:
    return FeedActions(system.sessions, system.clock, 35 * DAY)


@pytest.fixture
async def follower(bench, feed):
    async with followed(feed_servicer(feed), SERVICE, invoices_feed, bench) as (one, _):
        yield one


async def confirmed(system):
    booked = await system.booked()
    system.clock.advance(2 * DAY)
    await system.steering.shift_clock(2 * DAY)

    async def look():
        system.clock.advance(3_600)
        await system.verify.verify_due()
        now = await system.again(booked)
        return now if now.standing.sync_state is SyncState.CONFIRMED else None

    return await eventually(look)


async def test_a_confirmed_invoice_reaches_the_endpoint_signed_after_all_that_led_to_it(system, bench, follower):
    made = await bench.endpoint("city-water")
    invoice = await confirmed(system)

    told = await all_sent(bench, follower)

    assert [one["type"] for one in told] == [
        "invoice.requested",
        "invoice.accepted",
        "invoice.booked",
        "invoice.confirmed",
    ]
    last, data = bench.receiver.got[-1], told[-1]["data"]
    assert signed_by(made.secret, last)
    assert (data["invoiceId"], data["paymentId"]) == (invoice.invoice_id, invoice.payment_id)
    assert (data["syncState"], data["invoiceNumber"]) == ("CONFIRMED", invoice.standing.invoice_number)
    assert data["amount"] == {"currencyCode": "CNY", "amountMinor": "12345"}
    assert [int(one["data"]["sequence"]) for one in told] == [1, 2, 3, 4]
    assert all(invoice.seller.tax_id not in got.body.decode() for got in bench.receiver.got)
    assert all(invoice.seller.name not in got.body.decode() for got in bench.receiver.got)


async def test_endpoints_of_other_merchants_and_other_types_get_nothing_of_it(system, bench, follower):
    ours = await bench.endpoint("city-water", types=("invoice.accepted",))
    others = await bench.endpoint("city-gas")
    payments = await bench.endpoint("city-water", types=("payment.succeeded",))
    everyone = await bench.endpoint()
    await system.booked()

    await all_sent(bench, follower)

    logs = [
        [(one.event_type, one.merchant_id) for one in await bench.log(made.endpoint.endpoint_id)]
        for made in (ours, others, payments, everyone)
    ]
    way = ["invoice.requested", "invoice.accepted", "invoice.booked"]
    assert logs == [[("invoice.accepted", "city-water")], [], [], [(one, "city-water") for one in way]]


async def test_a_follower_that_dies_with_a_batch_in_hand_leaves_it_whole_to_the_next(
    system, bench, follower, monkeypatch
):
    made = await bench.endpoint()
    await system.issued(count=5)

    async def die(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(webhook_outbox, "put_on_way", die)
        with pytest.raises(KeyboardInterrupt):
            await follower.follow_feed()
    left = await bench.log(made.endpoint.endpoint_id)
    second = WebhookFollower(bench.sessions, bench.clock, follower._feed)
    told = await all_sent(bench, second)

    assert left == []
    assert [int(one["data"]["sequence"]) for one in told] == [1, 2, 3, 4, 5]
    assert len(set(bench.receiver.ids())) == 5


async def test_two_gateways_that_follow_at_once_make_each_event_once(system, bench, follower):
    made = await bench.endpoint()
    other = WebhookFollower(bench.sessions, bench.clock, follower._feed)
    await system.issued(count=20)

    await asyncio.gather(*(one.follow_feed() for one in (follower, other, follower, other)))

    assert len(await bench.log(made.endpoint.endpoint_id)) == 20


async def test_what_was_dropped_before_it_was_read_is_passed_over_and_anything_else_missing_is_a_fault(
    system, bench, feed, follower
):
    await bench.endpoint()
    await system.issued(count=3)
    system.clock.advance(40 * DAY)
    await feed.tend_feed()
    await system.execute("ALTER TABLE feed_waiting ALTER change_time SET DEFAULT now() + interval '41 days'")
    await system.issued(count=2)
    passed = await all_sent(bench, follower)
    await system.issued(count=2)
    await feed.tend_feed()
    await system.execute("DELETE FROM feed WHERE sequence = 6")

    with pytest.raises(Fault, match="expected sequence 6, got 7"):
        await follower.follow_feed()

    assert [int(one["data"]["sequence"]) for one in passed] == [4, 5]


async def test_a_service_that_is_down_ends_a_turn_and_costs_nothing(system, bench, follower):
    await bench.endpoint()
    await system.issued()
    assert await follower.follow_feed() == 1
    await system.issued()
    nowhere = channel.connect("127.0.0.1:1", [SERVICE], timeout_seconds=1)

    with pytest.raises(Fault) as down:
        await WebhookFollower(bench.sessions, bench.clock, invoices_feed(nowhere)).follow_feed()
    told = await all_sent(bench, follower)

    assert down.value.kind in (Kind.UNAVAILABLE, Kind.DEADLINE)
    assert [int(one["data"]["sequence"]) for one in told] == [1, 2]
    await nowhere.close()


@pytest.mark.timeout(120)
async def test_a_gateway_that_is_killed_goes_on_where_it_was_and_sends_what_it_may_not_have_sent(
    system, feed, fresh_database, tmp_path
):
    url = await fresh_database("services.gateway")
    async with (
        webhook_bench(url, tmp_path) as bench,
        followed(feed_servicer(feed), SERVICE, invoices_feed, bench) as (_, target),
    ):
        await bench.endpoint(url=f"https://localhost:{bench.receiver.port}/hooks", types=("invoice.requested",))
        settings = _settings(bench, tmp_path, target)
        await system.issue.set_merchant_profile(a_profile())
        await system.follow(*(a_payment() for _ in range(6)))
        process = await gateway_process(url, settings)
        bench.receiver.answer = lambda got: process.send_signal(signal.SIGKILL)
        await eventually(lambda: bench.receiver.got)
        died = await process.wait()
        bench.receiver.answer = lambda got: http_answer(204)
        await system.follow(*(a_payment() for _ in range(6)))
        await _lease_over(url)
        second = await gateway_process(url, settings)
        await eventually(lambda: len(_objects(bench)) == 12)
        second.send_signal(signal.SIGTERM)
        ended = await second.wait()

    by_object = {one: {got.event_id for got in bench.receiver.got if _object(got) == one} for one in _objects(bench)}
    assert (died, ended) == (-signal.SIGKILL, 0)
    assert {len(ids) for ids in by_object.values()} == {1}, "sent again is the same event"
    assert len({one for ids in by_object.values() for one in ids}) == 12


def _settings(bench, folder, target: str) -> dict[str, str]:
    key_file = folder / "webhook.key"
    lines = [f"{name}:{base64.urlsafe_b64encode(key).decode()}\n" for name, key in KEYS.items()]
    key_file.write_text("".join(lines), "ascii")
    return {
        "webhook_key_file": str(key_file),
        "webhook_ports": str(bench.receiver.port),
        "webhook_inside": "127.0.0.0/8,::1/128",
        "webhook_ca_file": bench.receiver.ca_file,
        "invoice_sync_target": target,
    }


async def _lease_over(url: str) -> None:
    engine = database.connect(url, "test")
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE webhook_delivery SET lease_until = NULL"))
    await engine.dispose()


def _object(got) -> str:
    return got.json()["data"]["invoiceId"]


def _objects(bench) -> set[str]:
    return {_object(got) for got in bench.receiver.got}
