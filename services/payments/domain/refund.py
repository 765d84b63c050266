"""A refund: what is asked, where it stands and what is asked next. What an answer makes of it: refund_told.py. No I/O.

CREATED -> PROCESSING | SUCCEEDED | FAILED | UNKNOWN, and between PROCESSING and UNKNOWN as the channel's answers come;
SUCCEEDED and FAILED are final. What is not final holds its amount in the payment's reserve.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, StrEnum, auto

from chassis.money import Money
from services.payments.channels import NotFound, RefundFound, RefundOrder
from services.payments.domain.payment import Payment


class RefundState(StrEnum):
    """Where a refund is in its life; the contract's Refund.State."""

    CREATED = "CREATED"
    PROCESSING = "PROCESSING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"


_OPEN = frozenset({RefundState.PROCESSING, RefundState.UNKNOWN})
_FINAL = frozenset({RefundState.SUCCEEDED, RefundState.FAILED})
# Total: each state stands here. A move to the same state is a further try, and no move.
MOVES: Mapping[RefundState, frozenset[RefundState]] = {
    RefundState.CREATED: _OPEN | _FINAL,
    RefundState.PROCESSING: _OPEN | _FINAL,
    RefundState.UNKNOWN: _OPEN | _FINAL,
    RefundState.SUCCEEDED: frozenset(),
    RefundState.FAILED: frozenset(),
}


# The cause of a refund that its channel knows nothing of now.
ABSENT = "NOT_FOUND"


class RefundOrigin(StrEnum):
    """Who had the channel give the money back; the contract's Refund.Origin."""

    STARTED_HERE = "STARTED_HERE"
    RECORDED = "RECORDED"


@dataclass(frozen=True, slots=True)
class RefundContent:
    """What a caller tells of a refund. It never changes, and two requests are the same when it is equal.

    `channel_refund_no` and `finish_time` are told of a refund that is done, and empty of one that is asked for.
    `bill_no` is the bill whose part of the payment goes back, empty when it names none.
    """

    payment_id: str
    merchant_refund_no: str
    amount: Money
    reason: str
    origin: RefundOrigin
    channel_refund_no: str = ""
    finish_time: datetime | None = None
    bill_no: str = ""

    def __post_init__(self) -> None:
        assert self.amount.amount_minor > 0, "the contract lets no amount below 1 through"
        assert (self.origin is RefundOrigin.RECORDED) == (self.finish_time is not None), "what is done has a time"


@dataclass(frozen=True, slots=True)
class Refund:
    """A refund as it stands. `channel_refund_no` and `finish_time` are what the channel told, in time.

    `account_id` is the account at the channel that is asked, always the same; empty of a refund that is told as done.
    `next_try_time` is when its channel is asked next; `attention_time` since when a person must look, since nobody
    asks any more. `cause` is why it failed or is not known. `traceparent` is of the span that took it in.
    """

    refund_id: str
    merchant_id: str
    account_id: str
    content: RefundContent
    state: RefundState
    channel_refund_no: str
    cause: str
    create_time: datetime
    finish_time: datetime | None
    attempt_count: int
    next_try_time: datetime | None
    attention_time: datetime | None
    traceparent: str

    @property
    def is_final(self) -> bool:
        """Whether nothing moves it any more."""
        return not MOVES[self.state]


@dataclass(frozen=True, slots=True)
class RefundTimers:
    """How a channel is asked about open refunds: first after about `base_seconds`, then ever later up to the longest.

    Banks take days to give money back, so the end is one of age: after `age_seconds_max` a person must look.
    `lease_seconds` is how long one asker keeps others away; longer than a channel's deadline for four questions:
    how it stands, whose the payment is, do it, how it stands then.
    What the channel does not know is asked for again only `absence_seconds` after it was first: what was sent may still
    be on its way, and a refusal of the second must not be taken for the fate of the first.
    """

    base_seconds: float = 2.0
    seconds_max: float = 3_600.0
    age_seconds_max: float = 15 * 86_400.0
    lease_seconds: float = 150.0
    absence_seconds: float = 120.0


class Question(Enum):
    """What is asked of the channel about a refund."""

    DO = auto()
    HOW_STANDS = auto()


def states_before(to_state: RefundState) -> frozenset[RefundState]:
    """The states that a statement which writes `to_state` may find; it names them, so that no other is overwritten."""
    return frozenset(state for state, next_states in MOVES.items() if to_state in next_states)


def new_refund(
    content: RefundContent,
    refund_id: str,
    merchant_id: str,
    account_id: str,
    now: datetime,
    traceparent: str,
    timers: RefundTimers,
) -> Refund:
    """The first version of a refund: whole when it is told as done, else to be asked for by who makes it.

    The lease is its maker's: if that one dies before it has asked, the refund falls due when the lease ends.
    """
    done = content.origin is RefundOrigin.RECORDED
    assert done == (not account_id), "what is asked for is asked of an account"
    return Refund(
        refund_id=refund_id,
        merchant_id=merchant_id,
        account_id=account_id,
        content=content,
        state=RefundState.SUCCEEDED if done else RefundState.CREATED,
        channel_refund_no=content.channel_refund_no,
        cause="",
        create_time=now,
        finish_time=content.finish_time,
        attempt_count=0 if done else 1,
        next_try_time=None if done else now + timedelta(seconds=timers.lease_seconds),
        attention_time=None,
        traceparent=traceparent,
    )


def to_refund_order(refund: Refund, payment: Payment) -> RefundOrder:
    """What the channel is asked, `payment` being the refund's."""
    assert payment.payment_id == refund.content.payment_id, "a refund is asked of its own payment"
    assert payment.content.channel_txn_no, "what can be refunded was paid, and then its channel's number is known"
    return RefundOrder(
        merchant_refund_no=refund.content.merchant_refund_no,
        merchant_order_no=payment.content.merchant_order_no,
        channel_txn_no=payment.content.channel_txn_no,
        amount=refund.content.amount,
        payment_amount=payment.content.amount,
        reason=refund.content.reason,
    )


def next_question(refund: Refund) -> Question:
    """What to ask first. What the channel may not have is asked for, and the number keeps it from being done twice."""
    assert not refund.is_final, "nothing is asked about what is final"
    return Question.DO if refund.state is RefundState.CREATED else Question.HOW_STANDS


def must_ask_again(refund: Refund, answer: RefundFound, now: datetime, timers: RefundTimers) -> bool:
    """Whether the channel never had what was sent and not answered, so that the refund is asked for once more.

    Of what it took that must be told twice, and what it took stays taken: no refusal of a further ask ends it.
    """
    absent = isinstance(answer, NotFound) and (refund.state is RefundState.UNKNOWN or refund.cause == ABSENT)
    return absent and now - refund.create_time >= timedelta(seconds=timers.absence_seconds)


def differing_fields(one: RefundContent, other: RefundContent) -> tuple[str, ...]:
    """The names of the fields in which two contents differ, in the contract's order."""
    names = [field.name for field in dataclasses.fields(RefundContent)]
    return tuple(name for name in names if getattr(one, name) != getattr(other, name))
