"""A row as evidence: where it stands, when it happened, and what it shows in both languages. It judges nothing.

The rows around it (gates, probes, ranges, deliveries) stand in diagnosis/around.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from chassis.money import Money
from services.invoice_sync.domain.absence import Canary, Round
from services.invoice_sync.domain.attempt import Attempt, Operation
from services.invoice_sync.domain.invoice import Invoice
from services.invoice_sync.domain.moment import told
from services.invoice_sync.domain.payment import Payment
from services.invoice_sync.domain.policy import NotDue
from services.invoice_sync.domain.standing import ParkedReason, Standing, SyncState, Work


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the contract's Evidence says, under the same names."""

    source: str
    row_id: str
    occur_time: datetime
    fact: str
    fact_zh: str
    trace_id: str = ""


# A status from here on is told: it shows whether the authority failed or what stands before it.
_SERVER_ERROR = 500
_OPERATIONS: Mapping[Operation, tuple[str, str]] = {
    Operation.SUBMIT: ("sent", "发送"),
    Operation.QUERY_BY_KEY: ("asked for by our key", "按业务键查询"),
    Operation.QUERY_BY_NUMBER: ("asked for by the authority's number", "按发票号码查询"),
    Operation.QUERY_WINDOW: ("asked for all that it holds of the seller", "按时间段查询该销售方的全部发票"),
    Operation.QUERY_ELSEWHERE: ("asked for in another region or environment", "在其他地区或环境查询"),
    Operation.SEAL: ("asked to seal it again", "申请重新签章"),
    Operation.QUERY_TOTALS: ("asked for control totals", "查询汇总数"),
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
    NotDue.REFUNDED: ("; all of it went back, so there is nothing to invoice", "；已全部退回，没有可开票金额"),
    NotDue.REFUND_UNDER_WAY: (
        "; a refund is not decided, and what is left is invoiced after it",
        "；有退款尚未办结，办结后按剩余金额开票",
    ),
    NotDue.NO_PROFILE: (
        "; its merchant has no profile, so the seller is not known",
        "；商户未设置开票资料，缺少销售方信息",
    ),
    NotDue.NOT_RECONCILED: ("; its merchant wants invoices after reconciliation", "；商户设置为对账后开票"),
    NotDue.ONLY_ON_REQUEST: ("; its merchant wants invoices only on request", "；商户设置为申请后开票"),
}
_WORKS: Mapping[Work, tuple[str, str]] = {
    Work.SUBMIT: ("send", "发送"),
    Work.VERIFY: ("ask the authority", "查询"),
    Work.CONFIRM: ("read it back once more", "复核"),
    Work.SEAL: ("ask for the seal", "申请签章"),
}


def of_payment(payment: Payment, heard_time: datetime, not_due: NotDue | None = None) -> Evidence:
    """The payment as it is followed, and why no invoice is due, if none is."""
    why, why_zh = _WHY_NOT_DUE[not_due] if not_due else ("", "")
    back, back_zh = _went_back(payment)
    return Evidence(
        "payment_follow",
        payment.payment_id,
        heard_time,
        f"payment is {payment.state.value}, reconciliation is {payment.reconciliation_state.value}{back}{why}",
        f"支付单状态 {payment.state.value}，对账状态 {payment.reconciliation_state.value}{back_zh}{why_zh}",
        _trace_id(payment.traceparent),
    )


def _went_back(payment: Payment) -> tuple[str, str]:
    if not payment.refunded_minor and not payment.refund_reserved_minor:
        return "", ""
    code = payment.amount.currency_code
    refunded, reserved = Money(code, payment.refunded_minor), Money(code, payment.refund_reserved_minor)
    return (
        f", of {payment.amount} went back {refunded}, and {reserved} may",
        f"，金额 {payment.amount}，已退回 {refunded}，退款处理中 {reserved}",
    )


def of_invoice(invoice: Invoice, standing: Standing) -> Evidence:
    """The invoice, its frozen document, and where it stands."""
    number, red = standing.invoice_number, standing.red_number
    told = (f", number {number}" if number else "") + (f", reversed by {red}" if red else "")
    told_zh = (f"，发票号码 {number}" if number else "") + (f"，已被红字发票 {red} 冲红" if red else "")
    return Evidence(
        "invoice",
        invoice.invoice_id,
        standing.state_time,
        f"invoice is {standing.sync_state.value}{told}, document {invoice.document_sha256[:12]}",
        f"发票状态 {standing.sync_state.value}{told_zh}，内容摘要 {invoice.document_sha256[:12]}",
        _trace_id(invoice.traceparent),
    )


def of_attempt(attempt: Attempt) -> Evidence:
    """One call and what came of it."""
    asked, asked_zh = _OPERATIONS[attempt.operation]
    told, told_zh = "no outcome recorded", "没有记录到结果"
    if (answer := attempt.answer) is not None:
        parts, parts_zh = [answer.outcome.value], [f"结果 {answer.outcome.value}"]
        if answer.http_status >= _SERVER_ERROR:
            parts.append(f"HTTP {answer.http_status}")
            parts_zh.append(f"HTTP {answer.http_status}")
        if answer.authority_code:
            parts.append(f"code {answer.authority_code}")
            parts_zh.append(f"错误码 {answer.authority_code}")
        if answer.code_detail:
            parts.append(answer.code_detail)
            parts_zh.append(answer.code_detail)
        if answer.place:
            parts.append(f"at {answer.place}")
            parts_zh.append(f"位于 {answer.place}")
        told, told_zh = ", ".join(parts), "，".join(parts_zh)
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
    )


def of_outbox(standing: Standing, lease_until: datetime | None, now: datetime) -> Evidence:
    """What is due, and when; only of an invoice for which something is due."""
    assert standing.work is not None, "nothing is due"
    assert standing.due_at is not None, "what is due has a time"
    work, work_zh = _WORKS[standing.work]
    if standing.parked_reason is ParkedReason.REFUND:
        fact = "money of it went back, and it is made again for what is left before it is sent"
        fact_zh = "其款项已部分或全部退回，将按剩余金额重新生成后再上传"
    elif standing.parked:
        why = standing.parked_reason.value
        fact = f"given up after {standing.tries} tries ({why})"
        fact_zh = f"已尝试 {standing.tries} 次，停止自动重试（{why}）"
    elif lease_until is not None and lease_until >= now:
        fact, fact_zh = f"a worker holds it to {work}", f"正在{work_zh}"
    elif standing.sync_state is SyncState.SENDING:
        fact, fact_zh = "the worker that held it did not come back", "处理该发票的进程未返回结果"
    else:
        at, at_zh = told(standing.due_at)
        fact, fact_zh = f"next: {work} at {at}", f"下一步：{at_zh} {work_zh}"
    return Evidence("outbox", standing.invoice_id, min(standing.due_at, now), fact, fact_zh)


def _trace_id(traceparent: str) -> str:
    parts = traceparent.split("-")
    return parts[1] if len(parts) == 4 else ""
