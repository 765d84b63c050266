"""The rules of payments, without a database: business days, what may be taken in, repeats, digests."""

import hashlib
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from bihuan.payments.v1 import payment_pb2
from bihuan.payments.v1 import payment_service_pb2 as pb
from hypothesis import given
from hypothesis import strategies as st

from chassis.money import Money
from services.payments.domain.business_day import ChannelDay, business_date
from services.payments.domain.intake import (
    BusinessKeyReused,
    Recorded,
    Replayed,
    RequestIdReused,
    UsedRequest,
    judge_intake,
)
from services.payments.domain.payment import (
    PaymentContent,
    PayTimeFault,
    ReconciliationState,
    State,
    differing_fields,
    judge_pay_time,
)
from services.payments.domain.slice_manifest import Manifest, SliceLine, with_lines
from tests.payments.builders import NOON, a_payment


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2026, 2, 28, 15, 59, 59, 999_999, tzinfo=UTC), date(2026, 2, 28)),
        (datetime(2026, 2, 28, 16, 0, tzinfo=UTC), date(2026, 3, 1)),
        (datetime(2026, 3, 1, 15, 59, 59, tzinfo=UTC), date(2026, 3, 1)),
    ],
)
def test_a_day_of_wechat_pay_is_the_natural_day_in_beijing(instant, day):
    assert business_date("wechat_pay", instant) == day


def test_a_channel_without_a_calendar_of_its_own_is_cut_at_midnight_in_beijing():
    assert business_date("cash_desk", datetime(2026, 2, 28, 16, 0, tzinfo=UTC)) == date(2026, 3, 1)


@pytest.mark.parametrize(
    ("begins_minutes", "hour", "day"),
    [(-60, 22, 1), (-60, 23, 2), (120, 1, 28), (120, 2, 1)],
)
def test_a_channel_may_begin_its_day_before_or_after_midnight(begins_minutes, hour, day):
    beijing = ZoneInfo("Asia/Shanghai")
    calendar = {"bank": ChannelDay(beijing, begins_minutes)}

    found = business_date("bank", datetime(2026, 3, 1, hour, tzinfo=beijing), calendar)

    assert found.day == day


@pytest.mark.parametrize(
    ("pay_time", "found"),
    [
        (NOON, None),
        (NOON + timedelta(minutes=15), None),
        (NOON + timedelta(minutes=15, microseconds=1), PayTimeFault.AHEAD),
        (datetime(2000, 1, 1, tzinfo=UTC), None),
        (datetime(1970, 1, 1, tzinfo=UTC), PayTimeFault.UNSET),
    ],
)
def test_a_payment_cannot_have_been_paid_in_the_future_or_at_no_time(pay_time, found):
    assert judge_pay_time(pay_time, NOON) is found


def test_new_keys_make_a_payment():
    told = a_payment()

    assert judge_intake(told, told, None, b"f") == Recorded(told)


def test_the_same_request_is_a_replay():
    kept = a_payment()
    told = a_payment(merchant_order_no=kept.content.merchant_order_no, channel_txn_no=kept.content.channel_txn_no)

    assert judge_intake(told, kept, UsedRequest("r", b"f", kept), b"f") == Replayed(kept)
    assert judge_intake(told, kept, None, b"f") == Replayed(kept)


def test_a_reused_request_id_is_told_before_a_reused_order():
    kept = a_payment()
    told = a_payment(merchant_order_no=kept.content.merchant_order_no, amount=Money("CNY", 1))

    by_request = judge_intake(told, kept, UsedRequest("r", b"other", kept), b"f")
    by_order = judge_intake(told, kept, None, b"f")

    assert by_request == RequestIdReused(("channel_txn_no", "amount"))
    assert by_order == BusinessKeyReused(kept.payment_id, ("channel_txn_no", "amount"))


def test_every_field_of_a_request_but_its_key_is_content():
    contract = {field.name for field in pb.RecordPaymentRequest.DESCRIPTOR.fields}

    assert set(PaymentContent.__dataclass_fields__) == contract - {"request_id"}


def test_a_difference_in_any_field_is_seen():
    one = a_payment().content
    other = PaymentContent("m", "o", "b", "alipay", "t", Money("USD", 1), NOON + timedelta(1), "n")

    assert differing_fields(one, one) == ()
    assert differing_fields(one, other) == tuple(PaymentContent.__dataclass_fields__)


def test_every_state_of_the_contract_is_a_state_of_ours():
    def names(enum, prefix):
        return {name.removeprefix(prefix) for name in enum.keys()} - {"UNSPECIFIED"}  # noqa: SIM118  no mapping

    assert names(payment_pb2.Payment.State, "STATE_") == set(State)
    assert names(payment_pb2.Payment.ReconciliationState, "RECONCILIATION_STATE_") == set(ReconciliationState)


lines = st.builds(
    SliceLine,
    st.uuids().map(str),
    st.text(max_size=5),
    st.text(max_size=5),
    st.builds(Money, st.sampled_from(["CNY", "USD"]), st.integers(1, 10**9)),
)


@given(told=st.lists(lines, max_size=8), cut=st.integers(0, 8), data=st.data())
def test_a_manifest_does_not_depend_on_order_or_on_batches(told, cut, data):
    shuffled = data.draw(st.permutations(told))

    whole = with_lines(Manifest(), told)
    in_parts = with_lines(with_lines(Manifest(), shuffled[:cut]), shuffled[cut:])

    assert whole == in_parts
    assert whole.payment_count == len(told)


def test_a_manifest_notices_a_lost_a_repeated_and_an_altered_payment():
    one = SliceLine("pay_1", "O-1", "T-1", Money("CNY", 100))
    other = SliceLine("pay_2", "O-2", "T-2", Money("CNY", 100))
    swapped = SliceLine("pay_1", "O-2", "T-1", Money("CNY", 100))

    digests = {with_lines(Manifest(), told).digest for told in ([one, other], [one], [one, one], [swapped, other])}

    assert len(digests) == 4


def test_a_digest_is_the_sum_of_the_hashes_of_its_lines():
    line = SliceLine("pay_1", "单号-1", "T-1", Money("CNY", 100))

    manifest = with_lines(Manifest(), [line])

    assert manifest.digest == hashlib.sha256("pay_1\x1f单号-1\x1fT-1\x1fCNY\x1f100".encode()).digest()
