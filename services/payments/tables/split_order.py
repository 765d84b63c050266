"""Orders that are paid in several parts, and the parts; never changed. No query stands here."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.payments.tables.base import Base


class SplitOrderRow(Base):
    """An order; what it stands at follows from the payments of its parts."""

    __tablename__ = "split_orders"
    __table_args__ = (CheckConstraint("total_minor > 0", name="total_minor"),)
    merchant_id: Mapped[str] = mapped_column(primary_key=True)
    split_order_no: Mapped[str] = mapped_column(primary_key=True)
    currency_code: Mapped[str]
    total_minor: Mapped[int]
    create_time: Mapped[datetime]


class SplitOrderPartRow(Base):
    """A part: an order number belongs to one order, at one place, for ever."""

    __tablename__ = "split_order_parts"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_minor"),
        ForeignKeyConstraint(
            ["merchant_id", "split_order_no"], ["split_orders.merchant_id", "split_orders.split_order_no"]
        ),
        Index(None, "merchant_id", "split_order_no"),
    )
    merchant_id: Mapped[str] = mapped_column(primary_key=True)
    merchant_order_no: Mapped[str] = mapped_column(primary_key=True)
    split_order_no: Mapped[str]
    place: Mapped[int]
    amount_minor: Mapped[int]
