"""`bihuan sync …`, `bihuan why` and `bihuan bill …` against the running system: what an operator sees."""

import re
import ssl
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
from typer.testing import CliRunner

from cli import client, show
from cli.main import app
from tests.support.eventually import eventually
from tests.support.invoice_files import Sheet, pdf_file
from tests.support.system import WATER, System

Bihuan = Callable[..., str]
ROUTE = "sandbox/production/42/default"


@pytest.fixture
def bihuan(system: System, monkeypatch: pytest.MonkeyPatch) -> Bihuan:
    """Run a command; its output, when it ended well."""
    monkeypatch.setattr(client, "connect", lambda: system.gateway)
    monkeypatch.setattr(show.console, "_width", 250)

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(app, list(arguments))
        assert done.exit_code == 0, done.output
        return done.output

    return run


def pay(system: System, order_no: str, channel_txn_no: str) -> str:
    """A payment whose invoice is issued at once; its id."""
    system.gateway.put("/v1/merchants/city-water/profile", WATER)
    return pay_to(system, "city-water", order_no, channel_txn_no)


def pay_to(system: System, merchant_id: str, order_no: str, channel_txn_no: str, **more: str) -> str:
    body = {
        **more,
        "merchantId": merchant_id,
        "merchantOrderNo": order_no,
        "channel": "wechat_pay",
        "channelTxnNo": channel_txn_no,
        "amount": {"currencyCode": "CNY", "amountMinor": "12345"},
        "payTime": "2026-03-01T04:00:00+00:00",
        "payerName": "张小明",
    }
    return str(system.gateway.post("/v1/payments", body)["payment"]["paymentId"])


async def until_state(system: System, payment_id: str, state: str) -> dict:
    def stands() -> dict | None:
        found = system.invoice_of(payment_id)
        return found if found.get("syncState") == f"SYNC_STATE_{state}" else None

    return await eventually(stands)


async def test_an_operator_closes_a_gate_sees_what_it_holds_and_opens_it_again(system: System, bihuan: Bihuan):
    made = bihuan("sync", "hold", ROUTE, "--reason", "rate card is being changed")
    hold_id = re.findall(r"hld_[0-9a-f]+", made)[0]
    payment_id = pay(system, "SYNC-1", "4200000101")
    held = await until_state(system, payment_id, "HELD")

    gates, missing = bihuan("sync", "gates"), bihuan("sync", "missing")
    why = bihuan("why", payment_id)
    lifted = bihuan("sync", "lift", hold_id)
    booked = await until_state(system, payment_id, "BOOKED")
    number = booked["invoiceNumber"]
    # The year's digits swapped: at the end it could be the number of a neighbour, which other tests have here.
    mistyped = bihuan("why", f"{number[1]}{number[0]}{number[2:]}")

    assert held["heldBy"] == "MANUAL"
    assert hold_id in gates
    assert "A4" in missing
    assert held["invoiceId"] in missing
    assert f"POST /v1/holds/{hold_id}:lift" in why
    assert "is lifted" in lifted
    assert f"{number}?" in mistyped
    assert "whole 完整" in bihuan("sync", "attempts", booked["invoiceId"])
    assert "ACCEPTED" in bihuan("sync", "log")


async def test_an_operator_corrects_what_was_refused_and_asks_the_interface(system: System, bihuan: Bihuan):
    system.tax.fault("REJECT_BUSINESS", order_no="SYNC-2")
    payment_id = pay(system, "SYNC-2", "4200000102")
    refused = await until_state(system, payment_id, "REJECTED")

    listed = bihuan("sync", "log", "--cause", "C2")
    corrected = bihuan(
        "sync", "correct", refused["invoiceId"], "--title", "长江证券股份有限公司", "--tax-id", "91420000700821272A"
    )
    await until_state(system, payment_id, "BOOKED")
    of_buyer = bihuan("sync", "buyer", "--tax-id", "91420000700821272A")
    probes = bihuan("sync", "probe")

    assert refused["invoiceId"] in listed
    assert "version 2" in corrected
    assert "IN_SYSTEM" in of_buyer
    assert "up 正常" in probes
    assert ROUTE in bihuan("sync", "probe", "--history")
    assert "cases" in bihuan("sync", "cases")


async def test_a_payment_that_nobody_asked_an_invoice_for_is_among_what_is_missing(system: System, bihuan: Bihuan):
    payment_id = pay_to(system, "no-profile-yet", "SYNC-3", "4200000103")

    async def listed() -> str | None:
        found = bihuan("sync", "missing", "--merchant", "no-profile-yet")
        return found if payment_id in found else None

    assert "A1" in await eventually(listed)


async def test_an_operator_sees_how_far_a_bill_is_paid_and_dismisses_what_was_paid_twice(
    system: System, bihuan: Bihuan
):
    for number in ("BILL/2026-1", "BILL/2026-2"):
        amount = {"currencyCode": "CNY", "amountMinor": "12345"}
        bill = {"merchantId": "bill-water", "billNo": number, "category": "CATEGORY_WATER", "amount": amount}
        system.gateway.post(
            "/v1/bills", {"bill": {**bill, "dueDate": "2026-03-15", "payerAccount": "6222021234567890"}}
        )
    first = pay_to(system, "bill-water", "BILL/2026-1", "4200000201")
    unpaid = bihuan("bill", "list", "--merchant", "bill-water", "--overdue-on", "2026-04-01")
    near = pay_to(system, "bill-water", "PAID-TO-ANOTHER", "4200000202", billNo="BILL/2026-3")
    why = bihuan("bill", "show", "bill-water", "BILL/2026-2")
    second = pay_to(system, "bill-water", "TWICE-1", "4200000203", billNo="BILL/2026-1")

    shown = bihuan("bill", "show", "bill-water", "BILL/2026-1")
    paid = bihuan("bill", "list", "--merchant", "bill-water", "--state", "OVERPAID")
    listed = bihuan("bill", "duplicates", "--merchant", "bill-water")
    duplicate_id = re.findall(r"dup_[0-9a-f]+", listed)[0]
    dismissed = bihuan("bill", "dismiss", duplicate_id, "--reason", "kept as credit")
    left = bihuan("bill", "duplicates", "--merchant", "bill-water")

    assert "BILL/2026-2" in unpaid
    assert "BILL/2026-1" not in unpaid
    assert "BILL/2026-3?" in why
    assert near in why
    assert "OVERPAID" in shown
    assert "重复缴费" in shown
    assert first in shown
    assert "BILL/2026-1" in paid
    assert second in listed
    assert "kept as credit" in dismissed
    assert duplicate_id not in left


async def test_an_operator_carries_by_hand_what_the_interface_does_not_take(
    system: System, bihuan: Bihuan, tmp_path: Path
):
    hold_id = re.findall(r"hld_[0-9a-f]+", bihuan("sync", "hold", ROUTE, "--reason", "the interface is out"))[0]
    payment_id = pay(system, "SYNC-HAND", "4200000111")
    await until_state(system, payment_id, "HELD")
    package, seller = tmp_path / "package.xml", WATER["sellerTaxId"]
    exported = bihuan("manual", "export", "--seller", seller, "--reason", "out", "--out", str(package))
    package_id = re.findall(r"mpk_[0-9a-f]+", exported)[0]
    receipt = tmp_path / "receipt.xml"
    trust = ssl.create_default_context(cafile=system.stack.addresses.tax_ca_file)
    async with httpx.AsyncClient(verify=trust, trust_env=False, timeout=60) as portal:
        where = f"{system.stack.addresses.tax_sandbox_url}/portal/production/42/packages"
        receipt.write_bytes((await portal.post(where, content=package.read_bytes())).content)
    imported = bihuan("manual", "import", package_id, str(receipt))
    booked = await until_state(system, payment_id, "BOOKED")
    bihuan("sync", "lift", hold_id)

    assert "仅上传一次，未重复上传。" in package.with_name("package.xml.checklist.txt").read_text("utf-8")
    assert "0 refused" in imported
    assert booked["submitCount"] == 1, "by hand, and by nobody else"
    assert booked["invoiceNumber"] in bihuan("manual", "show", package_id)
    assert package_id in bihuan("manual", "list")


async def test_an_operator_compares_the_month_and_asks_why_by_the_file_that_a_customer_sent(
    system: System, bihuan: Bihuan, tmp_path: Path
):
    payment_id = pay(system, "SYNC-FILE", "4200000112")
    booked = await until_state(system, payment_id, "BOOKED")
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat()
    sheet = Sheet(booked["invoiceNumber"], today, "123.45", seller_tax_id=WATER["sellerTaxId"], buyer_tax_id="")
    good, bad = tmp_path / "invoice.pdf", tmp_path / "bad.xml"
    good.write_bytes(pdf_file(sheet))
    bad.write_bytes(b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><EInvoice>&b;</EInvoice>')

    month = bihuan("parity", "run", today[:7], "--seller", WATER["sellerTaxId"])
    why = bihuan("why", "--file", str(good))
    refused = CliRunner().invoke(app, ["why", "--file", str(bad)])

    assert "agrees 一致" in month or "under way 在途" in month
    assert today[:7] in bihuan("parity", "list")
    assert all(word in why for word in ("IN_SYSTEM", booked["invoiceNumber"], "QR_CODE", "PDF_TEXT"))
    assert "XML_ENTITY" in str(refused.exception)
