"""What a channel's word makes of a payment, as pure rules; and what channels' own codes mean."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chassis.money import Money
from services.payments.channels import (
    Closed,
    Failed,
    NotFound,
    PaymentTold,
    Processing,
    RefundAbout,
    RefundProcessing,
    RefundSucceeded,
    Refused,
    Succeeded,
    Unknown,
    UnknownCause,
)
from services.payments.channels import alipay_words as ali
from services.payments.channels import wechat_pay_words as wx
from services.payments.channels.reading import AskAgain, Unreadable
from services.payments.domain.channel_order import (
    AttentionCause,
    ChannelOrder,
    PollTimers,
    Question,
    created_payment,
    next_poll,
)
from services.payments.domain.life import MOVES, is_final, may_move, states_before
from services.payments.domain.payment import PaymentContent, State
from services.payments.domain.told import Disagrees, Heard, Moves, Stays, judge_told

NOON = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
AMOUNT = Money("CNY", 12_30)
CONTENT = PaymentContent("m", "NO1", "", "model_pay", "", AMOUNT, None, "")
ORDER = ChannelOrder("pay_1", "a", "水费", NOON + timedelta(hours=2), ask_count=1)
PAID = Succeeded("NO1", "txn-1", AMOUNT, NOON)
TIMERS = PollTimers()
ABOUT = RefundAbout("R1", "NO1", "4200", AMOUNT)
WX_REFUND = {
    "refund_id": "5",
    "out_refund_no": "R1",
    "out_trade_no": "NO1",
    "transaction_id": "4200",
    "amount": {"refund": 12_30, "total": 20_00, "currency": "CNY"},
}
ALI_TRADE = {"out_trade_no": "NO1", "trade_no": "2026"}
ALI_REFUND = {**ALI_TRADE, "out_request_no": "R1", "refund_amount": "12.30"}
ANSWERS = (
    *(PAID, replace(PAID, amount=Money("CNY", 1)), replace(PAID, merchant_order_no="NO2"), Closed(), NotFound()),
    *(Failed("X"), Refused("X"), Processing("url"), Unknown(UnknownCause.TIMEOUT)),
)


def in_state(state: State):
    payment = created_payment(CONTENT, "pay_1", NOON, ORDER.expire_time, "")
    if state is not State.SUCCEEDED:
        return replace(payment, state=state)
    content = replace(CONTENT, channel_txn_no="txn-1", pay_time=NOON)
    return replace(payment, state=state, content=content, business_date=NOON.date())


def test_the_table_of_moves_is_total_and_nothing_leaves_what_is_final():
    assert set(MOVES) == set(State)
    assert {state for state in State if is_final(state)} == {State.SUCCEEDED, State.FAILED, State.CLOSED}
    for one, other in itertools.product(State, State):
        assert may_move(one, other) == (one in states_before(other))
    assert not any(may_move(state, State.CREATED) for state in State)
    assert not any(may_move(state, state) for state in State)


@pytest.mark.parametrize("late", [timedelta(0), timedelta(days=1)])
def test_whatever_is_told_in_whatever_state_is_a_move_that_life_has_or_none(late):
    for state, answer, question in itertools.product(State, ANSWERS, (*Question, None)):
        verdict = judge_told(in_state(state), ORDER, Heard(answer, question), NOON + late, TIMERS)

        assert isinstance(verdict, Moves | Stays | Disagrees)
        assert not (is_final(state) and isinstance(verdict, Moves)), (state, answer)
        if isinstance(verdict, Moves) and verdict.to_state is State.SUCCEEDED:
            assert answer == PAID
        if isinstance(answer, Unknown) and isinstance(verdict, Moves):
            assert verdict.to_state is State.UNKNOWN


@pytest.mark.parametrize("state", [State.CREATED, State.PROCESSING, State.UNKNOWN])
def test_what_is_not_found_is_closed_only_long_after_nobody_can_pay_it(state):
    heard = Heard(NotFound(), Question.QUERY)
    just = ORDER.expire_time + timedelta(seconds=TIMERS.missing_after_seconds)

    early = judge_told(in_state(state), ORDER, heard, just - timedelta(seconds=1), TIMERS)
    late = judge_told(in_state(state), ORDER, heard, just, TIMERS)

    assert (early, late) == (Stays(), Moves(State.CLOSED, cause="NEVER_AT_CHANNEL"))


def test_a_second_transaction_of_a_paid_order_disagrees():
    heard = Heard(replace(PAID, channel_txn_no="txn-2"), None)

    verdict = judge_told(in_state(State.SUCCEEDED), ORDER, heard, NOON, TIMERS)

    assert isinstance(verdict, Disagrees)
    assert verdict.cause is AttentionCause.NUMBER_DIFFERS


def test_a_channels_wish_for_patience_is_kept_and_the_end_is_an_end():
    first = replace(ORDER, poll_count=1)

    assert next_poll(first, NOON, 1.0, 0, TIMERS) == NOON + timedelta(seconds=2)
    assert next_poll(first, NOON, 0.0, 0, TIMERS) == NOON + timedelta(seconds=1)
    assert next_poll(first, NOON, 0.0, 90, TIMERS) == NOON + timedelta(seconds=90)
    assert next_poll(replace(ORDER, poll_count=10_000), NOON, 1.0, 0, TIMERS) == NOON + timedelta(seconds=300)
    assert next_poll(first, ORDER.expire_time + timedelta(days=3), 0.0, 0, TIMERS) is None


@pytest.mark.parametrize(
    ("read", "status", "told", "meant"),
    [
        (wx.read_prepay, 200, {"code_url": "weixin://x"}, Processing("weixin://x")),
        (wx.read_prepay, 400, {"code": "PARAM_ERROR", "message": "参数错误"}, Refused("PARAM_ERROR", "参数错误")),
        (wx.read_prepay, 403, {"code": "OUT_TRADE_NO_USED"}, AskAgain("OUT_TRADE_NO_USED")),
        (wx.read_prepay, 400, {"code": "ORDERPAID"}, AskAgain("ORDERPAID")),
        (wx.read_prepay, 400, {"code": "ORDER_CLOSED"}, Closed()),
        (wx.read_prepay, 400, {"code": "NEW"}, Unknown(UnknownCause.CHANNEL_FAULT, "NEW")),
        (wx.read_payment, 404, {"code": "ORDER_NOT_EXIST"}, NotFound()),
        (wx.read_payment, 200, {"trade_state": "NOTPAY"}, Processing()),
        (wx.read_payment, 200, {"trade_state": "PAYERROR"}, Failed("PAYERROR")),
        (wx.read_payment, 200, {"trade_state": "NEW"}, Unknown(UnknownCause.UNREADABLE, "trade_state NEW")),
        (wx.read_close, 204, {}, AskAgain("204")),
        (wx.read_refund, 403, {"code": "NOT_ENOUGH"}, Refused("NOT_ENOUGH")),
        (wx.read_refund, 200, {"status": "ABNORMAL", **WX_REFUND}, RefundProcessing(ABOUT, "5")),
        (wx.read_refund_found, 200, {"status": "CLOSED", **WX_REFUND}, Refused("CLOSED", "", ABOUT)),
        (wx.read_refund_found, 404, {"code": "RESOURCE_NOT_EXISTS"}, NotFound()),
    ],
)  # fmt: skip
def test_what_wechat_pay_says_means(read, status, told, meant):
    assert read(status, told) == meant


@pytest.mark.parametrize(
    ("read", "told", "meant"),
    [
        (ali.read_prepay, {"code": "10000", "qr_code": "https://q"}, Processing("https://q")),
        (ali.read_prepay, {"code": "40004", "sub_code": "ACQ.TRADE_HAS_SUCCESS"}, AskAgain("ACQ.TRADE_HAS_SUCCESS")),
        (ali.read_prepay, {"code": "40004", "sub_code": "ACQ.SYSTEM_ERROR"},
         Unknown(UnknownCause.CHANNEL_FAULT, "ACQ.SYSTEM_ERROR")),
        (ali.read_prepay, {"code": "20000", "sub_code": "isp.unknow-error"},
         Unknown(UnknownCause.CHANNEL_FAULT, "isp.unknow-error")),
        (ali.read_prepay, {"code": "40002", "sub_code": "isv.invalid-sign"}, Refused("isv.invalid-sign")),
        (ali.read_payment, {"code": "40004", "sub_code": "ACQ.TRADE_NOT_EXIST"}, NotFound()),
        (ali.read_payment, {"code": "10000", "trade_status": "WAIT_BUYER_PAY"}, Processing()),
        (ali.read_payment, {"code": "10000", "trade_status": "TRADE_CLOSED"}, Closed()),
        (ali.read_refund, {"code": "10000", "fund_change": "Y", **ALI_TRADE},
         RefundProcessing(RefundAbout(merchant_order_no="NO1", channel_txn_no="2026"))),
        (ali.read_refund, {"code": "10000", "fund_change": "N", **ALI_TRADE}, AskAgain("fund_change N")),
        (ali.read_refund_found, {"code": "10000"}, NotFound()),
        (ali.read_refund_found, {"code": "10000", **ALI_REFUND}, NotFound()),
        (ali.read_refund_found, {"code": "10000", **ALI_REFUND, "refund_status": "NEW"},
         Unknown(UnknownCause.CHANNEL_FAULT, "refund_status NEW")),
        (ali.read_refund_found, {"code": "10000", **ALI_REFUND, "refund_status": "REFUND_SUCCESS"},
         RefundSucceeded(RefundAbout("R1", "NO1", "2026", AMOUNT), "", None)),
    ],
)  # fmt: skip
def test_what_alipay_says_means(read, told, meant):
    assert read(told) == meant


def test_a_trade_that_alipay_closed_since_it_was_given_back_whole_was_paid():
    told = {"trade_status": "TRADE_CLOSED", "out_trade_no": "NO1", "trade_no": "2026", "total_amount": "12.30"}
    paid = {"code": "10000", **told, "send_pay_date": "2026-03-01 12:00:00"}
    event = {"notify_id": "n1", "notify_type": "trade_status_sync", **told, "gmt_payment": "2026-03-01 12:00:00"}

    found, called_back = ali.read_payment(paid), ali.read_event(event)

    assert found == Succeeded("NO1", "2026", AMOUNT, NOON)
    assert isinstance(called_back, PaymentTold)
    assert called_back.told == found


@pytest.mark.parametrize("amount", ["12.3.0", "-12.30", "0.00", "1e3", "12.305", "", None, 12.30])
def test_an_amount_that_is_none_is_not_read(amount):
    told = {"code": "10000", "trade_status": "TRADE_SUCCESS", "out_trade_no": "NO1", "trade_no": "2026"}

    with pytest.raises(Unreadable):
        ali.read_payment({**told, "total_amount": amount, "send_pay_date": "2026-03-01 12:00:00"})
