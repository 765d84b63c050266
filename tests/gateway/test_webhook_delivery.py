"""What is on its way arrives: signed, in order, tried again to an end, at least once, and can be replayed."""

import contextlib
from datetime import timedelta

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from chassis.errors import Fault
from services.gateway.domain.webhook import (
    RETRY_SECONDS,
    Answer,
    DeliveryState,
    EndpointAsked,
    EndpointState,
    TryAgain,
    judge,
)
from services.gateway.webhook_http import shown
from services.gateway.webhook_worker import WebhookWorker
from tests.support.webhook_bench import NOON, PLATFORM, scoped, signed_by, webhook_bench
from tests.support.webhook_receiver import http_answer


@pytest.fixture
async def bench(fresh_database, tmp_path):
    async with webhook_bench(await fresh_database("services.gateway"), tmp_path) as one:
        yield one


def _signatures(got) -> list[str]:
    return got.headers["webhook-signature"].split(" ")


async def test_an_event_arrives_once_with_a_signature_that_the_reference_library_makes_too(bench):
    made = await bench.endpoint()
    (event_id,) = await bench.tell(made.endpoint.endpoint_id, "pay_1")

    (delivered,) = await bench.turn()
    nothing_more = await bench.turn()

    (got,) = bench.receiver.got
    assert (delivered.state, delivered.last_status_code, nothing_more) == (DeliveryState.DELIVERED, 204, [])
    assert (got.path, got.event_id, got.headers["content-type"]) == ("/hooks", event_id, "application/json")
    assert got.headers["host"] == f"hooks.example.com:{bench.receiver.port}"
    assert signed_by(made.secret, got)
    assert not signed_by("whsec_" + "A" * 43 + "=", got)
    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(made.secret).verify(got.body, got.headers)


async def test_an_endpoint_that_fails_is_tried_again_at_growing_times_and_then_no_more(bench):
    bench.receiver.answer = lambda got: http_answer(500, b"sorry")
    made = await bench.endpoint()
    await bench.tell(made.endpoint.endpoint_id, "pay_1")

    waited = []
    for _ in RETRY_SECONDS[1:]:
        (one,) = await bench.turn()
        assert one.state is DeliveryState.WAITING
        assert await bench.turn() == [], "too early"
        waited.append((one.next_try_time - bench.clock.now()).total_seconds())
        bench.clock.advance(waited[-1])
    (last,) = await bench.turn()
    bench.clock.advance(86_400 * 10)

    assert waited == list(map(float, RETRY_SECONDS[1:]))
    assert (last.state, last.try_count, last.end_time) == (
        DeliveryState.FAILED,
        10,
        bench.clock.now() - timedelta(days=10),
    )
    assert await bench.turn() == []
    assert len(bench.receiver.got) == 10
    assert len(set(bench.receiver.ids())) == 1
    _, attempts = await bench.deliveries.get_webhook_delivery(last.delivery_id, PLATFORM)
    assert [(one.attempt_no, one.answer.status_code, one.answer.start) for one in attempts] == [
        (no, 500, "sorry") for no in range(1, 11)
    ]


@given(st.integers(1, 9), st.floats(0, 1, exclude_max=True))
def test_the_next_try_is_never_before_its_time_and_jitter_adds_a_fifth_at_most(try_count, jitter):
    outcome = judge(Answer(503, "", "", 1), try_count, NOON, jitter, is_test=False)

    assert isinstance(outcome, TryAgain)
    least = timedelta(seconds=RETRY_SECONDS[try_count])
    assert least <= outcome.at - NOON <= least * 1.2


async def test_a_later_event_of_an_object_waits_for_the_earlier_and_others_do_not(bench):
    bench.receiver.answer = lambda got: http_answer(
        500 if b"pay_1" in got.body and len(bench.receiver.got) < 3 else 200
    )
    made = await bench.endpoint()
    first, second, other = await bench.tell(made.endpoint.endpoint_id, "pay_1", "pay_1", "pay_2")

    await bench.turn()
    at_once = bench.receiver.ids()
    bench.clock.advance(5)
    await bench.turn()
    await bench.turn()

    assert sorted(at_once) == sorted([first, other])
    assert bench.receiver.ids()[2:] == [first, second]


async def test_when_the_earlier_has_failed_for_good_the_later_goes_out(bench):
    bench.receiver.answer = lambda got: http_answer(500 if got.event_id == first else 200)
    made = await bench.endpoint()
    first, second = await bench.tell(made.endpoint.endpoint_id, "pay_1", "pay_1")

    for _ in RETRY_SECONDS:
        (one,) = await bench.turn()
        bench.clock.advance((one.next_try_time - bench.clock.now()).total_seconds())
    await bench.turn()

    assert [one.state for one in await bench.log(made.endpoint.endpoint_id)] == ["FAILED", "DELIVERED"]
    assert bench.receiver.ids()[-1] == second


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from(["pay_1", "pay_2", "pay_3"]), min_size=1, max_size=8),
    st.lists(st.booleans(), max_size=6),
)
@pytest.mark.timeout(120)
async def test_whatever_fails_each_object_arrives_in_order(ordered_bench, objects, failing):
    bench, endpoint_id = ordered_bench
    bench.receiver.got.clear()
    verdicts, arrived = iter(failing), []

    def answer(got):
        if next(verdicts, False):
            return http_answer(503)
        arrived.append(got.event_id)
        return http_answer(200)

    bench.receiver.answer = answer
    told = list(zip(objects, await bench.tell(endpoint_id, *objects), strict=True))

    for _ in range(40):
        # Two gateways take what is due before either sends.
        one, two = [await bench.sending.claim_webhooks([], 2, 2) for _ in range(2)]
        for claim in [*two, *one]:
            await bench.sending.send_webhook(claim)
        bench.clock.advance(40_000)
        if len(arrived) == len(told):
            break

    for name in set(objects):
        expected = [event_id for object_id, event_id in told if object_id == name]
        assert [event_id for event_id in arrived if event_id in expected] == expected


@pytest.fixture
async def ordered_bench(fresh_database, tmp_path):
    async with webhook_bench(await fresh_database("services.gateway"), tmp_path) as one:
        yield one, (await one.endpoint()).endpoint.endpoint_id


async def test_two_gateways_never_take_one_delivery_and_a_lost_lease_is_taken_up_again(bench):
    made = await bench.endpoint()
    (event_id,) = await bench.tell(made.endpoint.endpoint_id, "pay_1")

    (claim,) = await bench.sending.claim_webhooks([], 4, 64)
    meanwhile = await bench.sending.claim_webhooks([], 4, 64)
    bench.clock.advance(61)
    (taken_up,) = await bench.turn()
    late, _ = await bench.sending.send_webhook(claim)

    assert meanwhile == []
    assert (taken_up.state, taken_up.try_count) == (DeliveryState.DELIVERED, 2)
    assert late is None, "whoever lost the lease changes nothing"
    assert bench.receiver.ids() == [event_id, event_id]


async def test_whoever_lost_the_lease_does_not_end_what_another_tries(bench):
    made = await bench.endpoint()
    await bench.tell(made.endpoint.endpoint_id, "pay_1")
    (lost,) = await bench.sending.claim_webhooks([], 4, 64)
    bench.clock.advance(61)
    (held,) = await bench.sending.claim_webhooks([], 4, 64)

    late, _ = await bench.sending.send_webhook(lost)
    (meanwhile,) = await bench.log(made.endpoint.endpoint_id)
    ended, _ = await bench.sending.send_webhook(held)

    assert late is None
    assert (meanwhile.state, ended.state) == (DeliveryState.WAITING, DeliveryState.DELIVERED)


async def test_an_endpoint_that_is_gone_gets_nothing_more_and_an_admin_is_told(bench):
    bench.receiver.answer = lambda got: http_answer(410)
    made = await bench.endpoint()
    await bench.tell(made.endpoint.endpoint_id, "pay_1", "pay_2")

    with structlog.testing.capture_logs() as logs:
        (ended,) = await bench.turn(limit=1)
    after = await bench.turn()
    await bench.sending.tidy_webhooks()

    endpoint = await bench.endpoints.get_webhook_endpoint(made.endpoint.endpoint_id, PLATFORM)
    assert ended.state is DeliveryState.FAILED
    assert after == []
    assert (endpoint.state, endpoint.disable_cause) == (EndpointState.DISABLED, "GONE")
    assert [one.state for one in await bench.log(made.endpoint.endpoint_id)] == ["FAILED", "FAILED"]
    assert [entry["log_level"] for entry in logs if entry["event"] == "webhook endpoint disabled"] == ["error"]
    (listed,) = await bench.endpoints.list_webhook_endpoints(PLATFORM, disabled_only=True)
    assert listed == endpoint


async def test_an_endpoint_that_fails_for_five_days_is_disabled_and_one_success_forgives(bench):
    made = await bench.endpoint()
    endpoint_id = made.endpoint.endpoint_id

    async def after(days: float, status: int) -> EndpointState:
        bench.clock.advance(days * 86_400)
        bench.receiver.answer = lambda got: http_answer(status)
        await bench.tell(endpoint_id, f"pay_{bench.clock.now()}")
        await bench.turn()
        return (await bench.endpoints.get_webhook_endpoint(endpoint_id, PLATFORM)).state

    states = [await after(0, 500), await after(4.9, 500), await after(0.05, 200), await after(0.05, 500)]
    not_yet = await after(4.9, 500)
    too_long = await after(0.2, 500)

    assert [*states, not_yet] == [EndpointState.ENABLED] * 5
    assert too_long is EndpointState.DISABLED


async def test_while_a_secret_is_rotated_both_sign_and_then_the_new_one_alone(bench):
    old = await bench.endpoint()
    endpoint_id = old.endpoint.endpoint_id

    new = await bench.endpoints.rotate_webhook_secret(endpoint_id, 3_600, PLATFORM)
    await bench.tell(endpoint_id, "pay_1")
    await bench.turn()
    bench.clock.advance(3_601)
    await bench.tell(endpoint_id, "pay_2")
    await bench.turn()

    during, later = bench.receiver.got
    assert [signed_by(one.secret, during) for one in (old, new)] == [True, True]
    assert [signed_by(one.secret, later) for one in (old, new)] == [False, True]
    assert (len(_signatures(during)), len(_signatures(later))) == (2, 1)


async def test_a_delivery_is_replayed_with_the_same_id_behind_what_waits(bench):
    made = await bench.endpoint()
    first, second = await bench.tell(made.endpoint.endpoint_id, "pay_1", "pay_1")
    (one,) = await bench.turn()

    again = await bench.deliveries.replay_webhook_delivery(one.delivery_id, PLATFORM)
    twice = await bench.deliveries.replay_webhook_delivery(one.delivery_id, PLATFORM)
    await bench.turn()
    await bench.turn()

    assert again.state is twice.state is DeliveryState.WAITING
    assert bench.receiver.ids() == [first, second, first]


async def test_a_time_is_replayed_what_failed_or_was_never_sent_and_on_demand_all(bench):
    made = await bench.endpoint("m")
    endpoint_id = made.endpoint.endpoint_id
    arrived, failed = await bench.tell(endpoint_id, "pay_1", "pay_2")
    bench.receiver.answer = lambda got: http_answer(410 if got.event_id == failed else 200)
    await bench.turn()
    (never_sent,) = await bench.tell("whe_other", "pay_3")
    (of_another,) = await bench.tell("whe_other", "pay_4", merchant="n")
    bench.receiver.answer = lambda got: http_answer(200)
    from_time, to_time = NOON, NOON + timedelta(seconds=1)

    with pytest.raises(Fault, match="disabled"):
        await bench.deliveries.replay_webhook_events(
            endpoint_id, from_time, to_time, "", PLATFORM, include_delivered=False
        )
    asked = EndpointAsked(url=made.endpoint.url, description="", event_types=frozenset())
    await bench.endpoints.update_webhook_endpoint(endpoint_id, asked, PLATFORM, is_enabled=True)
    bench.receiver.got.clear()
    some = await bench.deliveries.replay_webhook_events(
        endpoint_id, from_time, to_time, "", PLATFORM, include_delivered=False
    )
    await bench.turn()
    without_delivered = sorted(bench.receiver.ids())
    all_of_it = await bench.deliveries.replay_webhook_events(
        endpoint_id, from_time, to_time, "", PLATFORM, include_delivered=True
    )
    outside = await bench.deliveries.replay_webhook_events(
        endpoint_id, to_time, to_time + timedelta(days=1), "", PLATFORM, include_delivered=True
    )

    assert (some.count, some.after_event_id, all_of_it.count, outside.count) == (2, "", 3, 0)
    assert without_delivered == sorted([failed, never_sent])
    assert arrived not in without_delivered
    assert of_another not in without_delivered


async def test_an_endpoint_of_a_kind_gets_all_types_of_it_and_no_other_and_may_have_them_again(bench):
    made = await bench.endpoint(types=("payment.*", "invoice.booked"))
    told = {
        kind: (await bench.tell("whe_other", "x_1", kind=kind))[0]
        for kind in ("payment.refunded", "payment.matched", "invoice.booked", "invoice.failed", "payments.odd")
    }

    wants = {kind: made.endpoint.wants(kind, "m") for kind in told}
    await bench.deliveries.replay_webhook_events(
        made.endpoint.endpoint_id, NOON, NOON + timedelta(seconds=1), "", PLATFORM, include_delivered=False
    )
    while await bench.turn():
        pass

    assert list(wants.values()) == [True, True, True, False, False]
    assert sorted(bench.receiver.ids()) == sorted(told[kind] for kind, wanted in wants.items() if wanted)


async def test_the_test_button_sends_once_and_tells_what_came_back_with_numbers_masked(bench):
    bench.receiver.answer = lambda got: http_answer(500, "账号 6222020200112233 电话 138-1234-5678 x\n".encode() * 200)
    made = await bench.endpoint()

    delivery, attempt = await bench.sending.test_webhook_endpoint(made.endpoint.endpoint_id, PLATFORM)
    bench.clock.advance(86_400)

    (got,) = bench.receiver.got
    assert (got.json()["type"], got.json()["data"]) == ("webhook.test", {"endpointId": made.endpoint.endpoint_id})
    assert signed_by(made.secret, got)
    assert (delivery.state, attempt.answer.status_code) == (DeliveryState.FAILED, 500)
    assert attempt.answer.start.startswith("账号 ****2233 电话 ****5678 x ")
    assert len(attempt.answer.start) <= 512
    assert await bench.turn() == []


def test_short_numbers_of_an_answer_stay_readable():
    assert shown(b"HTTP 404: order 20260 \x00\xff") == "HTTP 404: order 20260  \ufffd"


async def test_redirects_are_not_followed_silence_is_cut_off_and_a_flood_is_not_read(fresh_database, tmp_path):
    async with webhook_bench(await fresh_database("services.gateway"), tmp_path, timeout_seconds=2.0) as bench:
        answers = iter(
            [
                http_answer(302, b"", f"location: {bench.receiver.url}/elsewhere"),
                None,
                b"HTTP/1.1 200 X\r\ncontent-length: 10000000000\r\n\r\n" + b"x" * 100_000,
                b"no http at all\r\n\r\n",
            ]
        )
        bench.receiver.answer = lambda got: next(answers)
        made = await bench.endpoint()
        seen = [
            (await bench.sending.test_webhook_endpoint(made.endpoint.endpoint_id, PLATFORM))[1].answer for _ in range(4)
        ]

    assert [(one.status_code, one.fault) for one in seen] == [(302, ""), (0, "TIMEOUT"), (200, ""), (0, "BROKEN")]
    assert all(got.path == "/hooks" for got in bench.receiver.got)
    assert len(seen[2].start) == 512


async def test_a_caller_sees_the_endpoints_of_its_merchants_alone(bench):
    of_m, of_both, of_all = await bench.endpoint("m"), await bench.endpoint("m", "n"), await bench.endpoint()
    await bench.tell(of_all.endpoint.endpoint_id, "pay_1")
    (delivery,) = await bench.turn()

    seen = await bench.endpoints.list_webhook_endpoints(scoped("m"), disabled_only=False)

    assert [one.endpoint_id for one in seen] == [of_m.endpoint.endpoint_id]
    for hidden in (of_both, of_all):
        for attempt in (
            bench.endpoints.get_webhook_endpoint(hidden.endpoint.endpoint_id, scoped("m")),
            bench.endpoints.delete_webhook_endpoint(hidden.endpoint.endpoint_id, scoped("m")),
            bench.endpoints.rotate_webhook_secret(hidden.endpoint.endpoint_id, 0, scoped("m")),
            bench.sending.test_webhook_endpoint(hidden.endpoint.endpoint_id, scoped("m")),
            bench.deliveries.get_webhook_delivery(delivery.delivery_id, scoped("m")),
            bench.deliveries.replay_webhook_delivery(delivery.delivery_id, scoped("m")),
        ):
            with pytest.raises(Fault) as raised:
                await attempt
            assert raised.value.reason == "NOT_FOUND"


async def test_a_merchant_has_twenty_endpoints_at_most_whoever_makes_them(bench):
    made = [await bench.endpoint("m", f"n{no}") for no in range(20)]
    for merchants in (("m",), ("o", "m")):
        with pytest.raises(Fault, match="20 endpoints"):
            await bench.endpoint(*merchants)
    of_others, of_all = await bench.endpoint("o"), await bench.endpoint()
    await bench.endpoints.delete_webhook_endpoint(made[0].endpoint.endpoint_id, PLATFORM)
    again = await bench.endpoint("m")

    assert len({one.endpoint.endpoint_id for one in (*made, of_others, of_all, again)}) == 23


async def test_a_deleted_endpoint_is_gone_and_what_waited_for_it_fails(bench):
    made = await bench.endpoint()
    await bench.tell(made.endpoint.endpoint_id, "pay_1")

    await bench.endpoints.delete_webhook_endpoint(made.endpoint.endpoint_id, PLATFORM)
    sent = await bench.turn()
    tidied = await bench.sending.tidy_webhooks()

    assert (sent, tidied, bench.receiver.got) == ([], 1, [])
    with pytest.raises(Fault):
        await bench.endpoints.get_webhook_endpoint(made.endpoint.endpoint_id, PLATFORM)


async def test_what_ended_is_kept_for_thirty_days_and_what_waits_as_long_as_it_waits(bench):
    made = await bench.endpoint()
    await bench.tell(made.endpoint.endpoint_id, "pay_1")
    await bench.turn()
    bench.receiver.answer = lambda got: http_answer(500)

    bench.clock.advance(29 * 86_400)
    kept = await bench.sending.tidy_webhooks()
    bench.clock.advance(2 * 86_400)
    await bench.tell(made.endpoint.endpoint_id, "pay_2")
    forgotten = await bench.sending.tidy_webhooks()

    assert (kept, forgotten) == (0, 1)
    assert [one.object_id for one in await bench.log(made.endpoint.endpoint_id)] == ["pay_2"]


async def test_a_slow_endpoint_takes_no_more_than_its_share_of_the_worker(bench):
    slow, quick = await bench.endpoint(), await bench.endpoint(url=bench.receiver.url + "/quick")
    bench.receiver.answer = lambda got: http_answer(204) if got.path == "/hooks/quick" else None
    await bench.tell(slow.endpoint.endpoint_id, *[f"pay_{no}" for no in range(30)])
    worker = WebhookWorker(bench.sending, followers=())
    for _ in range(4):
        await worker.fill()

    await bench.tell(quick.endpoint.endpoint_id, "pay_q")
    for _ in range(10):
        await worker.fill()
        if any(got.path == "/hooks/quick" for got in bench.receiver.got):
            break

    at_slow = sum(got.path == "/hooks" for got in bench.receiver.got)
    assert any(got.path == "/hooks/quick" for got in bench.receiver.got)
    assert 4 <= at_slow <= 7
    for task in list(worker._flying):
        task.cancel()
        with contextlib.suppress(BaseException):
            await task
