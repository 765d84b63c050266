"""What a channel's word makes of a refund. It only decides: no money moves on a guess, nor on a word about another.

A word is believed when the seam has proved it, and followed when all that it names is what was asked: the refund's
number, its amount and currency, the payment's numbers. One that is not moves nothing and is a person's.
"""

import dataclasses
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.payments.channels import (
    NotFound,
    RefundAbout,
    RefundEvent,
    RefundFound,
    RefundMoved,
    RefundOrder,
    RefundProcessing,
    RefundSucceeded,
    Refused,
    Unknown,
)
from services.payments.channels.proof import difference
from services.payments.domain.refund import ABSENT, Refund, RefundState, RefundTimers

RefundWord = RefundFound | RefundEvent
_DOUBLINGS_MAX = 32
_CAUSE_CHARS_MAX = 400


@dataclass(frozen=True, slots=True)
class GivenBack:
    """The channel gave the money back: the reserve becomes refunded."""

    channel_refund_no: str
    finish_time: datetime


@dataclass(frozen=True, slots=True)
class NotGiven:
    """The channel refused for good: the reserve is free again."""

    cause: str
    finish_time: datetime


@dataclass(frozen=True, slots=True)
class StillOpen:
    """Nothing is decided and no money moves. `next_try_time` is None when only a person can go on from here."""

    state: RefundState
    channel_refund_no: str
    cause: str
    next_try_time: datetime | None


@dataclass(frozen=True, slots=True)
class Disagrees:
    """The word is not about what was asked: the outcome is unknown, and nobody asks until a person has looked."""

    cause: str


Judged = GivenBack | NotGiven | StillOpen | Disagrees


def disagreement(asked: RefundOrder, word: RefundWord) -> str:
    """Why a word is not taken for one about this refund, for people; empty when nothing that it names differs."""
    if isinstance(word, Unknown | NotFound):
        return ""
    differing = difference(asked, word.about)
    return f"DISAGREES {differing}"[:_CAUSE_CHARS_MAX] if differing else ""


def is_borne_out(refund: Refund, asked: RefundOrder, answer: RefundWord, now: datetime, timers: RefundTimers) -> bool:
    """Whether an answer agrees with the end that a refund has come to.

    A refund that failed may never have come to the channel, which then knows nothing by its number. That is believed
    when a person was called for longer ago than what was sent can be on its way.
    """
    assert refund.is_final, "what is open has no end yet"
    if refund.state is RefundState.FAILED and isinstance(answer, NotFound):
        absence = timedelta(seconds=timers.absence_seconds)
        return refund.attention_time is not None and now - refund.attention_time >= absence
    end = RefundSucceeded if refund.state is RefundState.SUCCEEDED else Refused
    return isinstance(answer, end) and not disagreement(asked, answer)


def judge_answer(
    refund: Refund,
    asked: RefundOrder,
    answer: RefundWord,
    now: datetime,
    jitter: float,
    timers: RefundTimers,
    since: Refund | None = None,
) -> Judged:
    """What a word makes of a refund that is not final, `asked` being it as the channel knows it, `jitter` in [0, 1].

    `since` is the refund as who asked had found it, when it may have moved after that.
    """
    assert not refund.is_final, "no answer moves what is final"
    if differing := disagreement(asked, answer):
        return Disagrees(differing)
    at = _next_try(refund, now, jitter, timers, answer.retry_after_seconds if isinstance(answer, Unknown) else 0)
    match answer:
        case RefundSucceeded(channel_refund_no=number, succeed_time=succeed_time):
            return GivenBack(number, succeed_time or now)
        case RefundProcessing(channel_refund_no=number):
            return StillOpen(RefundState.PROCESSING, number, "", at)
        case RefundMoved():
            # Told by itself, so it may come before the answer to what was asked: it is asked how it stands, and not to
            # be done once more.
            return StillOpen(RefundState.PROCESSING, "", "", now)
        case Refused():
            return _refused(refund, since or refund, answer, now, at)
        case Unknown() | NotFound():
            return _not_told(refund, answer, at)


def _not_told(refund: Refund, answer: Unknown | NotFound, at: datetime | None) -> StillOpen:
    if refund.attention_time is not None:
        # What a person must look at is not forgotten because nothing is told.
        return StillOpen(refund.state, "", refund.cause, None)
    # What the channel took stays taken, though a later question about it got no answer, or it knows nothing of it now.
    kept = refund.state is RefundState.PROCESSING
    cause = ABSENT if isinstance(answer, NotFound) else answer.cause.value
    return StillOpen(RefundState.PROCESSING if kept else RefundState.UNKNOWN, "", cause, at)


def _refused(refund: Refund, since: Refund, refused: Refused, now: datetime, at: datetime | None) -> Judged:
    cause = f"{refused.code} {refused.message}".strip()
    if refused.about != RefundAbout() or _is_of_only_ask(refund, since):
        return NotGiven(cause, now)
    if refund.attention_time is not None:
        return StillOpen(refund.state, "", refund.cause, None)
    kept = refund.state is RefundState.PROCESSING
    return StillOpen(RefundState.PROCESSING if kept else RefundState.UNKNOWN, "", cause, at)


def _is_of_only_ask(refund: Refund, since: Refund) -> bool:
    """Whether no other ask can have been taken than the one that is refused; that one may be the reason why it was."""
    match refund.state:
        case RefundState.CREATED:
            return refund.attempt_count == 1
        case RefundState.UNKNOWN:
            # It is asked for once more only after the channel told that it has none.
            return (since.state, since.attempt_count) == (refund.state, refund.attempt_count)
        case _:
            return False  # the channel took it, or told of it by itself


def after(refund: Refund, judged: Judged, now: datetime) -> Refund:
    """The refund as the judgement leaves it. The number that the channel told once is not forgotten."""
    match judged:
        case GivenBack(channel_refund_no=number, finish_time=finish_time):
            moved = dataclasses.replace(refund, state=RefundState.SUCCEEDED, cause="", finish_time=finish_time)
        case NotGiven(cause=cause, finish_time=finish_time):
            number = ""
            moved = dataclasses.replace(refund, state=RefundState.FAILED, cause=cause, finish_time=finish_time)
        case StillOpen(state=state, channel_refund_no=number, cause=cause):
            moved = dataclasses.replace(refund, state=state, cause=cause)
        case Disagrees(cause=cause):
            number = ""
            moved = dataclasses.replace(refund, state=RefundState.UNKNOWN, cause=cause)
    next_try_time = judged.next_try_time if isinstance(judged, StillOpen) else None
    waits_for_person = not moved.is_final and next_try_time is None
    return dataclasses.replace(
        moved,
        channel_refund_no=number or refund.channel_refund_no,
        next_try_time=next_try_time,
        attention_time=(refund.attention_time or now) if waits_for_person else None,
    )


def _next_try(
    refund: Refund, now: datetime, jitter: float, timers: RefundTimers, retry_after_seconds: int
) -> datetime | None:
    """Half of the delay is fixed, so that a channel that needs a moment is not asked many times in it."""
    assert 0 <= jitter <= 1, "jitter is a share"
    doublings = min(max(refund.attempt_count - 1, 0), _DOUBLINGS_MAX)
    delay = min(timers.seconds_max, timers.base_seconds * 2.0**doublings) * (0.5 + jitter / 2)
    at = now + timedelta(seconds=max(delay, retry_after_seconds))
    return at if at - refund.create_time <= timedelta(seconds=timers.age_seconds_max) else None
