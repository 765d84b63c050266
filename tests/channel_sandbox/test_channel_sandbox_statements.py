"""The statement files of the stand-in channels: the reconciler's own reader takes them, and they tie with the book."""

import csv
import gzip
import hashlib
import io
import zipfile
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from chassis.money import Money
from services.reconciler.domain.line import LineKind
from tests.support.channel_merchants import AlipayMerchant, HmacMerchant, Merchant, WeChatMerchant, merchant_at
from tests.support.channel_sandbox import ChannelSteering, running_channel_sandbox
from tests.support.eventually import eventually
from tests.support.statements import Whole, read_file


async def a_day_of(sandbox: ChannelSteering, merchant: Merchant) -> tuple[date, list[dict[str, Any]]]:
    """Three payments, one given back in two parts, one refund that failed; the day after is there. The book of it."""
    await at_noon(sandbox)
    for no, amount_minor in enumerate([12_345, 100_000, 1]):
        await merchant.create(f"ORDER_{no}", amount_minor)
        await sandbox.pay(merchant.channel, f"ORDER_{no}")
    await merchant.create("ORDER_9", 777)
    await merchant.refund("ORDER_0", "R1", 2_345)
    await merchant.refund("ORDER_0", "R2", 10_000)
    await sandbox.plan("REFUND_FAILS_AFTER_ACCEPTANCE", merchant_order_no="ORDER_1")
    await merchant.refund("ORDER_1", "R3", 500)

    async def book() -> list[dict[str, Any]] | None:
        orders = [await sandbox.order(merchant.channel, f"ORDER_{no}") for no in range(3)]
        return orders if all(one["state"] != "PROCESSING" for order in orders for one in order["refunds"]) else None

    orders = await eventually(book)
    paid_at = datetime.fromisoformat(orders[0]["pay_time"])
    day = paid_at.astimezone(ZoneInfo("Asia/Shanghai")).date()
    await sandbox.shift_clock(86_400)
    return day, orders


async def at_noon(sandbox: ChannelSteering) -> None:
    """No payment of a test falls on another day than the one before it."""
    now = datetime.fromisoformat((await sandbox.http.get("/steering/clock")).json()["now"])
    local = now.astimezone(ZoneInfo("Asia/Shanghai"))
    await sandbox.shift_clock((local.replace(hour=12, minute=0, second=0) - local).total_seconds())


def assert_ties(statement: Whole, orders: list[dict[str, Any]]) -> None:
    """Line for line what the book has, and every total that the file declares is that of its lines."""
    payments = [line for line in statement.lines if line.kind is LineKind.PAYMENT]
    refunds = [line for line in statement.lines if line.kind is LineKind.REFUND]
    given_back = [
        (one["merchant_refund_no"], -one["amount_minor"])
        for order in orders
        for one in order["refunds"]
        if one["state"] == "SUCCEEDED"
    ]

    assert [(one.channel_txn_no, one.merchant_order_no, one.amount) for one in payments] == [
        (one["channel_txn_no"], one["merchant_order_no"], Money("CNY", one["amount_minor"])) for one in orders
    ]
    assert [(one.merchant_refund_no, one.amount.amount_minor) for one in refunds] == given_back
    assert [line.book_time for line in payments] == [
        datetime.fromisoformat(one["pay_time"]).astimezone(UTC).replace(microsecond=0) for one in orders
    ]
    assert statement.summary.controls
    assert all(control.ties for control in statement.summary.controls)


async def test_the_wechat_trade_bill_is_read_and_ties_with_the_book(fresh_database):
    async with running_channel_sandbox(await fresh_database("services.channel_sandbox")) as sandbox:
        merchant = WeChatMerchant(sandbox)
        day, orders = await a_day_of(sandbox, merchant)

        files = []
        for packing in ("", "&tar_type=GZIP"):
            asked = await merchant.call("GET", f"/v3/bill/tradebill?bill_date={day}&bill_type=ALL{packing}")
            told = asked.json()
            address = urlsplit(told["download_url"])
            path = f"{address.path}?{address.query}"
            authorization = merchant.authorization("GET", path, b"")
            got = await sandbox.http.get(path, headers={"Authorization": authorization})
            files.append(gzip.decompress(got.content) if packing else got.content)
            assert (told["hash_type"], told["hash_value"]) == ("SHA1", hashlib.sha1(files[-1]).hexdigest())
        today = await merchant.call("GET", f"/v3/bill/tradebill?bill_date={day + timedelta(days=1)}")
        unsigned = await sandbox.http.get(path)

    statement = read_file(files[0])
    assert files[0] == files[1]
    assert (statement.summary.profile_id, statement.summary.encoding, statement.summary.first_date) == (
        "wechat_pay.trade",
        "utf-8-sig",
        day,
    )
    assert statement.summary.account_no == merchant.names["mchid"]
    assert_ties(statement, orders)
    fees = [(line.merchant_refund_no, line.fee_text) for line in statement.lines]
    assert fees == [("", "0.74000"), ("", "6.00000"), ("", "0.00000"), ("R1", "-0.14000"), ("R2", "-0.60000")]
    assert (today.status_code, today.json()["code"]) == (400, "NO_STATEMENT_EXIST")
    assert unsigned.status_code == 401


async def test_the_alipay_business_bill_is_read_and_ties_with_the_book(fresh_database):
    async with running_channel_sandbox(await fresh_database("services.channel_sandbox")) as sandbox:
        merchant = AlipayMerchant(sandbox)
        day, orders = await a_day_of(sandbox, merchant)

        told = await merchant.call(
            "alipay.data.dataservice.bill.downloadurl.query", {"bill_type": "trade", "bill_date": str(day)}
        )
        packed = await sandbox.http.get(told["bill_download_url"])
        spoilt = await sandbox.http.get(told["bill_download_url"] + "0")
        nothing = await merchant.call(
            "alipay.data.dataservice.bill.downloadurl.query", {"bill_type": "trade", "bill_date": "2026-01-01"}
        )

    with zipfile.ZipFile(io.BytesIO(packed.content)) as files:
        (name,) = files.namelist()
        raw = files.read(name)
    statement = read_file(raw)
    assert name.encode("cp437").decode("gbk") == f"{merchant.names['seller_id']}0156_{day:%Y%m%d}_业务明细.csv"
    assert (statement.summary.profile_id, statement.summary.encoding, statement.summary.first_date) == (
        "alipay.business",
        "gb18030",
        day,
    )
    assert_ties(statement, orders)
    fees = [(line.merchant_refund_no, line.fee_text) for line in statement.lines]
    assert fees == [("", "-0.74"), ("", "-6.00"), ("", "0.00"), ("R1", "0.14"), ("R2", "0.60")]
    assert (spoilt.status_code, nothing["sub_code"]) == (404, "isp.bill_not_exist")


async def test_the_generic_statement_ties_with_the_book(fresh_database):
    async with running_channel_sandbox(await fresh_database("services.channel_sandbox")) as sandbox:
        merchant = HmacMerchant(sandbox)
        day, orders = await a_day_of(sandbox, merchant)

        got = await merchant.call("GET", f"/statements/{day}")
        steered = await sandbox.http.get(f"/steering/statements/hmac_pay/{day}")
        today = await merchant.call("GET", f"/statements/{day + timedelta(days=1)}")

    _, *rows, total = list(csv.reader(io.StringIO(got.text)))
    assert [(row[0], row[3], row[5], int(row[6])) for row in rows] == [
        *(("PAYMENT", one["merchant_order_no"], "", one["amount_minor"]) for one in orders),
        ("REFUND", "ORDER_0", "R1", -2_345),
        ("REFUND", "ORDER_0", "R2", -10_000),
    ]
    assert (total[1], total[6], total[8]) == ("5", "100001", "600")
    assert got.content == steered.content
    assert (today.status_code, today.json()["code"]) == (404, "NO_STATEMENT")


async def test_a_name_with_a_comma_or_without_a_place_in_gbk_leaves_the_files_readable(fresh_database):
    async with running_channel_sandbox(await fresh_database("services.channel_sandbox")) as sandbox:
        wechat, alipay = merchant_at("wechat_pay", sandbox), merchant_at("alipay", sandbox)
        assert isinstance(wechat, WeChatMerchant)
        assert isinstance(alipay, AlipayMerchant)
        await at_noon(sandbox)
        name = '水费,"三月" 😀 `;'
        order = wechat.order("ORDER_1", 5, "") | {"description": name}
        await wechat.call("POST", "/v3/pay/transactions/native", order)
        await alipay.call(
            "alipay.trade.precreate", {"out_trade_no": "ORDER_1", "total_amount": "0.05", "subject": name}
        )
        for channel in ("wechat_pay", "alipay"):
            await sandbox.pay(channel, "ORDER_1")
        now = datetime.fromisoformat((await sandbox.http.get("/steering/clock")).json()["now"])
        day = now.astimezone(ZoneInfo("Asia/Shanghai")).date()

        files = [
            (await sandbox.http.get(f"/steering/statements/{channel}/{day}")).content
            for channel in ("wechat_pay", "alipay")
        ]

    assert [read_file(raw).lines[0].amount.amount_minor for raw in files] == [5, 5]
