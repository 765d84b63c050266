"""Duplicate payments and how their cases ended: two tables, in which no row is ever changed. No query stands here."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.money import Money
from services.payments.domain.duplicate import Closing, Covering, Duplicate, DuplicateCause, DuplicateState, Surplus
from services.payments.tables.base import Base


class DuplicateRow(Base):
    """What was found, as it was then. `covering` is the evidence: the payments that the bill had already."""

    __tablename__ = "duplicates"
    __table_args__ = (
        CheckConstraint("refund_minor > 0", name="refund_minor"),
        Index(None, "create_time", "duplicate_id"),
        Index(None, "merchant_id", "bill_no"),
    )
    duplicate_id: Mapped[str] = mapped_column(primary_key=True)
    merchant_id: Mapped[str]
    bill_no: Mapped[str]
    payment_id: Mapped[str]
    channel: Mapped[str]
    cause: Mapped[str]
    currency_code: Mapped[str]
    bill_minor: Mapped[int]
    refund_minor: Mapped[int]
    covering: Mapped[list[dict[str, str]]] = mapped_column(JSONB)
    create_time: Mapped[datetime]


class DuplicateClosingRow(Base):
    """How a case ended; there is one at most, since who is second finds the key taken."""

    __tablename__ = "duplicate_closings"
    duplicate_id: Mapped[str] = mapped_column(ForeignKey("duplicates.duplicate_id"), primary_key=True)
    state: Mapped[str]
    reason: Mapped[str]
    closed_by: Mapped[str]
    close_time: Mapped[datetime]


def duplicate_columns(duplicate: Duplicate) -> dict[str, object]:
    """The columns of a case that is opened."""
    found = duplicate.found
    return {
        "duplicate_id": duplicate.duplicate_id,
        "merchant_id": duplicate.merchant_id,
        "bill_no": duplicate.bill_no,
        "payment_id": found.payment_id,
        "channel": found.channel,
        "cause": found.cause.value,
        "currency_code": found.proposed_refund.currency_code,
        "bill_minor": duplicate.bill_amount.amount_minor,
        "refund_minor": found.proposed_refund.amount_minor,
        "covering": [_evidence(each) for each in found.covering],
        "create_time": duplicate.create_time,
    }


def to_duplicate(row: DuplicateRow, closing: DuplicateClosingRow | None, left_minor: int) -> Duplicate:
    """The case in its rows; `left_minor` is what of the payment was not given back yet."""
    code = row.currency_code
    found = Surplus(
        payment_id=row.payment_id,
        channel=row.channel,
        cause=DuplicateCause(row.cause),
        proposed_refund=Money(code, row.refund_minor),
        covering=tuple(_covering(each, code) for each in row.covering),
    )
    return Duplicate(
        duplicate_id=row.duplicate_id,
        merchant_id=row.merchant_id,
        bill_no=row.bill_no,
        bill_amount=Money(code, row.bill_minor),
        found=found,
        left=Money(code, left_minor),
        create_time=row.create_time,
        closing=None if closing is None else _to_closing(closing),
    )


def closing_rows(closings: Mapping[str, Closing]) -> Sequence[dict[str, object]]:
    """The columns of closings, by the case that each ends."""
    return [
        {
            "duplicate_id": duplicate_id,
            "state": closing.state.value,
            "reason": closing.reason,
            "closed_by": closing.closed_by,
            "close_time": closing.close_time,
        }
        for duplicate_id, closing in closings.items()
    ]


def _to_closing(row: DuplicateClosingRow) -> Closing:
    return Closing(DuplicateState(row.state), row.reason, row.closed_by, row.close_time)


def _evidence(covering: Covering) -> dict[str, str]:
    return {
        "payment_id": covering.payment_id,
        "channel": covering.channel,
        "channel_txn_no": covering.channel_txn_no,
        "amount_minor": str(covering.amount.amount_minor),
        "pay_time": covering.pay_time.isoformat(),
    }


def _covering(evidence: Mapping[str, str], currency_code: str) -> Covering:
    return Covering(
        payment_id=evidence["payment_id"],
        channel=evidence["channel"],
        channel_txn_no=evidence["channel_txn_no"],
        amount=Money(currency_code, int(evidence["amount_minor"])),
        pay_time=datetime.fromisoformat(evidence["pay_time"]),
    )
