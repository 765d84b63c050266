"""Payments, the requests that they answered, what runs decided about them, and the feed that tells of them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    _payments()
    _requests()
    _reconciliations()
    _feed()


def _payments() -> None:
    op.create_table(
        "payments",
        sa.Column("payment_id", sa.Text, nullable=False),
        sa.Column("merchant_id", sa.Text, nullable=False),
        sa.Column("merchant_order_no", sa.Text, nullable=False),
        sa.Column("bill_no", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("channel_txn_no", sa.Text, nullable=False),
        sa.Column("currency_code", sa.Text, nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("pay_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payer_name", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reconciliation_state", sa.Text, nullable=False),
        sa.Column("reconcile_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("business_date", sa.Date, nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("traceparent", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("payment_id", name="payments_pkey"),
        sa.UniqueConstraint("merchant_id", "merchant_order_no", name="payments_merchant_id_merchant_order_no_key"),
        sa.CheckConstraint("amount_minor > 0", name="payments_amount_minor_check"),
        sa.CheckConstraint("version > 0", name="payments_version_check"),
    )
    op.create_index("payments_create_time_payment_id_idx", "payments", ["create_time", "payment_id"])
    op.create_index(
        "payments_merchant_id_create_time_payment_id_idx", "payments", ["merchant_id", "create_time", "payment_id"]
    )
    op.create_index("payments_channel_business_date_idx", "payments", ["channel", "business_date"])


def _requests() -> None:
    op.create_table(
        "requests",
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False),
        sa.Column("payment_id", sa.Text, nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("request_id", name="requests_pkey"),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.payment_id"], name="requests_payment_id_fkey"),
    )


def _reconciliations() -> None:
    op.create_table(
        "reconciliations",
        sa.Column("payment_id", sa.Text, nullable=False),
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("exception_class", sa.Text, nullable=False),
        sa.Column("decide_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("payment_id", "run_id", name="reconciliations_pkey"),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.payment_id"], name="reconciliations_payment_id_fkey"),
    )


def _feed() -> None:
    op.create_table(
        "feed",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=True),
        sa.Column("payment_id", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reconciliation_state", sa.Text, nullable=False),
        sa.Column("run_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="feed_pkey"),
        sa.UniqueConstraint("sequence", name="feed_sequence_key"),
        sa.UniqueConstraint("payment_id", "version", name="feed_payment_id_version_key"),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.payment_id"], name="feed_payment_id_fkey"),
    )
    op.create_index("feed_unnumbered_idx", "feed", ["id"], postgresql_where=sa.text("sequence IS NULL"))
    head = op.create_table(
        "feed_head",
        sa.Column("single_row", sa.Boolean, server_default=sa.text("true"), nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("single_row", name="feed_head_pkey"),
        sa.CheckConstraint("single_row", name="feed_head_single_row_check"),
    )
    op.bulk_insert(head, [{"single_row": True, "sequence": 0}])
