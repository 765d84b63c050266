"""Customers' applications about lost and wrong invoices, their proof, and each step of them."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text, text

from services.invoice_sync.tables.base import KEY, METADATA, MOMENT

invoice_application = Table(
    "invoice_application",
    METADATA,
    Column("application_id", KEY, primary_key=True),
    Column("request_id", KEY, nullable=False, unique=True),
    Column("invoice_id", KEY, ForeignKey("invoice.invoice_id"), nullable=False, index=True),
    Column("payment_id", KEY, nullable=False),
    Column("merchant_id", KEY, nullable=False),
    Column("kind", Text, nullable=False),
    Column("buyer_title", Text, nullable=False),
    Column("buyer_tax_id", KEY, nullable=False),
    Column("amount_minor", BigInteger, CheckConstraint("amount_minor >= 0", name="amount"), nullable=False),
    Column("why", Text, nullable=False),
    Column("filed_by", Text, CheckConstraint("filed_by <> ''", name="filed_by"), nullable=False),
    Column("create_time", MOMENT, nullable=False),
    Column("state", KEY, nullable=False),
    Column("state_time", MOMENT, nullable=False),
    Column("remedy", Text, nullable=False),
    # Who filed it cannot review it.
    Column("reviewed_by", Text, CheckConstraint("reviewed_by <> filed_by", name="second_person"), nullable=False),
    Column("red_letter_id", KEY, nullable=False),
    Column("new_invoice_id", KEY, nullable=False),
    # When a new invoice is tried for again; null while nothing is to be issued.
    Column("due_at", MOMENT),
    Index("invoice_application_due_at_idx", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    Index("invoice_application_merchant_id_application_id_idx", "merchant_id", "application_id"),
)

# The files, by the hash of their bytes, which stand sealed in body.
application_proof = Table(
    "application_proof",
    METADATA,
    Column("application_id", KEY, ForeignKey("invoice_application.application_id"), primary_key=True),
    Column("sha256", KEY, primary_key=True),
    Column("file_name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("byte_count", Integer, nullable=False),
)

# Append only: triggers refuse every change.
application_step = Table(
    "application_step",
    METADATA,
    Column("application_id", KEY, ForeignKey("invoice_application.application_id"), primary_key=True),
    Column("step_no", Integer, primary_key=True),
    Column("step_time", MOMENT, nullable=False),
    Column("operator", Text, CheckConstraint("operator <> ''", name="operator"), nullable=False),
    Column("to_state", Text, nullable=False),
    Column("why", Text, nullable=False),
)
