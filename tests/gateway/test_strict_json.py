"""What counts as JSON here."""

import json
import time
from pathlib import Path

import pytest

from chassis.errors import Fault, Kind
from services.gateway.strict_json import DEPTH_MAX, NotWhole, parse


def _refused(body: bytes) -> Fault:
    with pytest.raises(Fault) as raised:
        parse(body)
    assert (raised.value.kind, raised.value.reason) == (Kind.INVALID, "MALFORMED_REQUEST")
    assert raised.value.message_zh
    return raised.value


def test_an_object_is_read_as_it_stands():
    assert parse('{"a": "张三 \\u4e2d", "b": [1, true, null]}'.encode()) == {"a": "张三 中", "b": [1, True, None]}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'"text"',
        b"null",
        b"{",
        b"{} {}",
        b"{'a': 1}",
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 01}',
        b'{"a": 1,}',
        b"\xef\xbb\xbf{}",
        b'{"a": "\xff"}',
        b'{"a": "\\ud800"}',
        b'{"\\udc00": 1}',
        '{"a": 1}'.encode("utf-16"),
    ],
)
def test_what_is_not_a_json_object_in_utf_8_is_refused(body):
    _refused(body)


def test_a_name_that_stands_twice_is_refused_at_any_depth_and_named():
    assert "'amount'" in _refused(b'{"x": {"amount": 1, "amount": 2}}').message


def test_nesting_has_a_limit_and_brackets_in_text_do_not_count():
    deepest = b'{"a":' * (DEPTH_MAX - 1) + b"{}" + b"}" * (DEPTH_MAX - 1)

    assert parse(deepest)
    assert "deeper" in _refused(b'{"a":' + deepest + b"}").message
    assert parse(json.dumps({"a": '[{\\"' * 100}).encode())


@pytest.mark.parametrize("inside", [b'\\"', b"\\\\", b"a", b'\\"['], ids=["quotes", "backslashes", "text", "brackets"])
def test_a_string_without_an_end_is_refused_as_soon_as_any_other_body(inside):
    """It once took the square of its length: a mebibyte of escaped quotes stopped the gateway for the better part of
    an hour."""
    began = time.thread_time()
    _refused(b"[" * 40 + b'"' + inside * (500_000 // len(inside)))

    assert time.thread_time() - began < 5


def test_a_number_with_a_point_an_exponent_or_too_many_digits_is_never_a_whole_number():
    values = parse(b'{"a": 1.0, "b": 1e2, "c": ' + b"9" * 5_000 + b', "d": 9223372036854775807}')

    assert all(isinstance(values[name], NotWhole) for name in "abc")
    assert values["d"] == 2**63 - 1


def test_of_the_hostile_files_none_that_must_be_refused_is_read(fixtures: Path):
    files = sorted((fixtures / "hostile" / "json").glob("*.json"))
    assert len(files) > 300
    read = [file.name for file in files if _reads(file.read_bytes())]

    assert read
    assert not [name for name in read if name.startswith("n_")]


def _reads(body: bytes) -> bool:
    """Whether it is read; anything but our own fault leaves here."""
    try:
        parse(body)
    except Fault:
        return False
    return True
