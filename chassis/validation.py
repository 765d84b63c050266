"""Checks a message against the rules that stand in its contract. It knows no rule of its own."""

from typing import Any

import protovalidate
from google.protobuf.message import Message

from chassis.errors import Fault, FieldFault, Kind

_VALIDATOR = protovalidate.Validator()

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
    """Raise Fault INVALID_FIELD with every field that breaks its rule; return when none does."""
    found = tuple(_field_fault(violation.proto) for violation in _VALIDATOR.collect_violations(message))
    if found:
        raise invalid(found)


def invalid(fields: tuple[FieldFault, ...]) -> Fault:
    """The fault for fields that break their rules; its sentence names each of them."""
    return Fault(
        Kind.INVALID,
        "INVALID_FIELD",
        "; ".join(f"{field.field}: {field.message}" for field in fields),
        "；".join(f"{field.field}：{field.message_zh}" for field in fields),
        fields=fields,
    )


def _field_fault(violation: Any) -> FieldFault:
    path = ".".join(element.field_name for element in violation.field.elements)
    rule = violation.rule_id
    return FieldFault(path, rule.upper().replace(".", "_"), violation.message, _RULES_ZH.get(rule, rule))
