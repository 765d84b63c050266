"""The contract as the gateway reads it: every operation with a route, and every comment. It names none itself."""

import functools
import importlib
import importlib.resources
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from google.api import annotations_pb2
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor, ServiceDescriptor
from google.protobuf.descriptor_pb2 import DescriptorProto, EnumDescriptorProto, FileDescriptorProto, FileDescriptorSet
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

_OURS = "bihuan."
_VARIABLE = re.compile(r"\{([a-z0-9_.]+)\}")


@dataclass(frozen=True, slots=True)
class Operation:
    """A method of the contract and one HTTP route to it. `body` is as in google.api.http: empty, "*" or a field."""

    method: MethodDescriptor
    verb: str
    template: str
    body: str

    @property
    def variables(self) -> tuple[str, ...]:
        """The field paths that the template names, in its order."""
        return _variables(self.template)

    @property
    def public_template(self) -> str:
        """The template as callers know it: equal paths have equal names, however deep the field lies in the request."""
        return _VARIABLE.sub(lambda found: "{" + public_name(found[1]) + "}", self.template)

    @property
    def area(self) -> str:
        """Whose it is, such as payments."""
        return area_of(self.method.containing_service)

    def request(self) -> Message:
        """An empty request."""
        return self.request_type()()

    def request_type(self) -> type[Message]:
        """The class of its requests."""
        return _class_of(self.method.input_type)

    def answer_type(self) -> type[Message]:
        """The class of its answers."""
        return _class_of(self.method.output_type)


@dataclass(frozen=True, slots=True)
class Contract:
    """Everything that the gateway needs of the protos. `comments` is by full name; of an enum's value by enum.value."""

    services: tuple[ServiceDescriptor, ...]
    operations: tuple[Operation, ...]
    comments: Mapping[str, str]

    def services_of(self, area: str) -> list[ServiceDescriptor]:
        """The services of an area, with a route or without."""
        return [service for service in self.services if area_of(service) == area]


@functools.cache
def _variables(template: str) -> tuple[str, ...]:
    return tuple(_VARIABLE.findall(template))


def public_name(variable: str) -> str:
    """What callers call a variable: its last name."""
    return variable.rpartition(".")[2]


def area_of(service: ServiceDescriptor) -> str:
    """The area in a service's package: payments for bihuan.payments.v1."""
    return str(service.full_name.split(".")[1])


@functools.cache
def load() -> Contract:
    """Read the descriptor set that is built from the protos."""
    content = importlib.resources.files("bihuan").joinpath("contract.binpb").read_bytes()
    files = [file for file in FileDescriptorSet.FromString(content).file if file.package.startswith(_OURS)]
    for file in files:
        # The generated module puts the messages, with their options, into the pool.
        importlib.import_module(file.name.removesuffix(".proto").replace("/", ".") + "_pb2")
    pool = descriptor_pool.Default()
    services = tuple(
        pool.FindServiceByName(f"{file.package}.{service.name}") for file in files for service in file.service
    )
    operations = tuple(operation for service in services for operation in _operations(service))
    comments = {name: comment for file in files for name, comment in _comments(file)}
    return Contract(services, operations, comments)


def _operations(service: ServiceDescriptor) -> Iterator[Operation]:
    for method in service.methods:
        rule = method.GetOptions().Extensions[annotations_pb2.http]
        for binding in (rule, *rule.additional_bindings):
            if verb := binding.WhichOneof("pattern"):
                assert not method.server_streaming, f"{method.full_name}: a stream of answers has no HTTP form here"
                yield Operation(method, verb.upper(), getattr(binding, verb), binding.body)


def _comments(file: FileDescriptorProto) -> Iterator[tuple[str, str]]:
    names = dict(_named_places(file))
    for location in file.source_code_info.location:
        name = names.get(tuple(location.path))
        if name and location.leading_comments:
            yield name, " ".join(location.leading_comments.split())


# The numbers in a path are field numbers of descriptor.proto: FileDescriptorProto has messages at 4, enums at 5 and
# services at 6; DescriptorProto fields at 2, messages at 3 and enums at 4; enum values and methods are at 2.
def _named_places(file: FileDescriptorProto) -> Iterator[tuple[tuple[int, ...], str]]:
    for at, message in enumerate(file.message_type):
        yield from _message_places((4, at), f"{file.package}.{message.name}", message)
    for at, enum in enumerate(file.enum_type):
        yield from _enum_places((5, at), f"{file.package}.{enum.name}", enum)
    for at, service in enumerate(file.service):
        yield (6, at), f"{file.package}.{service.name}"
        for method_at, method in enumerate(service.method):
            yield (6, at, 2, method_at), f"{file.package}.{service.name}.{method.name}"


def _message_places(
    path: tuple[int, ...], name: str, message: DescriptorProto
) -> Iterator[tuple[tuple[int, ...], str]]:
    yield path, name
    for at, field in enumerate(message.field):
        yield (*path, 2, at), f"{name}.{field.name}"
    for at, nested in enumerate(message.nested_type):
        yield from _message_places((*path, 3, at), f"{name}.{nested.name}", nested)
    for at, enum in enumerate(message.enum_type):
        yield from _enum_places((*path, 4, at), f"{name}.{enum.name}", enum)


def _enum_places(path: tuple[int, ...], name: str, enum: EnumDescriptorProto) -> Iterator[tuple[tuple[int, ...], str]]:
    yield path, name
    for at, value in enumerate(enum.value):
        yield (*path, 2, at), f"{name}.{value.name}"


@functools.cache
def _class_of(descriptor: Descriptor) -> type[Message]:
    """To ask the library costs as much as a small message does."""
    return GetMessageClass(descriptor)


def type_of(message: Message) -> Descriptor:
    """The type of a message; the two implementations of descriptors have one interface."""
    descriptor: Any = message.DESCRIPTOR
    known: Descriptor = descriptor
    return known


def type_in(field: FieldDescriptor) -> Descriptor:
    """The type of the messages in a field that holds some."""
    assert field.message_type is not None, f"{field.full_name} holds no message"
    return field.message_type


def field_at(descriptor: Descriptor, path: str) -> FieldDescriptor:
    """The field at a dotted path."""
    *above, last = path.split(".")
    for name in above:
        descriptor = type_in(descriptor.fields_by_name[name])
    return descriptor.fields_by_name[last]


def reachable(descriptor: Descriptor) -> Iterator[Descriptor]:
    """A message type and every one that it can hold, each once."""
    seen: dict[str, Descriptor] = {}
    waiting = [descriptor]
    while waiting:
        current = waiting.pop()
        if current.full_name not in seen:
            seen[current.full_name] = current
            waiting += [field.message_type for field in current.fields if field.message_type]
    return iter(seen.values())
