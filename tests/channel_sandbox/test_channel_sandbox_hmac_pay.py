"""The generic channel over HTTP: orders, payment by the payer's hand, callbacks, refunds, and its signatures."""

import time
from typing import Any

from tests.support.channel_merchants import HmacMerchant
from tests.support.channel_sandbox import running_channel_sandbox
from tests.support.eventually import eventually


async def test_the_same_order_again_is_the_same_order_and_another_under_its_number_is_refused(fresh_database):
    async with running_channel_sandbox(await fresh_database("services.channel_sandbox")) as sandbox:
        merchant = HmacMerchant(sandbox)

        first, again = await merchant.ask(), await merchant.ask()
        other = await merchant.ask(amount_minor=1)

    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert first.json() == again.json()
    assert other.json()["code"] == "ORDER_NO_USED"


async def test_an_order_that_nobody_paid_in_time_is_closed(fresh_database):
    async with running_channel_sandbox(await fresh_database("services.channel_sandbox")) as sandbox:
        merchant = HmacMerchant(sandbox)
        await merchant.ask()

        await sandbox.shift_clock(7_201)

        async def state() -> str | None:
            answer = await merchant.call("GET", "/payments/NO1")
            return answer.json()["reason"] if answer.json()["state"] == "CLOSED" else None

        assert await eventually(state) == "not paid in time"


async def test_a_call_that_the_merchant_did_not_sign_is_refused(fresh_database):
    spoils = [
        ({"Pay-Merchant": "merchant_2"}, "Pay-Merchant"),
        ({"Pay-Signature": "0" * 64}, "Pay-Signature"),
        ({"Pay-Timestamp": str(int(time.time()) - 301)}, "Pay-Timestamp"),
        ({"Pay-Nonce": "short"}, "Pay-Nonce"),
    ]
    async with running_channel_sandbox(await fresh_database("services.channel_sandbox")) as sandbox:
        merchant = HmacMerchant(sandbox)
        for spoil, why in spoils:
            headers = merchant.headers("GET", "/hmac/v1/payments/NO1", b"") | spoil
            answer = await sandbox.http.get("/hmac/v1/payments/NO1", headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (401, "BAD_SIGNATURE")
            assert why in answer.json()["message"]


async def test_an_order_that_is_not_fit_is_refused_by_its_field(fresh_database):
    unfit: list[tuple[dict[str, Any], str]] = [
        ({"amount_minor": 0}, "amount_minor"),
        ({"amount_minor": 1.5}, "amount_minor"),
        ({"amount_minor": True}, "amount_minor"),
        ({"currency": "cny"}, "currency"),
        ({"description": ""}, "description"),
        ({"notify_url": "ftp://x/"}, "notify_url"),
        ({"expires_at": "2026-03-01T08:00:00"}, "expires_at"),
        ({"number": "NO 1"}, "merchant_order_no"),
    ]
    async with running_channel_sandbox(await fresh_database("services.channel_sandbox")) as sandbox:
        for changes, field in unfit:
            answer = await HmacMerchant(sandbox).ask(**changes)
            assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (400, "BAD_REQUEST", field)
