"""Where in the feed a mirrored payment was told first; 0 for those that were mirrored before this was kept."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    # The default stays: the release before this one goes on mirroring while this one starts.
    op.add_column("payments", sa.Column("first_sequence", sa.BigInteger, nullable=False, server_default="0"))
