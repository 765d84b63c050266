"""A refund's life: what each answer of a channel makes of it, in every state, and when it is asked again."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.money import Money
from services.payments.channels import (
    NotFound,
    RefundAbout,
    RefundMoved,
    RefundOrder,
    RefundProcessing,
    RefundSucceeded,
    Refused,
    Unknown,
    UnknownCause,
)
from services.payments.domain.refund import (
    MOVES,
    Question,
    RefundContent,
    RefundOrigin,
    RefundState,
    RefundTimers,
    must_ask_again,
    new_refund,
    next_question,
    states_before,
)
from services.payments.domain.refund_told import Disagrees, GivenBack, NotGiven, StillOpen, after, judge_answer

NOON = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
TIMERS = RefundTimers()
ASKED = RefundContent("pay_1", "R-1", Money("CNY", 5_00), "太贵", RefundOrigin.STARTED_HERE)
OPEN = [state for state in RefundState if MOVES[state]]
ORDER = RefundOrder("R-1", "NO1", "txn-1", Money("CNY", 5_00), Money("CNY", 8_00), "太贵")
ABOUT = RefundAbout("R-1", "NO1", "txn-1", Money("CNY", 5_00))
ANSWERS = [
    RefundSucceeded(ABOUT, "5000", NOON),
    RefundProcessing(ABOUT, "5000"),
    RefundMoved(ABOUT),
    Refused("NOT_ENOUGH", "余额不足"),
    Refused("NOT_ENOUGH", "余额不足", ABOUT),
    Unknown(UnknownCause.TIMEOUT),
    NotFound(),
]


def a_refund(state=RefundState.CREATED, **changes):
    return replace(new_refund(ASKED, "ref_1", "wuhan-water", "model", NOON, "", TIMERS), state=state, **changes)


def test_a_second_ask_that_is_refused_frees_nothing_since_the_first_may_have_been_taken():
    again = a_refund(attempt_count=2)
    proved_absent = a_refund(RefundState.UNKNOWN, attempt_count=3)

    judged = judge_answer(again, ORDER, Refused("NOT_ENOUGH", "余额不足"), NOON, 0.5, TIMERS)

    assert isinstance(judged, StillOpen)
    assert judged.state is RefundState.UNKNOWN
    assert isinstance(judge_answer(proved_absent, ORDER, Refused("NOT_ENOUGH"), NOON, 0.5, TIMERS), NotGiven)


def test_an_ask_that_is_refused_frees_nothing_of_what_the_channel_took_or_another_asked_for_meanwhile():
    refused, unknown = Refused("NOT_ENOUGH"), RefundState.UNKNOWN
    persons = a_refund(unknown, attention_time=NOON, cause="DISAGREES amount")
    cases = [
        (a_refund(), a_refund(RefundState.PROCESSING), (RefundState.PROCESSING, "NOT_ENOUGH")),
        (a_refund(attempt_count=2), a_refund(unknown, attempt_count=2), (unknown, "NOT_ENOUGH")),
        (a_refund(unknown, attempt_count=3), a_refund(unknown, attempt_count=4), (unknown, "NOT_ENOUGH")),
        (a_refund(), persons, (unknown, "DISAGREES amount")),
    ]
    for since, standing, left in cases:
        judged = judge_answer(standing, ORDER, refused, NOON, 0.5, TIMERS, since)

        assert isinstance(judged, StillOpen), (since, standing)
        assert (judged.state, judged.cause) == left
        assert after(standing, judged, NOON).attention_time == standing.attention_time
        end = judge_answer(standing, ORDER, replace(refused, about=ABOUT), NOON, 0.5, TIMERS, since)
        assert isinstance(end, NotGiven)


def test_only_what_the_channel_said_for_good_moves_money():
    for state, answer in itertools.product(OPEN, ANSWERS):
        judged = judge_answer(a_refund(state), ORDER, answer, NOON, 0.5, TIMERS)

        match answer:
            case RefundSucceeded():
                assert judged == GivenBack("5000", NOON)
            case Refused() if answer.about == ABOUT or state is not RefundState.PROCESSING:
                assert judged == NotGiven("NOT_ENOUGH 余额不足", NOON)
            case _:
                assert isinstance(judged, StillOpen), (state, answer)
                assert judged.state in MOVES[state]


ANOTHERS = [
    replace(ABOUT, merchant_refund_no="R-2"),
    replace(ABOUT, merchant_order_no="NO2"),
    replace(ABOUT, channel_txn_no="txn-2"),
    replace(ABOUT, amount=Money("CNY", 4_99)),
    replace(ABOUT, amount=Money("USD", 5_00)),
]


@pytest.mark.parametrize("about", ANOTHERS)
@pytest.mark.parametrize("state", OPEN)
def test_a_word_about_another_refund_moves_nothing_and_waits_for_a_person(state, about):
    for word in (
        RefundSucceeded(about, "5000", NOON),
        RefundProcessing(about, "5000"),
        RefundMoved(about),
        Refused("CLOSED", "", about),
    ):
        refund = a_refund(state)
        judged = judge_answer(refund, ORDER, word, NOON, 0.5, TIMERS)
        left = after(refund, judged, NOON)

        assert isinstance(judged, Disagrees)
        assert (left.state, left.next_try_time, left.attention_time) == (RefundState.UNKNOWN, None, NOON)
        assert left.cause.startswith("DISAGREES ")
        assert left.channel_refund_no == ""


def test_what_a_channel_does_not_tell_of_a_refund_is_no_disagreement():
    assert judge_answer(a_refund(), ORDER, RefundSucceeded(RefundAbout(), "", NOON), NOON, 0.5, TIMERS) == GivenBack(
        "", NOON
    )


def test_a_disagreement_outlives_an_answer_that_tells_nothing_and_ends_with_one_that_agrees():
    waiting = a_refund(RefundState.UNKNOWN, cause="DISAGREES amount", attention_time=NOON, next_try_time=None)
    later = NOON + timedelta(seconds=9)

    for silent in (Unknown(UnknownCause.TIMEOUT), NotFound()):
        left = after(waiting, judge_answer(waiting, ORDER, silent, later, 0.5, TIMERS), later)
        assert left == waiting

    agreed = after(waiting, judge_answer(waiting, ORDER, ANSWERS[0], later, 0.5, TIMERS), later)
    assert (agreed.state, agreed.attention_time) == (RefundState.SUCCEEDED, None)


def test_a_refund_that_the_channel_tells_of_without_its_amount_is_asked_about_at_once():
    judged = judge_answer(a_refund(), ORDER, RefundMoved(ABOUT), NOON, 0.5, TIMERS)

    assert judged == StillOpen(RefundState.PROCESSING, "", "", NOON)


def test_a_lost_answer_to_a_later_question_does_not_forget_that_the_channel_took_it():
    judged = judge_answer(a_refund(RefundState.PROCESSING), ORDER, Unknown(UnknownCause.TIMEOUT), NOON, 0.5, TIMERS)

    assert judged.state is RefundState.PROCESSING


def test_what_was_not_asked_is_asked_for_and_all_else_is_only_inquired_until_the_channel_lacks_it():
    assert next_question(a_refund(RefundState.CREATED)) is Question.DO
    assert next_question(a_refund(RefundState.UNKNOWN)) is Question.HOW_STANDS
    assert next_question(a_refund(RefundState.PROCESSING)) is Question.HOW_STANDS

    later = NOON + timedelta(seconds=TIMERS.absence_seconds)
    assert must_ask_again(a_refund(RefundState.UNKNOWN), NotFound(), later, TIMERS)
    assert not must_ask_again(a_refund(RefundState.UNKNOWN), NotFound(), later - timedelta(seconds=1), TIMERS)
    assert not must_ask_again(a_refund(RefundState.PROCESSING), NotFound(), later, TIMERS)
    assert must_ask_again(a_refund(RefundState.PROCESSING, cause="NOT_FOUND"), NotFound(), later, TIMERS)
    assert not must_ask_again(a_refund(RefundState.UNKNOWN), Unknown(UnknownCause.TIMEOUT), later, TIMERS)


@given(st.integers(1, 2_000), st.floats(0, 1), st.sampled_from([0, 5, 90_000]))
def test_a_question_is_repeated_ever_later_never_before_the_channel_wants_and_not_for_ever(tries, jitter, wish):
    refund = a_refund(RefundState.UNKNOWN, attempt_count=tries)
    now = NOON + timedelta(days=3)

    at = judge_answer(refund, ORDER, Unknown(UnknownCause.THROTTLED, "", wish), now, jitter, TIMERS).next_try_time

    longest = min(TIMERS.seconds_max, TIMERS.base_seconds * 2.0 ** min(tries - 1, 40))
    assert timedelta(seconds=max(longest / 2, wish)) <= at - now <= timedelta(seconds=max(longest, wish))


def test_after_its_age_a_refund_waits_for_a_person_and_is_still_not_guessed():
    old = NOON + timedelta(seconds=TIMERS.age_seconds_max)

    judged = judge_answer(a_refund(RefundState.UNKNOWN), ORDER, Unknown(UnknownCause.TIMEOUT), old, 0.0, TIMERS)

    assert judged == StillOpen(RefundState.UNKNOWN, "", "TIMEOUT", None)


def test_what_is_final_is_left_by_no_answer_and_asked_by_no_question():
    for state in set(RefundState) - set(OPEN):
        with pytest.raises(AssertionError, match="final"):
            judge_answer(a_refund(state), ORDER, NotFound(), NOON, 0.5, TIMERS)
        with pytest.raises(AssertionError, match="final"):
            next_question(a_refund(state))
    assert states_before(RefundState.SUCCEEDED) == states_before(RefundState.FAILED) == set(OPEN)
    assert states_before(RefundState.CREATED) == set()


def test_a_refund_that_is_told_as_done_is_whole_from_the_start():
    told = replace(ASKED, origin=RefundOrigin.RECORDED, channel_refund_no="5000", finish_time=NOON)

    refund = new_refund(told, "ref_1", "wuhan-water", "", NOON, "", TIMERS)

    assert refund.is_final
    assert refund.state is RefundState.SUCCEEDED
    assert (refund.next_try_time, refund.attempt_count, refund.finish_time) == (None, 0, NOON)
