"""Checks a message against the rules that stand in its contract. It knows no rule of its own."""

from collections.abc import Iterator
from typing import Any

import protovalidate
from buf.validate import validate_pb2
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from chassis.errors import Fault, FieldFault, Kind
from chassis.rules import TIMESTAMP, Rules, is_time

_TEXT_OR_MESSAGE = (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_MESSAGE)
_VALIDATOR = protovalidate.Validator()
_RULES = Rules()

# protovalidate's rule ids (buf.validate, https://protovalidate.com) in Chinese; a rule that stands here not
# is told by its id, so that nothing is lost.
_RULES_ZH = {
    "required": "必填",
    "string.min_len": "长度不足",
    "string.max_len": "超出长度上限",
    "string.pattern": "格式不符合规则",
    "int32.gte_lte": "超出允许范围",
    "int64.gte": "低于下限",
    "enum.defined_only": "不是已定义的取值",
    "enum.in": "不是允许的取值",
    "enum.not_in": "不是允许的取值",
    "repeated.min_items": "条数不足",
    "repeated.max_items": "超出条数上限",
    "amount.positive": "金额必须大于 0",
}


def validate(message: Message) -> None:
    """Raise Fault INVALID_FIELD with every field that breaks its rule; return when none does.

    Two rules are no contract's own: no text has a NUL, which PostgreSQL cannot keep, and each timestamp is a time.
    JSON has no others, but a message that came by gRPC may; what is no time is told alone.
    """
    found: tuple[FieldFault, ...] = ()
    if not _RULES.surely_kept(message):
        # One that is far too long is not looked into: an element costs so much that one call would take minutes.
        found = tuple(_too_long(message)) or tuple(_broken(message))
    # A NUL in a text is one in its bytes; these seldom have another, and are looked through in a moment.
    if b"\0" in message.SerializeToString():
        named = {fault.field for fault in found}
        found += tuple(_nul_fault(path) for path in _texts_with_nul(message) if path not in named)
    if found:
        raise invalid(found)


def invalid(fields: tuple[FieldFault, ...]) -> Fault:
    """The fault for fields that break their rules; its sentence names each, or what is wrong with the whole."""
    return Fault(
        Kind.INVALID,
        "INVALID_FIELD",
        "; ".join(f"{field.field}: {field.message}".removeprefix(": ") for field in fields),
        "；".join(f"{field.field}：{field.message_zh}".removeprefix("：") for field in fields),
        fields=fields,
    )


def _broken(message: Message) -> Iterator[FieldFault]:
    # A rule of the contract may itself reckon with a time, so that these come first.
    times = [FieldFault(path, "TIME_RANGE", "is not a time", "不是有效的时间") for path in _no_times(message)]
    yield from times or (_field_fault(violation.proto) for violation in _VALIDATOR.collect_violations(message))


def _field_fault(violation: Any) -> FieldFault:
    # A rule of the whole message names no field.
    path = ".".join(_element(element) for element in violation.field.elements) if violation.field else ""
    rule = violation.rule_id
    return FieldFault(path, rule.upper().replace(".", "_"), violation.message, _RULES_ZH.get(rule, rule))


def _element(element: Any) -> str:
    return element.field_name if element.subscript is None else f"{element.field_name}[{element.subscript.value}]"


def _too_long(message: Message, above: str = "") -> Iterator[FieldFault]:
    for descriptor, value in message.ListFields():
        path, most = f"{above}{descriptor.name}", _items_max(descriptor)
        if descriptor.is_repeated and most and len(value) > most:
            words = f"must contain no more than {most} item(s)"
            yield FieldFault(path, "REPEATED_MAX_ITEMS", words, _RULES_ZH["repeated.max_items"])
        else:
            for place, part in _inside(descriptor, value, path):
                yield from _too_long(part, f"{place}.")


def _no_times(message: Message, above: str = "") -> Iterator[str]:
    for descriptor, value in message.ListFields():
        for place, part in _inside(descriptor, value, f"{above}{descriptor.name}"):
            if part.DESCRIPTOR.full_name != TIMESTAMP:
                yield from _no_times(part, f"{place}.")
            elif not is_time(part):
                yield place


def _inside(descriptor: FieldDescriptor, value: Any, path: str) -> Iterator[tuple[str, Message]]:
    """The messages in a field, each with its path."""
    if descriptor.message_type and not descriptor.message_type.GetOptions().map_entry:
        if descriptor.is_repeated:
            yield from ((f"{path}[{at}]", part) for at, part in enumerate(value))
        else:
            yield path, value


def _items_max(descriptor: FieldDescriptor) -> int:
    return int(descriptor.GetOptions().Extensions[validate_pb2.field].repeated.max_items)


def _nul_fault(path: str) -> FieldFault:
    return FieldFault(path, "NO_NUL", "has a NUL character", "含有空字符（NUL）")


def _texts_with_nul(message: Message, above: str = "") -> Iterator[str]:
    for descriptor, value in message.ListFields():
        path = f"{above}{descriptor.name}"
        if isinstance(value, str | Message):
            yield from _nul_inside(value, path)
        elif descriptor.is_repeated and descriptor.type in _TEXT_OR_MESSAGE:
            for index, each in enumerate(value):
                yield from _nul_inside(each, f"{path}[{index}]")


def _nul_inside(value: str | Message, path: str) -> Iterator[str]:
    if isinstance(value, Message):
        yield from _texts_with_nul(value, f"{path}.")
    elif "\0" in value:
        yield path
