"""The feed of what became of exceptions: what waits for its number, and what has one. No query stands here."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Identity, text
from sqlalchemy.orm import Mapped, mapped_column

from services.reconciler.tables.base import Base


class _Told:
    """Where a change left an exception; what else is told of it never changes, and is read from the exception."""

    exception_id: Mapped[str]
    kind: Mapped[str]
    state: Mapped[str]
    resolved_by_run_id: Mapped[str]


class FeedWaitingRow(_Told, Base):
    """A change that has no sequence: none is given before the commit.

    The changes of one exception have their places in the order in which they commit, since each holds the exception's
    row when it takes one; others need not.
    """

    __tablename__ = "feed_waiting"
    place: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    change_time: Mapped[datetime] = mapped_column(server_default=text("now()"))


class FeedRow(_Told, Base):
    """A change in its place. Rows come in the order of their sequences and never change."""

    __tablename__ = "feed"
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    change_time: Mapped[datetime]


class FeedHeadRow(Base):
    """The highest sequence that was given; one row, whose lock is the right to number.

    Up to `dropped_sequence` changes may be missing, since they are older than what is kept; above it none is.
    """

    __tablename__ = "feed_head"
    __table_args__ = (CheckConstraint("single_row", name="single_row"),)
    single_row: Mapped[bool] = mapped_column(primary_key=True)
    sequence: Mapped[int]
    dropped_sequence: Mapped[int]
