"""What a message that breaks its contract's rules is refused with."""

import time

import pytest
from bihuan.payments.v1 import payment_pb2, payment_service_pb2
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


@pytest.mark.parametrize("count", [1_001, 200_000])
def test_a_list_that_is_far_too_long_is_not_looked_into(count):
    """One such call once took its service the better part of a minute, in which it answered nobody."""
    many = payment_service_pb2.BatchCreatePaymentsRequest()
    many.payments.extend([payment_service_pb2.RecordPaymentRequest()] * count)
    began = time.thread_time()

    with pytest.raises(Fault) as caught:
        validate(many)

    assert [(one.field, one.rule) for one in caught.value.fields] == [("payments", "REPEATED_MAX_ITEMS")]
    assert time.thread_time() - began < 5


def test_a_list_within_a_list_that_is_too_long_is_named_by_its_place():
    many = payment_service_pb2.BatchCreatePaymentsRequest()
    many.payments.add()
    many.payments.add().splits.extend([payment_pb2.PaymentSplit()] * 5_000)

    with pytest.raises(Fault) as caught:
        validate(many)

    assert [one.field for one in caught.value.fields] == ["payments[1].splits"]
