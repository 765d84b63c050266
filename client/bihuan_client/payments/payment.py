"""Payment: its messages.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from bihuan_client.basics import Money

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
