"""The feed and its head, and how their rows read as values. No query stands here."""

from dataclasses import replace

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.payments.domain.payment import NumberedChange, ReconciliationState, State
from services.payments.tables.base import Base
from services.payments.tables.payment import PaymentRow, to_payment


class FeedRow(Base):
    """A change of a payment, with what it made of it. `sequence` is empty until it was committed and numbered."""

    __tablename__ = "feed"
    __table_args__ = (
        UniqueConstraint("sequence"),
        UniqueConstraint("payment_id", "version"),
        Index("feed_unnumbered_idx", "id", postgresql_where=text("sequence IS NULL")),
    )
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    sequence: Mapped[int | None]
    payment_id: Mapped[str] = mapped_column(ForeignKey("payments.payment_id"))
    version: Mapped[int]
    state: Mapped[str]
    reconciliation_state: Mapped[str]
    run_id: Mapped[str]


class FeedHeadRow(Base):
    """The highest sequence that was given; one row, whose lock is the right to number."""

    __tablename__ = "feed_head"
    __table_args__ = (CheckConstraint("single_row", name="single_row"),)
    single_row: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    sequence: Mapped[int]


def to_numbered_change(feed: FeedRow, row: PaymentRow) -> NumberedChange:
    """A change, with the payment as the change left it: what cannot change is read from the payment's row."""
    assert feed.sequence is not None, "only numbered changes are told"
    left = replace(
        to_payment(row),
        state=State(feed.state),
        reconciliation_state=ReconciliationState(feed.reconciliation_state),
        version=feed.version,
    )
    return NumberedChange(feed.sequence, left, feed.run_id)
