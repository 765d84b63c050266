"""Reversals and chargebacks: new facts beside a payment, whose money goes on to add up."""

import itertools

import grpc
import pytest
from bihuan.payments.v1 import feed_pb2, takeback_pb2
from bihuan.payments.v1 import refund_service_pb2 as pb
from bihuan.payments.v1.payment_service_pb2 import GetPaymentRequest
from bihuan.type.v1 import money_pb2
from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy import text

from chassis.errors import from_rpc_error
from services.payments.domain.refund import RefundTimers
from tests.payments.builders import NOON
from tests.payments.refunding import money_of, paid, reason_of, yuan

_numbers = itertools.count(1)


def told(kind, payment_id: str, amount_minor: int, **changes):
    number = next(_numbers)
    fields = {
        "request_id": f"takeback-request-{number:06}",
        "payment_id": payment_id,
        "channel_takeback_no": f"T-{number:06}",
        "amount": yuan(amount_minor),
        "reason": "持卡人否认交易",
        "take_time": Timestamp(seconds=int(NOON.timestamp())),
    }
    return kind(**{**fields, **changes})


def a_reversal(payment_id: str, amount_minor: int, **changes) -> pb.RecordReversalRequest:
    return told(pb.RecordReversalRequest, payment_id, amount_minor, **changes)


def a_chargeback(payment_id: str, amount_minor: int, **changes) -> pb.RecordChargebackRequest:
    return told(pb.RecordChargebackRequest, payment_id, amount_minor, **changes)


def a_won_chargeback(fact: pb.RecordChargebackRequest, amount_minor: int, **changes) -> pb.RecordWonChargebackRequest:
    fields = {
        "request_id": f"takeback-request-{next(_numbers):06}",
        "payment_id": fact.payment_id,
        "channel_takeback_no": fact.channel_takeback_no,
        "amount": yuan(amount_minor),
        "reason": "申诉成功",
        "return_time": Timestamp(seconds=int(NOON.timestamp())),
    }
    return pb.RecordWonChargebackRequest(**{**fields, **changes})


async def refund(system, payment_id: str, amount_minor: int):
    number = next(_numbers)
    request = pb.CreateRefundRequest(
        request_id=f"takeback-refund-{number:06}",
        payment_id=payment_id,
        merchant_refund_no=f"TR-{number:06}",
        amount=yuan(amount_minor),
    )
    return (await system.refunds.CreateRefund(request)).refund


async def test_a_reversal_is_a_new_fact_and_the_payment_stays_as_it_was_paid(system):
    payment = await paid(system, 10_00)

    fact = (await system.refunds.RecordReversal(a_reversal(payment.payment_id, 10_00))).takeback

    now = (await system.payments.GetPayment(GetPaymentRequest(payment_id=payment.payment_id))).payment
    assert (fact.kind, fact.amount, fact.uncovered_amount) == (
        takeback_pb2.Takeback.KIND_REVERSAL,
        yuan(10_00),
        yuan(0),
    )
    assert (now.state, now.amount, now.pay_time) == (payment.state, payment.amount, payment.pay_time)
    assert await money_of(system, payment.payment_id) == (10_00, 0, 0)
    changes = await system.read_feed()
    assert [change.kind for change in changes] == [
        feed_pb2.PaymentChange.KIND_PAYMENT,
        feed_pb2.PaymentChange.KIND_REVERSAL,
    ]
    assert changes[1].ref_id == fact.takeback_id
    assert (changes[1].payment.version, changes[1].payment.refunded_amount) == (2, yuan(10_00))


async def test_a_chargeback_of_what_was_refunded_already_is_kept_and_told_as_uncovered(system):
    payment = await paid(system, 10_00)
    await refund(system, payment.payment_id, 7_00)

    fact = (await system.refunds.RecordChargeback(a_chargeback(payment.payment_id, 10_00))).takeback

    assert (fact.amount, fact.uncovered_amount) == (yuan(10_00), yuan(7_00))
    assert await money_of(system, payment.payment_id) == (10_00, 0, 0)
    assert (await system.read_feed())[-1].kind == feed_pb2.PaymentChange.KIND_CHARGEBACK


async def test_what_a_failed_refund_frees_covers_first_what_was_taken_meanwhile(system):
    payment = await paid(system, 10_00)
    system.model.next_refund = "PROCESSING"
    under_way = await refund(system, payment.payment_id, 8_00)
    fact = (await system.refunds.RecordChargeback(a_chargeback(payment.payment_id, 5_00))).takeback
    assert fact.uncovered_amount == yuan(3_00)
    assert await money_of(system, payment.payment_id) == (2_00, 8_00, 0)

    system.model.end_refund(under_way.merchant_refund_no, "FAILED")
    system.clock.advance(RefundTimers().base_seconds)
    await system.actions.refunds.poll_refunds()

    assert await money_of(system, payment.payment_id) == (5_00, 0, 5_00)
    listed = await system.refunds.ListTakebacks(pb.ListTakebacksRequest(payment_id=payment.payment_id))
    assert list(listed.takebacks) == [fact]


async def test_a_fact_is_taken_once_by_either_key(system):
    payment = await paid(system, 10_00)
    fact = a_chargeback(payment.payment_id, 4_00)

    first = await system.refunds.RecordChargeback(fact)
    again = await system.refunds.RecordChargeback(fact)
    other_request = a_chargeback(payment.payment_id, 4_00, channel_takeback_no=fact.channel_takeback_no)
    by_number = await system.refunds.RecordChargeback(other_request)

    assert (first.replayed, again.replayed, by_number.replayed) == (False, True, True)
    assert first.takeback == again.takeback == by_number.takeback
    assert await money_of(system, payment.payment_id) == (4_00, 0, 6_00)
    more = a_chargeback(payment.payment_id, 5_00, channel_takeback_no=fact.channel_takeback_no)
    assert await reason_of(system.refunds.RecordChargeback(more)) == "BUSINESS_KEY_REUSED"
    as_reversal = a_reversal(payment.payment_id, 4_00, request_id=fact.request_id)
    assert await reason_of(system.refunds.RecordReversal(as_reversal)) == "REQUEST_ID_REUSED"
    assert await money_of(system, payment.payment_id) == (4_00, 0, 6_00)


async def test_a_chargeback_that_was_won_is_a_new_fact_and_its_money_may_be_refunded_again(system):
    payment = await paid(system, 10_00)
    lost = a_chargeback(payment.payment_id, 10_00)
    chargeback = (await system.refunds.RecordChargeback(lost)).takeback
    taken = await money_of(system, payment.payment_id)

    request = a_won_chargeback(lost, 8_00)
    won = (await system.refunds.RecordWonChargeback(request)).takeback
    again = await system.refunds.RecordWonChargeback(request)

    assert (won.kind, won.channel_takeback_no, won.amount, won.uncovered_amount) == (
        takeback_pb2.Takeback.KIND_CHARGEBACK_WON,
        lost.channel_takeback_no,
        yuan(8_00),
        yuan(0),
    )
    assert (taken, await money_of(system, payment.payment_id)) == ((10_00, 0, 0), (2_00, 0, 8_00))
    assert (again.replayed, again.takeback) == (True, won)
    listed = await system.refunds.ListTakebacks(pb.ListTakebacksRequest(payment_id=payment.payment_id))
    assert list(listed.takebacks) == [won, chargeback]
    last = (await system.read_feed())[-1]
    assert (last.kind, last.ref_id) == (feed_pb2.PaymentChange.KIND_CHARGEBACK_WON, won.takeback_id)
    assert (last.payment.version, last.payment.refunded_amount) == (3, yuan(2_00))
    await refund(system, payment.payment_id, 8_00)
    assert await money_of(system, payment.payment_id) == (10_00, 0, 0)


async def test_a_won_chargeback_makes_up_first_for_what_was_uncovered(system):
    payment = await paid(system, 10_00)
    await refund(system, payment.payment_id, 7_00)
    lost = a_chargeback(payment.payment_id, 10_00)
    await system.refunds.RecordChargeback(lost)

    won = (await system.refunds.RecordWonChargeback(a_won_chargeback(lost, 9_00))).takeback

    assert won.uncovered_amount == yuan(7_00)
    assert await money_of(system, payment.payment_id) == (8_00, 0, 2_00)


async def test_a_chargeback_that_cannot_have_been_won_so_is_refused_and_nothing_is_changed(system):
    payment, other = await paid(system, 10_00), await paid(system, 10_00)
    lost, reversal = a_chargeback(payment.payment_id, 4_00), a_reversal(payment.payment_id, 1_00)
    await system.refunds.RecordChargeback(lost)
    await system.refunds.RecordReversal(reversal)

    wrong = [
        (a_won_chargeback(lost, 4_01), "amount", "CHARGEBACK_AMOUNT"),
        (a_won_chargeback(lost, 4_00, payment_id=other.payment_id), "channel_takeback_no", "CHARGEBACK_KNOWN"),
        (a_won_chargeback(lost, 4_00, channel_takeback_no="NEVER"), "channel_takeback_no", "CHARGEBACK_KNOWN"),
        (a_won_chargeback(reversal, 1_00), "channel_takeback_no", "CHARGEBACK_KNOWN"),
        (
            a_won_chargeback(lost, 4_00, return_time=Timestamp(seconds=int(NOON.timestamp()) + 3_600)),
            "return_time",
            "TIME_AHEAD",
        ),
    ]
    for request, field, rule in wrong:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await system.refunds.RecordWonChargeback(request)
        (found,) = from_rpc_error(refused.value).fields
        assert (found.field, found.rule) == (field, rule)
        assert not found.message_zh.isascii()

    assert await money_of(system, payment.payment_id) == (5_00, 0, 5_00)
    assert await money_of(system, other.payment_id) == (0, 0, 10_00)
    await system.refunds.RecordWonChargeback(a_won_chargeback(lost, 1_00))  # the number was free
    twice = a_won_chargeback(lost, 3_00)
    assert await reason_of(system.refunds.RecordWonChargeback(twice)) == "BUSINESS_KEY_REUSED"


async def test_a_fact_that_cannot_be_is_refused_and_stores_nothing(system):
    payment = await paid(system, 10_00)
    before = await system.row_counts()

    more = a_reversal(payment.payment_id, 10_01)
    ahead = a_reversal(payment.payment_id, 1, take_time=Timestamp(seconds=int(NOON.timestamp()) + 3_600))
    dollars = a_reversal(payment.payment_id, 1, amount=money_pb2.Money(currency_code="USD", amount_minor=1))

    assert await reason_of(system.refunds.RecordReversal(more)) == "REFUND_EXCEEDS"
    assert await reason_of(system.refunds.RecordReversal(ahead)) == "INVALID_FIELD"
    assert await reason_of(system.refunds.RecordReversal(dollars)) == "INVALID_FIELD"
    assert await reason_of(system.refunds.RecordReversal(a_reversal("pay_none", 1))) == "NOT_FOUND"
    assert await system.row_counts() == before
    async with system.engine.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM takebacks")) == 0
        assert await connection.scalar(text("SELECT count(*) FROM refund_keys")) == 0


async def test_facts_are_listed_newest_first_by_page_and_kind(system):
    payment = await paid(system, 10_00)
    reversal = (await system.refunds.RecordReversal(a_reversal(payment.payment_id, 1_00))).takeback
    chargeback = (await system.refunds.RecordChargeback(a_chargeback(payment.payment_id, 1_00))).takeback

    first = await system.refunds.ListTakebacks(pb.ListTakebacksRequest(page_size=1))
    second = await system.refunds.ListTakebacks(pb.ListTakebacksRequest(page_size=1, page_token=first.next_page_token))
    of_kind = await system.refunds.ListTakebacks(
        pb.ListTakebacksRequest(kind=takeback_pb2.Takeback.KIND_REVERSAL, merchant_id="wuhan-water")
    )

    assert [*first.takebacks, *second.takebacks] == [chargeback, reversal]
    assert second.next_page_token == ""
    assert list(of_kind.takebacks) == [reversal]


async def test_the_largest_amounts_that_64_bits_hold_are_refused_or_taken_and_break_nothing(system):
    most = 2**63 - 1
    payment = await paid(system, most)
    await refund(system, payment.payment_id, 1)

    number = next(_numbers)
    greedy = pb.CreateRefundRequest(
        request_id=f"takeback-refund-{number:06}",
        payment_id=payment.payment_id,
        merchant_refund_no=f"TR-{number:06}",
        amount=yuan(most),
    )
    assert await reason_of(system.refunds.CreateRefund(greedy)) == "REFUND_EXCEEDS"
    first = await system.refunds.RecordChargeback(a_chargeback(payment.payment_id, most))
    second = await reason_of(system.refunds.RecordChargeback(a_chargeback(payment.payment_id, most)))

    assert first.takeback.uncovered_amount == yuan(1)
    assert second == "REFUND_EXCEEDS"
    assert await money_of(system, payment.payment_id) == (most, 0, 0)
