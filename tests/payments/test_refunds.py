"""Refunds over the socket: reserved before the channel is asked, settled by its word, never more than was paid."""

import asyncio
import itertools
from datetime import timedelta

import grpc
import pytest
from bihuan.payments.v1 import feed_pb2, payment_pb2, refund_pb2
from bihuan.payments.v1 import refund_service_pb2 as pb
from bihuan.payments.v1.channel_service_pb2 import IngestCallbackRequest
from bihuan.payments.v1.payment_service_pb2 import GetPaymentRequest
from bihuan.type.v1 import money_pb2
from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy import text

from chassis.errors import from_rpc_error
from services.payments.convert.refund import to_asked, to_fingerprint
from services.payments.domain.refund import RefundTimers
from tests.payments.builders import NOON, a_request
from tests.payments.starting import REPEATED, TAKEN, confirmed, started

SUCCEEDED, FAILED = refund_pb2.Refund.STATE_SUCCEEDED, refund_pb2.Refund.STATE_FAILED
PROCESSING, UNKNOWN = refund_pb2.Refund.STATE_PROCESSING, refund_pb2.Refund.STATE_UNKNOWN
_numbers = itertools.count(1)


def yuan(amount_minor: int) -> money_pb2.Money:
    return money_pb2.Money(currency_code="CNY", amount_minor=amount_minor)


def a_refund(payment_id: str, amount_minor: int, **changes) -> pb.CreateRefundRequest:
    number = next(_numbers)
    fields = {
        "request_id": f"refund-request-{number:06}",
        "payment_id": payment_id,
        "merchant_refund_no": f"R-{number:06}",
        "amount": yuan(amount_minor),
        "reason": "多缴退费",
    }
    return pb.CreateRefundRequest(**{**fields, **changes})


def a_done_refund(payment_id: str, amount_minor: int, **changes) -> pb.RecordRefundRequest:
    number = next(_numbers)
    fields = {
        "request_id": f"refund-request-{number:06}",
        "payment_id": payment_id,
        "merchant_refund_no": f"R-{number:06}",
        "amount": yuan(amount_minor),
        "channel_refund_no": f"5000{number:06}",
        "finish_time": Timestamp(seconds=int(NOON.timestamp())),
    }
    return pb.RecordRefundRequest(**{**fields, **changes})


async def paid(
    system, amount_minor: int = 10_00, channel: str = "model_pay", merchant_id: str = "wuhan-water"
) -> payment_pb2.Payment:
    """A payment that the platform told of, and that stands in the model channel's book."""
    request = a_request(amount=yuan(amount_minor), channel=channel, merchant_id=merchant_id)
    answer = await system.payments.RecordPayment(request)
    content = answer.payment
    amount = (content.amount.currency_code, content.amount.amount_minor)
    system.book_paid(content.merchant_order_no, amount, content.channel_txn_no)
    return content


async def money_of(system, payment_id: str) -> tuple[int, int, int]:
    """Refunded, reserved and refundable."""
    payment = (await system.payments.GetPayment(GetPaymentRequest(payment_id=payment_id))).payment
    parts = (payment.refunded_amount, payment.refund_reserved_amount, payment.refundable_amount)
    assert sum(part.amount_minor for part in parts) == payment.amount.amount_minor
    return tuple(part.amount_minor for part in parts)


async def reason_of(call) -> str:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call
    return from_rpc_error(refused.value).reason


async def get(system, refund_id: str) -> refund_pb2.Refund:
    return (await system.refunds.GetRefund(pb.GetRefundRequest(refund_id=refund_id))).refund


async def test_parts_of_a_payment_go_back_until_nothing_is_left(system):
    payment = await paid(system, 10_00)

    first = (await system.refunds.CreateRefund(a_refund(payment.payment_id, 3_00))).refund
    second = (await system.refunds.CreateRefund(a_refund(payment.payment_id, 7_00))).refund

    assert (first.state, second.state) == (SUCCEEDED, SUCCEEDED)
    assert first.channel_refund_no == f"ch-{first.merchant_refund_no}"
    assert await money_of(system, payment.payment_id) == (10_00, 0, 0)
    assert system.model.given_back(payment.merchant_order_no) == 10_00
    assert await reason_of(system.refunds.CreateRefund(a_refund(payment.payment_id, 1))) == "REFUND_EXCEEDS"


async def test_each_step_of_a_refund_is_a_change_of_the_payment_in_the_feed(system):
    payment = await paid(system, 10_00)

    refund = (await system.refunds.CreateRefund(a_refund(payment.payment_id, 4_00))).refund

    changes = await system.read_feed()
    assert [change.payment.version for change in changes] == [1, 2, 3]
    assert [change.kind for change in changes[1:]] == [feed_pb2.PaymentChange.KIND_REFUND] * 2
    assert {change.ref_id for change in changes[1:]} == {refund.refund_id}
    told = [
        (
            each.refunded_amount.amount_minor,
            each.refund_reserved_amount.amount_minor,
            each.refundable_amount.amount_minor,
        )
        for each in (change.payment for change in changes)
    ]
    assert told == [(0, 0, 10_00), (0, 4_00, 6_00), (4_00, 0, 6_00)]
    assert {change.payment.state for change in changes} == {payment_pb2.Payment.STATE_SUCCEEDED}


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


async def test_a_refund_that_the_channel_refuses_frees_its_amount_and_tells_why(system):
    payment = await paid(system, 10_00)
    system.model.next_refund = "REFUSED"

    refund = (await system.refunds.CreateRefund(a_refund(payment.payment_id, 4_00))).refund

    assert (refund.state, refund.cause) == (FAILED, "NOT_ENOUGH the merchant's account is empty")
    assert refund.HasField("finish_time")
    assert await money_of(system, payment.payment_id) == (0, 0, 10_00)


@pytest.mark.parametrize(
    ("lost", "calls"),
    [("AFTER", ["refund", "query_refund"]), ("BEFORE", ["refund", "query_refund", "query_refund", "refund"])],
)
async def test_a_refund_whose_answer_was_lost_keeps_its_amount_until_the_channel_says_what_became_of_it(
    system, lost, calls
):
    payment = await paid(system, 10_00)
    system.model.lost = lost

    refund = (await system.refunds.CreateRefund(a_refund(payment.payment_id, 8_00))).refund

    assert (refund.state, refund.cause) == (UNKNOWN, "TIMEOUT")
    assert await money_of(system, payment.payment_id) == (0, 8_00, 2_00)
    assert await reason_of(system.refunds.CreateRefund(a_refund(payment.payment_id, 3_00))) == "REFUND_EXCEEDS"

    for wait_seconds in (RefundTimers().base_seconds, RefundTimers().absence_seconds):
        system.clock.advance(wait_seconds)
        await system.actions.refunds.poll_refunds()

    assert (await get(system, refund.refund_id)).state == SUCCEEDED
    assert await money_of(system, payment.payment_id) == (8_00, 0, 2_00)
    assert system.model.given_back(payment.merchant_order_no) == 8_00
    assert system.model.calls == calls


async def test_a_refund_that_fails_after_the_channel_took_it_frees_its_amount_then(system):
    payment = await paid(system, 10_00)
    system.model.next_refund = "PROCESSING"
    refund = (await system.refunds.CreateRefund(a_refund(payment.payment_id, 8_00))).refund
    assert refund.state == PROCESSING
    assert await money_of(system, payment.payment_id) == (0, 8_00, 2_00)

    system.model.end_refund(refund.merchant_refund_no, "FAILED")
    system.clock.advance(RefundTimers().base_seconds)
    await system.actions.refunds.poll_refunds()

    ended = await get(system, refund.refund_id)
    assert (ended.state, ended.cause) == (FAILED, "REFUND_CLOSED the payer's card is closed")
    assert ended.channel_refund_no == refund.channel_refund_no
    assert await money_of(system, payment.payment_id) == (0, 0, 10_00)


async def test_a_refund_whose_asker_died_falls_due_when_the_lease_ends_and_is_done_once(system, monkeypatch):
    payment = await paid(system, 10_00)

    async def die(order):
        await system.model.__class__.refund(system.model, order)
        raise asyncio.CancelledError

    asked = a_refund(payment.payment_id, 4_00)
    with monkeypatch.context() as patched:
        patched.setattr(system.model, "refund", die)
        with pytest.raises(asyncio.CancelledError):
            await system.actions.refunds.create_refund(asked.request_id, to_fingerprint(asked), to_asked(asked))
    assert await money_of(system, payment.payment_id) == (0, 4_00, 6_00)
    assert await system.actions.refunds.poll_refunds() == 0

    system.clock.advance(RefundTimers().lease_seconds)
    assert await system.actions.refunds.poll_refunds() == 1

    assert await money_of(system, payment.payment_id) == (4_00, 0, 6_00)
    assert system.model.given_back(payment.merchant_order_no) == 4_00


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


async def test_what_nobody_could_learn_for_long_waits_for_a_person_and_can_be_asked_again(system):
    payment = await paid(system, 10_00)
    system.model.next_refund = "PROCESSING"
    refund = (await system.refunds.CreateRefund(a_refund(payment.payment_id, 4_00))).refund

    system.clock.advance(RefundTimers().age_seconds_max)
    await system.actions.refunds.poll_refunds()
    given_up = await get(system, refund.refund_id)
    listed = await system.refunds.ListRefunds(pb.ListRefundsRequest(needs_attention=True))
    polled_later = await system.actions.refunds.poll_refunds()
    system.model.end_refund(refund.merchant_refund_no, "DONE")
    ended = (await system.refunds.ConfirmRefund(pb.ConfirmRefundRequest(refund_id=refund.refund_id))).refund

    assert (given_up.state, given_up.HasField("next_try_time")) == (PROCESSING, False)
    assert given_up.HasField("attention_time")
    assert [each.refund_id for each in listed.refunds] == [refund.refund_id]
    assert polled_later == 0
    assert (ended.state, ended.HasField("attention_time")) == (SUCCEEDED, False)
    assert await money_of(system, payment.payment_id) == (4_00, 0, 6_00)


async def test_two_pollers_never_ask_about_the_same_refund(system):
    payment = await paid(system, 10_00)
    system.model.next_refund = "PROCESSING"
    for _ in range(5):
        await system.refunds.CreateRefund(a_refund(payment.payment_id, 1_00))
    system.clock.advance(RefundTimers().base_seconds)
    system.model.calls.clear()

    polled = await asyncio.gather(*(system.actions.refunds.poll_refunds() for _ in range(2)))

    assert sum(polled) == 5
    assert system.model.calls == ["query_refund"] * 5


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


async def test_two_hundred_refunds_at_once_never_exceed_the_payment(system):
    payment = await paid(system, 100_00)

    asked = [a_refund(payment.payment_id, 1_00 + 7 * (number % 40)) for number in range(200)]
    answers = await asyncio.gather(*map(system.refunds.CreateRefund, asked), return_exceptions=True)

    refused = [from_rpc_error(each).reason for each in answers if isinstance(each, grpc.aio.AioRpcError)]
    given = [each.refund.amount.amount_minor for each in answers if isinstance(each, pb.CreateRefundResponse)]
    refunded, reserved, left = await money_of(system, payment.payment_id)
    assert (sum(given), reserved) == (refunded, 0)
    assert system.model.given_back(payment.merchant_order_no) == refunded
    assert left < max(each.amount.amount_minor for each in asked)
    assert set(refused) == {"REFUND_EXCEEDS"}
    assert len(given) + len(refused) == 200


async def test_a_callback_ends_a_refund_and_whatever_else_is_asked_later_changes_nothing(system):
    payment = await paid(system, 10_00)
    system.model.next_refund = "PROCESSING"
    refund = (await system.refunds.CreateRefund(a_refund(payment.payment_id, 4_00))).refund
    system.model.end_refund(refund.merchant_refund_no, "DONE")
    headers, body = system.model.refund_callback(refund.merchant_refund_no)
    callback = IngestCallbackRequest(account_id="model", headers=headers, body=body)

    taken = await system.channels.IngestCallback(callback)
    again = await system.channels.IngestCallback(callback)
    asked_later = await system.refunds.ConfirmRefund(pb.ConfirmRefundRequest(refund_id=refund.refund_id))

    assert (taken.outcome, again.outcome) == (TAKEN, REPEATED)
    assert asked_later.refund.state == SUCCEEDED
    assert await money_of(system, payment.payment_id) == (4_00, 0, 6_00)
    assert system.model.calls == ["refund"]


async def test_a_payment_that_has_not_succeeded_has_nothing_to_give_back(system):
    payment = await started(system, amount=yuan(10_00))

    assert await reason_of(system.refunds.CreateRefund(a_refund(payment.payment_id, 1))) == "NOT_REFUNDABLE"
    assert await reason_of(system.refunds.RecordRefund(a_done_refund(payment.payment_id, 1))) == "NOT_REFUNDABLE"
    system.model.pay(payment.merchant_order_no)
    await confirmed(system, payment.payment_id)

    assert (await system.refunds.CreateRefund(a_refund(payment.payment_id, 10_00))).refund.state == SUCCEEDED


async def test_the_fee_is_taken_once_by_the_rule_of_that_day_and_stays(system):
    recorded, early = await paid(system, 10_00), await started(system, amount=yuan(4_17))
    assert not early.HasField("fee")
    system.model.pay(early.merchant_order_no)
    late = await confirmed(system, early.payment_id)

    await system.refunds.CreateRefund(a_refund(recorded.payment_id, 10_00))

    kept = (await system.payments.GetPayment(GetPaymentRequest(payment_id=recorded.payment_id))).payment
    assert kept.fee == recorded.fee == fee_of(6)
    assert late.fee == fee_of(3)  # 0.6 % of 4.17, half up
    told = [(each.payment.payment_id, each.payment.HasField("fee")) for each in await system.read_feed()]
    assert {has_fee for payment_id, has_fee in told if payment_id == recorded.payment_id} == {True}
    assert [has_fee for payment_id, has_fee in told if payment_id == late.payment_id] == [False, False, True]


def fee_of(amount_minor: int) -> payment_pb2.FeeSnapshot:
    return payment_pb2.FeeSnapshot(fee_rule_id="model-2026", rate_ppm=6_000, amount=yuan(amount_minor))


async def test_a_number_whose_refund_is_archived_stays_taken(system):
    payment, later = await paid(system), await paid(system)
    asked = a_refund(payment.payment_id, 1_00)
    await system.refunds.CreateRefund(asked)
    async with system.engine.begin() as connection:  # as when its month is dropped
        await connection.execute(text("DELETE FROM refunds"))

    again = a_refund(later.payment_id, 1_00, merchant_refund_no=asked.merchant_refund_no)

    assert await reason_of(system.refunds.CreateRefund(again)) == "PAYMENT_ARCHIVED"
    assert await money_of(system, later.payment_id) == (0, 0, 10_00)


async def test_a_question_asked_later_is_a_trace_of_its_own_that_leads_back_to_the_refund(system, spans):
    payment = await paid(system)
    system.model.next_refund = "PROCESSING"
    refund = (await system.refunds.CreateRefund(a_refund(payment.payment_id, 1_00))).refund
    system.clock.advance(RefundTimers().base_seconds)

    await system.actions.refunds.poll_refunds()

    ended = {span.name: span for span in spans.get_finished_spans()}
    polled, created = ended["poll_refund"], ended["create_refund"]
    assert polled.attributes["bihuan.refund_id"] == refund.refund_id
    assert polled.context.trace_id != created.context.trace_id
    assert [link.context.trace_id for link in polled.links] == [created.context.trace_id]
