"""Refunds over the socket: reserved before the channel is asked, settled by its word, never more than was paid."""

import asyncio
from dataclasses import replace

import grpc
import pytest
from bihuan.payments.v1 import feed_pb2, payment_pb2
from bihuan.payments.v1 import refund_service_pb2 as pb
from bihuan.payments.v1.channel_service_pb2 import IngestCallbackRequest
from bihuan.payments.v1.payment_service_pb2 import GetPaymentRequest

from chassis.errors import from_rpc_error
from chassis.money import Money
from services.payments.actions.settling import settle
from services.payments.channels import RefundAbout, RefundProcessing, RefundSucceeded, Refused, Unknown, UnknownCause
from services.payments.convert.refund import to_asked, to_fingerprint
from services.payments.domain.refund import RefundTimers
from services.payments.store import refund as refunds
from tests.payments.refunding import (
    FAILED,
    PROCESSING,
    SUCCEEDED,
    UNKNOWN,
    a_refund,
    get,
    money_of,
    paid,
    reason_of,
    yuan,
)
from tests.payments.starting import REFUSED, REPEATED, TAKEN, called_back, confirmed, started
from tests.support.channel_model import BookedRefund


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


@pytest.mark.parametrize(("first", "left"), [("taken", PROCESSING), ("lost", UNKNOWN)])
async def test_of_two_who_ask_at_once_the_one_that_is_refused_does_not_free_what_the_other_may_have_had_done(
    system, first, left
):
    payment = await paid(system, 10_00)
    asked = [asyncio.Event(), asyncio.Event()]
    answers = [asyncio.get_running_loop().create_future() for _ in asked]
    turns = iter(range(len(asked)))

    async def refund(order):
        turn = next(turns)
        asked[turn].set()
        return await answers[turn]

    system.model.refund = refund
    creating = asyncio.ensure_future(system.refunds.CreateRefund(a_refund(payment.payment_id, 4_00)))
    await asyncio.wait_for(asked[0].wait(), 60)
    (listed,) = (await system.refunds.ListRefunds(pb.ListRefundsRequest(payment_id=payment.payment_id))).refunds
    confirm = pb.ConfirmRefundRequest(refund_id=listed.refund_id)
    confirming = asyncio.ensure_future(system.refunds.ConfirmRefund(confirm))
    await asyncio.wait_for(asked[1].wait(), 60)

    answers[0].set_result(RefundProcessing(RefundAbout()) if first == "taken" else Unknown(UnknownCause.TIMEOUT))
    await creating
    answers[1].set_result(Refused("INVALID_REQUEST", "it is being done"))
    refund = (await confirming).refund

    assert refund.state == left
    assert await money_of(system, payment.payment_id) == (0, 4_00, 6_00)


async def test_while_a_refund_is_asked_for_once_more_confirming_only_asks_how_it_stands(system):
    payment = await paid(system, 10_00)
    system.model.lost = "BEFORE"
    refund = (await system.refunds.CreateRefund(a_refund(payment.payment_id, 4_00))).refund
    asked, answer = asyncio.Event(), asyncio.get_running_loop().create_future()

    async def ask_once_more(order):
        assert not asked.is_set(), "asked twice"
        asked.set()
        return await answer

    system.model.refund = ask_once_more
    system.clock.advance(RefundTimers().absence_seconds)
    polling = asyncio.ensure_future(system.actions.refunds.poll_refunds())
    await asyncio.wait_for(asked.wait(), 60)
    confirmed = (await system.refunds.ConfirmRefund(pb.ConfirmRefundRequest(refund_id=refund.refund_id))).refund
    answer.set_result(RefundProcessing(RefundAbout()))
    await polling

    assert confirmed.state == UNKNOWN
    assert (await get(system, refund.refund_id)).state == PROCESSING
    assert await money_of(system, payment.payment_id) == (0, 4_00, 6_00)


async def test_what_the_channel_took_and_then_lost_is_asked_for_again_and_freed_by_no_refusal(system):
    payment = await paid(system, 10_00)
    system.model.next_refund = "PROCESSING"
    refund = (await system.refunds.CreateRefund(a_refund(payment.payment_id, 4_00))).refund
    del system.model.refunds[refund.merchant_refund_no]

    system.model.next_refund = "REFUSED"
    for _ in range(3):
        system.clock.advance(RefundTimers().absence_seconds)
        await system.actions.refunds.poll_refunds()
    refused = await get(system, refund.refund_id)
    kept = await money_of(system, payment.payment_id)
    system.model.next_refund = "DONE"
    for _ in range(3):
        system.clock.advance(RefundTimers().absence_seconds)
        await system.actions.refunds.poll_refunds()

    assert (refused.state, kept) == (PROCESSING, (0, 4_00, 6_00))
    assert system.model.calls.count("refund") > 2
    assert (await get(system, refund.refund_id)).state == SUCCEEDED
    assert system.model.given_back(payment.merchant_order_no) == 4_00


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


async def test_a_failed_refund_that_the_channel_gives_after_all_is_shown_to_a_person(system):
    payment = await paid(system, 10_00)
    system.model.next_refund = "PROCESSING"
    refund = (await system.refunds.CreateRefund(a_refund(payment.payment_id, 8_00))).refund
    system.model.end_refund(refund.merchant_refund_no, "FAILED")
    system.clock.advance(RefundTimers().base_seconds)
    await system.actions.refunds.poll_refunds()
    given = RefundSucceeded(RefundAbout(refund.merchant_refund_no), "5000", system.clock.now())

    async with system.sessions.begin() as session:
        kept = await refunds.get(session, refund.refund_id)
        await settle(session, kept, given, system.clock.now(), 0.5, RefundTimers())

    shown = await get(system, refund.refund_id)
    assert shown.state == FAILED
    assert shown.HasField("attention_time")
    # Money that went back after all stays a person's, for as long as the channel says that it did.
    system.model.refunds[refund.merchant_refund_no] = replace(
        system.model.refunds[refund.merchant_refund_no], state="DONE", finish_time=system.clock.now()
    )
    asked = (await system.refunds.ConfirmRefund(pb.ConfirmRefundRequest(refund_id=refund.refund_id))).refund
    assert (asked.state, asked.HasField("attention_time")) == (FAILED, True)


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


async def test_a_refund_that_cannot_be_settled_keeps_no_other_from_it_and_falls_due_again(system, monkeypatch):
    payment = await paid(system, 10_00)
    system.model.next_refund = "PROCESSING"
    asked = [(await system.refunds.CreateRefund(a_refund(payment.payment_id, 1_00))).refund for _ in range(5)]
    for refund in asked:
        system.model.end_refund(refund.merchant_refund_no, "DONE")
    query = system.model.query_refund

    async def broken(refund):
        if refund.merchant_refund_no == asked[1].merchant_refund_no:
            raise ZeroDivisionError
        return await query(refund)

    monkeypatch.setattr(system.model, "query_refund", broken)
    system.clock.advance(60)
    polled = await system.actions.refunds.poll_refunds()
    states = [(await get(system, refund.refund_id)).state for refund in asked]
    monkeypatch.undo()
    system.clock.advance(60)
    again = await system.actions.refunds.poll_refunds()

    assert (polled, states) == (5, [SUCCEEDED, PROCESSING, *[SUCCEEDED] * 3])
    assert again == 1
    assert await money_of(system, payment.payment_id) == (5_00, 0, 5_00)


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


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"amount": Money("CNY", 4_01)}, "amount told 4.01 CNY, asked 4.00 CNY"),
        ({"amount": Money("USD", 4_00)}, "amount told 4.00 USD, asked 4.00 CNY"),
        ({"merchant_order_no": "ANOTHER"}, "merchant_order_no told ANOTHER, asked "),
    ],
)
@pytest.mark.parametrize("ended", [False, True])
async def test_a_callback_that_is_not_what_was_asked_moves_nothing_and_waits_for_a_person(system, changes, told, ended):
    payment = await paid(system, 10_00)
    system.book_paid("ANOTHER", ("CNY", 10_00), payment.channel_txn_no)
    system.model.next_refund = "PROCESSING"
    refund = (await system.refunds.CreateRefund(a_refund(payment.payment_id, 4_00))).refund
    system.model.end_refund(refund.merchant_refund_no, "DONE")
    booked = system.model.refunds[refund.merchant_refund_no]
    if ended:
        await system.refunds.ConfirmRefund(pb.ConfirmRefundRequest(refund_id=refund.refund_id))
    before = await money_of(system, payment.payment_id)

    system.model.refunds[refund.merchant_refund_no] = replace(booked, **changes)
    answer = await called_back(system, system.model.refund_callback(refund.merchant_refund_no))
    system.model.refunds[refund.merchant_refund_no] = booked
    shown = await get(system, refund.refund_id)
    again = await called_back(system, system.model.refund_callback(refund.merchant_refund_no))

    assert answer.outcome == REFUSED
    assert shown.HasField("attention_time")
    assert (shown.state, shown.HasField("next_try_time")) == (SUCCEEDED if ended else UNKNOWN, False)
    assert ended or shown.cause.startswith(f"DISAGREES {told}")
    assert before == ((4_00, 0, 6_00) if ended else (0, 4_00, 6_00))
    # The channel's word that agrees is followed afterwards as ever, and once.
    assert again.outcome == TAKEN
    assert (await get(system, refund.refund_id)).HasField("attention_time") is ended
    looked = (await system.refunds.ConfirmRefund(pb.ConfirmRefundRequest(refund_id=refund.refund_id))).refund
    assert (looked.state, looked.HasField("attention_time")) == (SUCCEEDED, False)
    assert await money_of(system, payment.payment_id) == (4_00, 0, 6_00)


async def test_a_failed_refund_that_the_channel_never_had_goes_off_the_list_when_what_was_sent_must_have_come(system):
    payment, other = await paid(system, 10_00), await paid(system, 10_00)
    system.model.next_refund = "REFUSED"
    refund = (await system.refunds.CreateRefund(a_refund(payment.payment_id, 4_00))).refund
    number = refund.merchant_refund_no
    system.model.refunds[number] = BookedRefund(other.merchant_order_no, "ch-1", Money("CNY", 4_00), "PROCESSING")
    answer = await called_back(system, system.model.refund_callback(number))
    del system.model.refunds[number]

    asked = pb.ConfirmRefundRequest(refund_id=refund.refund_id)
    early = (await system.refunds.ConfirmRefund(asked)).refund
    system.clock.advance(RefundTimers().absence_seconds)
    late = (await system.refunds.ConfirmRefund(asked)).refund

    assert answer.outcome == REFUSED
    assert (early.state, early.HasField("attention_time")) == (FAILED, True)
    assert (late.state, late.HasField("attention_time")) == (FAILED, False)
    assert await money_of(system, payment.payment_id) == (0, 0, 10_00)


async def test_a_callback_about_a_refund_number_that_is_anothers_at_the_account_moves_neither(system):
    payment, other = await paid(system, 10_00), await paid(system, 10_00)
    system.model.next_refund = "PROCESSING"
    refund, of_other = [
        (await system.refunds.CreateRefund(a_refund(each.payment_id, 4_00))).refund for each in (payment, other)
    ]
    system.model.end_refund(refund.merchant_refund_no, "DONE")
    booked = system.model.refunds[refund.merchant_refund_no]

    # Of the one's number, and of the other's order.
    strange = replace(booked, merchant_order_no=other.merchant_order_no)
    system.model.refunds[refund.merchant_refund_no] = strange
    answer = await called_back(system, system.model.refund_callback(refund.merchant_refund_no))

    assert answer.outcome == REFUSED
    assert (await get(system, refund.refund_id)).HasField("attention_time")
    assert not (await get(system, of_other.refund_id)).HasField("attention_time")
    for each in (payment, other):
        assert await money_of(system, each.payment_id) == (0, 4_00, 6_00)


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
