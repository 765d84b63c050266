"""How often a merchant's profile was changed, so that two people who change it at once do not undo one another."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.execute("SET lock_timeout = '4s'")
    op.execute("ALTER TABLE merchant_profile ADD COLUMN version bigint NOT NULL DEFAULT 1")
