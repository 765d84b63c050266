"""Statements that are fetched: how far each source's business day is."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.create_table(
        "statement_fetches",
        sa.Column("fetch_id", sa.Text, nullable=False),
        sa.Column("source_id", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("account_no", sa.Text, nullable=False),
        sa.Column("business_date", sa.Date, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("late", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("attempts", sa.BigInteger, nullable=False),
        sa.Column("failures", sa.BigInteger, nullable=False),
        sa.Column("available_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("file_name", sa.Text, nullable=False),
        sa.Column("file_sha256", sa.Text, nullable=False),
        sa.Column("statement_id", sa.Text, nullable=True),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("try_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fetch_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("load_time", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("fetch_id", name="statement_fetches_pkey"),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["statements.statement_id"], name="statement_fetches_statement_id_fkey"
        ),
        sa.CheckConstraint(
            "(state = 'LOADED') = (statement_id IS NOT NULL)", name="statement_fetches_statement_id_check"
        ),
    )
    op.create_index(
        "statement_fetches_source_id_business_date_key",
        "statement_fetches",
        ["source_id", "business_date"],
        unique=True,
    )
    op.create_index("statement_fetches_source_id_next_try_at_idx", "statement_fetches", ["source_id", "next_try_at"])
    op.create_index(
        "statement_fetches_open_idx",
        "statement_fetches",
        ["state", "fetch_id"],
        postgresql_where=sa.text("state <> 'LOADED'"),
    )
