"""The shape of an upload: messages that say first what it is, then its bytes, then that all has come. It sends none."""

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from services.gateway.contract import Operation


def header_of(operation: Operation) -> FieldDescriptor:
    """The field of an upload that says what it is: the first message that shares a oneof with the bytes."""
    return _around(operation)[0]


def end_of(operation: Operation) -> FieldDescriptor:
    """The field of an upload that says that all has come: the last message that shares a oneof with the bytes."""
    return _around(operation)[1]


def _around(operation: Operation) -> list[FieldDescriptor]:
    descriptor: Descriptor = operation.method.input_type
    together = descriptor.fields_by_name[operation.body].containing_oneof
    messages = [field for field in together.fields if field.message_type] if together else []
    assert len(messages) == 2, f"{descriptor.full_name}: an upload needs a oneof of header, bytes and end"
    return messages
