"""Bill: its messages.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from bihuan_client.basics import Money

from .payment import PaymentState

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
