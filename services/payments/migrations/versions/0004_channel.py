"""What is asked of channels about payments that were started here, and what channels told."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_MONTHS_AHEAD = 3
_KEY = sa.Text(collation="C")
_MOMENT = sa.DateTime(timezone=True)
_FIRST_MONTHS = sa.text("""
    SELECT add_partition('channel_orders', month::date)
    FROM generate_series(
        date_trunc('month', now() AT TIME ZONE 'UTC'),
        date_trunc('month', now() AT TIME ZONE 'UTC') + :ahead * interval '1 month',
        interval '1 month'
    ) AS month
    ORDER BY month
""")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    _channel_order_keys()
    _channel_orders()
    _callbacks()
    _refused_callbacks()
    op.get_bind().execute(_FIRST_MONTHS, {"ahead": _MONTHS_AHEAD})


def _channel_orders() -> None:
    op.create_table(
        "channel_orders",
        sa.Column("payment_id", _KEY, nullable=False),
        sa.Column("account_id", _KEY, nullable=False),
        sa.Column("description", _KEY, nullable=False),
        sa.Column("expire_time", _MOMENT, nullable=False),
        sa.Column("code_url", _KEY, nullable=False),
        sa.Column("ask_count", sa.BigInteger, nullable=False),
        sa.Column("close_wanted", sa.Boolean, nullable=False),
        sa.Column("poll_count", sa.BigInteger, nullable=False),
        sa.Column("next_poll_time", _MOMENT, nullable=True),
        sa.Column("attention_cause", _KEY, nullable=False),
        sa.Column("attention_detail", _KEY, nullable=False),
        sa.Column("attention_time", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("payment_id", name="channel_orders_pkey"),
        sa.CheckConstraint("(attention_cause = '') = (attention_time IS NULL)", name="channel_orders_attention_check"),
        postgresql_partition_by="RANGE (payment_id)",
    )
    op.create_index(
        "channel_orders_due_idx",
        "channel_orders",
        ["next_poll_time"],
        postgresql_where=sa.text("next_poll_time IS NOT NULL"),
    )
    op.create_index(
        "channel_orders_attention_idx",
        "channel_orders",
        ["attention_time", "payment_id"],
        postgresql_where=sa.text("attention_time IS NOT NULL"),
    )


def _channel_order_keys() -> None:
    op.create_table(
        "channel_order_keys",
        sa.Column("account_id", _KEY, nullable=False),
        sa.Column("merchant_order_no", _KEY, nullable=False),
        sa.Column("payment_id", _KEY, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "merchant_order_no", name="channel_order_keys_pkey"),
    )


def _callbacks() -> None:
    op.create_table(
        "callbacks",
        sa.Column("account_id", _KEY, nullable=False),
        sa.Column("event_id", _KEY, nullable=False),
        sa.Column("kind", _KEY, nullable=False),
        sa.Column("payment_id", _KEY, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("receive_time", _MOMENT, nullable=False),
        sa.Column("repeat_count", sa.BigInteger, nullable=False),
        sa.Column("traceparent", _KEY, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "event_id", name="callbacks_pkey"),
    )
    op.create_index("callbacks_receive_time_idx", "callbacks", ["receive_time"])
    op.create_index("callbacks_payment_id_idx", "callbacks", ["payment_id"])


def _refused_callbacks() -> None:
    op.create_table(
        "refused_callbacks",
        sa.Column("refused_id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("account_id", _KEY, nullable=False),
        sa.Column("cause", _KEY, nullable=False),
        sa.Column("body_sha256", sa.LargeBinary, nullable=False),
        sa.Column("body_bytes", sa.BigInteger, nullable=False),
        sa.Column("receive_time", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("refused_id", name="refused_callbacks_pkey"),
    )
    op.create_index("refused_callbacks_receive_time_idx", "refused_callbacks", ["receive_time"])
    op.create_table(
        "refused_callback_days",
        sa.Column("account_id", _KEY, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("refused_count", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "day", name="refused_callback_days_pkey"),
        sa.CheckConstraint("refused_count > 0", name="refused_callback_days_refused_count_check"),
    )
