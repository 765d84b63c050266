"""What was asked of an authority and answered: begun, ended, whole; proof of absence; the log's anchors."""

from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, MetaData, Table, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY

from services.invoice_sync.tables.base import KEY, METADATA, MOMENT


def _begun() -> list[Column[Any]]:
    """The beginning of an attempt."""
    return [
        Column("invoice_id", KEY, primary_key=True),
        Column("attempt_no", Integer, primary_key=True),
        Column("attempt_id", KEY, nullable=False),
        Column("version", Integer, nullable=False),
        Column("operation", Text, nullable=False),
        Column("route", Text, nullable=False),
        Column("start_time", MOMENT, nullable=False),
        Column("request_sha256", KEY, nullable=False),
        Column("trace_id", KEY, nullable=False),
        Column("breaker_state", Text, nullable=False),
        Column("prev_log_hash", Text, nullable=False),
        Column("log_hash", Text, nullable=False),
    ]


def _ended() -> list[Column[Any]]:
    """What came of an attempt."""
    return [
        Column("end_time", MOMENT, nullable=False),
        Column("first_byte_time", MOMENT),
        Column("clock_offset_ms", BigInteger, nullable=False),
        Column("outcome", Text, nullable=False),
        Column("message", Text, nullable=False),
        Column("http_status", Integer, nullable=False),
        Column("authority_code", Text, nullable=False),
        Column("code_detail", Text, nullable=False),
        Column("url_path", Text, nullable=False),
        Column("place", Text, nullable=False),
        Column("invoice_number", KEY, nullable=False),
        Column("red_number", KEY, nullable=False),
        Column("ack_time", MOMENT),
        Column("book_time", MOMENT),
        Column("document_sha256", KEY, nullable=False),
        Column("response_sha256", KEY, nullable=False),
        Column("retry_after_seconds", Integer, nullable=False),
    ]


def _newest(table: str) -> Index:
    return Index(
        f"{table}_start_time_idx", "start_time", postgresql_using="brin", postgresql_with={"autosummarize": "true"}
    )


def _trouble(table: str) -> Index:
    """What people search for; the calls that went as they should are in none of its pages."""
    went_wrong = text("outcome NOT IN ('OK', 'ACCEPTED', 'NOT_YET', 'NOT_FOUND')")
    return Index(f"{table}_trouble_idx", "outcome", "end_time", postgresql_where=went_wrong)


# The log, append only: a submit in one row with its end. Of what is begun apart (questions, and submits whose worker
# did not come back), the beginning is in attempt_begun and the end in attempt_ended.
attempt_whole = Table(
    "attempt_whole",
    METADATA,
    *_begun(),
    *_ended(),
    Column("end_log_hash", Text, nullable=False),
    UniqueConstraint("attempt_id"),
    _newest("attempt_whole"),
    _trouble("attempt_whole"),
)

attempt_begun = Table("attempt_begun", METADATA, *_begun(), UniqueConstraint("attempt_id"), _newest("attempt_begun"))

attempt_ended = Table(
    "attempt_ended",
    METADATA,
    Column("invoice_id", KEY, primary_key=True),
    Column("attempt_no", Integer, primary_key=True),
    *_ended(),
    Column("log_hash", Text, nullable=False),
    _trouble("attempt_ended"),
)

# The submits that were begun with one claim, all in one row that is there before the first byte leaves: a line for
# each, the text whose SHA-256 is its log_hash. It goes when each of them is in the log.
attempt_batch = Table(
    "attempt_batch",
    METADATA,
    Column("batch_id", KEY, primary_key=True),
    Column("lease_id", KEY, nullable=False, index=True),
    Column("begun", Text, nullable=False),
)

# Views: every beginning, those under way among them, and every end. These are what is read.
attempt = Table("attempt", MetaData(), *_begun())

attempt_end = Table(
    "attempt_end",
    MetaData(),
    Column("invoice_id", KEY, primary_key=True),
    Column("attempt_no", Integer, primary_key=True),
    *_ended(),
    Column("log_hash", Text, nullable=False),
)

# The proof of absence, a row for each round of negative answers that counts, with the rows that it rests on.
absence_round = Table(
    "absence_round",
    METADATA,
    Column("round_id", KEY, primary_key=True),
    Column("invoice_id", KEY, ForeignKey("invoice.invoice_id"), nullable=False),
    Column("round_time", MOMENT, nullable=False),
    Column("by_key_attempt_id", KEY, nullable=False),
    Column("by_number_attempt_id", KEY),
    Column("window_attempt_id", KEY),
    Column("elsewhere_attempt_id", KEY),
    Column("canary", Text, nullable=False),
    Column("canary_probe_id", KEY),
    Column("watermark", MOMENT),
    Index("absence_round_invoice_id_round_time_idx", "invoice_id", "round_time"),
)

# A seal upon the heads of the invoices' logs that changed since the one before; see domain/log_chain.
log_anchor = Table(
    "log_anchor",
    METADATA,
    Column("anchor_no", BigInteger, primary_key=True, autoincrement=False),
    Column("anchor_time", MOMENT, nullable=False),
    Column("through_attempt_id", KEY, nullable=False),
    Column("prev_anchor_hash", Text, nullable=False),
    Column("anchor_hash", Text, nullable=False),
    Column("invoice_ids", ARRAY(Text), nullable=False),
    Column("heads", ARRAY(Text), nullable=False),
    Index("log_anchor_invoice_ids_idx", "invoice_ids", postgresql_using="gin"),
)
