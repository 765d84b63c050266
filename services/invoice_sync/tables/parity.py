"""What comparing a period's control totals left behind: the result, and each difference by its invoice."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Date, ForeignKey, Index, Integer, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from services.invoice_sync.tables.base import KEY, METADATA, MOMENT

# A comparison of a seller's day or month. Only check_time ever changes: comparing again with the same result makes no
# second row.
parity_run = Table(
    "parity_run",
    METADATA,
    Column("run_id", KEY, primary_key=True),
    Column("seller_tax_id", KEY, nullable=False),
    Column("first_date", Date, nullable=False),
    Column("last_date", Date, nullable=False),
    Column(
        "state",
        Text,
        CheckConstraint("state IN ('AGREES', 'UNSETTLED', 'DIFFERS', 'NOT_NAMED')", name="state"),
        nullable=False,
    ),
    # Whether the authority's book was complete up to the end of the period.
    Column("complete", Boolean, nullable=False),
    Column("watermark", MOMENT, nullable=False),
    # Of the period and in no book yet: to be sent still, or sent and not settled.
    Column("waiting_count", Integer, nullable=False),
    Column("difference_count", Integer, nullable=False),
    # Of each day on which either side has anything: the day, our sums, theirs. The names are those of domain/parity.
    Column("days", JSONB, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("start_time", MOMENT, nullable=False),
    Column("check_time", MOMENT, nullable=False),
    Index("parity_run_period_idx", "seller_tax_id", "first_date", "last_date", "run_id"),
)

parity_difference = Table(
    "parity_difference",
    METADATA,
    Column("run_id", KEY, ForeignKey("parity_run.run_id"), primary_key=True),
    Column("difference_no", Integer, primary_key=True),
    Column("difference_class", Text, nullable=False),
    Column("issue_date", Date, nullable=False),
    Column("kind", Text, nullable=False),
    # Ours; empty for what the authority alone has.
    Column("invoice_id", KEY, nullable=False),
    # The authority's; empty for what we alone have and it gave no number.
    Column("invoice_number", KEY, nullable=False),
    Column("ours_minor", BigInteger),
    Column("theirs_minor", BigInteger),
    Column("ours_state", Text, nullable=False),
    Column("theirs_state", Text, nullable=False),
)
