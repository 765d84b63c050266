"""Takeback: its messages.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from bihuan_client.basics import Money

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
