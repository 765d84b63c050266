"""Matching on arrival: the rows that are still open, what of them is matched, and what a close said otherwise."""

from datetime import datetime
from typing import Any

from sqlalchemy import Identity, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.reconciler.tables.base import Base


class ArrivalPaymentDueRow(Base):
    """A payment or refund that the mirror took and that was not matched since."""

    __tablename__ = "arrival_payments_due"
    payment_id: Mapped[str] = mapped_column(primary_key=True)


class ArrivalStatementDueRow(Base):
    """A statement whose lines behind `done_line_no` were not matched yet."""

    __tablename__ = "arrival_statements_due"
    statement_id: Mapped[str] = mapped_column(primary_key=True)
    done_line_no: Mapped[int] = mapped_column(server_default=text("0"))


def _numbers(table: str, columns: tuple[str, ...]) -> tuple[Index, ...]:
    return tuple(
        Index(f"{table}_{name}_idx", name, "channel", postgresql_where=text(f"{name} <> ''")) for name in columns
    )


_NUMBERS = ("channel_txn_no", "merchant_order_no", "channel_refund_no", "merchant_refund_no")


class ArrivalPaymentRow(Base):
    """A payment or refund that no run has placed, in the columns of the payments frame; `pn` is its number."""

    __tablename__ = "arrival_payments"
    __table_args__ = (
        Index("arrival_payments_pn_key", "pn", unique=True),
        Index(None, "business_date"),
        *_numbers("arrival_payments", _NUMBERS),
    )
    payment_id: Mapped[str] = mapped_column(primary_key=True)
    pn: Mapped[int] = mapped_column(Identity(always=True))
    merchant_id: Mapped[str]
    channel: Mapped[str]
    kind: Mapped[str]
    state: Mapped[str]
    channel_txn_no: Mapped[str]
    merchant_order_no: Mapped[str]
    channel_refund_no: Mapped[str]
    merchant_refund_no: Mapped[str]
    bill_no: Mapped[str]
    batch_no: Mapped[str]
    payer: Mapped[str]
    currency_code: Mapped[str]
    amount_minor: Mapped[int]
    fee_minor: Mapped[int | None]
    pay_time_us: Mapped[int]
    business_date: Mapped[str]


class ArrivalLineRow(Base):
    """A line that no run has placed, in the columns of the lines frame; `ln` is its number."""

    __tablename__ = "arrival_lines"
    __table_args__ = (
        Index("arrival_lines_ln_key", "ln", unique=True),
        Index(None, "business_date"),
        *_numbers("arrival_lines", _NUMBERS),
    )
    line_id: Mapped[str] = mapped_column(primary_key=True)
    ln: Mapped[int] = mapped_column(Identity(always=True))
    file_id: Mapped[str]
    line_no: Mapped[int]
    channel: Mapped[str]
    kind: Mapped[str]
    status: Mapped[str]
    channel_txn_no: Mapped[str]
    merchant_order_no: Mapped[str]
    channel_refund_no: Mapped[str]
    merchant_refund_no: Mapped[str]
    batch_no: Mapped[str]
    payer: Mapped[str]
    currency_code: Mapped[str]
    amount_minor: Mapped[int]
    fee_minor: Mapped[int | None]
    book_time_us: Mapped[int | None]
    business_date: Mapped[str]


class ArrivalMatchRow(Base):
    """A pair as it stands by what has come so far. `closed_by_run_id` is the run that said the same, "" before."""

    __tablename__ = "arrival_matches"
    __table_args__ = (
        Index("arrival_matches_line_id_key", "line_id", unique=True),
        Index(None, "match_time"),
    )
    payment_id: Mapped[str] = mapped_column(primary_key=True)
    line_id: Mapped[str]
    rule_id: Mapped[str]
    stage: Mapped[str]
    disposition: Mapped[str]
    exception_class: Mapped[str]
    reason: Mapped[str]
    rule_set_hash: Mapped[str]
    match_time: Mapped[datetime]
    closed_by_run_id: Mapped[str] = mapped_column(server_default="")


class ArrivalRevisionRow(Base):
    """A pair that does not stand any more: `run_id` is the run that said otherwise, "" where a row that came did."""

    __tablename__ = "arrival_revisions"
    __table_args__ = (Index(None, "payment_id"), Index(None, "line_id"), Index(None, "run_id"))
    revision_id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    payment_id: Mapped[str]
    line_id: Mapped[str]
    run_id: Mapped[str]
    before: Mapped[dict[str, Any]] = mapped_column(JSONB)
    after: Mapped[dict[str, Any]] = mapped_column(JSONB)
    revise_time: Mapped[datetime]
