"""The feed: what waits for its number, what has one, and the sums of a day. No query stands here."""

from datetime import date
from decimal import Decimal

from sqlalchemy import CheckConstraint, Numeric, text
from sqlalchemy.orm import Mapped, mapped_column

from services.payments.tables.base import MONTHLY, Base


class _Told:
    """What one change made of a payment; what else a consumer is told never changes and is read from the payment."""

    payment_id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    kind: Mapped[str]
    ref_id: Mapped[str]
    state: Mapped[str]
    reconciliation_state: Mapped[str]
    refunded_minor: Mapped[int]
    refund_reserved_minor: Mapped[int]


class FeedWaitingRow(_Told, Base):
    """A change that has no sequence: none is given before the commit. A turn of numbering takes it into the feed.

    The columns of the slice are set on the change by which the money came in, and on no other: what numbering adds to
    the manifest of the day.
    """

    __tablename__ = "feed_waiting"
    __table_args__ = (
        CheckConstraint(
            "num_nulls(channel, business_date, currency_code, amount_minor, line_sha256) IN (0, 5)", name="slice"
        ),
    )
    version: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str | None]
    business_date: Mapped[date | None]
    currency_code: Mapped[str | None]
    amount_minor: Mapped[int | None]
    line_sha256: Mapped[bytes | None]


class FeedRow(_Told, Base):
    """A change in its place. Rows come in the order of their sequences and never change."""

    __tablename__ = "feed"
    __table_args__ = (MONTHLY,)
    # First in the key: the feed is read by it, and by it alone.
    sequence: Mapped[int] = mapped_column(primary_key=True)


class FeedHeadRow(Base):
    """The highest sequence that was given; one row, whose lock is the right to number.

    Up to `dropped_sequence` changes may be missing, since months were dropped; above it none is.
    """

    __tablename__ = "feed_head"
    __table_args__ = (CheckConstraint("single_row", name="single_row"),)
    single_row: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    sequence: Mapped[int]
    dropped_sequence: Mapped[int] = mapped_column(server_default=text("0"))


class SliceManifestRow(Base):
    """Count, sum and digest of the payments in one currency of a channel's day that the feed has told, up to its head.

    `digest_sum` is the sum of the lines' SHA-256 modulo 2^256.
    """

    __tablename__ = "slice_manifest"
    channel: Mapped[str] = mapped_column(primary_key=True)
    business_date: Mapped[date] = mapped_column(primary_key=True)
    currency_code: Mapped[str] = mapped_column(primary_key=True)
    payment_count: Mapped[int]
    # More than one payment's 64 bits, so that no sum of theirs stops the numbering.
    amount_sum_minor: Mapped[Decimal] = mapped_column(Numeric(38, 0))
    digest_sum: Mapped[Decimal] = mapped_column(Numeric(78, 0))
