"""An order at a channel and what it may become. It signs nothing, stores nothing and reads no clock."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, StrEnum, auto


class Channel(StrEnum):
    """The channels that are stood in for; the words are those of a payment's `channel`."""

    WECHAT_PAY = "wechat_pay"
    ALIPAY = "alipay"
    HMAC_PAY = "hmac_pay"


class OrderState(StrEnum):
    """WAITING for the payer, PROCESSING a payment that was begun; the others are ends."""

    WAITING = "WAITING"
    PROCESSING = "PROCESSING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True)
class OrderAsked:
    """What a merchant asks for. Nobody can pay from `expires_at` on; an empty `notify_url` gets no callback."""

    channel: Channel
    merchant_order_no: str
    amount_minor: int
    currency: str
    description: str
    attach: str
    notify_url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Order:
    """An order in the book. `scanned_at` is when the payer opened it, `settle_at` when a late success falls due.

    `refunding_minor` is accepted and not finished, `refunded_minor` is given back; both are within `amount_minor`.
    """

    order_id: int
    asked: OrderAsked
    channel_txn_no: str
    state: OrderState
    reason: str
    fee_minor: int
    refunded_minor: int
    refunding_minor: int
    created_at: datetime
    scanned_at: datetime | None
    paid_at: datetime | None
    closed_at: datetime | None
    settle_at: datetime | None

    @property
    def refundable_minor(self) -> int:
        """What may still be asked back of a paid order."""
        return self.asked.amount_minor - self.refunded_minor - self.refunding_minor


class Creation(Enum):
    """What becomes of a request to make an order."""

    NEW = auto()
    SAME = auto()
    OTHER_CONTENT = auto()
    PAID = auto()
    ENDED = auto()


def judge_creation(known: Order | None, asked: OrderAsked, now: datetime) -> Creation:
    """An order number means one order for ever: asked for again it is the same one while it can be paid."""
    if known is None:
        return Creation.NEW
    if _content(known.asked) != _content(asked):
        return Creation.OTHER_CONTENT
    if known.state is OrderState.SUCCEEDED:
        return Creation.PAID
    if known.state in (OrderState.FAILED, OrderState.CLOSED) or is_expired(known, now):
        return Creation.ENDED
    return Creation.SAME


def is_expired(order: Order, now: datetime) -> bool:
    """Whether it can no longer be paid although nobody closed it."""
    return order.state is OrderState.WAITING and order.asked.expires_at <= now


def scanned(order: Order, now: datetime) -> Order | None:
    """The payer has opened it; None when there is nothing to be opened."""
    if order.state is not OrderState.WAITING or is_expired(order, now):
        return None
    return replace(order, scanned_at=order.scanned_at or now)


def paid(order: Order, now: datetime, late_seconds: float | None, fee_ppm: int) -> Order | None:
    """The payer pays: at once, or so many seconds later. None when it cannot be paid."""
    opened = scanned(order, now)
    if opened is None:
        return None
    if late_seconds is not None:
        return replace(opened, state=OrderState.PROCESSING, settle_at=now + timedelta(seconds=late_seconds))
    return _succeeded(opened, now, fee_ppm)


def settled(order: Order, now: datetime, fee_ppm: int) -> Order:
    """What was under way has succeeded."""
    assert order.state is OrderState.PROCESSING, f"{order.state} has nothing under way"
    return _succeeded(order, now, fee_ppm)


def failed(order: Order, now: datetime, reason: str) -> Order | None:
    """The payer's attempt fails for good; None when it has ended already."""
    if order.state not in (OrderState.WAITING, OrderState.PROCESSING):
        return None
    opened = replace(order, scanned_at=order.scanned_at or now)
    return replace(opened, state=OrderState.FAILED, reason=reason, closed_at=now, settle_at=None)


def closed(order: Order, now: datetime, reason: str) -> Order | None:
    """Nobody can pay it any more; None when it was paid, is being paid, or has ended."""
    if order.state is not OrderState.WAITING:
        return None
    return replace(order, state=OrderState.CLOSED, reason=reason, closed_at=now)


def fee_minor_of(amount_minor: int, fee_ppm: int) -> int:
    """The channel's fee, half up on the minor unit."""
    return (amount_minor * fee_ppm + 500_000) // 1_000_000


def _succeeded(order: Order, now: datetime, fee_ppm: int) -> Order:
    fee_minor = fee_minor_of(order.asked.amount_minor, fee_ppm)
    return replace(order, state=OrderState.SUCCEEDED, paid_at=now, settle_at=None, fee_minor=fee_minor)


def _content(asked: OrderAsked) -> tuple[int, str, str]:
    return asked.amount_minor, asked.currency, asked.description
