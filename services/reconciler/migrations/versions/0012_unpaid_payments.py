"""Payments that have not succeeded, bills by their number, runs whose results were let go of; `matches` goes.

What `matches` had stands in `run_results` since 0008, and nothing has written it since.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.drop_table("matches")
    op.add_column("runs", sa.Column("results_forget_time", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "runs_forgettable_idx",
        "runs",
        ["end_time"],
        postgresql_where=sa.text(
            "state = 'SUCCEEDED' AND results_forget_time IS NULL AND same_as_run_id IS NULL"
            " AND (mode = 'DRY_RUN' OR superseded_by_run_id IS NOT NULL)"
        ),
    )
    op.create_index(
        "payments_bill_idx", "payments", ["bill_no", "merchant_id"], postgresql_where=sa.text("bill_no <> ''")
    )
    _unpaid()


def _unpaid() -> None:
    texts = ("merchant_id", "channel", "channel_txn_no", "merchant_order_no", "bill_no", "currency_code", "state")
    op.create_table(
        "unpaid_payments",
        sa.Column("payment_id", sa.Text, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in texts),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_sequence", sa.BigInteger, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("payment_id", name="unpaid_payments_pkey"),
    )
    for name in ("channel_txn_no", "merchant_order_no"):
        there = sa.text(f"{name} <> ''")
        op.create_index(f"unpaid_payments_{name}_idx", "unpaid_payments", [name, "channel"], postgresql_where=there)
    op.create_index("unpaid_payments_create_time_idx", "unpaid_payments", ["create_time"])
