"""Where an invoice stands: the working set, what is done, and who holds what for how long."""

from typing import Any

from sqlalchemy import Column, Index, Integer, MetaData, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY

from services.invoice_sync.tables.base import KEY, METADATA, MOMENT


def _standing() -> list[Column[Any]]:
    """Where an invoice stands: the same columns while something is due and after."""
    return [
        Column("invoice_id", KEY, primary_key=True),
        Column("version", Integer, nullable=False),
        Column("sync_state", KEY, nullable=False),
        Column("deadline_at", MOMENT, nullable=False),
        Column("tries", Integer, nullable=False),
        Column("submit_count", Integer, nullable=False),
        Column("attempt_count", Integer, nullable=False),
        Column("look_count", Integer, nullable=False),
        Column("seal_count", Integer, nullable=False),
        Column("invoice_number", KEY, nullable=False),
        Column("red_number", KEY, nullable=False),
        Column("ack_time", MOMENT),
        Column("book_time", MOMENT),
        Column("confirm_time", MOMENT),
        Column("settle_from", MOMENT, nullable=False),
        Column("state_time", MOMENT, nullable=False),
        Column("create_time", MOMENT, nullable=False),
        Column("parked_reason", KEY, nullable=False),
        Column("log_head", Text, nullable=False),
    ]


# The working set: a row for each invoice that something is due for, and only for those. No index holds the lease, so
# that a claim changes no index. A row in a lane that begins with ! is in a hurry.
outbox = Table(
    "outbox",
    METADATA,
    *_standing(),
    Column("work", KEY, nullable=False),
    Column("due_at", MOMENT, nullable=False),
    Column("lane", KEY, nullable=False),
    Column("lease_id", KEY, nullable=False),
    Index("outbox_due_idx", "work", "lane", "due_at", postgresql_where=text("parked_reason = ''")),
    Index(
        "outbox_deadline_idx",
        "deadline_at",
        postgresql_where=text("work = 'SUBMIT' AND parked_reason = '' AND left(lane, 1) <> '!'"),
    ),
    Index("outbox_not_booked_idx", "invoice_id", postgresql_where=text("work <> 'CONFIRM'")),
    Index("outbox_invoice_number_idx", "invoice_number", postgresql_where=text("invoice_number <> ''")),
    Index("outbox_parked_idx", "lane", postgresql_where=text("parked_reason <> ''")),
)

# Where an invoice stands for which nothing is due; check_at is when a sample of these is read again.
settled = Table(
    "settled",
    METADATA,
    *_standing(),
    Column("check_at", MOMENT),
    Index("settled_check_at_idx", "check_at", postgresql_where=text("check_at IS NOT NULL")),
    Index("settled_sync_state_invoice_id_idx", "sync_state", "invoice_id"),
    Index("settled_invoice_number_idx", "invoice_number", postgresql_where=text("invoice_number <> ''")),
)

# A view over both, so no part of what the migrations are compared with.
standing = Table(
    "standing",
    MetaData(),
    *_standing(),
    Column("work", KEY),
    Column("due_at", MOMENT),
    Column("lane", KEY),
    Column("lease_id", KEY),
    Column("check_at", MOMENT),
)

lease = Table(
    "lease",
    METADATA,
    Column("lease_id", KEY, primary_key=True),
    Column("until", MOMENT, nullable=False),
    Column("invoice_ids", ARRAY(Text), nullable=False),
)
