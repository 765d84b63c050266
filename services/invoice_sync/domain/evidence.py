"""A row as evidence: where it stands, when it happened, and what it shows in both languages. It judges nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.invoice_sync.domain.absence import Canary, Round
from services.invoice_sync.domain.attempt import Attempt, Operation
from services.invoice_sync.domain.invoice import Invoice
from services.invoice_sync.domain.outbox import Due
from services.invoice_sync.domain.payment import Payment
from services.invoice_sync.domain.policy import NotDue
from services.invoice_sync.domain.sync_state import Work


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the contract's Evidence says, under the same names."""

    source: str
    row_id: str
    occur_time: datetime
    fact: str
    fact_zh: str
    trace_id: str


_OPERATIONS: Mapping[Operation, tuple[str, str]] = {
    Operation.SUBMIT: ("sent", "发送"),
    Operation.QUERY_BY_KEY: ("asked for by our key", "按业务键查询"),
    Operation.QUERY_BY_NUMBER: ("asked for by the authority's number", "按发票号码查询"),
}
_CANARIES: Mapping[Canary, tuple[str, str]] = {
    Canary.SEEN: ("while another booked invoice was found", "同一轮中其他已入库发票可以查到"),
    Canary.NOT_SEEN: (
        "while a booked invoice was not found either: proves nothing",
        "已入库发票也查不到，不能作为证据",
    ),
    Canary.NONE_BOOKED: ("no booked invoice was there to compare with", "当时没有可供对照的已入库发票"),
}

_WHY_NOT_DUE: Mapping[NotDue, tuple[str, str]] = {
    NotDue.NOT_SUCCEEDED: ("; an invoice needs a payment that has succeeded", "；支付成功后方可开票"),
    NotDue.NO_PROFILE: (
        "; its merchant has no profile, so the seller is not known",
        "；商户未设置开票资料，缺少销售方信息",
    ),
    NotDue.NOT_RECONCILED: ("; its merchant wants invoices after reconciliation", "；商户设置为对账后开票"),
    NotDue.ONLY_ON_REQUEST: ("; its merchant wants invoices only on request", "；商户设置为申请后开票"),
}


def of_payment(payment: Payment, heard_time: datetime, not_due: NotDue | None = None) -> Evidence:
    """The payment as it is followed, and why no invoice is due, if none is."""
    why, why_zh = _WHY_NOT_DUE[not_due] if not_due else ("", "")
    return Evidence(
        "payment_follow",
        payment.payment_id,
        heard_time,
        f"payment is {payment.state.value}, reconciliation is {payment.reconciliation_state.value}{why}",
        f"支付单状态 {payment.state.value}，对账状态 {payment.reconciliation_state.value}{why_zh}",
        _trace_id(payment.traceparent),
    )


def of_invoice(invoice: Invoice) -> Evidence:
    """The invoice and its frozen document."""
    number = f", number {invoice.invoice_number}" if invoice.invoice_number else ""
    number_zh = f"，发票号码 {invoice.invoice_number}" if invoice.invoice_number else ""
    return Evidence(
        "invoice",
        invoice.invoice_id,
        invoice.state_time,
        f"invoice is {invoice.sync_state.value}{number}, document {invoice.document.sha256[:12]}",
        f"发票状态 {invoice.sync_state.value}{number_zh}，内容摘要 {invoice.document.sha256[:12]}",
        _trace_id(invoice.traceparent),
    )


def of_attempt(attempt: Attempt) -> Evidence:
    """One call and what came of it."""
    asked, asked_zh = _OPERATIONS[attempt.operation]
    told, told_zh = "no outcome recorded", "没有记录到结果"
    if attempt.answer is not None:
        code = f", code {attempt.answer.authority_code}" if attempt.answer.authority_code else ""
        code_zh = f"，错误码 {attempt.answer.authority_code}" if attempt.answer.authority_code else ""
        told, told_zh = f"{attempt.answer.outcome.value}{code}", f"结果 {attempt.answer.outcome.value}{code_zh}"
    return Evidence(
        "attempt",
        attempt.attempt_id,
        attempt.start_time,
        f"attempt {attempt.attempt_no}: {asked}: {told}",
        f"第 {attempt.attempt_no} 次调用：{asked_zh}：{told_zh}",
        attempt.trace_id,
    )


def of_round(counted: Round) -> Evidence:
    """One round of the proof of absence."""
    told, told_zh = _CANARIES[counted.canary]
    return Evidence(
        "absence_round",
        counted.round_id,
        counted.round_time,
        f"the main database does not have it, {told}",
        f"主库查无此票，{told_zh}",
        "",
    )


def of_outbox(due: Due, now: datetime) -> Evidence:
    """What is due, and when."""
    work, work_zh = ("send", "发送") if due.work is Work.SUBMIT else ("ask the authority", "查询")
    if due.parked:
        fact, fact_zh = f"given up after {due.attempts} tries", f"已尝试 {due.attempts} 次，停止自动重试"
    elif due.lease_until is not None:
        fact, fact_zh = f"a worker holds it to {work}", f"正在{work_zh}"
    else:
        at = due.due_at.isoformat(timespec="seconds")
        fact, fact_zh = f"next: {work} at {at}", f"下一步：{at} {work_zh}"
    return Evidence("outbox", due.invoice_id, min(due.due_at, now), fact, fact_zh, "")


def _trace_id(traceparent: str) -> str:
    parts = traceparent.split("-")
    return parts[1] if len(parts) == 4 else ""
