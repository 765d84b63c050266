"""The faults that can be asked for, and on whom one falls: the same for the same seed. It carries none out."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto

PARTS_PER_MILLION = 1_000_000


class Phase(Enum):
    """Where a fault acts. One occasion meets at most one fault of each phase."""

    DOOR = auto()  # before anything of a call is done
    WAY = auto()
    ANSWER = auto()
    TELLING = auto()
    PAYING = auto()
    REFUNDING = auto()
    CALLBACK = auto()


class FaultName(StrEnum):
    """Everything that can be asked for; README.md says what each does."""

    HTTP_500 = "HTTP_500"
    RATE_LIMITED = "RATE_LIMITED"
    SLOW = "SLOW"
    LOSE_ANSWER = "LOSE_ANSWER"
    ANOTHER_REFUND = "ANOTHER_REFUND"
    LATE_SUCCESS = "LATE_SUCCESS"
    REFUND_FAILS_AFTER_ACCEPTANCE = "REFUND_FAILS_AFTER_ACCEPTANCE"
    DUPLICATE_CALLBACK = "DUPLICATE_CALLBACK"
    FORGED_CALLBACK = "FORGED_CALLBACK"
    WRONG_AMOUNT_CALLBACK = "WRONG_AMOUNT_CALLBACK"
    LOST_CALLBACK = "LOST_CALLBACK"
    OUT_OF_ORDER_CALLBACK = "OUT_OF_ORDER_CALLBACK"


class Subject(StrEnum):
    """What an occasion is about: a call of the protocol, or the payment or the refund of an order."""

    CREATE = "CREATE"
    QUERY = "QUERY"
    CLOSE = "CLOSE"
    REFUND = "REFUND"
    QUERY_REFUND = "QUERY_REFUND"
    BILL = "BILL"
    PAYMENT = "PAYMENT"


CALLS = frozenset(Subject) - {Subject.PAYMENT}
_CHANGES = frozenset({Subject.CREATE, Subject.CLOSE, Subject.REFUND})
_TOLD = frozenset({Subject.PAYMENT, Subject.REFUND})

PHASE_OF: Mapping[FaultName, Phase] = {
    FaultName.HTTP_500: Phase.DOOR,
    FaultName.RATE_LIMITED: Phase.DOOR,
    FaultName.SLOW: Phase.WAY,
    FaultName.LOSE_ANSWER: Phase.ANSWER,
    FaultName.ANOTHER_REFUND: Phase.TELLING,
    FaultName.LATE_SUCCESS: Phase.PAYING,
    FaultName.REFUND_FAILS_AFTER_ACCEPTANCE: Phase.REFUNDING,
    FaultName.DUPLICATE_CALLBACK: Phase.CALLBACK,
    FaultName.FORGED_CALLBACK: Phase.CALLBACK,
    FaultName.WRONG_AMOUNT_CALLBACK: Phase.CALLBACK,
    FaultName.LOST_CALLBACK: Phase.CALLBACK,
    FaultName.OUT_OF_ORDER_CALLBACK: Phase.CALLBACK,
}
# What `on` may name, for each phase.
SUBJECTS_OF: Mapping[Phase, frozenset[Subject]] = {
    Phase.DOOR: CALLS,
    Phase.WAY: CALLS,
    Phase.ANSWER: CALLS,
    Phase.TELLING: frozenset({Subject.REFUND, Subject.QUERY_REFUND}),
    Phase.PAYING: frozenset({Subject.PAYMENT}),
    Phase.REFUNDING: frozenset({Subject.REFUND}),
    Phase.CALLBACK: _TOLD,
}


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """A fault and on whom it falls: one order, a seeded share of the occasions, or everything.

    `channel` and `on` narrow each of these. `times` is how often at most, 0 without end; `seconds` and `code` mean
    what the fault makes of them.
    """

    fault: FaultName
    times: int = 0
    channel: str = ""
    merchant_order_no: str = ""
    on: str = ""
    rate_ppm: int | None = None
    seed: int = 0
    seconds: float | None = None
    code: str = ""
    fault_id: int = 0
    struck_count: int = 0


@dataclass(frozen=True, slots=True)
class Occasion:
    """Something that a fault may fall on; `count` is how many of the same subject this order has met before."""

    channel: str
    merchant_order_no: str
    subject: Subject
    count: int


def candidates(plans: Iterable[FaultPlan], phase: Phase, occasion: Occasion) -> list[FaultPlan]:
    """The plans of a phase that fall on an occasion, in their order."""
    return [plan for plan in plans if PHASE_OF[plan.fault] is phase and _falls(plan, phase, occasion)]


def _falls(plan: FaultPlan, phase: Phase, occasion: Occasion) -> bool:
    if plan.channel not in ("", occasion.channel) or plan.merchant_order_no not in ("", occasion.merchant_order_no):
        return False
    if occasion.subject not in _subjects(plan, phase):
        return False
    return plan.rate_ppm is None or _draw(plan, occasion) < plan.rate_ppm


def _subjects(plan: FaultPlan, phase: Phase) -> frozenset[Subject]:
    if plan.on:
        return frozenset({Subject(plan.on)})
    return _CHANGES if phase is Phase.ANSWER else SUBJECTS_OF[phase]


def _draw(plan: FaultPlan, occasion: Occasion) -> int:
    """A number below a million, drawn anew for each repetition, so that one who asks again gets through in the end."""
    facts = (plan.seed, plan.fault, occasion.channel, occasion.merchant_order_no, occasion.subject, occasion.count)
    digest = hashlib.sha256("\x00".join(map(str, facts)).encode()).digest()
    return int.from_bytes(digest[:8], "big") % PARTS_PER_MILLION
