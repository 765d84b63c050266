"""The WeChat Pay merchant trade bill, made here in its true layout and read by the shipped profile."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.money import Money
from services.reconciler.domain.line import LineKind
from services.reconciler.domain.statement import RowCounts
from services.reconciler.statements import Limits, StatementRefused
from tests.support.statements import read_file

HEADER = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,"
    "手续费,费率,订单金额,申请退款金额,费率备注"
)
ALL = HEADER.split(",")
REFUND_COLUMNS = ("微信退款单号", "商户退款单号", "退款金额", "充值券退款金额", "退款类型", "退款状态", "申请退款金额")
SUCCESS = [name for name in ALL if name not in REFUND_COLUMNS]
REFUND = [*ALL[:14], "退款申请时间", "退款成功时间", *ALL[14:]]
TOTALS = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"


def row(no: int, **changed: str) -> dict[str, str]:
    cells = dict.fromkeys(REFUND, "") | {
        "交易时间": "2026-03-01 09:30:00",
        "商户号": "1900000001",
        "微信订单号": f"42000{no:05}",
        "商户订单号": f"order-{no}",
        "交易状态": "SUCCESS",
        "货币种类": "CNY",
        "应结订单金额": "1.20",
        "订单金额": "1.20",
        "微信退款单号": "0",
        "商户退款单号": "0",
        "退款金额": "0.00",
        "充值券退款金额": "0.00",
        "申请退款金额": "0.00",
        "商品名称": "水费",
        "手续费": "0.01000",
    }
    return cells | changed


def refund(no: int, **changed: str) -> dict[str, str]:
    cells = {
        "交易状态": "REFUND",
        "应结订单金额": "0.00",
        "订单金额": "0.00",
        "微信退款单号": f"50000{no}",
        "商户退款单号": f"refund-{no}",
        "退款金额": "0.50",
        "申请退款金额": "0.50",
        "手续费": "-0.00500",
    }
    return row(no, **(cells | changed))


def total(rows: list[dict[str, str]], column: str) -> Decimal:
    return sum((Decimal(cells[column]) for cells in rows), Decimal(0))


def bill(rows: list[dict[str, str]], header: list[str] = ALL, totals: str = "", newline: str = "\r\n") -> bytes:
    declared = totals or ",".join(
        f"`{value}"
        for value in (
            f"{len(rows)}.0",
            total(rows, "应结订单金额"),
            total(rows, "退款金额"),
            total(rows, "充值券退款金额"),
            total(rows, "手续费").quantize(Decimal("0.01"), ROUND_HALF_UP),
            total(rows, "订单金额"),
            total(rows, "申请退款金额"),
        )
    )
    body = [",".join(f"`{cells[name]}" for name in header) for cells in rows]
    return ("\ufeff" + newline.join([",".join(header), *body, TOTALS, declared, ""])).encode()


def refusal(raw: bytes) -> StatementRefused:
    with pytest.raises(StatementRefused) as refused:
        read_file(raw)
    return refused.value


def test_a_bill_becomes_signed_lines_with_their_numbers_times_and_places():
    raw = bill([row(1), refund(2)])

    statement = read_file(raw)

    payment, back = statement.lines
    assert (payment.kind, payment.amount) == (LineKind.PAYMENT, Money("CNY", 120))
    assert (payment.channel_txn_no, payment.merchant_order_no) == ("4200000001", "order-1")
    assert (payment.channel_refund_no, payment.merchant_refund_no) == ("", "")
    assert payment.book_time == datetime(2026, 3, 1, 1, 30, tzinfo=UTC)
    assert (payment.book_local, payment.fee_text, payment.status) == ("2026-03-01 09:30:00", "0.01000", "SUCCESS")
    assert (back.kind, back.amount) == (LineKind.REFUND, Money("CNY", -50))
    assert (back.channel_refund_no, back.merchant_refund_no) == ("500002", "refund-2")
    assert [line.line_no for line in statement.lines] == [2, 3]
    assert [raw[line.byte_offset :][: line.byte_size + 2] for line in statement.lines] == [
        line for line in raw.splitlines(keepends=True) if line.startswith(b"`2026")
    ]
    assert (statement.summary.account_no, statement.summary.first_date) == ("1900000001", date(2026, 3, 1))
    assert (statement.summary.sums_in, statement.summary.sums_out) == ({"CNY": 120}, {"CNY": -50})
    assert statement.summary.rows == RowCounts(booked=2, neutral=0, frame=3, quarantined=0)


def test_a_success_bill_has_no_refund_columns_and_loads():
    statement = read_file(bill([row(1), row(2)], header=SUCCESS))

    assert len(SUCCESS) == 20
    assert [line.channel_refund_no for line in statement.lines] == ["", ""]
    assert all(control.ties for control in statement.summary.controls)


def test_a_refund_bill_is_of_the_day_its_refunds_were_accepted_not_of_the_payments():
    rows = [refund(1, 交易时间="2026-02-20 08:00:00", 退款申请时间="2026-03-01 10:00:00")]

    statement = read_file(bill(rows, header=REFUND))

    assert len(REFUND) == 29
    assert statement.summary.first_date == date(2026, 3, 1)
    assert statement.lines[0].book_local == "2026-03-01 10:00:00"


def test_the_order_of_columns_does_not_matter():
    moved = [*ALL[:3], *reversed(ALL[3:])]

    assert read_file(bill([row(1)], header=moved)).lines[0].amount == Money("CNY", 120)


def test_line_ends_of_either_kind_and_an_absent_mark_change_nothing_but_places():
    unix = bill([row(1)], newline="\n").removeprefix("\ufeff".encode())

    statement = read_file(unix)

    assert statement.summary.encoding == "utf-8"
    assert statement.lines == (
        replace(read_file(bill([row(1)])).lines[0], byte_offset=len(",".join(ALL).encode()) + 1),
    )


def test_the_same_bill_saved_in_gbk_loads():
    raw = bill([row(1)]).decode("utf-8-sig").encode("gb18030")

    assert read_file(raw).summary.encoding == "gb18030"


def test_a_comma_in_a_name_does_not_split_the_cell():
    statement = read_file(bill([row(1, 商品名称="水费,二月")]))

    assert statement.lines[0].amount == Money("CNY", 120)


def test_a_repeated_line_is_two_lines():
    statement = read_file(bill([row(1), row(1)]))

    assert [line.channel_txn_no for line in statement.lines] == ["4200000001", "4200000001"]
    assert [line.line_no for line in statement.lines] == [2, 3]


def test_the_business_date_is_the_channels_calendar_day_up_to_its_last_second():
    rows = [row(1, 交易时间="2026-03-01 00:00:00"), row(2, 交易时间="2026-03-01 23:59:59")]

    statement = read_file(bill(rows))

    assert statement.summary.first_date == date(2026, 3, 1)
    assert statement.lines[0].book_time == datetime(2026, 2, 28, 16, tzinfo=UTC)


def test_a_rounded_fee_total_ties_with_fees_of_five_decimals():
    rows = [row(1, 手续费="0.00250"), row(2, 手续费="0.00250")]
    totals = "`2,`2.40,`0.00,`0.00,`0.01,`2.40,`0.00"

    statement = read_file(bill(rows, totals=totals))

    fee = next(control for control in statement.summary.controls if control.name == "手续费总金额")
    assert (fee.declared, fee.computed, fee.ties) == ("0.01", "0.00500", True)


@pytest.mark.parametrize(
    ("changed", "code", "column"),
    [
        ({"应结订单金额": "1.2.0"}, "E-AMOUNT", "应结订单金额"),
        ({"应结订单金额": "-1.20"}, "E-AMOUNT", "应结订单金额"),
        ({"应结订单金额": "1.205"}, "E-AMOUNT", "应结订单金额"),
        ({"应结订单金额": "\uff11.20"}, "E-AMOUNT", "应结订单金额"),
        ({"应结订单金额": ""}, "E-AMOUNT", "应结订单金额"),
        ({"手续费": "free"}, "E-AMOUNT", "手续费"),
        ({"订单金额": "1,200.00"}, "E-AMOUNT", "订单金额"),
        ({"货币种类": "RMB"}, "E-CURRENCY", "货币种类"),
        ({"交易状态": "REVOKED"}, "E-STATUS-UNKNOWN", "交易状态"),
        ({"交易时间": "2026-02-29 09:30:00"}, "E-DATE", "交易时间"),
        ({"交易时间": "2026/3/1 9:30"}, "E-DATE", "交易时间"),
        ({"微信订单号": ""}, "E-CELL-EMPTY", "微信订单号"),
        ({"微信订单号": "4.2E+27"}, "E-EXCEL-PRECISION", "微信订单号"),
        ({"商户号": "1900000002"}, "E-ACCOUNT-MIXED", None),
        ({"交易时间": "2026-03-02 00:00:00"}, "E-PERIOD", None),
        ({"交易状态": "REFUND"}, "E-CELL-EMPTY", "微信退款单号"),
        ({"商品名称": "a,`b"}, "E-WIDTH", None),
    ],
)
def test_one_bad_cell_refuses_the_whole_bill_and_names_the_place(changed, code, column):
    totals = "`2,`2.40,`0.00,`0.00,`0.02,`2.40,`0.00"

    refused = refusal(bill([row(1), row(2, **changed)], totals=totals))

    assert (refused.code, refused.line, refused.column) == (code, 3, column)


@pytest.mark.parametrize(
    ("totals", "code", "control"),
    [
        ("`2,`1.20,`0.00,`0.00,`0.01,`1.20,`0.00", "E-CONTROL-COUNT", "总交易单数"),
        ("`1,`1.21,`0.00,`0.00,`0.01,`1.20,`0.00", "E-CONTROL-SUM", "应结订单总金额"),
        ("`1,`1.2,`0.1,`0.00,`0.01,`1.20,`0.00", "E-CONTROL-SUM", "退款总金额"),
        ("`1,`1.20,`0.00,`0.00,`0.02,`1.20,`0.00", "E-CONTROL-SUM", "手续费总金额"),
        ("`1,`1.20,`0.00,`0.00,`0.01,`1.20,`0.01", "E-CONTROL-SUM", "申请退款总金额"),
        ("`1,`1.20,`0.00,`0.00,`much,`1.20,`0.00", "E-AMOUNT", "手续费总金额"),
    ],
)
def test_a_total_that_does_not_tie_refuses_the_bill(totals, code, control):
    refused = refusal(bill([row(1)], totals=totals))

    assert (refused.code, refused.column) == (code, control)


def test_a_missing_column_is_named():
    refused = refusal(bill([row(1)], header=[name for name in ALL if name != "应结订单金额"]))

    assert (refused.code, refused.column) == ("E-HEADER-MISSING", "应结订单金额")


def test_a_refund_in_a_bill_without_refund_columns_is_refused():
    refused = refusal(bill([refund(1)], header=SUCCESS))

    assert (refused.code, refused.line, refused.column) == ("E-HEADER-MISSING", 2, "退款金额")


def test_a_column_that_stands_twice_is_refused():
    refused = refusal(bill([row(1)], header=[*ALL, "退款金额"]))

    assert (refused.code, refused.column) == ("E-HEADER-DUPLICATE", "退款金额")


def test_a_cell_without_its_back_tick_is_refused():
    assert refusal(bill([row(1)]).replace(b"\n`2026", b"\n2026")).code == "E-CELL-PREFIX"


def test_bytes_after_the_last_line_are_refused_but_blank_lines_are_not():
    whole = bill([row(1)])

    assert refusal(whole + b"x").code == "E-FRAME"
    assert read_file(whole + b"\r\n\r\n").summary.rows.frame == 5


def test_a_bill_without_lines_does_not_tell_its_day_and_is_refused():
    assert refusal(bill([])).code == "E-DAY-UNKNOWN"


def test_a_gbk_row_in_a_utf8_bill_is_refused_by_its_line():
    lines = bill([row(1), row(2)]).split(b"\r\n")
    lines[2] = lines[2].decode().encode("gb18030")

    refused = refusal(b"\r\n".join(lines))

    assert (refused.code, refused.line) == ("E-ENC-MIXED", 3)


def test_a_byte_that_is_no_character_is_refused_by_its_line():
    refused = refusal(bill([row(1)]).replace("水费".encode(), b"\xff\xff"))

    assert (refused.code, refused.line) == ("E-ENC-INVALID", 2)


@pytest.mark.parametrize(
    "limits", [Limits(bytes_max=500), Limits(lines_max=3), Limits(line_bytes_max=100), Limits(columns_max=26)]
)
def test_a_bill_above_a_limit_is_refused(limits):
    with pytest.raises(StatementRefused, match="E-TOO-LARGE"):
        read_file(bill([row(1)]), limits=limits)


def test_a_bill_cut_at_any_byte_is_refused_or_lacks_nothing():
    whole = bill([row(1), refund(2)])
    lines = read_file(whole).lines

    refused = {}
    for size in range(len(whole)):
        try:
            assert read_file(whole[:size]).lines == lines
        except StatementRefused as refusal_of_cut:
            refused[size] = refusal_of_cut.code

    last_line = whole.rstrip().rfind(b"\n")
    assert set(range(last_line)) <= refused.keys()
    assert {refused[size] for size in range(whole.index(b"\n"), last_line)} == {"E-TRUNCATED"}


def test_a_bill_cut_before_its_totals_is_called_truncated():
    lines = bill([row(1), row(2)]).splitlines(keepends=True)

    assert [refusal(b"".join(lines[:count])).code for count in range(1, len(lines))] == ["E-TRUNCATED"] * 4


@given(st.lists(st.integers(0, 10**14), max_size=20), st.lists(st.integers(0, 10**14), min_size=1, max_size=20))
def test_every_fen_of_a_bill_arrives(paid, refunded):
    rows = [row(no, 应结订单金额=f"{Decimal(fen).scaleb(-2)}") for no, fen in enumerate(paid)]
    rows += [refund(no, 退款金额=f"{Decimal(fen).scaleb(-2)}") for no, fen in enumerate(refunded)]

    statement = read_file(bill(rows))

    assert [line.amount.amount_minor for line in statement.lines] == [*paid, *(-fen for fen in refunded)]
    assert statement.summary.sums_in.get("CNY", 0) == sum(paid)
    assert statement.summary.sums_out.get("CNY", 0) == -sum(refunded)


@given(st.data())
def test_a_damaged_byte_never_does_worse_than_a_refusal(data):
    whole = bill([row(1), refund(2)])
    at = data.draw(st.integers(0, len(whole) - 1))
    damaged = whole[:at] + data.draw(st.binary(max_size=2)) + whole[at + 1 :]

    try:
        statement = read_file(damaged)
    except StatementRefused:
        return

    assert statement.summary.rows.total == statement.summary.rows.booked + statement.summary.rows.frame
    assert (statement.summary.sums_in, statement.summary.sums_out) == ({"CNY": 120}, {"CNY": -50})


def test_a_bill_in_the_older_layout_of_24_columns_loads():
    header = (
        "交易时间,公众账号ID,商户号,子商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
        "总金额,企业红包金额,微信退款单号,商户退款单号,退款金额,企业红包退款金额,退款类型,退款状态,商品名称,商户数据包,"
        "手续费,费率"
    )
    rows = [
        row(1) | {"总金额": "1.20", "企业红包退款金额": "0.00"},
        refund(2) | {"总金额": "0.00", "企业红包退款金额": "0.00"},
    ]
    body = [",".join(f"`{cells.get(name, '')}" for name in header.split(",")) for cells in rows]
    totals = ["总交易单数,总交易额,总退款金额,总企业红包退款金额,手续费总金额", "`2,`1.20,`0.50,`0.00,`0.01"]

    statement = read_file("\r\n".join([header, *body, *totals, ""]).encode())

    assert (statement.summary.profile_id, header.count(",")) == ("wechat_pay.trade_24", 23)
    assert (statement.summary.sums_in, statement.summary.sums_out) == ({"CNY": 120}, {"CNY": -50})
    assert len(statement.summary.controls) == 5
