"""The money of each payment that has an invoice: what was invoiced, taken back, and is still to be taken back."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Table, text

from services.invoice_sync.tables.base import KEY, METADATA

# One running row for each payment that was ever invoiced. Whoever makes a blue invoice raises invoiced_minor in the
# same transaction, and who makes one again for less before it is sent lowers it; a red letter raises red_minor when it
# stands in the authority's books, not before, since until then it may still fail. red_required_minor is what a refund
# that came after an invoice asks to be taken back; what the feed tells moves it up, and what the authority's list shows
# of a cancelled invoice, and nothing else: so no request passes never_over, however many race.
invoiceable = Table(
    "invoiceable",
    METADATA,
    Column("payment_id", KEY, primary_key=True),
    Column("amount_minor", BigInteger, nullable=False),
    Column("refunded_minor", BigInteger, nullable=False),
    Column("invoiced_minor", BigInteger, nullable=False),
    Column("red_minor", BigInteger, nullable=False),
    Column("red_required_minor", BigInteger, nullable=False),
    CheckConstraint(
        "invoiced_minor - red_minor - red_required_minor <= amount_minor - refunded_minor", name="never_over"
    ),
    CheckConstraint("red_minor BETWEEN 0 AND invoiced_minor", name="red"),
    CheckConstraint("red_required_minor BETWEEN 0 AND invoiced_minor - red_minor", name="red_required"),
    # What is still to be taken back is little of all, and looked for by each sweep.
    Index("invoiceable_to_take_back_idx", "payment_id", postgresql_where=text("red_required_minor > 0")),
)
