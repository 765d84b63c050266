"""Indexes for what runs settle of each other and for suggestions; gaps of the mirror, and what was missing."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"

# Refunds are in the mirror as the feed tells them, which it did before they were kept: what it has told of the last 45
# days is read again. The release before, while it still serves, moves a cursor of its own.
_READ_AGAIN = """
INSERT INTO feed_cursors (feed, next_sequence)
SELECT 'payments and refunds', least(next_sequence, greatest(1, coalesce(
    (SELECT min(first_sequence) FROM payments WHERE business_date >= CURRENT_DATE - 45), next_sequence)))
FROM feed_cursors WHERE feed = 'payments'
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.add_column("runs", sa.Column("mirror_gap", postgresql.JSONB, nullable=True))
    op.execute(_READ_AGAIN)
    op.create_index(
        "run_results_suggested_idx",
        "run_results",
        ["run_id", "group_id"],
        postgresql_where=sa.text("disposition = 'SUGGESTED'"),
    )
    op.create_index(
        "exceptions_resolved_by_run_id_idx",
        "exceptions",
        ["resolved_by_run_id"],
        postgresql_where=sa.text("resolved_by_run_id IS NOT NULL"),
    )
