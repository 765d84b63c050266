"""What payments is to be told of a payment: the decision of one run. It tells nobody itself."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PaymentFact:
    """That a run matched a payment, found it in an exception of a class, or leaves undecided what was told before."""

    payment_id: str
    run_id: str
    outcome: str  # MATCHED, EXCEPTION or PENDING, as the contract's ReconciliationState has it
    exception_class: str  # "" unless it is an EXCEPTION
    decide_time: datetime
