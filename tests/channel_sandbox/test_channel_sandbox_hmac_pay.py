"""The generic channel over HTTP: orders, payment by the payer's hand, callbacks, refunds, and its signatures."""

import hashlib
import hmac
import json
import time
import uuid
from typing import Any

import httpx
import pytest

from tests.support.channel_sandbox import ChannelSteering, called_back_merchant, running_channel_sandbox
from tests.support.eventually import eventually


class HmacMerchant:
    """Signs as the README says, written down anew here so that the sandbox is not its own judge."""

    def __init__(self, sandbox: ChannelSteering) -> None:
        index = json.loads((sandbox.keys_folder / "merchant.json").read_text("utf-8"))["hmac_pay"]
        self.merchant_id = index["merchant_id"]
        self.secret = (sandbox.keys_folder / index["secret_file"]).read_bytes().strip()
        self.http = sandbox.http

    def signature(self, first_line: str, timestamp: str, nonce: str, body: bytes) -> str:
        signed = f"{first_line}\n{timestamp}\n{nonce}\n".encode() + body + b"\n"
        return hmac.new(self.secret, signed, hashlib.sha256).hexdigest()

    def headers(self, method: str, path: str, body: bytes, now: float | None = None) -> dict[str, str]:
        timestamp, nonce = str(int(now or time.time())), uuid.uuid4().hex
        return {
            "Pay-Merchant": self.merchant_id,
            "Pay-Timestamp": timestamp,
            "Pay-Nonce": nonce,
            "Pay-Signature": self.signature(f"{method} {path}", timestamp, nonce, body),
        }

    async def call(self, method: str, path: str, **content: Any) -> httpx.Response:
        body = json.dumps(content).encode() if content else b""
        path = f"/hmac/v1{path}"
        sent = self.headers(method, path, body)
        answer = await self.http.request(method, path, content=body, headers=sent)
        assert self.is_signed(answer.headers, f"ANSWER {answer.status_code}", answer.content)
        assert answer.headers["pay-nonce"] == sent["Pay-Nonce"]
        return answer

    def is_signed(self, headers: Any, first_line: str, body: bytes) -> bool:
        due = self.signature(first_line, headers["pay-timestamp"], headers["pay-nonce"], body)
        return bool(headers["pay-signature"] == due)

    async def create(self, number: str = "NO1", **changes: Any) -> httpx.Response:
        content = {"amount_minor": 12_345, "currency": "CNY", "description": "水费 2026年3月"}
        return await self.call("POST", "/payments", merchant_order_no=number, **(content | changes))


async def test_an_order_is_made_paid_and_told_of(fresh_database):
    async with (
        running_channel_sandbox(await fresh_database("services.channel_sandbox")) as sandbox,
        called_back_merchant() as called,
    ):
        merchant = HmacMerchant(sandbox)

        made = await merchant.create(notify_url=called.url)
        before = await merchant.call("GET", "/payments/NO1")
        await sandbox.pay("hmac_pay", "NO1")
        after = await merchant.call("GET", "/payments/NO1")
        await eventually(lambda: called.came)

    assert (made.status_code, made.json()["state"]) == (201, "WAITING")
    assert (before.json()["state"], after.json()["state"]) == ("WAITING", "SUCCEEDED")
    assert after.json()["pay_time"]
    ((headers, body),) = called.came
    assert merchant.is_signed(headers, "CALLBACK", body)
    told = json.loads(body)
    assert (told["event"], told["merchant_id"]) == ("payment.succeeded", merchant.merchant_id)
    assert told["payment"] == after.json()


async def test_the_same_order_again_is_the_same_order_and_another_under_its_number_is_refused(fresh_database):
    async with running_channel_sandbox(await fresh_database("services.channel_sandbox")) as sandbox:
        merchant = HmacMerchant(sandbox)

        first, again = await merchant.create(), await merchant.create()
        other = await merchant.create(amount_minor=1)

    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert first.json() == again.json()
    assert other.json()["code"] == "ORDER_NO_USED"


async def test_a_closed_order_cannot_be_paid_and_a_paid_one_cannot_be_closed(fresh_database):
    async with running_channel_sandbox(await fresh_database("services.channel_sandbox")) as sandbox:
        merchant = HmacMerchant(sandbox)
        await merchant.create("NO1")
        await merchant.create("NO2")
        await sandbox.pay("hmac_pay", "NO2")

        closed = [await merchant.call("POST", "/payments/NO1/close") for _ in range(2)]
        paid_late = await sandbox.http.post("/steering/orders/hmac_pay/NO1/pay")
        refused = await merchant.call("POST", "/payments/NO2/close")
        unknown = await merchant.call("POST", "/payments/NO3/close")

    assert [(one.status_code, one.json()["state"]) for one in closed] == [(200, "CLOSED")] * 2
    assert paid_late.status_code == 409
    assert (refused.status_code, refused.json()["code"]) == (409, "ORDER_PAID")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "UNKNOWN_ORDER")


async def test_an_order_that_nobody_paid_in_time_is_closed(fresh_database):
    async with running_channel_sandbox(await fresh_database("services.channel_sandbox")) as sandbox:
        merchant = HmacMerchant(sandbox)
        await merchant.create()

        await sandbox.shift_clock(7_201)

        async def state() -> str | None:
            answer = await merchant.call("GET", "/payments/NO1")
            return answer.json()["reason"] if answer.json()["state"] == "CLOSED" else None

        assert await eventually(state) == "not paid in time"


async def test_parts_are_given_back_and_never_more_than_was_paid(fresh_database):
    async with (
        running_channel_sandbox(await fresh_database("services.channel_sandbox")) as sandbox,
        called_back_merchant() as called,
    ):
        merchant = HmacMerchant(sandbox)

        async def refund(number: str, amount_minor: int) -> httpx.Response:
            return await merchant.call(
                "POST", "/refunds", merchant_order_no="NO1", merchant_refund_no=number, amount_minor=amount_minor
            )

        await merchant.create(notify_url=called.url)
        unpaid = await refund("R1", 1)
        await sandbox.pay("hmac_pay", "NO1")
        taken = [await refund("R1", 10_000), await refund("R2", 2_345)]
        too_much, again, other = await refund("R3", 1), await refund("R1", 10_000), await refund("R1", 9_999)

        async def done() -> bool:
            answers = [await merchant.call("GET", f"/refunds/{number}") for number in ("R1", "R2")]
            return all(one.json()["state"] == "SUCCEEDED" for one in answers)

        await eventually(done)
        payment = await merchant.call("GET", "/payments/NO1")
        await eventually(lambda: len(called.came) == 3)

    assert (unpaid.status_code, unpaid.json()["code"]) == (409, "NOT_PAID")
    assert [(one.status_code, one.json()["state"]) for one in taken] == [(201, "PROCESSING")] * 2
    assert (too_much.status_code, too_much.json()["code"]) == (409, "REFUND_TOO_LARGE")
    assert (again.status_code, again.json()["channel_refund_no"]) == (200, taken[0].json()["channel_refund_no"])
    assert (other.status_code, other.json()["code"]) == (409, "REFUND_NO_USED")
    assert payment.json()["refunded_minor"] == 12_345
    assert sorted(json.loads(body)["event"] for _, body in called.came) == [
        "payment.succeeded",
        "refund.succeeded",
        "refund.succeeded",
    ]


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        ({"Pay-Merchant": "merchant_2"}, "Pay-Merchant"),
        ({"Pay-Signature": "0" * 64}, "Pay-Signature"),
        ({"Pay-Timestamp": str(int(time.time()) - 301)}, "Pay-Timestamp"),
        ({"Pay-Nonce": "short"}, "Pay-Nonce"),
    ],
)
async def test_a_call_that_the_merchant_did_not_sign_is_refused(fresh_database, spoil: dict[str, str], why: str):
    async with running_channel_sandbox(await fresh_database("services.channel_sandbox")) as sandbox:
        merchant = HmacMerchant(sandbox)
        headers = merchant.headers("GET", "/hmac/v1/payments/NO1", b"") | spoil

        answer = await sandbox.http.get("/hmac/v1/payments/NO1", headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (401, "BAD_SIGNATURE")
    assert why in answer.json()["message"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount_minor": 0}, "amount_minor"),
        ({"amount_minor": 1.5}, "amount_minor"),
        ({"amount_minor": True}, "amount_minor"),
        ({"currency": "cny"}, "currency"),
        ({"description": ""}, "description"),
        ({"notify_url": "ftp://x/"}, "notify_url"),
        ({"expires_at": "2026-03-01T08:00:00"}, "expires_at"),
        ({"number": "NO 1"}, "merchant_order_no"),
    ],
)
async def test_an_order_that_is_not_fit_is_refused_by_its_field(fresh_database, changes: dict[str, Any], field: str):
    async with running_channel_sandbox(await fresh_database("services.channel_sandbox")) as sandbox:
        answer = await HmacMerchant(sandbox).create(**changes)

    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (400, "BAD_REQUEST", field)
