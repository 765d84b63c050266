"""JSON values and URL texts into messages, against the real contract."""

import time

import pytest
from bihuan.invoice_sync.v1 import invoice_pb2, invoice_service_pb2
from bihuan.payments.v1 import payment_service_pb2
from google.protobuf.descriptor import FieldDescriptor

from chassis.errors import Fault
from services.gateway import contract, fields, strict_json
from services.gateway.fields import find_path


def _filled(body: str) -> payment_service_pb2.RecordPaymentRequest:
    message = payment_service_pb2.RecordPaymentRequest()
    fields.fill(message, strict_json.parse(body.encode()))
    return message


def _refused(body: str) -> Fault:
    with pytest.raises(Fault) as raised:
        _filled(body)
    assert raised.value.reason == "MALFORMED_REQUEST"
    return raised.value


def test_both_namings_of_a_field_and_both_forms_of_a_64_bit_number_are_taken():
    one = _filled('{"merchantId": "m", "amount": {"currencyCode": "CNY", "amountMinor": "1230"}}')
    other = _filled('{"merchant_id": "m", "amount": {"currency_code": "CNY", "amount_minor": 1230}}')

    assert one == other
    assert one.amount.amount_minor == 1230


def test_null_leaves_a_field_unset():
    assert not _filled('{"amount": null, "merchantId": null}').HasField("amount")


def test_an_instant_keeps_its_nanoseconds_and_its_zone():
    assert _filled('{"payTime": "2026-03-01T08:00:00.123456789+08:00"}').pay_time.ToNanoseconds() % 10**9 == 123456789
    assert _filled('{"payTime": "2026-03-01T08:00:00+08:00"}') == _filled('{"payTime": "2026-03-01T00:00:00Z"}')


def test_an_unknown_field_is_named_with_its_path_and_the_name_that_was_meant():
    fault = _refused('{"amount": {"currncyCode": "CNY"}, "merchantld": "m", "zzz": 1}')

    assert [field.field for field in fault.fields] == ["amount.currncyCode", "merchantld", "zzz"]
    assert "did you mean currencyCode?" in fault.message
    assert "did you mean merchantId?" in fault.message
    assert "是否为 merchantId" in fault.message_zh


@pytest.mark.parametrize(
    "number",
    [
        "1.0",
        "1e2",
        "1.5",
        '"1.0"',
        '"1_000"',
        '"\\uff11\\uff12"',
        '" 1"',
        '"+1"',
        '"01"',
        '""',
        "true",
        "9223372036854775808",
        "[1]",
    ],
)
def test_what_is_not_exactly_a_whole_number_is_no_amount(number):
    fault = _refused(f'{{"amount": {{"amountMinor": {number}}}}}')

    assert [field.field for field in fault.fields] == ["amount.amount_minor"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ('{"merchantId": 1}', "merchant_id"),
        ('{"merchantId": ["m"]}', "merchant_id"),
        ('{"merchantId": "m", "merchant_id": "n"}', "merchant_id"),
        ('{"payerName": "a\\u0000b"}', "payer_name"),
        ('{"amount": "1"}', "amount"),
        ('{"amount": []}', "amount"),
        ('{"payTime": 1}', "pay_time"),
        ('{"payTime": "2026-03-01"}', "pay_time"),
        ('{"payTime": "2026-03-01T08:00:00"}', "pay_time"),
        ('{"payTime": "2026-02-30T08:00:00Z"}', "pay_time"),
        ('{"payTime": "0000-01-01T08:00:00Z"}', "pay_time"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_by_the_name_of_its_field(body, field):
    assert [fault.field for fault in _refused(body).fields] == [field]


def test_an_enum_in_a_url_is_taken_by_name_and_refused_with_the_names_that_are():
    message = invoice_service_pb2.ListInvoicesRequest()
    fields.set_texts(message, "sync_state", ["SYNC_STATE_BOOKED"])
    assert message.sync_state == invoice_pb2.SYNC_STATE_BOOKED

    with pytest.raises(Fault) as raised:
        fields.set_texts(message, "sync_state", ["BOOKED"])
    assert "SYNC_STATE_BOOKED" in raised.value.message


def test_a_path_leads_to_a_value_and_never_to_a_message_or_nowhere():
    descriptor = payment_service_pb2.RecordPaymentRequest.DESCRIPTOR

    assert find_path(descriptor, "amount.currencyCode") == "amount.currency_code"
    assert find_path(descriptor, "payTime") == "pay_time"
    assert [find_path(descriptor, path) for path in ("amount", "nope", "merchantId.x", "payTime.seconds", "")] == [
        None
    ] * 5


def test_every_field_that_a_request_can_hold_can_be_read():
    for operation in contract.load().operations:
        for message in contract.reachable(operation.method.input_type):
            if message.full_name in fields._MESSAGES:
                continue
            assert not message.full_name.startswith("google."), (
                f"{message.full_name}: teach fields._MESSAGES to read it"
            )
            for field in message.fields:
                cure = f"{field.full_name}: teach services/gateway/fields.py to read this kind of field"
                assert field.message_type or field.type in fields._VALUES, cure
                assert not (field.message_type and field.message_type.GetOptions().map_entry), cure
                assert field.type != FieldDescriptor.TYPE_GROUP, cure
                assert field.containing_oneof is None or operation.method.client_streaming, cure


def test_a_body_of_nothing_but_mistakes_is_refused_after_as_many_as_are_told():
    began = time.thread_time()
    with pytest.raises(Fault) as raised:
        fields.fill(payment_service_pb2.RecordPaymentRequest(), {f"merchantI{at}": 1 for at in range(100_000)})

    assert len(raised.value.fields) == 50
    assert time.thread_time() - began < 5
