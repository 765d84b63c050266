"""The outbox to payments."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from services.reconciler.tables.base import Base


class PaymentFactRow(Base):
    """The outbox to payments: what it has yet to be told of a payment. A newer decision takes the place of an older.

    `next_try_at` is the end of the lease while it is being told, and empty when payments will not take it.
    """

    __tablename__ = "payment_facts"
    __table_args__ = (Index(None, "next_try_at", "payment_id"),)
    payment_id: Mapped[str] = mapped_column(primary_key=True)
    run_id: Mapped[str]
    outcome: Mapped[str]
    exception_class: Mapped[str]
    decide_time: Mapped[datetime]
    attempts: Mapped[int]
    next_try_at: Mapped[datetime | None]
