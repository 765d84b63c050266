"""Why a bill stands as it does: "I have paid and my bill still says unpaid". The words stand in bill_words.py."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chassis.money import Money
from services.payments.domain.bill import OWED, Bill, BillState
from services.payments.domain.bill_payment import BillPart, Standing
from services.payments.domain.near_number import Slip


class Verdict(StrEnum):
    """The one thing to know; the contract's BillAnswer.Verdict."""

    NO_PAYMENT = "NO_PAYMENT"
    NEAR_NUMBER = "NEAR_NUMBER"
    UNDECIDED = "UNDECIDED"
    NOT_SUCCEEDED = "NOT_SUCCEEDED"
    GIVEN_BACK = "GIVEN_BACK"
    OTHER_CURRENCY = "OTHER_CURRENCY"
    PARTLY_PAID = "PARTLY_PAID"
    NOT_RECONCILED = "NOT_RECONCILED"
    EXCEPTION = "EXCEPTION"
    SETTLED = "SETTLED"
    OVERPAID = "OVERPAID"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class JudgedPart:
    """A payment of the bill with its standing; `exception_class` is the reconciler's, empty when there is none."""

    part: BillPart
    standing: Standing
    exception_class: str = ""

    @property
    def not_reconciled_since(self) -> datetime | None:
        """Since when it is paid and no statement confirms it; None when one does or it does not count."""
        waits = self.standing in (Standing.NOT_RECONCILED, Standing.EXCEPTION)
        return self.part.paid_order[0] if waits else None


@dataclass(frozen=True, slots=True)
class Near:
    """A payment under a number that no bill needs, one slip away; `fits` when it is exactly what the bill wants."""

    part: BillPart
    slip: Slip
    fits: bool


def fits(part: BillPart, due: Money) -> bool:
    """Whether a payment under another number is exactly what a bill still wants."""
    return part.left == due


def verdict_of(bill: Bill, judged: Sequence[JudgedPart], near: Sequence[Near]) -> Verdict:
    """The one thing to know about a bill, given all its payments and those under numbers that are near."""
    standings = {each.standing for each in judged}
    if (told := _OF_STATE.get(bill.state)) is not None:
        return told
    if bill.state not in OWED:
        return _first_of(_OF_PAID, standings) or Verdict.SETTLED
    if Standing.UNDECIDED in standings:
        return Verdict.UNDECIDED
    if any(each.fits for each in near):
        return Verdict.NEAR_NUMBER
    return _first_of(_OF_UNPAID, standings) or (Verdict.NEAR_NUMBER if near else Verdict.NO_PAYMENT)


def subject_of(verdict: Verdict, judged: Sequence[JudgedPart], near: Sequence[Near]) -> JudgedPart | Near | None:
    """The payment that the verdict is about; None when it is about none alone."""
    if verdict is Verdict.NEAR_NUMBER:
        return near[0]
    told = {
        standing for standing, of in (*_OF_PAID, *_OF_UNPAID, (Standing.UNDECIDED, Verdict.UNDECIDED)) if of is verdict
    }
    return next((each for each in judged if each.standing in told), None)


def _first_of(order: Sequence[tuple[Standing, Verdict]], standings: set[Standing]) -> Verdict | None:
    return next((verdict for standing, verdict in order if standing in standings), None)


_OF_STATE = {
    BillState.CANCELLED: Verdict.CANCELLED,
    BillState.OVERPAID: Verdict.OVERPAID,
    BillState.PARTLY_PAID: Verdict.PARTLY_PAID,
}
_OF_PAID = ((Standing.EXCEPTION, Verdict.EXCEPTION), (Standing.NOT_RECONCILED, Verdict.NOT_RECONCILED))
_OF_UNPAID = (
    (Standing.OTHER_CURRENCY, Verdict.OTHER_CURRENCY),
    (Standing.GIVEN_BACK, Verdict.GIVEN_BACK),
    (Standing.FAILED, Verdict.NOT_SUCCEEDED),
    (Standing.CLOSED, Verdict.NOT_SUCCEEDED),
)
