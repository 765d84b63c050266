"""The tables of invoice_sync, as its newest migration leaves them. No statement stands here; those are in store/."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from chassis import database

METADATA = database.metadata()
_MOMENT = DateTime(timezone=True)

# Each payment that the feed told of, and whether it has its invoice.
payment_follow = Table(
    "payment_follow",
    METADATA,
    Column("payment_id", Text, primary_key=True),
    Column("merchant_id", Text, nullable=False),
    Column("merchant_order_no", Text, nullable=False, index=True),
    Column("currency_code", Text, nullable=False),
    Column("amount_minor", BigInteger, CheckConstraint("amount_minor > 0", name="amount"), nullable=False),
    Column("state", Text, nullable=False),
    Column("reconciliation_state", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("traceparent", Text, nullable=False),
    Column("invoice_id", Text),
    Column("create_time", _MOMENT, nullable=False),
    Column("update_time", _MOMENT, nullable=False),
    # What the sweep reads: only the payments whose money is there and whose invoice is not.
    Index(
        "payment_follow_open_idx",
        "merchant_id",
        "payment_id",
        postgresql_where=text("invoice_id IS NULL AND state = 'SUCCEEDED'"),
    ),
)

merchant_profile = Table(
    "merchant_profile",
    METADATA,
    Column("merchant_id", Text, primary_key=True),
    Column("issue_policy", Text, nullable=False),
    Column("seller_name", Text, nullable=False),
    Column("seller_tax_id", Text, nullable=False),
    Column("update_time", _MOMENT, nullable=False),
)

# The frozen bytes, their hash and their key stand in the row of the invoice, so that none is ever without the other.
invoice = Table(
    "invoice",
    METADATA,
    Column("invoice_id", Text, primary_key=True),
    Column("payment_id", Text, nullable=False, unique=True),
    Column("merchant_id", Text, nullable=False),
    Column("merchant_order_no", Text, nullable=False, index=True),
    Column("currency_code", Text, nullable=False),
    Column("amount_minor", BigInteger, CheckConstraint("amount_minor > 0", name="amount"), nullable=False),
    Column("seller_name", Text, nullable=False),
    Column("seller_tax_id", Text, nullable=False),
    Column("buyer_title", Text, nullable=False),
    Column("buyer_tax_id", Text, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("document_sha256", Text, CheckConstraint("length(document_sha256) = 64", name="sha256"), nullable=False),
    Column("idempotency_key", Text, nullable=False, unique=True),
    Column("sync_state", Text, nullable=False),
    Column("invoice_number", Text, nullable=False),
    Column("submit_count", Integer, nullable=False),
    Column("attempt_count", Integer, nullable=False),
    Column("look_count", Integer, nullable=False),
    Column("ack_time", _MOMENT),
    Column("book_time", _MOMENT),
    Column("settle_from", _MOMENT, nullable=False),
    Column("state_time", _MOMENT, nullable=False),
    Column("create_time", _MOMENT, nullable=False),
    Column("traceparent", Text, nullable=False),
    Column("payment_traceparent", Text, nullable=False),
    Column("issued_by", Text, nullable=False),
    Index("invoice_sync_state_invoice_id_idx", "sync_state", "invoice_id"),
    Index("invoice_merchant_id_invoice_id_idx", "merchant_id", "invoice_id"),
    Index("invoice_invoice_number_idx", "invoice_number", postgresql_where=text("invoice_number <> ''")),
)

# Narrow, since it is written most: a row for each invoice that something is due for.
outbox = Table(
    "outbox",
    METADATA,
    Column("invoice_id", Text, ForeignKey("invoice.invoice_id"), primary_key=True),
    Column("work", Text, nullable=False),
    Column("due_at", _MOMENT, nullable=False),
    Column("lease_until", _MOMENT),
    Column("lease_owner", Text),
    Column("attempts", Integer, nullable=False),
    # Given up: nothing is done until someone asks for the invoice again.
    Column("parked", Boolean, nullable=False),
    CheckConstraint("(lease_until IS NULL) = (lease_owner IS NULL)", name="lease"),
    Index("outbox_due_idx", "work", "due_at", postgresql_where=text("lease_until IS NULL AND NOT parked")),
    Index("outbox_lease_idx", "lease_until", postgresql_where=text("lease_until IS NOT NULL")),
)

# Append only: a row is finished once, from outcome '' to its outcome; a trigger refuses anything else.
attempt = Table(
    "attempt",
    METADATA,
    Column("attempt_id", Text, primary_key=True),
    Column("invoice_id", Text, ForeignKey("invoice.invoice_id"), nullable=False),
    Column("attempt_no", Integer, nullable=False),
    Column("operation", Text, nullable=False),
    Column("start_time", _MOMENT, nullable=False),
    Column("end_time", _MOMENT),
    Column("request_sha256", Text, nullable=False),
    Column("trace_id", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("http_status", Integer, nullable=False),
    Column("authority_code", Text, nullable=False),
    Column("invoice_number", Text, nullable=False),
    Column("document_sha256", Text, nullable=False),
    Column("response_sha256", Text, nullable=False),
    Column("retry_after_seconds", Integer, nullable=False),
    UniqueConstraint("invoice_id", "attempt_no"),
)

# The proof of absence, a row for each round of negative answers that counts.
absence_round = Table(
    "absence_round",
    METADATA,
    Column("round_id", Text, primary_key=True),
    Column("invoice_id", Text, ForeignKey("invoice.invoice_id"), nullable=False),
    Column("round_time", _MOMENT, nullable=False),
    Column("by_key_attempt_id", Text, ForeignKey("attempt.attempt_id"), nullable=False),
    Column("by_number_attempt_id", Text, ForeignKey("attempt.attempt_id")),
    Column("canary", Text, nullable=False),
    Column("canary_attempt_id", Text, ForeignKey("attempt.attempt_id")),
    Index("absence_round_invoice_id_round_time_idx", "invoice_id", "round_time"),
)

sweep = Table(
    "sweep",
    METADATA,
    Column("sweep_id", Text, primary_key=True),
    Column("start_time", _MOMENT, nullable=False),
    Column("end_time", _MOMENT, nullable=False),
    Column("scanned_count", Integer, nullable=False),
    Column("lease_expired_count", Integer, nullable=False),
    Column("missing_count", Integer, nullable=False),
    Column("resent_count", Integer, nullable=False),
    Column("issued_count", Integer, nullable=False),
)

feed_cursor = Table(
    "feed_cursor",
    METADATA,
    Column("feed", Text, primary_key=True),
    Column("next_sequence", BigInteger, nullable=False),
)

# What each request_id stood for, written in the transaction of its effect.
request = Table(
    "request",
    METADATA,
    Column("request_id", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("invoice_id", Text, ForeignKey("invoice.invoice_id"), nullable=False),
    Column("create_time", _MOMENT, nullable=False),
)
