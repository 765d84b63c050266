"""Hides what a caller may not see: every field that the contract calls sensitive. It decides not who may see what.

Made from the descriptors alone: a field that is annotated tomorrow is masked tomorrow.
"""

import functools
from collections.abc import Callable

from bihuan.options.v1 import sensitivity_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from services.gateway.contract import reachable, type_of

Mask = Callable[[str], str]
_HIDDEN = "****"


def mask(message: Message, hidden: frozenset[int]) -> None:
    """Mask the fields of the hidden kinds in a message, and in all that it holds, in place. Empty fields stay empty."""
    for field, hide in _steps(type_of(message), hidden):
        if field.is_repeated:
            held = getattr(message, field.name)
            if hide:
                held[:] = [hide(text) for text in held]
            else:
                for part in held:
                    mask(part, hidden)
        elif hide:
            setattr(message, field.name, hide(getattr(message, field.name)))
        elif message.HasField(field.name):
            mask(getattr(message, field.name), hidden)


def shows(message: Message, hidden: frozenset[int]) -> bool:
    """Whether a message holds anything sensitive of a kind that is not hidden."""
    shown = _steps(type_of(message), EVERY_KIND - hidden)
    return any(_shows(message, field, is_secret, hidden) for field, is_secret in shown)


def mask_of(field: FieldDescriptor) -> Mask | None:
    """How a field is masked; None when anyone may see it."""
    return MASKS.get(kind_of(field))


def kind_of(field: FieldDescriptor) -> int:
    """What kind of secret a field holds; 0 for none."""
    return int(field.GetOptions().Extensions[sensitivity_pb2.sensitivity])


def _name(text: str) -> str:
    return f"{text[0]}**" if text else ""


def _tax_id(text: str) -> str:
    # Under twelve there would be less hidden than shown.
    return f"{text[:4]}{_HIDDEN}{text[-4:]}" if len(text) >= 12 else _HIDDEN if text else ""


def _account(text: str) -> str:
    return f"{_HIDDEN}{text[-4:]}" if len(text) >= 8 else _HIDDEN if text else ""


MASKS: dict[int, Mask] = {
    sensitivity_pb2.SENSITIVITY_NAME: _name,
    sensitivity_pb2.SENSITIVITY_TAX_ID: _tax_id,
    sensitivity_pb2.SENSITIVITY_ACCOUNT: _account,
}


EVERY_KIND = frozenset(MASKS)


@functools.cache
def _steps(descriptor: Descriptor, kinds: frozenset[int]) -> tuple[tuple[FieldDescriptor, Mask | None], ...]:
    """The fields of a message type that are of these kinds, or that lead to one that is."""
    found: list[tuple[FieldDescriptor, Mask | None]] = []
    for field in descriptor.fields:
        hide = mask_of(field) if kind_of(field) in kinds else None
        assert hide is None or field.type == FieldDescriptor.TYPE_STRING, f"{field.full_name}: only text can be masked"
        if hide or (field.message_type and _holds_secrets(field.message_type, kinds)):
            found.append((field, hide))
    return tuple(found)


def _holds_secrets(descriptor: Descriptor, kinds: frozenset[int]) -> bool:
    return any(kind_of(field) in kinds for held in reachable(descriptor) for field in held.fields)


def _shows(message: Message, field: FieldDescriptor, is_secret: Mask | None, hidden: frozenset[int]) -> bool:
    held = getattr(message, field.name)
    if is_secret:
        return bool(held)
    if field.is_repeated:
        return any(shows(part, hidden) for part in held)
    return message.HasField(field.name) and shows(held, hidden)
