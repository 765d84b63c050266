"""Refunds, what channels took back, the numbers of both, and how rows read as values. No query stands here."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.money import Money
from services.payments.domain.refund import Refund, RefundContent, RefundOrigin, RefundState
from services.payments.domain.takeback import Takeback, TakebackContent, TakebackKind
from services.payments.tables.base import MONTHLY, Base


class RefundKeyRow(Base):
    """A number that was given to a refund, reversal or chargeback: taken for ever, never deleted.

    `owner_id` is whose numbers they are: the merchant, or the account at a channel, for which two refunds of one number
    are one, whoever's they are.
    """

    __tablename__ = "refund_keys"
    owner_id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(primary_key=True)
    payment_id: Mapped[str]
    fact_id: Mapped[str]


class RefundRow(Base):
    """A refund as it stands. `next_try_time` is when its channel is asked next, by whoever claims it then."""

    __tablename__ = "refunds"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_minor"),
        CheckConstraint("(state IN ('SUCCEEDED', 'FAILED')) = (finish_time IS NOT NULL)", name="finish_time"),
        CheckConstraint(
            "state IN ('SUCCEEDED', 'FAILED') OR num_nonnulls(next_try_time, attention_time) = 1", name="open"
        ),
        Index(None, "refund_id"),
        Index(None, "merchant_id", "refund_id"),
        Index("refunds_due_idx", "next_try_time", postgresql_where=text("next_try_time IS NOT NULL")),
        Index("refunds_attention_idx", "refund_id", postgresql_where=text("attention_time IS NOT NULL")),
        MONTHLY,
    )
    payment_id: Mapped[str] = mapped_column(primary_key=True)
    refund_id: Mapped[str] = mapped_column(primary_key=True)
    merchant_id: Mapped[str]
    account_id: Mapped[str]
    merchant_refund_no: Mapped[str]
    currency_code: Mapped[str]
    amount_minor: Mapped[int]
    reason: Mapped[str]
    bill_no: Mapped[str] = mapped_column(server_default="")
    origin: Mapped[str]
    state: Mapped[str]
    channel_refund_no: Mapped[str]
    cause: Mapped[str]
    create_time: Mapped[datetime]
    finish_time: Mapped[datetime | None]
    attempt_count: Mapped[int]
    next_try_time: Mapped[datetime | None]
    attention_time: Mapped[datetime | None]
    traceparent: Mapped[str]


class TakebackRow(Base):
    """What a channel took back; never changed."""

    __tablename__ = "takebacks"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_minor"),
        CheckConstraint("uncovered_minor BETWEEN 0 AND amount_minor", name="uncovered_minor"),
        Index(None, "takeback_id"),
        Index(None, "merchant_id", "takeback_id"),
        MONTHLY,
    )
    payment_id: Mapped[str] = mapped_column(primary_key=True)
    takeback_id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    merchant_id: Mapped[str]
    channel_takeback_no: Mapped[str]
    currency_code: Mapped[str]
    amount_minor: Mapped[int]
    uncovered_minor: Mapped[int]
    reason: Mapped[str]
    take_time: Mapped[datetime]
    create_time: Mapped[datetime]
    traceparent: Mapped[str]


def refund_columns(refund: Refund) -> dict[str, object]:
    """The columns of a refund that is taken in."""
    content = refund.content
    return {
        "payment_id": content.payment_id,
        "refund_id": refund.refund_id,
        "merchant_id": refund.merchant_id,
        "account_id": refund.account_id,
        "merchant_refund_no": content.merchant_refund_no,
        "currency_code": content.amount.currency_code,
        "amount_minor": content.amount.amount_minor,
        "reason": content.reason,
        "bill_no": content.bill_no,
        "origin": content.origin.value,
        "create_time": refund.create_time,
        "traceparent": refund.traceparent,
        **moving_columns(refund),
    }


def moving_columns(refund: Refund) -> dict[str, object]:
    """The columns that the life of a refund changes."""
    return {
        "state": refund.state.value,
        "channel_refund_no": refund.channel_refund_no,
        "cause": refund.cause,
        "finish_time": refund.finish_time,
        "attempt_count": refund.attempt_count,
        "next_try_time": refund.next_try_time,
        "attention_time": refund.attention_time,
    }


def to_refund(row: RefundRow) -> Refund:
    """The refund in a row; of one that was told as done, what the channel told is part of what was told."""
    origin = RefundOrigin(row.origin)
    told = origin is RefundOrigin.RECORDED
    content = RefundContent(
        payment_id=row.payment_id,
        merchant_refund_no=row.merchant_refund_no,
        amount=Money(row.currency_code, row.amount_minor),
        reason=row.reason,
        origin=origin,
        channel_refund_no=row.channel_refund_no if told else "",
        finish_time=row.finish_time if told else None,
        bill_no=row.bill_no,
    )
    return Refund(
        refund_id=row.refund_id,
        merchant_id=row.merchant_id,
        account_id=row.account_id,
        content=content,
        state=RefundState(row.state),
        channel_refund_no=row.channel_refund_no,
        cause=row.cause,
        create_time=row.create_time,
        finish_time=row.finish_time,
        attempt_count=row.attempt_count,
        next_try_time=row.next_try_time,
        attention_time=row.attention_time,
        traceparent=row.traceparent,
    )


def takeback_columns(takeback: Takeback) -> dict[str, object]:
    """The columns of a fact."""
    content = takeback.content
    return {
        "payment_id": content.payment_id,
        "takeback_id": takeback.takeback_id,
        "kind": content.kind.value,
        "merchant_id": takeback.merchant_id,
        "channel_takeback_no": content.channel_takeback_no,
        "currency_code": content.amount.currency_code,
        "amount_minor": content.amount.amount_minor,
        "uncovered_minor": takeback.uncovered_amount.amount_minor,
        "reason": content.reason,
        "take_time": content.take_time,
        "create_time": takeback.create_time,
        "traceparent": takeback.traceparent,
    }


def to_takeback(row: TakebackRow) -> Takeback:
    """The fact in a row."""
    content = TakebackContent(
        kind=TakebackKind(row.kind),
        payment_id=row.payment_id,
        channel_takeback_no=row.channel_takeback_no,
        amount=Money(row.currency_code, row.amount_minor),
        reason=row.reason,
        take_time=row.take_time,
    )
    return Takeback(
        takeback_id=row.takeback_id,
        merchant_id=row.merchant_id,
        content=content,
        uncovered_amount=Money(row.currency_code, row.uncovered_minor),
        create_time=row.create_time,
        traceparent=row.traceparent,
    )
