"""What payments is to be told of a payment: the decision of one run. It tells nobody itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from services.reconciler.domain.outcome import Match, Outcome


@dataclass(frozen=True, slots=True)
class PaymentFact:
    """That a run matched a payment, or found it in an exception of a class."""

    payment_id: str
    run_id: str
    outcome: str  # MATCHED or EXCEPTION, as the contract's ReconciliationState has it
    exception_class: str  # "" when matched
    decide_time: datetime


def facts_of(outcome: Outcome, run_id: str, now: datetime) -> Iterator[PaymentFact]:
    """One fact for each payment that the run gave a place."""
    for payment, place in outcome.payments():
        if isinstance(place, Match):
            yield PaymentFact(payment.payment_id, run_id, "MATCHED", "", now)
        else:
            yield PaymentFact(payment.payment_id, run_id, "EXCEPTION", place.exception_class, now)
