"""What is to be in the books: payments that are followed, invoices, their frozen documents and sealed bytes."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from services.invoice_sync.tables.base import KEY, METADATA, MOMENT

# Each payment that the feed told of, and whether it has its invoice.
payment_follow = Table(
    "payment_follow",
    METADATA,
    Column("payment_id", KEY, primary_key=True),
    Column("merchant_id", KEY, nullable=False),
    Column("merchant_order_no", Text, nullable=False, index=True),
    Column("currency_code", Text, nullable=False),
    Column("amount_minor", BigInteger, CheckConstraint("amount_minor > 0", name="amount"), nullable=False),
    Column("state", Text, nullable=False),
    Column("reconciliation_state", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("traceparent", Text, nullable=False),
    Column("invoice_id", KEY),
    Column("create_time", MOMENT, nullable=False),
    Column("update_time", MOMENT, nullable=False),
    # What went back of the amount, and what refunds that are not decided may still give back.
    Column("refunded_minor", BigInteger, nullable=False, server_default="0"),
    Column("refund_reserved_minor", BigInteger, nullable=False, server_default="0"),
    CheckConstraint(
        "least(refunded_minor, refund_reserved_minor) >= 0 AND refunded_minor + refund_reserved_minor <= amount_minor",
        name="went_back",
    ),
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
    Column("merchant_id", KEY, primary_key=True),
    Column("issue_policy", Text, nullable=False),
    Column("seller_name", Text, nullable=False),
    Column("seller_tax_id", KEY, nullable=False),
    Column("update_time", MOMENT, nullable=False),
    Column("version", BigInteger, nullable=False, server_default="1"),
)

# What an invoice is, and never where it stands. A trigger refuses every change but a next version of its document.
invoice = Table(
    "invoice",
    METADATA,
    Column("invoice_id", KEY, primary_key=True),
    Column("payment_id", KEY, nullable=False, index=True),
    Column("merchant_id", KEY, nullable=False),
    Column("merchant_order_no", Text, nullable=False, index=True),
    Column("currency_code", Text, nullable=False),
    # Below zero on a red letter, which names the invoice that it takes back of and the form that allows it.
    Column("amount_minor", BigInteger, nullable=False),
    Column("seller_name", Text, nullable=False),
    Column("seller_tax_id", KEY, nullable=False),
    Column("buyer_title", Text, nullable=False),
    Column("buyer_tax_id", KEY, nullable=False),
    Column("authority", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("credential_id", KEY, nullable=False),
    Column("issue_date", Date, nullable=False),
    Column("version", Integer, nullable=False),
    Column("document_sha256", KEY, CheckConstraint("length(document_sha256) = 64", name="sha256"), nullable=False),
    Column("idempotency_key", KEY, nullable=False, unique=True),
    # The rules of ours that this version breaks; empty for one that may be sent.
    Column("broken_rules", JSONB, nullable=False),
    Column("create_time", MOMENT, nullable=False),
    Column("traceparent", Text, nullable=False),
    Column("payment_traceparent", Text, nullable=False),
    Column("issued_by", Text, nullable=False),
    Column("kind", Text, nullable=False, server_default="BLUE"),
    Column("original_invoice_id", KEY, nullable=False, server_default=""),
    Column("red_form_id", KEY, nullable=False, server_default=""),
    Column("red_of", KEY, nullable=False, server_default=""),
    CheckConstraint(
        "kind = 'BLUE' AND amount_minor > 0"
        " OR kind = 'RED' AND amount_minor < 0 AND original_invoice_id <> '' AND red_form_id <> ''",
        name="amount",
    ),
    Index("invoice_merchant_id_invoice_id_idx", "merchant_id", "invoice_id"),
    Index("invoice_seller_tax_id_issue_date_idx", "seller_tax_id", "issue_date"),
    Index("invoice_red_form_id_key", "red_form_id", unique=True, postgresql_where=text("red_form_id <> ''")),
    Index("invoice_original_invoice_id_idx", "original_invoice_id", postgresql_where=text("original_invoice_id <> ''")),
    Index("invoice_buyer_tax_id_invoice_id_idx", "buyer_tax_id", "invoice_id"),
    Index("invoice_buyer_title_idx", "buyer_title", "invoice_id", postgresql_where=text("buyer_title <> '个人'")),
)

# Every version that was ever frozen; its bytes stand sealed in body under their SHA-256.
document = Table(
    "document",
    METADATA,
    Column("invoice_id", KEY, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("sha256", KEY, nullable=False),
    Column("idempotency_key", KEY, nullable=False),
    Column("create_time", MOMENT, nullable=False),
)

# Bytes that were sent or received, once however often they came; see chassis.crypto for how they are sealed.
body = Table(
    "body",
    METADATA,
    Column("sha256", KEY, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
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
    Column("request_id", KEY, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("invoice_id", KEY, ForeignKey("invoice.invoice_id"), nullable=False),
    Column("create_time", MOMENT, nullable=False),
)
