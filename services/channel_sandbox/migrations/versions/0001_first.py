"""The tables of the stand-in channels."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.schema import CreateSequence

revision = "0001"
down_revision = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute(CreateSequence(sa.Sequence("channel_number_seq")))
    _book()
    _callback()
    _steered()


def _book() -> None:
    op.create_table(
        "pay_order",
        sa.Column("order_id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        *_texts("channel", "merchant_order_no", "channel_txn_no"),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        *_texts("currency", "description", "attach", "notify_url"),
        sa.Column("expires_at", _INSTANT, nullable=False),
        *_texts("state", "reason"),
        *_numbers("fee_minor", "refunded_minor", "refunding_minor"),
        sa.Column("created_at", _INSTANT, nullable=False),
        *(sa.Column(name, _INSTANT) for name in ("scanned_at", "paid_at", "closed_at", "settle_at")),
        sa.PrimaryKeyConstraint("order_id", name="pay_order_pkey"),
        sa.UniqueConstraint("channel_txn_no", name="pay_order_channel_txn_no_key"),
        sa.UniqueConstraint("channel", "merchant_order_no", name="pay_order_channel_merchant_order_no_key"),
        sa.CheckConstraint("refunded_minor + refunding_minor <= amount_minor", name="pay_order_refunds_check"),
    )
    _index("pay_order", ["settle_at"], "settle_at IS NOT NULL")
    _index("pay_order", ["expires_at"], "state = 'WAITING'")
    _index("pay_order", ["channel", "paid_at"], "paid_at IS NOT NULL")
    op.create_table(
        "refund",
        sa.Column("refund_id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("order_id", sa.BigInteger, nullable=False),
        *_texts("channel", "scope", "merchant_refund_no", "channel_refund_no"),
        *_numbers("amount_minor", "fee_minor"),
        *_texts("reason", "notify_url", "state", "fails_as"),
        sa.Column("accepted_at", _INSTANT, nullable=False),
        sa.Column("settle_at", _INSTANT),
        sa.Column("done_at", _INSTANT),
        sa.PrimaryKeyConstraint("refund_id", name="refund_pkey"),
        sa.ForeignKeyConstraint(["order_id"], ["pay_order.order_id"], name="refund_order_id_fkey"),
        sa.UniqueConstraint(
            "channel", "scope", "merchant_refund_no", name="refund_channel_scope_merchant_refund_no_key"
        ),
    )
    _index("refund", ["order_id"])
    _index("refund", ["settle_at"], "settle_at IS NOT NULL")
    _index("refund", ["channel", "accepted_at"])


def _callback() -> None:
    op.create_table(
        "callback",
        sa.Column("callback_id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("order_id", sa.BigInteger, nullable=False),
        *_texts("channel", "event", "event_id", "url"),
        sa.Column("content", JSONB, nullable=False),
        sa.Column("forged", sa.Boolean, nullable=False),
        *_texts("state"),
        *_numbers("try_count"),
        sa.Column("due_at", _INSTANT, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        *_texts("last_answer"),
        sa.PrimaryKeyConstraint("callback_id", name="callback_pkey"),
        sa.ForeignKeyConstraint(["order_id"], ["pay_order.order_id"], name="callback_order_id_fkey"),
    )
    _index("callback", ["due_at"], "state IN ('WAITING', 'HELD')")
    _index("callback", ["order_id"])


def _steered() -> None:
    op.create_table(
        "call_log",
        sa.Column("call_id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        *_texts("channel", "merchant_order_no", "subject"),
        sa.Column("received_at", _INSTANT, nullable=False),
        *_texts("faults"),
        sa.PrimaryKeyConstraint("call_id", name="call_log_pkey"),
    )
    _index("call_log", ["channel", "merchant_order_no", "subject"])
    op.create_table(
        "fault_plan",
        sa.Column("fault_id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        *_texts("fault"),
        *_numbers("times"),
        *_texts("channel", "merchant_order_no", "subject"),
        sa.Column("rate_ppm", sa.BigInteger),
        *_numbers("seed"),
        sa.Column("seconds", sa.Double),
        *_texts("code"),
        sa.Column("planned_at", _INSTANT, nullable=False),
        *_numbers("struck_count"),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("fault_id", name="fault_plan_pkey"),
    )
    op.create_table(
        "clock",
        sa.Column("clock_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("offset_seconds", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("clock_id", name="clock_pkey"),
    )


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger, nullable=False) for name in names]


def _index(table: str, columns: list[str], where: str = "") -> None:
    name = f"{table}_{'_'.join(columns)}_idx"
    op.create_index(name, table, columns, postgresql_where=sa.text(where) if where else None)
