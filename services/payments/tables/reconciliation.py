"""What runs decided about payments, and how its rows read as values. No query stands here."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from services.payments.domain.payment import ReconciliationState
from services.payments.domain.reconciliation import Fact
from services.payments.tables.base import MONTHLY, Base


class ReconciliationRow(Base):
    """What a run decided about a payment; never changed."""

    __tablename__ = "reconciliations"
    __table_args__ = (MONTHLY,)
    payment_id: Mapped[str] = mapped_column(primary_key=True)
    run_id: Mapped[str] = mapped_column(primary_key=True)
    outcome: Mapped[str]
    exception_class: Mapped[str]
    decide_time: Mapped[datetime]
    create_time: Mapped[datetime]


def to_fact(row: ReconciliationRow) -> Fact:
    """The fact in a row."""
    outcome = ReconciliationState(row.outcome)
    return Fact(row.payment_id, row.run_id, outcome, row.exception_class, row.decide_time)
