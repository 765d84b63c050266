"""Numbers that are given first and handed over before the upload: ranges, their uses, and who waits for one.

Only adds; a release that knows none of it runs beside it.
"""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("SET lock_timeout = '4s'")
    for statement in (*_TABLES, *_STORAGE):
        op.execute(statement)


_TABLES = (
    """
    CREATE TABLE number_range (
        range_id TEXT COLLATE "C" NOT NULL,
        route TEXT NOT NULL,
        seller_tax_id TEXT COLLATE "C" NOT NULL,
        state TEXT NOT NULL CONSTRAINT number_range_state_check CHECK (state IN ('ASKED', 'OPEN', 'USED_UP')),
        count INTEGER NOT NULL,
        first_number TEXT COLLATE "C" NOT NULL,
        last_number TEXT COLLATE "C" NOT NULL,
        used_count INTEGER NOT NULL CONSTRAINT number_range_used_check CHECK (used_count BETWEEN 0 AND count),
        create_time TIMESTAMP WITH TIME ZONE NOT NULL,
        ask_at TIMESTAMP WITH TIME ZONE NOT NULL,
        ask_count INTEGER NOT NULL,
        said TEXT NOT NULL,
        CONSTRAINT number_range_pkey PRIMARY KEY (range_id)
    )
    """,
    "CREATE UNIQUE INDEX number_range_asked_key ON number_range (route, seller_tax_id) WHERE state = 'ASKED'",
    "CREATE INDEX number_range_ask_at_idx ON number_range (ask_at) WHERE state = 'ASKED'",
    "CREATE INDEX number_range_open_idx ON number_range (route, seller_tax_id, first_number) WHERE state = 'OPEN'",
    """
    CREATE TABLE number_use (
        number TEXT COLLATE "C" NOT NULL,
        range_id TEXT COLLATE "C" NOT NULL,
        invoice_id TEXT COLLATE "C" NOT NULL,
        take_time TIMESTAMP WITH TIME ZONE NOT NULL,
        handed_over_time TIMESTAMP WITH TIME ZONE,
        CONSTRAINT number_use_pkey PRIMARY KEY (number),
        CONSTRAINT number_use_range_id_fkey FOREIGN KEY(range_id) REFERENCES number_range (range_id)
    )
    """,
    "CREATE INDEX number_use_invoice_id_take_time_idx ON number_use (invoice_id, take_time)",
    """
    CREATE TABLE number_wanted (
        invoice_id TEXT COLLATE "C" NOT NULL,
        route TEXT NOT NULL,
        seller_tax_id TEXT COLLATE "C" NOT NULL,
        create_time TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT number_wanted_pkey PRIMARY KEY (invoice_id)
    )
    """,
    "CREATE INDEX number_wanted_create_time_idx ON number_wanted (create_time)",
)
# The row of an open range is updated for each number, in the free half of its page.
_STORAGE = ("ALTER TABLE number_range SET (fillfactor = 50)",)
