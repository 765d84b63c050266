"""What a second person has to confirm before an invoice is issued, and files that ask for many invoices."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.execute("SET lock_timeout = '4s'")
    for statement in (*_CONFIRMATIONS, *_BULK_REQUESTS):
        op.execute(statement)


_CONFIRMATIONS = (
    """
    CREATE TABLE confirmation (
        confirmation_id text COLLATE "C" NOT NULL,
        request_id text COLLATE "C" NOT NULL,
        fingerprint text NOT NULL,
        payment_id text COLLATE "C" NOT NULL,
        merchant_id text COLLATE "C" NOT NULL,
        currency_code text NOT NULL,
        amount_minor bigint NOT NULL,
        sealed bytea NOT NULL,
        findings jsonb NOT NULL,
        state text NOT NULL,
        requested_by text COLLATE "C" NOT NULL,
        create_time timestamptz NOT NULL,
        bulk_request_id text COLLATE "C" NOT NULL,
        decided_by text COLLATE "C",
        reason text,
        decide_time timestamptz,
        invoice_id text COLLATE "C",
        CONSTRAINT confirmation_pkey PRIMARY KEY (confirmation_id),
        CONSTRAINT confirmation_request_id_key UNIQUE (request_id),
        CONSTRAINT confirmation_second_person_check CHECK (requested_by <> '' AND decided_by <> requested_by),
        CONSTRAINT confirmation_decided_check CHECK (
            CASE state
                WHEN 'AWAITS_CONFIRMATION' THEN num_nonnulls(decided_by, reason, decide_time, invoice_id) = 0
                WHEN 'CONFIRMED' THEN num_nonnulls(decided_by, reason, decide_time, invoice_id) = 4
                ELSE state = 'REFUSED' AND num_nonnulls(decided_by, reason, decide_time) = 3 AND invoice_id IS NULL
            END
        )
    )
    """,
    """
    CREATE UNIQUE INDEX confirmation_awaits_key ON confirmation (payment_id) WHERE state = 'AWAITS_CONFIRMATION'
    """,
    """
    CREATE INDEX confirmation_merchant_id_confirmation_id_idx ON confirmation (merchant_id, confirmation_id)
    """,
    """
    CREATE TRIGGER confirmation_decided
    BEFORE UPDATE OR DELETE ON confirmation
    FOR EACH ROW WHEN (OLD.state <> 'AWAITS_CONFIRMATION') EXECUTE FUNCTION refuse_change('decided')
    """,
)
_BULK_REQUESTS = (
    """
    CREATE TABLE bulk_request (
        bulk_request_id text COLLATE "C" NOT NULL,
        merchant_id text COLLATE "C" NOT NULL,
        file_sha256 text COLLATE "C" NOT NULL,
        file_name text NOT NULL,
        mode text NOT NULL,
        state text NOT NULL,
        row_count integer NOT NULL,
        wrong_count integer NOT NULL,
        invoiced_count integer NOT NULL,
        awaiting_count integer NOT NULL,
        refused_count integer NOT NULL,
        requested_by text NOT NULL,
        create_time timestamptz NOT NULL,
        update_time timestamptz NOT NULL,
        decided_by text NOT NULL,
        CONSTRAINT bulk_request_pkey PRIMARY KEY (bulk_request_id),
        CONSTRAINT bulk_request_counts_check CHECK (
            least(invoiced_count, awaiting_count, refused_count) >= 0
            AND invoiced_count + awaiting_count + refused_count <= row_count
        )
    )
    """,
    "CREATE UNIQUE INDEX bulk_request_file_key ON bulk_request (merchant_id, file_sha256)",
    "CREATE INDEX bulk_request_open_idx ON bulk_request (bulk_request_id) WHERE state = 'REQUESTING'",
    """
    CREATE TABLE bulk_row (
        bulk_request_id text COLLATE "C" NOT NULL,
        row_no integer NOT NULL,
        payment_id text COLLATE "C" NOT NULL,
        merchant_order_no text NOT NULL,
        amount_minor bigint NOT NULL,
        sealed bytea NOT NULL,
        outcome text NOT NULL,
        invoice_id text COLLATE "C" NOT NULL,
        confirmation_id text COLLATE "C" NOT NULL,
        findings jsonb NOT NULL,
        CONSTRAINT bulk_row_pkey PRIMARY KEY (bulk_request_id, row_no),
        CONSTRAINT bulk_row_bulk_request_id_fkey FOREIGN KEY (bulk_request_id)
            REFERENCES bulk_request (bulk_request_id)
    )
    """,
    "CREATE INDEX bulk_row_waits_idx ON bulk_row (bulk_request_id, row_no) WHERE outcome = 'WAITS'",
)
