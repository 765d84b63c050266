"""Where an invoice stands leaves the invoice: a working set, what is settled, and a log that is only ever added to.

Nothing was ever released with the first tables. So this one makes its tables anew and refuses a database that holds
invoices, whose documents it could not seal: it has no key.
"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("SET lock_timeout = '4s'")
    for statement in (
        _REFUSE_INVOICES,
        *_DROPS,
        *_TABLES,
        _STANDING,
        _LINE,
        _UNDER_WAY,
        _ATTEMPT,
        _ATTEMPT_END,
        *_STORAGE,
        *_IMMUTABLE,
    ):
        op.execute(statement)


_REFUSE_INVOICES = """
    DO $$ BEGIN
        IF EXISTS (SELECT FROM invoice) THEN
            RAISE EXCEPTION 'this database holds invoices of an unreleased version: start with an empty one';
        END IF;
    END $$
"""
_DROPS = tuple(f"DROP TABLE {table}" for table in ("absence_round", "request", "outbox", "attempt", "invoice", "sweep"))
_TABLES = (
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
        authority TEXT NOT NULL,
        environment TEXT NOT NULL,
        region TEXT NOT NULL,
        credential_id TEXT COLLATE "C" NOT NULL,
        issue_date DATE NOT NULL,
        version INTEGER NOT NULL,
        document_sha256 TEXT COLLATE "C" NOT NULL CONSTRAINT invoice_sha256_check CHECK (length(document_sha256) = 64),
        idempotency_key TEXT COLLATE "C" NOT NULL,
        broken_rules JSONB NOT NULL,
        create_time TIMESTAMP WITH TIME ZONE NOT NULL,
        traceparent TEXT NOT NULL,
        payment_traceparent TEXT NOT NULL,
        issued_by TEXT NOT NULL,
        CONSTRAINT invoice_pkey PRIMARY KEY (invoice_id),
        CONSTRAINT invoice_payment_id_key UNIQUE (payment_id),
        CONSTRAINT invoice_idempotency_key_key UNIQUE (idempotency_key)
    )
    """,
    "CREATE INDEX invoice_buyer_tax_id_invoice_id_idx ON invoice (buyer_tax_id, invoice_id)",
    "CREATE INDEX invoice_merchant_id_invoice_id_idx ON invoice (merchant_id, invoice_id)",
    "CREATE INDEX invoice_merchant_order_no_idx ON invoice (merchant_order_no)",
    "CREATE INDEX invoice_seller_tax_id_issue_date_idx ON invoice (seller_tax_id, issue_date)",
    """
    CREATE TABLE document (
        invoice_id TEXT COLLATE "C" NOT NULL,
        version INTEGER NOT NULL,
        sha256 TEXT COLLATE "C" NOT NULL,
        idempotency_key TEXT COLLATE "C" NOT NULL,
        create_time TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT document_pkey PRIMARY KEY (invoice_id, version)
    )
    """,
    """
    CREATE TABLE body (
        sha256 TEXT COLLATE "C" NOT NULL,
        sealed BYTEA NOT NULL,
        CONSTRAINT body_pkey PRIMARY KEY (sha256)
    )
    """,
    """
    CREATE TABLE outbox (
        invoice_id TEXT COLLATE "C" NOT NULL,
        version INTEGER NOT NULL,
        sync_state TEXT COLLATE "C" NOT NULL,
        deadline_at TIMESTAMP WITH TIME ZONE NOT NULL,
        tries INTEGER NOT NULL,
        submit_count INTEGER NOT NULL,
        attempt_count INTEGER NOT NULL,
        look_count INTEGER NOT NULL,
        seal_count INTEGER NOT NULL,
        invoice_number TEXT COLLATE "C" NOT NULL,
        red_number TEXT COLLATE "C" NOT NULL,
        ack_time TIMESTAMP WITH TIME ZONE,
        book_time TIMESTAMP WITH TIME ZONE,
        confirm_time TIMESTAMP WITH TIME ZONE,
        settle_from TIMESTAMP WITH TIME ZONE NOT NULL,
        state_time TIMESTAMP WITH TIME ZONE NOT NULL,
        create_time TIMESTAMP WITH TIME ZONE NOT NULL,
        parked_reason TEXT COLLATE "C" NOT NULL,
        log_head TEXT NOT NULL,
        work TEXT COLLATE "C" NOT NULL,
        due_at TIMESTAMP WITH TIME ZONE NOT NULL,
        lane TEXT COLLATE "C" NOT NULL,
        lease_id TEXT COLLATE "C" NOT NULL,
        CONSTRAINT outbox_pkey PRIMARY KEY (invoice_id)
    )
    """,
    """
    CREATE INDEX outbox_deadline_idx ON outbox (deadline_at)
        WHERE work = 'SUBMIT' AND parked_reason = '' AND left(lane, 1) <> '!'
    """,
    "CREATE INDEX outbox_due_idx ON outbox (work, lane, due_at) WHERE parked_reason = ''",
    "CREATE INDEX outbox_invoice_number_idx ON outbox (invoice_number) WHERE invoice_number <> ''",
    """
    CREATE TABLE settled (
        invoice_id TEXT COLLATE "C" NOT NULL,
        version INTEGER NOT NULL,
        sync_state TEXT COLLATE "C" NOT NULL,
        deadline_at TIMESTAMP WITH TIME ZONE NOT NULL,
        tries INTEGER NOT NULL,
        submit_count INTEGER NOT NULL,
        attempt_count INTEGER NOT NULL,
        look_count INTEGER NOT NULL,
        seal_count INTEGER NOT NULL,
        invoice_number TEXT COLLATE "C" NOT NULL,
        red_number TEXT COLLATE "C" NOT NULL,
        ack_time TIMESTAMP WITH TIME ZONE,
        book_time TIMESTAMP WITH TIME ZONE,
        confirm_time TIMESTAMP WITH TIME ZONE,
        settle_from TIMESTAMP WITH TIME ZONE NOT NULL,
        state_time TIMESTAMP WITH TIME ZONE NOT NULL,
        create_time TIMESTAMP WITH TIME ZONE NOT NULL,
        parked_reason TEXT COLLATE "C" NOT NULL,
        log_head TEXT NOT NULL,
        check_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT settled_pkey PRIMARY KEY (invoice_id)
    )
    """,
    "CREATE INDEX settled_check_at_idx ON settled (check_at) WHERE check_at IS NOT NULL",
    "CREATE INDEX settled_invoice_number_idx ON settled (invoice_number) WHERE invoice_number <> ''",
    "CREATE INDEX settled_sync_state_invoice_id_idx ON settled (sync_state, invoice_id)",
    """
    CREATE TABLE lease (
        lease_id TEXT COLLATE "C" NOT NULL,
        until TIMESTAMP WITH TIME ZONE NOT NULL,
        invoice_ids TEXT[] NOT NULL,
        CONSTRAINT lease_pkey PRIMARY KEY (lease_id)
    )
    """,
    # The log: a submit is written once, with its end. Of what was begun apart, the end stands apart too.
    """
    CREATE TABLE attempt_whole (
        invoice_id TEXT COLLATE "C" NOT NULL,
        attempt_no INTEGER NOT NULL,
        attempt_id TEXT COLLATE "C" NOT NULL,
        version INTEGER NOT NULL,
        operation TEXT NOT NULL,
        route TEXT NOT NULL,
        start_time TIMESTAMP WITH TIME ZONE NOT NULL,
        request_sha256 TEXT COLLATE "C" NOT NULL,
        trace_id TEXT COLLATE "C" NOT NULL,
        breaker_state TEXT NOT NULL,
        prev_log_hash TEXT NOT NULL,
        log_hash TEXT NOT NULL,
        end_time TIMESTAMP WITH TIME ZONE NOT NULL,
        first_byte_time TIMESTAMP WITH TIME ZONE,
        clock_offset_ms BIGINT NOT NULL,
        outcome TEXT NOT NULL,
        message TEXT NOT NULL,
        http_status INTEGER NOT NULL,
        authority_code TEXT NOT NULL,
        code_detail TEXT NOT NULL,
        url_path TEXT NOT NULL,
        place TEXT NOT NULL,
        invoice_number TEXT COLLATE "C" NOT NULL,
        red_number TEXT COLLATE "C" NOT NULL,
        ack_time TIMESTAMP WITH TIME ZONE,
        book_time TIMESTAMP WITH TIME ZONE,
        document_sha256 TEXT COLLATE "C" NOT NULL,
        response_sha256 TEXT COLLATE "C" NOT NULL,
        retry_after_seconds INTEGER NOT NULL,
        end_log_hash TEXT NOT NULL,
        CONSTRAINT attempt_whole_pkey PRIMARY KEY (invoice_id, attempt_no),
        CONSTRAINT attempt_whole_attempt_id_key UNIQUE (attempt_id)
    )
    """,
    """
    CREATE TABLE attempt_begun (
        invoice_id TEXT COLLATE "C" NOT NULL,
        attempt_no INTEGER NOT NULL,
        attempt_id TEXT COLLATE "C" NOT NULL,
        version INTEGER NOT NULL,
        operation TEXT NOT NULL,
        route TEXT NOT NULL,
        start_time TIMESTAMP WITH TIME ZONE NOT NULL,
        request_sha256 TEXT COLLATE "C" NOT NULL,
        trace_id TEXT COLLATE "C" NOT NULL,
        breaker_state TEXT NOT NULL,
        prev_log_hash TEXT NOT NULL,
        log_hash TEXT NOT NULL,
        CONSTRAINT attempt_begun_pkey PRIMARY KEY (invoice_id, attempt_no),
        CONSTRAINT attempt_begun_attempt_id_key UNIQUE (attempt_id)
    )
    """,
    """
    CREATE TABLE attempt_ended (
        invoice_id TEXT COLLATE "C" NOT NULL,
        attempt_no INTEGER NOT NULL,
        end_time TIMESTAMP WITH TIME ZONE NOT NULL,
        first_byte_time TIMESTAMP WITH TIME ZONE,
        clock_offset_ms BIGINT NOT NULL,
        outcome TEXT NOT NULL,
        message TEXT NOT NULL,
        http_status INTEGER NOT NULL,
        authority_code TEXT NOT NULL,
        code_detail TEXT NOT NULL,
        url_path TEXT NOT NULL,
        place TEXT NOT NULL,
        invoice_number TEXT COLLATE "C" NOT NULL,
        red_number TEXT COLLATE "C" NOT NULL,
        ack_time TIMESTAMP WITH TIME ZONE,
        book_time TIMESTAMP WITH TIME ZONE,
        document_sha256 TEXT COLLATE "C" NOT NULL,
        response_sha256 TEXT COLLATE "C" NOT NULL,
        retry_after_seconds INTEGER NOT NULL,
        log_hash TEXT NOT NULL,
        CONSTRAINT attempt_ended_pkey PRIMARY KEY (invoice_id, attempt_no)
    )
    """,
    """
    CREATE TABLE attempt_batch (
        batch_id TEXT COLLATE "C" NOT NULL,
        lease_id TEXT COLLATE "C" NOT NULL,
        begun TEXT NOT NULL,
        CONSTRAINT attempt_batch_pkey PRIMARY KEY (batch_id)
    )
    """,
    "CREATE INDEX attempt_batch_lease_id_idx ON attempt_batch (lease_id)",
    """
    CREATE TABLE absence_round (
        round_id TEXT COLLATE "C" NOT NULL,
        invoice_id TEXT COLLATE "C" NOT NULL,
        round_time TIMESTAMP WITH TIME ZONE NOT NULL,
        by_key_attempt_id TEXT COLLATE "C" NOT NULL,
        by_number_attempt_id TEXT COLLATE "C",
        window_attempt_id TEXT COLLATE "C",
        elsewhere_attempt_id TEXT COLLATE "C",
        canary TEXT NOT NULL,
        canary_probe_id TEXT COLLATE "C",
        watermark TIMESTAMP WITH TIME ZONE,
        CONSTRAINT absence_round_pkey PRIMARY KEY (round_id),
        CONSTRAINT absence_round_invoice_id_fkey FOREIGN KEY(invoice_id) REFERENCES invoice (invoice_id)
    )
    """,
    "CREATE INDEX absence_round_invoice_id_round_time_idx ON absence_round (invoice_id, round_time)",
    """
    CREATE TABLE probe (
        probe_id TEXT COLLATE "C" NOT NULL,
        route TEXT NOT NULL,
        kind TEXT NOT NULL,
        reference TEXT COLLATE "C" NOT NULL,
        start_time TIMESTAMP WITH TIME ZONE NOT NULL,
        duration_ms BIGINT NOT NULL,
        outcome TEXT NOT NULL,
        http_status INTEGER NOT NULL,
        authority_code TEXT NOT NULL,
        message TEXT NOT NULL,
        clock_offset_ms BIGINT NOT NULL,
        CONSTRAINT probe_pkey PRIMARY KEY (probe_id)
    )
    """,
    "CREATE INDEX probe_route_probe_id_idx ON probe (route, probe_id)",
    """
    CREATE TABLE gate (
        route TEXT NOT NULL,
        budget JSONB NOT NULL,
        breaker JSONB NOT NULL,
        last_claim_time TIMESTAMP WITH TIME ZONE,
        CONSTRAINT gate_pkey PRIMARY KEY (route)
    )
    """,
    """
    CREATE TABLE hold (
        hold_id TEXT COLLATE "C" NOT NULL,
        kind TEXT NOT NULL,
        route TEXT NOT NULL,
        seller_tax_id TEXT COLLATE "C" NOT NULL,
        reason TEXT NOT NULL,
        reason_zh TEXT NOT NULL,
        start_time TIMESTAMP WITH TIME ZONE NOT NULL,
        end_time TIMESTAMP WITH TIME ZONE,
        set_by TEXT NOT NULL,
        request_id TEXT COLLATE "C",
        lift_time TIMESTAMP WITH TIME ZONE,
        CONSTRAINT hold_pkey PRIMARY KEY (hold_id),
        CONSTRAINT hold_request_id_key UNIQUE (request_id)
    )
    """,
    "CREATE INDEX hold_open_idx ON hold (route, kind, seller_tax_id) WHERE lift_time IS NULL",
    """
    CREATE TABLE log_anchor (
        anchor_no BIGINT NOT NULL,
        anchor_time TIMESTAMP WITH TIME ZONE NOT NULL,
        through_attempt_id TEXT COLLATE "C" NOT NULL,
        prev_anchor_hash TEXT NOT NULL,
        anchor_hash TEXT NOT NULL,
        invoice_ids TEXT[] NOT NULL,
        heads TEXT[] NOT NULL,
        CONSTRAINT log_anchor_pkey PRIMARY KEY (anchor_no)
    )
    """,
    """
    CREATE TABLE finding_case (
        case_id TEXT COLLATE "C" NOT NULL,
        kind TEXT NOT NULL,
        invoice_id TEXT COLLATE "C" NOT NULL,
        seller_tax_id TEXT COLLATE "C" NOT NULL,
        issue_date TEXT NOT NULL,
        reference TEXT COLLATE "C" NOT NULL,
        fact TEXT NOT NULL,
        fact_zh TEXT NOT NULL,
        open_time TIMESTAMP WITH TIME ZONE NOT NULL,
        close_time TIMESTAMP WITH TIME ZONE,
        CONSTRAINT finding_case_pkey PRIMARY KEY (case_id)
    )
    """,
    """
    CREATE UNIQUE INDEX finding_case_open_key ON finding_case
        (kind, invoice_id, seller_tax_id, issue_date, reference)
        WHERE close_time IS NULL
    """,
    """
    CREATE TABLE sweep (
        sweep_id TEXT COLLATE "C" NOT NULL,
        start_time TIMESTAMP WITH TIME ZONE NOT NULL,
        end_time TIMESTAMP WITH TIME ZONE NOT NULL,
        counts JSONB NOT NULL,
        oldest_time TIMESTAMP WITH TIME ZONE,
        CONSTRAINT sweep_pkey PRIMARY KEY (sweep_id)
    )
    """,
    """
    CREATE TABLE sweep_cursor (
        name TEXT NOT NULL,
        position TEXT NOT NULL,
        update_time TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT sweep_cursor_pkey PRIMARY KEY (name)
    )
    """,
    """
    CREATE TABLE leader (
        name TEXT NOT NULL,
        holder TEXT NOT NULL,
        until TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT leader_pkey PRIMARY KEY (name)
    )
    """,
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
)
_STANDING = """
    CREATE VIEW standing AS
    SELECT invoice_id, version, sync_state, deadline_at, tries, submit_count, attempt_count, look_count, seal_count,
        invoice_number, red_number, ack_time, book_time, confirm_time, settle_from, state_time, create_time,
        parked_reason, log_head, work, due_at, lane, lease_id, NULL::timestamptz AS check_at
    FROM outbox
    UNION ALL
    SELECT invoice_id, version, sync_state, deadline_at, tries, submit_count, attempt_count, look_count, seal_count,
        invoice_number, red_number, ack_time, book_time, confirm_time, settle_from, state_time, create_time,
        parked_reason, log_head, NULL, NULL, NULL, NULL, check_at
    FROM settled
"""
# What was begun with a claim, each as it was hashed: see domain/attempt_chain for the order of the fields.
_LINE = """
    CREATE VIEW attempt_line AS
    SELECT lease_id, field[17] AS invoice_id, substr(field[15], 3)::int AS attempt_no, field[14] AS attempt_id,
        substr(field[23], 3)::int AS version, field[18] AS operation, field[20] AS route,
        'epoch'::timestamptz + substr(field[21], 3)::bigint * interval '1 microsecond' AS start_time,
        field[19] AS request_sha256, field[22] AS trace_id, field[16] AS breaker_state, field[2] AS prev_log_hash,
        encode(sha256(convert_to(line, 'UTF8')), 'hex') AS log_hash
    FROM attempt_batch CROSS JOIN LATERAL string_to_table(begun, E'\\n') AS line
        CROSS JOIN LATERAL string_to_array(line, E'\\x1f') AS field
"""
# A function, so that a statement reads it once, however often it looks into it; each line looks its row up by key, for
# there are few lines and may be many rows.
_UNDER_WAY = """
    CREATE FUNCTION attempts_under_way() RETURNS SETOF attempt_begun LANGUAGE plpgsql STABLE ROWS 100 AS $$
    BEGIN
        RETURN QUERY
        SELECT attempt_line.invoice_id, attempt_line.attempt_no, attempt_line.attempt_id, attempt_line.version,
            attempt_line.operation, attempt_line.route, attempt_line.start_time, attempt_line.request_sha256,
            attempt_line.trace_id, attempt_line.breaker_state, attempt_line.prev_log_hash, attempt_line.log_hash
        FROM attempt_line CROSS JOIN LATERAL (
            SELECT FROM outbox
            WHERE outbox.invoice_id = attempt_line.invoice_id AND outbox.lease_id = attempt_line.lease_id LIMIT 1
        ) AS held;
    END $$
"""
_ATTEMPT = """
    CREATE VIEW attempt AS
    SELECT invoice_id, attempt_no, attempt_id, version, operation, route, start_time, request_sha256, trace_id,
        breaker_state, prev_log_hash, log_hash
    FROM attempt_whole
    UNION ALL SELECT * FROM attempt_begun
    UNION ALL SELECT * FROM attempts_under_way()
"""
_ATTEMPT_END = """
    CREATE VIEW attempt_end AS
    SELECT invoice_id, attempt_no, end_time, first_byte_time, clock_offset_ms, outcome, message, http_status,
        authority_code, code_detail, url_path, place, invoice_number, red_number, ack_time, book_time,
        document_sha256, response_sha256, retry_after_seconds, end_log_hash AS log_hash
    FROM attempt_whole
    UNION ALL SELECT * FROM attempt_ended
"""
# Rows of the working set are updated in place, where a claim that takes a whole page finds room for each of its rows a
# second time, and cleaned up early and unhurriedly.
_STORAGE = (
    (
        "ALTER TABLE outbox SET (fillfactor = 45, autovacuum_vacuum_scale_factor = 0.01,"
        " autovacuum_vacuum_cost_delay = 0, autovacuum_analyze_scale_factor = 0.05)"
    ),
    "ALTER TABLE gate SET (fillfactor = 50)",
    "ALTER TABLE body ALTER COLUMN sealed SET STORAGE EXTERNAL",
    # Ids hardly shrink, and it is done for each claim.
    "ALTER TABLE lease ALTER COLUMN invoice_ids SET STORAGE EXTERNAL",
    "ALTER TABLE attempt_batch ALTER COLUMN begun SET STORAGE EXTERNAL",
)
_APPENDED = ("document", "attempt_whole", "attempt_begun", "attempt_ended", "absence_round", "log_anchor")
_IMMUTABLE = (
    """
    CREATE TRIGGER invoice_changes_by_version
    BEFORE UPDATE ON invoice
    FOR EACH ROW WHEN (
        NEW.version <> OLD.version + 1
        OR (NEW.invoice_id, NEW.payment_id, NEW.currency_code, NEW.amount_minor, NEW.seller_tax_id, NEW.create_time)
            IS DISTINCT FROM
            (OLD.invoice_id, OLD.payment_id, OLD.currency_code, OLD.amount_minor, OLD.seller_tax_id, OLD.create_time)
    )
    EXECUTE FUNCTION refuse_change('frozen, save for a next version')
    """,
    """
    CREATE TRIGGER attempt_batch_frozen
    BEFORE UPDATE ON attempt_batch
    FOR EACH ROW EXECUTE FUNCTION refuse_change('frozen until it is written out')
    """,
    *(
        f"""
        CREATE TRIGGER {table}_append_only
        BEFORE UPDATE OR DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION refuse_change('append only')
        """
        for table in _APPENDED
    ),
    *(
        f"""
        CREATE TRIGGER {table}_never_truncated
        BEFORE TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('append only')
        """
        for table in _APPENDED
    ),
)
