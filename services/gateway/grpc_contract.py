"""The contract as callers by gRPC may read it, for reflection: public methods and what they hold, nothing else.

A method without a route is left out, and so is every message that only such methods have.
"""

from collections.abc import Iterable, Iterator, MutableSequence, Sequence
from typing import Any

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FileDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool

from services.gateway.contract import Operation, reachable

_OURS = "bihuan."
# What the contract's own options mean, for who reads them.
_OPTIONS = "bihuan.options."


def public_services(operations: Iterable[Operation]) -> list[str]:
    """The full names of the services that have a public method."""
    return sorted({operation.method.containing_service.full_name for operation in operations})


def public_pool(operations: Sequence[Operation]) -> DescriptorPool:
    """The files of the public methods and what these import, without the rest of them."""
    methods = {operation.method.full_name for operation in operations}
    held = set(_names_held(operations))
    files: dict[str, FileDescriptor] = {}
    for operation in operations:
        _collect(operation.method.containing_service.file, files)
    pool = DescriptorPool()
    for file in files.values():
        proto = FileDescriptorProto()
        file.CopyToProto(proto)
        if file.package.startswith(_OURS) and not file.package.startswith(_OPTIONS):
            _prune(proto, methods, held)
        pool.AddSerializedFile(proto.SerializeToString())
    return pool


def _collect(file: FileDescriptor, files: dict[str, FileDescriptor]) -> None:
    """Put a file behind everything that it imports, which is the order in which a pool takes them."""
    if file.name not in files:
        for imported in file.dependencies:
            _collect(imported, files)
        files[file.name] = file


def _names_held(operations: Iterable[Operation]) -> Iterator[str]:
    """The full names of the outermost messages and enums in which everything is that public methods take and give."""
    for operation in operations:
        for top in (operation.method.input_type, operation.method.output_type):
            for message in reachable(top):
                yield _outermost(message)
                yield from (_outermost(field.enum_type) for field in message.fields if field.enum_type is not None)


def _outermost(one: Descriptor | EnumDescriptor) -> str:
    above = one.containing_type
    return str(one.full_name) if above is None else _outermost(above)


def _prune(proto: FileDescriptorProto, methods: set[str], held: set[str]) -> None:
    for service in proto.service:
        _keep(service.method, methods, f"{proto.package}.{service.name}")
    served = {f"{proto.package}.{service.name}" for service in proto.service if service.method}
    _keep(proto.service, served, proto.package)
    _keep(proto.message_type, held, proto.package)
    _keep(proto.enum_type, held, proto.package)


def _keep(parts: MutableSequence[Any], names: set[str], above: str) -> None:
    """Leave of some parts of a file those with these full names."""
    kept = [part for part in parts if f"{above}.{part.name}" in names]
    del parts[:]
    parts.extend(kept)
