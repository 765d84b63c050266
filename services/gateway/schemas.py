"""JSON Schemas of the contract's messages, with the limits of their protovalidate rules. It knows no route.

What comes in and what goes out differ: in, every limit holds and nothing unknown is taken; out, masks may break a
pattern and a later release may add fields, so neither is promised.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from buf.validate import validate_pb2
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from services.gateway import chinese
from services.gateway.contract import Contract
from services.gateway.masking import mask_of
from services.gateway.requests import REQUEST_ID, told_by_gateway

Schema = dict[str, Any]
_INSTANT = "google.protobuf.Timestamp"
_WHOLE_64: Schema = {"format": "int64", "pattern": "^-?(0|[1-9][0-9]{0,18})$"}
# Of a number in a text: one digit less than 64 bits can hold, so that whatever has the pattern fits.
_DIGITS_MAX = 18
_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_WORDS = ("description", chinese.WORD)


def name_of(full_name: str) -> str:
    """The name of a component: without the root that all share."""
    return full_name.removeprefix("bihuan.")


class Schemas:
    """Collects the components that a document needs while it is written."""

    def __init__(self, contract: Contract) -> None:
        self._comments = contract.comments
        self.components: dict[str, Schema] = {}

    def incoming(self, descriptor: Descriptor, left_out: frozenset[str] = frozenset()) -> Schema:
        """The schema of a request body. `left_out` are fields that stand elsewhere in the request."""
        if left_out - {REQUEST_ID}:
            return self._incoming_object(descriptor, left_out)
        name = f"{name_of(descriptor.full_name)}{'' if descriptor.name.endswith('Request') else 'Input'}"
        return self._component(name, lambda: self._incoming_object(descriptor, left_out))

    def outgoing(self, descriptor: Descriptor) -> Schema:
        """The schema of an answer."""
        return self._component(name_of(descriptor.full_name), lambda: self._outgoing_object(descriptor))

    def parameter(self, field: FieldDescriptor) -> Schema:
        """The schema of a field that stands in a URL, where a number is its digits."""
        schema = self._incoming_field(field)
        if is_number(field):
            numbers: Schema = next(one for one in schema.pop("anyOf") if one["type"] == "integer")
            return numbers | schema
        return schema

    def enum_values(self, enum: EnumDescriptor, prefix: str = "") -> Schema:
        """An enum as its names, with what each means; `prefix` is left off."""
        lines = [
            f"- `{value.name.removeprefix(prefix)}`: {self._comments.get(f'{enum.full_name}.{value.name}', '')}"
            for value in enum.values
        ]
        comment = self._comments.get(enum.full_name, "")
        return {
            "type": "string",
            "enum": [value.name.removeprefix(prefix) for value in enum.values],
            "description": "\n".join([comment, "", *lines]).strip(),
            **chinese.of_enum(enum, self._comments, prefix),
        }

    def _component(self, name: str, make: Callable[[], Schema]) -> Schema:
        if name not in self.components:
            self.components[name] = {}  # stands there while it is made, so that a message may hold itself
            self.components[name].update(make())
        return {"$ref": f"#/components/schemas/{name}"}

    def _incoming_object(self, descriptor: Descriptor, left_out: frozenset[str]) -> Schema:
        fields = [field for field in descriptor.fields if field.name not in left_out and not told_by_gateway(field)]
        required = [field.json_name for field in fields if is_required(field)]
        properties = {field.json_name: self._incoming_field(field) for field in fields}
        properties = {name: one if name in required else _or_null(one) for name, one in properties.items()}
        schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
        if required:
            schema["required"] = required
        return self._described(schema, descriptor.full_name)

    def _incoming_field(self, field: FieldDescriptor) -> Schema:
        rules = rules_of(field)
        if field.is_repeated:
            items = self._incoming_value(field, rules.repeated.items)
            schema = {"type": "array", "items": items} | _items_limits(rules)
        else:
            schema = self._incoming_value(field, rules)
        comment = self._comments.get(field.full_name, "")
        words = [comment, *(f"{rule.message}." for rule in rules.cel)]
        return schema | {"description": " ".join(filter(None, words))} | chinese.of_field(field.name)

    def _incoming_value(self, field: FieldDescriptor, rules: Any) -> Schema:
        if field.message_type and field.message_type.full_name != _INSTANT:
            return _with_expressions(self._part(field.message_type), rules)
        if field.enum_type:
            return self._enum(field.enum_type, _enum_names(field.enum_type, rules))
        if is_number(field):
            return _whole(field, rules)
        return dict(_PLAIN[_kind(field)]) | _LIMITS.get(_kind(field), _no_limits)(rules)

    def _part(self, descriptor: Descriptor) -> Schema:
        """The schema of a message within a body; a request in a list of them has its own request_id."""
        name = f"{name_of(descriptor.full_name)}Input"
        return self._component(name, lambda: self._incoming_object(descriptor, frozenset()))

    def _outgoing_object(self, descriptor: Descriptor) -> Schema:
        always = [field.json_name for field in descriptor.fields if not field.has_presence]
        properties = {field.json_name: self._outgoing_field(field) for field in descriptor.fields}
        schema: Schema = {"type": "object", "properties": properties}
        if always:
            schema["required"] = always
        return self._described(schema, descriptor.full_name)

    def _outgoing_field(self, field: FieldDescriptor) -> Schema:
        if field.message_type and field.message_type.full_name != _INSTANT:
            schema = self.outgoing(field.message_type)
        elif field.enum_type:
            schema = self._enum(field.enum_type, None)
        elif field.type == FieldDescriptor.TYPE_INT64:
            schema = {"type": "string"} | _WHOLE_64
        else:
            schema = dict(_PLAIN[_kind(field)])
        if field.is_repeated:
            schema = {"type": "array", "items": schema}
        words = [self._comments.get(field.full_name, ""), "Masked unless the key may see it." if mask_of(field) else ""]
        return schema | {"description": " ".join(filter(None, words))} | chinese.of_field(field.name)

    def _enum(self, enum: EnumDescriptor, allowed: list[str] | None) -> Schema:
        everything = self._component(name_of(enum.full_name), lambda: self.enum_values(enum))
        return everything if allowed is None else {"allOf": [everything], "enum": allowed}

    def _described(self, schema: Schema, full_name: str) -> Schema:
        words = {"description": comment} if (comment := self._comments.get(full_name)) else {}
        return schema | words | chinese.of_message(full_name)


def rules_of(field: FieldDescriptor) -> Any:
    """The protovalidate rules of a field."""
    return field.GetOptions().Extensions[validate_pb2.field]


def is_required(field: FieldDescriptor) -> bool:
    """Whether the rules refuse the value that a field has when it is not given."""
    rules = rules_of(field)
    text = rules.string
    return bool(
        rules.required
        or text.min_len
        or rules.bytes.min_len
        or (getattr(text, "in") and "" not in getattr(text, "in"))
        or (text.pattern and not re.search(text.pattern, ""))
        or 0 in rules.enum.not_in
        or (getattr(rules.enum, "in") and 0 not in getattr(rules.enum, "in"))
        or rules.repeated.min_items
    )


def is_number(field: FieldDescriptor) -> bool:
    """Whether JSON may write a field's value as digits in a text too."""
    return field.type in (FieldDescriptor.TYPE_INT32, FieldDescriptor.TYPE_INT64)


def _whole(field: FieldDescriptor, rules: Any) -> Schema:
    """A whole number as a request may write it; answers have those of 64 bits as texts."""
    is_64 = field.type == FieldDescriptor.TYPE_INT64
    limits = _number_limits(rules.int64 if is_64 else rules.int32)
    bound = 2**63 if is_64 else 2**31
    limits = {"minimum": -bound, "maximum": bound - 1} | limits
    digits = len(str(limits["maximum"])) - 1
    sign = "-?" if limits["minimum"] < 0 else ""
    zero = "" if limits["minimum"] > 0 else "0|"
    text: Schema = {"type": "string", "pattern": f"^{sign}({zero}[1-9][0-9]{{0,{digits - 1}}})$"}
    number: Schema = {"type": "integer", "format": "int64" if is_64 else "int32"} | limits
    return {"anyOf": [text, number] if is_64 else [number, text]}


def _or_null(schema: Schema) -> Schema:
    """null means not given, as proto3 JSON has it."""
    words = {word: schema[word] for word in _WORDS if word in schema}
    plain = {word: value for word, value in schema.items() if word not in _WORDS}
    if isinstance(plain.get("type"), str) and "enum" not in plain and "anyOf" not in plain:
        return plain | {"type": [plain["type"], "null"]} | words
    choices = plain["anyOf"] if list(plain) == ["anyOf"] else [plain]
    return {"anyOf": [*choices, {"type": "null"}]} | words


def _with_expressions(part: Schema, rules: Any) -> Schema:
    """A part with what its rules in CEL say, as far as JSON Schema has words for it."""
    said = [_EXPRESSIONS[rule.id] for rule in rules.cel if rule.id in _EXPRESSIONS]
    return {"allOf": [part, *said]} if said else part


def _kind(field: FieldDescriptor) -> int:
    return int(field.type)


def _enum_names(enum: EnumDescriptor, rules: Any) -> list[str] | None:
    only, never = set(getattr(rules.enum, "in")), set(rules.enum.not_in)
    if not only and not never:
        return None
    return [value.name for value in enum.values if value.number not in never and (not only or value.number in only)]


def _no_limits(_: Any) -> Schema:
    return {}


def _text_limits(rules: Any) -> Schema:
    limits = _present(rules.string, {"min_len": "minLength", "max_len": "maxLength", "pattern": "pattern"})
    if allowed := list(getattr(rules.string, "in")):
        limits["enum"] = allowed
    if rules.string.pattern == f"^{_DAY}$":
        limits["format"] = "date"
    elif rules.string.pattern == f"^({_DAY})?$":
        return {"anyOf": [{"format": "date"}, {"const": ""}]} | limits
    return limits


def _number_limits(rules: Any) -> Schema:
    return _present(rules, {"gte": "minimum", "lte": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"})


def _items_limits(rules: Any) -> Schema:
    limits = _present(rules.repeated, {"min_items": "minItems", "max_items": "maxItems"})
    return limits | ({"uniqueItems": True} if rules.repeated.unique else {})


def _present(rules: Any, words: Mapping[str, str]) -> Schema:
    return {word: getattr(rules, rule) for rule, word in words.items() if rules.HasField(rule)}


_PLAIN: dict[int, Schema] = {
    FieldDescriptor.TYPE_STRING: {"type": "string"},
    FieldDescriptor.TYPE_BYTES: {"type": "string", "contentEncoding": "base64"},
    FieldDescriptor.TYPE_BOOL: {"type": "boolean"},
    FieldDescriptor.TYPE_INT32: {"type": "integer", "format": "int32"},
    FieldDescriptor.TYPE_MESSAGE: {"type": "string", "format": "date-time"},
}
_LIMITS: dict[int, Callable[[Any], Schema]] = {FieldDescriptor.TYPE_STRING: _text_limits}
_ABOVE_ZERO: Schema = {
    "anyOf": [
        {"type": "string", "pattern": f"^[1-9][0-9]{{0,{_DIGITS_MAX - 1}}}$"},
        {"type": "integer", "minimum": 1},
    ]
}
# Rules in CEL, by their ids.
_EXPRESSIONS: dict[str, Schema] = {
    "amount.positive": {"required": ["amountMinor"], "properties": {"amountMinor": _ABOVE_ZERO}}
}
