"""Split order: its messages.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from bihuan_client.basics import Money

from .payment import PaymentState

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
