"""What a channel took back without being asked: reversals (冲正) and chargebacks (拒付), facts beside a payment.

A fact is never refused for what is left: the channel has the money. What the payment does not cover any more, since it
was refunded or is reserved, is told as uncovered, and so captured = refunded + reserved + remaining goes on to hold.
"""

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chassis.money import Money


class TakebackKind(StrEnum):
    """What made the channel take it back; the contract's Takeback.Kind."""

    REVERSAL = "REVERSAL"
    CHARGEBACK = "CHARGEBACK"


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
    """The fact. `uncovered_amount` is what of it the payment did not cover when it was taken."""

    takeback_id: str
    merchant_id: str
    content: TakebackContent
    uncovered_amount: Money
    create_time: datetime
    traceparent: str


def differing_fields(one: TakebackContent, other: TakebackContent) -> tuple[str, ...]:
    """The names of the fields in which two contents differ, in the contract's order."""
    names = [field.name for field in dataclasses.fields(TakebackContent)]
    return tuple(name for name in names if getattr(one, name) != getattr(other, name))
