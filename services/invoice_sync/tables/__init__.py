"""The tables of invoice_sync, as its newest migration leaves them. No statement stands here; those are in store/.

What is written most (outbox, attempt_whole, document, body) has no foreign keys: each would be one more look-up
for each row. The actions write parent and child in one transaction, and the sweep finds what stands alone.
"""

from services.invoice_sync.tables.application import application_proof, application_step, invoice_application
from services.invoice_sync.tables.attempt import (
    absence_round,
    attempt,
    attempt_batch,
    attempt_begun,
    attempt_end,
    attempt_ended,
    attempt_whole,
    log_anchor,
)
from services.invoice_sync.tables.base import METADATA
from services.invoice_sync.tables.bulk_request import bulk_request, bulk_row
from services.invoice_sync.tables.confirmation import confirmation
from services.invoice_sync.tables.delivery import delivery, delivery_event
from services.invoice_sync.tables.feed import feed, feed_head, feed_waiting
from services.invoice_sync.tables.gate import gate, hold, probe
from services.invoice_sync.tables.invoice import (
    body,
    document,
    feed_cursor,
    invoice,
    merchant_profile,
    payment_follow,
    request,
)
from services.invoice_sync.tables.invoiceable import invoiceable
from services.invoice_sync.tables.manual import (
    abandonment,
    manual_item,
    manual_package,
    manual_receipt,
    manual_receipt_item,
    manual_step,
)
from services.invoice_sync.tables.number import number_range, number_use, number_wanted
from services.invoice_sync.tables.paper import archive_copy, archive_event, paper, paper_body, paper_wanted
from services.invoice_sync.tables.parity import parity_difference, parity_run
from services.invoice_sync.tables.red_letter import red_letter, red_step
from services.invoice_sync.tables.standing import lease, outbox, settled, standing
from services.invoice_sync.tables.sweep import day_total, finding_case, leader, sweep, sweep_cursor

__all__ = [
    "METADATA",
    "abandonment",
    "absence_round",
    "application_proof",
    "application_step",
    "archive_copy",
    "archive_event",
    "attempt",
    "attempt_batch",
    "attempt_begun",
    "attempt_end",
    "attempt_ended",
    "attempt_whole",
    "body",
    "bulk_request",
    "bulk_row",
    "confirmation",
    "day_total",
    "delivery",
    "delivery_event",
    "document",
    "feed",
    "feed_cursor",
    "feed_head",
    "feed_waiting",
    "finding_case",
    "gate",
    "hold",
    "invoice",
    "invoice_application",
    "invoiceable",
    "leader",
    "lease",
    "log_anchor",
    "manual_item",
    "manual_package",
    "manual_receipt",
    "manual_receipt_item",
    "manual_step",
    "merchant_profile",
    "number_range",
    "number_use",
    "number_wanted",
    "outbox",
    "paper",
    "paper_body",
    "paper_wanted",
    "parity_difference",
    "parity_run",
    "payment_follow",
    "probe",
    "red_letter",
    "red_step",
    "request",
    "settled",
    "standing",
    "sweep",
    "sweep_cursor",
]
