"""Bills, what payments are to them, and payments that are too many."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"

_KEY = sa.Text(collation="C")
_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    _bills()
    _bill_payments()
    _bill_head()
    _bill_requests()
    _duplicates()


def _bills() -> None:
    op.create_table(
        "bills",
        sa.Column("merchant_id", _KEY, nullable=False),
        sa.Column("bill_no", _KEY, nullable=False),
        sa.Column("category", _KEY, nullable=False),
        sa.Column("description", _KEY, nullable=False),
        sa.Column("currency_code", _KEY, nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("due_date", sa.Date, nullable=True),
        sa.Column("payer_account", _KEY, nullable=False),
        sa.Column("payer_name", _KEY, nullable=False),
        sa.Column("state", _KEY, nullable=False),
        sa.Column("paid_minor", sa.BigInteger, nullable=False),
        sa.Column("reconciled_minor", sa.BigInteger, nullable=False),
        sa.Column("create_time", _INSTANT, nullable=False),
        sa.Column("cancel_time", _INSTANT, nullable=True),
        sa.Column("cancel_reason", _KEY, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "bill_no", name="bills_pkey"),
        sa.CheckConstraint("amount_minor > 0", name="bills_amount_minor_check"),
        sa.CheckConstraint("0 <= reconciled_minor AND reconciled_minor <= paid_minor", name="bills_paid_minor_check"),
    )
    op.create_index("bills_create_time_merchant_id_bill_no_idx", "bills", ["create_time", "merchant_id", "bill_no"])
    op.create_index(
        "bills_merchant_id_state_create_time_bill_no_idx",
        "bills",
        ["merchant_id", "state", "create_time", "bill_no"],
    )


def _bill_payments() -> None:
    op.create_table(
        "bill_payments",
        sa.Column("merchant_id", _KEY, nullable=False),
        sa.Column("bill_no", _KEY, nullable=False),
        sa.Column("payment_id", _KEY, nullable=False),
        sa.Column("merchant_order_no", _KEY, nullable=False),
        sa.Column("channel", _KEY, nullable=False),
        sa.Column("channel_txn_no", _KEY, nullable=False),
        sa.Column("currency_code", _KEY, nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("left_minor", sa.BigInteger, nullable=False),
        sa.Column("state", _KEY, nullable=False),
        sa.Column("reconciliation_state", _KEY, nullable=False),
        sa.Column("pay_time", _INSTANT, nullable=True),
        sa.Column("take_time", _INSTANT, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "bill_no", "payment_id", name="bill_payments_pkey"),
        sa.CheckConstraint("0 <= left_minor AND left_minor <= amount_minor", name="bill_payments_left_minor_check"),
    )


def _bill_head() -> None:
    head = op.create_table(
        "bill_head",
        sa.Column("single_row", sa.Boolean, server_default=sa.text("true"), nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("single_row", name="bill_head_pkey"),
        sa.CheckConstraint("single_row", name="bill_head_single_row_check"),
    )
    op.bulk_insert(head, [{"single_row": True, "sequence": 0}])


def _bill_requests() -> None:
    op.create_table(
        "bill_requests",
        sa.Column("request_id", _KEY, nullable=False),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False),
        sa.Column("create_time", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("request_id", name="bill_requests_pkey"),
    )
    op.create_index("bill_requests_create_time_idx", "bill_requests", ["create_time"])


def _duplicates() -> None:
    op.create_table(
        "duplicates",
        sa.Column("duplicate_id", _KEY, nullable=False),
        sa.Column("merchant_id", _KEY, nullable=False),
        sa.Column("bill_no", _KEY, nullable=False),
        sa.Column("payment_id", _KEY, nullable=False),
        sa.Column("channel", _KEY, nullable=False),
        sa.Column("cause", _KEY, nullable=False),
        sa.Column("currency_code", _KEY, nullable=False),
        sa.Column("bill_minor", sa.BigInteger, nullable=False),
        sa.Column("refund_minor", sa.BigInteger, nullable=False),
        sa.Column("covering", JSONB, nullable=False),
        sa.Column("create_time", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("duplicate_id", name="duplicates_pkey"),
        sa.CheckConstraint("refund_minor > 0", name="duplicates_refund_minor_check"),
    )
    op.create_index("duplicates_create_time_duplicate_id_idx", "duplicates", ["create_time", "duplicate_id"])
    op.create_index("duplicates_merchant_id_bill_no_idx", "duplicates", ["merchant_id", "bill_no"])
    op.create_table(
        "duplicate_closings",
        sa.Column("duplicate_id", _KEY, nullable=False),
        sa.Column("state", _KEY, nullable=False),
        sa.Column("reason", _KEY, nullable=False),
        sa.Column("closed_by", _KEY, nullable=False),
        sa.Column("close_time", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("duplicate_id", name="duplicate_closings_pkey"),
        sa.ForeignKeyConstraint(
            ["duplicate_id"], ["duplicates.duplicate_id"], name="duplicate_closings_duplicate_id_fkey"
        ),
    )
