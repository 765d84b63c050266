"""What payments is to be told of a payment: the decision of one run. It tells nobody itself."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PaymentFact:
    """That a run matched a payment, or found it in an exception of a class."""

    payment_id: str
    run_id: str
    outcome: str  # MATCHED or EXCEPTION, as the contract's ReconciliationState has it
    exception_class: str  # "" when matched
    decide_time: datetime
