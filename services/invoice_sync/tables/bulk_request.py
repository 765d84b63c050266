"""Files that ask for many invoices: the file, how far it has come, and each row with its result."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from services.invoice_sync.tables.base import KEY, METADATA, MOMENT

# The bytes of the file stand sealed in body under their SHA-256.
bulk_request = Table(
    "bulk_request",
    METADATA,
    Column("bulk_request_id", KEY, primary_key=True),
    Column("merchant_id", KEY, nullable=False),
    Column("file_sha256", KEY, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("row_count", Integer, nullable=False),
    Column("wrong_count", Integer, nullable=False),
    Column("invoiced_count", Integer, nullable=False),
    Column("awaiting_count", Integer, nullable=False),
    Column("refused_count", Integer, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("create_time", MOMENT, nullable=False),
    Column("update_time", MOMENT, nullable=False),
    Column("decided_by", Text, nullable=False),
    CheckConstraint(
        "least(invoiced_count, awaiting_count, refused_count) >= 0"
        " AND invoiced_count + awaiting_count + refused_count <= row_count",
        name="counts",
    ),
    Index("bulk_request_file_key", "merchant_id", "file_sha256", unique=True),
    Index("bulk_request_open_idx", "bulk_request_id", postgresql_where=text("state = 'REQUESTING'")),
)

bulk_row = Table(
    "bulk_row",
    METADATA,
    Column("bulk_request_id", KEY, ForeignKey("bulk_request.bulk_request_id"), primary_key=True),
    Column("row_no", Integer, primary_key=True),
    Column("payment_id", KEY, nullable=False),
    Column("merchant_order_no", Text, nullable=False),
    # What the row says the amount is, in minor units; 0 when it says nothing.
    Column("amount_minor", BigInteger, nullable=False),
    # As in confirmation; empty when the row was wrong, since nothing is asked for with it.
    Column("sealed", LargeBinary, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("invoice_id", KEY, nullable=False),
    Column("confirmation_id", KEY, nullable=False),
    Column("findings", JSONB, nullable=False),
    Index("bulk_row_waits_idx", "bulk_request_id", "row_no", postgresql_where=text("outcome = 'WAITS'")),
)
