"""What happens to payments becomes webhooks: each once, in order, for whoever subscribed, without a name in it."""

import pytest
from bihuan.payments.v1 import payment_pb2
from bihuan.payments.v1 import payment_service_pb2 as pb
from bihuan.payments.v1.refund_service_pb2 import GetRefundRequest
from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy import text

from services.gateway.contract import reachable
from services.gateway.domain.webhook import EndpointAsked, EndpointState
from services.gateway.masking import kind_of
from services.gateway.webhook_events import known_types
from services.gateway.webhook_feed import WebhookFollower
from services.gateway.webhook_payments import PaymentsFeed
from tests.payments.builders import NOON, a_request
from tests.payments.refunding import a_done_refund, a_refund, paid
from tests.support.webhook_bench import PLATFORM, webhook_bench


@pytest.fixture
async def bench(fresh_database, tmp_path):
    async with webhook_bench(await fresh_database("services.gateway"), tmp_path) as one:
        yield one


@pytest.fixture
async def follower(bench, system):
    one = WebhookFollower(bench.sessions, bench.clock, PaymentsFeed(system.channel))
    await one.follow_feed()
    return one


async def _written(bench) -> list[tuple[str, str, str]]:
    async with bench.sessions.begin() as session:
        rows = await session.execute(
            text("SELECT event_type, object_id, merchant_id FROM webhook_event ORDER BY event_id")
        )
        return [tuple(row) for row in rows]


async def _decided(system, payment_id: str, state: str, run_id: str) -> None:
    fact = pb.ReconciliationFact(
        run_id=run_id,
        payment_id=payment_id,
        outcome=payment_pb2.Payment.ReconciliationState.Value(f"RECONCILIATION_STATE_{state}"),
        exception_class="AMOUNT_DIFFERS" if state == "EXCEPTION" else "",
        decide_time=Timestamp(seconds=int(NOON.timestamp()) + int(run_id[-1])),
    )
    await system.payments.RecordReconciliations(pb.RecordReconciliationsRequest(facts=[fact]))


async def test_the_life_of_a_payment_arrives_in_order_and_the_last_says_how_it_stands(bench, system, follower):
    made = await bench.endpoint("wuhan-water")
    payment = await paid(system, amount_minor=10_00)
    await _decided(system, payment.payment_id, "EXCEPTION", "run_1")
    await _decided(system, payment.payment_id, "MATCHED", "run_2")
    refund = (await system.refunds.RecordRefund(a_done_refund(payment.payment_id, 3_00))).refund

    while await follower.follow_feed():
        pass
    for _ in range(5):
        await bench.turn()

    told = [got.json() for got in bench.receiver.got]
    assert [one["type"] for one in told] == [
        "payment.succeeded",
        "payment.mismatched",
        "payment.matched",
        "payment.refunded",
    ]
    assert [one["data"]["refId"] for one in told] == ["", "run_1", "run_2", refund.refund_id]
    last = told[-1]["data"]
    assert (last["paymentId"], last["merchantId"], last["state"]) == (payment.payment_id, "wuhan-water", "SUCCEEDED")
    assert last["amount"] == {"currencyCode": "CNY", "amountMinor": "1000"}
    assert last["refundedAmount"]["amountMinor"] == "300"
    assert (last["reconciliationState"], last["merchantOrderNo"]) == ("MATCHED", payment.merchant_order_no)
    assert [int(one["data"]["version"]) for one in told] == sorted({int(one["data"]["version"]) for one in told})
    assert all("王" not in got.body.decode() for got in bench.receiver.got)
    assert [one.event_type for one in await bench.log(made.endpoint.endpoint_id)] == [one["type"] for one in told]


async def test_a_refund_is_told_once_when_it_has_succeeded_and_never_for_being_asked(bench, system, follower):
    await bench.endpoint("wuhan-water", types=("payment.refunded",))
    payment = await paid(system)
    asked = (await system.refunds.CreateRefund(a_refund(payment.payment_id, 1_00))).refund
    await follower.follow_feed()
    after_asking = await _written(bench)

    await system.actions.refunds.confirm_refund(asked.refund_id)
    for _ in range(3):
        await follower.follow_feed()
    refund = (await system.refunds.GetRefund(GetRefundRequest(refund_id=asked.refund_id))).refund

    expected = [("payment.refunded", payment.payment_id, "wuhan-water")]
    assert after_asking in ([], expected), "asking alone is no event; a quick channel may have answered"
    assert refund.state == refund.STATE_SUCCEEDED
    assert await _written(bench) == expected


async def test_merchants_that_nobody_subscribed_for_cost_no_row(bench, system, follower):
    await bench.endpoint("wuhan-gas")
    await paid(system, merchant_id="wuhan-water")
    await paid(system, merchant_id="wuhan-gas")
    await follower.follow_feed()

    assert [merchant for _, _, merchant in await _written(bench)] == ["wuhan-gas"]


async def test_each_endpoint_gets_the_types_and_merchants_that_it_asked_for(bench, system, follower):
    water = await bench.endpoint("wuhan-water", types=("payment.succeeded",))
    matched = await bench.endpoint("wuhan-water", "wuhan-gas", types=("payment.matched",))
    everything = await bench.endpoint()
    payment = await paid(system, merchant_id="wuhan-water")
    await paid(system, merchant_id="wuhan-gas")
    await _decided(system, payment.payment_id, "MATCHED", "run_1")
    await follower.follow_feed()

    logs = [
        [(one.event_type, one.merchant_id) for one in await bench.log(made.endpoint.endpoint_id)]
        for made in (water, matched, everything)
    ]
    succeeded_here, succeeded_there = ("payment.succeeded", "wuhan-water"), ("payment.succeeded", "wuhan-gas")
    assert logs[0] == [succeeded_here]
    assert logs[1] == [("payment.matched", "wuhan-water")]
    assert sorted(logs[2]) == sorted([succeeded_here, succeeded_there, ("payment.matched", "wuhan-water")])


async def test_what_happened_before_the_first_endpoint_is_not_told(bench, system, follower):
    await paid(system)
    await follower.follow_feed()
    await bench.endpoint()
    later = await paid(system)
    await follower.follow_feed()

    assert [object_id for _, object_id, _ in await _written(bench)] == [later.payment_id]


async def test_two_gateways_that_read_the_same_changes_make_each_event_once(bench, system, follower):
    made = await bench.endpoint()
    other = WebhookFollower(bench.sessions, bench.clock, PaymentsFeed(system.channel))
    for _ in range(5):
        await system.payments.RecordPayment(a_request())
    (asked,) = [batch async for batch in PaymentsFeed(system.channel).batches(1)]
    endpoints = await bench.endpoints.list_webhook_endpoints(PLATFORM, disabled_only=False)

    first = await follower._take(asked, 1, endpoints)
    second = await other._take(asked, 1, endpoints)

    assert (first, second) == (True, False)
    assert len(await bench.log(made.endpoint.endpoint_id)) == 5


async def test_events_of_a_disabled_endpoint_are_kept_for_a_replay_and_not_sent(bench, system, follower):
    made = await bench.endpoint("wuhan-water")
    endpoint = made.endpoint
    asked = EndpointAsked(url=endpoint.url, description="", event_types=frozenset())
    off = await bench.endpoints.update_webhook_endpoint(endpoint.endpoint_id, asked, PLATFORM, is_enabled=False)
    await paid(system)
    await follower.follow_feed()

    assert off.state is EndpointState.DISABLED
    assert await bench.log(endpoint.endpoint_id) == []
    assert len(await _written(bench)) == 1


def test_no_event_has_a_field_that_is_sensitive():
    for event_type, (message, _) in known_types().items():
        for held in reachable(message):
            assert not any(kind_of(field) for field in held.fields), f"{event_type} would tell {held.full_name}"
