"""Payments that are open at their channel are asked about until their end is known, or a person must look."""

import asyncio
from datetime import timedelta

import grpc
import pytest
from bihuan.payments.v1 import channel_service_pb2

from chassis.money import Money
from services.payments.actions.ask import AskActions
from services.payments.actions.channel_settling import Rules
from services.payments.channels import Failed, reading
from services.payments.channels.accounts import Accounts
from services.payments.domain.channel_order import PollTimers
from services.payments.domain.fee import FeeRules
from tests.payments.builders import NOON
from tests.payments.starting import (
    CLOSED,
    CREATED,
    FAILED,
    PROCESSING,
    SUCCEEDED,
    UNKNOWN,
    a_close,
    a_start,
    called_back,
    confirmed,
    instant,
    order_row,
    standing,
    started,
)

CAUSE = channel_service_pb2.ChannelAttention


async def attentions(system) -> list:
    answer = await system.channels.ListChannelAttentions(channel_service_pb2.ListChannelAttentionsRequest())
    return list(answer.attentions)


async def poll(system, after_seconds: float = 0) -> int:
    system.clock.advance(after_seconds)
    return await system.actions.ask.poll_payments()


async def test_an_open_payment_is_asked_about_when_it_falls_due_and_not_before(system):
    payment = await started(system)
    system.model.pay(payment.merchant_order_no)

    early, due = await poll(system), await poll(system, after_seconds=2)

    assert (early, due) == (0, 1)
    assert (await standing(system, payment.payment_id)).state == SUCCEEDED
    assert await poll(system, after_seconds=86_400) == 0


async def test_questions_come_ever_later_up_to_the_longest(system):
    payment = await started(system)
    rests = []

    for _ in range(12):
        row = await order_row(system, payment.payment_id)
        rests.append((row["next_poll_time"] - system.clock.now()).total_seconds())
        await poll(system, after_seconds=rests[-1])

    assert rests[0] <= 2
    assert all(150 <= rest <= 300 for rest in rests[9:])
    assert (await standing(system, payment.payment_id)).state == PROCESSING


async def test_two_pollers_do_not_ask_about_the_same_payment(system):
    for _ in range(5):
        await started(system)
    system.clock.advance(2)

    polled = await asyncio.gather(*(system.actions.ask.poll_payments() for _ in range(3)))

    assert sum(polled) == 5
    assert system.model.calls.count("query") == 5


async def test_no_more_are_claimed_at_once_than_the_bound_and_none_is_forgotten(system):
    for _ in range(23):
        await started(system)
    system.clock.advance(2)

    polled = [await system.actions.ask.poll_payments() for _ in range(3)]

    assert polled == [20, 3, 0]


async def test_a_poller_that_died_leaves_its_payments_due_again_when_its_lease_ends(system, monkeypatch):
    payment = await started(system)
    system.model.pay(payment.merchant_order_no)

    async def died(order):
        raise asyncio.CancelledError

    with monkeypatch.context() as broken:
        broken.setattr(system.model, "query", died)
        with pytest.raises(asyncio.CancelledError):
            await poll(system, after_seconds=2)

    assert await poll(system, after_seconds=60) == 0
    assert await poll(system, after_seconds=31) == 1
    assert (await standing(system, payment.payment_id)).state == SUCCEEDED


async def test_a_payment_that_cannot_be_settled_keeps_no_other_from_it_and_falls_due_ever_later(
    system, monkeypatch, capsys
):
    paid = [await started(system) for _ in range(6)]
    poisoned = paid[2].merchant_order_no
    for payment in paid:
        system.model.pay(payment.merchant_order_no)
    asked = system.model.query

    async def query(order):
        if order.merchant_order_no == poisoned:
            raise ZeroDivisionError
        return await asked(order)

    monkeypatch.setattr(system.model, "query", query)
    polled = await poll(system, after_seconds=2)

    states = [(await standing(system, payment.payment_id)).state for payment in paid]
    rests = []
    for _ in range(10):
        row = await order_row(system, paid[2].payment_id)
        rests.append((row["next_poll_time"] - system.clock.now()).total_seconds())
        assert await poll(system, after_seconds=rests[-1]) == 1
    monkeypatch.undo()
    await poll(system, after_seconds=300)

    assert (polled, states) == (6, [*[SUCCEEDED] * 2, PROCESSING, *[SUCCEEDED] * 3])
    assert rests[0] <= 2
    assert 150 <= rests[-1] <= 300
    told = capsys.readouterr()
    assert "ZeroDivisionError" in told.out + told.err
    assert (await standing(system, paid[2].payment_id)).state == SUCCEEDED


async def test_a_payment_that_can_never_be_settled_is_a_persons_in_the_end(system, monkeypatch):
    payment = await started(system)

    async def query(order):
        raise ZeroDivisionError

    monkeypatch.setattr(system.model, "query", query)
    monkeypatch.setattr(system.model, "close", query)
    for _ in range(5):
        await poll(system, after_seconds=86_400)

    (seen,) = await attentions(system)
    assert (seen.payment_id, seen.cause) == (payment.payment_id, CAUSE.CAUSE_POLL_ENDED)
    assert "ZeroDivisionError" in seen.detail
    assert (await order_row(system, payment.payment_id))["next_poll_time"] is None


async def test_what_a_channel_says_of_a_failure_may_hold_signs_that_nothing_keeps(system, monkeypatch):
    payment = await started(system)

    async def query(order):
        told = {"message": "no\x00 mo\ud800ney 余额"}
        return Failed("PAYERROR", reading.words(told, "message"))

    monkeypatch.setattr(system.model, "query", query)

    assert await poll(system, after_seconds=2) == 1

    ended = await standing(system, payment.payment_id)
    assert (ended.state, ended.cause) == (FAILED, "PAYERROR no\ufffd mo\ufffdney 余额")


@pytest.mark.parametrize("sign", ["\x00", "\ud800"])
def test_a_code_or_a_number_with_a_sign_that_nothing_keeps_is_unreadable(sign):
    for read in (reading.text, reading.number_of):
        with pytest.raises(reading.Unreadable, match="code"):
            read({"code": f"A{sign}"}, "code")


async def test_the_same_disagreement_told_again_waits_since_it_was_told_first(system):
    payment = await started(system)
    system.model.book_paid(payment.merchant_order_no, Money("CNY", 1), "txn-x")
    await confirmed(system, payment.payment_id)
    (first,) = await attentions(system)

    for _ in range(2):
        system.clock.advance(3_600)
        await confirmed(system, payment.payment_id)

    assert await attentions(system) == [first]


async def test_a_channel_that_does_not_answer_clears_nothing_that_a_person_must_look_at(system):
    payment = await started(system)
    no = payment.merchant_order_no
    await system.payments.ClosePayment(a_close(payment.payment_id))
    system.model.book_paid(no, Money("CNY", 12_30), "txn-late")
    await called_back(system, system.model.callback(no))
    system.model.lost = "BEFORE"

    await confirmed(system, payment.payment_id)

    assert [seen.cause for seen in await attentions(system)] == [CAUSE.CAUSE_ENDED_OTHERWISE]


async def test_a_payment_whose_maker_died_before_it_had_asked_ends_closed_only_once_nobody_can_pay_it(
    system, monkeypatch
):
    async def died(order):
        raise RuntimeError("killed")

    request = a_start(expire_time=instant(NOON + timedelta(minutes=30)))
    with monkeypatch.context() as broken:
        broken.setattr(system.model, "prepay", died)
        with pytest.raises(grpc.aio.AioRpcError):
            await system.payments.CreatePayment(request)
    (payment_id,) = [change.payment.payment_id for change in await system.read_feed()]

    await poll(system, after_seconds=90)
    before = await standing(system, payment_id)
    for _ in range(3):
        await poll(system, after_seconds=15 * 60)
    after = await standing(system, payment_id)

    assert before.state == CREATED
    assert (after.state, after.cause) == (CLOSED, "NEVER_AT_CHANNEL")


async def test_an_expired_payment_is_closed_at_the_channel(system):
    payment = await started(system, expire_time=instant(NOON + timedelta(minutes=10)))

    await poll(system, after_seconds=10 * 60 + 95)

    assert (await standing(system, payment.payment_id)).state == CLOSED
    assert system.model.orders[payment.merchant_order_no].state == "CLOSED"


async def test_an_expired_payment_that_was_paid_in_the_last_moment_succeeds(system):
    payment = await started(system, expire_time=instant(NOON + timedelta(minutes=10)))
    system.model.pay(payment.merchant_order_no)

    await poll(system, after_seconds=10 * 60 + 95)

    assert (await standing(system, payment.payment_id)).state == SUCCEEDED


async def test_a_channel_that_never_answers_is_never_guessed_and_in_the_end_a_person_must_look(system):
    system.model.lost = "AFTER"
    payment = await started(system, expire_time=instant(NOON + timedelta(minutes=10)))
    for _ in range(4):
        system.model.lost = "BEFORE"
        await poll(system, after_seconds=86_400)

    assert (await standing(system, payment.payment_id)).state == UNKNOWN
    assert (await order_row(system, payment.payment_id))["next_poll_time"] is None
    (seen,) = await attentions(system)
    assert (seen.payment_id, seen.cause) == (payment.payment_id, CAUSE.CAUSE_POLL_ENDED)
    assert await poll(system, after_seconds=86_400) == 0
    # A person asks, and the channel answers now.
    system.model.lost = ""
    system.model.pay(payment.merchant_order_no)
    assert (await confirmed(system, payment.payment_id)).state == SUCCEEDED
    assert await attentions(system) == []


async def test_a_payment_whose_account_was_taken_away_is_a_persons(system):
    payment = await started(system)
    rules = Rules(PollTimers(), FeeRules())
    bare = AskActions(system.sessions, system.clock, Accounts(), rules)
    system.clock.advance(2)

    await bare.poll_payments()

    assert (await standing(system, payment.payment_id)).state == PROCESSING
    assert [seen.cause for seen in await attentions(system)] == [CAUSE.CAUSE_ACCOUNT_MISSING]


async def test_the_list_of_what_needs_a_person_goes_by_page_longest_waiting_first(system):
    payment_ids = []
    for _ in range(3):
        payment = await started(system)
        system.model.book_paid(payment.merchant_order_no, Money("CNY", 1), "txn-x")
        system.clock.advance(1)
        await confirmed(system, payment.payment_id)
        payment_ids.append(payment.payment_id)

    pages, token = [], ""
    while True:
        asked = channel_service_pb2.ListChannelAttentionsRequest(page_size=2, page_token=token)
        answer = await system.channels.ListChannelAttentions(asked)
        pages.append([seen.payment_id for seen in answer.attentions])
        token = answer.next_page_token
        if not token:
            break

    assert pages == [payment_ids[:2], payment_ids[2:]]
