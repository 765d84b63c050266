"""The feed of what became of invoices. It begins empty: what was before is told by the invoices themselves."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute("SET lock_timeout = '4s'")
    for statement in _STATEMENTS:
        op.execute(statement)


_TOLD = """
    invoice_id text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    sync_state text COLLATE "C" NOT NULL,
    version integer NOT NULL,
    invoice_number text COLLATE "C" NOT NULL,
    red_number text COLLATE "C" NOT NULL,
    parked_reason text COLLATE "C" NOT NULL
"""
_STATEMENTS = (
    # All that comes in is taken out again within moments.
    f"""
    CREATE TABLE feed_waiting (
        place bigint GENERATED ALWAYS AS IDENTITY,
        {_TOLD},
        change_time timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT feed_waiting_pkey PRIMARY KEY (place)
    ) WITH (
        autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, autovacuum_vacuum_cost_delay = 0
    )
    """,
    f"""
    CREATE TABLE feed (
        sequence bigint,
        {_TOLD},
        change_time timestamptz NOT NULL,
        CONSTRAINT feed_pkey PRIMARY KEY (sequence)
    )
    """,
    """
    CREATE TABLE feed_head (
        single_row boolean,
        sequence bigint NOT NULL,
        dropped_sequence bigint NOT NULL,
        CONSTRAINT feed_head_pkey PRIMARY KEY (single_row),
        CONSTRAINT feed_head_single_row_check CHECK (single_row)
    )
    """,
    "INSERT INTO feed_head (single_row, sequence, dropped_sequence) VALUES (true, 0, 0)",
)
