"""What is WeChat Pay's or Alipay's own: their shapes, who is let in, what is refused by which code."""

import json
import re
import time
from collections.abc import AsyncIterator

import pytest

from tests.support.channel_merchants import DESCRIPTION, AlipayMerchant, HmacMerchant, WeChatMerchant
from tests.support.channel_sandbox import ChannelSteering, running_channel_sandbox
from tests.support.eventually import eventually


@pytest.fixture
async def sandbox(fresh_database) -> AsyncIterator[ChannelSteering]:
    async with running_channel_sandbox(await fresh_database("services.channel_sandbox")) as running:
        yield running


async def test_a_wechat_order_has_the_shape_of_the_documents(sandbox):
    merchant = WeChatMerchant(sandbox)
    content = merchant.order("ORDER_1", 12_345, "") | {
        "attach": "户号 1001",
        "time_expire": "2099-03-01T08:00:00+08:00",
    }

    made = await merchant.call("POST", "/v3/pay/transactions/native", content)
    waiting = (await merchant.query("ORDER_1")).json()
    await sandbox.pay("wechat_pay", "ORDER_1")
    paid = (await merchant.query("ORDER_1")).json()
    by_txn = await merchant.call(
        "GET", f"/v3/pay/transactions/id/{paid['transaction_id']}?mchid={merchant.names['mchid']}"
    )

    assert made.json()["code_url"].startswith("weixin://wxpay/bizpayurl?pr=")
    assert (waiting["trade_state"], waiting["trade_state_desc"]) == ("NOTPAY", "订单未支付")
    assert "transaction_id" not in waiting
    assert (paid["appid"], paid["mchid"]) == (merchant.names["appid"], merchant.names["mchid"])
    assert (paid["trade_state"], paid["trade_type"], paid["attach"]) == ("SUCCESS", "NATIVE", "户号 1001")
    assert re.fullmatch(r"4200[0-9]{24}", paid["transaction_id"])
    assert re.fullmatch(r"[0-9-]{10}T[0-9:]{8}\+08:00", paid["success_time"])
    assert paid["amount"] == {"total": 12_345, "payer_total": 12_345, "currency": "CNY", "payer_currency": "CNY"}
    assert by_txn.json() == paid


async def test_a_wechat_refund_has_the_shape_of_the_documents(sandbox):
    merchant = WeChatMerchant(sandbox)
    await merchant.create("ORDER_1")
    await sandbox.pay("wechat_pay", "ORDER_1")
    content = {"out_trade_no": "ORDER_1", "out_refund_no": "R1", "reason": "多缴"}
    amount = {"refund": 345, "total": 12_345, "currency": "CNY"}

    accepted = (await merchant.call("POST", "/v3/refund/domestic/refunds", content | {"amount": amount})).json()

    async def done() -> dict[str, object] | None:
        told = (await merchant.call("GET", "/v3/refund/domestic/refunds/R1")).json()
        return told if told["status"] == "SUCCESS" else None

    ended = await eventually(done)
    wrong_total = await merchant.call(
        "POST",
        "/v3/refund/domestic/refunds",
        content | {"out_refund_no": "R2", "amount": amount | {"total": 12_346}},
    )

    assert (accepted["status"], accepted["channel"]) == ("PROCESSING", "ORIGINAL")
    assert re.fullmatch(r"50[0-9]{27}", accepted["refund_id"])
    assert accepted["amount"]["refund"] == accepted["amount"]["payer_refund"] == 345
    assert (ended["refund_id"], "success_time" in accepted, "success_time" in ended) == (
        accepted["refund_id"],
        False,
        True,
    )
    assert (wrong_total.status_code, wrong_total.json()["code"]) == (400, "INVALID_REQUEST")
    assert (await merchant.query("ORDER_1")).json()["trade_state"] == "REFUND"


async def test_an_abnormal_end_of_a_wechat_refund_can_be_asked_for(sandbox):
    merchant = WeChatMerchant(sandbox)
    await sandbox.plan("REFUND_FAILS_AFTER_ACCEPTANCE", code="ABNORMAL")
    await merchant.create("ORDER_1")
    await sandbox.pay("wechat_pay", "ORDER_1")

    await merchant.refund("ORDER_1", "R1", 345)

    async def status() -> bool:
        told = await merchant.call("GET", "/v3/refund/domestic/refunds/R1")
        return bool(told.json()["status"] == "ABNORMAL")

    await eventually(status)


async def test_a_wechat_call_that_the_merchant_did_not_sign_is_refused_and_the_refusal_is_signed(sandbox):
    merchant = WeChatMerchant(sandbox)
    path = f"/v3/pay/transactions/out-trade-no/ORDER_1?mchid={merchant.names['mchid']}"
    good = merchant.authorization("GET", path, b"")
    for authorization in (
        "",
        good.replace("WECHATPAY2-SHA256-RSA2048", "WECHATPAY2-SM2-WITH-SM3"),
        merchant.authorization("GET", path, b"{}"),
        merchant.authorization("GET", path, b"", mchid="1900000001"),
        merchant.authorization("GET", path, b"", serial_no="0" * 40),
        merchant.authorization("GET", path, b"", timestamp=str(int(time.time()) - 301)),
        merchant.authorization("GET", path, b"", timestamp="now"),
        re.sub(r'signature="[^"]*"', 'signature="@"', good),
    ):
        answer = await sandbox.http.get(path, headers={"Authorization": authorization})

        assert (answer.status_code, answer.json()["code"]) == (401, "SIGN_ERROR"), authorization
        assert merchant.is_signed(answer.headers, answer.content)


async def test_a_wechat_order_that_is_not_fit_is_refused_by_its_field(sandbox):
    merchant = WeChatMerchant(sandbox)
    for changes, field in (
        ({"out_trade_no": "SHORT"}, "/out_trade_no"),
        ({"out_trade_no": "ORDER 1"}, "/out_trade_no"),
        ({"mchid": "1"}, "/mchid"),
        ({"appid": "wx1"}, "/appid"),
        ({"notify_url": ""}, "/notify_url"),
        ({"amount": {"total": 0}}, "/amount/total"),
        ({"amount": {"total": 1, "currency": "USD"}}, "/currency"),
        ({"amount": 1}, "/amount"),
        ({"description": "x" * 128}, "/description"),
        ({"time_expire": "tomorrow"}, "/time_expire"),
    ):
        content = merchant.order("ORDER_1", 1, "") | changes
        answer = await merchant.call("POST", "/v3/pay/transactions/native", content)

        assert (answer.status_code, answer.json()["code"]) == (400, "PARAM_ERROR"), changes
        assert answer.json()["detail"]["field"] == field


async def test_an_alipay_trade_comes_to_be_when_its_payer_opens_it(sandbox):
    merchant = AlipayMerchant(sandbox)
    content = {"out_trade_no": "NO1", "total_amount": "123.45", "subject": DESCRIPTION, "timeout_express": "90m"}

    made = await merchant.call("alipay.trade.precreate", content)
    before = [await merchant.state("NO1"), await merchant.close("NO1"), await merchant.refund("NO1", "R1", 1)]
    await sandbox.scan("alipay", "NO1")
    waiting = await merchant.call("alipay.trade.query", {"out_trade_no": "NO1"})
    await sandbox.pay("alipay", "NO1")
    paid = await merchant.call("alipay.trade.query", {"trade_no": waiting["trade_no"], "out_trade_no": "OTHER"})

    assert (made["code"], made["msg"], made["out_trade_no"]) == ("10000", "Success", "NO1")
    assert made["qr_code"].startswith("https://qr.alipay.com/")
    assert before == ["MISSING"] * 3
    assert (waiting["trade_status"], waiting["total_amount"]) == ("WAIT_BUYER_PAY", "123.45")
    assert (paid["trade_status"], paid["out_trade_no"], paid["receipt_amount"]) == ("TRADE_SUCCESS", "NO1", "123.45")
    assert re.fullmatch(r"[0-9-]{10} [0-9:]{8}", paid["send_pay_date"])


async def test_an_alipay_refund_says_whether_it_moved_money_and_a_whole_one_closes_the_trade(sandbox):
    merchant = AlipayMerchant(sandbox)
    await merchant.create("NO1", 10_000)
    await sandbox.pay("alipay", "NO1")

    async def refund(**content: str) -> dict[str, str]:
        return await merchant.call("alipay.trade.refund", {"out_trade_no": "NO1", **content})

    first = await refund(refund_amount="40.00", out_request_no="R1")
    again = await refund(refund_amount="40.00", out_request_no="R1")
    rest = await refund(refund_amount="60")
    found = await merchant.call(
        "alipay.trade.fastpay.refund.query",
        {"out_trade_no": "NO1", "out_request_no": "R1", "query_options": ["gmt_refund_pay"]},
    )
    whole = await merchant.call("alipay.trade.fastpay.refund.query", {"out_trade_no": "NO1", "out_request_no": "NO1"})
    trade = await merchant.call("alipay.trade.query", {"out_trade_no": "NO1"})

    assert [(one["fund_change"], one["refund_fee"]) for one in (first, again, rest)] == [
        ("Y", "40.00"),
        ("N", "40.00"),
        ("Y", "100.00"),
    ]
    assert (found["refund_status"], found["refund_amount"], found["total_amount"]) == (
        "REFUND_SUCCESS",
        "40.00",
        "100.00",
    )
    assert "gmt_refund_pay" in found
    assert (whole["refund_amount"], trade["trade_status"]) == ("60.00", "TRADE_CLOSED")


async def test_an_alipay_call_that_the_app_did_not_sign_is_refused_and_the_refusal_is_signed(sandbox):
    merchant = AlipayMerchant(sandbox)
    content = {"out_trade_no": "NO1"}
    good = merchant.form("alipay.trade.query", content)
    for form, sub_code in (
        (good | {"sign": good["sign"][:-8] + "AAAAAAA="}, "isv.invalid-signature"),
        (good | {"sign": "@"}, "isv.invalid-signature"),
        (good | {"biz_content": json.dumps({"out_trade_no": "NO2"})}, "isv.invalid-signature"),
        (good | {"app_id": "1"}, "isv.invalid-app-id"),
        (good | {"sign_type": "RSA"}, "isv.invalid-signature-type"),
        ({name: value for name, value in good.items() if name != "sign"}, "isv.missing-signature"),
        ({name: value for name, value in good.items() if name != "timestamp"}, "isv.missing-timestamp"),
        (merchant.form("alipay.trade.pay", content), "isv.invalid-method"),
        ({}, "isv.missing-app-id"),
    ):
        told = await merchant.send(form)

        assert told["sub_code"] == sub_code, form
        assert told["code"] in ("40001", "40002")


async def test_an_alipay_order_that_is_not_fit_is_refused(sandbox):
    merchant = AlipayMerchant(sandbox)
    fit = {"out_trade_no": "NO1", "total_amount": "1.00", "subject": "水费"}
    for changes in (
        {"out_trade_no": "NO 1"},
        {"total_amount": "0.00"},
        {"total_amount": "1.001"},
        {"total_amount": "-1"},
        {"total_amount": "1e2"},
        {"total_amount": True},
        {"subject": ""},
        {"timeout_express": "1y"},
        {"time_expire": "tomorrow"},
    ):
        told = await merchant.call("alipay.trade.precreate", fit | changes)

        assert (told["code"], told["sub_code"]) == ("40004", "ACQ.INVALID_PARAMETER"), changes


async def test_alipay_takes_pairs_in_the_address_too(sandbox):
    merchant = AlipayMerchant(sandbox)
    await merchant.create("NO1")
    await sandbox.scan("alipay", "NO1")
    form = merchant.form("alipay.trade.query", {"out_trade_no": "NO1"})
    body = {"biz_content": form.pop("biz_content")}

    answer = await sandbox.http.post("/gateway.do", params=form, data=body)

    assert answer.json()["alipay_trade_query_response"]["trade_status"] == "WAIT_BUYER_PAY"


async def test_numbers_in_addresses_that_can_be_none_are_refused_and_break_nothing(sandbox):
    wechat, hmac = WeChatMerchant(sandbox), HmacMerchant(sandbox)
    mchid = wechat.names["mchid"]

    answers = [
        await wechat.call("GET", f"/v3/pay/transactions/out-trade-no/ORDER%00?mchid={mchid}"),
        await wechat.call("GET", f"/v3/pay/transactions/id/1%00?mchid={mchid}"),
        await wechat.call("GET", "/v3/refund/domestic/refunds/R%00"),
        await hmac.call("GET", "/payments/NO%00"),
        await hmac.call("GET", "/refunds/R%00"),
    ]
    steered = await sandbox.http.get("/steering/orders/alipay/NO%00")

    assert [answer.status_code for answer in answers] == [400] * 5
    assert steered.status_code == 422


async def test_an_address_that_can_be_none_is_tried_to_its_end_and_stops_nobody_else(sandbox):
    merchant = HmacMerchant(sandbox)
    await merchant.create("NO1", notify_url=f"http://{'a' * 64}..b/notify")
    await sandbox.pay("hmac_pay", "NO1")

    async def end() -> str | None:
        (callback,) = (await sandbox.order("hmac_pay", "NO1"))["callbacks"]
        return callback["last_answer"] or None

    assert await eventually(end)
