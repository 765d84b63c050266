"""The plain rules of a contract, compiled: a message that surely keeps them all is known at once. It words no refusal.

protovalidate is exact and tells what is wrong, but for one small message it costs as much as the rest of the call. What
is not surely right here, or has a rule that this does not know, goes to protovalidate; so at worst time is lost.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from buf.validate import validate_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

Check = Callable[[Any], bool]
TIMESTAMP = "google.protobuf.Timestamp"
_CLASS = re.compile(r"\^(\[[!~\w-]+\])\*\$", re.ASCII)
_OVER = re.compile(r"this\.(\w+) > (-?\d+)")
# Of a whole text: classes, letters, counts and groups, which mean the same in RE2 and here.
_SIMPLE_PATTERN = re.compile(r"\^([\[\]{}()?*,!~\w-]*)\$", re.ASCII)


def is_time(stamp: Any) -> bool:
    """Whether a timestamp is within the years 1 to 9999, as timestamp.proto has it; nobody can reckon with others."""
    return bool(-62_135_596_800 <= stamp.seconds <= 253_402_300_799 and 0 <= stamp.nanos < 1_000_000_000)


class Unknown(Exception):
    """A rule that this does not know."""


class Rules:
    """The compiled rules of each message type that was asked about."""

    def __init__(self) -> None:
        self._by_type: dict[type[Message], Check | None] = {}

    def surely_kept(self, message: Message) -> bool:
        """True only when the message breaks none of its rules. False says nothing."""
        kind = type(message)
        if kind not in self._by_type:
            self._by_type[kind] = compiled(message.DESCRIPTOR)
        check = self._by_type[kind]
        return check is not None and check(message)


def compiled(descriptor: Any) -> Check | None:
    """What tells that a message of the type keeps its rules; None when one of them is not known here."""
    try:
        return _of_message(descriptor, ())
    except Unknown:
        return None


def _of_message(descriptor: Descriptor, above: tuple[str, ...]) -> Check:
    if descriptor.full_name in above:
        raise Unknown("a type inside itself")
    if descriptor.GetOptions().HasExtension(validate_pb2.message):
        raise Unknown("a rule of a whole message")
    if any(oneof.GetOptions().HasExtension(validate_pb2.oneof) for oneof in descriptor.oneofs):
        raise Unknown("a rule of a oneof")
    checks = tuple(check for field in descriptor.fields for check in _of_field(field, (*above, descriptor.full_name)))

    return _all_of(checks)


def _all_of(checks: Sequence[Check]) -> Check:
    if len(checks) == 1:
        return checks[0]

    def kept(value: Any) -> bool:
        # A loop by hand: this is done for each message, and a generator costs more than most checks.
        for check in checks:  # noqa: SIM110
            if not check(value):
                return False
        return True

    return kept


def _of_field(field: FieldDescriptor, above: tuple[str, ...]) -> list[Check]:
    """Checks of the message that has the field."""
    rules = field.GetOptions().Extensions[validate_pb2.field]
    if (
        rules.ignore
        or rules.cel_expression
        or (field.message_type is not None and field.message_type.GetOptions().map_entry)
    ):
        raise Unknown(field.full_name)
    name = field.name
    inner = [*(_over(rule.expression) for rule in rules.cel), *_of_type(field, rules)]
    if field.message_type is not None:
        inner += [_each(check, field) for check in _of_inside(field.message_type, above)]
    checks = [_required(field)] if rules.required else []
    if not inner:
        return checks
    kept = _on(name, _all_of(inner))
    if field.has_presence and not field.is_repeated and not rules.required:
        return [lambda message: not message.HasField(name) or kept(message)]
    return [*checks, kept]


def _of_inside(descriptor: Descriptor, above: tuple[str, ...]) -> list[Check]:
    """Checks of a message inside another; of those that are not ours a time alone has one."""
    if descriptor.full_name == TIMESTAMP:
        return [is_time]
    return [] if descriptor.full_name.startswith("google.") else [_of_message(descriptor, above)]


def _on(name: str, check: Check) -> Check:
    # The most frequent check, without a call in between.
    if isinstance(check, _Pattern):
        matched = check.matched
        return lambda message: matched(getattr(message, name)) is not None
    return lambda message: check(getattr(message, name))


def _each(check: Check, field: FieldDescriptor) -> Check:
    if not field.is_repeated:
        return check

    def kept(values: Any) -> bool:
        for value in values:  # noqa: SIM110  as in _all_of
            if not check(value):
                return False
        return True

    return kept


def _required(field: FieldDescriptor) -> Check:
    name = field.name
    if field.has_presence and not field.is_repeated:
        return lambda message: message.HasField(name)
    return lambda message: bool(getattr(message, name))


def _over(expression: str) -> Check:
    if not (found := _OVER.fullmatch(expression)):
        raise Unknown(expression)
    name, bound = found[1], int(found[2])
    return lambda value: getattr(value, name) > bound


def _of_type(field: FieldDescriptor, rules: Any) -> list[Check]:
    kind = rules.WhichOneof("type")
    if kind is None:
        return []
    if (of_kind := _KINDS.get(kind)) is None or (kind == "repeated") != field.is_repeated:
        raise Unknown(f"{field.full_name}: {kind}")
    told = {rule.name: value for rule, value in getattr(rules, kind).ListFields()}
    if kind == "string" and (whole := _as_one_pattern(told)):
        told = {"pattern": whole}
    return [_of_rule(of_kind, field, rule, value) for rule, value in told.items()]


def _as_one_pattern(told: dict[str, Any]) -> str | None:
    """Lengths and a class of signs as one pattern; None for other rules."""
    if told.keys() - {"min_len", "max_len", "pattern"} or not (of_class := _CLASS.fullmatch(told.get("pattern", ""))):
        return None
    return f"^{of_class[1]}{{{told.get('min_len', 0)},{told.get('max_len', '')}}}$"


def _of_rule(kind: dict[str, Callable[[Any], Check]], field: FieldDescriptor, rule: str, value: Any) -> Check:
    if rule == "defined_only" and value and field.enum_type is not None:
        known = frozenset(field.enum_type.values_by_number)
        return lambda told: told in known
    if (make := kind.get(rule)) is None:
        raise Unknown(f"{field.full_name}: {rule}")
    return make(value)


@dataclass(frozen=True, slots=True)
class _Pattern:
    """Whether a whole text matches."""

    matched: Callable[[str], re.Match[str] | None]

    def __call__(self, text: str) -> bool:
        return self.matched(text) is not None


def _pattern(pattern: str) -> Check:
    if not (simple := _SIMPLE_PATTERN.fullmatch(pattern)):
        raise Unknown(pattern)
    return _Pattern(re.compile(simple[1]).fullmatch)


_LENGTHS: dict[str, Callable[[Any], Check]] = {
    "min_len": lambda bound: lambda value: len(value) >= bound,
    "max_len": lambda bound: lambda value: len(value) <= bound,
}
_NUMBERS: dict[str, Callable[[Any], Check]] = {
    "gt": lambda bound: lambda value: value > bound,
    "gte": lambda bound: lambda value: value >= bound,
    "lt": lambda bound: lambda value: value < bound,
    "lte": lambda bound: lambda value: value <= bound,
}
_KINDS: dict[str, dict[str, Callable[[Any], Check]]] = {
    "string": {**_LENGTHS, "pattern": _pattern},
    "bytes": _LENGTHS,
    "int32": _NUMBERS,
    "int64": _NUMBERS,
    "enum": {
        "in": lambda allowed: frozenset(allowed).__contains__,
        "not_in": lambda refused: lambda value: value not in refused,
    },
    "repeated": {
        "min_items": lambda bound: lambda values: len(values) >= bound,
        "max_items": lambda bound: lambda values: len(values) <= bound,
    },
}
