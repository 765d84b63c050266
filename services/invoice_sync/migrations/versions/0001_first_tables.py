"""The first tables of invoice_sync, and the two triggers that keep documents frozen and the log append-only."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("SET lock_timeout = '4s'")
    for statement in (*_TABLES, *_FROZEN_DOCUMENT, *_APPEND_ONLY_LOG):
        op.execute(statement)


def downgrade() -> None:
    for table in reversed(_NAMES):
        op.execute(f"DROP TABLE {table}")
    op.execute("DROP FUNCTION refuse_change")


_NAMES = (
    "feed_cursor",
    "invoice",
    "merchant_profile",
    "payment_follow",
    "sweep",
    "attempt",
    "outbox",
    "request",
    "absence_round",
)
_TABLES = (
    """
    CREATE TABLE feed_cursor (
        feed TEXT NOT NULL,
        next_sequence BIGINT NOT NULL,
        CONSTRAINT feed_cursor_pkey PRIMARY KEY (feed)
    )
    """,
    """
    CREATE TABLE invoice (
        invoice_id TEXT COLLATE "C" NOT NULL,
        payment_id TEXT COLLATE "C" NOT NULL,
        merchant_id TEXT COLLATE "C" NOT NULL,
        merchant_order_no TEXT NOT NULL,
        currency_code TEXT NOT NULL,
        amount_minor BIGINT NOT NULL CONSTRAINT invoice_amount_check CHECK (amount_minor > 0),
        seller_name TEXT NOT NULL,
        seller_tax_id TEXT COLLATE "C" NOT NULL,
        buyer_title TEXT NOT NULL,
        buyer_tax_id TEXT COLLATE "C" NOT NULL,
        document BYTEA NOT NULL,
        document_sha256 TEXT COLLATE "C" NOT NULL CONSTRAINT invoice_sha256_check CHECK (length(document_sha256) = 64),
        idempotency_key TEXT COLLATE "C" NOT NULL,
        sync_state TEXT COLLATE "C" NOT NULL,
        invoice_number TEXT COLLATE "C" NOT NULL,
        submit_count INTEGER NOT NULL,
        attempt_count INTEGER NOT NULL,
        look_count INTEGER NOT NULL,
        ack_time TIMESTAMP WITH TIME ZONE,
        book_time TIMESTAMP WITH TIME ZONE,
        settle_from TIMESTAMP WITH TIME ZONE NOT NULL,
        state_time TIMESTAMP WITH TIME ZONE NOT NULL,
        create_time TIMESTAMP WITH TIME ZONE NOT NULL,
        traceparent TEXT NOT NULL,
        payment_traceparent TEXT NOT NULL,
        issued_by TEXT NOT NULL,
        CONSTRAINT invoice_pkey PRIMARY KEY (invoice_id),
        CONSTRAINT invoice_payment_id_key UNIQUE (payment_id),
        CONSTRAINT invoice_idempotency_key_key UNIQUE (idempotency_key)
    )
    """,
    "CREATE INDEX invoice_invoice_number_idx ON invoice (invoice_number) WHERE invoice_number <> ''",
    "CREATE INDEX invoice_merchant_id_invoice_id_idx ON invoice (merchant_id, invoice_id)",
    "CREATE INDEX invoice_merchant_order_no_idx ON invoice (merchant_order_no)",
    "CREATE INDEX invoice_sync_state_invoice_id_idx ON invoice (sync_state, invoice_id)",
    """
    CREATE TABLE merchant_profile (
        merchant_id TEXT COLLATE "C" NOT NULL,
        issue_policy TEXT NOT NULL,
        seller_name TEXT NOT NULL,
        seller_tax_id TEXT COLLATE "C" NOT NULL,
        update_time TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT merchant_profile_pkey PRIMARY KEY (merchant_id)
    )
    """,
    """
    CREATE TABLE payment_follow (
        payment_id TEXT COLLATE "C" NOT NULL,
        merchant_id TEXT COLLATE "C" NOT NULL,
        merchant_order_no TEXT NOT NULL,
        currency_code TEXT NOT NULL,
        amount_minor BIGINT NOT NULL CONSTRAINT payment_follow_amount_check CHECK (amount_minor > 0),
        state TEXT NOT NULL,
        reconciliation_state TEXT NOT NULL,
        version BIGINT NOT NULL,
        traceparent TEXT NOT NULL,
        invoice_id TEXT COLLATE "C",
        create_time TIMESTAMP WITH TIME ZONE NOT NULL,
        update_time TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT payment_follow_pkey PRIMARY KEY (payment_id)
    )
    """,
    "CREATE INDEX payment_follow_merchant_order_no_idx ON payment_follow (merchant_order_no)",
    """
    CREATE INDEX payment_follow_open_idx ON payment_follow (merchant_id, payment_id)
        WHERE invoice_id IS NULL AND state = 'SUCCEEDED'
    """,
    """
    CREATE TABLE sweep (
        sweep_id TEXT COLLATE "C" NOT NULL,
        start_time TIMESTAMP WITH TIME ZONE NOT NULL,
        end_time TIMESTAMP WITH TIME ZONE NOT NULL,
        scanned_count INTEGER NOT NULL,
        lease_expired_count INTEGER NOT NULL,
        missing_count INTEGER NOT NULL,
        resent_count INTEGER NOT NULL,
        issued_count INTEGER NOT NULL,
        CONSTRAINT sweep_pkey PRIMARY KEY (sweep_id)
    )
    """,
    """
    CREATE TABLE attempt (
        attempt_id TEXT COLLATE "C" NOT NULL,
        invoice_id TEXT COLLATE "C" NOT NULL,
        attempt_no INTEGER NOT NULL,
        operation TEXT NOT NULL,
        start_time TIMESTAMP WITH TIME ZONE NOT NULL,
        end_time TIMESTAMP WITH TIME ZONE,
        request_sha256 TEXT COLLATE "C" NOT NULL,
        trace_id TEXT COLLATE "C" NOT NULL,
        outcome TEXT NOT NULL,
        message TEXT NOT NULL,
        http_status INTEGER NOT NULL,
        authority_code TEXT NOT NULL,
        invoice_number TEXT COLLATE "C" NOT NULL,
        document_sha256 TEXT COLLATE "C" NOT NULL,
        response_sha256 TEXT COLLATE "C" NOT NULL,
        retry_after_seconds INTEGER NOT NULL,
        CONSTRAINT attempt_pkey PRIMARY KEY (attempt_id),
        CONSTRAINT attempt_invoice_id_attempt_no_key UNIQUE (invoice_id, attempt_no),
        CONSTRAINT attempt_invoice_id_fkey FOREIGN KEY(invoice_id) REFERENCES invoice (invoice_id)
    )
    """,
    """
    CREATE TABLE outbox (
        invoice_id TEXT COLLATE "C" NOT NULL,
        work TEXT COLLATE "C" NOT NULL,
        due_at TIMESTAMP WITH TIME ZONE NOT NULL,
        lease_until TIMESTAMP WITH TIME ZONE,
        lease_owner TEXT,
        attempts INTEGER NOT NULL,
        parked BOOLEAN NOT NULL,
        CONSTRAINT outbox_pkey PRIMARY KEY (invoice_id),
        CONSTRAINT outbox_lease_check CHECK ((lease_until IS NULL) = (lease_owner IS NULL)),
        CONSTRAINT outbox_invoice_id_fkey FOREIGN KEY(invoice_id) REFERENCES invoice (invoice_id)
    )
    """,
    "CREATE INDEX outbox_due_idx ON outbox (work, due_at) WHERE lease_until IS NULL AND NOT parked",
    "CREATE INDEX outbox_lease_idx ON outbox (lease_until) WHERE lease_until IS NOT NULL",
    """
    CREATE TABLE request (
        request_id TEXT COLLATE "C" NOT NULL,
        fingerprint TEXT NOT NULL,
        invoice_id TEXT COLLATE "C" NOT NULL,
        create_time TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT request_pkey PRIMARY KEY (request_id),
        CONSTRAINT request_invoice_id_fkey FOREIGN KEY(invoice_id) REFERENCES invoice (invoice_id)
    )
    """,
    """
    CREATE TABLE absence_round (
        round_id TEXT COLLATE "C" NOT NULL,
        invoice_id TEXT COLLATE "C" NOT NULL,
        round_time TIMESTAMP WITH TIME ZONE NOT NULL,
        by_key_attempt_id TEXT COLLATE "C" NOT NULL,
        by_number_attempt_id TEXT COLLATE "C",
        canary TEXT NOT NULL,
        canary_attempt_id TEXT COLLATE "C",
        CONSTRAINT absence_round_pkey PRIMARY KEY (round_id),
        CONSTRAINT absence_round_invoice_id_fkey FOREIGN KEY(invoice_id) REFERENCES invoice (invoice_id),
        CONSTRAINT absence_round_by_key_attempt_id_fkey FOREIGN KEY(by_key_attempt_id) REFERENCES attempt (attempt_id),
        CONSTRAINT absence_round_by_number_attempt_id_fkey
            FOREIGN KEY(by_number_attempt_id) REFERENCES attempt (attempt_id),
        CONSTRAINT absence_round_canary_attempt_id_fkey FOREIGN KEY(canary_attempt_id) REFERENCES attempt (attempt_id)
    )
    """,
    "CREATE INDEX absence_round_invoice_id_round_time_idx ON absence_round (invoice_id, round_time)",
)
_FROZEN_DOCUMENT = (
    """
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% of % is refused: it is %', TG_OP, TG_TABLE_NAME, TG_ARGV[0];
    END $$
    """,
    """
    CREATE TRIGGER invoice_document_frozen
    BEFORE UPDATE OF document, document_sha256, idempotency_key, payment_id ON invoice
    FOR EACH ROW EXECUTE FUNCTION refuse_change('frozen before the first attempt')
    """,
)
_APPEND_ONLY_LOG = (
    """
    CREATE TRIGGER attempt_finished_once
    BEFORE UPDATE ON attempt
    FOR EACH ROW WHEN (OLD.outcome <> '') EXECUTE FUNCTION refuse_change('finished')
    """,
    """
    CREATE TRIGGER attempt_never_deleted
    BEFORE DELETE ON attempt
    FOR EACH ROW EXECUTE FUNCTION refuse_change('append only')
    """,
)
