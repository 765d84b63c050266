"""Control totals by period, packages that people carry to the authority, and who abandoned what.

Only adds; a release that knows none of it runs beside it, unless something is MANUAL: it does not know that state.
"""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.execute("SET lock_timeout = '4s'")
    for statement in (*_PARITY, *_MANUAL, *_ABANDONMENT, *_FROZEN):
        op.execute(statement)


_PARITY = (
    """
    CREATE TABLE parity_run (
        run_id text COLLATE "C" NOT NULL,
        seller_tax_id text COLLATE "C" NOT NULL,
        first_date date NOT NULL,
        last_date date NOT NULL,
        state text NOT NULL CONSTRAINT parity_run_state_check CHECK (
            state IN ('AGREES', 'UNSETTLED', 'DIFFERS', 'NOT_NAMED')
        ),
        complete boolean NOT NULL,
        watermark timestamptz NOT NULL,
        waiting_count integer NOT NULL,
        difference_count integer NOT NULL,
        days jsonb NOT NULL,
        fingerprint text NOT NULL,
        start_time timestamptz NOT NULL,
        check_time timestamptz NOT NULL,
        CONSTRAINT parity_run_pkey PRIMARY KEY (run_id)
    )
    """,
    "CREATE INDEX parity_run_period_idx ON parity_run (seller_tax_id, first_date, last_date, run_id)",
    """
    CREATE TABLE parity_difference (
        run_id text COLLATE "C" NOT NULL,
        difference_no integer NOT NULL,
        difference_class text NOT NULL,
        issue_date date NOT NULL,
        kind text NOT NULL,
        invoice_id text COLLATE "C" NOT NULL,
        invoice_number text COLLATE "C" NOT NULL,
        ours_minor bigint,
        theirs_minor bigint,
        ours_state text NOT NULL,
        theirs_state text NOT NULL,
        CONSTRAINT parity_difference_pkey PRIMARY KEY (run_id, difference_no),
        CONSTRAINT parity_difference_run_id_fkey FOREIGN KEY (run_id) REFERENCES parity_run (run_id)
    )
    """,
)
_MANUAL = (
    """
    CREATE TABLE manual_package (
        package_id text COLLATE "C" NOT NULL,
        request_id text COLLATE "C" NOT NULL,
        fingerprint text NOT NULL,
        seller_tax_id text COLLATE "C" NOT NULL,
        route text NOT NULL,
        invoice_count integer NOT NULL CONSTRAINT manual_package_invoice_count_check CHECK (invoice_count > 0),
        currency_code text NOT NULL,
        amount_minor bigint NOT NULL,
        content_sha256 text COLLATE "C" NOT NULL,
        export_by text NOT NULL,
        reason text NOT NULL,
        export_time timestamptz NOT NULL,
        CONSTRAINT manual_package_pkey PRIMARY KEY (package_id),
        CONSTRAINT manual_package_request_id_key UNIQUE (request_id)
    )
    """,
    "CREATE INDEX manual_package_seller_idx ON manual_package (seller_tax_id, package_id)",
    """
    CREATE TABLE manual_item (
        package_id text COLLATE "C" NOT NULL,
        item_no integer NOT NULL,
        invoice_id text COLLATE "C" NOT NULL,
        version integer NOT NULL,
        document_sha256 text COLLATE "C" NOT NULL,
        idempotency_key text COLLATE "C" NOT NULL,
        amount_minor bigint NOT NULL,
        issue_date date NOT NULL,
        CONSTRAINT manual_item_pkey PRIMARY KEY (package_id, item_no),
        CONSTRAINT manual_item_package_id_fkey FOREIGN KEY (package_id) REFERENCES manual_package (package_id),
        CONSTRAINT manual_item_invoice_id_fkey FOREIGN KEY (invoice_id) REFERENCES invoice (invoice_id)
    )
    """,
    "CREATE INDEX manual_item_invoice_id_idx ON manual_item (invoice_id)",
    """
    CREATE TABLE manual_receipt (
        receipt_id text COLLATE "C" NOT NULL,
        package_id text COLLATE "C" NOT NULL,
        content_sha256 text COLLATE "C" NOT NULL,
        taken_count integer NOT NULL,
        refused_count integer NOT NULL,
        import_by text NOT NULL,
        import_time timestamptz NOT NULL,
        CONSTRAINT manual_receipt_pkey PRIMARY KEY (receipt_id),
        CONSTRAINT manual_receipt_package_id_content_sha256_key UNIQUE (package_id, content_sha256),
        CONSTRAINT manual_receipt_package_id_fkey FOREIGN KEY (package_id) REFERENCES manual_package (package_id)
    )
    """,
    """
    CREATE TABLE manual_receipt_item (
        receipt_id text COLLATE "C" NOT NULL,
        item_no integer NOT NULL,
        status text NOT NULL CONSTRAINT manual_receipt_item_status_check CHECK (status IN ('TAKEN', 'REFUSED')),
        invoice_number text COLLATE "C" NOT NULL,
        authority_code text NOT NULL,
        CONSTRAINT manual_receipt_item_pkey PRIMARY KEY (receipt_id, item_no),
        CONSTRAINT manual_receipt_item_receipt_id_fkey FOREIGN KEY (receipt_id) REFERENCES manual_receipt (receipt_id)
    )
    """,
    """
    CREATE TABLE manual_step (
        step_id text COLLATE "C" NOT NULL,
        package_id text COLLATE "C" NOT NULL,
        kind text NOT NULL CONSTRAINT manual_step_kind_check CHECK (kind IN ('EXPORTED', 'RECEIPT', 'RELEASED')),
        operator text NOT NULL,
        reason text NOT NULL,
        invoice_count integer NOT NULL,
        step_time timestamptz NOT NULL,
        CONSTRAINT manual_step_pkey PRIMARY KEY (step_id),
        CONSTRAINT manual_step_package_id_fkey FOREIGN KEY (package_id) REFERENCES manual_package (package_id)
    )
    """,
    "CREATE INDEX manual_step_package_id_idx ON manual_step (package_id)",
)
_ABANDONMENT = (
    """
    CREATE TABLE abandonment (
        abandonment_id text COLLATE "C" NOT NULL,
        request_id text COLLATE "C" NOT NULL,
        invoice_id text COLLATE "C" NOT NULL,
        sync_state text NOT NULL,
        state text NOT NULL CONSTRAINT abandonment_state_check CHECK (state IN ('PROPOSED', 'APPROVED', 'DECLINED')),
        propose_by text NOT NULL,
        propose_reason text NOT NULL,
        propose_time timestamptz NOT NULL,
        decide_by text NOT NULL,
        decide_reason text NOT NULL,
        decide_time timestamptz,
        CONSTRAINT abandonment_pkey PRIMARY KEY (abandonment_id),
        CONSTRAINT abandonment_request_id_key UNIQUE (request_id),
        CONSTRAINT abandonment_invoice_id_fkey FOREIGN KEY (invoice_id) REFERENCES invoice (invoice_id),
        CONSTRAINT abandonment_decided_check CHECK (
            (state = 'PROPOSED') = (decide_by = '' AND decide_time IS NULL)
        ),
        CONSTRAINT abandonment_two_persons_check CHECK (propose_by <> '' AND propose_by <> decide_by)
    )
    """,
    "CREATE INDEX abandonment_invoice_id_idx ON abandonment (invoice_id)",
    "CREATE UNIQUE INDEX abandonment_open_key ON abandonment (invoice_id) WHERE state = 'PROPOSED'",
)
_FROZEN = tuple(
    f"""
    CREATE TRIGGER {table}_frozen BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION refuse_change('frozen')
    """
    for table in (
        "parity_difference",
        "manual_package",
        "manual_item",
        "manual_receipt",
        "manual_receipt_item",
        "manual_step",
    )
)
