"""The tables that gateways share to keep limits together, and to know who is suspended."""

from datetime import datetime

from sqlalchemy import Double, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.gateway.tables.base import Base


class RateBucketRow(Base):
    """The tokens of one caller and class of methods. Not logged: after a crash of the database all are full again."""

    __tablename__ = "rate_bucket"
    __table_args__ = ({"prefixes": ["UNLOGGED"]},)
    subject: Mapped[str] = mapped_column(primary_key=True)
    method_class: Mapped[str] = mapped_column(primary_key=True)
    per_second: Mapped[float] = mapped_column(Double)
    tokens: Mapped[float] = mapped_column(Double)
    granted: Mapped[float] = mapped_column(Double)
    refresh_time: Mapped[datetime]


class RateOverrideRow(Base):
    """A limit of one key or tenant that is not that of the settings."""

    __tablename__ = "rate_override"
    subject: Mapped[str] = mapped_column(primary_key=True)
    method_class: Mapped[str] = mapped_column(primary_key=True)
    per_second: Mapped[float] = mapped_column(Double)
    set_by: Mapped[str]
    set_time: Mapped[datetime]


class SuspensionRow(Base):
    """A suspension, which is an alert too; it stays when it is over."""

    __tablename__ = "suspension"
    __table_args__ = (Index(None, "until_time"),)
    suspension_id: Mapped[str] = mapped_column(primary_key=True)
    address: Mapped[str]
    key_id: Mapped[str]
    offence: Mapped[str]
    level: Mapped[int]
    start_time: Mapped[datetime]
    until_time: Mapped[datetime]
    trace_id: Mapped[str]
    lift_time: Mapped[datetime | None]
    lifted_by: Mapped[str]
    lift_reason: Mapped[str]
