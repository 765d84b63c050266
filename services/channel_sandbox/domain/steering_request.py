"""Reads what steering is asked to set, or says what is wrong with it."""

from collections.abc import Mapping
from typing import Any

from services.channel_sandbox.domain.fault import PARTS_PER_MILLION, PHASE_OF, SUBJECTS_OF, FaultName, FaultPlan
from services.channel_sandbox.domain.order import Channel
from services.channel_sandbox.domain.refund import Anothers

_CLOCK_SECONDS_MAX = 20 * 366 * 86_400
_SECONDS_MAX = 31 * 86_400.0
_TEXT_MAX = 128
_HOLD_SECONDS_MAX = 3600.0
# How a refund may end that fails after it was accepted; the words are WeChat Pay's.
REFUND_ENDS = ("CLOSED", "ABNORMAL")
# Which faults take a code, and the codes of each.
CODES_OF: Mapping[FaultName, tuple[str, ...]] = {
    FaultName.REFUND_FAILS_AFTER_ACCEPTANCE: REFUND_ENDS,
    FaultName.ANOTHER_REFUND: tuple(Anothers),
}
_NUMBERS: tuple[tuple[str, tuple[type, ...], float, float], ...] = (
    ("times", (int,), 1, 1_000_000),
    ("rate_ppm", (int,), 0, PARTS_PER_MILLION),
    ("seed", (int,), -(2**62), 2**62),
    ("seconds", (int, float), 0, _SECONDS_MAX),
)
_TEXTS = ("channel", "merchant_order_no", "on", "code")
_FIELDS = {"fault", *_TEXTS, *(number[0] for number in _NUMBERS)}
_TAKES_SECONDS = {FaultName.SLOW, FaultName.LATE_SUCCESS, FaultName.OUT_OF_ORDER_CALLBACK}


class BadSteeringError(Exception):
    """The request cannot be read; the message says what must be mended."""


def read_plan(asked: Mapping[str, Any]) -> FaultPlan:
    """A fault. Raises BadSteeringError."""
    if unknown := sorted(asked.keys() - _FIELDS):
        raise BadSteeringError(f"{unknown[0]} is not a field of a fault")
    given = {field: value for field, value in asked.items() if value is not None}
    name = given.pop("fault", "")
    if name not in list(FaultName):
        raise BadSteeringError(f"fault must be one of {', '.join(FaultName)}")
    for field, kinds, least, most in _NUMBERS:
        if field in given and not _is_number(given[field], kinds, least, most):
            raise BadSteeringError(f"{field} must be a number from {least} to {most}")
    for field in _TEXTS:
        value = given.get(field, "")
        if not isinstance(value, str) or len(value) > _TEXT_MAX or not value.isprintable():
            raise BadSteeringError(f"{field} must be printable text of at most {_TEXT_MAX} characters")
    return _checked(FaultPlan(fault=FaultName(name), **given))


def read_clock(asked: Mapping[str, Any]) -> tuple[float | None, float]:
    """`{"shift_seconds"}` or `{"offset_seconds"}`: the shift, or None and the offset. Raises BadSteeringError."""
    if len(asked) != 1 or not asked.keys() <= {"shift_seconds", "offset_seconds"}:
        raise BadSteeringError("give one of shift_seconds and offset_seconds")
    ((field, value),) = asked.items()
    if not _is_number(value, (int, float), -_CLOCK_SECONDS_MAX, _CLOCK_SECONDS_MAX):
        raise BadSteeringError(f"{field} must be a number of seconds, within 20 years")
    return (value, 0.0) if field == "shift_seconds" else (None, value)


def read_channel(word: str) -> Channel:
    """One of the channels. Raises BadSteeringError."""
    if word not in list(Channel):
        raise BadSteeringError(f"channel must be one of {', '.join(Channel)}")
    return Channel(word)


def _checked(plan: FaultPlan) -> FaultPlan:
    phase = PHASE_OF[plan.fault]
    if plan.channel:
        read_channel(plan.channel)
    if plan.merchant_order_no and plan.rate_ppm is not None:
        raise BadSteeringError("give one of merchant_order_no and rate_ppm")
    if plan.on and plan.on not in SUBJECTS_OF[phase]:
        raise BadSteeringError(f"on of {plan.fault} must be one of {', '.join(sorted(SUBJECTS_OF[phase]))}")
    if plan.code and plan.code not in CODES_OF.get(plan.fault, ()):
        fit = "; ".join(f"{fault}, one of {', '.join(codes)}" for fault, codes in CODES_OF.items())
        raise BadSteeringError(f"code is for {fit}")
    if plan.fault is FaultName.SLOW and (plan.seconds or 0) > _HOLD_SECONDS_MAX:
        raise BadSteeringError(f"no answer is held back longer than {_HOLD_SECONDS_MAX:.0f} seconds")
    if plan.seconds is not None and plan.fault not in _TAKES_SECONDS:
        raise BadSteeringError(f"seconds are for {', '.join(sorted(_TAKES_SECONDS))}")
    return plan


def _is_number(value: object, kinds: tuple[type, ...], least: float, most: float) -> bool:
    return isinstance(value, kinds) and not isinstance(value, bool) and least <= value <= most  # type: ignore[operator]
