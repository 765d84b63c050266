"""Which fault was asked for, and on whom it falls: the same for the same seed. It does not carry it out."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto

from services.tax_sandbox.domain.document import Refusal

PARTS_PER_MILLION = 1_000_000
SECONDS_MAX = 3600.0
_TEXT_MAX = 128


class Phase(Enum):
    """Where in a call a fault acts. One call meets at most one fault of each phase."""

    DOOR = auto()
    BOOKING = auto()
    ANSWER = auto()
    QUERY = auto()


class FaultName(StrEnum):
    """Everything that can be asked for; README.md says what each does."""

    DROP_BEFORE_COMMIT = "DROP_BEFORE_COMMIT"
    OUTAGE = "OUTAGE"
    THROTTLE = "THROTTLE"
    REJECT_BUSINESS = "REJECT_BUSINESS"
    ACK_WITHOUT_BOOKING = "ACK_WITHOUT_BOOKING"
    STUCK_PROCESSING = "STUCK_PROCESSING"
    BOOKED_WITH_ALTERED_AMOUNT = "BOOKED_WITH_ALTERED_AMOUNT"
    BOOKED_UNDER_OTHER_NUMBER = "BOOKED_UNDER_OTHER_NUMBER"
    QUERY_FALSE_NEGATIVE = "QUERY_FALSE_NEGATIVE"
    DROP_AFTER_COMMIT = "DROP_AFTER_COMMIT"
    HTTP_5XX_AFTER_COMMIT = "HTTP_5XX_AFTER_COMMIT"
    SLOW_ANSWER = "SLOW_ANSWER"
    GARBLED_ANSWER = "GARBLED_ANSWER"
    QUERY_5XX = "QUERY_5XX"
    SLOW_QUERY = "SLOW_QUERY"


PHASE_OF: Mapping[FaultName, Phase] = {
    FaultName.DROP_BEFORE_COMMIT: Phase.DOOR,
    FaultName.OUTAGE: Phase.DOOR,
    FaultName.THROTTLE: Phase.DOOR,
    FaultName.REJECT_BUSINESS: Phase.DOOR,
    FaultName.ACK_WITHOUT_BOOKING: Phase.BOOKING,
    FaultName.STUCK_PROCESSING: Phase.BOOKING,
    FaultName.BOOKED_WITH_ALTERED_AMOUNT: Phase.BOOKING,
    FaultName.BOOKED_UNDER_OTHER_NUMBER: Phase.BOOKING,
    FaultName.QUERY_FALSE_NEGATIVE: Phase.BOOKING,
    FaultName.DROP_AFTER_COMMIT: Phase.ANSWER,
    FaultName.HTTP_5XX_AFTER_COMMIT: Phase.ANSWER,
    FaultName.SLOW_ANSWER: Phase.ANSWER,
    FaultName.GARBLED_ANSWER: Phase.ANSWER,
    FaultName.QUERY_5XX: Phase.QUERY,
    FaultName.SLOW_QUERY: Phase.QUERY,
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

_WITHOUT_SECONDS_IT_DOES_NOTHING = {
    FaultName.QUERY_FALSE_NEGATIVE,
    FaultName.SLOW_ANSWER,
    FaultName.SLOW_QUERY,
}


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """A fault and on whom it falls: one key, one order, a seeded share of the keys, or everyone.

    `times` is how often at most, 0 without end; `seconds` and `code` mean what the fault makes of them.
    """

    fault: FaultName
    times: int = 0
    key: str = ""
    order_no: str = ""
    rate_ppm: int | None = None
    seed: int = 0
    seconds: float | None = None
    code: str = ""
    fault_id: int = 0
    struck_count: int = 0


def read_plan(asked: object) -> FaultPlan | Refusal:
    """What a steering request asks for, or what is wrong with it."""
    if not isinstance(asked, dict):
        return Refusal("E4000", "the body is not a JSON object")
    if unknown := sorted(asked.keys() - _FIELDS):
        return Refusal("E4005", f"{unknown[0]} is not a field of a fault", unknown[0])
    asked = {field: value for field, value in asked.items() if value is not None}
    name = asked.get("fault")
    if not isinstance(name, str) or name not in [*FaultName, *SHORT_NAMES]:
        return Refusal("E4005", f"fault must be one of {', '.join(FaultName)}", "fault")
    for field, kinds, least, most in _NUMBERS:
        if field in asked and not _is_number(asked[field], kinds, least, most):
            return Refusal("E4005", f"{field} must be a number from {least} to {most}", field)
    for field in _TEXTS:
        if not isinstance(asked.get(field, ""), str) or len(asked.get(field, "")) > _TEXT_MAX:
            return Refusal("E4005", f"{field} must be text of at most {_TEXT_MAX} characters", field)
    return _fit(FaultPlan(**{**asked, "fault": SHORT_NAMES.get(name) or FaultName(name)}))


def candidates(
    plans: Iterable[FaultPlan], phase: Phase, key: str, order_no: str, *, first_of_key: bool
) -> list[FaultPlan]:
    """The plans of a phase that fall on this call, the oldest first.

    A share of the keys (`rate_ppm`) is only ever met at the first submit of a key, so that a run heals and repeats.
    """
    return [plan for plan in plans if PHASE_OF[plan.fault] is phase and _falls_on(plan, key, order_no, first_of_key)]


def is_drawn(plan: FaultPlan, key: str) -> bool:
    """Whether the plan's share of all keys has this one in it; the same for the same seed, fault and key."""
    assert plan.rate_ppm is not None, "only a share is drawn"
    # The fault's name is in the lot so that two faults with one seed do not fall on the same keys.
    lot = hashlib.sha256(f"{plan.seed}:{plan.fault}:{key}".encode()).digest()
    return int.from_bytes(lot[:8]) % PARTS_PER_MILLION < plan.rate_ppm


def _falls_on(plan: FaultPlan, key: str, order_no: str, first_of_key: bool) -> bool:
    if plan.key or plan.order_no:
        return key == plan.key if plan.key else order_no == plan.order_no
    if plan.rate_ppm is not None:
        return first_of_key and is_drawn(plan, key)
    return True


def _fit(plan: FaultPlan) -> FaultPlan | Refusal:
    if sum([bool(plan.key), bool(plan.order_no), plan.rate_ppm is not None]) > 1:
        return Refusal("E4005", "give one of key, order_no and rate_ppm", "key")
    if plan.rate_ppm is not None and PHASE_OF[plan.fault] is Phase.QUERY:
        return Refusal("E4005", "a query's fault falls on a key, an order or everyone", "rate_ppm")
    if plan.seconds is None and plan.fault in _WITHOUT_SECONDS_IT_DOES_NOTHING:
        return Refusal("E4002", f"{plan.fault} needs seconds", "seconds")
    if plan.fault is FaultName.HTTP_5XX_AFTER_COMMIT and plan.code not in ("", "500", "502", "503", "504"):
        return Refusal("E4005", "code must be 500, 502, 503 or 504", "code")
    return plan


def _is_number(value: object, kinds: tuple[type, ...], least: float, most: float) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return isinstance(value, kinds) and least <= value <= most


_NUMBERS: tuple[tuple[str, tuple[type, ...], float, float], ...] = (
    ("times", (int,), 1, 1_000_000),
    ("rate_ppm", (int,), 0, PARTS_PER_MILLION),
    ("seed", (int,), -(2**62), 2**62),
    ("seconds", (int, float), 0, SECONDS_MAX),
)
_TEXTS = ("key", "order_no", "code")
_FIELDS = {"fault", *_TEXTS, *(number[0] for number in _NUMBERS)}
