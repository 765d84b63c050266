"""Rows and rules that would have something posted that nobody knows to be true."""

from pathlib import Path

import pytest

from tests.matching.rows import MINUTE_US, NOON_US, a_line, a_payment, a_refund, match, rules_with, told

BARE = {"channel_txn_no": "", "merchant_order_no": ""}


@pytest.mark.parametrize(("state", "status"), [("FAILED", "FAILED"), ("UNKNOWN", "PROCESSING"), ("CLOSED", "FAILED")])
def test_money_that_moved_on_neither_side_is_not_posted(tmp_path: Path, state: str, status: str) -> None:
    payment = a_payment("p1", state=state)
    refund = a_refund("r1", a_payment("p2"), state=state)
    lines = [a_line("l1", payment, status=status), a_line("l2", refund, status=status)]

    found = match(tmp_path, [payment, refund], lines)

    assert {told(row)[:2] for row in found.values()} == {
        ("not_paid", "IGNORED_BY_RULE"),
        ("not_moved", "IGNORED_BY_RULE"),
    }


def test_rules_that_forget_to_ask_post_nothing_that_moved_on_one_side_only(tmp_path: Path) -> None:
    careless = rules_with(
        """
    cases: [{when: "p.business_date <> l.business_date", exception_class: CROSS_DAY}]
  - {id: order, stage: s, kind: pair, keys: [channel, merchant_order_no], payments: [PAYMENT], lines: [PAYMENT],
     commit: auto, many: in_order}
"""
    )
    closed, late, paid = a_payment("p1", state="CLOSED"), a_payment("p2", state="UNKNOWN"), a_payment("p3")
    lines = [
        a_line("l1", closed),
        a_line("l2", late, channel_txn_no="", business_date="2026-01-02"),
        a_line("l3", paid, status="PROCESSING", business_date="2026-01-02"),
    ]

    found = match(tmp_path, [closed, late, paid], lines, careless)

    assert told(found["l1"]) == ("txn", "EXCEPTION", "STATUS_CHANNEL_SUCCESS")
    assert told(found["l2"]) == ("order", "EXCEPTION", "STATUS_CHANNEL_SUCCESS")
    assert told(found["l3"]) == ("txn", "EXCEPTION", "STATUS_PLATFORM_SUCCESS")


def test_an_order_paid_by_somebody_else_is_not_posted(tmp_path: Path) -> None:
    payment = a_payment("p1", payer="anna")

    found = match(tmp_path, [payment], [a_line("l1", payment, channel_txn_no="", payer="bert")])

    assert told(found["l1"])[1] == "SUGGESTED"


def test_a_number_that_a_channel_gave_twice_posts_neither_of_two_orders(tmp_path: Path) -> None:
    first = a_payment("p1")
    second = a_payment("p2", channel_txn_no=first["channel_txn_no"], pay_time_us=NOON_US + MINUTE_US)

    found = match(tmp_path, [first, second], [a_line("l1", second, merchant_order_no="")])

    assert "MATCHED" not in {row["disposition"] for row in found.values()}


def test_sums_that_are_nothing_on_both_sides_say_nothing(tmp_path: Path) -> None:
    batch = {**BARE, "batch_no": "b1"}
    payments = [a_payment("p1", **batch), a_payment("p2", kind="REFUND", **batch) | {"amount_minor": -10_000}]
    lines = [a_line(f"l{at}", payments[0], amount_minor=minor, batch_no="b1") for at, minor in ((1, 37), (2, -37))]

    found = match(tmp_path, payments, lines)

    assert "MATCHED" not in {row["disposition"] for row in found.values()}


def test_short_numbers_that_are_equal_without_their_dashes_are_not_posted(tmp_path: Path) -> None:
    payment = a_payment("p1", channel_txn_no="", merchant_order_no="25-1-11")
    line = a_line("l1", payment, merchant_order_no="25-11-1", book_time_us=NOON_US + 2 * MINUTE_US)

    found = match(tmp_path, [payment], [line])

    assert "MATCHED" not in {row["disposition"] for row in found.values()}


def test_hundreds_alike_at_one_instant_are_not_paired_each_with_each_and_say_so(tmp_path: Path) -> None:
    payments = [a_payment(f"p{n:03}", **BARE) for n in range(150)]
    lines = [a_line(f"l{n:03}", payments[n]) for n in range(150)]

    found = match(tmp_path, payments, lines)

    assert {told(row)[1] for row in found.values()} == {"EXCEPTION"}
    reasons = {row["reason"] for row in found.values()}
    assert len(reasons) == 1
    assert reasons.pop().startswith(
        "no counterpart; no counterpart was looked for: more than 10000 pairs alike by channel"
    )
