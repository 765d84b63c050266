"""Payments that start here, over the socket: kept before the channel is asked, and moved by its word alone."""

import asyncio
from datetime import timedelta

import grpc
import pytest
from bihuan.payments.v1 import feed_pb2, payment_pb2
from bihuan.payments.v1 import payment_service_pb2 as pb
from bihuan.payments.v1.payment_feed_service_pb2 import GetSliceManifestRequest
from bihuan.type.v1 import money_pb2

from chassis.errors import from_rpc_error
from services.payments.channels import Unfit
from tests.payments.builders import NOON, NOTHING, a_request
from tests.payments.starting import (
    CLOSED,
    CREATED,
    FAILED,
    PROCESSING,
    SUCCEEDED,
    UNKNOWN,
    a_close,
    a_start,
    confirmed,
    instant,
    order_row,
    standing,
    started,
)


async def refusal(call):
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call
    return from_rpc_error(refused.value)


async def test_a_payment_that_starts_is_at_its_channel_and_the_payer_has_something_to_open(system):
    request = a_start()

    answer = await system.payments.CreatePayment(request)

    payment = answer.payment
    assert answer.code_url == f"model://{request.merchant_order_no}"
    assert not answer.replayed
    assert (payment.state, payment.origin) == (PROCESSING, payment_pb2.Payment.ORIGIN_STARTED_HERE)
    assert (payment.amount, payment.version) == (request.amount, 2)
    assert payment.expire_time.ToDatetime() == (NOON + timedelta(hours=2)).replace(tzinfo=None)
    assert not payment.HasField("pay_time")
    assert (payment.channel_txn_no, payment.business_date) == ("", "")
    assert await standing(system, payment.payment_id) == payment
    assert system.model.orders[request.merchant_order_no].amount.amount_minor == 12_30


async def test_what_is_paid_is_known_when_it_is_asked_for_and_the_feed_tells_each_step(system):
    payment = await started(system)
    system.clock.advance(60)
    system.model.pay(payment.merchant_order_no)

    found = await confirmed(system, payment.payment_id)

    assert (found.state, found.version) == (SUCCEEDED, 3)
    assert found.channel_txn_no == f"txn-{payment.merchant_order_no}"
    assert found.pay_time.ToDatetime() == (NOON + timedelta(seconds=60)).replace(tzinfo=None)
    assert found.business_date == "2026-03-01"
    changes = await system.read_feed()
    assert [change.payment.state for change in changes] == [CREATED, PROCESSING, SUCCEEDED]
    assert {change.kind for change in changes} == {feed_pb2.PaymentChange.KIND_PAYMENT}
    assert (await order_row(system, payment.payment_id))["next_poll_time"] is None


async def test_the_same_request_again_is_the_same_payment_and_the_channel_is_not_asked_twice(system):
    request = a_start()

    first = await system.payments.CreatePayment(request)
    again = await system.payments.CreatePayment(request)
    under_another_request_id = pb.CreatePaymentRequest()
    under_another_request_id.CopyFrom(request)
    under_another_request_id.request_id = "start-another-request"
    other = await system.payments.CreatePayment(under_another_request_id)

    assert again.replayed
    assert other.replayed
    assert again.payment == other.payment == first.payment
    assert again.code_url == first.code_url
    assert system.model.calls == ["prepay"]


async def test_twenty_of_the_same_request_at_once_are_one_payment(system):
    request = a_start()

    answers = await asyncio.gather(*(system.payments.CreatePayment(request) for _ in range(20)))

    assert {answer.payment.payment_id for answer in answers} == {answers[0].payment.payment_id}
    assert sum(not answer.replayed for answer in answers) == 1
    assert {answer.payment.state for answer in answers} <= {CREATED, PROCESSING}
    assert (await standing(system, answers[0].payment.payment_id)).state == PROCESSING


async def test_a_key_with_other_content_is_refused_and_starts_nothing(system):
    request = a_start()
    await system.payments.CreatePayment(request)
    before = await system.row_counts()

    for changes in (
        {"amount": money_pb2.Money(currency_code="CNY", amount_minor=1)},
        {"description": "电费"},
        {"bill_no": "another"},
        {"expire_time": instant(NOON + timedelta(hours=1))},
    ):
        other = pb.CreatePaymentRequest()
        other.CopyFrom(request)
        other.MergeFrom(pb.CreatePaymentRequest(**changes))
        same_request_id = await refusal(system.payments.CreatePayment(other))
        other.request_id = "start-another-request"
        same_order = await refusal(system.payments.CreatePayment(other))

        assert (same_request_id.reason, same_order.reason) == ("REQUEST_ID_REUSED", "BUSINESS_KEY_REUSED")
    assert await system.row_counts() == before
    assert system.model.calls == ["prepay"]


async def test_an_order_that_was_recorded_cannot_be_started_as_well(system):
    recorded = a_request(channel="model_pay")
    await system.payments.RecordPayment(recorded)

    fault = await refusal(
        system.payments.CreatePayment(a_start(merchant_order_no=recorded.merchant_order_no, bill_no=recorded.bill_no))
    )

    assert fault.reason == "BUSINESS_KEY_REUSED"


async def test_two_merchants_of_one_account_cannot_have_one_number_at_the_channel(system):
    first = a_start(merchant_id="wuhan-water")
    await system.payments.CreatePayment(first)

    fault = await refusal(
        system.payments.CreatePayment(
            a_start(merchant_id="wuhan-power", merchant_order_no=first.merchant_order_no, bill_no=first.bill_no)
        )
    )

    assert fault.reason == "BUSINESS_KEY_REUSED"
    assert fault.metadata["account_id"] == "model"
    assert (await system.row_counts())["payments"] == 1


_SPLIT = payment_pb2.PaymentSplit(bill_no="B1", amount={"currency_code": "CNY", "amount_minor": 1})
_REFUSED = (
    ({"channel": "no_pay"}, "CHANNEL_NOT_CONFIGURED", ""),
    ({"expire_time": instant(NOON + timedelta(seconds=30))}, "INVALID_FIELD", "expire_time"),
    ({"expire_time": instant(NOON + timedelta(days=16))}, "INVALID_FIELD", "expire_time"),
    ({"description": ""}, "INVALID_FIELD", "description"),
    ({"amount": money_pb2.Money(currency_code="CNY", amount_minor=0)}, "INVALID_FIELD", "amount"),
    ({"amount": money_pb2.Money(currency_code="ZZZ", amount_minor=1)}, "UNKNOWN_CURRENCY", "amount.currency_code"),
    ({"splits": [_SPLIT]}, "INVALID_FIELD", "bill_no"),
)


async def test_a_request_that_cannot_be_started_says_why_keeps_nothing_and_asks_nobody(system):
    for changes, reason, field in _REFUSED:
        fault = await refusal(system.payments.CreatePayment(a_start(**changes)))

        assert fault.reason == reason, changes
        assert fault.message_zh
        assert field in {"", *(each.field for each in fault.fields)}, changes
    assert await system.row_counts() == NOTHING
    assert system.model.calls == []


async def test_what_the_channels_contract_rules_out_is_refused_before_it_is_asked(system, monkeypatch):
    unfit = Unfit("merchant_order_no", "CHANNEL_FORM", "must be shorter", "过长")
    monkeypatch.setattr(system.model, "unfit", lambda order: unfit)

    fault = await refusal(system.payments.CreatePayment(a_start()))

    assert [(each.field, each.rule) for each in fault.fields] == [("merchant_order_no", "CHANNEL_FORM")]
    assert await system.row_counts() == NOTHING


async def test_a_request_that_was_refused_has_burnt_no_key(system):
    request = a_start(expire_time=instant(NOON + timedelta(seconds=30)))
    await refusal(system.payments.CreatePayment(request))

    request.expire_time.CopyFrom(instant(NOON + timedelta(hours=1)))
    answer = await system.payments.CreatePayment(request)

    assert (answer.replayed, answer.payment.state) == (False, PROCESSING)


@pytest.mark.parametrize("side", ["BEFORE", "AFTER"])
async def test_an_answer_that_was_lost_leaves_the_payment_unknown_and_the_same_request_asks_again(system, side):
    system.model.lost = side
    request = a_start()

    first = await system.payments.CreatePayment(request)
    again = await system.payments.CreatePayment(request)

    assert (first.payment.state, first.code_url) == (UNKNOWN, "")
    assert (again.payment.state, again.code_url) == (PROCESSING, f"model://{request.merchant_order_no}")
    assert again.replayed
    assert (await order_row(system, first.payment.payment_id))["ask_count"] == 2


async def test_a_payment_whose_answer_was_lost_and_that_was_paid_is_found_paid_and_never_guessed(system):
    system.model.lost = "AFTER"
    payment = await started(system)
    system.model.pay(payment.merchant_order_no)
    system.model.lost = "BEFORE"

    silent = await confirmed(system, payment.payment_id)
    heard = await confirmed(system, payment.payment_id)

    assert (silent.state, heard.state) == (UNKNOWN, SUCCEEDED)


async def test_a_refusal_of_the_only_ask_is_the_end_of_the_payment(system):
    order_no = a_start().merchant_order_no
    system.model.refuse(order_no)

    payment = await started(system, merchant_order_no=order_no)

    assert (payment.state, payment.cause) == (FAILED, "PARAM_ERROR the model refuses")
    assert (await order_row(system, payment.payment_id))["next_poll_time"] is None


async def test_a_refusal_after_an_ask_whose_answer_was_lost_is_not_the_end_of_the_payment(system):
    system.model.lost = "AFTER"
    request = a_start()
    await system.payments.CreatePayment(request)
    system.model.refuse(request.merchant_order_no)

    refused = await system.payments.CreatePayment(request)
    system.model.pay(request.merchant_order_no)
    found = await confirmed(system, refused.payment.payment_id)

    assert (refused.payment.state, found.state) == (UNKNOWN, SUCCEEDED)


async def test_a_payment_that_the_payers_bank_refused_has_failed(system):
    payment = await started(system)
    system.model.fail(payment.merchant_order_no)

    found = await confirmed(system, payment.payment_id)

    assert (found.state, found.cause) == (FAILED, "PAYERROR the payer's bank refused")


async def test_a_closed_payment_is_closed_at_the_channel_first(system):
    payment = await started(system)

    answer = await system.payments.ClosePayment(a_close(payment.payment_id))

    assert (answer.payment.state, answer.payment.cause) == (CLOSED, "CLOSED_AT_CHANNEL")
    assert system.model.orders[payment.merchant_order_no].state == "CLOSED"
    assert system.model.calls == ["prepay", "close"]


async def test_closing_again_does_nothing(system):
    payment = await started(system)
    request = a_close(payment.payment_id)
    first = await system.payments.ClosePayment(request)

    again = await system.payments.ClosePayment(request)
    other = await system.payments.ClosePayment(a_close(payment.payment_id))

    assert again.payment == other.payment == first.payment
    assert system.model.calls == ["prepay", "close"]


async def test_closing_under_a_request_id_that_asked_something_else_is_refused(system):
    one, other = await started(system), await started(system)
    request = a_close(one.payment_id)
    await system.payments.ClosePayment(request)

    fault = await refusal(system.payments.ClosePayment(a_close(other.payment_id, request_id=request.request_id)))

    assert fault.reason == "REQUEST_ID_REUSED"
    assert (await standing(system, other.payment_id)).state == PROCESSING


async def test_a_payment_that_was_paid_meanwhile_is_not_closed_but_succeeds(system):
    payment = await started(system)
    system.model.pay(payment.merchant_order_no)

    answer = await system.payments.ClosePayment(a_close(payment.payment_id))

    assert answer.payment.state == SUCCEEDED


async def test_a_close_whose_answer_was_lost_is_unknown_and_is_tried_again_until_it_is_known(system):
    payment = await started(system)
    system.model.lost = "BEFORE"

    answer = await system.payments.ClosePayment(a_close(payment.payment_id))
    system.clock.advance(10)
    polled = await system.actions.ask.poll_payments()

    assert answer.payment.state == UNKNOWN
    assert polled == 1
    assert (await standing(system, payment.payment_id)).state == CLOSED


async def test_the_payer_gets_nothing_to_open_any_more_once_it_is_to_be_closed(system):
    request = a_start()
    first = await system.payments.CreatePayment(request)
    await system.payments.ClosePayment(a_close(first.payment.payment_id))

    again = await system.payments.CreatePayment(request)

    assert (again.payment.state, again.code_url) == (CLOSED, "")
    assert system.model.calls == ["prepay", "close"]


async def test_what_was_recorded_is_told_as_it_is_and_nobody_is_asked(system):
    recorded = (await system.payments.RecordPayment(a_request(channel="model_pay"))).payment

    found = await confirmed(system, recorded.payment_id)
    closed = await system.payments.ClosePayment(a_close(recorded.payment_id))

    assert found == closed.payment == recorded
    assert system.model.calls == []


async def test_a_payment_that_is_not_there_is_not_found(system):
    asked = await refusal(confirmed(system, "pay_nobody"))
    closed = await refusal(system.payments.ClosePayment(a_close("pay_nobody")))

    assert (asked.reason, closed.reason) == ("NOT_FOUND", "NOT_FOUND")


async def test_a_started_payment_counts_in_the_days_manifest_once_it_has_succeeded(system):
    payment = await started(system)
    await started(system)
    system.model.pay(payment.merchant_order_no)
    await confirmed(system, payment.payment_id)

    asked = GetSliceManifestRequest(channel="model_pay", business_date="2026-03-01")
    manifest = (await system.feed.GetSliceManifest(asked)).manifest

    assert (manifest.payment_count, manifest.amount_sums[0].amount_minor) == (1, 12_30)
