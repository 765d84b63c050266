"""What a message is about: the ids that stand in it, by the names of its fields. Nothing sensitive counts."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from services.gateway.contract import type_of
from services.gateway.domain.audit_record import RESOURCE_IDS_MAX
from services.gateway.masking import kind_of

_ENDINGS = ("_id", "_no")
# The first names the call and not a thing; a trace is named beside.
_NOT_THINGS = frozenset({"request_id", "trace_id"})


@dataclass(frozen=True, slots=True)
class _Held:
    """A field in which others are, and how the first id of each is had."""

    name: str
    is_list: bool
    first_id: Callable[[Message], str]


@dataclass(frozen=True, slots=True)
class _Plan:
    """How the ids of a message itself are had, and where in it others are."""

    own: Callable[[Message], tuple[str, ...]]
    held: tuple[_Held, ...]


def ids_in(message: Message) -> list[str]:
    """The ids of a message, then the first id of each message that it holds, of a list the first 20."""
    plan = _plan(type_of(message))
    found = list(plan.own(message))
    for held in plan.held:
        if held.is_list:
            found += map(held.first_id, getattr(message, held.name)[:RESOURCE_IDS_MAX])
        elif message.HasField(held.name):
            found.append(held.first_id(getattr(message, held.name)))
    return found


@functools.cache
def _plan(descriptor: Descriptor) -> _Plan:
    messages = [field for field in descriptor.fields if field.message_type and not _is_map(field.message_type)]
    held = [
        _Held(field.name, field.is_repeated, attrgetter(names[0]))
        for field in messages
        if field.message_type and (names := _own(field.message_type))
    ]
    return _Plan(_getter(_own(descriptor)), tuple(held))


def _getter(names: tuple[str, ...]) -> Callable[[Message], tuple[str, ...]]:
    """What has these fields of a message at once; for one name alone `attrgetter` gives no tuple."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda message: tuple(getattr(message, name) for name in names)


def _is_map(descriptor: Descriptor) -> bool:
    return bool(descriptor.GetOptions().map_entry)


def _own(descriptor: Descriptor) -> tuple[str, ...]:
    return tuple(field.name for field in descriptor.fields if _is_id(field))


def _is_id(field: FieldDescriptor) -> bool:
    return (
        field.type == FieldDescriptor.TYPE_STRING
        and not field.is_repeated
        and field.name.endswith(_ENDINGS)
        and field.name not in _NOT_THINGS
        and not kind_of(field)
    )
