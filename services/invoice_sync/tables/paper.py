"""What people hold in hand of an invoice: its XML and PDF, where their copies are, and what became of those."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, LargeBinary, Table, Text

from services.invoice_sync.tables.base import KEY, METADATA, MOMENT

# Invoices whose papers are to be made: written with what enters the books, gone with the papers.
paper_wanted = Table(
    "paper_wanted",
    METADATA,
    Column("invoice_id", KEY, primary_key=True),
    Column("due_at", MOMENT, nullable=False),
    Column("tries", Integer, nullable=False),
    Index("paper_wanted_due_at_idx", "due_at"),
)

# One for each version and kind, never changed: sha256 is of the file itself, sealed_sha256 of what is kept of it.
paper = Table(
    "paper",
    METADATA,
    Column("invoice_id", KEY, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("kind", KEY, CheckConstraint("kind IN ('XML', 'PDF')", name="kind"), primary_key=True),
    Column("sha256", KEY, CheckConstraint("length(sha256) = 64", name="sha256"), nullable=False),
    Column("sealed_sha256", KEY, CheckConstraint("length(sealed_sha256) = 64", name="sealed_sha256"), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("create_time", MOMENT, nullable=False),
    Index("paper_sealed_sha256_key", "sealed_sha256", unique=True),
)

# The sealed files themselves, until every place of the archive has shown that it holds them.
paper_body = Table(
    "paper_body",
    METADATA,
    Column("sealed_sha256", KEY, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)

# A copy in one place of the archive, and when it is next looked at.
archive_copy = Table(
    "archive_copy",
    METADATA,
    Column("place", KEY, primary_key=True),
    Column("sealed_sha256", KEY, primary_key=True),
    Column("state", KEY, CheckConstraint("state IN ('WANTED', 'WHOLE', 'LOST')", name="state"), nullable=False),
    Column("due_at", MOMENT, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("verify_time", MOMENT),
    Index("archive_copy_due_at_idx", "place", "due_at"),
    Index("archive_copy_sealed_sha256_idx", "sealed_sha256"),
)

# What was found to be wrong with a copy, and what was done. Append only.
archive_event = Table(
    "archive_event",
    METADATA,
    Column("event_id", KEY, primary_key=True),
    Column("place", KEY, nullable=False),
    Column("sealed_sha256", KEY, nullable=False),
    Column("kind", Text, nullable=False),
    Column("event_time", MOMENT, nullable=False),
    Index("archive_event_sealed_sha256_idx", "sealed_sha256"),
)
