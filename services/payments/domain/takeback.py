"""What a channel took back without being asked: reversals (冲正) and chargebacks (拒付), facts beside a payment.

A chargeback that the merchant won is one more fact, of the same number: the channel gave money of it again.

A fact is never refused for what is left: the channel has the money. What the payment does not cover any more, since it
was refunded or is reserved, is told as uncovered, and so captured = refunded + reserved + remaining goes on to hold.
"""

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum, auto

from chassis.money import Money


class TakebackKind(StrEnum):
    """What made the channel take it back; the contract's Takeback.Kind."""

    REVERSAL = "REVERSAL"
    CHARGEBACK = "CHARGEBACK"
    CHARGEBACK_WON = "CHARGEBACK_WON"


@dataclass(frozen=True, slots=True)
class TakebackContent:
    """What a caller tells of one. It never changes, and two requests are the same when it is equal."""

    kind: TakebackKind
    payment_id: str
    channel_takeback_no: str
    amount: Money
    reason: str
    take_time: datetime

    def __post_init__(self) -> None:
        assert self.amount.amount_minor > 0, "the contract lets no amount below 1 through"


@dataclass(frozen=True, slots=True)
class Takeback:
    """The fact. `uncovered_amount` is what of it the payment did not cover when it was taken.

    Of a won chargeback it is what made up for something that was uncovered, and so made nothing refundable.
    """

    takeback_id: str
    merchant_id: str
    content: TakebackContent
    uncovered_amount: Money
    create_time: datetime
    traceparent: str


class WonFault(Enum):
    """Why a chargeback cannot have been won so."""

    NO_CHARGEBACK = auto()
    MORE_THAN_TAKEN = auto()


def judge_won(content: TakebackContent, chargeback: TakebackContent | None) -> WonFault | None:
    """Whether money of a chargeback can have been given again; `chargeback` is what is known by its number."""
    if chargeback is None or chargeback.payment_id != content.payment_id:
        return WonFault.NO_CHARGEBACK
    return WonFault.MORE_THAN_TAKEN if content.amount.amount_minor > chargeback.amount.amount_minor else None


def differing_fields(one: TakebackContent, other: TakebackContent) -> tuple[str, ...]:
    """The names of the fields in which two contents differ, in the contract's order."""
    names = [field.name for field in dataclasses.fields(TakebackContent)]
    return tuple(name for name in names if getattr(one, name) != getattr(other, name))
