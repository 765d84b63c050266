"""Bulk request: its messages.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from .confirmation import CheckFinding

# What is done with the good rows of a file that has wrong ones too.
BulkRequestMode: TypeAlias = Literal[
    # Never sent.
    "MODE_UNSPECIFIED",
    # They are asked for.
    "MODE_ACCEPT_GOOD",
    # Nothing is asked for until somebody releases the good ones.
    "MODE_HOLD_ALL",
]

# What became of it.
BulkRequestRowOutcome: TypeAlias = Literal[
    # Never sent.
    "OUTCOME_UNSPECIFIED",
    # It is good, and its turn has not come.
    "OUTCOME_WAITS",
    # It has its invoice.
    "OUTCOME_INVOICED",
    # A second person has to confirm it.
    "OUTCOME_AWAITS_CONFIRMATION",
    # It was wrong, or nothing could be invoiced; see the findings.
    "OUTCOME_REFUSED",
]

# Where it stands.
BulkRequestState: TypeAlias = Literal[
    # Never sent.
    "STATE_UNSPECIFIED",
    # It has wrong rows, and waits to be released or cancelled.
    "STATE_HELD",
    # Its good rows are being asked for, slice by slice.
    "STATE_REQUESTING",
    # Each row has its result. Rows that await a second person go on in their confirmations.
    "STATE_DONE",
    # Cancelled while it was held: nothing was asked for.
    "STATE_CANCELLED",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkRequest:
    """Invoices that are asked for by a file of rows, and what became of each row. 批量开票申请"""

    bulk_request_id: str = ""
    """Ours."""

    merchant_id: str = ""
    """The merchant whose payments the rows name."""

    file_sha256: str = ""
    """SHA-256 of the file, 64 hex digits. A merchant's same file is never taken twice."""

    file_name: str = ""
    """The file's name, for people."""

    mode: BulkRequestMode = "MODE_UNSPECIFIED"
    """What the caller chose."""

    state: BulkRequestState = "STATE_UNSPECIFIED"
    """Where it stands."""

    row_count: int = 0
    """Rows below the header."""

    wrong_count: int = 0
    """Rows that were wrong when the file came."""

    done_count: int = 0
    """Rows that have their result: for progress, with row_count."""

    invoiced_count: int = 0
    """Of these, rows that have an invoice."""

    awaiting_count: int = 0
    """Of these, rows that await a second person, or did when they were asked for."""

    refused_count: int = 0
    """Of these, rows that were refused: the wrong ones, and those of which nothing could be invoiced any more."""

    requested_by: str = ""
    """Who sent it."""

    create_time: datetime | None = None
    """When the file came."""

    update_time: datetime | None = None
    """When it last moved."""

    decided_by: str = ""
    """Who released or cancelled it; empty when nobody had to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkRequestFinding:
    """What was found in a cell."""

    column: str = ""
    """The column's name as the file has it; empty for what is of the whole row."""

    value: str = ""
    """What stands there, masked where it is a name, a tax number or an address; at most 80 characters."""

    finding: CheckFinding | None = None
    """The rule, what it found, and the cure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkRequestRow:
    """A row of the file and its result."""

    row_no: int = 0
    """The row's number in the file, as a spreadsheet shows it: the header is row 1."""

    payment_id: str = ""
    """The payment; empty when none was found."""

    merchant_order_no: str = ""
    """The merchant's order number, when the row names the payment by it."""

    outcome: BulkRequestRowOutcome = "OUTCOME_UNSPECIFIED"
    """What became of it."""

    invoice_id: str = ""
    """Its invoice."""

    confirmation_id: str = ""
    """Its confirmation, when it needs one."""

    findings: Sequence[BulkRequestFinding] = ()
    """What was found, the worst first."""
