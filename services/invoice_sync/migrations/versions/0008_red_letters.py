"""The money row of each invoiced payment, which no request passes; invoices of two kinds, blue and red; red letters;
applications of customers.

What was invoiced before is counted out of the invoices. A payment may have several invoices from now on: the one that
payment_follow names is its newest blue one. Upgrade the service with the migration: the release before does not move
the money row.
"""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute("SET lock_timeout = '4s'")
    for statement in (*_MONEY, *_KINDS, *_TOTALS, *_LETTERS, *_APPLICATIONS, *_APPEND_ONLY):
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
        ADD COLUMN red_of text COLLATE "C" NOT NULL DEFAULT '',
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
    BEFORE UPDATE OF kind, original_invoice_id, red_form_id, red_of ON invoice
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
_LETTERS = (
    """
    CREATE TABLE red_letter (
        red_letter_id text COLLATE "C" NOT NULL CONSTRAINT red_letter_pkey PRIMARY KEY,
        request_id text COLLATE "C" NOT NULL CONSTRAINT red_letter_request_id_key UNIQUE,
        invoice_id text COLLATE "C" NOT NULL
            CONSTRAINT red_letter_invoice_id_fkey REFERENCES invoice (invoice_id),
        payment_id text COLLATE "C" NOT NULL,
        merchant_id text COLLATE "C" NOT NULL,
        currency_code text NOT NULL,
        amount_minor bigint NOT NULL CONSTRAINT red_letter_amount_check CHECK (amount_minor < 0),
        reason text NOT NULL,
        note text NOT NULL,
        applied_by text NOT NULL,
        state text COLLATE "C" NOT NULL,
        operator text NOT NULL,
        create_time timestamptz NOT NULL,
        state_time timestamptz NOT NULL,
        form_id text COLLATE "C" NOT NULL,
        expire_time timestamptz,
        red_invoice_id text COLLATE "C" NOT NULL,
        wanted_move text,
        application_id text COLLATE "C" NOT NULL,
        try_count integer NOT NULL,
        due_at timestamptz
    )
    """,
    "CREATE INDEX red_letter_invoice_id_idx ON red_letter (invoice_id)",
    """
    CREATE UNIQUE INDEX red_letter_active_key ON red_letter (invoice_id) WHERE state IN (
        'APPLYING', 'NO_CONFIRMATION_NEEDED', 'AWAITING_BUYER', 'AWAITING_SELLER', 'CONFIRMED', 'ISSUED', 'RED_REFUSED'
    )
    """,
    "CREATE UNIQUE INDEX red_letter_form_id_key ON red_letter (form_id) WHERE form_id <> ''",
    "CREATE INDEX red_letter_due_at_idx ON red_letter (due_at) WHERE due_at IS NOT NULL",
    "CREATE INDEX red_letter_merchant_id_red_letter_id_idx ON red_letter (merchant_id, red_letter_id)",
    """
    CREATE TABLE red_step (
        red_letter_id text COLLATE "C" NOT NULL
            CONSTRAINT red_step_red_letter_id_fkey REFERENCES red_letter (red_letter_id),
        step_no integer NOT NULL,
        step_time timestamptz NOT NULL,
        operator text NOT NULL CONSTRAINT red_step_operator_check CHECK (operator <> ''),
        to_state text NOT NULL,
        move text NOT NULL,
        why text NOT NULL,
        authority_code text NOT NULL,
        response_sha256 text COLLATE "C" NOT NULL,
        CONSTRAINT red_step_pkey PRIMARY KEY (red_letter_id, step_no)
    )
    """,
)
_APPLICATIONS = (
    """
    CREATE TABLE invoice_application (
        application_id text COLLATE "C" NOT NULL CONSTRAINT invoice_application_pkey PRIMARY KEY,
        request_id text COLLATE "C" NOT NULL CONSTRAINT invoice_application_request_id_key UNIQUE,
        invoice_id text COLLATE "C" NOT NULL
            CONSTRAINT invoice_application_invoice_id_fkey REFERENCES invoice (invoice_id),
        payment_id text COLLATE "C" NOT NULL,
        merchant_id text COLLATE "C" NOT NULL,
        kind text NOT NULL,
        buyer_title text NOT NULL,
        buyer_tax_id text COLLATE "C" NOT NULL,
        amount_minor bigint NOT NULL CONSTRAINT invoice_application_amount_check CHECK (amount_minor >= 0),
        why text NOT NULL,
        filed_by text NOT NULL CONSTRAINT invoice_application_filed_by_check CHECK (filed_by <> ''),
        create_time timestamptz NOT NULL,
        state text COLLATE "C" NOT NULL,
        state_time timestamptz NOT NULL,
        remedy text NOT NULL,
        reviewed_by text NOT NULL
            CONSTRAINT invoice_application_second_person_check CHECK (reviewed_by <> filed_by),
        red_letter_id text COLLATE "C" NOT NULL,
        new_invoice_id text COLLATE "C" NOT NULL,
        due_at timestamptz
    )
    """,
    "CREATE INDEX invoice_application_invoice_id_idx ON invoice_application (invoice_id)",
    "CREATE INDEX invoice_application_due_at_idx ON invoice_application (due_at) WHERE due_at IS NOT NULL",
    """
    CREATE INDEX invoice_application_merchant_id_application_id_idx
    ON invoice_application (merchant_id, application_id)
    """,
    """
    CREATE TABLE application_proof (
        application_id text COLLATE "C" NOT NULL
            CONSTRAINT application_proof_application_id_fkey REFERENCES invoice_application (application_id),
        sha256 text COLLATE "C" NOT NULL,
        file_name text NOT NULL,
        media_type text NOT NULL,
        byte_count integer NOT NULL,
        CONSTRAINT application_proof_pkey PRIMARY KEY (application_id, sha256)
    )
    """,
    """
    CREATE TABLE application_step (
        application_id text COLLATE "C" NOT NULL
            CONSTRAINT application_step_application_id_fkey REFERENCES invoice_application (application_id),
        step_no integer NOT NULL,
        step_time timestamptz NOT NULL,
        operator text NOT NULL CONSTRAINT application_step_operator_check CHECK (operator <> ''),
        to_state text NOT NULL,
        why text NOT NULL,
        CONSTRAINT application_step_pkey PRIMARY KEY (application_id, step_no)
    )
    """,
)
_APPENDED = ("red_step", "application_proof", "application_step")
_APPEND_ONLY = tuple(
    statement
    for table in _APPENDED
    for statement in (
        f"""
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION refuse_change('append only')
        """,
        f"""
        CREATE TRIGGER {table}_never_truncated BEFORE TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('append only')
        """,
    )
)
