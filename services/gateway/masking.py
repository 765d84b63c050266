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


def mask(message: Message) -> None:
    """Mask the sensitive fields of a message, and of all that it holds, in place. Empty fields stay empty."""
    for field, hide in _steps(type_of(message)):
        if field.is_repeated:
            held = getattr(message, field.name)
            if hide:
                held[:] = [hide(text) for text in held]
            else:
                for part in held:
                    mask(part)
        elif hide:
            setattr(message, field.name, hide(getattr(message, field.name)))
        elif message.HasField(field.name):
            mask(getattr(message, field.name))


def mask_of(field: FieldDescriptor) -> Mask | None:
    """How a field is masked; None when anyone may see it."""
    return MASKS.get(field.GetOptions().Extensions[sensitivity_pb2.sensitivity])


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


@functools.cache
def _steps(descriptor: Descriptor) -> tuple[tuple[FieldDescriptor, Mask | None], ...]:
    """The fields of a message type that are sensitive, or that lead to one that is."""
    found: list[tuple[FieldDescriptor, Mask | None]] = []
    for field in descriptor.fields:
        hide = mask_of(field)
        assert hide is None or field.type == FieldDescriptor.TYPE_STRING, f"{field.full_name}: only text can be masked"
        if hide or (field.message_type and _holds_secrets(field.message_type)):
            found.append((field, hide))
    return tuple(found)


def _holds_secrets(descriptor: Descriptor) -> bool:
    return any(mask_of(field) for held in reachable(descriptor) for field in held.fields)
