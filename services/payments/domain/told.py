"""What a channel's word makes of a payment. It only decides: nothing is ever guessed from silence.

A word is believed when the seam has proved it, and followed when it agrees with what was asked: the order, the amount,
the currency. One that does not agree moves nothing and is a person's.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.payments.channels import (
    ChannelPayment,
    CloseAnswer,
    Closed,
    Failed,
    NotFound,
    PrepayAnswer,
    Processing,
    Refused,
    Succeeded,
    Unknown,
)
from services.payments.domain.channel_order import (
    Attention,
    AttentionCause,
    ChannelOrder,
    PollTimers,
    Question,
    next_poll,
)
from services.payments.domain.life import is_final, may_move
from services.payments.domain.payment import Payment, State

_CAUSE_CHARS_MAX = 200
# What nobody need look at any more once the channel is asked again, or the payment has ended.
_PASSING = frozenset({AttentionCause.POLL_ENDED, AttentionCause.ACCOUNT_MISSING})


@dataclass(frozen=True, slots=True)
class Moves:
    """The payment moves. `succeeded` is set when it moves to SUCCEEDED, `cause` when it failed or was closed."""

    to_state: State
    succeeded: Succeeded | None = None
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Stays:
    """The payment stays as it is, and the word agrees with it or tells nothing of it."""


@dataclass(frozen=True, slots=True)
class Disagrees:
    """The word is not of what was asked: nothing moves, and a person must look."""

    cause: AttentionCause
    detail: str


Verdict = Moves | Stays | Disagrees


@dataclass(frozen=True, slots=True)
class Heard:
    """A channel's word; `question` is what it answers, None when the channel told it by itself."""

    answer: PrepayAnswer | ChannelPayment | CloseAnswer
    question: Question | None


def judge_told(payment: Payment, order: ChannelOrder, heard: Heard, now: datetime, timers: PollTimers) -> Verdict:
    """What a channel's word makes of a payment."""
    verdict = _judge(payment, order, heard, now, timers)
    assert not isinstance(verdict, Moves) or may_move(payment.state, verdict.to_state), "a move that life has not"
    return verdict


def after_told(
    order: ChannelOrder,
    left: Payment,
    verdict: Verdict,
    heard: Heard,
    now: datetime,
    jitter: float,
    timers: PollTimers,
) -> ChannelOrder:
    """The order as a word leaves it, `left` being the payment as the verdict leaves it and `jitter` in [0, 1]."""
    answer, asked = heard.answer, heard.question is not None
    if isinstance(verdict, Disagrees):
        # What the channel told by itself may be a slip: it is asked at once. What it answers so, a person must see.
        at = None if asked or is_final(left.state) else now
        return replace(order, next_poll_time=at, attention=_attention(order, verdict.cause, verdict.detail, now))
    passing = order.attention is not None and order.attention.cause in _PASSING
    if is_final(left.state):
        # How it ended, told when asked, agrees and clears what was to be looked at; else only what has passed goes.
        agrees = asked and isinstance(answer, Succeeded | Failed | Closed)
        kept = None if agrees or passing else order.attention
        return replace(order, code_url="", next_poll_time=None, attention=kept)
    if not asked:
        return order
    code_url = answer.code_url if isinstance(answer, Processing) else ""
    at = next_poll(order, now, jitter, answer.retry_after_seconds if isinstance(answer, Unknown) else 0, timers)
    attention = None if passing else order.attention
    if at is None:
        attention = _attention(order, AttentionCause.POLL_ENDED, f"last told {type(answer).__name__}", now)
    return replace(order, code_url=code_url or order.code_url, next_poll_time=at, attention=attention)


def account_missing(order: ChannelOrder, now: datetime) -> ChannelOrder:
    """The order when the configuration does not name its account any more: only a person can go on from here."""
    missing = _attention(order, AttentionCause.ACCOUNT_MISSING, f"account {order.account_id}", now)
    return replace(order, next_poll_time=None, attention=missing)


def not_settled(order: ChannelOrder, reason: str, now: datetime, jitter: float, timers: PollTimers) -> ChannelOrder:
    """The order after a poll that failed on our side: asked about later, like one that got no answer, and as long."""
    at = next_poll(order, now, jitter, 0, timers)
    if at is not None:
        return replace(order, next_poll_time=at)
    ended = _attention(order, AttentionCause.POLL_ENDED, f"not settled: {reason}"[:_CAUSE_CHARS_MAX], now)
    return replace(order, next_poll_time=None, attention=ended)


def _attention(order: ChannelOrder, cause: AttentionCause, detail: str, now: datetime) -> Attention:
    """What a person must look at. Told again, it still waits since it was told first."""
    standing = order.attention
    since = standing.attention_time if standing is not None and standing.cause is cause else now
    return Attention(cause, detail, since)


def _judge(payment: Payment, order: ChannelOrder, heard: Heard, now: datetime, timers: PollTimers) -> Verdict:
    state, question = payment.state, heard.question
    match heard.answer:
        case Succeeded() as told:
            return _paid(payment, told)
        case Closed():
            return _ended(payment, State.CLOSED, "CLOSED_AT_CHANNEL")
        case Failed(code=code, message=message):
            return _ended(payment, State.FAILED, _cause(code, message))
        case Refused(code=code, message=message):
            return _refused(payment, order, question, _cause(code, message))
        case Processing():
            return Moves(State.PROCESSING) if state in (State.CREATED, State.UNKNOWN) else Stays()
        case NotFound() | Unknown():
            return _not_told(payment, order, heard, now, timers)


def _not_told(payment: Payment, order: ChannelOrder, heard: Heard, now: datetime, timers: PollTimers) -> Verdict:
    """What follows when the channel has nothing to tell, or tells nothing."""
    state, question = payment.state, heard.question
    if isinstance(heard.answer, NotFound):
        gone = now >= order.expire_time + timedelta(seconds=timers.missing_after_seconds)
        # The channel lets nobody pay it any more, and nothing of ours can still be on its way to it.
        return Moves(State.CLOSED, cause="NEVER_AT_CHANNEL") if gone and not is_final(state) else Stays()
    lost = (question is Question.PREPAY and state is State.CREATED) or (
        question is Question.CLOSE and state is State.PROCESSING
    )
    return Moves(State.UNKNOWN) if lost else Stays()


def _paid(payment: Payment, told: Succeeded) -> Verdict:
    content = payment.content
    if told.merchant_order_no != content.merchant_order_no:
        return Disagrees(AttentionCause.NUMBER_DIFFERS, f"told of order {told.merchant_order_no}")
    if told.amount != content.amount:
        return Disagrees(AttentionCause.AMOUNT_DIFFERS, f"told {told.amount}, asked {content.amount}")
    if payment.state is State.SUCCEEDED:
        if told.channel_txn_no == content.channel_txn_no:
            return Stays()
        return Disagrees(AttentionCause.NUMBER_DIFFERS, f"told of a second transaction {told.channel_txn_no}")
    if is_final(payment.state):
        return Disagrees(AttentionCause.ENDED_OTHERWISE, f"told as paid, transaction {told.channel_txn_no}")
    return Moves(State.SUCCEEDED, succeeded=told)


def _refused(payment: Payment, order: ChannelOrder, question: Question | None, cause: str) -> Verdict:
    """A refusal tells of its own ask alone: what an earlier one did, whose answer was lost, only a query tells."""
    if question is not Question.PREPAY or payment.state is not State.CREATED:
        return Stays()
    return Moves(State.FAILED, cause=cause) if order.ask_count == 1 else Moves(State.UNKNOWN)


def _ended(payment: Payment, to_state: State, cause: str) -> Verdict:
    if payment.state is State.SUCCEEDED:
        return Disagrees(AttentionCause.ENDED_OTHERWISE, f"told as {to_state}: {cause}")
    return Stays() if is_final(payment.state) else Moves(to_state, cause=cause)


def _cause(code: str, message: str) -> str:
    return f"{code} {message}".strip()[:_CAUSE_CHARS_MAX]
