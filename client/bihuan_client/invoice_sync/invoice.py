"""Invoice: its messages.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from bihuan_client.basics import Money

# What an invoice does.
InvoiceKind: TypeAlias = Literal[
    # Never sent.
    "INVOICE_KIND_UNSPECIFIED",
    # It invoices money. 蓝字发票
    "INVOICE_KIND_BLUE",
    # It takes back of a blue one. 红字发票
    "INVOICE_KIND_RED",
]

# When an invoice is issued for a payment without being asked for.
IssuePolicy: TypeAlias = Literal[
    # Never sent.
    "ISSUE_POLICY_UNSPECIFIED",
    # As soon as the payment has succeeded.
    "ISSUE_POLICY_ON_SUCCESS",
    # As soon as the channel's statement confirms the payment.
    "ISSUE_POLICY_ON_RECONCILIATION",
    # Only by RequestInvoice.
    "ISSUE_POLICY_ON_REQUEST",
]

# How far an invoice has come with the tax authority. Acknowledged is not booked, and booked is not confirmed.
SyncState: TypeAlias = Literal[
    # Never sent.
    "SYNC_STATE_UNSPECIFIED",
    # The document is frozen and waits to be sent.
    "SYNC_STATE_READY",
    # An uploader holds it; its attempt was written down before the first byte.
    "SYNC_STATE_SENDING",
    # Proved not received; sent again at next_attempt_time.
    "SYNC_STATE_RETRY_WAIT",
    # It may have been received; it is only asked for, never sent again, until that is known.
    "SYNC_STATE_UNKNOWN",
    # The authority said yes and gave a number; not yet seen in its main database.
    "SYNC_STATE_ACKED",
    # Read back from the authority's main database by number and by our key, equal in content.
    "SYNC_STATE_BOOKED",
    # Proved absent at the authority; the same bytes under the same key are sent again.
    "SYNC_STATE_ABSENT",
    # The authority holds something else under our key; a person must look.
    "SYNC_STATE_MISMATCH",
    # Refused for good, with a code.
    "SYNC_STATE_REJECTED",
    # Acknowledged or booked before, and not found since.
    "SYNC_STATE_MISSING",
    # It breaks a rule that we check ourselves; it is not sent until it is corrected.
    "SYNC_STATE_INVALID",
    # Ready, and its gate is closed: see held_by.
    "SYNC_STATE_HELD",
    # Taken by the authority, which gave a reference and no number yet.
    "SYNC_STATE_SUBMITTED",
    # Read back a second time, above the authority's watermark, and the control totals agree.
    "SYNC_STATE_CONFIRMED",
    # Voided or fully reversed at the authority.
    "SYNC_STATE_VOIDED",
    # Given up by a person, with a reason.
    "SYNC_STATE_ABANDONED",
    # Exported for a person to carry to the authority; nothing sends it, and it is only asked for.
    "SYNC_STATE_MANUAL",
    # Never sent: all the money that it was for went back before.
    "SYNC_STATE_CANCELLED",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenRule:
    """A rule that a document breaks."""

    rule: str = ""
    """The rule, such as CURRENCY."""

    field: str = ""
    """The field of the document."""

    message: str = ""
    """What is wrong and how to cure it, in English."""

    message_zh: str = ""
    """The same in Chinese."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """The invoice for one payment, and where it stands with the tax authority. 发票"""

    invoice_id: str = ""
    """Ours."""

    payment_id: str = ""
    """The payment."""

    merchant_id: str = ""
    """The merchant, who is the seller."""

    merchant_order_no: str = ""
    """The merchant's order number."""

    amount: Money | None = None
    """What is invoiced, tax included."""

    seller_name: str = field(default="", repr=False)
    """The seller's name."""

    seller_tax_id: str = field(default="", repr=False)
    """The seller's tax number. 纳税人识别号"""

    buyer_title: str = field(default="", repr=False)
    """The buyer's name as it stands on the invoice. 发票抬头"""

    buyer_tax_id: str = field(default="", repr=False)
    """The buyer's tax number; empty for a person."""

    sync_state: SyncState = "SYNC_STATE_UNSPECIFIED"
    """Where it stands."""

    invoice_number: str = ""
    """The authority's number; empty until it gave one. 发票号码"""

    document_sha256: str = ""
    """SHA-256 of the frozen bytes that are sent, 64 hex digits."""

    idempotency_key: str = ""
    """The key under which they are sent, every time the same."""

    submit_count: int = 0
    """How often they were sent, or exported to be carried there by hand."""

    next_attempt_time: datetime | None = None
    """When it is next looked at; unset when nothing is due."""

    ack_time: datetime | None = None
    """When the authority acknowledged it, as it told."""

    book_time: datetime | None = None
    """When the authority booked it, as it told."""

    create_time: datetime | None = None
    """When it was made here."""

    trace_id: str = ""
    """The trace that it belongs to, 32 hex digits; of the payment when it was issued by policy."""

    payment_trace_id: str = ""
    """The trace in which the payment was recorded."""

    issued_by: IssuePolicy = "ISSUE_POLICY_UNSPECIFIED"
    """The policy that issued it; ON_REQUEST when it was asked for."""

    version: int = 0
    """The version of the document; a correction makes the next."""

    deadline_time: datetime | None = None
    """By when it has to be in the authority's system."""

    confirm_time: datetime | None = None
    """When it was confirmed; unset before."""

    environment: str = ""
    """Which of the authority's environments it belongs to, such as production."""

    region: str = ""
    """Which of its regions: the first two digits of the administrative division, such as 11 for Beijing."""

    held_by: str = ""
    """What closes its gate when it is HELD: QUOTA, LOGIN, CERTIFICATE, OUTAGE, MANUAL or BREAKER."""

    given_up: str = ""
    """Why nothing is tried any more, until someone asks again: COUNT, AGE, DEADLINE or RESENT; empty while it
    goes on. REFUND needs nobody to ask: it waits to be made again for what refunds left, and is sent then.
    """

    broken_rules: Sequence[BrokenRule] = ()
    """The rules that it breaks when it is INVALID."""

    red_number: str = ""
    """The number of the red letter that reversed it; empty when none did. 红字发票号码"""

    kind: InvoiceKind = "INVOICE_KIND_UNSPECIFIED"
    """Blue, or red."""

    original_invoice_id: str = ""
    """Of a red one: the blue invoice that it takes back of. Its amount is below zero."""
