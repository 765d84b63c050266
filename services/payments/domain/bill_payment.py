"""What one payment, or one part of it, is to the bill that it names. It adds nothing up and decides no case."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chassis.money import Money
from services.payments.domain.payment import ReconciliationState, State


class Standing(StrEnum):
    """Whether a payment counts for a bill, and why not; the contract's BillPayment.Standing."""

    RECONCILED = "RECONCILED"
    NOT_RECONCILED = "NOT_RECONCILED"
    EXCEPTION = "EXCEPTION"
    DUPLICATE = "DUPLICATE"
    UNDECIDED = "UNDECIDED"
    FAILED = "FAILED"
    CLOSED = "CLOSED"
    GIVEN_BACK = "GIVEN_BACK"
    OTHER_CURRENCY = "OTHER_CURRENCY"


@dataclass(frozen=True, slots=True)
class BillPart:
    """What of a payment is for one bill, and `left` of that after what was refunded or taken back.

    `pay_time` is None until the channel told it; `take_time` is when we took the payment in.
    """

    payment_id: str
    merchant_order_no: str
    bill_no: str
    channel: str
    channel_txn_no: str
    amount: Money
    left: Money
    state: State
    reconciliation_state: ReconciliationState
    pay_time: datetime | None
    take_time: datetime

    @property
    def paid_order(self) -> tuple[datetime, str]:
        """The order in which payments were paid; ids break ties, so that there is one order."""
        return self.pay_time or self.take_time, self.payment_id


def counted(part: BillPart, currency_code: str) -> Money:
    """What of the part counts for a bill in this currency; the store's sums say the same in SQL."""
    counts = part.state is State.SUCCEEDED and part.left.currency_code == currency_code
    return part.left if counts else Money.zero(currency_code)


def standing_of(part: BillPart, currency_code: str, *, is_duplicate: bool) -> Standing:
    """Whether the part counts for a bill in this currency, and why not."""
    if part.state is not State.SUCCEEDED:
        return _NOT_SUCCEEDED[part.state]
    if part.amount.currency_code != currency_code:
        return Standing.OTHER_CURRENCY
    if part.left.amount_minor == 0:
        return Standing.GIVEN_BACK
    return Standing.DUPLICATE if is_duplicate else _RECONCILED[part.reconciliation_state]


_NOT_SUCCEEDED = {
    State.CREATED: Standing.UNDECIDED,
    State.PROCESSING: Standing.UNDECIDED,
    State.UNKNOWN: Standing.UNDECIDED,
    State.FAILED: Standing.FAILED,
    State.CLOSED: Standing.CLOSED,
}
_RECONCILED = {
    ReconciliationState.PENDING: Standing.NOT_RECONCILED,
    ReconciliationState.MATCHED: Standing.RECONCILED,
    ReconciliationState.EXCEPTION: Standing.EXCEPTION,
}
