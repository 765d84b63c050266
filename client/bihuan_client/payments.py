"""payments: its messages and its calls.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from .basics import Money
from .calls import Operation
from .content import Content
from .paging import async_pages, pages
from .transport import AsyncTransport, Transport

# The one thing to know.
BillAnswerVerdict: TypeAlias = Literal[
    # Never sent.
    "VERDICT_UNSPECIFIED",
    # No payment names it.
    "VERDICT_NO_PAYMENT",
    # No payment names it, and one names a number that is almost the same.
    "VERDICT_NEAR_NUMBER",
    # The channel has not decided about a payment, or its answer was lost.
    "VERDICT_UNDECIDED",
    # The channel refused the payments, or they were closed unpaid.
    "VERDICT_NOT_SUCCEEDED",
    # What was paid was given back.
    "VERDICT_GIVEN_BACK",
    # What was paid is in another currency.
    "VERDICT_OTHER_CURRENCY",
    # A part was paid, the rest is due.
    "VERDICT_PARTLY_PAID",
    # It is paid, and the channel's statement has not confirmed it yet.
    "VERDICT_NOT_RECONCILED",
    # It is paid, and the channel's statement differs.
    "VERDICT_EXCEPTION",
    # It is paid and confirmed.
    "VERDICT_SETTLED",
    # More was paid than is owed.
    "VERDICT_OVERPAID",
    # It was cancelled.
    "VERDICT_CANCELLED",
]

# What is owed for.
BillCategory: TypeAlias = Literal[
    # Never sent.
    "CATEGORY_UNSPECIFIED",
    # Water. 水费
    "CATEGORY_WATER",
    # Electricity. 电费
    "CATEGORY_ELECTRICITY",
    # Gas. 燃气费
    "CATEGORY_GAS",
    # Heating. 供暖费
    "CATEGORY_HEATING",
    # Property management. 物业费
    "CATEGORY_PROPERTY",
    # Telephone, television and internet. 通信费
    "CATEGORY_TELECOM",
    # School and university fees. 学费
    "CATEGORY_TUITION",
    # Hospital fees. 医疗费
    "CATEGORY_MEDICAL",
    # Anything else; the description tells. 其他
    "CATEGORY_OTHER",
]

# Whether it counts, and why not.
BillPaymentStanding: TypeAlias = Literal[
    # Never sent.
    "STANDING_UNSPECIFIED",
    # It counts, and the channel's statement confirms it.
    "STANDING_RECONCILED",
    # It counts, and no statement has confirmed it yet: not_reconciled_since tells since when. 已缴费未对账
    "STANDING_NOT_RECONCILED",
    # It counts, and a run found a difference with the channel's statement: exception_class tells which.
    # 对账差异
    "STANDING_EXCEPTION",
    # It counts, and the bill had been paid without it: a case proposes to refund it. 重复缴费
    "STANDING_DUPLICATE",
    # It counts not: it is not known to have succeeded. The channel has not decided, or its answer was lost.
    "STANDING_UNDECIDED",
    # It counts not: the channel refused it.
    "STANDING_FAILED",
    # It counts not: it was closed before it was paid.
    "STANDING_CLOSED",
    # It counts not any more: all of it was given back.
    "STANDING_GIVEN_BACK",
    # It counts not: it is in another currency than the bill.
    "STANDING_OTHER_CURRENCY",
]

# How far the bill is paid.
BillState: TypeAlias = Literal[
    # Never sent.
    "STATE_UNSPECIFIED",
    # Nothing that counts was paid. 未缴
    "STATE_UNPAID",
    # Less than the amount was paid. 部分缴纳
    "STATE_PARTLY_PAID",
    # The amount was paid; reconciliation has not confirmed all of it. 已缴
    "STATE_PAID",
    # The amount was paid, and the channels' statements confirm all of it. 已缴已对账
    "STATE_RECONCILED",
    # More than the amount was paid. 多缴
    "STATE_OVERPAID",
    # The merchant withdrew it before anything was paid; final. 已撤销
    "STATE_CANCELLED",
]

# Why.
ChannelAttentionCause: TypeAlias = Literal[
    # Never sent.
    "CAUSE_UNSPECIFIED",
    # The channel left it open, or did not answer, until the last question.
    "CAUSE_POLL_ENDED",
    # The channel tells of another amount or currency than was asked of it.
    "CAUSE_AMOUNT_DIFFERS",
    # The channel tells of a second transaction for the same order, or of another order.
    "CAUSE_NUMBER_DIFFERS",
    # The channel tells that it was paid, of a payment that had ended without money, or the reverse.
    "CAUSE_ENDED_OTHERWISE",
    # The configuration names the account no more by which it was started.
    "CAUSE_ACCOUNT_MISSING",
]

# Why nothing was owed any more.
DuplicatePaymentCause: TypeAlias = Literal[
    # Never sent.
    "CAUSE_UNSPECIFIED",
    # Earlier payments had covered the bill.
    "CAUSE_BILL_COVERED",
    # The bill had been cancelled.
    "CAUSE_BILL_CANCELLED",
]

# How the case stands.
DuplicatePaymentState: TypeAlias = Literal[
    # Never sent.
    "STATE_UNSPECIFIED",
    # Nobody has done anything yet.
    "STATE_OPEN",
    # Money of the bill's payments went back, so that this one is no longer too many.
    "STATE_REFUNDED",
    # A person decided that nothing is refunded.
    "STATE_DISMISSED",
]

# How the number differs.
NearPaymentSlip: TypeAlias = Literal[
    # Never sent.
    "SLIP_UNSPECIFIED",
    # One digit is another.
    "SLIP_ONE_DIGIT",
    # Two neighbours are swapped.
    "SLIP_SWAPPED",
    # One sign is missing.
    "SLIP_MISSING",
    # One sign is too many.
    "SLIP_EXTRA",
]

# How a payment came to be known here.
PaymentOrigin: TypeAlias = Literal[
    # Never sent.
    "ORIGIN_UNSPECIFIED",
    # It had succeeded at the channel, and the platform told us.
    "ORIGIN_RECORDED",
    # It was started by us at the channel.
    "ORIGIN_STARTED_HERE",
]

# What reconciliation says of the payment; a projection, never an input to matching.
PaymentReconciliationState: TypeAlias = Literal[
    # Never sent.
    "RECONCILIATION_STATE_UNSPECIFIED",
    # No run has decided yet.
    "RECONCILIATION_STATE_PENDING",
    # The channel's statement confirms it. 已对账
    "RECONCILIATION_STATE_MATCHED",
    # A run found a difference; the reconciler holds the exception. 对账差异
    "RECONCILIATION_STATE_EXCEPTION",
]

# Where the payment is in its life.
PaymentState: TypeAlias = Literal[
    # Never sent.
    "STATE_UNSPECIFIED",
    # Made here, not yet sent to the channel.
    "STATE_CREATED",
    # The channel has it and has not decided.
    "STATE_PROCESSING",
    # The channel has the money.
    "STATE_SUCCEEDED",
    # The channel refused; final.
    "STATE_FAILED",
    # Closed before it was paid; final.
    "STATE_CLOSED",
    # The channel's answer was lost; it is asked until it is known, never guessed.
    "STATE_UNKNOWN",
]

# Who had the channel give the money back.
RefundOrigin: TypeAlias = Literal[
    # Never sent.
    "ORIGIN_UNSPECIFIED",
    # It was asked of us, and we asked the channel.
    "ORIGIN_STARTED_HERE",
    # The platform had done it and told us.
    "ORIGIN_RECORDED",
]

# Where the refund is in its life.
RefundState: TypeAlias = Literal[
    # Never sent.
    "STATE_UNSPECIFIED",
    # Its amount is reserved; the channel was not asked yet, or has not answered yet.
    "STATE_CREATED",
    # The channel took it and has not finished it.
    "STATE_PROCESSING",
    # The money is back; final.
    "STATE_SUCCEEDED",
    # The channel refused, no money moved, and the amount is free again; final.
    "STATE_FAILED",
    # The channel's answer was lost; it is asked until it is known, and the amount stays reserved.
    "STATE_UNKNOWN",
]

# How far the order is paid.
SplitOrderState: TypeAlias = Literal[
    # Never sent.
    "STATE_UNSPECIFIED",
    # No part of it is paid.
    "STATE_UNPAID",
    # Less than the total is paid.
    "STATE_PARTLY_PAID",
    # The total is paid.
    "STATE_PAID",
    # More than the total is paid, since a payment is larger than its part.
    "STATE_OVERPAID",
]

# What made the channel take it back.
TakebackKind: TypeAlias = Literal[
    # Never sent.
    "KIND_UNSPECIFIED",
    # The channel or a bank undid its own booking. 冲正
    "KIND_REVERSAL",
    # The payer disputed the payment at the bank or the channel. 拒付
    "KIND_CHARGEBACK",
    # The merchant won the dispute of a chargeback: the channel gave money of it again. 拒付申诉成功
    "KIND_CHARGEBACK_WON",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchCreateBillsResponse:
    """The bills as they stand."""

    bills: Sequence[Bill] = ()
    """In the order of the request."""

    replayed_count: int = 0
    """How many of them had been told before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchCreatePaymentsResponse:
    """The payments as they stand."""

    results: Sequence[RecordPaymentResponse] = ()
    """One for each that was asked, in the same order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What a customer owes a merchant, by the merchant's own number. It is told once and its amount never
    changes. 账单
    """

    merchant_id: str = ""
    """The merchant that is owed: the water company, the grid."""

    bill_no: str = ""
    """The merchant's bill number; with merchant_id unique for ever. 账单号"""

    category: BillCategory = "CATEGORY_UNSPECIFIED"
    """What is owed for."""

    description: str = ""
    """What the bill says for people, such as the months; may be empty."""

    amount: Money | None = None
    """What is owed; above zero."""

    due_date: str = ""
    """The last day to pay, YYYY-MM-DD; empty when there is none. 缴费截止日"""

    payer_account: str = field(default="", repr=False)
    """The customer's number at the merchant; may be empty. 户号"""

    payer_name: str = field(default="", repr=False)
    """The customer; may be empty."""

    state: BillState = "STATE_UNSPECIFIED"
    """How far it is paid."""

    paid_amount: Money | None = None
    """What was paid and counts: succeeded, in the bill's currency, less what went back."""

    reconciled_amount: Money | None = None
    """The part of paid_amount that the channels' statements confirm."""

    create_time: datetime | None = None
    """When we took it in."""

    cancel_time: datetime | None = None
    """When it was cancelled; unset when it was not."""

    cancel_reason: str = ""
    """Why it was cancelled, in the merchant's words."""

    version: int = 0
    """Rises by one with each change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BillAnswer:
    """Why a bill stands as it does, and what to do; the answer to "I have paid and my bill still says unpaid"."""

    verdict: BillAnswerVerdict = "VERDICT_UNSPECIFIED"
    """The one thing to know."""

    fact: str = ""
    """In words for the customer."""

    fact_zh: str = ""
    """In Chinese."""

    remedy: str = ""
    """What to do."""

    remedy_zh: str = ""
    """In Chinese."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BillContent:
    """What a merchant tells of a bill."""

    merchant_id: str
    """The merchant that is owed."""

    bill_no: str
    """The merchant's bill number, exactly as payments will name it."""

    category: BillCategory
    """What is owed for."""

    description: str = ""
    """What the bill says for people; may be empty."""

    amount: Money
    """What is owed; above zero."""

    due_date: str = ""
    """The last day to pay, YYYY-MM-DD; empty when there is none."""

    payer_account: str = field(default="", repr=False)
    """The customer's number at the merchant; may be empty."""

    payer_name: str = field(default="", repr=False)
    """The customer; may be empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BillPayment:
    """One payment, or one part of a payment, that names a bill, and what the bill makes of it."""

    payment_id: str = ""
    """The payment."""

    merchant_order_no: str = ""
    """The merchant's order number."""

    channel: str = ""
    """The channel."""

    channel_txn_no: str = ""
    """The channel's own number; empty before the channel told it."""

    amount: Money | None = None
    """What of the payment is for this bill."""

    counted_amount: Money | None = None
    """What of it counts; zero when none does."""

    state: PaymentState = "STATE_UNSPECIFIED"
    """Where the payment is in its life."""

    standing: BillPaymentStanding = "STANDING_UNSPECIFIED"
    """Whether it counts, and why not."""

    pay_time: datetime | None = None
    """When the channel says it succeeded; unset before."""

    not_reconciled_since: datetime | None = None
    """Since when it is paid and not reconciled; unset when it is reconciled or does not count."""

    exception_class: str = ""
    """The class of the reconciler's exception; empty when there is none."""

    fact: str = ""
    """The same in words."""

    fact_zh: str = ""
    """The same in Chinese."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelBillResponse:
    """The bill."""

    bill: Bill | None = None
    """As it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelAttention:
    """A payment at a channel that needs a person."""

    payment_id: str = ""
    """The payment."""

    channel: str = ""
    """The channel."""

    cause: ChannelAttentionCause = "CAUSE_UNSPECIFIED"
    """Why."""

    detail: str = ""
    """What the channel told, for people."""

    attention_time: datetime | None = None
    """Since when."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosePaymentResponse:
    """The payment as it stands."""

    payment: Payment | None = None
    """The payment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmPaymentResponse:
    """The payment as it stands."""

    payment: Payment | None = None
    """The payment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmRefundResponse:
    """The refund as it stands after that."""

    refund: Refund | None = None
    """The refund."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoveringPayment:
    """Evidence of a case: a payment that the bill had already."""

    payment_id: str = ""
    """The payment."""

    channel: str = ""
    """Its channel."""

    channel_txn_no: str = ""
    """The channel's own number."""

    amount: Money | None = None
    """What of it counted when the case was found."""

    pay_time: datetime | None = None
    """When the channel says it succeeded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateBillResponse:
    """The bill as it stands."""

    bill: Bill | None = None
    """The bill."""

    replayed: bool = False
    """True when it had been told before and nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatePaymentResponse:
    """The payment as it stands."""

    payment: Payment | None = None
    """The payment."""

    replayed: bool = False
    """True when it had been created before."""

    code_url: str = ""
    """What the payer opens to pay, for a QR code; empty when it is not known or there is nothing to pay any
    more.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateRefundResponse:
    """The refund as it stands."""

    refund: Refund | None = None
    """The refund."""

    replayed: bool = False
    """True when it had been asked before and nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateSplitOrderResponse:
    """The order as it stands."""

    split_order: SplitOrder | None = None
    """The order."""

    replayed: bool = False
    """True when it had been told before and nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DismissDuplicateResponse:
    """The case."""

    duplicate: DuplicatePayment | None = None
    """As it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicatePayment:
    """A payment for a bill that had been paid without it, with the refund that is proposed: a fact, closed once,
    never changed, and never refunded by itself. 重复缴费
    """

    duplicate_id: str = ""
    """Ours, sortable by time of finding."""

    merchant_id: str = ""
    """The merchant of the bill."""

    bill_no: str = ""
    """The bill."""

    cause: DuplicatePaymentCause = "CAUSE_UNSPECIFIED"
    """Why nothing was owed any more."""

    payment_id: str = ""
    """The payment that is too many: the one that was paid last."""

    channel: str = ""
    """The channel of that payment."""

    proposed_refund_amount: Money | None = None
    """What we propose to refund of it."""

    bill_amount: Money | None = None
    """What the bill asks for."""

    covering_payments: Sequence[CoveringPayment] = ()
    """The payments that had covered the bill, in the order in which they were paid, and what of each counted
    then.
    """

    state: DuplicatePaymentState = "STATE_UNSPECIFIED"
    """How the case stands."""

    create_time: datetime | None = None
    """When it was found."""

    close_time: datetime | None = None
    """When it was closed; unset while it is open."""

    dismiss_reason: str = ""
    """Why it was dismissed; empty when it was not."""

    dismissed_by: str = ""
    """Who dismissed it; empty when nobody did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeSnapshot:
    """What a channel keeps of a payment, by the rule that held when the payment succeeded; it never changes."""

    fee_rule_id: str = ""
    """The rule."""

    rate_ppm: int = 0
    """Its rate in millionths of the amount."""

    amount: Money | None = None
    """What is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetBillResponse:
    """One bill, and what is known about it."""

    bill: Bill | None = None
    """The bill."""

    payments: Sequence[BillPayment] = ()
    """Every payment that names it, in the order in which they were paid; at most 200."""

    near_payments: Sequence[NearPayment] = ()
    """Payments under numbers that are almost the same, while the bill is not paid; at most 5, those that fit
    first.
    """

    answer: BillAnswer | None = None
    """Why it stands as it does, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetImportResponse:
    """One import."""

    progress: Import | None = None
    """The import."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetPaymentResponse:
    """One payment."""

    payment: Payment | None = None
    """The payment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetRefundResponse:
    """One refund."""

    refund: Refund | None = None
    """The refund."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetSplitOrderResponse:
    """One order."""

    split_order: SplitOrder | None = None
    """The order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """Payments that come in bulk, under one id that the importer chose: how far they have come. 批量导入"""

    import_id: str = ""
    """The importer's."""

    next_batch_no: int = 0
    """Where to go on: batches below this one are in, with the result of each of their rows."""

    total_row_count: int = 0
    """Rows that the importer said there are in all; 0 when it did not say."""

    row_count: int = 0
    """Rows that were judged so far."""

    recorded_count: int = 0
    """Of these, payments that were new and are recorded."""

    replayed_count: int = 0
    """Of these, payments that had been recorded before with the same content."""

    refused_count: int = 0
    """Of these, rows that were refused; ListImportRefusals tells each with its cause and cure."""

    create_time: datetime | None = None
    """When the first batch came."""

    update_time: datetime | None = None
    """When the last batch came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPaymentsResponse:
    """The import after the last batch of the stream."""

    progress: Import | None = None
    """The import."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRefusal:
    """A row that was not recorded, why, and what to do. The rows beside it are."""

    batch_no: int = 0
    """The batch, from 0."""

    row_no: int = 0
    """The row's place in its batch, from 0."""

    reason: str = ""
    """A value of ErrorReason without its prefix, as RecordPayment would give it for the row."""

    field: str = ""
    """The fields at fault, as RecordPayment names them, joined by commas."""

    rule: str = ""
    """The rules that they break, in the same order, joined by commas; empty for a reused key."""

    message: str = ""
    """What is wrong, in English."""

    message_zh: str = ""
    """What is wrong, in Chinese."""

    cure: str = ""
    """What to do, in English."""

    cure_zh: str = ""
    """What to do, in Chinese."""

    payment_id: str = ""
    """The payment that holds the business key, when that is why; else empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListBillsResponse:
    """A page of bills."""

    bills: Sequence[Bill] = ()
    """Newest first."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListChannelAttentionsResponse:
    """A page."""

    attentions: Sequence[ChannelAttention] = ()
    """Longest waiting first."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDuplicatesResponse:
    """A page of duplicate payments."""

    duplicates: Sequence[DuplicatePayment] = ()
    """Newest first."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListImportRefusalsResponse:
    """A page of refused rows."""

    refusals: Sequence[ImportRefusal] = ()
    """By batch and row."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPaymentsResponse:
    """A page of payments."""

    payments: Sequence[Payment] = ()
    """Newest first."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRefundsResponse:
    """A page of refunds."""

    refunds: Sequence[Refund] = ()
    """Newest first."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTakebacksResponse:
    """A page of facts."""

    takebacks: Sequence[Takeback] = ()
    """Newest first."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NearPayment:
    """A payment to the same merchant under a number that is almost the bill's, and that no bill needs."""

    payment_id: str = ""
    """The payment."""

    bill_no: str = ""
    """The number that it names."""

    slip: NearPaymentSlip = "SLIP_UNSPECIFIED"
    """How the number differs."""

    amount: Money | None = None
    """What was paid under that number."""

    fits: bool = False
    """Whether it is exactly what this bill still wants."""

    channel: str = ""
    """The channel."""

    pay_time: datetime | None = None
    """When the channel says it succeeded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Money that a customer paid, or tries to pay, for one order of one merchant. 支付单"""

    payment_id: str = ""
    """Ours, sortable by time of making."""

    merchant_id: str = ""
    """The merchant that is paid."""

    merchant_order_no: str = ""
    """The merchant's order number; with merchant_id unique for ever. 商户订单号"""

    bill_no: str = ""
    """The bill that is paid; empty when the order is the bill. 账单号"""

    channel: str = ""
    """The channel, such as wechat_pay or alipay. 支付渠道"""

    channel_txn_no: str = ""
    """The channel's own number for the transaction; empty until the channel told it. 渠道流水号"""

    amount: Money | None = None
    """What was paid; above zero."""

    state: PaymentState = "STATE_UNSPECIFIED"
    """Where the payment is in its life."""

    reconciliation_state: PaymentReconciliationState = "RECONCILIATION_STATE_UNSPECIFIED"
    """What reconciliation says of it."""

    pay_time: datetime | None = None
    """When the channel says it succeeded; unset until then."""

    business_date: str = ""
    """The channel's business day that the payment falls on, as YYYY-MM-DD in the channel's time zone; empty
    until it has succeeded. 业务日期
    """

    create_time: datetime | None = None
    """When we took it in."""

    version: int = 0
    """Rises by one with each change."""

    trace_id: str = ""
    """The trace in which the payment was recorded, 32 hex digits; empty when it was not traced."""

    payer_name: str = field(default="", repr=False)
    """Who paid, as the channel tells it; may be empty."""

    fee: FeeSnapshot | None = None
    """What the channel keeps of it, by the rule that held when it succeeded; unset when no rule is known. 手续费"""

    refunded_amount: Money | None = None
    """What was given or taken back: refunds, reversals and chargebacks that are done."""

    refund_reserved_amount: Money | None = None
    """What refunds under way may still give back."""

    refundable_amount: Money | None = None
    """What is left to refund: of a payment that has succeeded, amount = refunded + reserved + refundable,
    always.
    """

    splits: Sequence[PaymentSplit] = ()
    """The bills that it pays, when they are several; their amounts sum up to the payment's."""

    cause: str = ""
    """Why it failed or was closed, as the channel tells it; empty otherwise."""

    expire_time: datetime | None = None
    """Until when the payer may pay it, of a payment that was started here; unset otherwise."""

    origin: PaymentOrigin = "ORIGIN_UNSPECIFIED"
    """How it came to be known here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentSplit:
    """The part of a payment that pays one bill."""

    bill_no: str = ""
    """The bill. 账单号"""

    amount: Money | None = None
    """Its part; above zero, in the payment's currency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordChargebackResponse:
    """The fact."""

    takeback: Takeback | None = None
    """The chargeback."""

    replayed: bool = False
    """True when it had been recorded before and nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPaymentRequest:
    """Asks to record one payment."""

    request_id: str = ""
    """Chosen by the caller and repeated on each retry; the gateway fills it from Idempotency-Key."""

    merchant_id: str
    """The merchant that is paid."""

    merchant_order_no: str
    """The merchant's order number."""

    bill_no: str = ""
    """The bill that is paid; empty when the order is the bill."""

    channel: str
    """The channel."""

    channel_txn_no: str
    """The channel's own number for the transaction."""

    amount: Money
    """What was paid; above zero."""

    pay_time: datetime
    """When the channel says it succeeded."""

    payer_name: str = field(default="", repr=False)
    """Who paid; may be empty."""

    splits: Sequence[PaymentSplit] = ()
    """The bills that it pays, when they are several: then bill_no is empty, no bill stands twice, and the
    amounts sum up to the payment's. At most 100.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPaymentResponse:
    """The payment as it stands."""

    payment: Payment | None = None
    """The payment."""

    replayed: bool = False
    """True when it had been recorded before and nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRefundResponse:
    """The refund."""

    refund: Refund | None = None
    """The refund."""

    replayed: bool = False
    """True when it had been recorded before and nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordReversalResponse:
    """The fact."""

    takeback: Takeback | None = None
    """The reversal."""

    replayed: bool = False
    """True when it had been recorded before and nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordWonChargebackResponse:
    """The fact."""

    takeback: Takeback | None = None
    """The won chargeback."""

    replayed: bool = False
    """True when it had been recorded before and nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """Money of one payment that goes back to who paid it. 退款"""

    refund_id: str = ""
    """Ours, sortable by time of making."""

    payment_id: str = ""
    """The payment that it gives back."""

    merchant_id: str = ""
    """The merchant of the payment."""

    merchant_refund_no: str = ""
    """The merchant's refund number; with merchant_id unique for ever. 商户退款单号"""

    amount: Money | None = None
    """What goes back; above zero, in the payment's currency."""

    state: RefundState = "STATE_UNSPECIFIED"
    """Where the refund is in its life."""

    origin: RefundOrigin = "ORIGIN_UNSPECIFIED"
    """Who had the channel give the money back."""

    reason: str = ""
    """Why, in the merchant's words; may be empty."""

    channel_refund_no: str = ""
    """The channel's own number for the refund; empty until it told one. 渠道退款单号"""

    cause: str = ""
    """Why it failed, or why it is not known, as the channel or the seam tells it; empty otherwise."""

    create_time: datetime | None = None
    """When we took it in."""

    finish_time: datetime | None = None
    """When it succeeded or failed; unset before."""

    attempt_count: int = 0
    """How often the channel was asked about it."""

    next_try_time: datetime | None = None
    """When the channel is asked again; unset when it is not."""

    attention_time: datetime | None = None
    """Since when nobody asks the channel any more though the outcome is open: a person must look. Unset
    otherwise.
    """

    bill_no: str = ""
    """The bill whose part of the payment goes back; empty when the refund names none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitOrder:
    """An order that is paid in several parts, each by a payment of its own, at whatever channel. 组合支付订单"""

    merchant_id: str = ""
    """The merchant that is paid."""

    split_order_no: str = ""
    """The merchant's number of the whole order; with merchant_id unique for ever."""

    total: Money | None = None
    """The sum of the parts."""

    state: SplitOrderState = "STATE_UNSPECIFIED"
    """How far it is paid."""

    paid_amount: Money | None = None
    """What came in by its parts and did not go back."""

    pending_amount: Money | None = None
    """What payments of its parts under way may still bring."""

    parts: Sequence[SplitOrderPart] = ()
    """The parts, as they were told."""

    create_time: datetime | None = None
    """When we took it in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitOrderPart:
    """A part of an order, and the payment that pays it, if there is one."""

    merchant_order_no: str = ""
    """The order number of the payment that pays it; with merchant_id it belongs to one part for ever."""

    amount: Money | None = None
    """What the part is to bring."""

    payment_id: str = ""
    """The payment; empty while none has that order number."""

    payment_state: PaymentState = "STATE_UNSPECIFIED"
    """Where that payment is in its life; unspecified while there is none, or when it is archived."""

    paid_amount: Money | None = None
    """What came in by it and did not go back."""

    differs: bool = False
    """True when the payment is not of the part's amount and currency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitOrderPartContent:
    """A part of an order."""

    merchant_order_no: str
    """The order number that the part's payment has or will have."""

    amount: Money
    """What it is to bring; above zero."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Takeback:
    """Money of one payment that the channel took back without being asked by the merchant, or gave again after a
    dispute that the merchant won: a fact, never changed.
    """

    takeback_id: str = ""
    """Ours, sortable by time of making."""

    kind: TakebackKind = "KIND_UNSPECIFIED"
    """What made the channel take it back."""

    payment_id: str = ""
    """The payment that it was taken from."""

    merchant_id: str = ""
    """The merchant of the payment."""

    channel_takeback_no: str = ""
    """The channel's own number for it; with merchant_id and kind unique for ever. A won chargeback bears the
    number of the chargeback.
    """

    amount: Money | None = None
    """What was taken, or given again; above zero, in the payment's currency, at most what was paid."""

    uncovered_amount: Money | None = None
    """The part of it that the payment did not cover when it was taken, since that was refunded or reserved
    already. Of a won chargeback: the part of it that made up for what was uncovered, and so made nothing
    refundable.
    """

    reason: str = ""
    """Why, in the channel's words; may be empty."""

    take_time: datetime | None = None
    """When the channel says that it took it, or gave it again."""

    create_time: datetime | None = None
    """When we took the fact in."""


_BATCH_CREATE_BILLS = Operation(
    name="batch_create_bills",
    verb="POST",
    template="/v1/bills:batchCreate",
    body="*",
    answer=BatchCreateBillsResponse,
    takes_key=True,
    mutates=True,
)
_CANCEL_BILL = Operation(
    name="cancel_bill",
    verb="POST",
    template="/v1/merchants/{merchant_id}/bills/{bill_no}:cancel",
    body="*",
    answer=CancelBillResponse,
    variables=("merchant_id", "bill_no"),
    mutates=True,
)
_CREATE_BILL = Operation(
    name="create_bill",
    verb="POST",
    template="/v1/bills",
    body="*",
    answer=CreateBillResponse,
    takes_key=True,
    mutates=True,
)
_DISMISS_DUPLICATE = Operation(
    name="dismiss_duplicate",
    verb="POST",
    template="/v1/duplicates/{duplicate_id}:dismiss",
    body="*",
    answer=DismissDuplicateResponse,
    variables=("duplicate_id",),
    mutates=True,
)
_GET_BILL = Operation(
    name="get_bill",
    verb="GET",
    template="/v1/merchants/{merchant_id}/bills/{bill_no}",
    body="",
    answer=GetBillResponse,
    variables=("merchant_id", "bill_no"),
)
_LIST_BILLS = Operation(name="list_bills", verb="GET", template="/v1/bills", body="", answer=ListBillsResponse)
_LIST_DUPLICATES = Operation(
    name="list_duplicates", verb="GET", template="/v1/duplicates", body="", answer=ListDuplicatesResponse
)
_LIST_CHANNEL_ATTENTIONS = Operation(
    name="list_channel_attentions",
    verb="GET",
    template="/v1/channelAttentions",
    body="",
    answer=ListChannelAttentionsResponse,
)
_GET_IMPORT = Operation(
    name="get_import",
    verb="GET",
    template="/v1/imports/{import_id}",
    body="",
    answer=GetImportResponse,
    variables=("import_id",),
)
_IMPORT_PAYMENTS = Operation(
    name="import_payments",
    verb="POST",
    template="/v1/imports",
    body="chunk",
    answer=ImportPaymentsResponse,
    mutates=True,
    is_upload=True,
)
_LIST_IMPORT_REFUSALS = Operation(
    name="list_import_refusals",
    verb="GET",
    template="/v1/imports/{import_id}/refusals",
    body="",
    answer=ListImportRefusalsResponse,
    variables=("import_id",),
)
_BATCH_CREATE_PAYMENTS = Operation(
    name="batch_create_payments",
    verb="POST",
    template="/v1/payments:batchCreate",
    body="*",
    answer=BatchCreatePaymentsResponse,
    mutates=True,
)
_CLOSE_PAYMENT = Operation(
    name="close_payment",
    verb="POST",
    template="/v1/payments/{payment_id}:close",
    body="*",
    answer=ClosePaymentResponse,
    variables=("payment_id",),
    takes_key=True,
    mutates=True,
)
_CONFIRM_PAYMENT = Operation(
    name="confirm_payment",
    verb="POST",
    template="/v1/payments/{payment_id}:confirm",
    body="*",
    answer=ConfirmPaymentResponse,
    variables=("payment_id",),
    mutates=True,
)
_CREATE_PAYMENT = Operation(
    name="create_payment",
    verb="POST",
    template="/v1/payments:create",
    body="*",
    answer=CreatePaymentResponse,
    takes_key=True,
    mutates=True,
)
_GET_PAYMENT = Operation(
    name="get_payment",
    verb="GET",
    template="/v1/payments/{payment_id}",
    body="",
    answer=GetPaymentResponse,
    variables=("payment_id",),
)
_LIST_PAYMENTS = Operation(
    name="list_payments", verb="GET", template="/v1/payments", body="", answer=ListPaymentsResponse
)
_RECORD_PAYMENT = Operation(
    name="record_payment",
    verb="POST",
    template="/v1/payments",
    body="*",
    answer=RecordPaymentResponse,
    takes_key=True,
    mutates=True,
)
_CONFIRM_REFUND = Operation(
    name="confirm_refund",
    verb="POST",
    template="/v1/refunds/{refund_id}:confirm",
    body="*",
    answer=ConfirmRefundResponse,
    variables=("refund_id",),
    mutates=True,
)
_CREATE_REFUND = Operation(
    name="create_refund",
    verb="POST",
    template="/v1/refunds",
    body="*",
    answer=CreateRefundResponse,
    takes_key=True,
    mutates=True,
)
_GET_REFUND = Operation(
    name="get_refund",
    verb="GET",
    template="/v1/refunds/{refund_id}",
    body="",
    answer=GetRefundResponse,
    variables=("refund_id",),
)
_LIST_REFUNDS = Operation(name="list_refunds", verb="GET", template="/v1/refunds", body="", answer=ListRefundsResponse)
_LIST_TAKEBACKS = Operation(
    name="list_takebacks", verb="GET", template="/v1/takebacks", body="", answer=ListTakebacksResponse
)
_RECORD_CHARGEBACK = Operation(
    name="record_chargeback",
    verb="POST",
    template="/v1/chargebacks",
    body="*",
    answer=RecordChargebackResponse,
    takes_key=True,
    mutates=True,
)
_RECORD_REFUND = Operation(
    name="record_refund",
    verb="POST",
    template="/v1/refunds:record",
    body="*",
    answer=RecordRefundResponse,
    takes_key=True,
    mutates=True,
)
_RECORD_REVERSAL = Operation(
    name="record_reversal",
    verb="POST",
    template="/v1/reversals",
    body="*",
    answer=RecordReversalResponse,
    takes_key=True,
    mutates=True,
)
_RECORD_WON_CHARGEBACK = Operation(
    name="record_won_chargeback",
    verb="POST",
    template="/v1/chargebacks:won",
    body="*",
    answer=RecordWonChargebackResponse,
    takes_key=True,
    mutates=True,
)
_CREATE_SPLIT_ORDER = Operation(
    name="create_split_order",
    verb="POST",
    template="/v1/splitOrders",
    body="*",
    answer=CreateSplitOrderResponse,
    takes_key=True,
    mutates=True,
)
_GET_SPLIT_ORDER = Operation(
    name="get_split_order",
    verb="GET",
    template="/v1/merchants/{merchant_id}/splitOrders/{split_order_no}",
    body="",
    answer=GetSplitOrderResponse,
    variables=("merchant_id", "split_order_no"),
)


class Payments:
    """The calls of payments, blocking. Each raises Refused or NoAnswer."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def batch_create_bills(
        self, *, bills: Sequence[BillContent], idempotency_key: str = "", timeout_seconds: float | None = None
    ) -> BatchCreateBillsResponse:
        """Takes up to 1,000 bills in, all or none. Idempotent as CreateBill is; bills that are there already are
        replayed, and one with other content refuses all.

        bills: 1 to 1,000, each number once.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(_BATCH_CREATE_BILLS, {"bills": bills}, idempotency_key, timeout_seconds)

    def cancel_bill(
        self,
        merchant_id: str,
        bill_no: str,
        *,
        reason: str,
        expected_version: int = 0,
        timeout_seconds: float | None = None,
    ) -> CancelBillResponse:
        """Withdraws a bill for which nothing was paid; BILL_NOT_CANCELLABLE otherwise. Idempotent: a cancelled
        bill stays. VERSION_MISMATCH when it changed since the version that is named.

        merchant_id: The merchant that is owed.
        bill_no: The merchant's bill number; in a path, with percent-encoding.
        reason: Why.
        expected_version: The version that the caller saw; 0 for whatever there is.
        """
        return self._transport.send(
            _CANCEL_BILL,
            {"merchant_id": merchant_id, "bill_no": bill_no, "reason": reason, "expected_version": expected_version},
            "",
            timeout_seconds,
        )

    def create_bill(
        self, *, bill: BillContent, idempotency_key: str = "", timeout_seconds: float | None = None
    ) -> CreateBillResponse:
        """Takes one bill in. A payment that named it before it came counts at once. Idempotent by request_id and
        by (merchant_id, bill_no): the same content again gives the bill as it stands.

        bill: The bill.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(_CREATE_BILL, {"bill": bill}, idempotency_key, timeout_seconds)

    def dismiss_duplicate(
        self, duplicate_id: str, *, reason: str, timeout_seconds: float | None = None
    ) -> DismissDuplicateResponse:
        """Closes a case without a refund. Idempotent: the same reason by the same person again changes nothing;
        DUPLICATE_CLOSED when it was closed otherwise.

        duplicate_id: The case.
        reason: Why nothing is refunded, such as "kept as credit for the next bill".
        """
        return self._transport.send(
            _DISMISS_DUPLICATE, {"duplicate_id": duplicate_id, "reason": reason}, "", timeout_seconds
        )

    def get_bill(self, merchant_id: str, bill_no: str, *, timeout_seconds: float | None = None) -> GetBillResponse:
        """Gets one bill with every payment that names it, and why it stands as it does. Reads its own writes.

        merchant_id: The merchant that is owed.
        bill_no: The merchant's bill number; in a path, with percent-encoding.
        """
        return self._transport.send(_GET_BILL, {"merchant_id": merchant_id, "bill_no": bill_no}, "", timeout_seconds)

    def list_bills(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        merchant_id: str = "",
        state: BillState = "STATE_UNSPECIFIED",
        category: BillCategory = "CATEGORY_UNSPECIFIED",
        overdue_on: str = "",
        timeout_seconds: float | None = None,
    ) -> ListBillsResponse:
        """Lists bills, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        merchant_id: Only of this merchant.
        state: Only in this state.
        category: Only of this category.
        overdue_on: Only those that were due before this day and are UNPAID or PARTLY_PAID, YYYY-MM-DD.
        """
        return self._transport.send(
            _LIST_BILLS,
            {
                "page_size": page_size,
                "page_token": page_token,
                "merchant_id": merchant_id,
                "state": state,
                "category": category,
                "overdue_on": overdue_on,
            },
            "",
            timeout_seconds,
        )

    def list_all_bills(
        self,
        *,
        page_size: int = 0,
        merchant_id: str = "",
        state: BillState = "STATE_UNSPECIFIED",
        category: BillCategory = "CATEGORY_UNSPECIFIED",
        overdue_on: str = "",
        timeout_seconds: float | None = None,
    ) -> Iterator[Bill]:
        """What all pages of `list_bills` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        merchant_id: Only of this merchant.
        state: Only in this state.
        category: Only of this category.
        overdue_on: Only those that were due before this day and are UNPAID or PARTLY_PAID, YYYY-MM-DD.
        """
        for page in pages(
            lambda token: self.list_bills(
                page_size=page_size,
                merchant_id=merchant_id,
                state=state,
                category=category,
                overdue_on=overdue_on,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            yield from page.bills

    def list_duplicates(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        merchant_id: str = "",
        bill_no: str = "",
        state: DuplicatePaymentState = "STATE_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> ListDuplicatesResponse:
        """Lists duplicate payments, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        merchant_id: Only of this merchant.
        bill_no: Only of this bill; needs merchant_id.
        state: Only in this state.
        """
        return self._transport.send(
            _LIST_DUPLICATES,
            {
                "page_size": page_size,
                "page_token": page_token,
                "merchant_id": merchant_id,
                "bill_no": bill_no,
                "state": state,
            },
            "",
            timeout_seconds,
        )

    def list_all_duplicates(
        self,
        *,
        page_size: int = 0,
        merchant_id: str = "",
        bill_no: str = "",
        state: DuplicatePaymentState = "STATE_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> Iterator[DuplicatePayment]:
        """What all pages of `list_duplicates` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        merchant_id: Only of this merchant.
        bill_no: Only of this bill; needs merchant_id.
        state: Only in this state.
        """
        for page in pages(
            lambda token: self.list_duplicates(
                page_size=page_size,
                merchant_id=merchant_id,
                bill_no=bill_no,
                state=state,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            yield from page.duplicates

    def list_channel_attentions(
        self, *, page_size: int = 0, page_token: str = "", timeout_seconds: float | None = None
    ) -> ListChannelAttentionsResponse:
        """Lists payments that were started here and that nothing moves on by itself, longest waiting first, by
        page: those that the channel left open past the last question, and those of which it tells something
        else than was asked. ConfirmPayment asks once more, and takes one off the list whose answer agrees.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        """
        return self._transport.send(
            _LIST_CHANNEL_ATTENTIONS, {"page_size": page_size, "page_token": page_token}, "", timeout_seconds
        )

    def list_all_channel_attentions(
        self, *, page_size: int = 0, timeout_seconds: float | None = None
    ) -> Iterator[ChannelAttention]:
        """What all pages of `list_channel_attentions` have, fetched as it is walked; `timeout_seconds` is of
        each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        """
        for page in pages(
            lambda token: self.list_channel_attentions(
                page_size=page_size, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            yield from page.attentions

    def get_import(self, import_id: str, *, timeout_seconds: float | None = None) -> GetImportResponse:
        """Tells how far an import has come, also while it runs.

        import_id: The importer's.
        """
        return self._transport.send(_GET_IMPORT, {"import_id": import_id}, "", timeout_seconds)

    def import_payments(
        self,
        content: Content,
        *,
        import_id: str,
        first_batch_no: int = 0,
        total_row_count: int = 0,
        timeout_seconds: float | None = None,
    ) -> ImportPaymentsResponse:
        """Records the payments of an Arrow IPC stream, batch after batch, each batch in a transaction of its
        own. Columns: merchant_id, merchant_order_no, channel, channel_txn_no, currency_code: utf8;
        amount_minor: int64; pay_time: timestamp with a time zone; bill_no, payer_name: utf8 and may be left
        out. The rules of a row are those of RecordPayment. A row that is refused never stops another; a batch
        that cannot be read ends the call, and the batches before it are in. Over HTTP the body is the stream
        and the header's fields are query parameters. Idempotent by (import_id, batch) and by (merchant_id,
        merchant_order_no). After a cut: GetImport tells next_batch_no; send the stream's schema and its
        batches from there on. Batches that are in are only compared.

        content: the bytes, a file's path, or a binary file that is open; read as it is sent.
        import_id: Chosen by the importer and repeated whenever it goes on.
        first_batch_no: The number of the first batch of this stream; at most the import's next_batch_no.
        total_row_count: Rows of the whole import, to tell progress; 0 when not known.
        """
        return self._transport.upload(
            _IMPORT_PAYMENTS,
            content,
            {"import_id": import_id, "first_batch_no": first_batch_no, "total_row_count": total_row_count},
            "",
            timeout_seconds,
        )

    def list_import_refusals(
        self, import_id: str, *, page_size: int = 0, page_token: str = "", timeout_seconds: float | None = None
    ) -> ListImportRefusalsResponse:
        """Lists the rows that were refused, in the order of the import, by page.

        import_id: The importer's.
        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        """
        return self._transport.send(
            _LIST_IMPORT_REFUSALS,
            {"import_id": import_id, "page_size": page_size, "page_token": page_token},
            "",
            timeout_seconds,
        )

    def list_all_import_refusals(
        self, import_id: str, *, page_size: int = 0, timeout_seconds: float | None = None
    ) -> Iterator[ImportRefusal]:
        """What all pages of `list_import_refusals` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        import_id: The importer's.
        page_size: How many at most; 0 means 50, the most is 1,000.
        """
        for page in pages(
            lambda token: self.list_import_refusals(
                import_id=import_id, page_size=page_size, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            yield from page.refusals

    def batch_create_payments(
        self, *, payments: Sequence[RecordPaymentRequest], timeout_seconds: float | None = None
    ) -> BatchCreatePaymentsResponse:
        """Records up to 1,000 payments that have succeeded, all or none: one that is refused refuses the batch,
        and the error names its place. Each is idempotent by its own keys, as with RecordPayment, so the batch
        may be repeated.

        payments: 1 to 1,000, each with its own request_id. A key that stands twice must have the same content
          both times.
        """
        return self._transport.send(_BATCH_CREATE_PAYMENTS, {"payments": payments}, "", timeout_seconds)

    def close_payment(
        self, payment_id: str, *, idempotency_key: str = "", timeout_seconds: float | None = None
    ) -> ClosePaymentResponse:
        """Lets nobody pay a payment any more that was started here. It is closed at the channel first, so the
        answer may have it SUCCEEDED, when it was paid before, or still open, when the channel could not close
        it yet: then closing is tried again until the channel says how it ended. It does nothing to one that
        is final or was recorded. Idempotent by request_id and by nature. May be retried on UNAVAILABLE and
        after a deadline.

        payment_id: Ours.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(_CLOSE_PAYMENT, {"payment_id": payment_id}, idempotency_key, timeout_seconds)

    def confirm_payment(self, payment_id: str, *, timeout_seconds: float | None = None) -> ConfirmPaymentResponse:
        """Asks the channel now how a payment stands that was started here, also when it was given up; the answer
        has the payment as it stands then. It does nothing to one that is final or was recorded. May be
        repeated at will.

        payment_id: Ours.
        """
        return self._transport.send(_CONFIRM_PAYMENT, {"payment_id": payment_id}, "", timeout_seconds)

    def create_payment(
        self,
        *,
        merchant_id: str,
        merchant_order_no: str,
        bill_no: str = "",
        channel: str,
        amount: Money,
        description: str,
        expire_time: datetime | None = None,
        payer_name: str = "",
        splits: Sequence[PaymentSplit] = (),
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> CreatePaymentResponse:
        """Starts a payment at its channel: the payment is kept first, then the channel is asked, and the answer
        has the payment as it stands then with what the payer opens to pay. UNKNOWN when the channel's answer
        was lost: it is asked until it is known, and the payer may have nothing to open yet. Idempotent by
        request_id and by (merchant_id, merchant_order_no): the same again gives the payment that exists, and
        asks the channel once more for what the payer opens when that is not known. May be retried on
        UNAVAILABLE and after a deadline. CHANNEL_NOT_CONFIGURED when the merchant has no account at the
        channel here.

        merchant_id: The merchant that is to be paid.
        merchant_order_no: The merchant's order number; it is the order's number at the channel too, which may
          narrow its form.
        bill_no: The bill that is paid; empty when the order is the bill.
        channel: The channel.
        amount: What is to be paid; above zero.
        description: What the payer reads at the channel.
        expire_time: Until when the payer may pay, 1 minute to 15 days ahead; unset means two hours.
        payer_name: Who is to pay; may be empty.
        splits: The bills that it pays, when they are several: then bill_no is empty, and their amounts sum up
          to the amount.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _CREATE_PAYMENT,
            {
                "merchant_id": merchant_id,
                "merchant_order_no": merchant_order_no,
                "bill_no": bill_no,
                "channel": channel,
                "amount": amount,
                "description": description,
                "expire_time": expire_time,
                "payer_name": payer_name,
                "splits": splits,
            },
            idempotency_key,
            timeout_seconds,
        )

    def get_payment(self, payment_id: str, *, timeout_seconds: float | None = None) -> GetPaymentResponse:
        """Gets one payment. Reads its own writes.

        payment_id: Ours.
        """
        return self._transport.send(_GET_PAYMENT, {"payment_id": payment_id}, "", timeout_seconds)

    def list_payments(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        merchant_id: str = "",
        merchant_order_no: str = "",
        channel: str = "",
        business_date: str = "",
        timeout_seconds: float | None = None,
    ) -> ListPaymentsResponse:
        """Lists payments, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        merchant_id: Only of this merchant.
        merchant_order_no: Only this order; needs merchant_id.
        channel: Only of this channel.
        business_date: Only of this business day, YYYY-MM-DD.
        """
        return self._transport.send(
            _LIST_PAYMENTS,
            {
                "page_size": page_size,
                "page_token": page_token,
                "merchant_id": merchant_id,
                "merchant_order_no": merchant_order_no,
                "channel": channel,
                "business_date": business_date,
            },
            "",
            timeout_seconds,
        )

    def list_all_payments(
        self,
        *,
        page_size: int = 0,
        merchant_id: str = "",
        merchant_order_no: str = "",
        channel: str = "",
        business_date: str = "",
        timeout_seconds: float | None = None,
    ) -> Iterator[Payment]:
        """What all pages of `list_payments` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        merchant_id: Only of this merchant.
        merchant_order_no: Only this order; needs merchant_id.
        channel: Only of this channel.
        business_date: Only of this business day, YYYY-MM-DD.
        """
        for page in pages(
            lambda token: self.list_payments(
                page_size=page_size,
                merchant_id=merchant_id,
                merchant_order_no=merchant_order_no,
                channel=channel,
                business_date=business_date,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            yield from page.payments

    def record_payment(
        self,
        *,
        merchant_id: str,
        merchant_order_no: str,
        bill_no: str = "",
        channel: str,
        channel_txn_no: str,
        amount: Money,
        pay_time: datetime,
        payer_name: str = "",
        splits: Sequence[PaymentSplit] = (),
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> RecordPaymentResponse:
        """Records a payment that has succeeded at the channel. Idempotent by request_id and by (merchant_id,
        merchant_order_no): the same content again gives the payment that exists and marks it replayed. May be
        retried on UNAVAILABLE and after a deadline.

        merchant_id: The merchant that is paid.
        merchant_order_no: The merchant's order number.
        bill_no: The bill that is paid; empty when the order is the bill.
        channel: The channel.
        channel_txn_no: The channel's own number for the transaction.
        amount: What was paid; above zero.
        pay_time: When the channel says it succeeded.
        payer_name: Who paid; may be empty.
        splits: The bills that it pays, when they are several: then bill_no is empty, no bill stands twice,
          and the amounts sum up to the payment's. At most 100.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _RECORD_PAYMENT,
            {
                "merchant_id": merchant_id,
                "merchant_order_no": merchant_order_no,
                "bill_no": bill_no,
                "channel": channel,
                "channel_txn_no": channel_txn_no,
                "amount": amount,
                "pay_time": pay_time,
                "payer_name": payer_name,
                "splits": splits,
            },
            idempotency_key,
            timeout_seconds,
        )

    def confirm_refund(self, refund_id: str, *, timeout_seconds: float | None = None) -> ConfirmRefundResponse:
        """Asks the channel now about a refund whose outcome is open, also when it was given up; does nothing to
        a final one. May be repeated at will.

        refund_id: Ours.
        """
        return self._transport.send(_CONFIRM_REFUND, {"refund_id": refund_id}, "", timeout_seconds)

    def create_refund(
        self,
        *,
        payment_id: str,
        merchant_refund_no: str,
        amount: Money,
        reason: str = "",
        bill_no: str = "",
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> CreateRefundResponse:
        """Gives a part or all of a payment back. The amount is reserved first, then the channel is asked; the
        answer has the refund as it stands then, which may be PROCESSING or UNKNOWN: GetRefund tells how it
        ended. Idempotent by request_id and by (merchant of the payment, merchant_refund_no). May be retried
        on UNAVAILABLE and after a deadline. REFUND_EXCEEDS when less is left, NOT_REFUNDABLE when the payment
        has not succeeded, CHANNEL_NOT_CONFIGURED when its channel cannot be asked here: RecordRefund is for
        that.

        payment_id: The payment.
        merchant_refund_no: The merchant's refund number.
        amount: What goes back; above zero, in the payment's currency.
        reason: Why; the payer may see it.
        bill_no: The bill whose part of the payment goes back, one that the payment pays; INVALID_FIELD when
          it is none of its, and REFUND_EXCEEDS when less of that bill's part is left. Empty: where the
          payment is for several bills, it is taken from a part that was too much for its bill, and then from
          the last part on.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _CREATE_REFUND,
            {
                "payment_id": payment_id,
                "merchant_refund_no": merchant_refund_no,
                "amount": amount,
                "reason": reason,
                "bill_no": bill_no,
            },
            idempotency_key,
            timeout_seconds,
        )

    def get_refund(self, refund_id: str, *, timeout_seconds: float | None = None) -> GetRefundResponse:
        """Gets one refund. Reads its own writes.

        refund_id: Ours.
        """
        return self._transport.send(_GET_REFUND, {"refund_id": refund_id}, "", timeout_seconds)

    def list_refunds(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        payment_id: str = "",
        merchant_id: str = "",
        merchant_refund_no: str = "",
        state: RefundState = "STATE_UNSPECIFIED",
        needs_attention: bool = False,
        timeout_seconds: float | None = None,
    ) -> ListRefundsResponse:
        """Lists refunds, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        payment_id: Only of this payment.
        merchant_id: Only of this merchant.
        merchant_refund_no: Only this refund; needs merchant_id.
        state: Only in this state.
        needs_attention: Only those that a person must look at.
        """
        return self._transport.send(
            _LIST_REFUNDS,
            {
                "page_size": page_size,
                "page_token": page_token,
                "payment_id": payment_id,
                "merchant_id": merchant_id,
                "merchant_refund_no": merchant_refund_no,
                "state": state,
                "needs_attention": needs_attention,
            },
            "",
            timeout_seconds,
        )

    def list_all_refunds(
        self,
        *,
        page_size: int = 0,
        payment_id: str = "",
        merchant_id: str = "",
        merchant_refund_no: str = "",
        state: RefundState = "STATE_UNSPECIFIED",
        needs_attention: bool = False,
        timeout_seconds: float | None = None,
    ) -> Iterator[Refund]:
        """What all pages of `list_refunds` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        payment_id: Only of this payment.
        merchant_id: Only of this merchant.
        merchant_refund_no: Only this refund; needs merchant_id.
        state: Only in this state.
        needs_attention: Only those that a person must look at.
        """
        for page in pages(
            lambda token: self.list_refunds(
                page_size=page_size,
                payment_id=payment_id,
                merchant_id=merchant_id,
                merchant_refund_no=merchant_refund_no,
                state=state,
                needs_attention=needs_attention,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            yield from page.refunds

    def list_takebacks(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        payment_id: str = "",
        merchant_id: str = "",
        kind: TakebackKind = "KIND_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> ListTakebacksResponse:
        """Lists reversals, chargebacks, and those that were won, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        payment_id: Only of this payment.
        merchant_id: Only of this merchant.
        kind: Only of this kind.
        """
        return self._transport.send(
            _LIST_TAKEBACKS,
            {
                "page_size": page_size,
                "page_token": page_token,
                "payment_id": payment_id,
                "merchant_id": merchant_id,
                "kind": kind,
            },
            "",
            timeout_seconds,
        )

    def list_all_takebacks(
        self,
        *,
        page_size: int = 0,
        payment_id: str = "",
        merchant_id: str = "",
        kind: TakebackKind = "KIND_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> Iterator[Takeback]:
        """What all pages of `list_takebacks` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        payment_id: Only of this payment.
        merchant_id: Only of this merchant.
        kind: Only of this kind.
        """
        for page in pages(
            lambda token: self.list_takebacks(
                page_size=page_size,
                payment_id=payment_id,
                merchant_id=merchant_id,
                kind=kind,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            yield from page.takebacks

    def record_chargeback(
        self,
        *,
        payment_id: str,
        channel_takeback_no: str,
        amount: Money,
        reason: str = "",
        take_time: datetime,
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> RecordChargebackResponse:
        """Records that a payer got money back by a dispute: a new fact, the payment stays as it was paid.
        Idempotent by request_id and by (merchant of the payment, channel_takeback_no). 拒付

        payment_id: The payment.
        channel_takeback_no: The channel's own number for the dispute.
        amount: What was taken; above zero, in the payment's currency, at most what was paid.
        reason: Why, in the channel's words; may be empty.
        take_time: When the channel says that it took it.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _RECORD_CHARGEBACK,
            {
                "payment_id": payment_id,
                "channel_takeback_no": channel_takeback_no,
                "amount": amount,
                "reason": reason,
                "take_time": take_time,
            },
            idempotency_key,
            timeout_seconds,
        )

    def record_refund(
        self,
        *,
        payment_id: str,
        merchant_refund_no: str,
        amount: Money,
        reason: str = "",
        channel_refund_no: str = "",
        finish_time: datetime,
        bill_no: str = "",
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> RecordRefundResponse:
        """Records a refund that the platform had its channel do: a finished fact, under the same rule for what
        is left. Idempotent as CreateRefund is. REFUND_EXCEEDS and NOT_REFUNDABLE as there.

        payment_id: The payment.
        merchant_refund_no: The merchant's refund number.
        amount: What went back; above zero, in the payment's currency.
        reason: Why; may be empty.
        channel_refund_no: The channel's own number for the refund; empty at a channel that numbers none.
        finish_time: When the channel says the money went back.
        bill_no: The bill whose part of the payment goes back, one that the payment pays; INVALID_FIELD when
          it is none of its, and REFUND_EXCEEDS when less of that bill's part is left. Empty: where the
          payment is for several bills, it is taken from a part that was too much for its bill, and then from
          the last part on.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _RECORD_REFUND,
            {
                "payment_id": payment_id,
                "merchant_refund_no": merchant_refund_no,
                "amount": amount,
                "reason": reason,
                "channel_refund_no": channel_refund_no,
                "finish_time": finish_time,
                "bill_no": bill_no,
            },
            idempotency_key,
            timeout_seconds,
        )

    def record_reversal(
        self,
        *,
        payment_id: str,
        channel_takeback_no: str,
        amount: Money,
        reason: str = "",
        take_time: datetime,
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> RecordReversalResponse:
        """Records that a channel or a bank undid a payment, or a part of it: a new fact, the payment stays as it
        was paid. Idempotent by request_id and by (merchant of the payment, channel_takeback_no). 冲正

        payment_id: The payment.
        channel_takeback_no: The channel's own number for the reversal.
        amount: What was taken; above zero, in the payment's currency, at most what was paid.
        reason: Why, in the channel's words; may be empty.
        take_time: When the channel says that it took it.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _RECORD_REVERSAL,
            {
                "payment_id": payment_id,
                "channel_takeback_no": channel_takeback_no,
                "amount": amount,
                "reason": reason,
                "take_time": take_time,
            },
            idempotency_key,
            timeout_seconds,
        )

    def record_won_chargeback(
        self,
        *,
        payment_id: str,
        channel_takeback_no: str,
        amount: Money,
        reason: str = "",
        return_time: datetime,
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> RecordWonChargebackResponse:
        """Records that the merchant won the dispute of a chargeback and has money of it again: a new fact beside
        the chargeback, which stays as it is, once for each. INVALID_FIELD when the payment has no such
        chargeback, or less was taken by it. Idempotent by request_id and by (merchant of the payment,
        channel_takeback_no). 拒付申诉成功

        payment_id: The payment.
        channel_takeback_no: The number of the chargeback, as it was told.
        amount: What was given again; above zero, in the payment's currency, at most what the chargeback took.
        reason: Why, in the channel's words; may be empty.
        return_time: When the channel says that it gave it again.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _RECORD_WON_CHARGEBACK,
            {
                "payment_id": payment_id,
                "channel_takeback_no": channel_takeback_no,
                "amount": amount,
                "reason": reason,
                "return_time": return_time,
            },
            idempotency_key,
            timeout_seconds,
        )

    def create_split_order(
        self,
        *,
        merchant_id: str,
        split_order_no: str,
        total: Money,
        parts: Sequence[SplitOrderPartContent],
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> CreateSplitOrderResponse:
        """Tells of an order and its parts; payments of the parts may come before or after it. Idempotent by
        request_id and by (merchant_id, split_order_no). May be retried on UNAVAILABLE and after a deadline.
        BUSINESS_KEY_REUSED also when an order number is a part of another order already.

        merchant_id: The merchant that is paid.
        split_order_no: The merchant's number of the whole order.
        total: What the parts sum up to; above zero.
        parts: The parts, 2 to 100, each with an order number of its own, all in the currency of the total.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _CREATE_SPLIT_ORDER,
            {"merchant_id": merchant_id, "split_order_no": split_order_no, "total": total, "parts": parts},
            idempotency_key,
            timeout_seconds,
        )

    def get_split_order(
        self, merchant_id: str, split_order_no: str, *, timeout_seconds: float | None = None
    ) -> GetSplitOrderResponse:
        """Gets one order with its parts as their payments stand now. Reads its own writes.

        merchant_id: The merchant.
        split_order_no: The merchant's number of the whole order.
        """
        return self._transport.send(
            _GET_SPLIT_ORDER, {"merchant_id": merchant_id, "split_order_no": split_order_no}, "", timeout_seconds
        )


class AsyncPayments:
    """The calls of payments, for asyncio. Each raises Refused or NoAnswer."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def batch_create_bills(
        self, *, bills: Sequence[BillContent], idempotency_key: str = "", timeout_seconds: float | None = None
    ) -> BatchCreateBillsResponse:
        """Takes up to 1,000 bills in, all or none. Idempotent as CreateBill is; bills that are there already are
        replayed, and one with other content refuses all.

        bills: 1 to 1,000, each number once.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(_BATCH_CREATE_BILLS, {"bills": bills}, idempotency_key, timeout_seconds)

    async def cancel_bill(
        self,
        merchant_id: str,
        bill_no: str,
        *,
        reason: str,
        expected_version: int = 0,
        timeout_seconds: float | None = None,
    ) -> CancelBillResponse:
        """Withdraws a bill for which nothing was paid; BILL_NOT_CANCELLABLE otherwise. Idempotent: a cancelled
        bill stays. VERSION_MISMATCH when it changed since the version that is named.

        merchant_id: The merchant that is owed.
        bill_no: The merchant's bill number; in a path, with percent-encoding.
        reason: Why.
        expected_version: The version that the caller saw; 0 for whatever there is.
        """
        return await self._transport.send(
            _CANCEL_BILL,
            {"merchant_id": merchant_id, "bill_no": bill_no, "reason": reason, "expected_version": expected_version},
            "",
            timeout_seconds,
        )

    async def create_bill(
        self, *, bill: BillContent, idempotency_key: str = "", timeout_seconds: float | None = None
    ) -> CreateBillResponse:
        """Takes one bill in. A payment that named it before it came counts at once. Idempotent by request_id and
        by (merchant_id, bill_no): the same content again gives the bill as it stands.

        bill: The bill.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(_CREATE_BILL, {"bill": bill}, idempotency_key, timeout_seconds)

    async def dismiss_duplicate(
        self, duplicate_id: str, *, reason: str, timeout_seconds: float | None = None
    ) -> DismissDuplicateResponse:
        """Closes a case without a refund. Idempotent: the same reason by the same person again changes nothing;
        DUPLICATE_CLOSED when it was closed otherwise.

        duplicate_id: The case.
        reason: Why nothing is refunded, such as "kept as credit for the next bill".
        """
        return await self._transport.send(
            _DISMISS_DUPLICATE, {"duplicate_id": duplicate_id, "reason": reason}, "", timeout_seconds
        )

    async def get_bill(
        self, merchant_id: str, bill_no: str, *, timeout_seconds: float | None = None
    ) -> GetBillResponse:
        """Gets one bill with every payment that names it, and why it stands as it does. Reads its own writes.

        merchant_id: The merchant that is owed.
        bill_no: The merchant's bill number; in a path, with percent-encoding.
        """
        return await self._transport.send(
            _GET_BILL, {"merchant_id": merchant_id, "bill_no": bill_no}, "", timeout_seconds
        )

    async def list_bills(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        merchant_id: str = "",
        state: BillState = "STATE_UNSPECIFIED",
        category: BillCategory = "CATEGORY_UNSPECIFIED",
        overdue_on: str = "",
        timeout_seconds: float | None = None,
    ) -> ListBillsResponse:
        """Lists bills, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        merchant_id: Only of this merchant.
        state: Only in this state.
        category: Only of this category.
        overdue_on: Only those that were due before this day and are UNPAID or PARTLY_PAID, YYYY-MM-DD.
        """
        return await self._transport.send(
            _LIST_BILLS,
            {
                "page_size": page_size,
                "page_token": page_token,
                "merchant_id": merchant_id,
                "state": state,
                "category": category,
                "overdue_on": overdue_on,
            },
            "",
            timeout_seconds,
        )

    async def list_all_bills(
        self,
        *,
        page_size: int = 0,
        merchant_id: str = "",
        state: BillState = "STATE_UNSPECIFIED",
        category: BillCategory = "CATEGORY_UNSPECIFIED",
        overdue_on: str = "",
        timeout_seconds: float | None = None,
    ) -> AsyncIterator[Bill]:
        """What all pages of `list_bills` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        merchant_id: Only of this merchant.
        state: Only in this state.
        category: Only of this category.
        overdue_on: Only those that were due before this day and are UNPAID or PARTLY_PAID, YYYY-MM-DD.
        """
        async for page in async_pages(
            lambda token: self.list_bills(
                page_size=page_size,
                merchant_id=merchant_id,
                state=state,
                category=category,
                overdue_on=overdue_on,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            for one in page.bills:
                yield one

    async def list_duplicates(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        merchant_id: str = "",
        bill_no: str = "",
        state: DuplicatePaymentState = "STATE_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> ListDuplicatesResponse:
        """Lists duplicate payments, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        merchant_id: Only of this merchant.
        bill_no: Only of this bill; needs merchant_id.
        state: Only in this state.
        """
        return await self._transport.send(
            _LIST_DUPLICATES,
            {
                "page_size": page_size,
                "page_token": page_token,
                "merchant_id": merchant_id,
                "bill_no": bill_no,
                "state": state,
            },
            "",
            timeout_seconds,
        )

    async def list_all_duplicates(
        self,
        *,
        page_size: int = 0,
        merchant_id: str = "",
        bill_no: str = "",
        state: DuplicatePaymentState = "STATE_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> AsyncIterator[DuplicatePayment]:
        """What all pages of `list_duplicates` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        merchant_id: Only of this merchant.
        bill_no: Only of this bill; needs merchant_id.
        state: Only in this state.
        """
        async for page in async_pages(
            lambda token: self.list_duplicates(
                page_size=page_size,
                merchant_id=merchant_id,
                bill_no=bill_no,
                state=state,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            for one in page.duplicates:
                yield one

    async def list_channel_attentions(
        self, *, page_size: int = 0, page_token: str = "", timeout_seconds: float | None = None
    ) -> ListChannelAttentionsResponse:
        """Lists payments that were started here and that nothing moves on by itself, longest waiting first, by
        page: those that the channel left open past the last question, and those of which it tells something
        else than was asked. ConfirmPayment asks once more, and takes one off the list whose answer agrees.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        """
        return await self._transport.send(
            _LIST_CHANNEL_ATTENTIONS, {"page_size": page_size, "page_token": page_token}, "", timeout_seconds
        )

    async def list_all_channel_attentions(
        self, *, page_size: int = 0, timeout_seconds: float | None = None
    ) -> AsyncIterator[ChannelAttention]:
        """What all pages of `list_channel_attentions` have, fetched as it is walked; `timeout_seconds` is of
        each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        """
        async for page in async_pages(
            lambda token: self.list_channel_attentions(
                page_size=page_size, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            for one in page.attentions:
                yield one

    async def get_import(self, import_id: str, *, timeout_seconds: float | None = None) -> GetImportResponse:
        """Tells how far an import has come, also while it runs.

        import_id: The importer's.
        """
        return await self._transport.send(_GET_IMPORT, {"import_id": import_id}, "", timeout_seconds)

    async def import_payments(
        self,
        content: Content,
        *,
        import_id: str,
        first_batch_no: int = 0,
        total_row_count: int = 0,
        timeout_seconds: float | None = None,
    ) -> ImportPaymentsResponse:
        """Records the payments of an Arrow IPC stream, batch after batch, each batch in a transaction of its
        own. Columns: merchant_id, merchant_order_no, channel, channel_txn_no, currency_code: utf8;
        amount_minor: int64; pay_time: timestamp with a time zone; bill_no, payer_name: utf8 and may be left
        out. The rules of a row are those of RecordPayment. A row that is refused never stops another; a batch
        that cannot be read ends the call, and the batches before it are in. Over HTTP the body is the stream
        and the header's fields are query parameters. Idempotent by (import_id, batch) and by (merchant_id,
        merchant_order_no). After a cut: GetImport tells next_batch_no; send the stream's schema and its
        batches from there on. Batches that are in are only compared.

        content: the bytes, a file's path, or a binary file that is open; read as it is sent.
        import_id: Chosen by the importer and repeated whenever it goes on.
        first_batch_no: The number of the first batch of this stream; at most the import's next_batch_no.
        total_row_count: Rows of the whole import, to tell progress; 0 when not known.
        """
        return await self._transport.upload(
            _IMPORT_PAYMENTS,
            content,
            {"import_id": import_id, "first_batch_no": first_batch_no, "total_row_count": total_row_count},
            "",
            timeout_seconds,
        )

    async def list_import_refusals(
        self, import_id: str, *, page_size: int = 0, page_token: str = "", timeout_seconds: float | None = None
    ) -> ListImportRefusalsResponse:
        """Lists the rows that were refused, in the order of the import, by page.

        import_id: The importer's.
        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        """
        return await self._transport.send(
            _LIST_IMPORT_REFUSALS,
            {"import_id": import_id, "page_size": page_size, "page_token": page_token},
            "",
            timeout_seconds,
        )

    async def list_all_import_refusals(
        self, import_id: str, *, page_size: int = 0, timeout_seconds: float | None = None
    ) -> AsyncIterator[ImportRefusal]:
        """What all pages of `list_import_refusals` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        import_id: The importer's.
        page_size: How many at most; 0 means 50, the most is 1,000.
        """
        async for page in async_pages(
            lambda token: self.list_import_refusals(
                import_id=import_id, page_size=page_size, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            for one in page.refusals:
                yield one

    async def batch_create_payments(
        self, *, payments: Sequence[RecordPaymentRequest], timeout_seconds: float | None = None
    ) -> BatchCreatePaymentsResponse:
        """Records up to 1,000 payments that have succeeded, all or none: one that is refused refuses the batch,
        and the error names its place. Each is idempotent by its own keys, as with RecordPayment, so the batch
        may be repeated.

        payments: 1 to 1,000, each with its own request_id. A key that stands twice must have the same content
          both times.
        """
        return await self._transport.send(_BATCH_CREATE_PAYMENTS, {"payments": payments}, "", timeout_seconds)

    async def close_payment(
        self, payment_id: str, *, idempotency_key: str = "", timeout_seconds: float | None = None
    ) -> ClosePaymentResponse:
        """Lets nobody pay a payment any more that was started here. It is closed at the channel first, so the
        answer may have it SUCCEEDED, when it was paid before, or still open, when the channel could not close
        it yet: then closing is tried again until the channel says how it ended. It does nothing to one that
        is final or was recorded. Idempotent by request_id and by nature. May be retried on UNAVAILABLE and
        after a deadline.

        payment_id: Ours.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(_CLOSE_PAYMENT, {"payment_id": payment_id}, idempotency_key, timeout_seconds)

    async def confirm_payment(self, payment_id: str, *, timeout_seconds: float | None = None) -> ConfirmPaymentResponse:
        """Asks the channel now how a payment stands that was started here, also when it was given up; the answer
        has the payment as it stands then. It does nothing to one that is final or was recorded. May be
        repeated at will.

        payment_id: Ours.
        """
        return await self._transport.send(_CONFIRM_PAYMENT, {"payment_id": payment_id}, "", timeout_seconds)

    async def create_payment(
        self,
        *,
        merchant_id: str,
        merchant_order_no: str,
        bill_no: str = "",
        channel: str,
        amount: Money,
        description: str,
        expire_time: datetime | None = None,
        payer_name: str = "",
        splits: Sequence[PaymentSplit] = (),
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> CreatePaymentResponse:
        """Starts a payment at its channel: the payment is kept first, then the channel is asked, and the answer
        has the payment as it stands then with what the payer opens to pay. UNKNOWN when the channel's answer
        was lost: it is asked until it is known, and the payer may have nothing to open yet. Idempotent by
        request_id and by (merchant_id, merchant_order_no): the same again gives the payment that exists, and
        asks the channel once more for what the payer opens when that is not known. May be retried on
        UNAVAILABLE and after a deadline. CHANNEL_NOT_CONFIGURED when the merchant has no account at the
        channel here.

        merchant_id: The merchant that is to be paid.
        merchant_order_no: The merchant's order number; it is the order's number at the channel too, which may
          narrow its form.
        bill_no: The bill that is paid; empty when the order is the bill.
        channel: The channel.
        amount: What is to be paid; above zero.
        description: What the payer reads at the channel.
        expire_time: Until when the payer may pay, 1 minute to 15 days ahead; unset means two hours.
        payer_name: Who is to pay; may be empty.
        splits: The bills that it pays, when they are several: then bill_no is empty, and their amounts sum up
          to the amount.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _CREATE_PAYMENT,
            {
                "merchant_id": merchant_id,
                "merchant_order_no": merchant_order_no,
                "bill_no": bill_no,
                "channel": channel,
                "amount": amount,
                "description": description,
                "expire_time": expire_time,
                "payer_name": payer_name,
                "splits": splits,
            },
            idempotency_key,
            timeout_seconds,
        )

    async def get_payment(self, payment_id: str, *, timeout_seconds: float | None = None) -> GetPaymentResponse:
        """Gets one payment. Reads its own writes.

        payment_id: Ours.
        """
        return await self._transport.send(_GET_PAYMENT, {"payment_id": payment_id}, "", timeout_seconds)

    async def list_payments(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        merchant_id: str = "",
        merchant_order_no: str = "",
        channel: str = "",
        business_date: str = "",
        timeout_seconds: float | None = None,
    ) -> ListPaymentsResponse:
        """Lists payments, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        merchant_id: Only of this merchant.
        merchant_order_no: Only this order; needs merchant_id.
        channel: Only of this channel.
        business_date: Only of this business day, YYYY-MM-DD.
        """
        return await self._transport.send(
            _LIST_PAYMENTS,
            {
                "page_size": page_size,
                "page_token": page_token,
                "merchant_id": merchant_id,
                "merchant_order_no": merchant_order_no,
                "channel": channel,
                "business_date": business_date,
            },
            "",
            timeout_seconds,
        )

    async def list_all_payments(
        self,
        *,
        page_size: int = 0,
        merchant_id: str = "",
        merchant_order_no: str = "",
        channel: str = "",
        business_date: str = "",
        timeout_seconds: float | None = None,
    ) -> AsyncIterator[Payment]:
        """What all pages of `list_payments` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        merchant_id: Only of this merchant.
        merchant_order_no: Only this order; needs merchant_id.
        channel: Only of this channel.
        business_date: Only of this business day, YYYY-MM-DD.
        """
        async for page in async_pages(
            lambda token: self.list_payments(
                page_size=page_size,
                merchant_id=merchant_id,
                merchant_order_no=merchant_order_no,
                channel=channel,
                business_date=business_date,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            for one in page.payments:
                yield one

    async def record_payment(
        self,
        *,
        merchant_id: str,
        merchant_order_no: str,
        bill_no: str = "",
        channel: str,
        channel_txn_no: str,
        amount: Money,
        pay_time: datetime,
        payer_name: str = "",
        splits: Sequence[PaymentSplit] = (),
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> RecordPaymentResponse:
        """Records a payment that has succeeded at the channel. Idempotent by request_id and by (merchant_id,
        merchant_order_no): the same content again gives the payment that exists and marks it replayed. May be
        retried on UNAVAILABLE and after a deadline.

        merchant_id: The merchant that is paid.
        merchant_order_no: The merchant's order number.
        bill_no: The bill that is paid; empty when the order is the bill.
        channel: The channel.
        channel_txn_no: The channel's own number for the transaction.
        amount: What was paid; above zero.
        pay_time: When the channel says it succeeded.
        payer_name: Who paid; may be empty.
        splits: The bills that it pays, when they are several: then bill_no is empty, no bill stands twice,
          and the amounts sum up to the payment's. At most 100.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _RECORD_PAYMENT,
            {
                "merchant_id": merchant_id,
                "merchant_order_no": merchant_order_no,
                "bill_no": bill_no,
                "channel": channel,
                "channel_txn_no": channel_txn_no,
                "amount": amount,
                "pay_time": pay_time,
                "payer_name": payer_name,
                "splits": splits,
            },
            idempotency_key,
            timeout_seconds,
        )

    async def confirm_refund(self, refund_id: str, *, timeout_seconds: float | None = None) -> ConfirmRefundResponse:
        """Asks the channel now about a refund whose outcome is open, also when it was given up; does nothing to
        a final one. May be repeated at will.

        refund_id: Ours.
        """
        return await self._transport.send(_CONFIRM_REFUND, {"refund_id": refund_id}, "", timeout_seconds)

    async def create_refund(
        self,
        *,
        payment_id: str,
        merchant_refund_no: str,
        amount: Money,
        reason: str = "",
        bill_no: str = "",
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> CreateRefundResponse:
        """Gives a part or all of a payment back. The amount is reserved first, then the channel is asked; the
        answer has the refund as it stands then, which may be PROCESSING or UNKNOWN: GetRefund tells how it
        ended. Idempotent by request_id and by (merchant of the payment, merchant_refund_no). May be retried
        on UNAVAILABLE and after a deadline. REFUND_EXCEEDS when less is left, NOT_REFUNDABLE when the payment
        has not succeeded, CHANNEL_NOT_CONFIGURED when its channel cannot be asked here: RecordRefund is for
        that.

        payment_id: The payment.
        merchant_refund_no: The merchant's refund number.
        amount: What goes back; above zero, in the payment's currency.
        reason: Why; the payer may see it.
        bill_no: The bill whose part of the payment goes back, one that the payment pays; INVALID_FIELD when
          it is none of its, and REFUND_EXCEEDS when less of that bill's part is left. Empty: where the
          payment is for several bills, it is taken from a part that was too much for its bill, and then from
          the last part on.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _CREATE_REFUND,
            {
                "payment_id": payment_id,
                "merchant_refund_no": merchant_refund_no,
                "amount": amount,
                "reason": reason,
                "bill_no": bill_no,
            },
            idempotency_key,
            timeout_seconds,
        )

    async def get_refund(self, refund_id: str, *, timeout_seconds: float | None = None) -> GetRefundResponse:
        """Gets one refund. Reads its own writes.

        refund_id: Ours.
        """
        return await self._transport.send(_GET_REFUND, {"refund_id": refund_id}, "", timeout_seconds)

    async def list_refunds(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        payment_id: str = "",
        merchant_id: str = "",
        merchant_refund_no: str = "",
        state: RefundState = "STATE_UNSPECIFIED",
        needs_attention: bool = False,
        timeout_seconds: float | None = None,
    ) -> ListRefundsResponse:
        """Lists refunds, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        payment_id: Only of this payment.
        merchant_id: Only of this merchant.
        merchant_refund_no: Only this refund; needs merchant_id.
        state: Only in this state.
        needs_attention: Only those that a person must look at.
        """
        return await self._transport.send(
            _LIST_REFUNDS,
            {
                "page_size": page_size,
                "page_token": page_token,
                "payment_id": payment_id,
                "merchant_id": merchant_id,
                "merchant_refund_no": merchant_refund_no,
                "state": state,
                "needs_attention": needs_attention,
            },
            "",
            timeout_seconds,
        )

    async def list_all_refunds(
        self,
        *,
        page_size: int = 0,
        payment_id: str = "",
        merchant_id: str = "",
        merchant_refund_no: str = "",
        state: RefundState = "STATE_UNSPECIFIED",
        needs_attention: bool = False,
        timeout_seconds: float | None = None,
    ) -> AsyncIterator[Refund]:
        """What all pages of `list_refunds` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        payment_id: Only of this payment.
        merchant_id: Only of this merchant.
        merchant_refund_no: Only this refund; needs merchant_id.
        state: Only in this state.
        needs_attention: Only those that a person must look at.
        """
        async for page in async_pages(
            lambda token: self.list_refunds(
                page_size=page_size,
                payment_id=payment_id,
                merchant_id=merchant_id,
                merchant_refund_no=merchant_refund_no,
                state=state,
                needs_attention=needs_attention,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            for one in page.refunds:
                yield one

    async def list_takebacks(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        payment_id: str = "",
        merchant_id: str = "",
        kind: TakebackKind = "KIND_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> ListTakebacksResponse:
        """Lists reversals, chargebacks, and those that were won, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        payment_id: Only of this payment.
        merchant_id: Only of this merchant.
        kind: Only of this kind.
        """
        return await self._transport.send(
            _LIST_TAKEBACKS,
            {
                "page_size": page_size,
                "page_token": page_token,
                "payment_id": payment_id,
                "merchant_id": merchant_id,
                "kind": kind,
            },
            "",
            timeout_seconds,
        )

    async def list_all_takebacks(
        self,
        *,
        page_size: int = 0,
        payment_id: str = "",
        merchant_id: str = "",
        kind: TakebackKind = "KIND_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> AsyncIterator[Takeback]:
        """What all pages of `list_takebacks` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        payment_id: Only of this payment.
        merchant_id: Only of this merchant.
        kind: Only of this kind.
        """
        async for page in async_pages(
            lambda token: self.list_takebacks(
                page_size=page_size,
                payment_id=payment_id,
                merchant_id=merchant_id,
                kind=kind,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            for one in page.takebacks:
                yield one

    async def record_chargeback(
        self,
        *,
        payment_id: str,
        channel_takeback_no: str,
        amount: Money,
        reason: str = "",
        take_time: datetime,
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> RecordChargebackResponse:
        """Records that a payer got money back by a dispute: a new fact, the payment stays as it was paid.
        Idempotent by request_id and by (merchant of the payment, channel_takeback_no). 拒付

        payment_id: The payment.
        channel_takeback_no: The channel's own number for the dispute.
        amount: What was taken; above zero, in the payment's currency, at most what was paid.
        reason: Why, in the channel's words; may be empty.
        take_time: When the channel says that it took it.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _RECORD_CHARGEBACK,
            {
                "payment_id": payment_id,
                "channel_takeback_no": channel_takeback_no,
                "amount": amount,
                "reason": reason,
                "take_time": take_time,
            },
            idempotency_key,
            timeout_seconds,
        )

    async def record_refund(
        self,
        *,
        payment_id: str,
        merchant_refund_no: str,
        amount: Money,
        reason: str = "",
        channel_refund_no: str = "",
        finish_time: datetime,
        bill_no: str = "",
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> RecordRefundResponse:
        """Records a refund that the platform had its channel do: a finished fact, under the same rule for what
        is left. Idempotent as CreateRefund is. REFUND_EXCEEDS and NOT_REFUNDABLE as there.

        payment_id: The payment.
        merchant_refund_no: The merchant's refund number.
        amount: What went back; above zero, in the payment's currency.
        reason: Why; may be empty.
        channel_refund_no: The channel's own number for the refund; empty at a channel that numbers none.
        finish_time: When the channel says the money went back.
        bill_no: The bill whose part of the payment goes back, one that the payment pays; INVALID_FIELD when
          it is none of its, and REFUND_EXCEEDS when less of that bill's part is left. Empty: where the
          payment is for several bills, it is taken from a part that was too much for its bill, and then from
          the last part on.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _RECORD_REFUND,
            {
                "payment_id": payment_id,
                "merchant_refund_no": merchant_refund_no,
                "amount": amount,
                "reason": reason,
                "channel_refund_no": channel_refund_no,
                "finish_time": finish_time,
                "bill_no": bill_no,
            },
            idempotency_key,
            timeout_seconds,
        )

    async def record_reversal(
        self,
        *,
        payment_id: str,
        channel_takeback_no: str,
        amount: Money,
        reason: str = "",
        take_time: datetime,
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> RecordReversalResponse:
        """Records that a channel or a bank undid a payment, or a part of it: a new fact, the payment stays as it
        was paid. Idempotent by request_id and by (merchant of the payment, channel_takeback_no). 冲正

        payment_id: The payment.
        channel_takeback_no: The channel's own number for the reversal.
        amount: What was taken; above zero, in the payment's currency, at most what was paid.
        reason: Why, in the channel's words; may be empty.
        take_time: When the channel says that it took it.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _RECORD_REVERSAL,
            {
                "payment_id": payment_id,
                "channel_takeback_no": channel_takeback_no,
                "amount": amount,
                "reason": reason,
                "take_time": take_time,
            },
            idempotency_key,
            timeout_seconds,
        )

    async def record_won_chargeback(
        self,
        *,
        payment_id: str,
        channel_takeback_no: str,
        amount: Money,
        reason: str = "",
        return_time: datetime,
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> RecordWonChargebackResponse:
        """Records that the merchant won the dispute of a chargeback and has money of it again: a new fact beside
        the chargeback, which stays as it is, once for each. INVALID_FIELD when the payment has no such
        chargeback, or less was taken by it. Idempotent by request_id and by (merchant of the payment,
        channel_takeback_no). 拒付申诉成功

        payment_id: The payment.
        channel_takeback_no: The number of the chargeback, as it was told.
        amount: What was given again; above zero, in the payment's currency, at most what the chargeback took.
        reason: Why, in the channel's words; may be empty.
        return_time: When the channel says that it gave it again.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _RECORD_WON_CHARGEBACK,
            {
                "payment_id": payment_id,
                "channel_takeback_no": channel_takeback_no,
                "amount": amount,
                "reason": reason,
                "return_time": return_time,
            },
            idempotency_key,
            timeout_seconds,
        )

    async def create_split_order(
        self,
        *,
        merchant_id: str,
        split_order_no: str,
        total: Money,
        parts: Sequence[SplitOrderPartContent],
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> CreateSplitOrderResponse:
        """Tells of an order and its parts; payments of the parts may come before or after it. Idempotent by
        request_id and by (merchant_id, split_order_no). May be retried on UNAVAILABLE and after a deadline.
        BUSINESS_KEY_REUSED also when an order number is a part of another order already.

        merchant_id: The merchant that is paid.
        split_order_no: The merchant's number of the whole order.
        total: What the parts sum up to; above zero.
        parts: The parts, 2 to 100, each with an order number of its own, all in the currency of the total.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _CREATE_SPLIT_ORDER,
            {"merchant_id": merchant_id, "split_order_no": split_order_no, "total": total, "parts": parts},
            idempotency_key,
            timeout_seconds,
        )

    async def get_split_order(
        self, merchant_id: str, split_order_no: str, *, timeout_seconds: float | None = None
    ) -> GetSplitOrderResponse:
        """Gets one order with its parts as their payments stand now. Reads its own writes.

        merchant_id: The merchant.
        split_order_no: The merchant's number of the whole order.
        """
        return await self._transport.send(
            _GET_SPLIT_ORDER, {"merchant_id": merchant_id, "split_order_no": split_order_no}, "", timeout_seconds
        )
