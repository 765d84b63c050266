"""The bill that a refund names; empty where it names none."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.add_column("refunds", sa.Column("bill_no", sa.Text(collation="C"), server_default="", nullable=False))
