"""What went back of each payment, so that only what is left is invoiced.

Payments that are followed already had no refunds to tell: the feed tells of them since this release. Upgrade this
service before payments.
"""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute("SET lock_timeout = '4s'")
    for statement in _STATEMENTS:
        op.execute(statement)


_STATEMENTS = (
    """
    ALTER TABLE payment_follow
        ADD COLUMN refunded_minor bigint NOT NULL DEFAULT 0,
        ADD COLUMN refund_reserved_minor bigint NOT NULL DEFAULT 0,
        ADD CONSTRAINT payment_follow_went_back_check CHECK (
            least(refunded_minor, refund_reserved_minor) >= 0 AND refunded_minor + refund_reserved_minor <= amount_minor
        )
    """,
)
