"""Confirmation: its messages.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from bihuan_client.basics import Money

# What a finding does.
CheckFindingWeight: TypeAlias = Literal[
    # Never sent.
    "WEIGHT_UNSPECIFIED",
    # It refuses.
    "WEIGHT_BROKEN",
    # A second person has to confirm.
    "WEIGHT_RISK",
    # It is only told.
    "WEIGHT_REMARK",
]

# Where it stands.
ConfirmationState: TypeAlias = Literal[
    # Never sent.
    "STATE_UNSPECIFIED",
    # Nothing is issued until somebody else than who asked has decided.
    "STATE_AWAITS_CONFIRMATION",
    # Confirmed, and issued in the same moment.
    "STATE_CONFIRMED",
    # Refused; the payment may be asked for again.
    "STATE_REFUSED",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckFinding:
    """One rule about what was asked for, and what it found. It holds no name, tax number or address."""

    weight: CheckFindingWeight = "WEIGHT_UNSPECIFIED"
    """What it does."""

    rule: str = ""
    """The rule, such as TAX_ID_CHECK_DIGIT."""

    field: str = ""
    """The field, as RequestInvoice names it."""

    message: str = ""
    """What is wrong, in English."""

    message_zh: str = ""
    """What is wrong, in Chinese."""

    cure: str = ""
    """What to do, in English."""

    cure_zh: str = ""
    """What to do, in Chinese."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """What an invoice was asked for with that a second person has to confirm, before anything is frozen.
    复核开票申请
    """

    confirmation_id: str = ""
    """Ours."""

    payment_id: str = ""
    """The payment."""

    merchant_id: str = ""
    """The merchant, who is the seller."""

    amount: Money | None = None
    """What was left of the payment when it was asked for, tax included."""

    buyer_title: str = field(default="", repr=False)
    """The buyer's name as it shall stand on the invoice."""

    buyer_tax_id: str = field(default="", repr=False)
    """The buyer's tax number; empty for a person."""

    natural_person: bool = False
    """Whether the applicant said that the buyer is a natural person."""

    state: ConfirmationState = "STATE_UNSPECIFIED"
    """Where it stands."""

    findings: Sequence[CheckFinding] = ()
    """What has to be confirmed, and what is worth knowing beside it."""

    requested_by: str = ""
    """Who asked, when."""

    create_time: datetime | None = None
    """When it was asked for."""

    decided_by: str = ""
    """Who decided; empty before."""

    reason: str = ""
    """Why."""

    decide_time: datetime | None = None
    """When; unset before."""

    invoice_id: str = ""
    """The invoice, once confirmed."""

    bulk_request_id: str = ""
    """The bulk request whose row asked for it; empty when it was asked for alone."""
