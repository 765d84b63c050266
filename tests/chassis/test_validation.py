"""What a message that breaks its contract's rules is refused with."""

import pytest
from buf.validate import validate_pb2
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from chassis.errors import Fault, Kind
from chassis.validation import validate


def a_message(**values: int):
    """A message of two numbers, with a rule of the whole: the first is the smaller one."""
    file = descriptor_pb2.FileDescriptorProto(
        name="validation.proto", package="validation", syntax="proto3", dependency=["buf/validate/validate.proto"]
    )
    message = file.message_type.add(name="Range")
    for number, name in enumerate(("low", "high"), 1):
        message.field.add(name=name, number=number, type="TYPE_INT32", label="LABEL_OPTIONAL")
    rule = {"id": "range.in_order", "message": "low is under high", "expression": "this.low < this.high"}
    message.options.Extensions[validate_pb2.message].cel.add(**rule)
    pool = descriptor_pool.Default()
    pool.AddSerializedFile(file.SerializeToString())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("validation.Range"))(**values)


def test_a_rule_of_a_whole_message_is_refused_by_its_sentence_and_names_no_field():
    validate(a_message(low=1, high=2))

    with pytest.raises(Fault) as caught:
        validate(a_message(low=2, high=1))

    assert (caught.value.kind, caught.value.reason) == (Kind.INVALID, "INVALID_FIELD")
    assert caught.value.message == "low is under high"
    (fault,) = caught.value.fields
    assert (fault.field, fault.rule) == ("", "RANGE_IN_ORDER")
