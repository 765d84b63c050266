"""Payments for a bill that had been paid without them. It proposes refunds and makes none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chassis.money import Money
from services.payments.domain.bill import Bill, BillState
from services.payments.domain.bill_payment import BillPart, counted


class DuplicateState(StrEnum):
    """How a case stands; the contract's DuplicatePayment.State."""

    OPEN = "OPEN"
    REFUNDED = "REFUNDED"
    DISMISSED = "DISMISSED"


class DuplicateCause(StrEnum):
    """Why nothing was owed any more; the contract's DuplicatePayment.Cause."""

    BILL_COVERED = "BILL_COVERED"
    BILL_CANCELLED = "BILL_CANCELLED"


@dataclass(frozen=True, slots=True)
class Covering:
    """Evidence: a payment that the bill had already, and what of it counted then."""

    payment_id: str
    channel: str
    channel_txn_no: str
    amount: Money
    pay_time: datetime


@dataclass(frozen=True, slots=True)
class Surplus:
    """A payment that is too many, as the bill's payments stand: refund so much of it."""

    payment_id: str
    channel: str
    cause: DuplicateCause
    proposed_refund: Money
    covering: tuple[Covering, ...]


@dataclass(frozen=True, slots=True)
class Closing:
    """How a case ended; `reason` and `closed_by` are empty when a refund ended it."""

    state: DuplicateState
    reason: str
    closed_by: str
    close_time: datetime

    def says_the_same(self, other: "Closing") -> bool:
        """Whether it is the same decision by the same person; when it was told is no part of it."""
        return (self.state, self.reason, self.closed_by) == (other.state, other.reason, other.closed_by)


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A case: what was found, never changed, and its closing when it has one.

    `left` is what of the payment is still there to be refunded.
    """

    duplicate_id: str
    merchant_id: str
    bill_no: str
    bill_amount: Money
    found: Surplus
    left: Money
    create_time: datetime
    closing: Closing | None

    @property
    def state(self) -> DuplicateState:
        """How the case stands."""
        return DuplicateState.OPEN if self.closing is None else self.closing.state

    @property
    def proposed_refund(self) -> Money:
        """What is proposed now: what was found, but no more than is left while the case is open."""
        found = self.found.proposed_refund
        return found if self.closing else Money(found.currency_code, min(found.amount_minor, self.left.amount_minor))


@dataclass(frozen=True, slots=True)
class KnownCase:
    """As much of an earlier case as is needed to judge a bill."""

    duplicate_id: str
    payment_id: str
    state: DuplicateState


@dataclass(frozen=True, slots=True)
class CasesJudged:
    """What to open, and which open cases money that went back has ended."""

    to_open: tuple[Surplus, ...]
    refunded_ids: tuple[str, ...]


def find_surplus(bill: Bill, parts: Sequence[BillPart]) -> tuple[Surplus, ...]:
    """The payments that came when the bill was covered already, in the order in which they were paid.

    A payment that covers what was still due and more is none of them: the bill is OVERPAID, and which part of the
    customer's money was meant is not ours to guess.
    """
    is_cancelled = bill.state is BillState.CANCELLED
    cause = DuplicateCause.BILL_CANCELLED if is_cancelled else DuplicateCause.BILL_COVERED
    owed = 0 if is_cancelled else bill.content.amount.amount_minor
    covering: list[Covering] = []
    found: list[Surplus] = []
    covered = 0
    for part in sorted(parts, key=lambda part: part.paid_order):
        amount = counted(part, bill.content.amount.currency_code)
        if amount.amount_minor == 0:
            continue
        if covered >= owed:
            found.append(Surplus(part.payment_id, part.channel, cause, amount, tuple(covering)))
            continue
        covered += amount.amount_minor
        covering.append(Covering(part.payment_id, part.channel, part.channel_txn_no, amount, part.paid_order[0]))
    return tuple(found)


def judge_cases(surplus: Sequence[Surplus], known: Sequence[KnownCase]) -> CasesJudged:
    """Open what has no case, and close what is too many no more. What a person dismissed stays dismissed."""
    too_many = {each.payment_id for each in surplus}
    has_case = {case.payment_id for case in known if case.state is not DuplicateState.REFUNDED}
    to_open = tuple(each for each in surplus if each.payment_id not in has_case)
    ended = [case for case in known if case.state is DuplicateState.OPEN and case.payment_id not in too_many]
    return CasesJudged(to_open, tuple(case.duplicate_id for case in ended))
