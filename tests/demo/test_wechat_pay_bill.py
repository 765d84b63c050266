"""WeChat Pay's bill as we write it, held against a real one."""

import os
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from chassis.money import Money
from demo import wechat_pay_bill
from demo.day import BillRow, generate_day

PAID = BillRow(
    channel_txn_no="4200002001202603010000000001",
    merchant_order_no="WF1",
    amount=Money("CNY", 2000),
    create_time=datetime(2026, 3, 1, 2, 0, tzinfo=UTC),
    book_time=datetime(2026, 3, 1, 2, 1, tzinfo=UTC),
    subject="水费2026年02月",
    payer="oABC",
    bank="OTHERS",
)
# Who the merchant is and what it sold; all other cells are the channel's own way of writing.
MERCHANTS_OWN = {"公众账号ID", "商户号", "设备号", "商品名称", "付款银行", "手续费", "费率"}


def generated() -> bytes:
    bills = generate_day(7, date(2026, 3, 1)).bills
    return next(raw for name, raw in bills.items() if name.startswith("wechat_pay"))


@pytest.fixture
def real() -> bytes:
    if not os.environ.get("BIHUAN_FIXTURES"):
        pytest.skip("BIHUAN_FIXTURES is not set: no real bill to compare with")
    return Path(os.environ["BIHUAN_FIXTURES"], "statements/cn/wechat_trade_all_bom.csv").read_bytes()


def table(raw: bytes) -> list[dict[str, str]]:
    lines = raw.decode("utf-8-sig").split("\r\n")
    names = lines[0].split(",")
    return [dict(zip(names, line.split(","), strict=True)) for line in lines[1:-3]]


def constants(rows: list[dict[str, str]], status: str) -> dict[str, str]:
    """The cells that are the same in every row of a status."""
    of_status = [row for row in rows if row["交易状态"] == f"`{status}"]
    return {name: of_status[0][name] for name in of_status[0] if len({row[name] for row in of_status}) == 1}


def test_the_header_and_the_totals_header_are_the_real_ones_byte_for_byte(real):
    ours, theirs = generated().split(b"\r\n"), real.split(b"\r\n")

    assert ours[0] == theirs[0]
    assert ours[-3] == theirs[-3]


def test_the_frame_of_the_file_is_the_real_ones(real):
    for raw in (generated(), real):
        assert raw.startswith(b"\xef\xbb\xbf")
        assert raw.endswith(b"\r\n")
        assert raw.count(b"\n") == raw.count(b"\r\n")
        lines = raw.decode("utf-8-sig").split("\r\n")
        assert all(cell.startswith("`") for line in lines[1:-3] for cell in line.split(","))
        assert all(cell.startswith("`") for cell in lines[-2].split(","))
        assert {len(line.split(",")) for line in lines[:-3]} == {27}


def test_what_never_changes_in_the_real_rows_is_the_same_in_ours(real):
    ours, theirs = table(generated()), table(real)
    for status in ("SUCCESS", "REFUND"):
        fixed = {k: v for k, v in constants(theirs, status).items() if k not in MERCHANTS_OWN}

        assert len(fixed) >= 11
        assert {name: constants(ours, status).get(name) for name in fixed} == fixed | varying_money(fixed, ours, status)


def varying_money(fixed: dict[str, str], ours: list[dict[str, str]], status: str) -> dict[str, str | None]:
    """The real refunds are all of one fen; ours differ, and only they may."""
    if status == "SUCCESS":
        return {}
    return {name: constants(ours, status).get(name) for name in ("退款金额", "申请退款金额") if name in fixed}


def test_numbers_are_written_with_as_many_decimals_as_the_real_ones(real):
    columns = [name for name in table(real)[0] if name.endswith("金额") or name in {"手续费", "费率"}]
    shape = {name: {re.sub(r"\d", "9", re.sub(r"^`-?\d+", "`9", row[name])) for row in table(real)} for name in columns}

    ours = {
        name: {re.sub(r"\d", "9", re.sub(r"^`-?\d+", "`9", row[name])) for row in table(generated())}
        for name in columns
    }

    assert ours == shape


def test_numbers_and_times_have_the_length_of_the_real_ones(real):
    for name in ("交易时间", "微信订单号", "微信退款单号"):
        assert {len(row[name]) for row in table(generated())} == {len(row[name]) for row in table(real)}


def test_the_real_totals_are_written_without_trailing_zeros_and_so_are_ours(real):
    for raw in (generated(), real):
        count, *sums = raw.decode("utf-8-sig").split("\r\n")[-2].split(",")
        assert re.fullmatch(r"`\d+\.0", count)
        assert all(re.fullmatch(r"`\d+\.(\d|\d[1-9])", total) for total in sums)


def test_totals_are_the_sums_of_the_rows():
    rows = table(generated())

    def total(name: str) -> Decimal:
        return sum(Decimal(row[name][1:]) for row in rows)

    printed = generated().decode("utf-8-sig").split("\r\n")[-2].split(",")

    names = ["应结订单金额", "退款金额", "充值券退款金额", "手续费", "订单金额", "申请退款金额"]
    assert [Decimal(cell[1:]) for cell in printed] == [len(rows), *map(total, names)]


def test_a_refund_gives_the_fee_back_and_moves_no_order_amount():
    refund = BillRow(
        **{
            name: getattr(PAID, name)
            for name in ("channel_txn_no", "merchant_order_no", "amount", "create_time", "subject")
        },
        book_time=datetime(2026, 3, 1, 4, 0, tzinfo=UTC),
        is_refund=True,
        channel_refund_no="50000000012026030100000000001",
        merchant_refund_no="RF1",
    )

    paid, refunded = table(wechat_pay_bill.write([PAID, refund]))

    assert (paid["手续费"], paid["应结订单金额"], paid["退款金额"], paid["微信退款单号"]) == (
        "`0.12000",
        "`20.00",
        "`0.00",
        "`0",
    )
    assert (refunded["手续费"], refunded["应结订单金额"], refunded["订单金额"]) == ("`-0.12000", "`0.00", "`0.00")
    assert (refunded["退款金额"], refunded["申请退款金额"], refunded["商户退款单号"]) == ("`20.00", "`20.00", "`RF1")
    assert wechat_pay_bill.write([PAID, refund]).endswith(b"`2.0,`20.0,`20.0,`0.0,`0.0,`20.0,`20.0\r\n")


def test_a_bill_without_rows_keeps_its_frame():
    assert table(wechat_pay_bill.write([])) == []
    assert wechat_pay_bill.write([]).endswith(b"\r\n`0.0,`0.0,`0.0,`0.0,`0.0,`0.0,`0.0\r\n")
