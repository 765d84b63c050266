"""Diagnosis: its messages.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

# What should be done.
DiagnosisAction: TypeAlias = Literal[
    # Never sent.
    "ACTION_UNSPECIFIED",
    # Nothing: the invoice is in the system.
    "ACTION_NONE",
    # Nothing by hand: the system goes on by itself; text tells when.
    "ACTION_WAIT",
    # Ask for the invoice (RequestInvoice).
    "ACTION_REQUEST_INVOICE",
    # Correct what the authority refused and issue anew.
    "ACTION_CORRECT_AND_REISSUE",
    # Look at the workers and the authority's interface.
    "ACTION_CHECK_OPERATION",
    # Take the evidence to the authority.
    "ACTION_ESCALATE",
    # Reverse it by a red letter and issue anew.
    "ACTION_REVERSE_AND_REISSUE",
    # Open the gate: lift the hold, raise the quota, renew the credential.
    "ACTION_OPEN_GATE",
    # Deliver it again.
    "ACTION_DELIVER_AGAIN",
    # Ask again with the right data.
    "ACTION_ASK_AGAIN",
]

# How sure the cause is.
DiagnosisConfidence: TypeAlias = Literal[
    # Never sent.
    "CONFIDENCE_UNSPECIFIED",
    # The evidence leaves no other cause.
    "CONFIDENCE_PROVED",
    # The evidence points to it; what_would_change tells what could still overturn it.
    "CONFIDENCE_LIKELY",
    # It cannot be told now.
    "CONFIDENCE_OPEN",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """Why an invoice is not in the tax authority's system, with proof and the remedy. 诊断"""

    cause: str = ""
    """The code of the cause, such as D2; IN_SYSTEM when nothing is wrong, NOT_DUE when none is due yet."""

    title: str = ""
    """The cause in one English sentence."""

    title_zh: str = ""
    """The same in Chinese."""

    confidence: DiagnosisConfidence = "CONFIDENCE_UNSPECIFIED"
    """How sure it is."""

    evidence: Sequence[Evidence] = ()
    """The rows that prove it, oldest first; never empty."""

    action: DiagnosisAction = "ACTION_UNSPECIFIED"
    """What to do."""

    remedy: str = ""
    """What to do, in English."""

    remedy_zh: str = ""
    """The same in Chinese."""

    automatic: bool = False
    """True when the system does it without a person."""

    text_customer: str = ""
    """What the customer may be told, in Chinese."""

    text_authority: str = ""
    """What the authority may be told, in Chinese; empty when it is not concerned."""

    what_would_change: str = ""
    """What would change the verdict."""

    invoice_id: str = ""
    """The invoice; empty when there is none."""

    payment_id: str = ""
    """The payment."""

    remedy_call: str = ""
    """The call that does what the remedy says, such as POST /v1/invoices/inv_1:correct; empty when none is
    needed.
    """

    owner: str = ""
    """Who does it: AUTOMATIC, OPERATOR, FINANCE or CUSTOMER."""

    suggestion: str = ""
    """The reference that was probably meant; up to three with commas between, the likeliest first, where it
    could be several. Empty when the one that was given is right.
    """

    text_customer_en: str = ""
    """What the customer may be told, in English."""

    what_would_change_zh: str = ""
    """What would change the verdict, in Chinese."""

    invoice_number: str = ""
    """The authority's number; empty when it gave none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One row that proves something."""

    source: str = ""
    """The table that the row stands in, such as attempt, outbox, absence_round, hold or probe; question for what
    was asked.
    """

    row_id: str = ""
    """The row's id."""

    occur_time: datetime | None = None
    """When it happened."""

    fact: str = ""
    """What it shows, in English."""

    fact_zh: str = ""
    """The same in Chinese."""

    trace_id: str = ""
    """The trace that it belongs to; may be empty."""
