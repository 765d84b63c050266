"""The rules of payments, without a database: business days, what may be taken in, repeats, digests."""

import dataclasses
import hashlib
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from bihuan.payments.v1 import feed_pb2, payment_pb2
from bihuan.payments.v1 import payment_service_pb2 as pb
from hypothesis import given
from hypothesis import strategies as st

from chassis.money import Money
from services.payments.domain.business_day import ChannelDay, business_date
from services.payments.domain.fee import Fee
from services.payments.domain.intake import (
    Archived,
    BusinessKeyReused,
    KeptOrder,
    Open,
    Recorded,
    Replayed,
    RequestIdReused,
    UsedRequest,
    content_sha256,
    judge_intake,
)
from services.payments.domain.payment import (
    Change,
    ChangeKind,
    Origin,
    PaymentContent,
    PayTimeFault,
    ReconciliationState,
    State,
    as_left,
    change_of,
    differing_fields,
    judge_pay_time,
)
from services.payments.domain.slice_manifest import CurrencySum, Manifest, SliceLine, digest_sum, manifest_of
from services.payments.domain.split import Split
from tests.payments.builders import NOON, a_payment, as_told


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


def kept_as(payment, told) -> KeptOrder:
    return KeptOrder(payment.payment_id, content_sha256(told.content), payment)


def test_new_keys_make_a_payment():
    told = a_payment()

    assert judge_intake(as_told(told), kept_as(told, told), None) == Recorded(told)


def test_a_key_that_was_given_back_is_open():
    assert judge_intake(as_told(a_payment()), None, None) == Open()


def test_the_same_request_is_a_replay():
    kept = a_payment()
    told = dataclasses.replace(a_payment(), content=kept.content)
    used = UsedRequest(content_sha256(kept.content), kept)

    assert judge_intake(as_told(told), kept_as(kept, kept), used) == Replayed(kept)
    assert judge_intake(as_told(told), kept_as(kept, kept), None) == Replayed(kept)


def test_a_reused_request_id_is_told_before_a_reused_order():
    kept = a_payment()
    told = a_payment(merchant_order_no=kept.content.merchant_order_no, amount=Money("CNY", 1))

    by_request = judge_intake(as_told(told), kept_as(kept, kept), UsedRequest(b"other", kept))
    by_order = judge_intake(as_told(told), kept_as(kept, kept), None)

    assert by_request == RequestIdReused(("channel_txn_no", "amount"))
    assert by_order == BusinessKeyReused(kept.payment_id, ("channel_txn_no", "amount"))


def test_an_order_whose_payment_is_archived_is_still_not_taken_twice():
    told = a_payment()
    archived = KeptOrder("pay_old", content_sha256(told.content), None)
    of_other_content = KeptOrder("pay_old", b"other", None)

    assert judge_intake(as_told(told), archived, None) == Archived("pay_old")
    assert judge_intake(as_told(told), of_other_content, None) == BusinessKeyReused("pay_old", ())


def test_what_the_channel_told_later_makes_no_other_request_of_a_payment_that_was_started_here():
    paid = dataclasses.replace(a_payment(), origin=Origin.STARTED_HERE)
    content = dataclasses.replace(paid.content, channel_txn_no="", pay_time=None, amount=Money("CNY", 1))
    told = dataclasses.replace(paid, payment_id="pay_new", state=State.CREATED, content=content, business_date=None)

    judged = judge_intake(as_told(told), KeptOrder(paid.payment_id, b"other", paid), None)

    assert judged == BusinessKeyReused(paid.payment_id, ("amount",))


contents = st.builds(
    PaymentContent,
    merchant_id=st.sampled_from(["m", "mm"]),
    merchant_order_no=st.sampled_from(["m", "o"]),
    bill_no=st.sampled_from(["", "b"]),
    channel=st.sampled_from(["alipay", "b"]),
    channel_txn_no=st.sampled_from(["b", "t"]),
    amount=st.builds(Money, st.sampled_from(["CNY", "USD"]), st.integers(1, 2)),
    pay_time=st.sampled_from([NOON, NOON + timedelta(microseconds=1)]),
    payer_name=st.sampled_from(["", "王", "\x1f", "B=1\x1f"]),
    splits=st.sampled_from([(), (Split("B", Money("CNY", 1)),)]),
)


@given(one=contents, other=contents)
def test_two_contents_have_one_sha256_exactly_when_they_are_equal(one, other):
    assert (content_sha256(one) == content_sha256(other)) == (one == other)


def test_every_field_of_a_request_but_its_key_is_content():
    contract = {field.name for field in pb.RecordPaymentRequest.DESCRIPTOR.fields}

    assert set(PaymentContent.__dataclass_fields__) == contract - {"request_id"}


def test_a_difference_in_any_field_is_seen():
    one = a_payment().content
    splits = (Split("b", Money("USD", 1)),)
    other = PaymentContent("m", "o", "b", "alipay", "t", Money("USD", 1), NOON + timedelta(1), "n", splits)

    assert differing_fields(one, one) == ()
    assert differing_fields(one, other) == tuple(PaymentContent.__dataclass_fields__)


def test_every_state_of_the_contract_is_a_state_of_ours():
    def names(enum, prefix):
        return {name.removeprefix(prefix) for name in enum.keys()} - {"UNSPECIFIED"}  # noqa: SIM118  no mapping

    assert names(payment_pb2.Payment.State, "STATE_") == set(State)
    assert names(payment_pb2.Payment.ReconciliationState, "RECONCILIATION_STATE_") == set(ReconciliationState)
    assert names(payment_pb2.Payment.Origin, "ORIGIN_") == set(Origin)
    assert names(feed_pb2.PaymentChange.Kind, "KIND_") == set(ChangeKind)


def a_line(payment_id="pay_1", order="O-1") -> SliceLine:
    return SliceLine(payment_id, order, "wechat_pay", "T-1", date(2026, 3, 1), Money("CNY", 100))


def test_the_digests_of_lines_sum_up_in_any_order_and_wrap_at_256_bits():
    digests = [bytes([255]) * 32, bytes(31) + b"\x02", hashlib.sha256(b"x").digest()]

    expected = (sum(int.from_bytes(one, "big") for one in digests)) % 2**256

    assert digest_sum(b"".join(digests)) == digest_sum(b"".join(reversed(digests))) == expected
    assert digest_sum(b"") == 0


def test_a_manifest_notices_a_lost_a_repeated_and_an_altered_payment():
    one, other, swapped = a_line(), a_line("pay_2", "O-2"), a_line("pay_1", "O-2")

    told = ([one, other], [one], [one, one], [swapped, other])

    assert len({digest_sum(b"".join(line.sha256 for line in lines)) for lines in told}) == 4


def test_a_line_is_hashed_as_the_contract_says():
    assert a_line(order="单号-1").sha256 == hashlib.sha256("pay_1\x1f单号-1\x1fT-1\x1fCNY\x1f100".encode()).digest()


def test_a_manifest_adds_its_currencies_up():
    sums = [CurrencySum(Money("USD", 7), 1, 2**256 - 1), CurrencySum(Money("CNY", 5), 2, 3)]

    assert manifest_of(sums) == Manifest(3, (Money("CNY", 5), Money("USD", 7)), 2)


def test_a_change_tells_the_payment_without_what_came_only_later():
    paid = dataclasses.replace(
        a_payment(), version=3, origin=Origin.STARTED_HERE, fee=Fee("f", 6_000, Money("CNY", 7)), refunded_minor=100
    )
    processing = Change(paid.payment_id, 2, State.PROCESSING, ReconciliationState.PENDING, 0, 0)

    left = as_left(paid, processing)

    assert (left.state, left.version, left.refunded_minor, left.refundable_minor) == (State.PROCESSING, 2, 0, 0)
    assert (left.content.channel_txn_no, left.content.pay_time, left.business_date, left.fee) == ("", None, None, None)
    assert as_left(paid, change_of(paid)) == paid
