"""Plays the day through the gateway as an integrator, finance and a buyer would. It prints only progress."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import tenacity
from bihuan_client import Refused
from rich.progress import track

from cli import show
from cli.client import Gateway, Unable
from cli.payments import record_all
from cli.reconciliation import run_and_wait
from cli.statements import ingest_file, statement_line
from demo.crowd import MERCHANT_OF
from demo.day import CHANNELS, DemoDay, Disturbance, PlannedPayment
from demo.faults import TaxSandbox
from demo.plan import WECHAT_PAY

_SETTLE_SECONDS = 120.0
_FOLLOW_SECONDS = 60.0
_ENDED = ("SYNC_STATE_BOOKED", "SYNC_STATE_REJECTED")
_STILL_MATCHED = (Disturbance.DAY_BEFORE, Disturbance.REFUNDED)
_SELLERS = {
    "city-water": ("江城水务集团有限公司", "91420100MA4K0DEM01", "ISSUE_POLICY_ON_SUCCESS"),
    "city-power": ("江城电力有限责任公司", "91420100MA4K0DEM02", "ISSUE_POLICY_ON_REQUEST"),
}


@dataclass(frozen=True, slots=True)
class Played:
    """What the services answered."""

    statements: list[str]
    runs: list[dict[str, Any]]
    exceptions: list[dict[str, Any]]
    invoice_totals: list[dict[str, Any]]
    invoices_expected: int
    told_invoice_id: str  # of an invoice whose first answer was lost


def play(gateway: Gateway, tax: TaxSandbox, day: DemoDay) -> Played:
    """Record, ingest, reconcile, request, and wait until every invoice has come to its end."""
    tax.plan(day.seed, _orders_with_an_invoice(day))
    _set_merchants(gateway)
    record_all(gateway, [_body(payment) for payment in day.payments])
    statements = [ingest_file(gateway, name, BytesIO(raw)) for name, raw in day.bills.items()]
    runs = [run_and_wait(gateway, channel, day.business_date.isoformat()) for channel in day.rows]
    for run in runs:
        if run["state"] != "STATE_SUCCEEDED":
            raise Unable(f"{run['channel']}: {run.get('failureReason')}: {run.get('failureMessage')}")
    requested = _request_invoices(gateway, runs)
    expected = sum(payment.channel == WECHAT_PAY for payment in day.payments) + requested
    return Played(
        statements=[statement_line(statement) for statement in statements],
        runs=runs,
        exceptions=[one for run in runs for one in gateway.pages("/v1/exceptions", "exceptions", runId=run["runId"])],
        invoice_totals=_wait_for_invoices(gateway, expected),
        invoices_expected=expected,
        told_invoice_id=_one_whose_answer_was_lost(gateway),
    )


def _orders_with_an_invoice(day: DemoDay) -> list[str]:
    """Orders that will get one: of the merchant that issues on success all, of the other those that match."""
    unmatched = {one.merchant_order_no for one in day.planted if one.disturbance not in _STILL_MATCHED}
    return [
        payment.merchant_order_no
        for payment in day.payments
        if payment.channel == WECHAT_PAY or payment.merchant_order_no not in unmatched
    ]


def _set_merchants(gateway: Gateway) -> None:
    for channel in CHANNELS:
        merchant_id = MERCHANT_OF[channel]
        name, tax_id, policy = _SELLERS[merchant_id]
        profile = {"merchantId": merchant_id, "issuePolicy": policy, "sellerName": name, "sellerTaxId": tax_id}
        gateway.put(f"/v1/merchants/{merchant_id}/profile", profile)


def _body(payment: PlannedPayment) -> dict[str, Any]:
    return {
        "merchantId": payment.merchant_id,
        "merchantOrderNo": payment.merchant_order_no,
        "billNo": payment.bill_no,
        "channel": payment.channel,
        "channelTxnNo": payment.channel_txn_no,
        "amount": {
            "currencyCode": payment.amount.currency_code,
            "amountMinor": str(payment.amount.amount_minor),
        },
        "payTime": payment.pay_time.isoformat(),
        "payerName": payment.payer_name,
    }


def _request_invoices(gateway: Gateway, runs: Sequence[Mapping[str, Any]]) -> int:
    """Ask for an invoice for each matched payment whose merchant issues only on request; how many."""
    matches = [
        match
        for run in runs
        if run["channel"] != WECHAT_PAY
        for match in gateway.pages(f"/v1/runs/{run['runId']}/matches", "matches")
    ]
    for match in track(
        matches, "requesting invoices", console=show.console, transient=True, disable=not show.console.is_terminal
    ):
        _request_invoice(gateway, match["paymentId"])
    return len(matches)


def _not_followed_yet(fault: BaseException) -> bool:
    if not isinstance(fault, Refused):
        return False
    return (fault.problem.metadata or {}).get("cause") == "UNKNOWN_PAYMENT"


# invoice_sync follows the payments in its own time: it may know one later than the reconciler has matched it.
@tenacity.retry(
    retry=tenacity.retry_if_exception(_not_followed_yet),
    stop=tenacity.stop_after_delay(_FOLLOW_SECONDS),
    wait=tenacity.wait_random(0.1, 0.5),
    reraise=True,
)
def _request_invoice(gateway: Gateway, payment_id: str) -> None:
    body = {"paymentId": payment_id, "buyerTitle": "江城市第一中学", "buyerTaxId": "12420100DEM000000K"}
    gateway.post("/v1/invoices", body, key=f"invoice:{payment_id}"[:64])


def _wait_for_invoices(gateway: Gateway, expected: int) -> list[dict[str, Any]]:
    """The totals by state when all are booked or refused, or as they stand when the time is up."""
    deadline = time.monotonic() + _SETTLE_SECONDS
    with show.progress() as progress:
        task = progress.add_task("invoices into the tax system", total=expected)
        while True:
            totals: list[dict[str, Any]] = gateway.get("/v1/invoices:summarize").get("totals", [])
            ended = sum(int(one["invoiceCount"]) for one in totals if one["syncState"] in _ENDED)
            progress.update(task, completed=ended)
            if ended >= expected or time.monotonic() > deadline:
                return totals
            time.sleep(0.25)


def _one_whose_answer_was_lost(gateway: Gateway) -> str:
    invoices = gateway.pages("/v1/invoices", "invoices")
    # One that was issued by policy stands in the trace of its payment, so it has more to tell.
    for invoice in sorted(invoices, key=lambda invoice: invoice["issuedBy"] == "ISSUE_POLICY_ON_REQUEST"):
        attempts = gateway.get(f"/v1/invoices/{invoice['invoiceId']}/attempts").get("attempts", [])
        if attempts and attempts[0]["outcome"] == "OUTCOME_UNKNOWN":
            return str(invoice["invoiceId"])
    raise Unable("no answer was lost, though the authority was asked to lose some")
