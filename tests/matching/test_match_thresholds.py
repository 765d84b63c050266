from pathlib import Path

from tests.matching.rows import a_line, a_payment, match, rules_with, told

REST = """
  - {id: differs, stage: s, kind: pair, keys: [channel, channel_txn_no], payments: [PAYMENT], lines: [PAYMENT],
     commit: auto, cases: [{when: "l.amount_minor <> p.amount_minor", exception_class: AMOUNT_CHANNEL_SHORT}]}
"""
IGNORE = """
ignore:
  - {id: small, below: {basis: BASIS, minor: 1000}, exception_classes: [AMOUNT_CHANNEL_SHORT, PLATFORM_ONLY],
     count_max: COUNT, sum_minor_max: SUM}
"""


def rules(basis: str, count: int, total: int):
    return rules_with(REST + IGNORE.replace("BASIS", basis).replace("COUNT", str(count)).replace("SUM", str(total)))


def test_a_small_difference_is_ignored_by_the_difference_and_not_by_the_amount(tmp_path: Path) -> None:
    payment = a_payment("p1", amount_minor=90_000)
    line = a_line("l1", payment, amount_minor=89_500)

    by_difference = match(tmp_path, [payment], [line], rules("difference", 9, 10_000))
    by_amount = match(tmp_path, [payment], [line], rules("amount", 9, 10_000))

    assert told(by_difference["l1"]) == ("small", "IGNORED_BY_RULE", "AMOUNT_CHANNEL_SHORT")
    assert told(by_difference["p1"]) == ("small", "IGNORED_BY_RULE", "AMOUNT_CHANNEL_SHORT")
    assert told(by_amount["l1"]) == ("differs", "EXCEPTION", "AMOUNT_CHANNEL_SHORT")


def test_many_small_differences_stop_being_ignored_at_the_caps_of_their_day_and_currency(tmp_path: Path) -> None:
    day = [a_payment(f"p{n}", amount_minor=400) for n in range(1, 6)]
    next_day = [a_payment("p6", amount_minor=400, business_date="2026-01-02")]
    other = [a_payment("p7", amount_minor=400, currency_code="HKD")]
    lines = [a_line("l1", a_payment("x", business_date="2026-01-03"))]

    by_count = match(tmp_path, day + next_day + other, lines, rules("amount", 3, 100_000))
    by_sum = match(tmp_path, day + next_day + other, lines, rules("amount", 100, 1_000))

    ignored = {
        name: sorted(i for i in run if told(run[i])[0] == "small")
        for name, run in (("count", by_count), ("sum", by_sum))
    }
    assert ignored == {"count": ["p1", "p2", "p3", "p6", "p7"], "sum": ["p1", "p2", "p6", "p7"]}


def test_above_the_threshold_two_people_confirm_what_waits_for_a_person(tmp_path: Path) -> None:
    large, small, matched = (
        a_payment("p1", amount_minor=500_000),
        a_payment("p2"),
        a_payment("p3", amount_minor=900_000),
    )
    rule_set = rules_with(REST + "second_confirmation: {basis: amount, minor: 500000}\n")

    found = match(tmp_path, [large, small, matched], [a_line("l3", matched)], rule_set)

    assert found["p1"]["reason"].endswith("; two people confirm")
    assert not found["p2"]["reason"].endswith("two people confirm")
    assert not found["p3"]["reason"].endswith("two people confirm")
