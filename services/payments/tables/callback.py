"""What channels told us by themselves: the callbacks that were taken, and digests of those that were not. No query."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.payments.tables.base import Base


class CallbackRow(Base):
    """A callback that was proved and taken, once for each event of an account; `sealed` has its headers and its bytes.

    It is not partitioned by payment: an event is one for ever, and rows go by their age. `repeat_count` is how often
    the same event came again.
    """

    __tablename__ = "callbacks"
    __table_args__ = (Index(None, "receive_time"), Index(None, "payment_id"))
    account_id: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    payment_id: Mapped[str]
    sealed: Mapped[bytes]
    receive_time: Mapped[datetime]
    repeat_count: Mapped[int]
    traceparent: Mapped[str]


class RefusedCallbackRow(Base):
    """The digest of a callback that was not believed or did not agree; its bytes are not kept."""

    __tablename__ = "refused_callbacks"
    __table_args__ = (Index(None, "receive_time"),)
    refused_id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    account_id: Mapped[str]
    cause: Mapped[str]
    body_sha256: Mapped[bytes]
    body_bytes: Mapped[int]
    receive_time: Mapped[datetime]


class RefusedCallbackDayRow(Base):
    """How many callbacks an account refused on a day; it caps how many digests are kept."""

    __tablename__ = "refused_callback_days"
    __table_args__ = (CheckConstraint("refused_count > 0", name="refused_count"),)
    account_id: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    refused_count: Mapped[int]
