"""The faults that can be asked for, and on whom one falls: the same for the same seed. It carries none out."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, StrEnum, auto

from services.tax_sandbox.domain.place import Place

PARTS_PER_MILLION = 1_000_000


class Phase(Enum):
    """Where in a call a fault acts. One call meets at most one fault of each phase."""

    GATE = auto()  # every call, before anything of it is looked at; a submit, when its document was read
    DOOR = auto()
    BOOKING = auto()
    ANSWER = auto()
    QUERY = auto()
    SEALING = auto()
    BATCH = auto()
    CLOSING = auto()
    HEAD = auto()


class FaultName(StrEnum):
    """Everything that can be asked for; README.md says what each does."""

    CREDENTIAL_EXPIRY = "CREDENTIAL_EXPIRY"
    KEY_ROTATION = "KEY_ROTATION"
    OUTAGE_ANNOUNCED = "OUTAGE_ANNOUNCED"
    DROP_BEFORE_COMMIT = "DROP_BEFORE_COMMIT"
    HTTP_5XX_BEFORE_COMMIT = "HTTP_5XX_BEFORE_COMMIT"
    AUTHORITY_FAULT = "AUTHORITY_FAULT"
    OUTAGE = "OUTAGE"
    THROTTLE = "THROTTLE"
    REJECT_SYNTAX = "REJECT_SYNTAX"
    REJECT_BUSINESS = "REJECT_BUSINESS"
    QUOTA_EXHAUSTED = "QUOTA_EXHAUSTED"
    DUPLICATE = "DUPLICATE"
    ACK_WITHOUT_BOOKING = "ACK_WITHOUT_BOOKING"
    STUCK_PROCESSING = "STUCK_PROCESSING"
    BOOKED_WITH_ALTERED_AMOUNT = "BOOKED_WITH_ALTERED_AMOUNT"
    BOOKED_UNDER_OTHER_NUMBER = "BOOKED_UNDER_OTHER_NUMBER"
    BOOKED_ELSEWHERE = "BOOKED_ELSEWHERE"
    VOIDED_AT_PORTAL = "VOIDED_AT_PORTAL"
    SEAL_FAILED = "SEAL_FAILED"
    QUERY_FALSE_NEGATIVE = "QUERY_FALSE_NEGATIVE"
    DROP_AFTER_COMMIT = "DROP_AFTER_COMMIT"
    HTTP_5XX_AFTER_COMMIT = "HTTP_5XX_AFTER_COMMIT"
    AUTHORITY_FAULT_AFTER_COMMIT = "AUTHORITY_FAULT_AFTER_COMMIT"
    SLOW_ANSWER = "SLOW_ANSWER"
    GARBLED_ANSWER = "GARBLED_ANSWER"
    QUERY_5XX = "QUERY_5XX"
    SLOW_QUERY = "SLOW_QUERY"
    PARTIAL_BATCH = "PARTIAL_BATCH"
    LOSE_CLOSE_ANSWER = "LOSE_CLOSE_ANSWER"
    CLOCK_SKEW = "CLOCK_SKEW"


PHASES_OF: Mapping[FaultName, frozenset[Phase]] = {
    FaultName.CREDENTIAL_EXPIRY: frozenset({Phase.GATE}),
    FaultName.KEY_ROTATION: frozenset({Phase.GATE}),
    FaultName.OUTAGE_ANNOUNCED: frozenset({Phase.GATE}),
    FaultName.DROP_BEFORE_COMMIT: frozenset({Phase.DOOR}),
    FaultName.HTTP_5XX_BEFORE_COMMIT: frozenset({Phase.DOOR}),
    FaultName.AUTHORITY_FAULT: frozenset({Phase.DOOR}),
    FaultName.OUTAGE: frozenset({Phase.DOOR}),
    FaultName.THROTTLE: frozenset({Phase.DOOR}),
    FaultName.REJECT_SYNTAX: frozenset({Phase.DOOR}),
    FaultName.REJECT_BUSINESS: frozenset({Phase.DOOR}),
    FaultName.QUOTA_EXHAUSTED: frozenset({Phase.DOOR}),
    FaultName.DUPLICATE: frozenset({Phase.DOOR}),
    FaultName.ACK_WITHOUT_BOOKING: frozenset({Phase.BOOKING}),
    FaultName.STUCK_PROCESSING: frozenset({Phase.BOOKING}),
    FaultName.BOOKED_WITH_ALTERED_AMOUNT: frozenset({Phase.BOOKING}),
    FaultName.BOOKED_UNDER_OTHER_NUMBER: frozenset({Phase.BOOKING}),
    FaultName.BOOKED_ELSEWHERE: frozenset({Phase.BOOKING}),
    FaultName.VOIDED_AT_PORTAL: frozenset({Phase.BOOKING}),
    FaultName.SEAL_FAILED: frozenset({Phase.BOOKING, Phase.SEALING}),
    FaultName.QUERY_FALSE_NEGATIVE: frozenset({Phase.BOOKING}),
    FaultName.DROP_AFTER_COMMIT: frozenset({Phase.ANSWER}),
    FaultName.HTTP_5XX_AFTER_COMMIT: frozenset({Phase.ANSWER}),
    FaultName.AUTHORITY_FAULT_AFTER_COMMIT: frozenset({Phase.ANSWER}),
    FaultName.SLOW_ANSWER: frozenset({Phase.ANSWER}),
    FaultName.GARBLED_ANSWER: frozenset({Phase.ANSWER}),
    FaultName.QUERY_5XX: frozenset({Phase.QUERY}),
    FaultName.SLOW_QUERY: frozenset({Phase.QUERY}),
    FaultName.PARTIAL_BATCH: frozenset({Phase.BATCH}),
    FaultName.LOSE_CLOSE_ANSWER: frozenset({Phase.CLOSING}),
    FaultName.CLOCK_SKEW: frozenset({Phase.HEAD}),
}

# Short words that the steering API takes for the commonest; it answers with the full name.
SHORT_NAMES: Mapping[str, FaultName] = {
    "LOSE_ANSWER": FaultName.DROP_AFTER_COMMIT,
    "LOSE_REQUEST": FaultName.DROP_BEFORE_COMMIT,
    "REFUSE": FaultName.REJECT_BUSINESS,
    "NEVER_BOOK": FaultName.ACK_WITHOUT_BOOKING,
    "DELAY_BOOKING": FaultName.STUCK_PROCESSING,
    "GARBLED": FaultName.GARBLED_ANSWER,
}


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """A fault and on whom it falls: one key, one order, one seller, a seeded share of the keys, or everyone.

    `place` narrows each of these to one place. `times` is how often at most, 0 without end; `seconds` and `code` mean
    what the fault makes of them. A plan without `fault_id` came with a call and is for that call alone.
    """

    fault: FaultName
    times: int = 0
    place: str = ""
    key: str = ""
    order_no: str = ""
    seller_tax_id: str = ""
    rate_ppm: int | None = None
    seed: int = 0
    seconds: float | None = None
    code: str = ""
    fault_id: int = 0
    struck_count: int = 0
    planned_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Occasion:
    """What is known of a call when a fault may strike it; what is not known is empty. `asked` came with the call."""

    place: Place
    key: str = ""
    order_no: str = ""
    seller_tax_id: str = ""
    first_of_key: bool = False
    has_newest_credential: bool = False
    now: datetime | None = None
    asked: tuple[FaultPlan, ...] = ()


def candidates(plans: Iterable[FaultPlan], phase: Phase, occasion: Occasion) -> list[FaultPlan]:
    """The plans of a phase that fall on this call: those that came with it, then the oldest first.

    A share of the keys (`rate_ppm`) is only ever met at the first submit of a key, so that a run heals and repeats.
    """
    falling = [plan for plan in occasion.asked if phase in PHASES_OF[plan.fault]]
    return falling + [plan for plan in plans if phase in PHASES_OF[plan.fault] and _falls_on(plan, occasion)]


def is_drawn(plan: FaultPlan, key: str) -> bool:
    """Whether the plan's share of all keys has this one in it; the same for the same seed, fault and key."""
    assert plan.rate_ppm is not None, "only a share is drawn"
    # The fault's name is in the lot so that two faults with one seed do not fall on the same keys.
    lot = hashlib.sha256(f"{plan.seed}:{plan.fault}:{key}".encode()).digest()
    return int.from_bytes(lot[:8]) % PARTS_PER_MILLION < plan.rate_ppm


def outage_of(plan: FaultPlan) -> tuple[datetime, datetime] | None:
    """From when until when an announced outage lasts; None when the plan came with a call and is for that call."""
    if plan.planned_at is None:
        return None
    return plan.planned_at, plan.planned_at + timedelta(seconds=plan.seconds or 0.0)


def _falls_on(plan: FaultPlan, occasion: Occasion) -> bool:
    if plan.place and plan.place != occasion.place:
        return False
    if plan.fault is FaultName.KEY_ROTATION and occasion.has_newest_credential:
        return False
    if plan.fault is FaultName.OUTAGE_ANNOUNCED and not _is_during(plan, occasion.now):
        return False
    return _is_meant(plan, occasion)


def _is_during(plan: FaultPlan, now: datetime | None) -> bool:
    outage = outage_of(plan)
    return outage is not None and now is not None and outage[0] <= now < outage[1]


def _is_meant(plan: FaultPlan, occasion: Occasion) -> bool:
    if plan.key:
        return plan.key == occasion.key
    if plan.order_no:
        return plan.order_no == occasion.order_no
    if plan.seller_tax_id:
        return plan.seller_tax_id == occasion.seller_tax_id
    if plan.rate_ppm is not None:
        return occasion.first_of_key and is_drawn(plan, occasion.key)
    return True
