"""A payment that was started here, as its channel is asked about it. What an answer makes of it: told.py. No I/O."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum, StrEnum, auto

from services.payments.channels import Order
from services.payments.domain.intake import content_sha256
from services.payments.domain.life import is_final
from services.payments.domain.payment import Origin, Payment, PaymentContent, ReconciliationState, State

EXPIRE_AHEAD_DEFAULT = timedelta(hours=2)
EXPIRE_AHEAD_MIN = timedelta(minutes=1)
EXPIRE_AHEAD_MAX = timedelta(days=15)
_DOUBLINGS_MAX = 32
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class StartAsked:
    """What is asked to be started; `expire_time` is None where the caller leaves it to us."""

    request_id: str
    content: PaymentContent
    description: str
    expire_time: datetime | None


class AttentionCause(StrEnum):
    """Why a person must look; the contract's ChannelAttention.Cause."""

    POLL_ENDED = "POLL_ENDED"
    AMOUNT_DIFFERS = "AMOUNT_DIFFERS"
    NUMBER_DIFFERS = "NUMBER_DIFFERS"
    ENDED_OTHERWISE = "ENDED_OTHERWISE"
    ACCOUNT_MISSING = "ACCOUNT_MISSING"


class Question(Enum):
    """What a channel is asked."""

    PREPAY = auto()
    QUERY = auto()
    CLOSE = auto()


@dataclass(frozen=True, slots=True)
class Attention:
    """What a person must look at, and since when; `detail` is what the channel told."""

    cause: AttentionCause
    detail: str
    attention_time: datetime


@dataclass(frozen=True, slots=True)
class ChannelOrder:
    """How a payment is asked for at its channel, by which account.

    `ask_count` is how often the channel was asked to let it be paid, counted before each ask. `close_wanted`: nobody
    is to pay it any more. `poll_count` tells one claim from the next. `next_poll_time` is None when nobody asks.
    """

    payment_id: str
    account_id: str
    description: str
    expire_time: datetime
    code_url: str = field(default="", repr=False)
    ask_count: int = 0
    close_wanted: bool = False
    poll_count: int = 0
    next_poll_time: datetime | None = None
    attention: Attention | None = None


@dataclass(frozen=True, slots=True)
class PollTimers:
    """How a channel is asked about open payments: first after about `base_seconds`, then ever later up to the longest.

    Past its expiry a payment is closed at the channel, after `close_after_seconds`, for what the clocks are apart. The
    end is one of age: `age_seconds_max` after the expiry a person must look. `lease_seconds` is how long one asker
    keeps others away: longer than a channel's deadline for two questions.
    """

    base_seconds: float = 2.0
    seconds_max: float = 300.0
    close_after_seconds: float = 90.0
    missing_after_seconds: float = 600.0
    age_seconds_max: float = 3 * 86_400.0
    lease_seconds: float = 90.0


class ExpireFault(Enum):
    """Why an expire_time cannot be."""

    TOO_NEAR = auto()
    TOO_FAR = auto()


def judge_expire_time(expire_time: datetime, now: datetime) -> ExpireFault | None:
    """The payer gets a minute at least; a channel keeps an order for 15 days at most."""
    if expire_time < now + EXPIRE_AHEAD_MIN:
        return ExpireFault.TOO_NEAR
    if expire_time > now + EXPIRE_AHEAD_MAX:
        return ExpireFault.TOO_FAR
    return None


def start_sha256(asked: StartAsked) -> bytes:
    """SHA-256 of what is asked, which differs from that of any payment that is recorded."""
    expire = "" if asked.expire_time is None else str((asked.expire_time - _EPOCH) // timedelta(microseconds=1))
    parts = (b"start", content_sha256(asked.content), expire.encode(), asked.description.encode())
    return hashlib.sha256(b"\x1f".join(parts)).digest()


def created_payment(
    content: PaymentContent, payment_id: str, now: datetime, expire_time: datetime, traceparent: str
) -> Payment:
    """The first version of a payment that starts here: nobody has been asked for it yet."""
    assert content.pay_time is None, "nobody has paid it yet"
    return Payment(
        payment_id=payment_id,
        content=content,
        state=State.CREATED,
        reconciliation_state=ReconciliationState.PENDING,
        business_date=None,
        create_time=now,
        version=1,
        traceparent=traceparent,
        origin=Origin.STARTED_HERE,
        expire_time=expire_time,
    )


def to_order(payment: Payment, order: ChannelOrder) -> Order:
    """What the channel is asked."""
    content = payment.content
    return Order(
        merchant_order_no=content.merchant_order_no,
        amount=content.amount,
        description=order.description,
        expire_time=order.expire_time,
        channel_txn_no=content.channel_txn_no,
    )


def may_prepay(payment: Payment, order: ChannelOrder, now: datetime) -> bool:
    """Whether the channel may still be asked to let the payer pay."""
    return not is_final(payment.state) and not order.close_wanted and now < order.expire_time


def next_question(order: ChannelOrder, now: datetime, timers: PollTimers) -> Question:
    """How it stands, as long as it may be paid; then it is closed, whose answer tells as much and ends it."""
    overdue = now >= order.expire_time + timedelta(seconds=timers.close_after_seconds)
    return Question.CLOSE if order.close_wanted or overdue else Question.QUERY


def next_poll(
    order: ChannelOrder, now: datetime, jitter: float, retry_after_seconds: int, timers: PollTimers
) -> datetime | None:
    """When to ask next, `jitter` being in [0, 1]; None when only a person can go on from here.

    Half of the delay is fixed, so that a payer who needs a moment does not cost many questions.
    """
    assert 0 <= jitter <= 1, "jitter is a share"
    doublings = min(max(order.poll_count - 1, 0), _DOUBLINGS_MAX)
    delay = min(timers.seconds_max, timers.base_seconds * 2.0**doublings) * (0.5 + jitter / 2)
    at = now + timedelta(seconds=max(delay, retry_after_seconds))
    return at if at <= order.expire_time + timedelta(seconds=timers.age_seconds_max) else None
