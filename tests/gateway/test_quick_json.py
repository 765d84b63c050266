"""JSON is read and written quickly where that is safe, and never otherwise than by the slow way."""

import json
from typing import Any

import orjson
import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.json_format import MessageToDict
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.errors import Fault
from services.gateway import contract, fields, strict_json
from services.gateway.answer_json import to_json
from services.gateway.strict_json import NotWhole

BOUNDED = settings(
    max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
# What a parser gets wrong first: escapes, quotes, halves of surrogate pairs, numbers at the edge of 64 bits.
TEXTS = st.sampled_from(
    ["", "a", "b", "merchantId", "张三", '\\"', "\\\\", '\\\\\\"', "\\u0041", "\\ud83d\\ude00", "\\ud83d", "\\u0000"]
)
NUMBERS = st.sampled_from(
    ["0", "-0", "1230", "1.0", "1e3", "01", "NaN", "Infinity", "1.", "-", "123456789012345678901"]
    + [str(edge + step) for edge in (2**63, 2**64, -(2**63)) for step in (-1, 0, 1)]
)
VALUES = st.recursive(
    st.one_of(TEXTS.map('"{}"'.format), NUMBERS, st.sampled_from(["true", "null", "false", "tru"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda each: f"[{','.join(each)}]"),
        st.lists(st.tuples(TEXTS, inner), max_size=3).map(
            lambda pairs: "{" + ",".join(f'"{name}": {value}' for name, value in pairs) + "}"
        ),
    ),
    max_leaves=8,
)
BODIES = st.lists(st.tuples(TEXTS, VALUES), max_size=4).map(
    lambda pairs: ("{" + ", ".join(f'"{name}":{value}' for name, value in pairs) + "}").encode()
)
BROKEN = st.tuples(
    BODIES, st.integers(0, 60), st.sampled_from([b"", b'"', b"\\", b",", b"\xff", b"}", b" ", b"\0"])
).map(lambda made: made[0][: made[1]] + made[2] + made[0][made[1] + 1 :])
OPERATIONS = contract.load().operations


def comparable(value: Any) -> Any:
    """A value whose equals are equal: True is not 1 then, and two numbers that no field takes may be one."""
    match value:
        case NotWhole():
            return ("not whole", value.text)
        case dict():
            return {name: comparable(held) for name, held in value.items()}
        case list():
            return [comparable(held) for held in value]
    return (type(value), value)


def outcome(body: bytes) -> Any:
    try:
        return comparable(strict_json.parse(body))
    except Fault as fault:
        return vars(fault)


@BOUNDED
@given(body=st.one_of(BODIES, BROKEN))
def test_whatever_a_body_is_the_quick_way_gives_the_same_object_or_the_same_fault(monkeypatch, body):
    with monkeypatch.context() as patched:
        patched.setattr(strict_json, "_quick", lambda _: None)
        slowly = outcome(body)

    assert outcome(body) == slowly


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": 1, "a": 1}',
        b'{"a": {"b": 1, "b": "x"}}',
        b'{"a": [{"b": "", "b": ""}], "c": "\\"\\""}',
        b'{"a": "\\"", "a": ""}',
    ],
)
def test_a_name_that_stands_twice_is_never_read_quickly(body):
    assert strict_json._quick(body) is None


def test_a_usual_request_is_read_quickly():
    assert strict_json._quick('{"payerName": "王\\u5c0f\\"明", "amount": {"amountMinor": "1"}}'.encode())


@BOUNDED
@given(
    text=st.from_regex(
        r"[0-2][0-9]{3}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\.[0-9]{1,9})?(Z|[+-][0-2][0-9]:[0-6][0-9])",
        fullmatch=True,
    )
)
def test_an_instant_is_the_one_that_protobuf_reads(text):
    try:
        expected = Timestamp()
        expected.FromJsonString(text)
    except ValueError:
        expected = None
    message = Timestamp()
    try:
        fields._instant(message, text)
    except ValueError:
        message = None

    assert message == expected


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-08:00", "0000-01-01T00:00:00Z"])
def test_an_instant_beyond_the_years_that_protobuf_knows_is_refused(text):
    with pytest.raises(ValueError, match="must be an instant"):
        fields._instant(Timestamp(), text)


def drawn(data: st.DataObject, descriptor: Any, depth: int) -> Any:
    """A message with values of all sorts in fields of all sorts."""
    message = contract.GetMessageClass(descriptor)()
    for field in descriptor.fields:
        for _ in range(data.draw(st.integers(0, 2 if field.is_repeated else 1))):
            _put(data, message, field, depth)
    return message


def _put(data: st.DataObject, message: Any, field: FieldDescriptor, depth: int) -> None:
    held = getattr(message, field.name)
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        held["name"] = "value"
    elif field.message_type is not None:
        if depth:
            inner = drawn(data, field.message_type, depth - 1)
            if field.message_type.full_name == "google.protobuf.Timestamp":
                inner.seconds = data.draw(st.integers(-62_135_596_800, 253_402_300_799))
                inner.nanos = data.draw(
                    st.sampled_from([0, 1, 1_000, 123_000_000, 120_000_000, 999_999_999, 123_456_000])
                )
            (held.add() if field.is_repeated else held).CopyFrom(inner)
    else:
        value = data.draw(SCALARS[field.cpp_type])
        if field.type == FieldDescriptor.TYPE_BYTES:
            value = value.encode()
        held.append(value) if field.is_repeated else setattr(message, field.name, value)


SCALARS = {
    FieldDescriptor.CPPTYPE_STRING: st.sampled_from(["", "张三", '"', "\x00\n", "😀"]),
    FieldDescriptor.CPPTYPE_BOOL: st.booleans(),
    FieldDescriptor.CPPTYPE_INT32: st.sampled_from([0, -1, 2**31 - 1]),
    FieldDescriptor.CPPTYPE_INT64: st.sampled_from([0, -(2**63), 2**63 - 1]),
    FieldDescriptor.CPPTYPE_ENUM: st.sampled_from([0, 1, 2, 250]),
}


@settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_answer_is_written_as_protobufs_own_mapping_writes_it(data):
    operation = data.draw(st.sampled_from(OPERATIONS))
    message = drawn(data, operation.method.output_type, 3)

    written = to_json(message)

    assert orjson.loads(written) == MessageToDict(message, always_print_fields_with_no_presence=True)
    assert json.loads(written) == orjson.loads(written)
