"""Invoices that are sent to people by mail: what is due for each, and all that happened to it."""

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text, text

from services.invoice_sync.tables.base import KEY, METADATA, MOMENT

delivery = Table(
    "delivery",
    METADATA,
    Column("delivery_id", KEY, primary_key=True),
    Column("invoice_id", KEY, nullable=False),
    Column("request_id", KEY, nullable=False, unique=True),
    Column("fingerprint", Text, nullable=False),
    # The address opens with the keys of documents only; people are shown the masked one.
    Column("sealed_address", LargeBinary, nullable=False),
    Column("masked_address", Text, nullable=False),
    Column("operator", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("state", KEY, nullable=False),
    Column("tries", Integer, nullable=False),
    # When it is next tried; null when nothing more is done by itself.
    Column("due_at", MOMENT),
    Column("last_answer", Text, nullable=False),
    Column("create_time", MOMENT, nullable=False),
    Column("update_time", MOMENT, nullable=False),
    Index("delivery_due_at_idx", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    Index("delivery_invoice_id_delivery_id_idx", "invoice_id", "delivery_id"),
)

# Each step of a delivery, in order. Append only.
delivery_event = Table(
    "delivery_event",
    METADATA,
    Column("delivery_id", KEY, primary_key=True),
    Column("event_no", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("operator", Text, nullable=False),
    Column("event_time", MOMENT, nullable=False),
)
