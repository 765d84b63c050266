"""The tables of webhooks: endpoints, events, what is on its way, and what came back. No query stands here."""

from datetime import datetime

from sqlalchemy import BigInteger, Identity, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.gateway.tables.base import Base

_WAITS = text("state = 'WAITING'")


class WebhookEndpointRow(Base):
    """Where events are sent. Secrets are sealed; a deleted endpoint has none."""

    __tablename__ = "webhook_endpoint"
    endpoint_id: Mapped[str] = mapped_column(primary_key=True)
    url: Mapped[str]
    description: Mapped[str]
    merchant_ids: Mapped[list[str]] = mapped_column(ARRAY(Text))
    event_types: Mapped[list[str]] = mapped_column(ARRAY(Text))
    state: Mapped[str]
    disable_cause: Mapped[str]
    disable_time: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    create_time: Mapped[datetime]
    sealed_secret: Mapped[bytes]
    sealed_previous: Mapped[bytes | None]
    previous_until: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(BigInteger, server_default="1")


class WebhookEventRow(Base):
    """An event, as it is sent to everyone."""

    __tablename__ = "webhook_event"
    __table_args__ = (Index(None, "origin", unique=True), Index(None, "create_time"))
    event_id: Mapped[str] = mapped_column(primary_key=True)
    event_type: Mapped[str]
    object_id: Mapped[str]
    merchant_id: Mapped[str]
    origin: Mapped[str]
    body: Mapped[str]
    create_time: Mapped[datetime]


class WebhookDeliveryRow(Base):
    """One event on its way to one endpoint. Those of one object go out in the order of `order_no`."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        Index(None, "endpoint_id", "event_id", unique=True),
        Index(None, "event_id"),
        Index("webhook_delivery_due_idx", "endpoint_id", "next_try_time", postgresql_where=_WAITS),
        Index("webhook_delivery_order_idx", "endpoint_id", "object_id", "order_no", postgresql_where=_WAITS),
        Index("webhook_delivery_log_idx", "endpoint_id", "delivery_id"),
    )
    delivery_id: Mapped[str] = mapped_column(primary_key=True)
    order_no: Mapped[int] = mapped_column(BigInteger, Identity(always=False))
    endpoint_id: Mapped[str]
    event_id: Mapped[str]
    event_type: Mapped[str]
    object_id: Mapped[str]
    merchant_id: Mapped[str]
    state: Mapped[str]
    try_count: Mapped[int]
    attempt_count: Mapped[int]
    next_try_time: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    create_time: Mapped[datetime]
    end_time: Mapped[datetime | None]
    last_status_code: Mapped[int]


class WebhookAttemptRow(Base):
    """One try and what came back."""

    __tablename__ = "webhook_attempt"
    delivery_id: Mapped[str] = mapped_column(primary_key=True)
    attempt_no: Mapped[int] = mapped_column(primary_key=True)
    start_time: Mapped[datetime]
    duration_milliseconds: Mapped[int]
    status_code: Mapped[int]
    fault: Mapped[str]
    answer_start: Mapped[str]


class WebhookCursorRow(Base):
    """Where a feed goes on: the first sequence that was not read."""

    __tablename__ = "webhook_cursor"
    feed: Mapped[str] = mapped_column(primary_key=True)
    next_sequence: Mapped[int] = mapped_column(BigInteger)
