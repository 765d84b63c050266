"""What a message is about: the ids that stand in it, by the names of its fields. Nothing sensitive counts."""

import functools
from collections.abc import Iterator
from dataclasses import dataclass

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from services.gateway.contract import type_of
from services.gateway.domain.audit_record import RESOURCE_IDS_MAX
from services.gateway.masking import kind_of

_ENDINGS = ("_id", "_no")
# The first names the call and not a thing; a trace is named beside.
_NOT_THINGS = frozenset({"request_id", "trace_id"})


@dataclass(frozen=True, slots=True)
class _Plan:
    """The ids of a message itself, and where in it others are: the field, and the first id of what is in it."""

    own: tuple[str, ...]
    held: tuple[tuple[FieldDescriptor, str], ...]


def ids_in(message: Message) -> Iterator[str]:
    """The ids of a message, then the first id of each message that it holds, of a list the first 20."""
    plan = _plan(type_of(message))
    for name in plan.own:
        yield getattr(message, name)
    for field, name in plan.held:
        if field.is_repeated:
            for part in getattr(message, field.name)[:RESOURCE_IDS_MAX]:
                yield getattr(part, name)
        elif message.HasField(field.name):
            yield getattr(getattr(message, field.name), name)


@functools.cache
def _plan(descriptor: Descriptor) -> _Plan:
    messages = [field for field in descriptor.fields if field.message_type and not _is_map(field.message_type)]
    held = [(field, names[0]) for field in messages if field.message_type and (names := _own(field.message_type))]
    return _Plan(_own(descriptor), tuple(held))


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
