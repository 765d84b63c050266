"""Reads what is asked for as a fault, from the steering API or a call's header, or tells what is wrong with it."""

from collections.abc import Mapping
from dataclasses import replace

from services.tax_sandbox.domain.document import Refusal
from services.tax_sandbox.domain.fault import PARTS_PER_MILLION, PHASES_OF, SHORT_NAMES, FaultName, FaultPlan, Phase
from services.tax_sandbox.domain.place import Place

SECONDS_MAX = 31 * 86_400.0
HOLD_SECONDS_MAX = 3600.0
IN_HEADER_MAX = 8
_TEXT_MAX = 128
_SERVER_ERRORS = ("", "500", "502", "503", "504")
_HOLDING = {FaultName.SLOW_ANSWER, FaultName.SLOW_QUERY}
_WITHOUT_SECONDS_IT_DOES_NOTHING = {
    FaultName.QUERY_FALSE_NEGATIVE,
    FaultName.OUTAGE_ANNOUNCED,
    FaultName.CLOCK_SKEW,
    *_HOLDING,
}
_CODES: Mapping[FaultName, tuple[str, ...]] = {
    FaultName.HTTP_5XX_BEFORE_COMMIT: _SERVER_ERRORS,
    FaultName.HTTP_5XX_AFTER_COMMIT: _SERVER_ERRORS,
    FaultName.PARTIAL_BATCH: ("", "TAKEN", "LOST"),
    FaultName.BOOKED_ELSEWHERE: ("", *Place),
}
# A share is drawn among submits, so it means nothing where no submit is.
_PHASES_WITHOUT_SHARE = {Phase.QUERY, Phase.CLOSING, Phase.HEAD}


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
        if not isinstance(asked.get(field, ""), str) or not _is_text(asked.get(field, "")):
            return Refusal("E4005", f"{field} must be printable text of at most {_TEXT_MAX} characters", field)
    return _fit(FaultPlan(**{**asked, "fault": SHORT_NAMES.get(name) or FaultName(name)}))


def read_header(header: str) -> tuple[FaultPlan, ...] | Refusal:
    """The faults that a call asks for itself: `NAME[;seconds=2][;code=503]`, several with commas between."""
    plans = []
    for one in [part.strip() for part in header.split(",") if part.strip()]:
        name, *options = [part.strip() for part in one.split(";")]
        asked: dict[str, object] = {"fault": name}
        for option in options:
            field, _, value = option.partition("=")
            if field not in ("seconds", "code") or field in asked:
                return Refusal("E4014", "Tax-Fault is NAME[;seconds=2][;code=503], several with commas between")
            asked[field] = _number_in(value) if field == "seconds" else value
        plan = read_plan(asked)
        if isinstance(plan, Refusal):
            return replace(plan, code="E4014", field="")
        plans.append(plan)
    if len(plans) > IN_HEADER_MAX:
        return Refusal("E4014", f"Tax-Fault names at most {IN_HEADER_MAX} faults")
    return tuple(plans)


def _fit(plan: FaultPlan) -> FaultPlan | Refusal:  # noqa: PLR0911  a table of cases
    if sum([bool(plan.key), bool(plan.order_no), bool(plan.seller_tax_id), plan.rate_ppm is not None]) > 1:
        return Refusal("E4005", "give one of key, order_no, seller_tax_id and rate_ppm", "key")
    if plan.rate_ppm is not None and PHASES_OF[plan.fault] & _PHASES_WITHOUT_SHARE:
        return Refusal("E4005", f"{plan.fault} falls on a key, an order, a seller or everyone", "rate_ppm")
    if plan.place and plan.place not in list(Place):
        return Refusal("E4005", f"place must be one of {', '.join(Place)}", "place")
    if plan.seconds is None and plan.fault in _WITHOUT_SECONDS_IT_DOES_NOTHING:
        return Refusal("E4002", f"{plan.fault} needs seconds", "seconds")
    if plan.seconds is not None and (refusal := _judge_seconds(plan.fault, plan.seconds)):
        return refusal
    if plan.fault in _CODES and plan.code not in _CODES[plan.fault]:
        return Refusal("E4005", f"code must be one of {', '.join(code for code in _CODES[plan.fault] if code)}", "code")
    return plan


def _judge_seconds(fault: FaultName, seconds: float) -> Refusal | None:
    if seconds < 0 and fault is not FaultName.CLOCK_SKEW:
        return Refusal("E4005", f"seconds of {fault} cannot be below 0", "seconds")
    if seconds > HOLD_SECONDS_MAX and fault in _HOLDING:
        return Refusal("E4005", f"no answer is held back longer than {HOLD_SECONDS_MAX} seconds", "seconds")
    return None


def _is_number(value: object, kinds: tuple[type, ...], least: float, most: float) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return isinstance(value, kinds) and least <= value <= most


def _is_text(value: str) -> bool:
    return len(value) <= _TEXT_MAX and value.isprintable()


def _number_in(text: str) -> object:
    try:
        return float(text)
    except ValueError:
        return text


_NUMBERS: tuple[tuple[str, tuple[type, ...], float, float], ...] = (
    ("times", (int,), 1, 1_000_000),
    ("rate_ppm", (int,), 0, PARTS_PER_MILLION),
    ("seed", (int,), -(2**62), 2**62),
    ("seconds", (int, float), -SECONDS_MAX, SECONDS_MAX),
)
_TEXTS = ("place", "key", "order_no", "seller_tax_id", "code")
_FIELDS = {"fault", *_TEXTS, *(number[0] for number in _NUMBERS)}
