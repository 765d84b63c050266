"""The money of a payment: what came, what went back, what is reserved to go back, and what is left. It moves none.

Always amount = refunded + reserved + left, each part at least 0. `uncovered` stands beside: what channels took back
though it was refunded or reserved already; what a failed refund frees covers it first.
"""

from dataclasses import dataclass

from services.payments.domain.payment import State

_MINOR_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True)
class MoneyLeft:
    """The money of one payment, in minor units of its currency, with the state that says whether any came."""

    state: State
    currency_code: str
    amount_minor: int
    refunded_minor: int
    reserved_minor: int
    uncovered_minor: int = 0

    def __post_init__(self) -> None:
        assert min(self.refunded_minor, self.reserved_minor, self.left_minor, self.uncovered_minor) >= 0, self
        assert not (self.left_minor and self.uncovered_minor), f"what is left covers what was not covered: {self}"

    @property
    def left_minor(self) -> int:
        """What may still be asked back; a payment that has not succeeded has nothing to give back."""
        return self.amount_minor - self.refunded_minor - self.reserved_minor


@dataclass(frozen=True, slots=True)
class NotPaid:
    """The payment has not succeeded, so there is nothing to give back."""

    state: State


@dataclass(frozen=True, slots=True)
class Exceeds:
    """Less is left than is wanted, or less came than is said to be taken."""

    currency_code: str
    left_minor: int


def why_not_reserved(money: MoneyLeft) -> NotPaid | Exceeds:
    """Why the conditional statement reserved nothing."""
    return Exceeds(money.currency_code, money.left_minor) if money.state is State.SUCCEEDED else NotPaid(money.state)


def covered_minor(money: MoneyLeft, amount_minor: int) -> int | NotPaid | Exceeds:
    """How much of what the channel took the payment still covers; the rest is uncovered.

    A channel cannot take back more than came: that is a mistake of who tells it.
    """
    if money.state is not State.SUCCEEDED:
        return NotPaid(money.state)
    covered = min(amount_minor, money.left_minor)
    if amount_minor > money.amount_minor or money.uncovered_minor + amount_minor - covered > _MINOR_MAX:
        return Exceeds(money.currency_code, money.amount_minor)
    return covered
