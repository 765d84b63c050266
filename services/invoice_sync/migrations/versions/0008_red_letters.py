"""The money row of each invoiced payment, which no request passes; invoices of two kinds, blue and red.

What was invoiced before is counted out of the invoices. A payment may have several invoices from now on: the one that
payment_follow names is its newest blue one. Upgrade the service with the migration: the release before does not move
the money row.
"""

from alembic import op

revision = "0008"
down_revision = "0006"


def upgrade() -> None:
    op.execute("SET lock_timeout = '4s'")
    for statement in (*_MONEY, *_KINDS, *_TOTALS):
        op.execute(statement)


_MONEY = (
    """
    CREATE TABLE invoiceable (
        payment_id text COLLATE "C" NOT NULL,
        amount_minor bigint NOT NULL,
        refunded_minor bigint NOT NULL,
        invoiced_minor bigint NOT NULL,
        red_minor bigint NOT NULL,
        red_required_minor bigint NOT NULL,
        CONSTRAINT invoiceable_pkey PRIMARY KEY (payment_id),
        CONSTRAINT invoiceable_never_over_check CHECK (
            invoiced_minor - red_minor - red_required_minor <= amount_minor - refunded_minor
        ),
        CONSTRAINT invoiceable_red_check CHECK (red_minor BETWEEN 0 AND invoiced_minor),
        CONSTRAINT invoiceable_red_required_check CHECK (red_required_minor BETWEEN 0 AND refunded_minor)
    )
    """,
    """
    INSERT INTO invoiceable
    SELECT payment_id, told.amount_minor, told.refunded_minor, invoice.amount_minor, 0,
        greatest(0, invoice.amount_minor - (told.amount_minor - told.refunded_minor))
    FROM invoice JOIN payment_follow AS told USING (payment_id)
    """,
)
_KINDS = (
    """
    ALTER TABLE invoice
        ADD COLUMN kind text NOT NULL DEFAULT 'BLUE',
        ADD COLUMN original_invoice_id text COLLATE "C" NOT NULL DEFAULT '',
        ADD COLUMN red_form_id text COLLATE "C" NOT NULL DEFAULT '',
        DROP CONSTRAINT invoice_amount_check,
        ADD CONSTRAINT invoice_amount_check CHECK (
            kind = 'BLUE' AND amount_minor > 0
            OR kind = 'RED' AND amount_minor < 0 AND original_invoice_id <> '' AND red_form_id <> ''
        ),
        DROP CONSTRAINT invoice_payment_id_key
    """,
    "CREATE INDEX invoice_payment_id_idx ON invoice (payment_id)",
    """
    CREATE INDEX invoice_original_invoice_id_idx ON invoice (original_invoice_id) WHERE original_invoice_id <> ''
    """,
    """
    CREATE TRIGGER invoice_kind_frozen
    BEFORE UPDATE OF kind, original_invoice_id, red_form_id ON invoice
    FOR EACH ROW EXECUTE FUNCTION refuse_change('frozen')
    """,
    "CREATE UNIQUE INDEX invoice_red_form_id_key ON invoice (red_form_id) WHERE red_form_id <> ''",
)
_TOTALS = (
    """
    ALTER TABLE day_total
        ADD COLUMN red_count integer NOT NULL DEFAULT 0,
        ADD COLUMN red_minor bigint NOT NULL DEFAULT 0
    """,
)
