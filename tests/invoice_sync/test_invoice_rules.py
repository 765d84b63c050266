"""The frozen document, the waits, the weighing of answers and the proof of absence: pure rules."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.money import Money
from services.invoice_sync.domain.absence import Absence, Canary, Round, next_round_time, weigh
from services.invoice_sync.domain.attempt import Outcome, TaxAnswer
from services.invoice_sync.domain.backoff import GiveUp, next_look, next_try
from services.invoice_sync.domain.invoice import PERSON, Party, freeze_document
from services.invoice_sync.domain.lookup import Finding, judge
from services.invoice_sync.domain.payment import PaymentState, ReconciliationState
from services.invoice_sync.domain.policy import IssueNow, IssuePolicy, NotDue, judge_due
from tests.invoice_sync.builders import NOON, SELLER, TIMERS, a_payment, a_profile, an_invoice

OURS, OTHERS, NUMBER = "a" * 64, "b" * 64, "26422000000000000001"


def test_the_document_is_canonical_json_with_the_fields_of_the_protocol():
    payment = a_payment(merchant_order_no="NO1", amount=Money("CNY", 12_345))

    document = freeze_document(payment, SELLER, PERSON, NOON)

    assert (
        document.content
        == (
            '{"amount_minor":12345,"buyer":{"tax_id":"","title":"个人"},"currency":"CNY","issue_date":"2026-03-01",'
            '"order_no":"NO1","schema":1,"seller":{"name":"武汉水务集团有限公司","tax_id":"91420100MA4KXYZ123"}}'
        ).encode()
    )


@given(st.text(max_size=50), st.text(max_size=20), st.integers(1, 10**12))
def test_equal_input_gives_equal_bytes_that_read_back(title, order_no, amount_minor):
    payment = a_payment(merchant_order_no=order_no, amount=Money("CNY", amount_minor))
    buyer = Party(title, "")

    first, second = (freeze_document(payment, SELLER, buyer, NOON) for _ in range(2))

    assert first == second
    assert json.loads(first.content)["buyer"]["title"] == title


def test_an_invoice_issued_after_midnight_in_beijing_bears_the_new_day():
    late = datetime(2026, 2, 28, 16, 30, tzinfo=UTC)

    assert json.loads(freeze_document(a_payment(), SELLER, PERSON, late).content)["issue_date"] == "2026-03-01"


def test_names_and_tax_numbers_do_not_show_in_a_repr():
    invoice = an_invoice(a_payment(), buyer=Party("张三", "91420100MA4K000001"))

    shown = repr(invoice)

    assert "水务" not in shown
    assert "张三" not in shown
    assert "MA4K" not in shown


@given(st.integers(1, 4), st.floats(0, 1), st.integers(0, 1000))
def test_a_next_try_lies_between_retry_after_and_the_cap(attempt, jitter, retry_after):
    at = next_try(attempt, NOON, jitter, retry_after, NOON, TIMERS)

    assert isinstance(at, datetime)
    longest = max(retry_after, min(TIMERS.retry_seconds_max, TIMERS.retry_base_seconds * 2 ** (attempt - 1)))
    assert timedelta(seconds=retry_after) <= at - NOON <= timedelta(seconds=longest)


def test_tries_end_by_count_and_by_age():
    by_count = next_try(TIMERS.retry_count_max, NOON, 0.5, 0, NOON, TIMERS)
    by_age = next_try(1, NOON, 0.5, 0, NOON - timedelta(days=1), TIMERS)

    assert isinstance(by_count, GiveUp)
    assert isinstance(by_age, GiveUp)


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_looks_never_end_and_never_lie_further_apart_than_the_cap(look, jitter):
    wait = next_look(look, NOON, jitter, 0, TIMERS) - NOON

    assert timedelta(seconds=TIMERS.look_base_seconds / 2) <= wait <= timedelta(seconds=TIMERS.look_seconds_max)


def an_answer(outcome: Outcome, sha256: str = "", number: str = "") -> TaxAnswer:
    return TaxAnswer(outcome, "", document_sha256=sha256, invoice_number=number)


@pytest.mark.parametrize(
    ("by_key", "by_number", "finding"),
    [
        (an_answer(Outcome.OK, OURS), an_answer(Outcome.OK, OURS), Finding.SAME),
        (an_answer(Outcome.OK, OURS), None, Finding.NOT_YET),
        (an_answer(Outcome.OK, OURS), an_answer(Outcome.NOT_FOUND), Finding.NOT_YET),
        (an_answer(Outcome.NOT_FOUND), an_answer(Outcome.OK, OURS), Finding.NOT_YET),
        (an_answer(Outcome.NOT_YET, OURS), an_answer(Outcome.NOT_YET, OURS), Finding.NOT_YET),
        (an_answer(Outcome.NOT_FOUND), an_answer(Outcome.NOT_FOUND), Finding.NOT_FOUND),
        (an_answer(Outcome.NOT_FOUND), None, Finding.NOT_FOUND),
        (an_answer(Outcome.NOT_FOUND), an_answer(Outcome.UNKNOWN), Finding.CANNOT_TELL),
        (an_answer(Outcome.THROTTLED), None, Finding.CANNOT_TELL),
        (an_answer(Outcome.OK), an_answer(Outcome.OK), Finding.CANNOT_TELL),
        (an_answer(Outcome.OK, OTHERS), an_answer(Outcome.OK, OURS), Finding.OTHER),
        (an_answer(Outcome.OK, OURS, "other"), an_answer(Outcome.OK, OURS), Finding.OTHER),
        (an_answer(Outcome.UNKNOWN), an_answer(Outcome.OK, OTHERS), Finding.OTHER),
        (an_answer(Outcome.MISMATCH), None, Finding.OTHER),
    ],
)
def test_what_two_answers_say_together(by_key, by_number, finding):
    assert judge(by_key, by_number, OURS, NUMBER) is finding


@given(st.sampled_from(list(Outcome)), st.sampled_from([None, *Outcome]), st.sampled_from(["", OURS, OTHERS]))
def test_nothing_is_found_the_same_without_two_answers_that_show_our_content(by_key, by_number, sha256):
    second = None if by_number is None else an_answer(by_number, sha256)

    found = judge(an_answer(by_key, sha256), second, OURS, "")

    if found is Finding.SAME:
        assert (by_key, by_number, sha256) == (Outcome.OK, Outcome.OK, OURS)


def rounds(*canaries: Canary) -> list[Round]:
    return [Round(f"rnd_{no}", NOON + timedelta(hours=no), canary) for no, canary in enumerate(canaries)]


@pytest.mark.parametrize(
    ("canaries", "absence"),
    [
        ([], Absence.OPEN),
        ([Canary.NOT_SEEN] * 5, Absence.OPEN),
        ([Canary.SEEN], Absence.SUSPECTED),
        ([Canary.SEEN, Canary.NOT_SEEN], Absence.SUSPECTED),
        ([Canary.SEEN, Canary.SEEN], Absence.PROVED),
        ([Canary.NONE_BOOKED, Canary.SEEN], Absence.SUSPECTED),
        ([Canary.NONE_BOOKED, Canary.NONE_BOOKED, Canary.NONE_BOOKED], Absence.PROVED),
    ],
)
def test_how_many_rounds_prove_an_absence(canaries, absence):
    assert weigh(rounds(*canaries)) is absence


def test_rounds_lie_a_window_apart():
    first = next_round_time(NOON, [], TIMERS)
    second = next_round_time(NOON, [Round("rnd_1", first, Canary.SEEN)], TIMERS)

    assert first - NOON == second - first == timedelta(seconds=TIMERS.settle_seconds)


@pytest.mark.parametrize(
    ("policy", "state", "reconciliation", "decided"),
    [
        (IssuePolicy.ON_SUCCESS, PaymentState.SUCCEEDED, ReconciliationState.PENDING, IssueNow),
        (IssuePolicy.ON_SUCCESS, PaymentState.PROCESSING, ReconciliationState.PENDING, NotDue.NOT_SUCCEEDED),
        (IssuePolicy.ON_RECONCILIATION, PaymentState.SUCCEEDED, ReconciliationState.PENDING, NotDue.NOT_RECONCILED),
        (IssuePolicy.ON_RECONCILIATION, PaymentState.SUCCEEDED, ReconciliationState.EXCEPTION, NotDue.NOT_RECONCILED),
        (IssuePolicy.ON_RECONCILIATION, PaymentState.SUCCEEDED, ReconciliationState.MATCHED, IssueNow),
        (IssuePolicy.ON_REQUEST, PaymentState.SUCCEEDED, ReconciliationState.MATCHED, NotDue.ONLY_ON_REQUEST),
        (None, PaymentState.SUCCEEDED, ReconciliationState.MATCHED, NotDue.NO_PROFILE),
    ],
)
def test_when_an_invoice_is_due(policy, state, reconciliation, decided):
    payment = a_payment(state=state, reconciliation_state=reconciliation)

    found = judge_due(payment, a_profile(policy) if policy else None)

    assert isinstance(found, IssueNow) if decided is IssueNow else found is decided
