"""What the client has, read from the descriptors: areas, modules, messages and methods. It writes no code."""

import builtins
import keyword
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from bihuan.type.v1 import error_reason_pb2
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor, ServiceDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions

from services.gateway import contract, masking, schemas, webhook_events
from services.gateway.contract import Contract, Operation
from services.gateway.requests import REQUEST_ID, told_by_gateway
from services.gateway.uploads import header_of

INSTANT = "google.protobuf.Timestamp"
# What a method takes beside the fields of its request.
OWN_PARAMETERS = frozenset({"self", "content", "idempotency_key", "timeout_seconds"})
_PAGE_ASKED, _PAGE_NEXT = "page_token", "next_page_token"
Type = Descriptor | EnumDescriptor


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a type or a service is in the client: a module of an area, or what all areas share."""

    area: str
    module: str


# `type`, the contract's word for it, is a word of Python.
SHARED = Place("", "basics")


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a message, or a parameter of a method."""

    name: str
    descriptor: FieldDescriptor
    comment: str
    is_required: bool
    is_secret: bool


@dataclass(frozen=True, slots=True)
class Message:
    """A dataclass."""

    name: str
    comment: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """An enum, as the names of its values."""

    name: str
    comment: str
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Method:
    """A method, and the operation that it calls. `items` is the field of the answer that a list walks, if it is one."""

    name: str
    comment: str
    operation: Operation
    answer: str
    fields: tuple[Field, ...]
    takes_key: bool
    is_repeatable: bool
    mutates: bool
    items: FieldDescriptor | None


@dataclass(frozen=True, slots=True)
class Module:
    """A module, for a file of the contract. `imports` is by module, `service` empty where the file has none."""

    place: Place
    choices: tuple[Choice, ...]
    messages: tuple[Message, ...]
    service: str
    service_comment: str
    methods: tuple[Method, ...]
    imports: Mapping[Place, tuple[str, ...]]

    @property
    def names(self) -> tuple[str, ...]:
        """What it tells of values, its calls aside."""
        return tuple(one.name for one in (*self.choices, *self.messages))


@dataclass(frozen=True, slots=True)
class Area:
    """A package of modules, and the calls of all of them."""

    name: str
    modules: tuple[Module, ...]


class Plan:
    """All modules of the client."""

    def __init__(self, known: Contract) -> None:
        self._comments = known.comments
        self._operations = tuple({operation.method: operation for operation in reversed(known.operations)}.values())
        self._events = {name: message for name, (message, _) in webhook_events.known_types().items()}
        told = [*(operation.method.output_type for operation in self._operations), *self._events.values()]
        self._answered = {one.full_name for descriptor in told for one in contract.reachable(descriptor)}

    def modules(self) -> list[Module]:
        """Each module, by its place."""
        methods = [self._method(operation) for operation in sorted(self._operations, key=_by_name)]
        held: dict[str, Type] = {}
        for method in methods:
            for descriptor in (method.operation.method.output_type, *_types_in(method.fields)):
                held |= {one.full_name: one for one in _held(descriptor)}
        for event in self._events.values():
            held |= {one.full_name: one for one in _held(event)}
        held["reasons"] = error_reason_pb2.DESCRIPTOR.enum_types_by_name["ErrorReason"]
        places = {place_of(one) for one in held.values()} | {_called_at(method) for method in methods}
        return [self._module(place, list(held.values()), methods) for place in sorted(places)]

    def areas(self, modules: Iterable[Module]) -> list[Area]:
        """The areas of these modules. What all share is none."""
        by_area: dict[str, list[Module]] = {}
        for module in modules:
            if module.place != SHARED:
                by_area.setdefault(module.place.area, []).append(module)
        return [_area(name, inside) for name, inside in by_area.items()]

    def events(self) -> dict[str, Descriptor]:
        """The message of each type of event."""
        return dict(self._events)

    def _module(self, place: Place, held: list[Type], methods: list[Method]) -> Module:
        own = sorted((one for one in held if place_of(one) == place), key=class_of)
        here = tuple(method for method in methods if _called_at(method) == place)
        used = [one for descriptor in own if isinstance(descriptor, Descriptor) for one in _held(descriptor)]
        used += [method.operation.method.output_type for method in here]
        used += [one for method in here for kind in _types_in(method.fields) for one in _held(kind)]
        used += [method.items.message_type for method in here if method.items and method.items.message_type]
        foreign: dict[Place, set[str]] = {}
        for one in used:
            if place_of(one) != place and _is_named_in(one, own, here):
                foreign.setdefault(place_of(one), set()).add(class_of(one))
        service = here[0].operation.method.containing_service if here else None
        return Module(
            place,
            tuple(self._choice(one) for one in own if isinstance(one, EnumDescriptor)),
            tuple(self._message(one) for one in own if isinstance(one, Descriptor)),
            service.name if service else "",
            self._comments.get(service.full_name, "") if service else "",
            here,
            {module: tuple(sorted(names)) for module, names in sorted(foreign.items())},
        )

    def _choice(self, enum: EnumDescriptor) -> Choice:
        comments = self._comments
        prefix = "ERROR_REASON_" if enum.name == "ErrorReason" else ""
        values = [
            (value.name.removeprefix(prefix), comments.get(f"{enum.full_name}.{value.name}", ""))
            for value in enum.values
        ]
        return Choice(class_of(enum), comments.get(enum.full_name, ""), tuple(values))

    def _message(self, descriptor: Descriptor) -> Message:
        comment = self._comments.get(descriptor.full_name, "")
        return Message(class_of(descriptor), comment, tuple(self._fields(descriptor, frozenset())))

    def _method(self, operation: Operation) -> Method:
        method, options = operation.method, operation.method.GetOptions()
        inside = contract.type_in(header_of(operation)) if method.client_streaming else method.input_type
        takes_key = REQUEST_ID in inside.fields_by_name and REQUEST_ID not in operation.variables
        left_out = frozenset({REQUEST_ID} if takes_key else ())
        fields = tuple(self._fields(inside, left_out))
        wrong = [one.name for one in fields if keyword.iskeyword(one.name) or one.name in OWN_PARAMETERS]
        assert not wrong, f"{method.full_name}: {wrong} cannot be parameters"
        return Method(
            snake(method.name),
            self._comments.get(method.full_name, ""),
            operation,
            class_of(method.output_type),
            fields,
            takes_key,
            options.idempotency_level != MethodOptions.IDEMPOTENCY_UNKNOWN,
            options.idempotency_level != MethodOptions.NO_SIDE_EFFECTS,
            _items(inside, method.output_type),
        )

    def _fields(self, descriptor: Descriptor, left_out: frozenset[str]) -> Iterator[Field]:
        is_answer = descriptor.full_name in self._answered
        for field in descriptor.fields:
            if field.name not in left_out and (is_answer or not told_by_gateway(field)):
                # An answer of an older release may lack any field, and a key that is not given is made.
                is_required = not is_answer and schemas.is_required(field) and field.name != REQUEST_ID
                comment = self._comments.get(field.full_name, "")
                yield Field(field.name, field, comment, is_required, bool(masking.kind_of(field)))


def place_of(descriptor: Type | ServiceDescriptor) -> Place:
    """Where a type or a service is."""
    area, stem = descriptor.full_name.split(".")[1], PurePosixPath(descriptor.file.name).stem
    return SHARED if area == "type" else Place(area, f"{stem}_" if keyword.iskeyword(stem) else stem)


def class_of(descriptor: Type) -> str:
    """The name of a type in Python: PaymentState for Payment.State; what is a word of Python has its area before it."""
    package: Any = descriptor.file.package
    name = descriptor.full_name.removeprefix(f"{package}.").replace(".", "")
    return f"{place_of(descriptor).area.title()}{name}" if hasattr(builtins, name) else name


def snake(name: str) -> str:
    """record_payment for RecordPayment."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def is_instant(field: FieldDescriptor) -> bool:
    """Whether a field holds an instant."""
    return field.message_type is not None and field.message_type.full_name == INSTANT


def _area(name: str, modules: list[Module]) -> Area:
    kinds = Counter(name for module in modules for name in module.names)
    calls = Counter(method.name for module in modules for method in module.methods)
    twice = [one for one, count in (*kinds.items(), *calls.items()) if count > 1]
    assert not twice, f"{name}: {twice} are there twice"
    return Area(name, tuple(modules))


def _called_at(method: Method) -> Place:
    return place_of(method.operation.method.containing_service)


def _by_name(operation: Operation) -> str:
    return operation.method.full_name


def _types_in(fields: tuple[Field, ...]) -> Iterator[Type]:
    for one in fields:
        field = one.descriptor
        if field.enum_type:
            yield field.enum_type
        elif field.message_type and not is_instant(field):
            yield field.message_type


def _held(descriptor: Type) -> Iterator[Type]:
    """A type and all that it can hold."""
    if isinstance(descriptor, EnumDescriptor):
        yield descriptor
        return
    for one in contract.reachable(descriptor):
        if one.full_name != INSTANT:
            assert not one.GetOptions().map_entry, f"{one.full_name}: maps are not in the client's vocabulary yet"
            yield one
            yield from (field.enum_type for field in one.fields if field.enum_type)


def _is_named_in(one: Type, own: list[Type], methods: tuple[Method, ...]) -> bool:
    """Whether a module itself names a type, and not only what it holds."""
    fields = [field for descriptor in own if isinstance(descriptor, Descriptor) for field in descriptor.fields]
    fields += [field.descriptor for method in methods for field in method.fields]
    fields += [method.items for method in methods if method.items]
    answers = [method.operation.method.output_type for method in methods]
    return one in answers or any(one in (field.message_type, field.enum_type) for field in fields)


def _items(asked: Descriptor, answer: Descriptor) -> FieldDescriptor | None:
    """The field that a list by pages walks; None when it is no such list."""
    if _PAGE_ASKED not in asked.fields_by_name or _PAGE_NEXT not in answer.fields_by_name:
        return None
    return next((field for field in answer.fields if field.is_repeated and field.message_type), None)
