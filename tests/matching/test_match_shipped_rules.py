from datetime import UTC, datetime
from pathlib import Path

from tests.matching.rows import MINUTE_US, NOON_US, a_line, a_payment, a_refund, match, told

LAST_DAY = {"pay_time_us": NOON_US + 86_400_000_000, "business_date": "2026-01-02"}


def test_a_pair_that_agrees_is_posted_and_one_that_differs_is_shown_as_a_pair(tmp_path: Path) -> None:
    payments = [
        a_payment("p1"),
        a_payment("p2", state="PROCESSING"),
        a_payment("p3", fee_minor=60),
        a_payment("p4", fee_minor=60),
        a_payment("p5"),
        a_payment("p6"),
        a_payment("p7"),
        a_payment("p8"),
        a_payment("p9", state="CLOSED"),
    ]
    lines = [
        a_line("l1", payments[0]),
        a_line("l2", payments[1]),
        a_line("l3", payments[2], fee_minor=61),
        a_line("l4", payments[3], fee_minor=None),
        a_line("l5", payments[4], amount_minor=9_999),
        a_line("l6", payments[5], amount_minor=10_001),
        a_line("l7", payments[6], currency_code="HKD"),
        a_line("l8", payments[7], status="FAILED"),
    ]

    found = match(tmp_path, payments, lines)

    assert {i: told(found[i]) for i in found if i.startswith("l")} == {
        "l1": ("txn", "MATCHED", ""),
        "l2": ("txn", "EXCEPTION", "STATUS_CHANNEL_SUCCESS"),
        "l3": ("txn", "EXCEPTION", "FEE_MISMATCH"),
        "l4": ("txn", "EXCEPTION", "FEE_MISSING"),
        "l5": ("txn_differs", "EXCEPTION", "AMOUNT_CHANNEL_SHORT"),
        "l6": ("txn_differs", "EXCEPTION", "AMOUNT_CHANNEL_OVER"),
        "l7": ("txn_differs", "EXCEPTION", "CURRENCY_MISMATCH"),
        "l8": ("txn", "EXCEPTION", "STATUS_PLATFORM_SUCCESS"),
    }
    for number in range(1, 9):
        assert found[f"p{number}"]["group_id"] == found[f"l{number}"]["group_id"] == f"l{number}"
    assert told(found["p9"]) == ("not_paid", "IGNORED_BY_RULE", "")


def test_what_is_there_twice_is_named_and_the_first_stands(tmp_path: Path) -> None:
    once, booked, booked_again = a_payment("p1"), a_payment("p2"), a_payment("p3", pay_time_us=NOON_US + 1)
    booked_again |= {name: booked[name] for name in ("channel_txn_no", "merchant_order_no")}
    first, other = a_payment("p4", bill_no="b"), a_payment("p5", bill_no="b", channel="alipay", pay_time_us=NOON_US + 2)
    lines = [a_line("l1", once), a_line("l2", once, line_no=2), a_line("l3", booked), a_line("l4", first)]

    found = match(tmp_path, [once, booked, booked_again, first, other], [*lines, a_line("l5", other)])

    assert told(found["l1"])[1:] == ("MATCHED", "")
    assert (told(found["l2"])[1:], found["l2"]["runner_up_id"]) == (("EXCEPTION", "DUPLICATE_LINE"), "l1")
    assert told(found["p2"])[1:] == ("MATCHED", "")
    assert (told(found["p3"])[1:], found["p3"]["runner_up_id"]) == (("EXCEPTION", "DUPLICATE_BOOKING"), "p2")
    assert told(found["p4"])[1:] == ("MATCHED", "")
    assert (told(found["l5"])[1:], found["l5"]["runner_up_id"]) == (("EXCEPTION", "DUPLICATE_PAYMENT"), "p4")
    assert found["l5"]["group_id"] == found["p5"]["group_id"]


def test_a_bill_whose_first_payment_the_channel_never_saw_was_not_paid_twice(tmp_path: Path) -> None:
    lost, paid = a_payment("p1", bill_no="b"), a_payment("p2", bill_no="b", pay_time_us=NOON_US + MINUTE_US)

    found = match(tmp_path, [lost, paid], [a_line("l2", paid)])

    assert told(found["p1"])[1:] == ("EXCEPTION", "PLATFORM_ONLY")
    assert told(found["p2"])[1:] == ("MATCHED", "")


def test_a_number_that_was_only_written_otherwise_posts_and_one_that_is_nearly_ours_is_laid_before_a_person(
    tmp_path: Path,
) -> None:
    written, damaged, cut = a_payment("p1"), a_payment("p2", amount_minor=7_000), a_payment("p3", amount_minor=8_000)
    nearly = {"channel_txn_no": damaged["channel_txn_no"].replace("7", "8"), "merchant_order_no": ""}
    lines = [
        a_line("l1", written, channel_txn_no=f" `{written['channel_txn_no'].lower()}\t", merchant_order_no=""),
        a_line("l2", damaged, **nearly),
        a_line("l3", cut, channel_txn_no="", merchant_order_no=cut["merchant_order_no"][:-3]),
    ]

    found = match(tmp_path, [written, damaged, cut], lines)

    assert told(found["l1"]) == ("txn_plain", "MATCHED", "REFERENCE_DAMAGED")
    assert told(found["l2"]) == ("reference_damaged_at_once", "SUGGESTED", "REFERENCE_DAMAGED")
    assert told(found["l3"]) == ("reference_damaged_at_once", "SUGGESTED", "REFERENCE_DAMAGED")
    assert all(found[f"l{n}"]["group_id"] == found[f"p{n}"]["group_id"] for n in (1, 2, 3))


def test_an_order_number_does_not_join_what_the_channels_number_tells_apart(tmp_path: Path) -> None:
    ours = a_payment("p1", channel_txn_no="4200001111222233334444")
    line = a_line("l1", ours, channel_txn_no="4200009999888877776666")

    found = match(tmp_path, [ours], [line])

    assert told(found["l1"]) == ("order_conflict", "EXCEPTION", "REFERENCE_CONFLICT")


def test_of_neighbouring_numbers_the_one_of_the_same_minute_is_meant_and_two_that_differ_both_are_no_damage(
    tmp_path: Path,
) -> None:
    ours, neighbour = (
        a_payment(f"p{n}", merchant_order_no=f"BH20251101000000000{n}", channel_txn_no="") for n in (1, 2)
    )
    neighbour |= {"pay_time_us": NOON_US + 4 * MINUTE_US}
    numbered = a_payment("p3", amount_minor=4_200, merchant_order_no="BH202511010000000003")
    lines = [
        a_line("l1", ours, merchant_order_no="BH202511010000000007", book_time_us=NOON_US + MINUTE_US),
        a_line("l3", numbered, merchant_order_no="BH202511010000000008", channel_txn_no="4200009999888877776666"),
    ]

    found = match(tmp_path, [ours, neighbour, numbered], lines)

    assert told(found["l1"]) == ("reference_damaged_at_once", "SUGGESTED", "REFERENCE_DAMAGED")
    assert found["l1"]["group_id"] == found["p1"]["group_id"]
    assert told(found["p2"])[1:] == ("EXCEPTION", "PLATFORM_ONLY")
    assert [told(found[one])[1:] for one in ("p3", "l3")] == [
        ("EXCEPTION", "PLATFORM_ONLY"),
        ("EXCEPTION", "CHANNEL_ONLY"),
    ]


def test_a_deposit_is_told_with_both_of_its_possible_parts_although_one_is_like_another_payment(tmp_path: Path) -> None:
    bare = {"channel_txn_no": "", "merchant_order_no": "", "payer": ""}
    parts = [a_payment(f"p{n}", amount_minor=minor, **bare) for n, minor in ((1, 700), (2, 700), (3, 1_637))]
    other = a_payment("p4", amount_minor=700, **(bare | {"pay_time_us": NOON_US + MINUTE_US}))
    deposit = a_line("l1", parts[2], kind="CREDIT", amount_minor=2_337)
    single = a_line("l4", other, book_time_us=NOON_US + MINUTE_US)

    found = match(tmp_path, [*parts, other], [deposit, single])

    doubt = [found[i] for i in ("p1", "p2", "p3", "l1")]
    assert {told(row) for row in doubt} == {("sum_at_once", "EXCEPTION", "AMBIGUOUS_MATCH")}
    assert len({row["group_id"] for row in doubt}) == 1


def test_without_numbers_only_who_is_clearly_nearest_is_suggested_and_doubt_is_shown_whole(tmp_path: Path) -> None:
    bare = {"channel_txn_no": "", "merchant_order_no": ""}
    alone = a_payment("p1", amount_minor=500, payer="x", **bare)
    twins = [a_payment(f"p{n}", amount_minor=700, pay_time_us=NOON_US + n * 1_000_000, **bare) for n in (2, 3)]
    lines = [
        a_line("l1", alone, book_time_us=NOON_US + MINUTE_US),
        *(a_line(f"l{n}", twins[0], book_time_us=NOON_US + n * 1_000_000, line_no=n) for n in (2, 3)),
    ]

    found = match(tmp_path, [alone, *twins], lines)

    assert told(found["l1"]) == ("payer_time", "SUGGESTED", "")
    assert found["l1"]["reason"] == "by channel, payer, currency_code, amount_minor, 60 s apart"
    doubt = [found[i] for i in ("p2", "p3", "l2", "l3")]
    assert {told(row) for row in doubt} == {("time_doubt", "EXCEPTION", "AMBIGUOUS_MATCH")}
    assert {row["group_id"] for row in doubt} == {"l2"}
    assert all(f"{p}~{line}" in doubt[0]["reason"] for p in ("p2", "p3") for line in ("l2", "l3"))


def test_parts_of_an_order_a_batch_and_a_bill_are_matched_by_their_sums(tmp_path: Path) -> None:
    split, short = a_payment("p1", amount_minor=900, channel_txn_no=""), a_payment("p2", channel_txn_no="")
    batch = [a_payment(f"p{n}", batch_no="b7", amount_minor=n * 100, fee_minor=1, channel_txn_no="") for n in (3, 4)]
    bill = [a_payment(f"p{n}", bill_no="bill9", amount_minor=n, channel_txn_no="") for n in (5, 6)]
    lines = [
        *(a_line(f"l1{n}", split, amount_minor=n * 300, channel_txn_no=f"s{n}") for n in (1, 2)),
        *(a_line(f"l2{n}", short, amount_minor=n * 300, channel_txn_no=f"i{n}") for n in (1, 2)),
        a_line("l3", batch[0], merchant_order_no="", kind="CREDIT", amount_minor=698, fee_minor=None),
        a_line("l4", bill[0], merchant_order_no="bill9", amount_minor=11, channel_txn_no="t"),
    ]

    found = match(tmp_path, [split, short, *batch, *bill], lines)

    assert {told(found[i]) for i in ("p1", "l11", "l12")} == {("parts_of_order", "MATCHED", "")}
    assert {told(found[i]) for i in ("p2", "l21", "l22")} == {("parts_of_order", "EXCEPTION", "SPLIT_INCOMPLETE")}
    assert {told(found[i]) for i in ("p3", "p4", "l3")} == {("batch_net", "MATCHED", "")}
    assert {told(found[i]) for i in ("p5", "p6", "l4")} == {("bill", "MATCHED", "")}
    assert len({found[i]["group_id"] for i in ("p1", "l11", "l12")}) == 1


def test_refunds_are_told_apart_by_their_own_numbers(tmp_path: Path) -> None:
    paid = a_payment("p1", amount_minor=20_000)
    half = {"amount_minor": -5_000}
    refunds = [a_refund("r1", paid, **half), a_refund("r2", paid, **half), a_refund("r3", paid, amount_minor=-7)]
    lines = [
        a_line("l0", paid),
        a_line("l1", refunds[0], kind="REFUND"),
        a_line("l2", refunds[1], kind="REFUND", channel_refund_no="", status="PROCESSING"),
        a_line("l3", a_refund("r9", paid), kind="REFUND"),
    ]

    found = match(tmp_path, [paid, *refunds], lines)

    assert told(found["r1"]) == ("refund_no", "MATCHED", "")
    assert told(found["r2"]) == ("refund_own_no", "EXCEPTION", "REFUND_STATUS_SNAPSHOT")
    assert told(found["r3"])[1:] == ("EXCEPTION", "REFUND_PLATFORM_ONLY")
    assert told(found["l3"])[1:] == ("EXCEPTION", "REFUND_CHANNEL_ONLY")


def test_what_may_be_in_the_next_statement_waits_and_what_is_of_an_earlier_day_does_not(tmp_path: Path) -> None:
    before_midnight = NOON_US + 12 * 60 * MINUTE_US - 5 * MINUTE_US
    near, late = a_payment("p1", **LAST_DAY), a_payment("p2", **LAST_DAY)
    near["pay_time_us"] = before_midnight + 86_400_000_000
    early = a_payment("p3", pay_time_us=before_midnight)
    other = a_payment("p4", **LAST_DAY)
    future = a_payment("p5", business_date="2026-01-03", pay_time_us=NOON_US + 2 * 86_400_000_000)

    found = match(tmp_path, [near, late, early, other, future], [a_line("l4", other)])

    assert {i: told(found[i])[1] for i in found if i != "l4"} == {
        "p1": "BUFFERED",
        "p2": "EXCEPTION",
        "p3": "EXCEPTION",
        "p4": "MATCHED",
        "p5": "BUFFERED",
    }


def test_until_the_channels_close_nothing_of_the_day_is_missing(tmp_path: Path) -> None:
    missing, there = a_payment("p1"), a_payment("p2")
    lines = [a_line("l2", there)]

    before = match(tmp_path, [missing, there], lines, as_of=datetime(2026, 1, 2, 1, 59, tzinfo=UTC))
    after = match(tmp_path, [missing, there], lines, as_of=datetime(2026, 1, 2, 2, 0, tzinfo=UTC))

    assert told(before["p1"]) == ("payment_waits", "BUFFERED", "")
    assert told(after["p1"])[1:] == ("EXCEPTION", "PLATFORM_ONLY")


def test_more_given_back_than_was_paid_is_named_on_the_refunds(tmp_path: Path) -> None:
    paid = a_payment("p1")
    refunds = [a_refund("r1", paid, amount_minor=-6_000), a_refund("r2", paid, amount_minor=-6_000)]
    lines = [a_line("l0", paid), *(a_line(f"l{n}", refunds[n - 1], kind="REFUND", line_no=n) for n in (1, 2))]

    found = match(tmp_path, [paid, *refunds], lines)

    assert told(found["p1"])[1:] == ("MATCHED", "")
    assert {told(found[i]) for i in ("r1", "r2", "l1", "l2")} == {
        ("refunded_too_much", "EXCEPTION", "REFUND_EXCEEDS_PAYMENT")
    }
    assert found["r1"]["runner_up_id"] == "p1"


def test_without_any_number_the_only_sum_is_suggested_and_two_sums_are_doubt(tmp_path: Path) -> None:
    bare = {"channel_txn_no": "", "payer": "x"}
    parts = [a_payment(f"p{n}", amount_minor=1_357 * n, fee_minor=n, **bare) for n in (1, 2, 3)]
    twins = [a_payment(f"p{n}", amount_minor=2_001, channel="alipay", **bare) for n in (4, 5)]
    third = a_payment("p6", amount_minor=5_003, channel="alipay", **bare)
    nameless = {"merchant_order_no": "", "channel_txn_no": "", "kind": "CREDIT"}
    lines = [
        a_line("l1", parts[0], amount_minor=1_357 * 6 - 6, **nameless),
        a_line("l2", twins[0], amount_minor=7_004, **nameless),
    ]

    found = match(tmp_path, [*parts, *twins, third], lines)

    assert {told(found[i]) for i in ("p1", "p2", "p3", "l1")} == {("sum_of_payer", "SUGGESTED", "")}
    assert found["l1"]["reason"] == "sum by channel, payer, currency_code, without the fees"
    assert {told(found[i]) for i in ("p4", "p5", "p6", "l2")} == {("sum_of_payer", "EXCEPTION", "AMBIGUOUS_MATCH")}
    assert "p4+p6" in found["l2"]["reason"]
    assert "p5+p6" in found["l2"]["reason"]


def test_a_deposit_with_too_many_possible_parts_says_that_no_sum_was_looked_for(tmp_path: Path) -> None:
    bare = {"channel_txn_no": "", "payer": ""}
    payments = [a_payment(f"p{n}", amount_minor=1_000 + 7 * n, **bare) for n in range(25)]
    deposit = a_line("l1", payments[0], kind="CREDIT", amount_minor=9_999, merchant_order_no="", channel_txn_no="")
    alone = a_payment("p99", channel="alipay", pay_time_us=NOON_US)

    found = match(tmp_path, [*payments, alone], [deposit])

    assert told(found["l1"])[1:] == ("EXCEPTION", "CHANNEL_ONLY")
    assert found["l1"]["reason"] == (
        "no counterpart; no sum was looked for: more than 20 possible parts of a deposit by channel, currency_code "
        "within 120 s"
    )
    assert found["p7"]["reason"] == found["l1"]["reason"]
    assert found["p99"]["reason"] == "no counterpart"
