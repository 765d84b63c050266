"""What holds at each channel alike: orders, payments, refunds, callbacks, and what each fault does."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from chassis import migrate
from tests.support.channel_merchants import Merchant, Told, merchant_at
from tests.support.channel_sandbox import (
    CalledBack,
    ChannelSteering,
    called_back_merchant,
    running_channel_sandbox,
)
from tests.support.eventually import eventually
from tests.support.templates import Templates

SAID_FOR_TROUBLE = {
    *("SYSTEM_ERROR", "FREQUENCY_LIMITED"),
    *("isp.unknow-error", "isv.app-call-limited"),
    *("INTERNAL", "RATE_LIMITED"),
}
CHANNELS = ["wechat_pay", "alipay", "hmac_pay"]


# One sandbox serves the module: each test has an order number of its own, and takes its faults back.
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(templates: Templates) -> AsyncIterator[ChannelSteering]:
    async with its_own_sandbox(templates) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def sandbox(served: ChannelSteering) -> AsyncIterator[ChannelSteering]:
    yield served
    await served.http.delete("/steering/faults")
    await served.http.post("/steering/clock", json={"offset_seconds": 0})


@pytest_asyncio.fixture(loop_scope="module")
async def called() -> AsyncIterator[CalledBack]:
    async with called_back_merchant() as merchant:
        yield merchant


@pytest.fixture
def order_no() -> str:
    return f"NO{uuid.uuid4().hex[:16]}"


@pytest.fixture(params=CHANNELS)
def merchant(request: pytest.FixtureRequest, sandbox: ChannelSteering) -> Merchant:
    return merchant_at(request.param, sandbox)


@contextlib.asynccontextmanager
async def its_own_sandbox(templates: Templates, **settings: Any) -> AsyncIterator[ChannelSteering]:
    name = f"test_{uuid.uuid4().hex}"
    url = await templates.copy("services.channel_sandbox", name, migrate.upgrade)
    async with running_channel_sandbox(url, **settings) as running:
        yield running
    await templates.drop(name)


async def told(merchant: Merchant, called: CalledBack, count: int) -> list[Told | None]:
    """So many callbacks, as soon as they have come; None for one that is forged."""
    await eventually(lambda: len(called.came) >= count)
    return [merchant.read(headers, body) for headers, body in called.came]


async def until_ended(sandbox: ChannelSteering, merchant: Merchant, order_no: str) -> list[str]:
    """How the callbacks of an order ended, as soon as all have."""

    async def ends() -> list[str] | None:
        states = [one["state"] for one in (await sandbox.order(merchant.channel, order_no))["callbacks"]]
        return states if states and not {"WAITING", "HELD"} & set(states) else None

    return await eventually(ends)


async def test_an_order_is_made_paid_and_told_of(sandbox, called, merchant, order_no):
    made = await merchant.create(order_no, notify_url=called.url)
    await sandbox.scan(merchant.channel, order_no)
    before = await merchant.state(order_no)
    await sandbox.pay(merchant.channel, order_no)
    after = await merchant.state(order_no)
    (only,) = await told(merchant, called, 1)

    assert (made, before, after) == ("WAITING", "WAITING", "SUCCEEDED")
    assert (only.state, only.order_no, only.amount_minor) == ("SUCCEEDED", order_no, 12_345)
    assert await until_ended(sandbox, merchant, order_no) == ["DELIVERED"]


async def test_the_same_order_again_is_the_same_and_another_under_its_number_is_refused(sandbox, merchant, order_no):
    first = await merchant.create(order_no)
    again = await merchant.create(order_no)
    other = await merchant.create(order_no, amount_minor=1)

    assert (first, again) == ("WAITING", "WAITING")
    assert other in ("OUT_TRADE_NO_USED", "ACQ.CONTEXT_INCONSISTENT", "ORDER_NO_USED")
    assert (await sandbox.order(merchant.channel, order_no))["amount_minor"] == 12_345


async def test_a_closed_order_cannot_be_paid_and_a_paid_one_cannot_be_closed(sandbox, merchant, order_no):
    for number in (order_no, f"{order_no}_2"):
        await merchant.create(number)
        await sandbox.scan(merchant.channel, number)
    await sandbox.pay(merchant.channel, f"{order_no}_2")

    closed = await merchant.close(order_no)
    paid_late = await sandbox.http.post(f"/steering/orders/{merchant.channel}/{order_no}/pay")
    refused, unknown = await merchant.close(f"{order_no}_2"), await merchant.close(f"{order_no}_3")

    assert (closed, await merchant.state(order_no), paid_late.status_code) == ("CLOSED", "CLOSED", 409)
    assert (refused, await merchant.state(f"{order_no}_2"), unknown) == ("REFUSED", "SUCCEEDED", "MISSING")


async def test_parts_are_given_back_once_for_each_number_and_never_more_than_was_paid(sandbox, merchant, order_no):
    r1, r2, r3 = (f"{order_no}_R{no}" for no in (1, 2, 3))
    await merchant.create(order_no)
    await sandbox.scan(merchant.channel, order_no)
    unpaid = await merchant.refund(order_no, r1, 1)
    await sandbox.pay(merchant.channel, order_no)

    taken = [await merchant.refund(order_no, r1, 10_000), await merchant.refund(order_no, r2, 2_345)]
    too_much = await merchant.refund(order_no, r3, 1)
    again, other = await merchant.refund(order_no, r1, 10_000), await merchant.refund(order_no, r1, 9_999)

    async def both_done() -> bool:
        return {await merchant.refund_state(order_no, number) for number in (r1, r2)} == {"SUCCEEDED"}

    await eventually(both_done)
    entry = await sandbox.order(merchant.channel, order_no)
    assert (unpaid, too_much, other) == ("REFUSED", "REFUSED", "REFUSED")
    assert {*taken, again} <= {"PROCESSING", "SUCCEEDED"}
    refunds = [(one["merchant_refund_no"], one["amount_minor"]) for one in entry["refunds"]]
    assert refunds == [(r1, 10_000), (r2, 2_345)]
    assert entry["refunded_minor"] == 12_345
    assert sum(one["fee_minor"] for one in entry["refunds"]) == entry["fee_minor"] == 74


async def test_racing_refunds_never_give_back_more_than_was_paid(sandbox, merchant, order_no):
    await merchant.create(order_no, amount_minor=1_000)
    await sandbox.pay(merchant.channel, order_no)

    answers = await asyncio.gather(*(merchant.refund(order_no, f"R{no}_{order_no}", 300) for no in range(12)))

    taken = [answer for answer in answers if answer in ("PROCESSING", "SUCCEEDED")]
    assert (len(taken), answers.count("REFUSED")) == (3, 9)


async def test_a_refund_is_told_of(sandbox, called, merchant, order_no):
    await merchant.create(order_no, notify_url=called.url)
    await sandbox.pay(merchant.channel, order_no)
    await told(merchant, called, 1)

    await merchant.refund(order_no, f"R1_{order_no}", 345, called.url)
    _, of_refund = await told(merchant, called, 2)

    assert (of_refund.state, of_refund.refund_no, of_refund.amount_minor) == ("SUCCEEDED", f"R1_{order_no}", 345)


async def test_a_callback_is_repeated_until_it_is_taken(sandbox, called, merchant, order_no):
    called.answer = lambda no: (200, b"success") if no == 3 else (500, b"fail")
    await merchant.create(order_no, notify_url=called.url)

    await sandbox.pay(merchant.channel, order_no)
    ends = await until_ended(sandbox, merchant, order_no)

    messages = await told(merchant, called, 3)
    assert (ends, len(called.came)) == (["DELIVERED"], 3)
    assert len({message.event_id for message in messages}) == 1


async def test_a_callback_that_nobody_takes_ends_with_the_channels_rhythm(templates, order_no):
    async with its_own_sandbox(templates, callback_pace=0.0) as sandbox:
        merchant = merchant_at("alipay", sandbox)
        await merchant.create(order_no, notify_url="http://127.0.0.1:1/nobody")

        await sandbox.pay("alipay", order_no)
        ends = await until_ended(sandbox, merchant, order_no)
        (callback,) = (await sandbox.order("alipay", order_no))["callbacks"]

    assert (ends, callback["try_count"], callback["last_answer"]) == (["GIVEN_UP"], 8, "ConnectError")


async def test_lose_answer_does_what_was_asked_and_says_nothing(sandbox, merchant, order_no):
    await sandbox.plan("LOSE_ANSWER", merchant_order_no=order_no, times=1)

    with pytest.raises(httpx.RemoteProtocolError):
        await merchant.create(order_no)

    assert await merchant.create(order_no) == "WAITING"
    assert (await sandbox.order(merchant.channel, order_no))["calls"] == {"CREATE": 2}


async def test_http_500_and_rate_limited_do_nothing(sandbox, merchant, order_no):
    await sandbox.plan("HTTP_500", merchant_order_no=order_no, times=1)
    await sandbox.plan("RATE_LIMITED", merchant_order_no=order_no, times=1)

    for _ in range(2):
        assert await merchant.create(order_no) in SAID_FOR_TROUBLE
        assert (await sandbox.http.get(f"/steering/orders/{merchant.channel}/{order_no}")).status_code == 404

    assert await merchant.create(order_no) == "WAITING"


async def test_slow_holds_an_answer_back(sandbox, merchant, order_no):
    await sandbox.plan("SLOW", on="QUERY", seconds=0.2, times=1)
    started = asyncio.get_running_loop().time()

    assert await merchant.state(order_no) == "MISSING"

    assert asyncio.get_running_loop().time() - started >= 0.2


async def test_late_success_is_under_way_first(sandbox, called, merchant, order_no):
    await sandbox.plan("LATE_SUCCESS", merchant_order_no=order_no, seconds=3600)
    await merchant.create(order_no, notify_url=called.url)

    await sandbox.pay(merchant.channel, order_no)
    before, closed = await merchant.state(order_no), await merchant.close(order_no)
    await sandbox.shift_clock(3600)
    (only,) = await told(merchant, called, 1)

    assert before in ("PROCESSING", "WAITING")
    assert closed not in ("CLOSED", "MISSING")
    assert (only.state, await merchant.state(order_no)) == ("SUCCEEDED", "SUCCEEDED")


async def test_a_duplicate_callback_comes_twice_with_one_event(sandbox, called, merchant, order_no):
    await sandbox.plan("DUPLICATE_CALLBACK", merchant_order_no=order_no)
    await merchant.create(order_no, notify_url=called.url)

    await sandbox.pay(merchant.channel, order_no)
    ends = await until_ended(sandbox, merchant, order_no)

    first, second = await told(merchant, called, 2)
    assert (ends, first) == (["DELIVERED", "DELIVERED"], second)


async def test_a_forged_callback_has_a_signature_that_does_not_hold_and_the_true_one_comes_too(
    sandbox, called, merchant, order_no
):
    await sandbox.plan("FORGED_CALLBACK", merchant_order_no=order_no)
    await merchant.create(order_no, notify_url=called.url)

    await sandbox.pay(merchant.channel, order_no)
    await until_ended(sandbox, merchant, order_no)

    messages = await told(merchant, called, 2)
    assert sorted(message is None for message in messages) == [False, True]


async def test_a_wrong_amount_callback_is_signed_and_wrong_by_one(sandbox, called, merchant, order_no):
    await sandbox.plan("WRONG_AMOUNT_CALLBACK", merchant_order_no=order_no)
    await merchant.create(order_no, notify_url=called.url)

    await sandbox.pay(merchant.channel, order_no)
    (only,) = await told(merchant, called, 1)

    assert only.amount_minor == 12_346


async def test_a_wrong_amount_of_a_refund_is_wrong_by_one(sandbox, called, merchant, order_no):
    await sandbox.plan("WRONG_AMOUNT_CALLBACK", on="REFUND")
    await merchant.create(order_no, notify_url=called.url)
    await sandbox.pay(merchant.channel, order_no)
    await told(merchant, called, 1)

    await merchant.refund(order_no, f"R1_{order_no}", 345, called.url)
    _, of_refund = await told(merchant, called, 2)

    assert (of_refund.refund_no, of_refund.amount_minor) == (f"R1_{order_no}", 346)


async def test_a_lost_callback_never_comes(sandbox, called, merchant, order_no):
    await sandbox.plan("LOST_CALLBACK", on="PAYMENT")
    await merchant.create(order_no, notify_url=called.url)

    await sandbox.pay(merchant.channel, order_no)
    ends = await until_ended(sandbox, merchant, order_no)
    await merchant.refund(order_no, f"R1_{order_no}", 345, called.url)
    (only,) = await told(merchant, called, 1)

    assert (ends, only.refund_no) == (["LOST"], f"R1_{order_no}")


async def test_an_out_of_order_callback_comes_after_a_later_one(sandbox, called, merchant, order_no):
    await sandbox.plan("OUT_OF_ORDER_CALLBACK", on="PAYMENT")
    await merchant.create(order_no, notify_url=called.url)

    await sandbox.pay(merchant.channel, order_no)
    await merchant.refund(order_no, f"R1_{order_no}", 345, called.url)

    of_refund, of_payment = await told(merchant, called, 2)
    assert (of_refund.refund_no, of_payment.refund_no, of_payment.state) == (f"R1_{order_no}", "", "SUCCEEDED")


async def test_a_refund_that_fails_after_acceptance_gives_nothing_back(sandbox, merchant, order_no):
    await sandbox.plan("REFUND_FAILS_AFTER_ACCEPTANCE", merchant_order_no=order_no, times=1)
    await merchant.create(order_no)
    await sandbox.pay(merchant.channel, order_no)

    accepted = await merchant.refund(order_no, f"R1_{order_no}", 12_345)

    async def failed() -> str | None:
        (refund,) = (await sandbox.order(merchant.channel, order_no))["refunds"]
        return refund["reason"] if refund["state"] == "FAILED" else None

    assert await eventually(failed) == "CLOSED"
    assert accepted in ("PROCESSING", "NOT_DONE")
    assert await merchant.refund_state(order_no, f"R1_{order_no}") in ("FAILED", "NOT_DONE")
    assert await merchant.refund(order_no, f"R2_{order_no}", 12_345) in ("PROCESSING", "SUCCEEDED")


async def test_a_failed_payment_stays_failed(sandbox, merchant, order_no):
    await merchant.create(order_no)

    await sandbox.fail(merchant.channel, order_no)
    again = await sandbox.http.post(f"/steering/orders/{merchant.channel}/{order_no}/pay")

    assert again.status_code == 409
    assert await merchant.state(order_no) in ("FAILED", "CLOSED")
