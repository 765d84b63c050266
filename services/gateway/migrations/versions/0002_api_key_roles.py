"""API keys have roles, a scope of merchants, an end, a successor and somebody for whom they act.

What stood as is_admin becomes roles, and every key keeps what it could. The column goes: a gateway of before, which
knows no scope, would take a key of one merchant for one of all, so it must not read the new keys.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.add_column("api_key", sa.Column("roles", ARRAY(sa.Text), nullable=True))
    op.add_column("api_key", sa.Column("tenant_id", sa.Text, nullable=True))
    op.add_column("api_key", sa.Column("merchant_ids", ARRAY(sa.Text), nullable=True))
    op.add_column("api_key", sa.Column("department", sa.Text, nullable=True))
    op.add_column("api_key", sa.Column("operator", sa.Text, nullable=True))
    op.add_column("api_key", sa.Column("expire_time", sa.DateTime(timezone=True), nullable=True))
    op.add_column("api_key", sa.Column("successor_key_id", sa.Text, nullable=True))
    op.execute(
        "UPDATE api_key SET tenant_id = '', merchant_ids = '{}', department = '', operator = key_id,"
        " successor_key_id = '', roles = CASE WHEN is_admin"
        " THEN '{admin,integrator,operator,reviewer}'::text[] ELSE '{integrator,operator,reviewer}'::text[] END"
    )
    for name in ("roles", "tenant_id", "merchant_ids", "department", "operator", "successor_key_id"):
        op.alter_column("api_key", name, nullable=False)
    op.drop_column("api_key", "is_admin")
