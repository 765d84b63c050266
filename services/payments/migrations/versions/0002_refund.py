"""Refunds, what channels took back, the numbers of both, taken for ever, and orders that are paid in several parts."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_BY_MONTH = "RANGE (payment_id)"
_MONTHS_AHEAD = 3
_KEY = sa.Text(collation="C")
_MOMENT = sa.DateTime(timezone=True)
_FIRST_MONTHS = sa.text("""
    SELECT add_partition(:parent, month::date)
    FROM generate_series(
        date_trunc('month', now() AT TIME ZONE 'UTC'),
        date_trunc('month', now() AT TIME ZONE 'UTC') + :ahead * interval '1 month',
        interval '1 month'
    ) AS month
    ORDER BY month
""")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.add_column("payments", sa.Column("uncovered_minor", sa.BigInteger, server_default=sa.text("0"), nullable=False))
    _keys()
    _refunds()
    _takebacks()
    _split_orders()
    for parent in ("refunds", "takebacks"):
        op.get_bind().execute(_FIRST_MONTHS, {"parent": parent, "ahead": _MONTHS_AHEAD})


def _keys() -> None:
    op.create_table(
        "refund_keys",
        sa.Column("owner_id", _KEY, nullable=False),
        sa.Column("kind", _KEY, nullable=False),
        sa.Column("number", _KEY, nullable=False),
        sa.Column("payment_id", _KEY, nullable=False),
        sa.Column("fact_id", _KEY, nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "kind", "number", name="refund_keys_pkey"),
    )


def _refunds() -> None:
    op.create_table(
        "refunds",
        sa.Column("payment_id", _KEY, nullable=False),
        sa.Column("refund_id", _KEY, nullable=False),
        sa.Column("merchant_id", _KEY, nullable=False),
        sa.Column("account_id", _KEY, nullable=False),
        sa.Column("merchant_refund_no", _KEY, nullable=False),
        sa.Column("currency_code", _KEY, nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("reason", _KEY, nullable=False),
        sa.Column("origin", _KEY, nullable=False),
        sa.Column("state", _KEY, nullable=False),
        sa.Column("channel_refund_no", _KEY, nullable=False),
        sa.Column("cause", _KEY, nullable=False),
        sa.Column("create_time", _MOMENT, nullable=False),
        sa.Column("finish_time", _MOMENT, nullable=True),
        sa.Column("attempt_count", sa.BigInteger, nullable=False),
        sa.Column("next_try_time", _MOMENT, nullable=True),
        sa.Column("attention_time", _MOMENT, nullable=True),
        sa.Column("traceparent", _KEY, nullable=False),
        sa.PrimaryKeyConstraint("payment_id", "refund_id", name="refunds_pkey"),
        sa.CheckConstraint("amount_minor > 0", name="refunds_amount_minor_check"),
        sa.CheckConstraint(
            "(state IN ('SUCCEEDED', 'FAILED')) = (finish_time IS NOT NULL)", name="refunds_finish_time_check"
        ),
        sa.CheckConstraint(
            "state IN ('SUCCEEDED', 'FAILED') OR num_nonnulls(next_try_time, attention_time) = 1",
            name="refunds_open_check",
        ),
        postgresql_partition_by=_BY_MONTH,
    )
    op.create_index("refunds_refund_id_idx", "refunds", ["refund_id"])
    op.create_index("refunds_merchant_id_refund_id_idx", "refunds", ["merchant_id", "refund_id"])
    op.create_index(
        "refunds_due_idx", "refunds", ["next_try_time"], postgresql_where=sa.text("next_try_time IS NOT NULL")
    )
    op.create_index(
        "refunds_attention_idx", "refunds", ["refund_id"], postgresql_where=sa.text("attention_time IS NOT NULL")
    )


def _takebacks() -> None:
    op.create_table(
        "takebacks",
        sa.Column("payment_id", _KEY, nullable=False),
        sa.Column("takeback_id", _KEY, nullable=False),
        sa.Column("kind", _KEY, nullable=False),
        sa.Column("merchant_id", _KEY, nullable=False),
        sa.Column("channel_takeback_no", _KEY, nullable=False),
        sa.Column("currency_code", _KEY, nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("uncovered_minor", sa.BigInteger, nullable=False),
        sa.Column("reason", _KEY, nullable=False),
        sa.Column("take_time", _MOMENT, nullable=False),
        sa.Column("create_time", _MOMENT, nullable=False),
        sa.Column("traceparent", _KEY, nullable=False),
        sa.PrimaryKeyConstraint("payment_id", "takeback_id", name="takebacks_pkey"),
        sa.CheckConstraint("amount_minor > 0", name="takebacks_amount_minor_check"),
        sa.CheckConstraint("uncovered_minor BETWEEN 0 AND amount_minor", name="takebacks_uncovered_minor_check"),
        postgresql_partition_by=_BY_MONTH,
    )
    op.create_index("takebacks_takeback_id_idx", "takebacks", ["takeback_id"])
    op.create_index("takebacks_merchant_id_takeback_id_idx", "takebacks", ["merchant_id", "takeback_id"])


def _split_orders() -> None:
    op.create_table(
        "split_orders",
        sa.Column("merchant_id", _KEY, nullable=False),
        sa.Column("split_order_no", _KEY, nullable=False),
        sa.Column("currency_code", _KEY, nullable=False),
        sa.Column("total_minor", sa.BigInteger, nullable=False),
        sa.Column("create_time", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "split_order_no", name="split_orders_pkey"),
        sa.CheckConstraint("total_minor > 0", name="split_orders_total_minor_check"),
    )
    op.create_table(
        "split_order_parts",
        sa.Column("merchant_id", _KEY, nullable=False),
        sa.Column("merchant_order_no", _KEY, nullable=False),
        sa.Column("split_order_no", _KEY, nullable=False),
        sa.Column("place", sa.BigInteger, nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "merchant_order_no", name="split_order_parts_pkey"),
        sa.ForeignKeyConstraint(
            ["merchant_id", "split_order_no"],
            ["split_orders.merchant_id", "split_orders.split_order_no"],
            name="split_order_parts_merchant_id_split_order_no_fkey",
        ),
        sa.CheckConstraint("amount_minor > 0", name="split_order_parts_amount_minor_check"),
    )
    op.create_index(
        "split_order_parts_merchant_id_split_order_no_idx", "split_order_parts", ["merchant_id", "split_order_no"]
    )
