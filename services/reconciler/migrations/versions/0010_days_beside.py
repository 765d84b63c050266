"""Indexes for what runs settle of each other and for suggestions; gaps of the mirror, and what was missing."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.add_column("runs", sa.Column("mirror_gap", postgresql.JSONB, nullable=True))
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
