"""One payment, all the way: gateway, payments, reconciler, invoice_sync and the tax system, in one trace."""

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path

import grpc
import httpx
import pytest
from bihuan.invoice_sync.v1 import (
    invoice_pb2,
    invoice_service_pb2,
    invoice_service_pb2_grpc,
    merchant_pb2,
    merchant_service_pb2,
    merchant_service_pb2_grpc,
)
from bihuan.payments.v1 import payment_service_pb2, payment_service_pb2_grpc
from bihuan.type.v1 import money_pb2
from bihuan_client import Refused
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.money import Money
from cli import spans
from cli.addresses import archive_settings
from cli.reconciliation import run_and_wait
from cli.statements import ingest_file
from demo import wechat_pay_bill
from demo.plan import BillRow
from tests.support.eventually import eventually
from tests.support.span_tree import shape
from tests.support.system import WATER, System

DAY = date(2026, 3, 1)
BOOKED = (invoice_pb2.SYNC_STATE_BOOKED, invoice_pb2.SYNC_STATE_CONFIRMED)
PAID_AT = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)

# What one payment does whose invoice is issued by policy and whose first answer is lost. Twins are folded.
EXPECTED = [
    (
        "gateway: POST /v1/payments",
        [
            (
                "payments: record_payment",
                [
                    ("invoice_sync: follow_payment", []),
                    (
                        "invoice_sync: issue_invoice",
                        [
                            (
                                "invoice_sync: upload_invoice",
                                [
                                    (
                                        "invoice_sync: POST /v1/invoices",
                                        [
                                            (
                                                "tax_sandbox: POST /v1/invoices",
                                                [("tax_sandbox: book_invoice", [])],
                                            )
                                        ],
                                    )
                                ],
                            ),
                            (
                                "invoice_sync: verify_booked",
                                [
                                    (
                                        "invoice_sync: GET /v1/invoices",
                                        [("tax_sandbox: GET /v1/invoices", [])],
                                    ),
                                    (
                                        "invoice_sync: GET /v1/invoices/{number}",
                                        [("tax_sandbox: GET /v1/invoices/{number}", [])],
                                    ),
                                ],
                            ),
                        ],
                    ),
                    ("reconciler: match_payment", []),
                    ("reconciler: mirror_payment", []),
                ],
            )
        ],
    )
]


def _body(order: str, txn: str, fen: int) -> dict:
    return {
        "merchantId": "city-water",
        "merchantOrderNo": order,
        "channel": "wechat_pay",
        "channelTxnNo": txn,
        "amount": {"currencyCode": "CNY", "amountMinor": str(fen)},
        "payTime": PAID_AT.isoformat(),
        "payerName": "张小明",
    }


def _row(order: str, txn: str, fen: int) -> BillRow:
    return BillRow(txn, order, Money("CNY", fen), create_time=PAID_AT, book_time=PAID_AT, subject="水费", payer="oAbc")


async def test_a_payment_is_matched_and_its_invoice_booked_in_one_trace_although_the_answer_was_lost(system: System):
    system.gateway.put("/v1/merchants/city-water/profile", WATER)
    system.tax.fault("DROP_AFTER_COMMIT", order_no="ONE-1")

    recorded = system.gateway.post("/v1/payments", _body("ONE-1", "4200000001", 1230), key="one-payment-1")["payment"]
    ingest_file(system.gateway, "bill.csv", BytesIO(wechat_pay_bill.write([_row("ONE-1", "4200000001", 1230)])))
    run = run_and_wait(system.gateway, "wechat_pay", DAY.isoformat())
    invoice = await eventually(lambda: _booked(system, recorded["paymentId"]))

    assert run["state"] == "STATE_SUCCEEDED"
    assert run["totals"]["matchedCount"] == "1"
    assert invoice["traceId"] == invoice["paymentTraceId"] == recorded["traceId"]
    assert invoice["submitCount"] == 1
    (booked,) = [row for row in system.tax.book() if row["order_no"] == "ONE-1"]
    assert (booked["number"], booked["amount_minor"]) == (invoice["invoiceNumber"], 1230)
    # The fact of the reconciliation comes back through the feed and is followed too, in the same trace.
    payment = await eventually(lambda: _reconciled(system, recorded["paymentId"]))
    assert payment["reconciliationState"] == "RECONCILIATION_STATE_MATCHED"
    await eventually(lambda: _tree(system, recorded["traceId"]) == EXPECTED or None)


async def test_the_trace_bears_no_name_and_no_tax_number(system: System):
    system.gateway.put("/v1/merchants/city-water/profile", WATER)
    recorded = system.gateway.post("/v1/payments", _body("ONE-2", "4200000002", 500))["payment"]
    await eventually(lambda: _booked(system, recorded["paymentId"]))

    words = " ".join(
        f"{span.name} {span.error} {' '.join(span.attributes.values())}" for span in system.trace(recorded["traceId"])
    )

    assert "bihuan" in words or "pay_" in words
    assert "张小明" not in words
    assert WATER["sellerTaxId"] not in words
    assert WATER["sellerName"] not in words


async def test_by_stub_and_key_alone_a_payment_goes_all_the_way_to_a_booked_invoice(system: System):
    """What a customer's service does that speaks gRPC: its key goes along, and the gateway is all that it reaches."""
    water = merchant_pb2.MerchantProfile(
        merchant_id="grpc-water",
        issue_policy=invoice_pb2.ISSUE_POLICY_ON_SUCCESS,
        seller_name=WATER["sellerName"],
        seller_tax_id=WATER["sellerTaxId"],
    )
    pay = payment_service_pb2.RecordPaymentRequest(
        request_id="by-grpc-1",
        merchant_id="grpc-water",
        merchant_order_no="ONE-GRPC",
        channel="wechat_pay",
        channel_txn_no="4200000777",
        amount=money_pb2.Money(currency_code="CNY", amount_minor=4_200),
        pay_time=Timestamp(seconds=int(PAID_AT.timestamp())),
    )
    bearer = {"metadata": [("authorization", f"Bearer {system.stack.addresses.token()}")], "timeout": 30}

    async with grpc.aio.insecure_channel(system.stack.addresses.gateway_grpc_target) as channel:
        merchants = merchant_service_pb2_grpc.MerchantServiceStub(channel)
        await merchants.SetMerchantProfile(merchant_service_pb2.SetMerchantProfileRequest(profile=water), **bearer)
        recorded = await payment_service_pb2_grpc.PaymentServiceStub(channel).RecordPayment(pay, **bearer)
        invoices = invoice_service_pb2_grpc.InvoiceServiceStub(channel)
        asked = invoice_service_pb2.ListInvoicesRequest(payment_id=recorded.payment.payment_id)

        async def booked() -> invoice_pb2.Invoice | None:
            found = (await invoices.ListInvoices(asked, **bearer)).invoices
            return found[0] if found and found[0].invoice_number and found[0].sync_state in BOOKED else None

        invoice = await eventually(booked, timeout_seconds=60)

    (kept,) = [row for row in system.tax.book() if row["order_no"] == "ONE-GRPC"]
    assert (kept["number"], kept["amount_minor"]) == (invoice.invoice_number, 4_200)


def test_the_same_order_again_is_the_same_payment_and_another_amount_is_refused(system: System):
    first = system.gateway.post("/v1/payments", _body("ONE-3", "4200000003", 700), key="one-payment-3")
    again = system.gateway.post("/v1/payments", _body("ONE-3", "4200000003", 700), key="one-payment-3")
    other_key = system.gateway.post("/v1/payments", _body("ONE-3", "4200000003", 700), key="one-payment-3b")

    with pytest.raises(Refused) as reused:
        system.gateway.post("/v1/payments", _body("ONE-3", "4200000003", 701), key="one-payment-3")
    with pytest.raises(Refused) as changed:
        system.gateway.post("/v1/payments", _body("ONE-3", "4200000003", 701), key="one-payment-3c")

    assert first["payment"]["paymentId"] == again["payment"]["paymentId"] == other_key["payment"]["paymentId"]
    assert not first.get("replayed")
    assert again["replayed"]
    assert other_key["replayed"]
    assert reused.value.reason == "REQUEST_ID_REUSED"
    assert changed.value.reason == "BUSINESS_KEY_REUSED"


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"amount": {"currencyCode": "CNY", "amountMinor": "-1"}}, "INVALID_FIELD", "amount"),
        ({"amount": {"currencyCode": "CNX", "amountMinor": "1"}}, "UNKNOWN_CURRENCY", "amount"),
        ({"amount": {"currencyCode": "CNY", "amountMinor": 1.5}}, "MALFORMED_REQUEST", "amount"),
        ({"ammount": 3}, "MALFORMED_REQUEST", "ammount"),
        ({"payTime": "yesterday"}, "MALFORMED_REQUEST", "pay"),
        ({"merchantId": ""}, "INVALID_FIELD", "merchant"),
    ],
)
def test_bad_input_is_refused_by_name_and_nothing_is_stored(system: System, change: dict, reason: str, field: str):
    with pytest.raises(Refused) as refused:
        system.gateway.post("/v1/payments", {**_body("ONE-BAD", "4200000009", 1), **change})

    assert refused.value.reason == reason
    assert field in str(refused.value.problem)
    assert refused.value.trace_id
    found = system.gateway.get("/v1/payments", merchantId="city-water", merchantOrderNo="ONE-BAD")
    assert found.get("payments", []) == []


def test_an_error_is_told_in_the_language_of_the_reader(system: System):
    where = system.stack.addresses
    headers = {"Authorization": f"Bearer {where.token()}", "Accept-Language": "zh-CN", "Idempotency-Key": "language-1"}
    body = {**_body("ONE-ZH", "4200000010", 1), "amount": {"currencyCode": "CNY", "amountMinor": "-1"}}

    answer = httpx.post(f"{where.gateway_url}/v1/payments", json=body, headers=headers, timeout=60, trust_env=False)

    assert answer.status_code == 400
    assert "金额" in answer.json()["detail"]


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.95])
def test_a_truncated_statement_is_refused_and_nothing_of_it_is_stored(system: System, cut: float):
    rows = [_row(f"CUT-{number}", f"43000000{number:02}", 100) for number in range(10)]
    raw = wechat_pay_bill.write([replace(row, subject="电费") for row in rows])
    before = system.gateway.pages("/v1/statements", "statements")

    with pytest.raises(Refused) as refused:
        ingest_file(system.gateway, "cut.csv", BytesIO(raw[: int(len(raw) * cut)]))

    assert refused.value.reason == "STATEMENT_REFUSED"
    assert refused.value.problem.metadata["code"].startswith("E-")
    assert refused.value.problem.metadata["cure"]
    assert system.gateway.pages("/v1/statements", "statements") == before


def test_a_statement_in_a_wrong_encoding_is_refused_with_the_reason(system: System):
    row = replace(_row("ENC-1", "4400000001", 100), subject="电费")
    raw = wechat_pay_bill.write([row]).replace("电费".encode(), "电费".encode("gbk"))

    with pytest.raises(Refused) as refused:
        ingest_file(system.gateway, "mixed.csv", BytesIO(raw))

    assert refused.value.problem.metadata["code"] == "E-ENC-MIXED"


def test_without_a_key_nothing_is_told(system: System):
    answer = httpx.get(f"{system.stack.addresses.gateway_url}/v1/payments", timeout=60, trust_env=False)

    assert answer.status_code == 401
    assert answer.json()["reason"] == "UNAUTHENTICATED"


def _booked(system: System, payment_id: str) -> dict:
    invoice = system.invoice_of(payment_id)
    return invoice if invoice.get("syncState") == "SYNC_STATE_BOOKED" else {}


def _reconciled(system: System, payment_id: str) -> dict:
    payment = system.gateway.get(f"/v1/payments/{payment_id}")["payment"]
    return payment if payment["reconciliationState"] != "RECONCILIATION_STATE_PENDING" else {}


def _tree(system: System, trace_id: str) -> list:
    return shape(spans.trees(system.trace(trace_id)))


async def test_the_buyer_opens_a_link_and_both_copies_of_the_paper_are_restored_by_a_drill(system, tmp_path):
    system.gateway.put("/v1/merchants/city-water/profile", WATER)
    recorded = system.gateway.post("/v1/payments", _body("LINK-1", "4200000077", 7_700))["payment"]
    booked = await eventually(lambda: _booked(system, recorded["paymentId"]))
    invoice_id = booked["invoiceId"]
    asked = {"purpose": "LINK_PURPOSE_DOWNLOAD", "reason": "the buyer asked for it"}
    url = system.gateway.post(f"/v1/invoices/{invoice_id}/links", asked)["url"]

    def archived() -> bool:
        papers = system.gateway.get(f"/v1/invoices/{invoice_id}/papers").get("papers", [])
        copies = [copy["state"] for paper in papers for copy in paper["copies"]]
        return bool(copies) and set(copies) == {"COPY_STATE_WHOLE"}

    await eventually(archived)
    page, xml = _opened(url), _opened(f"{url}/xml")

    assert page.status_code == 200
    assert "已入税务系统" in page.text
    assert booked["invoiceNumber"] not in page.text
    assert booked["invoiceNumber"] in xml.text
    done = _drilled(system, tmp_path / "drill")
    assert done.returncode == 0, done.stderr
    for place in ("first", "second"):
        assert (tmp_path / "drill" / place / f"{invoice_id}-v1.xml").read_bytes() == xml.content


def _opened(url: str) -> httpx.Response:
    return httpx.get(url, timeout=60, trust_env=False)


def _drilled(system: System, folder: Path) -> "subprocess.CompletedProcess[bytes]":
    settings = archive_settings(system.stack.addresses)
    environment = {f"BIHUAN_INVOICE_SYNC_{name}": value for name, value in settings.items()}
    command = [Path(sys.executable).parent / "bihuan", "archive", "drill", "--sample", "1000", "--folder", folder]
    return subprocess.run(command, env={"PATH": "/usr/bin", **environment}, capture_output=True, check=False)
