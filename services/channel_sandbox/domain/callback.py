"""A callback on its way to a merchant: what it tells, when it is tried again, and its end. It sends nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any


class Event(StrEnum):
    """What happened; each channel tells of some of these."""

    PAYMENT_SUCCEEDED = "PAYMENT_SUCCEEDED"
    PAYMENT_FAILED = "PAYMENT_FAILED"
    PAYMENT_CLOSED = "PAYMENT_CLOSED"
    REFUND_SUCCEEDED = "REFUND_SUCCEEDED"
    REFUND_FAILED = "REFUND_FAILED"


class CallbackState(StrEnum):
    """WAITING to be sent at its time, HELD until a later one has arrived; the others are ends."""

    WAITING = "WAITING"
    HELD = "HELD"
    DELIVERED = "DELIVERED"
    GIVEN_UP = "GIVEN_UP"
    LOST = "LOST"


@dataclass(frozen=True, slots=True)
class Callback:
    """One message that repeats until it is taken. `content` is what it says, as things stood when it happened.

    A `forged` one bears a signature that is not the channel's and is sent once.
    """

    callback_id: int
    channel: str
    event: Event
    event_id: str
    order_id: int
    url: str
    content: Mapping[str, Any]
    forged: bool
    state: CallbackState
    try_count: int
    due_at: datetime
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Message:
    """The bytes of one try and their headers."""

    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one try. `answer` is what the merchant said, capped, or why there was no answer."""

    callback: Callback
    taken: bool
    answer: str


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How a channel repeats: the rests between tries, at a pace (1 is its own, 0.01 a hundred times as fast)."""

    rests_seconds: Sequence[int]
    pace: float
    tries_max: int


def next_try(tried: Tried, rhythm: Rhythm, now: datetime, jitter: float) -> datetime | None:
    """When to try again, or None at the end. `jitter` is from 0 to 1 and lengthens the rest by up to a tenth of it."""
    count = tried.callback.try_count
    if tried.callback.forged or count >= min(rhythm.tries_max, len(rhythm.rests_seconds) + 1):
        return None
    rest_seconds = rhythm.rests_seconds[count - 1] * rhythm.pace
    return now + timedelta(seconds=rest_seconds * (1 + jitter / 10))
