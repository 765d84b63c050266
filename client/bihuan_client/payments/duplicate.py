"""Duplicate: its messages.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from bihuan_client.basics import Money

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
