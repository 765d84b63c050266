"""A refund at a channel: whether it is accepted, and its ends. It never lets more go back than was paid."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, StrEnum, auto

from services.channel_sandbox.domain.order import Channel, Order, OrderState


class RefundState(StrEnum):
    """PROCESSING when it was accepted; the others are ends."""

    PROCESSING = "PROCESSING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class RefundAsked:
    """What a merchant asks back. A number means one refund within `scope`: all orders (""), or one by its number."""

    channel: Channel
    merchant_refund_no: str
    scope: str
    amount_minor: int
    reason: str
    notify_url: str


@dataclass(frozen=True, slots=True)
class Refund:
    """A refund in the book. It ends at `settle_at`; `fails_as` is the channel's word for how, or empty."""

    refund_id: int
    order_id: int
    asked: RefundAsked
    merchant_order_no: str
    channel_refund_no: str
    fee_minor: int
    state: RefundState
    fails_as: str
    accepted_at: datetime
    settle_at: datetime | None
    done_at: datetime | None


class Anothers(StrEnum):
    """What of a refund that is told may be another's."""

    REFUND_NO = "REFUND_NO"
    ORDER_NO = "ORDER_NO"
    TXN_NO = "TXN_NO"
    AMOUNT = "AMOUNT"


class RefundJudgement(Enum):
    """What becomes of a request for a refund."""

    ACCEPTED = auto()
    SAME = auto()
    OTHER_CONTENT = auto()
    NO_ORDER = auto()
    NOT_PAID = auto()
    TOO_MUCH = auto()


def judge_refund(order: Order | None, known: Refund | None, asked: RefundAsked) -> RefundJudgement:
    """A number that is known is the same refund, whatever has become of it; else as much as is left may go back."""
    if order is None:
        return RefundJudgement.NO_ORDER
    if known is not None:
        is_same = known.order_id == order.order_id and known.asked.amount_minor == asked.amount_minor
        return RefundJudgement.SAME if is_same else RefundJudgement.OTHER_CONTENT
    if order.state is not OrderState.SUCCEEDED:
        return RefundJudgement.NOT_PAID
    if asked.amount_minor > order.refundable_minor:
        return RefundJudgement.TOO_MUCH
    return RefundJudgement.ACCEPTED


def ended(order: Order, refund: Refund, now: datetime) -> tuple[Order, Refund]:
    """The order and the refund once the refund has succeeded, or failed as it was planned.

    Of the fee as large a part goes back as of the payment; the parts of all refunds sum up to the fee exactly.
    """
    assert refund.state is RefundState.PROCESSING, f"{refund.state} is an end already"
    amount_minor = refund.asked.amount_minor
    freed = replace(order, refunding_minor=order.refunding_minor - amount_minor)
    if refund.fails_as:
        return freed, replace(refund, state=RefundState.FAILED, settle_at=None, done_at=now)
    given_back = replace(freed, refunded_minor=freed.refunded_minor + amount_minor)
    fee_minor = _fee_share_minor(order, given_back.refunded_minor) - _fee_share_minor(order, order.refunded_minor)
    done = replace(refund, state=RefundState.SUCCEEDED, fee_minor=fee_minor, settle_at=None, done_at=now)
    return given_back, done


def as_another(order: Order, refund: Refund, what: Anothers) -> tuple[Order, Refund]:
    """The same, but for what is another's: as if the answer to another question was given to this one."""
    match what:
        case Anothers.REFUND_NO:
            asked = replace(refund.asked, merchant_refund_no=f"{refund.asked.merchant_refund_no[:63]}X")
            return order, replace(refund, asked=asked)
        case Anothers.ORDER_NO:
            number = f"{order.asked.merchant_order_no[:31]}X"
            return replace(order, asked=replace(order.asked, merchant_order_no=number)), refund
        case Anothers.TXN_NO:
            return replace(order, channel_txn_no=f"{order.channel_txn_no[:-1]}X"), refund
        case Anothers.AMOUNT:
            asked = replace(refund.asked, amount_minor=refund.asked.amount_minor + 1)
            return order, replace(refund, asked=asked)


def _fee_share_minor(order: Order, paid_back_minor: int) -> int:
    return order.fee_minor * paid_back_minor // order.asked.amount_minor
