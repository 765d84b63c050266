"""What a message that breaks its contract's rules is refused with."""

import time

import pytest
from bihuan.gateway.v1 import api_key_service_pb2, audit_service_pb2
from bihuan.payments.v1 import payment_pb2, payment_service_pb2
from buf.validate import validate_pb2
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, timestamp_pb2

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


@pytest.mark.parametrize(
    "stamp",
    [
        (-62_135_596_800, 0),
        (-62_135_596_801, 999_999_999),
        (253_402_300_799, 999_999_999),
        (253_402_300_800, 0),
        (2**63 - 1, 0),
        (0, 1_000_000_000),
        (0, -1),
    ],
    ids=lambda stamp: f"{stamp[0]}s{stamp[1]}",
)
def test_a_timestamp_is_refused_by_its_field_exactly_when_nobody_can_make_a_time_of_it(stamp):
    """One rule is compiled, the other left to protovalidate; by gRPC any number may come."""
    time = timestamp_pb2.Timestamp(seconds=stamp[0], nanos=stamp[1])
    key = api_key_service_pb2.CreateApiKeyRequest(display_name="key", expire_time=time)
    records = audit_service_pb2.ListAuditRecordsRequest(from_time=time)

    told = {_faults(key), _faults(records)}

    assert told == ({()} if _is_time(time) else {(("expire_time", "TIME_RANGE"),), (("from_time", "TIME_RANGE"),)})


def test_a_timestamp_within_a_list_is_named_by_its_place():
    many = payment_service_pb2.BatchCreatePaymentsRequest()
    many.payments.add()
    many.payments.add().pay_time.seconds = 2**62

    assert _faults(many) == (("payments[1].pay_time", "TIME_RANGE"),)


def _faults(message) -> tuple[tuple[str, str], ...]:
    try:
        validate(message)
    except Fault as fault:
        return tuple((one.field, one.rule) for one in fault.fields)
    return ()


def _is_time(stamp: timestamp_pb2.Timestamp) -> bool:
    try:
        stamp.ToDatetime()
    except ValueError:
        return False
    return True
