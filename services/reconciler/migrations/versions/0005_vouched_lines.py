"""Statements: who vouched that lines which equal earlier ones are new, and why."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.add_column("statements", sa.Column("vouched_by", sa.Text, nullable=False, server_default=""))
    op.add_column("statements", sa.Column("vouched_reason", sa.Text, nullable=False, server_default=""))
