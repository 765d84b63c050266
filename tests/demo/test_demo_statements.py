"""The reconciler reads what the demo writes: counts, sums and numbers arrive as they were planned."""

import os
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from demo.day import BillRow, Disturbance, KnownLine, day_from_lines, generate_day
from services.reconciler.domain.line import LineKind
from tests.support.statements import read_file

DAY = date(2026, 3, 1)


def signed(row: BillRow) -> int:
    return -row.amount.amount_minor if row.is_refund else row.amount.amount_minor


@pytest.mark.parametrize("seed", [7, 8])
@pytest.mark.parametrize("rows_per_channel", [10, 150])
@pytest.mark.parametrize("channel", ["wechat_pay", "alipay"])
def test_a_written_bill_is_read_with_its_counts_its_sums_and_totals_that_tie(channel, rows_per_channel, seed):
    day = generate_day(seed, DAY, rows_per_channel)
    rows = day.rows[channel]
    raw = next(raw for name, raw in day.bills.items() if name.startswith(channel))

    statement = read_file(raw)

    assert (statement.summary.channel, statement.summary.first_date) == (channel, DAY)
    assert statement.summary.rows.booked == len(rows) == len(statement.lines)
    assert statement.summary.rows.quarantined == 0
    assert statement.summary.controls
    assert all(control.ties for control in statement.summary.controls)
    assert statement.summary.sums_in == {"CNY": sum(signed(row) for row in rows if not row.is_refund)}
    assert abs(statement.summary.sums_out["CNY"]) == sum(row.amount.amount_minor for row in rows if row.is_refund)


@pytest.mark.parametrize("channel", ["wechat_pay", "alipay"])
def test_every_line_is_read_with_the_numbers_amount_and_instant_of_its_row(channel):
    day = generate_day(7, DAY)
    raw = next(raw for name, raw in day.bills.items() if name.startswith(channel))

    statement = read_file(raw)

    assert [
        (x.channel_txn_no, x.merchant_order_no, x.amount.amount_minor, x.book_time, x.kind is LineKind.REFUND)
        for x in statement.lines
    ] == [
        (row.channel_txn_no, row.merchant_order_no, signed(row), row.book_time, row.is_refund)
        for row in day.rows[channel]
    ]
    assert [x.merchant_refund_no for x in statement.lines] == [row.merchant_refund_no for row in day.rows[channel]]
    assert [x.channel_refund_no for x in statement.lines] == [row.channel_refund_no for row in day.rows[channel]]


@pytest.mark.parametrize(
    ("name", "planted"),
    [
        # 31 payments, of which four share two transaction numbers; 14 refunds of earlier days.
        ("wechat_trade_all_bom.csv", dict.fromkeys(Disturbance, 1) | {Disturbance.REFUNDED: 14}),
        # Six payments of one fen, four of them refunded: two are left to disturb.
        (
            "alipay_merchant_trade_gbk.transcribed.csv",
            {
                Disturbance.DAY_BEFORE: 1,
                Disturbance.MISSING_ON_PLATFORM: 1,
                Disturbance.MISSING_AT_CHANNEL: 1,
                Disturbance.REFUNDED: 4,
            },
        ),
    ],
)
def test_a_real_statement_gives_a_day_and_stays_as_it_is(name, planted):
    if not os.environ.get("BIHUAN_FIXTURES"):
        pytest.skip("BIHUAN_FIXTURES is not set: no real bill to derive a day from")
    raw = Path(os.environ["BIHUAN_FIXTURES"], "statements/cn", name).read_bytes()
    statement = read_file(raw)
    lines = [
        KnownLine(x.channel_txn_no, x.merchant_order_no, x.amount, x.book_time, x.kind is LineKind.REFUND)
        for x in statement.lines
    ]

    day = day_from_lines(7, statement.summary.channel, statement.summary.first_date, lines, name, raw)

    assert day.bills == {name: raw}
    assert Counter(p.disturbance for p in day.planted) == planted
    # One payment a payment line, one dropped, one added.
    assert len(day.payments) == sum(not x.is_refund for x in lines)
    assert all(p.amount.amount_minor > 0 for p in day.payments)
