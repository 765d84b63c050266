"""Values to JSON and back, by the types of the dataclasses. It knows no message and no route.

Names are lowerCamelCase on the wire. What is not known in an answer is left out, so that a later release may add.
"""

import base64
import dataclasses
import functools
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

Message = TypeVar("Message")
Decoder = Callable[[Any], Any]


def encoded(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values by the contract's names, as a JSON object; what says nothing is left out."""
    return {camel(name): _encode(value) for name, value in values.items() if not is_empty(value)}


def is_empty(value: Any) -> bool:
    """Whether a value says nothing: the one that a field has when it is not given."""
    return value is None or value is False or (isinstance(value, str | bytes | list | tuple | dict | int) and not value)


def text(value: Any) -> str:
    """A value as it stands in a URL."""
    plain = _encode(value)
    return ("true" if plain else "false") if isinstance(plain, bool) else str(plain)


@functools.cache
def camel(name: str) -> str:
    """merchantId for merchant_id."""
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)


def decoded(kind: type[Message], values: Any) -> Message:
    """The message that a JSON object is. Raises ValueError when it is none."""
    any_kind: Any = kind
    try:
        return cast("Message", _decoder(any_kind)(values))
    except (AttributeError, KeyError, TypeError) as fault:
        raise ValueError(f"this is no {kind.__name__}") from fault


def _encode(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        # A message that is there is told even when all in it says nothing.
        return encoded({field.name: getattr(value, field.name) for field in dataclasses.fields(value)})
    if isinstance(value, datetime):
        return _instant(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, list | tuple):
        return [_encode(one) for one in value]
    return value


def _instant(value: datetime) -> str:
    if value.tzinfo is None:
        raise ValueError(f"{value} has no time zone; an instant needs one")
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


@functools.cache
def _decoder(kind: Any) -> Decoder:
    if dataclasses.is_dataclass(kind):
        return functools.partial(_message, kind)
    origin, inside = typing.get_origin(kind), typing.get_args(kind)
    if origin is types.UnionType:  # X | None is the only one
        return _decoder(inside[0])
    if origin is Sequence:
        one = _decoder(inside[0])
        return lambda values: tuple(one(value) for value in values)
    return _PLAIN.get(kind, _same)


def _message(kind: Any, values: Mapping[str, Any]) -> Any:
    return kind(**{name: read(values[key]) for name, key, read in _plan(kind) if values.get(key) is not None})


@functools.cache
def _plan(kind: Any) -> tuple[tuple[str, str, Decoder], ...]:
    hints = typing.get_type_hints(kind)
    return tuple((field.name, camel(field.name), _decoder(hints[field.name])) for field in dataclasses.fields(kind))


def _same(value: Any) -> Any:
    return value


def _bytes(value: str) -> bytes:
    return base64.b64decode(value, validate=True)


_PLAIN: Mapping[Any, Decoder] = {int: int, bytes: _bytes, datetime: datetime.fromisoformat}
