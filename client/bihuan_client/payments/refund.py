"""Refund: its messages.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from bihuan_client.basics import Money

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
