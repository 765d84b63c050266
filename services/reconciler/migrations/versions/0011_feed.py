"""The feed of what became of exceptions. It begins empty: what was before is told by the exceptions themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.create_table(
        "feed_waiting",
        sa.Column("place", sa.BigInteger, sa.Identity(always=True), nullable=False),
        *_told(),
        sa.Column("change_time", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("place", name="feed_waiting_pkey"),
    )
    # All that comes in is taken out again within moments.
    op.execute(
        "ALTER TABLE feed_waiting SET"
        " (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, autovacuum_vacuum_cost_delay = 0)"
    )
    op.create_table(
        "feed",
        sa.Column("sequence", sa.BigInteger, autoincrement=False, nullable=False),
        *_told(),
        sa.Column("change_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="feed_pkey"),
    )
    head = op.create_table(
        "feed_head",
        sa.Column("single_row", sa.Boolean, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("dropped_sequence", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("single_row", name="feed_head_pkey"),
        sa.CheckConstraint("single_row", name="feed_head_single_row_check"),
    )
    op.bulk_insert(head, [{"single_row": True, "sequence": 0, "dropped_sequence": 0}])


def _told() -> list[sa.Column[str]]:
    names = ("exception_id", "kind", "state", "resolved_by_run_id")
    return [sa.Column(name, sa.Text, nullable=False) for name in names]
