"""Import: its messages.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """Payments that come in bulk, under one id that the importer chose: how far they have come. 批量导入"""

    import_id: str = ""
    """The importer's."""

    next_batch_no: int = 0
    """Where to go on: batches below this one are in, with the result of each of their rows."""

    total_row_count: int = 0
    """Rows that the importer said there are in all; 0 when it did not say."""

    row_count: int = 0
    """Rows that were judged so far."""

    recorded_count: int = 0
    """Of these, payments that were new and are recorded."""

    replayed_count: int = 0
    """Of these, payments that had been recorded before with the same content."""

    refused_count: int = 0
    """Of these, rows that were refused; ListImportRefusals tells each with its cause and cure."""

    create_time: datetime | None = None
    """When the first batch came."""

    update_time: datetime | None = None
    """When the last batch came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRefusal:
    """A row that was not recorded, why, and what to do. The rows beside it are."""

    batch_no: int = 0
    """The batch, from 0."""

    row_no: int = 0
    """The row's place in its batch, from 0."""

    reason: str = ""
    """A value of ErrorReason without its prefix, as RecordPayment would give it for the row."""

    field: str = ""
    """The fields at fault, as RecordPayment names them, joined by commas."""

    rule: str = ""
    """The rules that they break, in the same order, joined by commas; empty for a reused key."""

    message: str = ""
    """What is wrong, in English."""

    message_zh: str = ""
    """What is wrong, in Chinese."""

    cure: str = ""
    """What to do, in English."""

    cure_zh: str = ""
    """What to do, in Chinese."""

    payment_id: str = ""
    """The payment that holds the business key, when that is why; else empty."""
