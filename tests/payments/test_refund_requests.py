"""What may be asked of refunds, and how often: keys that hold for ever, refusals that leave nothing, lists."""

from datetime import timedelta

import grpc
import pytest
from bihuan.payments.v1 import refund_pb2
from bihuan.payments.v1 import refund_service_pb2 as pb
from bihuan.type.v1 import money_pb2
from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy import text

from chassis.errors import from_rpc_error
from tests.payments.builders import NOON
from tests.payments.refunding import FAILED, SUCCEEDED, a_done_refund, a_refund, money_of, paid, reason_of, yuan
from tests.payments.starting import confirmed, started


async def test_more_than_is_left_is_refused_and_its_keys_stay_free(system):
    payment = await paid(system, 10_00)
    await system.refunds.CreateRefund(a_refund(payment.payment_id, 6_00))
    before = await system.row_counts()
    greedy = a_refund(payment.payment_id, 4_01)

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await system.refunds.CreateRefund(greedy)

    fault = from_rpc_error(refused.value)
    assert fault.reason == "REFUND_EXCEEDS"
    assert fault.metadata == {"refundable_minor": "400", "currency_code": "CNY"}
    assert fault.message_zh == "超过该支付单的可退金额 4.00 CNY"
    assert await system.row_counts() == before
    greedy.amount.amount_minor = 4_00
    assert (await system.refunds.CreateRefund(greedy)).refund.state == SUCCEEDED


async def test_a_repeat_gives_the_refund_that_exists_and_asks_the_channel_nothing(system):
    payment = await paid(system, 10_00)
    asked = a_refund(payment.payment_id, 4_00)
    first = await system.refunds.CreateRefund(asked)

    again = await system.refunds.CreateRefund(asked)
    other_request = pb.CreateRefundRequest()
    other_request.CopyFrom(asked)
    other_request.request_id = "another-request"
    by_number = await system.refunds.CreateRefund(other_request)

    assert (first.replayed, again.replayed, by_number.replayed) == (False, True, True)
    assert again.refund == by_number.refund == first.refund
    assert system.model.calls == ["refund"]
    assert await money_of(system, payment.payment_id) == (4_00, 0, 6_00)


async def test_a_key_that_was_used_for_another_refund_is_refused_and_changes_nothing(system):
    payment, other = await paid(system, 10_00), await paid(system, 10_00)
    asked = a_refund(payment.payment_id, 4_00)
    await system.refunds.CreateRefund(asked)
    number, request_id = asked.merchant_refund_no, asked.request_id

    reused = a_refund(payment.payment_id, 5_00, merchant_refund_no=number)
    elsewhere = a_refund(other.payment_id, 4_00, merchant_refund_no=number)
    told = a_done_refund(payment.payment_id, 4_00, merchant_refund_no=number)
    renumbered = a_refund(payment.payment_id, 4_00, request_id=request_id)

    assert await reason_of(system.refunds.CreateRefund(reused)) == "BUSINESS_KEY_REUSED"
    assert await reason_of(system.refunds.CreateRefund(elsewhere)) == "BUSINESS_KEY_REUSED"
    assert await reason_of(system.refunds.RecordRefund(told)) == "BUSINESS_KEY_REUSED"
    assert await reason_of(system.refunds.CreateRefund(renumbered)) == "REQUEST_ID_REUSED"
    assert await money_of(system, payment.payment_id) == (4_00, 0, 6_00)
    assert await money_of(system, other.payment_id) == (0, 0, 10_00)


async def test_two_merchants_of_one_account_cannot_give_it_the_same_refund_number(system):
    payment = await paid(system, 10_00)
    other = await paid(system, 10_00, merchant_id="wuhan-gas")
    first = a_refund(payment.payment_id, 4_00)
    await system.refunds.CreateRefund(first)

    same = a_refund(other.payment_id, 4_00, merchant_refund_no=first.merchant_refund_no)

    assert await reason_of(system.refunds.CreateRefund(same)) == "BUSINESS_KEY_REUSED"
    assert await money_of(system, other.payment_id) == (0, 0, 10_00)
    told = a_done_refund(other.payment_id, 4_00, merchant_refund_no=first.merchant_refund_no)
    assert (await system.refunds.RecordRefund(told)).refund.state == SUCCEEDED


async def test_a_channel_without_an_account_here_is_refunded_elsewhere_and_told(system):
    payment = await paid(system, 10_00, channel="wechat_pay")

    refused = await reason_of(system.refunds.CreateRefund(a_refund(payment.payment_id, 4_00)))
    assert refused == "CHANNEL_NOT_CONFIGURED"
    told = a_done_refund(payment.payment_id, 4_00)
    refund = (await system.refunds.RecordRefund(told)).refund
    again = await system.refunds.RecordRefund(told)

    assert (refund.state, refund.origin) == (SUCCEEDED, refund_pb2.Refund.ORIGIN_RECORDED)
    assert again.replayed
    assert again.refund == refund
    assert await money_of(system, payment.payment_id) == (4_00, 0, 6_00)
    assert await reason_of(system.refunds.RecordRefund(a_done_refund(payment.payment_id, 6_01))) == "REFUND_EXCEEDS"
    assert await money_of(system, payment.payment_id) == (4_00, 0, 6_00)


async def test_what_cannot_be_refunded_is_refused_by_its_reason(system):
    payment = await paid(system)
    dollars = a_refund(payment.payment_id, 1, amount=money_pb2.Money(currency_code="USD", amount_minor=1))
    tomorrow = Timestamp(seconds=int((NOON + timedelta(days=1)).timestamp()))

    assert await reason_of(system.refunds.CreateRefund(a_refund("pay_none", 1))) == "NOT_FOUND"
    assert await reason_of(system.refunds.CreateRefund(dollars)) == "INVALID_FIELD"
    assert await reason_of(system.refunds.CreateRefund(a_refund(payment.payment_id, 0))) == "INVALID_FIELD"
    early = a_done_refund(payment.payment_id, 1, finish_time=tomorrow)
    assert await reason_of(system.refunds.RecordRefund(early)) == "INVALID_FIELD"
    assert await reason_of(system.refunds.GetRefund(pb.GetRefundRequest(refund_id="ref_none"))) == "NOT_FOUND"
    assert await reason_of(system.refunds.ConfirmRefund(pb.ConfirmRefundRequest(refund_id="ref_none"))) == "NOT_FOUND"
    assert await money_of(system, payment.payment_id) == (0, 0, 10_00)


async def test_refunds_are_listed_newest_first_by_page_and_filter(system):
    payment, other = await paid(system), await paid(system)
    made = [(await system.refunds.CreateRefund(a_refund(payment.payment_id, 1_00))).refund for _ in range(3)]
    system.model.next_refund = "REFUSED"
    refused = (await system.refunds.CreateRefund(a_refund(other.payment_id, 1_00))).refund

    async def listed(**wanted):
        answer = await system.refunds.ListRefunds(pb.ListRefundsRequest(**wanted))
        return [refund.refund_id for refund in answer.refunds], answer.next_page_token

    newest_first = [refused.refund_id, *(refund.refund_id for refund in reversed(made))]
    first_page, token = await listed(page_size=3)
    last_page, end = await listed(page_size=3, page_token=token)
    assert (first_page + last_page, end) == (newest_first, "")
    assert await listed(payment_id=payment.payment_id) == (newest_first[1:], "")
    assert await listed(state=FAILED) == ([refused.refund_id], "")
    number = made[0].merchant_refund_no
    assert await listed(merchant_id="wuhan-water", merchant_refund_no=number) == ([made[0].refund_id], "")
    assert (
        await reason_of(system.refunds.ListRefunds(pb.ListRefundsRequest(merchant_refund_no=number))) == "INVALID_FIELD"
    )
    wrong = pb.ListRefundsRequest(page_token=token, state=FAILED)
    assert await reason_of(system.refunds.ListRefunds(wrong)) == "INVALID_PAGE_TOKEN"


async def test_a_payment_that_has_not_succeeded_has_nothing_to_give_back(system):
    payment = await started(system, amount=yuan(10_00))

    assert await reason_of(system.refunds.CreateRefund(a_refund(payment.payment_id, 1))) == "NOT_REFUNDABLE"
    assert await reason_of(system.refunds.RecordRefund(a_done_refund(payment.payment_id, 1))) == "NOT_REFUNDABLE"
    system.model.pay(payment.merchant_order_no)
    await confirmed(system, payment.payment_id)

    assert (await system.refunds.CreateRefund(a_refund(payment.payment_id, 10_00))).refund.state == SUCCEEDED


async def test_a_number_whose_refund_is_archived_stays_taken(system):
    payment, later = await paid(system), await paid(system)
    asked = a_refund(payment.payment_id, 1_00)
    await system.refunds.CreateRefund(asked)
    async with system.engine.begin() as connection:  # as when its month is dropped
        await connection.execute(text("DELETE FROM refunds"))

    again = a_refund(later.payment_id, 1_00, merchant_refund_no=asked.merchant_refund_no)

    assert await reason_of(system.refunds.CreateRefund(again)) == "PAYMENT_ARCHIVED"
    assert await money_of(system, later.payment_id) == (0, 0, 10_00)
