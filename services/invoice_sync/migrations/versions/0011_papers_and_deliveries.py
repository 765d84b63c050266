"""The XML and PDF of each invoice, their copies in the archive, and what is sent by mail.

Invoices that are in the books already have their papers made in the background.
"""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.execute("SET lock_timeout = '4s'")
    for statement in (*_PAPERS, *_DELIVERIES, *_FROZEN):
        op.execute(statement)


_PAPERS = (
    """
    CREATE TABLE paper_wanted (
        invoice_id text COLLATE "C" NOT NULL,
        due_at timestamptz NOT NULL,
        tries integer NOT NULL,
        CONSTRAINT paper_wanted_pkey PRIMARY KEY (invoice_id)
    )
    """,
    "CREATE INDEX paper_wanted_due_at_idx ON paper_wanted (due_at)",
    """
    INSERT INTO paper_wanted
    SELECT invoice_id, now(), 0 FROM standing WHERE sync_state IN ('BOOKED', 'CONFIRMED')
    """,
    """
    CREATE TABLE paper (
        invoice_id text COLLATE "C" NOT NULL,
        version integer NOT NULL,
        kind text COLLATE "C" NOT NULL,
        sha256 text COLLATE "C" NOT NULL,
        sealed_sha256 text COLLATE "C" NOT NULL,
        size_bytes bigint NOT NULL,
        create_time timestamptz NOT NULL,
        CONSTRAINT paper_pkey PRIMARY KEY (invoice_id, version, kind),
        CONSTRAINT paper_kind_check CHECK (kind IN ('XML', 'PDF')),
        CONSTRAINT paper_sha256_check CHECK (length(sha256) = 64),
        CONSTRAINT paper_sealed_sha256_check CHECK (length(sealed_sha256) = 64)
    )
    """,
    "CREATE UNIQUE INDEX paper_sealed_sha256_key ON paper (sealed_sha256)",
    """
    CREATE TABLE paper_body (
        sealed_sha256 text COLLATE "C" NOT NULL,
        sealed bytea NOT NULL,
        CONSTRAINT paper_body_pkey PRIMARY KEY (sealed_sha256)
    )
    """,
    """
    CREATE TABLE archive_copy (
        place text COLLATE "C" NOT NULL,
        sealed_sha256 text COLLATE "C" NOT NULL,
        state text COLLATE "C" NOT NULL,
        due_at timestamptz NOT NULL,
        tries integer NOT NULL,
        verify_time timestamptz,
        CONSTRAINT archive_copy_pkey PRIMARY KEY (place, sealed_sha256),
        CONSTRAINT archive_copy_state_check CHECK (state IN ('WANTED', 'WHOLE', 'LOST'))
    )
    """,
    "CREATE INDEX archive_copy_due_at_idx ON archive_copy (place, due_at)",
    "CREATE INDEX archive_copy_sealed_sha256_idx ON archive_copy (sealed_sha256)",
    """
    CREATE TABLE archive_event (
        event_id text COLLATE "C" NOT NULL,
        place text COLLATE "C" NOT NULL,
        sealed_sha256 text COLLATE "C" NOT NULL,
        kind text NOT NULL,
        event_time timestamptz NOT NULL,
        CONSTRAINT archive_event_pkey PRIMARY KEY (event_id)
    )
    """,
    "CREATE INDEX archive_event_sealed_sha256_idx ON archive_event (sealed_sha256)",
)
_DELIVERIES = (
    """
    CREATE TABLE delivery (
        delivery_id text COLLATE "C" NOT NULL,
        invoice_id text COLLATE "C" NOT NULL,
        request_id text COLLATE "C" NOT NULL,
        fingerprint text NOT NULL,
        sealed_address bytea NOT NULL,
        masked_address text NOT NULL,
        operator text NOT NULL,
        reason text NOT NULL,
        state text COLLATE "C" NOT NULL,
        tries integer NOT NULL,
        due_at timestamptz,
        last_answer text NOT NULL,
        create_time timestamptz NOT NULL,
        update_time timestamptz NOT NULL,
        CONSTRAINT delivery_pkey PRIMARY KEY (delivery_id),
        CONSTRAINT delivery_request_id_key UNIQUE (request_id)
    )
    """,
    "CREATE INDEX delivery_due_at_idx ON delivery (due_at) WHERE due_at IS NOT NULL",
    "CREATE INDEX delivery_invoice_id_delivery_id_idx ON delivery (invoice_id, delivery_id)",
    """
    CREATE TABLE delivery_event (
        delivery_id text COLLATE "C" NOT NULL,
        event_no integer NOT NULL,
        kind text NOT NULL,
        detail text NOT NULL,
        operator text NOT NULL,
        event_time timestamptz NOT NULL,
        CONSTRAINT delivery_event_pkey PRIMARY KEY (delivery_id, event_no)
    )
    """,
)
_FROZEN = tuple(
    f"""
    CREATE TRIGGER {table}_append_only
    BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION refuse_change('append only')
    """
    for table in ("paper", "archive_event", "delivery_event")
)
