"""The feed of what became of invoices: what waits for its number, and what has one. No statement stands here."""

from typing import Any

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Identity, Integer, Table, text

from services.invoice_sync.tables.base import KEY, METADATA, MOMENT


def _told() -> list[Column[Any]]:
    """Where a change left an invoice; what else is told of it never changes, and is read from the invoice."""
    return [
        Column("invoice_id", KEY, nullable=False),
        Column("kind", KEY, nullable=False),
        Column("sync_state", KEY, nullable=False),
        Column("version", Integer, nullable=False),
        Column("invoice_number", KEY, nullable=False),
        Column("red_number", KEY, nullable=False),
        Column("parked_reason", KEY, nullable=False),
    ]


# A change that has no sequence: none is given before the commit. The changes of one invoice have their places in the
# order in which they commit, since each holds the invoice's row when it takes one; others need not.
feed_waiting = Table(
    "feed_waiting",
    METADATA,
    Column("place", BigInteger, Identity(always=True), primary_key=True),
    *_told(),
    Column("change_time", MOMENT, nullable=False, server_default=text("now()")),
)

feed = Table(
    "feed",
    METADATA,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    *_told(),
    Column("change_time", MOMENT, nullable=False),
)

# The highest sequence that was given; one row, whose lock is the right to number. Up to `dropped_sequence` changes may
# be missing, since they are older than what is kept; above it none is.
feed_head = Table(
    "feed_head",
    METADATA,
    Column("single_row", Boolean, CheckConstraint("single_row", name="single_row"), primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("dropped_sequence", BigInteger, nullable=False),
)
