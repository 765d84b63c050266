"""JSON values and texts into the fields of a message; tells by name which one does not fit. It knows no HTTP.

The proto3 JSON mapping (protobuf.dev/programming-guides/json), made strict where money would suffer: no float for a
whole number, no underscore or foreign digit in one, no field twice under its two names.
"""

import base64
import binascii
import difflib
import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.errors import Fault, FieldFault
from services.gateway.contract import type_in, type_of
from services.gateway.strict_json import malformed, shown

WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,18})", re.ASCII)
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})")
# What datetime reads as protobuf does, and much quicker; of a second's digits it keeps six.
_PLAIN_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{6})?"
    r"(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS_MIN, _SECONDS_MAX = -62_135_596_800, 253_402_300_799
_TRUTH = {"true": True, "false": False}


class _Unfit(ValueError):
    """A value that its field cannot take: the rule's name, and what it must be, in both languages."""

    def __init__(self, rule: str, message: str, message_zh: str) -> None:
        super().__init__(message)
        self.rule, self.message, self.message_zh = rule, message, message_zh

    def at(self, path: str) -> FieldFault:
        return FieldFault(path, self.rule, self.message, self.message_zh)


def fill(message: Message, values: Mapping[str, Any], path: str = "") -> None:
    """Put a JSON object into a message. Raises MALFORMED_REQUEST with every field that is unknown or does not fit."""
    faults: list[FieldFault] = []
    _fill(message, values, path, faults)
    if faults:
        raise misfit(faults)


def set_texts(message: Message, path: str, texts: list[str]) -> None:
    """Put what stands in a URL into the field at a dotted path. Raises MALFORMED_REQUEST."""
    *above, last = path.split(".")
    for name in above:
        message = getattr(message, name)
    field = type_of(message).fields_by_name[last]
    try:
        if field.is_repeated:
            getattr(message, last).extend(_value(field, text) for text in texts)
        elif len(texts) > 1:
            raise _Unfit("TWICE", "is given more than once", "只能出现一次")
        elif field.message_type:
            _MESSAGES[field.message_type.full_name](getattr(message, last), texts[0])
        else:
            setattr(message, last, _value(field, _TRUTH.get(texts[0], texts[0]) if _is_truth(field) else texts[0]))
    except _Unfit as unfit:
        raise misfit([unfit.at(path)]) from unfit


def put(message: Message, name: str, value: Any) -> None:
    """Put a JSON value into one field of a message. Raises MALFORMED_REQUEST."""
    fill(message, {name: value})


def find_path(descriptor: Descriptor, path: str) -> str | None:
    """The dotted path in the contract's own names, from one in either naming; None when it leads to no value."""
    names: list[str] = []
    field: FieldDescriptor | None = None
    for name in path.split("."):
        if field is not None and (field.is_repeated or field.message_type is None or _is_one_text(field)):
            return None
        inside = descriptor if field is None else type_in(field)
        if (field := _find(inside, name)) is None:
            return None
        names.append(field.name)
    is_value = field is not None and (field.message_type is None or _is_one_text(field))
    return ".".join(names) if is_value else None


def near(name: str, names: list[str]) -> str:
    """The known name that a wrong one was meant to be, if any is near."""
    found = difflib.get_close_matches(name[:64], names, n=1)
    return found[0] if found else ""


def misfit(faults: list[FieldFault]) -> Fault:
    """The fault for fields that are unknown or do not fit; its sentence names each of them."""
    return malformed(
        "; ".join(f"{fault.field}: {fault.message}" for fault in faults[:_TOLD_MAX]),
        "；".join(f"{fault.field}：{fault.message_zh}" for fault in faults[:_TOLD_MAX]),
        tuple(faults[:_TOLD_MAX]),
    )


def unknown(path: str, name: str, names: list[str], *, what: str = "field", what_zh: str = "字段") -> FieldFault:
    """The fault for a name that the contract does not have."""
    meant = near(name, names)
    hint, hint_zh = (f"; did you mean {meant}?", f"；是否为 {meant}？") if meant else ("", "")
    return FieldFault(path + shown(name)[1:-1], "UNKNOWN", f"unknown {what}{hint}", f"未知{what_zh}{hint_zh}")


_TOLD_MAX = 50


def _fill(message: Message, values: Mapping[str, Any], path: str, faults: list[FieldFault]) -> None:
    seen: set[str] = set()
    places = _places(type_of(message))
    for name, value in values.items():
        if len(faults) >= _TOLD_MAX:
            raise misfit(faults)
        place = places.get(name)
        if place is None:
            faults.append(unknown(path, name, [field.json_name for field in type_of(message).fields]))
        elif place.name in seen:
            faults.append(
                _Unfit("TWICE", "is given under both of its names", "以两种名称重复给出").at(path + place.name)
            )
        elif value is not None:  # null means unset, as proto3 JSON says
            seen.add(place.name)
            try:
                place.put(message, value, path, faults)
            except _Unfit as unfit:
                faults.append(unfit.at(path + place.name))


@dataclass(frozen=True, slots=True)
class _Place:
    """A field, and what puts a JSON value into it; `put` raises _Unfit, or adds to the faults of what is inside."""

    name: str
    field: FieldDescriptor
    put: Callable[[Message, Any, str, list[FieldFault]], None]


def _place(field: FieldDescriptor) -> _Place:
    """What a field needs to know of itself is asked once: asking costs more than most values do."""
    name = field.name
    if field.is_repeated:
        return _Place(name, field, functools.partial(_put_list, field))
    if field.message_type:
        return _Place(name, field, functools.partial(_put_part, name))
    if field.type == FieldDescriptor.TYPE_STRING:
        return _Place(name, field, lambda message, value, _path, _faults: setattr(message, name, _text(field, value)))
    read = _VALUES[field.type]
    return _Place(name, field, lambda message, value, _path, _faults: setattr(message, name, read(field, value)))


def _put_list(field: FieldDescriptor, message: Message, value: Any, path: str, faults: list[FieldFault]) -> None:
    _fill_list(getattr(message, field.name), field, value, path + field.name, faults)


def _put_part(name: str, message: Message, value: Any, path: str, faults: list[FieldFault]) -> None:
    part = getattr(message, name)
    part.SetInParent()
    _fill_part(part, value, path + name, faults)


def _fill_list(container: Any, field: FieldDescriptor, values: Any, path: str, faults: list[FieldFault]) -> None:
    if not isinstance(values, list):
        raise _Unfit("TYPE", "must be an array", "必须是数组")
    for place, value in enumerate(values):
        if field.message_type:
            _fill_part(container.add(), value, f"{path}[{place}]", faults)
        else:
            container.append(_value(field, value))


def _fill_part(part: Message, value: Any, path: str, faults: list[FieldFault]) -> None:
    if reader := _MESSAGES.get(part.DESCRIPTOR.full_name):
        reader(part, value)
    elif isinstance(value, dict):
        _fill(part, value, f"{path}.", faults)
    else:
        raise _Unfit("TYPE", "must be an object", "必须是对象")


def _find(descriptor: Descriptor, name: str) -> FieldDescriptor | None:
    place = _places(descriptor).get(name)
    return None if place is None else place.field


@functools.cache
def _places(descriptor: Descriptor) -> dict[str, _Place]:
    return {name: _place(field) for field in descriptor.fields for name in (field.json_name, field.name)}


def _is_one_text(field: FieldDescriptor) -> bool:
    """Whether a field holds messages that JSON writes as one text."""
    return field.message_type is not None and field.message_type.full_name in _MESSAGES


def _is_truth(field: FieldDescriptor) -> bool:
    return bool(field.type == FieldDescriptor.TYPE_BOOL)


def _value(field: FieldDescriptor, value: Any) -> Any:
    return _VALUES[field.type](field, value)


def _text(_: FieldDescriptor, value: Any) -> str:
    if not isinstance(value, str):
        raise _Unfit("TYPE", "must be a string", "必须是字符串")
    if "\0" in value:
        raise _Unfit("NUL", "must not hold U+0000", "不得包含 U+0000")
    return value


def _whole(bits: int) -> Callable[[FieldDescriptor, Any], int]:
    def read(_: FieldDescriptor, value: Any) -> int:
        if isinstance(value, str) and WHOLE.fullmatch(value):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise _Unfit(
                "TYPE", "must be a whole number, written without point and exponent", "必须是整数，不得带小数点或指数"
            )
        if not -(1 << bits - 1) <= value < 1 << bits - 1:
            raise _Unfit("RANGE", f"does not fit into {bits} bits", f"超出 {bits} 位整数的范围")
        return value

    return read


def _bool(_: FieldDescriptor, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Unfit("TYPE", "must be true or false", "必须是 true 或 false")
    return value


def _bytes(_: FieldDescriptor, value: Any) -> bytes:
    try:
        return base64.b64decode(value.encode("ascii"), validate=True)
    except (AttributeError, UnicodeError, binascii.Error) as fault:
        raise _Unfit("TYPE", "must be base64 text", "必须是 base64 文本") from fault


def _enum(field: FieldDescriptor, value: Any) -> int:
    assert field.enum_type is not None, "only enums are read here"
    known = field.enum_type.values_by_name
    if isinstance(value, str) and value in known:
        return int(known[value].number)
    names = [name for name in known if known[name].number]
    raise _Unfit("ENUM", f"must be one of {', '.join(names)}", f"必须是以下之一：{'、'.join(names)}")


def _instant(message: Message, value: Any) -> None:
    assert isinstance(message, Timestamp), "only instants are read here"
    try:
        if isinstance(value, str) and (since := since_epoch(value)) is not None:
            message.seconds, message.nanos = since.days * 86_400 + since.seconds, since.microseconds * 1_000
        elif isinstance(value, str) and _INSTANT.fullmatch(value):
            message.FromJsonString(value)
        else:
            raise ValueError("not an instant")
    except ValueError as fault:
        raise _Unfit(
            "TYPE",
            "must be an instant such as 2026-03-01T08:00:00+08:00",
            "必须是带时区的时刻，例如 2026-03-01T08:00:00+08:00",
        ) from fault


def since_epoch(text: str) -> timedelta | None:
    """How long after 1970 a plain instant is; None for what is none. Raises ValueError when there is no such time."""
    if not _PLAIN_INSTANT.fullmatch(text):
        return None
    since = datetime.fromisoformat(text) - _EPOCH
    if not _SECONDS_MIN <= since.days * 86_400 + since.seconds <= _SECONDS_MAX:
        raise ValueError("its zone puts it out of the years 1 to 9999")
    return since


_VALUES: dict[int, Callable[[FieldDescriptor, Any], Any]] = {
    FieldDescriptor.TYPE_STRING: _text,
    FieldDescriptor.TYPE_BYTES: _bytes,
    FieldDescriptor.TYPE_BOOL: _bool,
    FieldDescriptor.TYPE_INT32: _whole(32),
    FieldDescriptor.TYPE_INT64: _whole(64),
    FieldDescriptor.TYPE_ENUM: _enum,
}
# Messages that JSON writes as one text.
_MESSAGES: dict[str, Callable[[Message, Any], None]] = {"google.protobuf.Timestamp": _instant}
