"""Payments as their channels are asked about them, and how a row reads as a value. No query stands here."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.payments.domain.channel_order import Attention, AttentionCause, ChannelOrder
from services.payments.tables.base import MONTHLY, Base


class ChannelOrderKeyRow(Base):
    """A number that stands at a channel for one payment of an account; never changed and never deleted.

    Accounts that serve several merchants have one space of numbers for all of them, as their channel has.
    """

    __tablename__ = "channel_order_keys"
    account_id: Mapped[str] = mapped_column(primary_key=True)
    merchant_order_no: Mapped[str] = mapped_column(primary_key=True)
    payment_id: Mapped[str]


class ChannelOrderRow(Base):
    """A payment that was started here. `next_poll_time` is when its channel is asked next, by whoever claims it then.

    It is null when nobody asks: the payment has ended, or a person must look.
    """

    __tablename__ = "channel_orders"
    __table_args__ = (
        CheckConstraint("(attention_cause = '') = (attention_time IS NULL)", name="attention"),
        Index("channel_orders_due_idx", "next_poll_time", postgresql_where=text("next_poll_time IS NOT NULL")),
        Index(
            "channel_orders_attention_idx",
            "attention_time",
            "payment_id",
            postgresql_where=text("attention_time IS NOT NULL"),
        ),
        MONTHLY,
    )
    payment_id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str]
    description: Mapped[str]
    expire_time: Mapped[datetime]
    code_url: Mapped[str]
    ask_count: Mapped[int]
    close_wanted: Mapped[bool]
    poll_count: Mapped[int]
    next_poll_time: Mapped[datetime | None]
    attention_cause: Mapped[str]
    attention_detail: Mapped[str]
    attention_time: Mapped[datetime | None]


def channel_order_columns(order: ChannelOrder) -> dict[str, object]:
    """The columns of an order."""
    attention = order.attention
    return {
        "payment_id": order.payment_id,
        "account_id": order.account_id,
        "description": order.description,
        "expire_time": order.expire_time,
        "code_url": order.code_url,
        "ask_count": order.ask_count,
        "close_wanted": order.close_wanted,
        "poll_count": order.poll_count,
        "next_poll_time": order.next_poll_time,
        "attention_cause": attention.cause.value if attention else "",
        "attention_detail": attention.detail if attention else "",
        "attention_time": attention.attention_time if attention else None,
    }


def to_channel_order(row: ChannelOrderRow) -> ChannelOrder:
    """The order in a row."""
    attention = None
    if row.attention_time is not None:
        attention = Attention(AttentionCause(row.attention_cause), row.attention_detail, row.attention_time)
    return ChannelOrder(
        payment_id=row.payment_id,
        account_id=row.account_id,
        description=row.description,
        expire_time=row.expire_time,
        code_url=row.code_url,
        ask_count=row.ask_count,
        close_wanted=row.close_wanted,
        poll_count=row.poll_count,
        next_poll_time=row.next_poll_time,
        attention=attention,
    )
