"""What the service answers is put together in place; it says what the payment says."""

from datetime import UTC, datetime, timedelta

import pytest
from bihuan.payments.v1 import payment_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from services.payments.convert.basics import from_instant, put_instant, to_instant

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INSTANTS = (
    _EPOCH,
    _EPOCH - timedelta(microseconds=1),
    datetime(2026, 3, 1, 4, 5, 6, 789_012, tzinfo=UTC),
    datetime.max.replace(tzinfo=UTC),
    datetime.min.replace(tzinfo=UTC),
)


@pytest.mark.parametrize("instant", _INSTANTS)
def test_an_instant_is_told_as_the_library_tells_it_and_comes_back(instant: datetime):
    by_library = Timestamp()
    by_library.FromDatetime(instant)

    assert from_instant(instant) == by_library
    assert to_instant("pay_time", by_library) == instant


@pytest.mark.parametrize("instant", _INSTANTS)
def test_an_instant_that_is_put_into_a_message_stands_there_even_at_zero(instant: datetime):
    payment = payment_pb2.Payment()
    put_instant(payment.pay_time, instant)

    read = payment_pb2.Payment.FromString(payment.SerializeToString())

    assert read.HasField("pay_time")
    assert read.pay_time == from_instant(instant)
    assert not read.HasField("expire_time")
