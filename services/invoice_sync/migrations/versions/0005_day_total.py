"""Our own control totals of each seller's day, kept as invoices enter and leave the books.

And an index of what is parked, which is looked for by seller before totals are compared.
"""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute("SET lock_timeout = '4s'")
    for statement in _STATEMENTS:
        op.execute(statement)


_STATEMENTS = (
    """
    CREATE TABLE day_total (
        seller_tax_id text COLLATE "C" NOT NULL,
        issue_date date NOT NULL,
        blue_count integer NOT NULL,
        blue_minor bigint NOT NULL,
        count_time timestamptz,
        CONSTRAINT day_total_pkey PRIMARY KEY (seller_tax_id, issue_date)
    )
    """,
    """
    INSERT INTO day_total (seller_tax_id, issue_date, blue_count, blue_minor)
    SELECT invoice.seller_tax_id, invoice.issue_date, count(*), sum(invoice.amount_minor)
    FROM standing JOIN invoice ON invoice.invoice_id = standing.invoice_id
    WHERE standing.sync_state IN ('BOOKED', 'CONFIRMED')
        OR standing.sync_state = 'VOIDED' AND standing.red_number <> ''
    GROUP BY invoice.seller_tax_id, invoice.issue_date
    """,
    "CREATE INDEX outbox_parked_idx ON outbox (lane) WHERE parked_reason <> ''",
)
