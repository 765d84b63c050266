"""Indexes for what people ask: the log by time and outcome, a buyer by title, what is not in the books, anchors.

Most rows are in none of them: what went well in the log, what persons bought without a title, what is booked.
"""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute("SET lock_timeout = '4s'")
    for statement in _INDEXES:
        op.execute(statement)


_INDEXES = (
    *(
        f"CREATE INDEX {table}_start_time_idx ON {table} USING brin (start_time) WITH (autosummarize = true)"
        for table in ("attempt_whole", "attempt_begun")
    ),
    *(
        f"""
        CREATE INDEX {table}_trouble_idx ON {table} (outcome, end_time)
            WHERE outcome NOT IN ('OK', 'ACCEPTED', 'NOT_YET', 'NOT_FOUND')
        """
        for table in ("attempt_whole", "attempt_ended")
    ),
    "CREATE INDEX invoice_buyer_title_idx ON invoice (buyer_title, invoice_id) WHERE buyer_title <> '个人'",
    "CREATE INDEX outbox_not_booked_idx ON outbox (invoice_id) WHERE work <> 'CONFIRM'",
    "CREATE INDEX probe_route_kind_probe_id_idx ON probe (route, kind, probe_id)",
    "CREATE INDEX log_anchor_invoice_ids_idx ON log_anchor USING gin (invoice_ids)",
)
