"""Alipay's bill as we write it, held against one as published."""

import os
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from chassis.money import Money
from demo import alipay_bill
from demo.day import BillRow, generate_day

DAY = date(2026, 3, 1)
EXPORTED = datetime(2026, 3, 1, 21, 46, 49, tzinfo=UTC)


def generated() -> bytes:
    bills = generate_day(7, DAY).bills
    return next(raw for name, raw in bills.items() if name.startswith("alipay"))


@pytest.fixture
def real() -> bytes:
    if not os.environ.get("BIHUAN_FIXTURES"):
        pytest.skip("BIHUAN_FIXTURES is not set: no real bill to compare with")
    path = "statements/cn/alipay_merchant_trade_gbk.transcribed.csv"
    return Path(os.environ["BIHUAN_FIXTURES"], path).read_bytes()


def rows_of(raw: bytes) -> list[list[str]]:
    return [line.split(",") for line in raw.decode("gbk").split("\n")[5:-5]]


def frame_of(raw: bytes) -> list[str]:
    """The lines around the rows, with every number made 9."""
    lines = raw.decode("gbk").split("\n")
    return [re.sub(r"\d+", "9", line) for line in [*lines[:5], *lines[-5:]]]


def test_the_header_and_the_rulers_are_the_published_ones_byte_for_byte(real):
    ours, theirs = generated().split(b"\n"), real.split(b"\n")

    assert [ours[at] for at in (0, 3, 4, -5)] == [theirs[at] for at in (0, 3, 4, -5)]


def test_preamble_and_footer_differ_from_the_published_ones_in_their_numbers_only(real):
    assert frame_of(generated()) == frame_of(real)
    assert b"\r" not in generated()


def test_the_same_cells_of_each_row_end_in_a_tab(real):
    def tabs(raw: bytes) -> set[tuple[int, ...]]:
        return {tuple(at for at, cell in enumerate(row) if cell.endswith("\t")) for row in rows_of(raw)}

    assert tabs(generated()) == tabs(real)
    assert {len(row) for row in rows_of(generated())} == {len(row) for row in rows_of(real)} == {25}


def test_amounts_have_the_published_sign_and_decimals_and_unused_cells_are_written_alike(real):
    for raw in (generated(), real):
        for row in rows_of(raw):
            sign = "-" if row[2] == "退款\t" else ""
            assert re.fullmatch(sign + r"\d+\.\d\d", row[11])
            assert row[12] == row[11]
            assert row[13:21] == ["0.00", "0.00", "0.00", "0.00", "0.00", "", "0.00\t", "0.00"]
            assert (row[21] == "\t") == (row[2] == "交易\t")
            assert row[23] == "0.00"


def test_numbers_and_times_have_the_length_of_the_published_ones(real):
    for at in (0, 4, 5):
        assert {len(row[at]) for row in rows_of(generated())} == {len(row[at]) for row in rows_of(real)}


def test_the_footer_gives_the_count_and_the_sum_of_each_kind():
    rows = rows_of(generated())
    footer = generated().decode("gbk")
    for kind, pattern in {
        "交易\t": r"#交易合计：(\d+)笔，商家实收共(.*?)元",
        "退款\t": r"#退款合计：(\d+)笔，商家实收退款共(.*?)元",
    }.items():
        amounts = [Decimal(row[12]) for row in rows if row[2] == kind]
        count, total = re.search(pattern, footer).groups()
        assert (int(count), Decimal(total)) == (len(amounts), sum(amounts))


def test_the_preamble_states_the_day_and_the_export_time_of_beijing():
    text = alipay_bill.write([], DAY, EXPORTED).decode("gbk")

    assert "#起始日期：[2026年03月01日 00:00:00]   终止日期：[2026年03月02日 00:00:00]\n" in text
    assert text.endswith("#导出时间：[2026年03月02日 05:46:49]\n")
    assert "#交易合计：0笔，商家实收共0.00元，商家优惠共0.00元\n#退款合计：0笔，商家实收退款共0.00元" in text


def test_the_fee_is_below_zero_on_a_payment_and_comes_back_on_a_refund():
    row = {
        "channel_txn_no": "2026030122001000000000000001",
        "merchant_order_no": "WF1",
        "amount": Money("CNY", 4183),
        "create_time": datetime(2026, 3, 1, 2, 0, tzinfo=UTC),
        "book_time": datetime(2026, 3, 1, 2, 1, tzinfo=UTC),
    }

    paid, refunded = rows_of(alipay_bill.write([BillRow(**row), BillRow(**row, is_refund=True)], DAY, EXPORTED))

    assert (paid[12], paid[22]) == ("41.83", "-0.25")
    assert (refunded[12], refunded[22]) == ("-41.83", "0.25")


def test_a_comma_in_a_subject_is_our_mistake_because_nothing_is_quoted():
    row = BillRow("1", "WF1", Money("CNY", 1), EXPORTED, EXPORTED, subject="水费,二月")

    with pytest.raises(AssertionError, match="breaks the row"):
        alipay_bill.write([row], DAY, EXPORTED)
