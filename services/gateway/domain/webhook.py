"""Endpoints of webhooks, what is on its way to them, and what becomes of a try. It sends and stores nothing.

The tries follow the schedule that Standard Webhooks recommends (spec/standard-webhooks.md, "Retry schedule").
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from services.gateway.domain.caller import Caller

# How long after the last try the next one comes, before jitter; the first comes at once.
RETRY_SECONDS = (0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
FAILING_MAX = timedelta(days=5)
SECRET_BYTES = 32
TEST_TYPE = "webhook.test"
_JITTER_SHARE = 0.2
_GONE = 410


class EndpointState(StrEnum):
    """Whether events are sent there."""

    ENABLED = "ENABLED"
    DISABLED = "DISABLED"
    DELETED = "DELETED"


class DisableCause(StrEnum):
    """Why an endpoint is disabled."""

    CALLER = "CALLER"
    GONE = "GONE"
    FAILING = "FAILING"


class DeliveryState(StrEnum):
    """Where a delivery is on its way."""

    WAITING = "WAITING"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where events are sent. No `merchant_ids`, no `event_types`: all of them. `version` counts its changes.

    A type is one, such as payment.refunded, or all of a kind, such as payment.*, those to come too.
    """

    endpoint_id: str
    url: str
    description: str
    merchant_ids: frozenset[str]
    event_types: frozenset[str]
    create_time: datetime
    state: EndpointState = EndpointState.ENABLED
    disable_cause: str = ""
    disable_time: datetime | None = None
    failing_since: datetime | None = None
    previous_until: datetime | None = None
    version: int = 1

    def is_seen_by(self, caller: Caller) -> bool:
        """Whether all its merchants are the caller's; one of all merchants is the platform's alone."""
        return caller.is_of_platform or bool(self.merchant_ids and self.merchant_ids <= caller.merchant_ids)

    def wants(self, event_type: str, merchant_id: str) -> bool:
        """Whether it gets events of this type and merchant."""
        return (not self.merchant_ids or merchant_id in self.merchant_ids) and (
            not self.event_types or event_type in self.event_types or kind_of(event_type) in self.event_types
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointAsked:
    """What a caller says of an endpoint."""

    url: str
    description: str
    event_types: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What happened, as it is sent: `body` is the very text, the same at every try.

    `origin` names where it comes from and stands once: what the feed tells twice is sent once.
    """

    event_id: str
    event_type: str
    object_id: str
    merchant_id: str
    origin: str
    body: str
    create_time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event on its way to one endpoint. `try_count` counts from its making or its last replay."""

    delivery_id: str
    endpoint_id: str
    event_id: str
    event_type: str
    object_id: str
    merchant_id: str
    state: DeliveryState
    try_count: int
    attempt_count: int
    next_try_time: datetime
    create_time: datetime
    end_time: datetime | None = None
    last_status_code: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back of a try: a status, or 0 and the fault for which none came."""

    status_code: int
    fault: str
    start: str
    duration_milliseconds: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try, as the log keeps it."""

    attempt_no: int
    start_time: datetime
    answer: Answer


@dataclass(frozen=True, slots=True)
class Arrived:
    """The endpoint has it."""


@dataclass(frozen=True, slots=True)
class TryAgain:
    """Not yet; when to try next."""

    at: datetime


@dataclass(frozen=True, slots=True)
class GiveUp:
    """No try is left."""


@dataclass(frozen=True, slots=True)
class Gone:
    """The endpoint says that it is no more (410): nothing is sent there any longer."""


def kind_of(event_type: str) -> str:
    """All types of the kind of one, as an endpoint names them: payment.* for payment.refunded."""
    return f"{event_type.partition('.')[0]}.*"


Outcome = Arrived | TryAgain | GiveUp | Gone


def judge(answer: Answer, try_count: int, now: datetime, jitter: float, *, is_test: bool) -> Outcome:
    """What becomes of a delivery after its try number `try_count`; `jitter` is of [0, 1). A test is tried once."""
    assert try_count >= 1, "an answer without a try"
    if 200 <= answer.status_code < 300:
        return Arrived()
    if answer.status_code == _GONE:
        return Gone()
    if is_test or try_count >= len(RETRY_SECONDS):
        return GiveUp()
    return TryAgain(now + timedelta(seconds=RETRY_SECONDS[try_count] * (1 + _JITTER_SHARE * jitter)))


def fails_for_too_long(failing_since: datetime | None, now: datetime) -> bool:
    """Whether nothing has reached an endpoint for so long that it is disabled."""
    return failing_since is not None and now - failing_since >= FAILING_MAX


def longest_life() -> timedelta:
    """From the first try of a delivery to the last at most, without the tries themselves."""
    return timedelta(seconds=sum(RETRY_SECONDS) * (1 + _JITTER_SHARE))
