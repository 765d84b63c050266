"""What people carry to the authority by hand: packages, their invoices, receipts, and every step with who and why."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from services.invoice_sync.tables.base import KEY, METADATA, MOMENT

# A file that was exported once; its bytes stand sealed in body under content_sha256, so that it can be had again.
manual_package = Table(
    "manual_package",
    METADATA,
    Column("package_id", KEY, primary_key=True),
    Column("request_id", KEY, nullable=False, unique=True),
    Column("fingerprint", Text, nullable=False),
    Column("seller_tax_id", KEY, nullable=False),
    Column("route", Text, nullable=False),
    Column("invoice_count", Integer, CheckConstraint("invoice_count > 0", name="invoice_count"), nullable=False),
    Column("currency_code", Text, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("content_sha256", KEY, nullable=False),
    Column("export_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("export_time", MOMENT, nullable=False),
    Index("manual_package_seller_idx", "seller_tax_id", "package_id"),
)

manual_item = Table(
    "manual_item",
    METADATA,
    Column("package_id", KEY, ForeignKey("manual_package.package_id"), primary_key=True),
    Column("item_no", Integer, primary_key=True),
    Column("invoice_id", KEY, ForeignKey("invoice.invoice_id"), nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("document_sha256", KEY, nullable=False),
    Column("idempotency_key", KEY, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("issue_date", Date, nullable=False),
)

# What came back. It proves nothing: what it says is asked for at the authority.
manual_receipt = Table(
    "manual_receipt",
    METADATA,
    Column("receipt_id", KEY, primary_key=True),
    Column("package_id", KEY, ForeignKey("manual_package.package_id"), nullable=False),
    Column("content_sha256", KEY, nullable=False),
    Column("taken_count", Integer, nullable=False),
    Column("refused_count", Integer, nullable=False),
    Column("import_by", Text, nullable=False),
    Column("import_time", MOMENT, nullable=False),
    UniqueConstraint("package_id", "content_sha256"),
)

manual_receipt_item = Table(
    "manual_receipt_item",
    METADATA,
    Column("receipt_id", KEY, ForeignKey("manual_receipt.receipt_id"), primary_key=True),
    Column("item_no", Integer, primary_key=True),
    Column("status", Text, CheckConstraint("status IN ('TAKEN', 'REFUSED')", name="status"), nullable=False),
    Column("invoice_number", KEY, nullable=False),
    Column("authority_code", Text, nullable=False),
)

# Append only.
manual_step = Table(
    "manual_step",
    METADATA,
    Column("step_id", KEY, primary_key=True),
    Column("package_id", KEY, ForeignKey("manual_package.package_id"), nullable=False, index=True),
    Column("kind", Text, CheckConstraint("kind IN ('EXPORTED', 'RECEIPT', 'RELEASED')", name="kind"), nullable=False),
    Column("operator", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("invoice_count", Integer, nullable=False),
    Column("step_time", MOMENT, nullable=False),
)

# Who wants an invoice left for good, and who else decided; never one person alone.
abandonment = Table(
    "abandonment",
    METADATA,
    Column("abandonment_id", KEY, primary_key=True),
    Column("request_id", KEY, nullable=False, unique=True),
    Column("invoice_id", KEY, ForeignKey("invoice.invoice_id"), nullable=False, index=True),
    Column("sync_state", Text, nullable=False),
    Column(
        "state", Text, CheckConstraint("state IN ('PROPOSED', 'APPROVED', 'DECLINED')", name="state"), nullable=False
    ),
    Column("propose_by", Text, nullable=False),
    Column("propose_reason", Text, nullable=False),
    Column("propose_time", MOMENT, nullable=False),
    Column("decide_by", Text, nullable=False),
    Column("decide_reason", Text, nullable=False),
    Column("decide_time", MOMENT),
    CheckConstraint("(state = 'PROPOSED') = (decide_by = '' AND decide_time IS NULL)", name="decided"),
    CheckConstraint("propose_by <> '' AND propose_by <> decide_by", name="two_persons"),
    Index("abandonment_open_key", "invoice_id", unique=True, postgresql_where=text("state = 'PROPOSED'")),
)
