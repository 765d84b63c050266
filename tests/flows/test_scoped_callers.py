"""Two merchants in one running system: each one's key sees and moves its own, and finds nothing of the other's."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.support.eventually import eventually
from tests.support.system import WATER, System

PAYER = "欧阳娜娜"
MARK = "YIHE"  # stands in every number of the other merchant


@dataclass
class Other:
    """What the other merchant has, by the numbers that we made and the ids that the system did."""

    payment_id: str
    refund_id: str
    invoice_id: str
    txn_no: str = f"{MARK}0000901"

    def words(self) -> list[str]:
        return [self.payment_id, self.refund_id, self.invoice_id, MARK, PAYER]


def _payment(merchant_id: str, order_no: str, txn_no: str, **more: Any) -> dict[str, Any]:
    return {
        "merchantId": merchant_id,
        "merchantOrderNo": order_no,
        "channel": "wechat_pay",
        "channelTxnNo": txn_no,
        "amount": {"currencyCode": "CNY", "amountMinor": "12345"},
        "payTime": "2026-03-01T04:00:00+00:00",
        "payerName": PAYER,
        **more,
    }


def _record(call: Any, merchant_id: str, order_no: str, txn_no: str, **more: Any) -> httpx.Response:
    body = _payment(merchant_id, order_no, txn_no, **more)
    headers = {"idempotency-key": f"record-{merchant_id}-{order_no}"}
    answer: httpx.Response = call("POST", "/v1/payments", json=body, headers=headers)
    return answer


@pytest.fixture
def till(system: System) -> Iterator[Any]:
    """Calls with a key of the merchant "us" that may do all that a merchant's system may."""
    with _till_of(system, "us") as request:
        yield request


@contextlib.contextmanager
def _till_of(system: System, merchant_id: str) -> Iterator[Any]:
    asked = {"displayName": "ours", "roles": ["integrator", "reviewer", "auditor"], "merchantIds": [merchant_id]}
    token = system.gateway.post("/v1/apiKeys", asked)["token"]
    url = system.stack.addresses.gateway_url
    bearer = {"authorization": f"Bearer {token}"}
    with httpx.Client(base_url=url, headers=bearer, trust_env=False, timeout=60) as client:
        yield client.request


async def _other(system: System) -> Other:
    """The other merchant with a payment, a bill, a refund and a booked invoice."""
    gateway = system.gateway
    gateway.put("/v1/merchants/them/profile", WATER | {"merchantId": "them"})
    paid = gateway.post("/v1/payments", _payment("them", f"{MARK}-1", f"{MARK}0000901"), key=f"record-them-{MARK}-1")
    payment_id = paid["payment"]["paymentId"]
    bill = {"merchantId": "them", "billNo": f"{MARK}-B", "category": "CATEGORY_WATER", "payerName": PAYER}
    gateway.post("/v1/bills", {"bill": bill | {"amount": {"currencyCode": "CNY", "amountMinor": "500"}}})
    invoice = await eventually(lambda: system.invoice_of(payment_id))
    refund = {
        "paymentId": payment_id,
        "merchantRefundNo": f"{MARK}-R",
        "amount": {"currencyCode": "CNY", "amountMinor": "100"},
        "channelRefundNo": f"{MARK}77",
        "finishTime": "2026-03-01T05:00:00Z",
    }
    made = gateway.post("/v1/refunds:record", refund)["refund"]
    return Other(payment_id, made["refundId"], invoice["invoiceId"])


async def test_a_merchants_key_finds_its_own_and_nothing_of_the_others(system: System, till: Any):
    other = await _other(system)
    mine = _record(till, "us", f"{MARK.lower()}-1", "4200000901").json()["payment"]

    lists = ["payments", "bills", "refunds", "invoices", "duplicates", "takebacks", "diagnoses", "invoices:summarize"]
    pages = {path: till("GET", f"/v1/{path}") for path in lists}
    for path, page in pages.items():
        assert page.status_code == 200, (path, page.text)
        assert not [word for word in other.words() if word in page.text.replace(mine["payerName"], "")], path
    assert [one["paymentId"] for one in pages["payments"].json()["payments"]] == [mine["paymentId"]]
    assert till("GET", f"/v1/payments/{mine['paymentId']}").json()["payment"]["payerName"] == PAYER


async def test_what_the_other_has_looks_like_what_is_not_there_and_stays_as_it_is(system: System, till: Any):
    other = await _other(system)
    before = system.gateway.get(f"/v1/payments/{other.payment_id}")

    def calls(payment_id: str, refund_id: str, invoice_id: str, number: str) -> list[tuple[str, str, Any]]:
        back = {"paymentId": payment_id, "amount": {"currencyCode": "CNY", "amountMinor": "1"}}
        takeback = back | {"channelTakebackNo": "T1", "takeTime": "2026-03-01T05:00:00Z"}
        return [
            ("GET", f"/v1/payments/{payment_id}", None),
            ("GET", f"/v1/refunds/{refund_id}", None),
            ("GET", f"/v1/invoices/{invoice_id}", None),
            ("GET", f"/v1/invoices/{invoice_id}/attempts", None),
            ("GET", f"/v1/invoices/{invoice_id}/log:verify", None),
            ("GET", f"/v1/diagnoses/{payment_id}", None),
            ("GET", f"/v1/diagnoses/{number}", None),
            ("GET", f"/v1/exceptions?paymentId={payment_id}", None),
            ("GET", f"/v1/payments?merchantId=them&merchantOrderNo={number}", None),
            ("GET", f"/v1/merchants/them/bills/{number}", None),
            ("GET", "/v1/merchants/them/profile", None),
            (
                "PUT",
                "/v1/merchants/them/profile",
                {name: value for name, value in WATER.items() if name != "merchantId"},
            ),
            ("POST", f"/v1/merchants/them/bills/{number}:cancel", {"reason": "theirs"}),
            ("POST", f"/v1/payments/{payment_id}:confirm", {}),
            ("POST", f"/v1/payments/{payment_id}:close", {}),
            ("POST", f"/v1/refunds/{refund_id}:confirm", {}),
            ("POST", "/v1/refunds", back | {"merchantRefundNo": "R9"}),
            ("POST", "/v1/reversals", takeback),
            ("POST", "/v1/chargebacks", takeback),
            ("POST", "/v1/invoices", {"paymentId": payment_id, "buyerTitle": "个人"}),
            ("POST", f"/v1/invoices/{invoice_id}:correct", {"buyerTitle": "个人"}),
        ]

    theirs = calls(other.payment_id, other.refund_id, other.invoice_id, f"{MARK}-1")
    nobodys = calls("pay_0", "ref_0", "inv_0", "NOBODY-1")
    for (verb, path, body), (_, path_of_nobody, body_of_nobody) in zip(theirs, nobodys, strict=True):
        told = []
        for at, asked, sent in ((0, path, body), (1, path_of_nobody, body_of_nobody)):
            told.append(till(verb, asked, json=sent, headers={"idempotency-key": f"foreign-{at}-{verb}"}))
        assert {one.status_code for one in told} == {404}, (verb, path, told[0].text, told[1].text)
        assert told[0].json() | {"trace_id": ""} == told[1].json() | {"trace_id": ""}, path
    assert _record(till, "them", f"{MARK}-9", "4200000999").status_code == 404
    assert system.gateway.get(f"/v1/payments/{other.payment_id}") == before


async def test_numbers_that_both_merchants_use_lead_to_nobody_elses_records(system: System):
    other = await _other(system)

    with _till_of(system, "we") as till:
        same_txn = _record(till, "we", "same-txn", other.txn_no)
        same_order = _record(till, "we", f"{MARK}-1", "4200000955")

    for answer in (same_txn, same_order):
        assert not [word for word in (other.payment_id, other.invoice_id, "them") if word in answer.text], answer.text
    with _till_of(system, "we") as till:
        for path in ("/v1/runs/run_0", "/v1/statements", "/v1/gates", "/v1/apiKeys", "/v1/imports/i", "/v1/cases"):
            assert till("GET", path).status_code == 403, path
