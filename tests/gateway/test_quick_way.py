"""Calls that go the quick way are answered as those that go through the door: no caller can tell which it was."""

import json

import pytest

from services.gateway.batched import CALL_BYTES_MAX
from tests.support.raw_calls import PAYMENT, Sent, answered, audited, echo, payment, sent, token_of

QUICK = {
    "as documented": sent(),
    "in the contract's names": sent(
        payment(merchantId=None, merchant_id="shop", amount={"currency_code": "CNY", "amount_minor": 1230})
    ),
    "with an instant to the nanosecond": sent(payment(payTime="2026-03-01T08:00:00.123456789Z")),
    "with escapes": sent(json.dumps(PAYMENT | {"payerName": '"张\\三"'}).encode()),
    "an answer from before": sent(payment(merchantOrderNo="again")),
    "another type of JSON": sent(content_type="application/vnd.shop+json; charset=utf-8"),
    "without a type": sent(content_type=None),
    "with the id in the body": sent(payment(requestId="request-0002"), idempotency_key=None),
    "to be closed after": sent(connection="close"),
    "of HTTP/1.0": sent(version="1.0"),
    "refused by the service": sent(payment(merchantOrderNo="reused")),
    "refused in Chinese": sent(payment(merchantOrderNo="reused"), accept_language="zh-CN"),
    "that its rules refuse": sent(payment(merchantOrderNo="has blanks")),
    "without an id": sent(idempotency_key=None),
    "that ends in a fault": sent(payment(merchantOrderNo="broken")),
}
DOOR = {
    "no JSON": sent(b"{"),
    "nothing": sent(b""),
    "a list": sent(b"[]"),
    "a name twice": sent(b'{"merchantId":"a","merchantId":"b"}'),
    "both names of a field": sent(payment(merchant_id="shop")),
    "an unknown field": sent(payment(nope=1)),
    "a wrong type": sent(payment(merchantId=7)),
    "a float": sent(payment(amount={"currencyCode": "CNY", "amountMinor": 1.0})),
    "more than 64 bits": sent(payment(amount={"currencyCode": "CNY", "amountMinor": str(2**63)})),
    "a NUL": sent(payment(merchantId="a\0b")),
    "no UTF-8": sent(b'{"merchantId":"\xff"}'),
    "half a surrogate": sent(b'{"merchantId":"\\ud800"}'),
    "an injection": sent(payment(merchantId=["' or 1=1 --"])),
    "too deep": sent(b'{"amount":' + b"[" * 40 + b"]" * 40 + b"}"),
    "two ids that differ": sent(payment(requestId="request-0002")),
    "a query": sent(target="/v1/payments?merchantId=other"),
    "no key": sent(authorization=None),
    "a wrong key": sent(authorization="Bearer bhk_key_x_" + "0" * 64),
    "a key twice": sent(authorization=["Bearer bhk_key_x_" + "0" * 64] * 2),
    "not called JSON": sent(content_type="text/plain"),
    "compressed": sent(content_encoding="gzip"),
    "with a time of its own": sent(request_timeout="3"),
    "with a wrong time": sent(request_timeout="soon"),
    "with a reason": sent(bihuan_reason="订正".encode().decode("latin-1")),
    "larger than goes together": sent(payment(payerName="x" * CALL_BYTES_MAX)),
    "in pieces of its own": Sent(
        b"%x\r\n%b\r\n0\r\n\r\n" % (len(payment()), payment()), {"content-length": None, "transfer-encoding": "chunked"}
    ),
    "asking whether it may go on": sent(expect="100-continue", connection="close"),
}


@pytest.mark.parametrize("who", ["admin", "shop"])
async def test_both_ways_give_the_same_answer_and_the_same_audit_to_every_request(peer, upstream, ways, who):
    upstream.answers["RecordPayment"] = echo
    token = token_of(peer) if who == "shop" else peer.admin_token
    await answered(peer, sent().raw(token))
    ways.clear()

    for name, request in (QUICK | DOOR).items():
        before = len(await audited(peer))
        ways.door = False
        quick = await answered(peer, request.raw(token))
        ways.door = True
        door = await answered(peer, request.raw(token))
        rows = (await audited(peer))[before:]

        assert quick.comparable == door.comparable, name
        assert rows[: len(rows) // 2] == rows[len(rows) // 2 :], name
        assert set(ways[:-1]) <= {"quick" if name in QUICK else "door"}, name
        ways.clear()


async def test_a_scope_holds_on_both_ways(peer, upstream, ways):
    upstream.answers["RecordPayment"] = echo
    made = await peer.admin.post(
        "/v1/apiKeys", json={"displayName": "one shop", "tenantId": "t_1", "merchantIds": ["shop"]}
    )
    token = made.json()["token"]
    await answered(peer, sent().raw(token))
    ways.clear()

    own = await answered(peer, sent().raw(token))
    others = await answered(peer, sent(payment(merchantId="another")).raw(token))
    shown = await answered(peer, sent(payment(merchantOrderNo="foreign")).raw(token))
    ways.door = True
    door = [
        await answered(peer, sent().raw(token)),
        await answered(peer, sent(payment(merchantId="another")).raw(token)),
        await answered(peer, sent(payment(merchantOrderNo="foreign")).raw(token)),
    ]

    assert ways[:3] == ["quick", "door", "quick"]
    assert [one.comparable for one in (own, others, shown)] == [one.comparable for one in door]
    assert [one.status for one in door] == [200, 404, 404]
    assert len({call[1].request_id for call in upstream.calls}) == 1
    assert upstream.last().request_id != "request-0001"


async def test_a_name_is_masked_on_the_quick_way_and_its_sight_is_written_down(peer, upstream, ways):
    upstream.answers["RecordPayment"] = echo
    for token in (token_of(peer), peer.admin_token):
        await answered(peer, sent().raw(token))
    ways.clear()

    plain = await answered(peer, sent().raw(token_of(peer)))
    admin = await answered(peer, sent().raw(peer.admin_token))

    assert ways == ["quick", "quick"]
    assert json.loads(plain.body)["payment"]["payerName"] == "王**"
    assert json.loads(admin.body)["payment"]["payerName"] == "王小明"
    assert [row[8] for row in await audited(peer)][-2:] == [False, True]
