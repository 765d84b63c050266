"""What sweeps leave behind: reports, cursors, who leads, cases, the totals of each day."""

from sqlalchemy import BigInteger, Column, Date, Index, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from services.invoice_sync.tables.base import KEY, METADATA, MOMENT

# What a person should see: totals that differ, records that are not ours, what went missing after it was there.
finding_case = Table(
    "finding_case",
    METADATA,
    Column("case_id", KEY, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("invoice_id", KEY, nullable=False),
    Column("seller_tax_id", KEY, nullable=False),
    Column("issue_date", Text, nullable=False),
    Column("reference", KEY, nullable=False),
    Column("fact", Text, nullable=False),
    Column("fact_zh", Text, nullable=False),
    Column("open_time", MOMENT, nullable=False),
    Column("close_time", MOMENT),
    Index(
        "finding_case_open_key",
        "kind",
        "invoice_id",
        "seller_tax_id",
        "issue_date",
        "reference",
        unique=True,
        postgresql_where=text("close_time IS NULL"),
    ),
)

# What of a seller's day stands in the books by our knowledge, moved in the transaction that moves an invoice in or out.
# count_time is when it was last counted out of the invoices themselves, which a difference asks for.
day_total = Table(
    "day_total",
    METADATA,
    Column("seller_tax_id", KEY, primary_key=True),
    Column("issue_date", Date, primary_key=True),
    Column("blue_count", Integer, nullable=False),
    Column("blue_minor", BigInteger, nullable=False),
    Column("count_time", MOMENT),
    Column("red_count", Integer, nullable=False, server_default="0"),
    Column("red_minor", BigInteger, nullable=False, server_default="0"),
)

sweep = Table(
    "sweep",
    METADATA,
    Column("sweep_id", KEY, primary_key=True),
    Column("start_time", MOMENT, nullable=False),
    Column("end_time", MOMENT, nullable=False),
    # What each pass counted, by name; the names are those of domain/sweep.
    Column("counts", JSONB, nullable=False),
    Column("oldest_time", MOMENT),
)

# How far a pass that goes round has come: an id, a time or a page, as the pass itself writes it.
sweep_cursor = Table(
    "sweep_cursor",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("position", Text, nullable=False),
    Column("update_time", MOMENT, nullable=False),
)

leader = Table(
    "leader",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("until", MOMENT, nullable=False),
)
