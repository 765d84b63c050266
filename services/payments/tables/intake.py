"""The keys of payments: orders for ever, requests for a month. No query stands here.

Neither points at its payment by a foreign key: payments are partitioned and one day archived, and an order outlives
them. Each is written in one transaction with its payment.
"""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from services.payments.tables.base import Base


class OrderKeyRow(Base):
    """A merchant's order and the payment that was taken in for it; never changed and never deleted.

    `content_sha256` tells whether a repeat says the same, when the payment itself is archived.
    """

    __tablename__ = "order_key"
    merchant_id: Mapped[str] = mapped_column(primary_key=True)
    merchant_order_no: Mapped[str] = mapped_column(primary_key=True)
    payment_id: Mapped[str]
    content_sha256: Mapped[bytes]


class RequestRow(Base):
    """A request_id that was answered, with which payment, and the SHA-256 of what was asked; kept for 30 days."""

    __tablename__ = "requests"
    __table_args__ = (Index(None, "create_time"),)
    request_id: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[bytes]
    payment_id: Mapped[str]
    create_time: Mapped[datetime]
