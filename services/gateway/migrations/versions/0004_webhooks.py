"""Webhooks: endpoints, events, deliveries, tries, and where the feeds go on."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0004"
down_revision = "0003"

_TIME = sa.DateTime(timezone=True)
_WAITS = sa.text("state = 'WAITING'")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    _endpoints()
    _deliveries()


def _endpoints() -> None:
    op.create_table(
        "webhook_endpoint",
        sa.Column("endpoint_id", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("merchant_ids", ARRAY(sa.Text), nullable=False),
        sa.Column("event_types", ARRAY(sa.Text), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("disable_cause", sa.Text, nullable=False),
        sa.Column("disable_time", _TIME, nullable=True),
        sa.Column("failing_since", _TIME, nullable=True),
        sa.Column("create_time", _TIME, nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary, nullable=False),
        sa.Column("sealed_previous", sa.LargeBinary, nullable=True),
        sa.Column("previous_until", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("endpoint_id", name="webhook_endpoint_pkey"),
    )
    op.create_table(
        "webhook_cursor",
        sa.Column("feed", sa.Text, nullable=False),
        sa.Column("next_sequence", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("feed", name="webhook_cursor_pkey"),
    )


def _deliveries() -> None:
    op.create_table(
        "webhook_event",
        sa.Column("event_id", sa.Text, nullable=False),
        sa.Column("event_type", sa.Text, nullable=False),
        sa.Column("object_id", sa.Text, nullable=False),
        sa.Column("merchant_id", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("create_time", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("event_id", name="webhook_event_pkey"),
    )
    op.create_index("webhook_event_origin_idx", "webhook_event", ["origin"], unique=True)
    op.create_index("webhook_event_create_time_idx", "webhook_event", ["create_time"])
    op.create_table(
        "webhook_delivery",
        sa.Column("delivery_id", sa.Text, nullable=False),
        sa.Column("order_no", sa.BigInteger, sa.Identity(always=False), nullable=False),
        sa.Column("endpoint_id", sa.Text, nullable=False),
        sa.Column("event_id", sa.Text, nullable=False),
        sa.Column("event_type", sa.Text, nullable=False),
        sa.Column("object_id", sa.Text, nullable=False),
        sa.Column("merchant_id", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("try_count", sa.Integer, nullable=False),
        sa.Column("attempt_count", sa.Integer, nullable=False),
        sa.Column("next_try_time", _TIME, nullable=False),
        sa.Column("lease_until", _TIME, nullable=True),
        sa.Column("create_time", _TIME, nullable=False),
        sa.Column("end_time", _TIME, nullable=True),
        sa.Column("last_status_code", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("delivery_id", name="webhook_delivery_pkey"),
    )
    op.create_index("webhook_delivery_event_id_idx", "webhook_delivery", ["event_id"])
    pair = "webhook_delivery_endpoint_id_event_id_idx"
    op.create_index(pair, "webhook_delivery", ["endpoint_id", "event_id"], unique=True)
    due, order = ["endpoint_id", "next_try_time"], ["endpoint_id", "object_id", "order_no"]
    op.create_index("webhook_delivery_due_idx", "webhook_delivery", due, postgresql_where=_WAITS)
    op.create_index("webhook_delivery_order_idx", "webhook_delivery", order, postgresql_where=_WAITS)
    op.create_index("webhook_delivery_log_idx", "webhook_delivery", ["endpoint_id", "delivery_id"])
    op.create_table(
        "webhook_attempt",
        sa.Column("delivery_id", sa.Text, nullable=False),
        sa.Column("attempt_no", sa.Integer, nullable=False),
        sa.Column("start_time", _TIME, nullable=False),
        sa.Column("duration_milliseconds", sa.Integer, nullable=False),
        sa.Column("status_code", sa.Integer, nullable=False),
        sa.Column("fault", sa.Text, nullable=False),
        sa.Column("answer_start", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("delivery_id", "attempt_no", name="webhook_attempt_pkey"),
    )
