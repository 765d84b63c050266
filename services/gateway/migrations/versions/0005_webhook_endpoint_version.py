"""How often an endpoint of webhooks was changed, so that two people who change it at once do not undo one another."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.add_column("webhook_endpoint", sa.Column("version", sa.BigInteger, server_default="1", nullable=False))
