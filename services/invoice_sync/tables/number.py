"""Invoice numbers that are given before the first submit."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text, text

from services.invoice_sync.tables.base import KEY, METADATA, MOMENT

# Numbers in a row that the authority gives a seller beforehand. The row is there, ASKED, before they are asked for; its
# id is the key of the call, so that a lost answer is given again. OPEN while some are left, USED_UP then.
number_range = Table(
    "number_range",
    METADATA,
    Column("range_id", KEY, primary_key=True),
    Column("route", Text, nullable=False),
    Column("seller_tax_id", KEY, nullable=False),
    Column("state", Text, CheckConstraint("state IN ('ASKED', 'OPEN', 'USED_UP')", name="state"), nullable=False),
    Column("count", Integer, nullable=False),
    Column("first_number", KEY, nullable=False),
    Column("last_number", KEY, nullable=False),
    Column("used_count", Integer, CheckConstraint("used_count BETWEEN 0 AND count", name="used"), nullable=False),
    Column("create_time", MOMENT, nullable=False),
    Column("ask_at", MOMENT, nullable=False),
    Column("ask_count", Integer, nullable=False),
    # What the last call brought when it brought no numbers, for people.
    Column("said", Text, nullable=False),
    Index("number_range_asked_key", "route", "seller_tax_id", unique=True, postgresql_where=text("state = 'ASKED'")),
    Index("number_range_ask_at_idx", "ask_at", postgresql_where=text("state = 'ASKED'")),
    Index("number_range_open_idx", "route", "seller_tax_id", "first_number", postgresql_where=text("state = 'OPEN'")),
)

# Which invoice bears which number; that one is used twice is impossible here.
number_use = Table(
    "number_use",
    METADATA,
    Column("number", KEY, primary_key=True),
    Column("range_id", KEY, ForeignKey("number_range.range_id"), nullable=False),
    Column("invoice_id", KEY, nullable=False),
    Column("take_time", MOMENT, nullable=False),
    # When someone outside was first told the number, with or without an upload.
    Column("handed_over_time", MOMENT),
    Index("number_use_invoice_id_take_time_idx", "invoice_id", "take_time"),
)

# Invoices that wait for a number, until the numbers come.
number_wanted = Table(
    "number_wanted",
    METADATA,
    Column("invoice_id", KEY, primary_key=True),
    Column("route", Text, nullable=False),
    Column("seller_tax_id", KEY, nullable=False),
    Column("create_time", MOMENT, nullable=False),
    Index("number_wanted_create_time_idx", "create_time"),
)
