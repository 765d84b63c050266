"""The quick way into a message gives the same message as the slow one, or leaves it to that."""

from typing import Any

import pytest
from bihuan.payments.v1 import payment_service_pb2 as pb
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import Fault
from services.gateway import contract, fields, quick_fields

FULL = {
    "requestId": "request-0001",
    "merchantId": "shop",
    "merchantOrderNo": "order-1",
    "amount": {"currencyCode": "CNY", "amountMinor": "1230"},
    "payTime": "2026-03-01T08:00:00.123456+08:00",
    "payerName": "王小明",
}
_NUMBERS = st.one_of(
    st.integers(-(2**64), 2**64),
    st.sampled_from([True, None, "1", "-0", "01", "1.0", "1_0", "٣", "", str(2**63), str(2**63 - 1), {}, []]),
)
_INSTANTS = st.sampled_from(
    [
        "2026-03-01T08:00:00Z",
        "2026-03-01T08:00:00.5Z",
        "2026-03-01T08:00:00.123456789Z",
        "2026-02-30T08:00:00Z",
        "2026-03-01T24:00:00Z",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "2026-03-01",
        7,
        None,
        {},
    ]
)
_TEXTS = st.one_of(st.text(max_size=4), st.sampled_from([None, 7, "a\0b", [], {}]))
_MONEY = st.one_of(
    st.fixed_dictionaries(
        {}, optional={"currencyCode": _TEXTS, "amountMinor": _NUMBERS, "amount_minor": _NUMBERS, "nope": _TEXTS}
    ),
    st.sampled_from([None, [], "1"]),
)
_OBJECTS = st.fixed_dictionaries(
    {},
    optional={
        "merchantId": _TEXTS,
        "merchant_id": _TEXTS,
        "payerName": _TEXTS,
        "amount": _MONEY,
        "payTime": _INSTANTS,
        "splits": st.sampled_from([None, [], [{"billNo": "b", "amount": {"amountMinor": 1}}], {}]),
        "nope": _TEXTS,
    },
)


def slowly(values: dict[str, Any]) -> pb.RecordPaymentRequest | None:
    message = pb.RecordPaymentRequest()
    try:
        fields.fill(message, values)
    except Fault:
        return None
    return message


def test_a_whole_payment_goes_quickly():
    made = quick_fields.made(pb.RecordPaymentRequest, FULL)

    assert made == slowly(FULL)
    assert made is not None


@given(_OBJECTS)
def test_what_is_made_quickly_is_what_would_be_made_slowly(values):
    quick = quick_fields.made(pb.RecordPaymentRequest, values)

    if quick is not None:
        slow = slowly(values)
        assert slow is not None
        assert quick.SerializeToString(deterministic=True) == slow.SerializeToString(deterministic=True)


@pytest.mark.parametrize(
    "operation",
    [one for one in contract.load().operations if one.body == "*"],
    ids=lambda one: f"{one.verb} {one.template}",
)
def test_nothing_makes_an_empty_request_of_any_operation(operation):
    assert quick_fields.made(type(operation.request()), {}) == operation.request()
