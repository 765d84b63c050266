"""Callbacks over the socket: proved, kept sealed and followed in one transaction; refused ones leave a digest."""

import asyncio
import hashlib
import json
from collections import Counter
from datetime import timedelta

import grpc
import pytest
from bihuan.payments.v1 import channel_service_pb2, refund_pb2, refund_service_pb2
from bihuan.payments.v1 import payment_service_pb2 as pb
from bihuan.type.v1 import money_pb2
from sqlalchemy import event

from chassis.crypto import KeyRing, Unsealable
from chassis.errors import from_rpc_error
from chassis.money import Money
from services.payments.actions import refused_callbacks
from services.payments.actions.callback import CallbackActions
from services.payments.actions.channel_settling import Rules
from services.payments.channels.accounts import ANY_MERCHANT, Account, Accounts
from services.payments.domain.callback import seal_context
from services.payments.domain.channel_order import PollTimers
from services.payments.domain.fee import FeeRules
from services.payments.domain.refund import RefundTimers
from services.payments.store import callback as callbacks
from tests.payments.builders import a_request
from tests.payments.starting import (
    CLOSED,
    PROCESSING,
    REFUSED,
    REPEATED,
    SUCCEEDED,
    TAKEN,
    UNKNOWN,
    a_close,
    a_start,
    called_back,
    confirmed,
    order_row,
    rows,
    standing,
    started,
)

CAUSE = channel_service_pb2.ChannelAttention
RING = KeyRing({"of_the_test": bytes(32)})


async def attentions(system) -> list:
    answer = await system.channels.ListChannelAttentions(channel_service_pb2.ListChannelAttentionsRequest())
    return list(answer.attentions)


async def refused_rows(system) -> list:
    """The digests, once what was counted in memory is written."""
    await system.actions.callbacks.refused.write()
    return await rows(system, "refused_callbacks")


def transactions(system) -> Counter:
    """How many transactions begin from now on."""
    begun: Counter[str] = Counter()
    event.listen(system.engine.sync_engine, "begin", lambda _: begun.update(["begun"]))
    return begun


def model_account(system) -> Account:
    return Account("model", "model_pay", frozenset({ANY_MERCHANT}), system.model)


async def test_a_callback_moves_its_payment_and_is_kept_as_it_came_sealed(system):
    payment = await started(system)
    system.model.pay(payment.merchant_order_no)
    headers, body = system.model.callback(payment.merchant_order_no)

    answer = await called_back(system, (headers, body))

    assert (answer.outcome, answer.http_status, answer.content_type, answer.body) == (TAKEN, 200, "text/plain", b"OK")
    moved = await standing(system, payment.payment_id)
    assert (moved.state, moved.channel_txn_no) == (SUCCEEDED, f"txn-{payment.merchant_order_no}")
    (kept,) = await rows(system, "callbacks")
    assert (kept["kind"], kept["payment_id"], kept["repeat_count"]) == ("PAYMENT", payment.payment_id, 0)
    assert body not in kept["sealed"]
    opened = RING.open(kept["sealed"], seal_context("model", kept["event_id"]))
    assert opened == f"signature: {headers['signature']}\n\n".encode() + body
    with pytest.raises(Unsealable):
        RING.open(kept["sealed"], seal_context("model", "another event"))


async def test_a_callback_that_comes_again_changes_nothing_and_is_thanked_for(system):
    payment = await started(system)
    system.model.pay(payment.merchant_order_no)
    told = system.model.callback(payment.merchant_order_no)
    await called_back(system, told)
    before = await standing(system, payment.payment_id)

    answers = await asyncio.gather(*(called_back(system, told) for _ in range(5)))

    assert {(answer.outcome, answer.http_status) for answer in answers} == {(REPEATED, 200)}
    assert await standing(system, payment.payment_id) == before
    assert [row["repeat_count"] for row in await rows(system, "callbacks")] == [5]


async def test_many_of_the_same_callback_at_once_are_taken_once(system):
    payment = await started(system)
    system.model.pay(payment.merchant_order_no)
    told = system.model.callback(payment.merchant_order_no)

    answers = await asyncio.gather(*(called_back(system, told) for _ in range(10)))

    assert [answer.outcome for answer in answers].count(TAKEN) == 1
    assert (await standing(system, payment.payment_id)).version == 3


async def test_a_forged_callback_moves_nothing_and_only_its_digest_is_kept(system):
    payment = await started(system)
    system.model.pay(payment.merchant_order_no)
    _, body = system.model.callback(payment.merchant_order_no)

    answer = await called_back(system, ({"signature": "no"}, body))

    assert (answer.outcome, answer.http_status, answer.body) == (REFUSED, 500, b"NO")
    assert (await standing(system, payment.payment_id)).state == PROCESSING
    assert await rows(system, "callbacks") == []
    (kept,) = await refused_rows(system)
    assert (kept["cause"], kept["body_sha256"]) == ("BAD_SIGNATURE", hashlib.sha256(body).digest())
    assert kept["body_bytes"] == len(body)


async def test_of_forged_callbacks_no_more_digests_are_kept_than_the_cap_and_all_are_counted(system, monkeypatch):
    monkeypatch.setattr(refused_callbacks, "REFUSED_A_DAY_MAX", 3)

    for number in range(5):
        await called_back(system, ({}, f"{number}".encode()))

    assert len(await refused_rows(system)) == 3
    assert [row["refused_count"] for row in await rows(system, "refused_callback_days")] == [5]


async def test_a_thousand_forged_callbacks_cost_no_transaction_each_and_all_are_counted(system):
    refused = system.actions.callbacks.refused
    begun = transactions(system)

    for number in range(1_005):
        await system.actions.callbacks.ingest_callback("model", {}, f"forged {number}".encode())
    while_they_came = begun.total()
    await refused.write()
    to_write = begun.total()
    await refused.write()

    assert (while_they_came, to_write, begun.total()) == (0, 1, 1)
    assert [row["refused_count"] for row in await rows(system, "refused_callback_days")] == [1_005]
    assert len(await rows(system, "refused_callbacks")) == 1_000


async def test_past_the_cap_of_a_day_nothing_but_the_count_is_kept_and_the_next_day_has_its_own(system, monkeypatch):
    monkeypatch.setattr(refused_callbacks, "REFUSED_A_DAY_MAX", 3)
    accounts, rules = Accounts((model_account(system),)), Rules(PollTimers(), FeeRules())
    second = CallbackActions(system.sessions, system.clock, accounts, RING, rules, RefundTimers())

    for _ in range(2):  # two processes, each of which has seen two when it writes
        for actions in (system.actions.callbacks, second):
            await actions.ingest_callback("model", {}, b"forged")
    for actions in (system.actions.callbacks, second):
        await actions.refused.write()
    first_day = await rows(system, "refused_callbacks")
    system.clock.advance(86_400)
    await second.ingest_callback("model", {}, b"forged")
    await second.refused.write()

    assert len(first_day) == 3
    assert len(await rows(system, "refused_callbacks")) == 4
    counted = {row["day"].day: row["refused_count"] for row in await rows(system, "refused_callback_days")}
    assert counted == {1: 4, 2: 1}


async def test_counts_that_could_not_be_written_are_written_later_and_the_last_ones_at_the_stop(system, monkeypatch):
    refused = system.actions.callbacks.refused
    await system.actions.callbacks.ingest_callback("model", {}, b"first")

    async def down(*_):
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr(callbacks, "count_refused", down)
        with pytest.raises(ConnectionError):
            await refused.write()
    await system.actions.callbacks.ingest_callback("model", {}, b"second")
    await refused.close()

    assert [row["refused_count"] for row in await rows(system, "refused_callback_days")] == [2]
    digests = [row["body_sha256"] for row in await rows(system, "refused_callbacks")]
    assert digests == [hashlib.sha256(body).digest() for body in (b"first", b"second")]


async def test_a_callback_of_an_order_that_is_not_ours_is_refused(system):
    system.model.book_paid("NOT-OURS", Money("CNY", 1), "txn-1")

    answer = await called_back(system, system.model.callback("NOT-OURS"))

    assert answer.outcome == REFUSED
    assert [row["cause"] for row in await refused_rows(system)] == ["UNKNOWN_NUMBER"]


@pytest.mark.parametrize("amount", [Money("CNY", 1), Money("USD", 12_30)])
async def test_a_callback_of_another_amount_or_currency_moves_nothing_and_the_channel_is_asked(system, amount):
    payment = await started(system)
    no = payment.merchant_order_no
    booked = system.model.orders[no]
    system.model.book_paid(no, amount, "txn-1")

    answer = await called_back(system, system.model.callback(no))

    assert answer.outcome == REFUSED
    assert (await standing(system, payment.payment_id)).state == PROCESSING
    (seen,) = await attentions(system)
    assert (seen.payment_id, seen.cause) == (payment.payment_id, CAUSE.CAUSE_AMOUNT_DIFFERS)
    assert str(amount) in seen.detail
    assert [row["cause"] for row in await refused_rows(system)] == ["DISAGREES"]
    # The slip is past: what the channel answers to a question agrees, so nobody need look any more.
    system.model.orders[no] = booked
    system.model.pay(no)
    assert await system.actions.ask.poll_payments() == 1
    assert (await standing(system, payment.payment_id)).state == SUCCEEDED
    assert await attentions(system) == []


async def test_a_channel_that_insists_on_another_amount_leaves_the_payment_to_a_person(system):
    payment = await started(system)
    system.model.book_paid(payment.merchant_order_no, Money("CNY", 1), "txn-1")

    found = await confirmed(system, payment.payment_id)

    assert found.state == PROCESSING
    assert [seen.cause for seen in await attentions(system)] == [CAUSE.CAUSE_AMOUNT_DIFFERS]
    assert (await order_row(system, payment.payment_id))["next_poll_time"] is None


async def test_a_second_transaction_for_a_paid_order_is_a_persons(system):
    payment = await started(system)
    no = payment.merchant_order_no
    system.model.pay(no)
    await called_back(system, system.model.callback(no))
    system.model.book_paid(no, Money("CNY", 12_30), "txn-second")

    answer = await called_back(system, system.model.callback(no))

    assert answer.outcome == REFUSED
    assert (await standing(system, payment.payment_id)).channel_txn_no == f"txn-{no}"
    (seen,) = await attentions(system)
    assert (seen.cause, "txn-second" in seen.detail) == (CAUSE.CAUSE_NUMBER_DIFFERS, True)


async def test_money_for_an_order_that_was_closed_is_a_persons_and_the_payment_stays_closed(system):
    payment = await started(system)
    no = payment.merchant_order_no
    await system.payments.ClosePayment(a_close(payment.payment_id))
    system.model.book_paid(no, Money("CNY", 12_30), "txn-late")

    answer = await called_back(system, system.model.callback(no))

    assert answer.outcome == REFUSED
    assert (await standing(system, payment.payment_id)).state == CLOSED
    assert [seen.cause for seen in await attentions(system)] == [CAUSE.CAUSE_ENDED_OTHERWISE]


async def test_a_callback_that_overtakes_the_answer_to_the_first_ask_ends_the_payment_all_the_same(system):
    system.model.lost = "AFTER"
    payment = await started(system)
    system.model.pay(payment.merchant_order_no)

    await called_back(system, system.model.callback(payment.merchant_order_no))

    assert payment.state == UNKNOWN
    assert (await standing(system, payment.payment_id)).state == SUCCEEDED
    assert (await order_row(system, payment.payment_id))["next_poll_time"] is None


async def test_an_old_callback_that_comes_after_the_end_changes_nothing(system):
    payment = await started(system)
    waiting = system.model.callback(payment.merchant_order_no)
    system.model.pay(payment.merchant_order_no)
    await confirmed(system, payment.payment_id)
    before = await standing(system, payment.payment_id)

    answer = await called_back(system, waiting)

    assert answer.outcome == TAKEN
    assert await standing(system, payment.payment_id) == before


async def test_a_callback_of_a_refund_ends_the_refund(system):
    request = a_request(channel="model_pay", amount=money_pb2.Money(currency_code="CNY", amount_minor=10_00))
    paid = (await system.payments.RecordPayment(request)).payment
    system.book_paid(paid.merchant_order_no, ("CNY", 10_00), paid.channel_txn_no)
    payment = await started(system)
    system.model.pay(payment.merchant_order_no)
    await confirmed(system, payment.payment_id)
    system.model.next_refund = "PROCESSING"
    asked = refund_service_pb2.CreateRefundRequest(
        request_id="refund-by-callback",
        payment_id=payment.payment_id,
        merchant_refund_no="R-BY-CALLBACK",
        amount=money_pb2.Money(currency_code="CNY", amount_minor=2_30),
    )
    refund = (await system.refunds.CreateRefund(asked)).refund
    system.model.end_refund("R-BY-CALLBACK", "DONE")

    answer = await called_back(system, system.model.refund_callback("R-BY-CALLBACK"))

    assert (refund.state, answer.outcome) == (refund_pb2.Refund.STATE_PROCESSING, TAKEN)
    ended = await system.refunds.GetRefund(refund_service_pb2.GetRefundRequest(refund_id=refund.refund_id))
    assert ended.refund.state == refund_pb2.Refund.STATE_SUCCEEDED
    assert (await standing(system, payment.payment_id)).refunded_amount.amount_minor == 2_30
    assert [(row["kind"], row["payment_id"]) for row in await rows(system, "callbacks")] == [
        ("REFUND", payment.payment_id)
    ]


async def test_an_account_that_nobody_configured_is_not_found(system):
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await called_back(system, ({}, b"x"), account_id="nobody")

    assert from_rpc_error(refused.value).reason == "NOT_FOUND"
    assert await refused_rows(system) == []


async def test_neither_bodies_nor_signatures_stand_in_spans(system, spans):
    payment = await started(system)
    system.model.pay(payment.merchant_order_no)
    headers, body = system.model.callback(payment.merchant_order_no)

    await called_back(system, (headers, body))

    told = json.dumps([dict(span.attributes or {}) for span in spans.get_finished_spans()], default=str)
    assert headers["signature"] not in told
    assert body.decode() not in told
    assert "王小明" not in told


async def test_callbacks_go_when_they_are_old_and_digests_sooner(system):
    payment = await started(system)
    system.model.pay(payment.merchant_order_no)
    await called_back(system, system.model.callback(payment.merchant_order_no))
    await called_back(system, ({}, b"forged"))
    assert len(await refused_rows(system)) == 1

    system.clock.advance(timedelta(days=31).total_seconds())
    sooner = await system.actions.callbacks.clear_callbacks()
    left = [len(await rows(system, name)) for name in ("callbacks", "refused_callbacks", "refused_callback_days")]
    system.clock.advance(timedelta(days=150).total_seconds())
    later = await system.actions.callbacks.clear_callbacks()

    assert (sooner, left, later) == (2, [1, 0, 0], 1)
    assert await rows(system, "callbacks") == []


async def test_the_same_order_again_after_a_callback_tells_the_payment_as_it_is_now(system):
    request = a_start()
    first = await system.payments.CreatePayment(request)
    system.model.pay(request.merchant_order_no)
    await called_back(system, system.model.callback(request.merchant_order_no))

    again = await system.payments.CreatePayment(pb.CreatePaymentRequest.FromString(request.SerializeToString()))

    assert (again.replayed, again.payment.state, again.code_url) == (True, SUCCEEDED, "")
    assert again.payment.payment_id == first.payment.payment_id
