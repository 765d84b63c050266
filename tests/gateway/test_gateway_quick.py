"""Calls that go the quick way are answered as those that go through the door: no caller can tell which it was."""

import asyncio
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from bihuan.payments.v1 import payment_pb2
from bihuan.payments.v1 import payment_service_pb2 as pb
from sqlalchemy import text

from chassis import database
from chassis.clock import SystemClock
from chassis.errors import Fault, Kind
from services.gateway import access
from services.gateway.actions import ApiKeyActions
from services.gateway.batched import CALL_BYTES_MAX
from services.gateway.policy import table
from services.gateway.quick import Quick
from services.gateway.rates import RateLimits
from tests.support.eventually import eventually

UNKEPT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
PAYMENT = {
    "merchantId": "shop",
    "merchantOrderNo": "order-1",
    "channel": "wechat_pay",
    "channelTxnNo": "4200",
    "amount": {"currencyCode": "CNY", "amountMinor": "1230"},
    "payTime": "2026-03-01T08:00:00+08:00",
    "payerName": "王小明",
}
# What differs from one answer to the next, whichever way it went.
_OF_ITS_OWN = ("date", "ratelimit")


@dataclass(frozen=True)
class Sent:
    """A request as it goes over the wire; a header that is None is left out, a list is sent twice."""

    body: bytes
    headers: Mapping[str, Any]
    target: str = "/v1/payments"
    version: str = "1.1"

    def raw(self, token: str) -> bytes:
        usual: dict[str, Any] = {
            "host": "here",
            "authorization": f"Bearer {token}",
            "content-type": "application/json",
            "idempotency-key": "request-0001",
            "traceparent": UNKEPT,
            "content-length": str(len(self.body)),
        }
        lines = [f"POST {self.target} HTTP/{self.version}"]
        for name, value in (usual | dict(self.headers)).items():
            lines += [f"{name}: {one}" for one in (value if isinstance(value, list) else [value]) if one is not None]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


@dataclass(frozen=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def comparable(self) -> tuple[Any, ...]:
        headers = [(name, value) for name, value in self.headers if name not in _OF_ITS_OWN]
        names = [name for name, _ in self.headers]
        return self.status, headers, names, self.body


def payment(**changes: Any) -> bytes:
    return json.dumps(PAYMENT | changes, ensure_ascii=False).encode()


def sent(body: bytes | None = None, *, target: str = "/v1/payments", version: str = "1.1", **headers: Any) -> Sent:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Sent(payment() if body is None else body, named, target, version)


async def read_answer(reader: asyncio.StreamReader) -> Answer:
    head = ["HTTP/1.1 100 "]
    while head[0].split(" ")[1] == "100":
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = [(name, value) for name, _, value in (line.partition(": ") for line in head[1:-2])]
    body = await reader.readexactly(int(dict(headers).get("content-length", "0")))
    return Answer(int(head[0].split(" ")[1]), headers, body)


async def answered(peer, *pieces: bytes) -> Answer:
    reader, writer = await asyncio.open_connection("127.0.0.1", peer.gateway.outside.port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        async with asyncio.timeout(60):
            return await read_answer(reader)
    finally:
        writer.close()


def token_of(peer) -> str:
    return peer.plain.headers["authorization"].removeprefix("Bearer ")


async def audited(peer) -> list[tuple[Any, ...]]:
    columns = (
        "caller_id, operator, tenant_id, method, resource_ids, address, reason, outcome, saw_unmasked, trace_id, "
        "request_sha256"
    )
    async with peer.gateway.engine.connect() as connection:
        found = await connection.execute(
            text(f"SELECT {columns} FROM audit_record WHERE method ~ 'RecordPayment' ORDER BY record_id")
        )
        return [tuple(row) for row in found]


@pytest.fixture
def ways(monkeypatch):
    """Which way each request to a lane went, in their order; `ways.door` sends all of them through the door."""

    class Ways(list[str]):
        door = False

    taken, take = Ways(), Quick.take

    def watched(self, *arguments):
        went = not taken.door and take(self, *arguments)
        taken.append("quick" if went else "door")
        return went

    monkeypatch.setattr(Quick, "take", watched)
    monkeypatch.setattr(access, "CACHE_SECONDS", 60.0)  # else a slow minute sends some to the door
    return taken


async def echo(request, context):
    match request.merchant_order_no:
        case "reused":
            raise Fault(Kind.EXISTS, "REQUEST_ID_REUSED", "it was used", "已使用", metadata={"fields": "amount"})
        case "foreign":
            return pb.RecordPaymentResponse(payment=payment_pb2.Payment(merchant_id="another"))
        case "broken":
            raise RuntimeError("inside")
    told = payment_pb2.Payment(
        payment_id=f"pay_{request.merchant_order_no}",
        merchant_id=request.merchant_id,
        payer_name=request.payer_name,
        amount=request.amount,
        pay_time=request.pay_time,
    )
    return pb.RecordPaymentResponse(payment=told, replayed=request.merchant_order_no == "again")


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


async def test_a_key_that_is_revoked_is_refused_at_once(peer, upstream, ways):
    upstream.answers["RecordPayment"] = echo
    made = (await peer.admin.post("/v1/apiKeys", json={"displayName": "short-lived"})).json()
    for _ in range(2):
        assert (await answered(peer, sent().raw(made["token"]))).status == 200
    assert ways == ["door", "quick"]

    await peer.admin.post(f"/v1/apiKeys/{made['apiKey']['keyId']}:revoke", json={})
    refused = await answered(peer, sent().raw(made["token"]))

    assert (refused.status, json.loads(refused.body)["reason"]) == (401, "UNAUTHENTICATED")


async def test_a_caller_that_may_not_is_refused(peer, upstream, ways):
    made = (await peer.admin.post("/v1/apiKeys", json={"displayName": "looks", "roles": ["auditor"]})).json()

    answers = [await answered(peer, sent().raw(made["token"])) for _ in range(2)]

    assert [(one.status, json.loads(one.body)["reason"]) for one in answers] == [(403, "PERMISSION_DENIED")] * 2
    assert upstream.calls == []


async def test_a_limit_is_one_for_both_ways(start_peer, upstream, ways):
    async with start_peer(rate_write_per_second=20.0) as peer:
        raw, began = sent().raw(token_of(peer)), time.monotonic()
        answers = [await answered(peer, raw) for _ in range(3)]
        answers += await asyncio.gather(*(answered(peer, raw) for _ in range(240)))
        seconds = time.monotonic() - began

    statuses = [one.status for one in answers]
    assert 429 in statuses
    assert statuses.count(200) <= 20 * (seconds + 1) + 1
    assert "quick" in ways
    assert dict(answers[statuses.index(429)].headers)["retry-after"] == "1"


async def test_whoever_is_suspended_is_refused_on_both_ways(start_peer, upstream, ways):
    async with start_peer(suspicion_points_max=5.0) as peer:
        token = token_of(peer)
        assert [(await answered(peer, sent().raw(token))).status for _ in range(2)] == [200, 200]
        for _ in range(6):
            await answered(peer, sent(payment(merchantId=["' or 1=1 --"])).raw(token))

        refused = await answered(peer, sent().raw(token))

    assert ways[:2] == ["door", "quick"]
    assert (refused.status, json.loads(refused.body)["reason"]) == (403, "SUSPENDED")


async def test_what_the_service_refuses_counts_against_the_caller_on_the_quick_way_too(start_peer, upstream, ways):
    async def missing(request, context):
        raise Fault(Kind.NOT_FOUND, "NOT_FOUND", f"nothing like {request.merchant_order_no}", "没有")

    upstream.answers["RecordPayment"] = missing
    async with start_peer(suspicion_points_max=1.5) as peer:
        token = token_of(peer)
        await answered(peer, sent(payment(merchantId=7)).raw(token))
        await answered(peer, sent().raw(token))

        refused = await answered(peer, sent().raw(token))

    assert ways[1] == "quick"
    assert (refused.status, json.loads(refused.body)["reason"]) == (403, "SUSPENDED")


async def test_an_answer_is_withheld_when_the_audit_cannot_be_written_and_then_nothing_acts(peer, upstream, ways):
    upstream.answers["RecordPayment"] = echo
    token = token_of(peer)
    await answered(peer, sent().raw(token))
    async with peer.gateway.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE audit_record RENAME TO audit_gone"))

    first = await answered(peer, sent().raw(token))
    acted = len(upstream.calls)
    second = await answered(peer, sent().raw(token))

    assert ways[1:] == ["quick", "door"]
    assert (first.status, json.loads(first.body)["reason"]) == (504, "AUDIT_NOT_WRITTEN")
    assert (second.status, json.loads(second.body)["reason"]) == (503, "AUDIT_UNAVAILABLE")
    assert len(upstream.calls) == acted


async def test_a_call_that_takes_too_long_is_told_that_its_outcome_is_unknown_and_stands_in_the_audit(
    start_peer, upstream, ways
):
    release = asyncio.Event()

    async def slow(request, context):
        await release.wait()
        return await echo(request, context)

    async with start_peer(call_timeout_seconds=2.0) as peer:
        await answered(peer, sent().raw(token_of(peer)))
        upstream.answers["RecordPayment"] = slow
        late = await answered(peer, sent().raw(token_of(peer)))
        release.set()
        outcomes = [row[7] for row in await audited(peer)]

    assert ways == ["door", "quick"]
    assert (late.status, json.loads(late.body)["reason"]) == (504, "DEADLINE_EXCEEDED")
    assert outcomes == ["OK", "DEADLINE_EXCEEDED"]


async def test_places_are_given_back(start_peer, upstream, ways):
    upstream.answers["RecordPayment"] = echo
    async with start_peer(in_flight_max=1) as peer:
        token = token_of(peer)
        bodies = [payment(), payment(merchantOrderNo="reused"), payment(merchantId=7), payment(), payment()]

        statuses = [(await answered(peer, sent(body).raw(token))).status for body in bodies]

    assert statuses == [200, 409, 400, 200, 200]
    assert "quick" in ways


async def test_when_all_places_are_held_the_next_is_told_so_by_the_door(start_peer, upstream, ways):
    release = asyncio.Event()

    async def slow(request, context):
        await release.wait()
        return await echo(request, context)

    async with start_peer(in_flight_max=1) as peer:
        token = token_of(peer)
        await answered(peer, sent().raw(token))
        upstream.answers["RecordPayment"] = slow
        holding = asyncio.ensure_future(answered(peer, sent().raw(token)))
        await eventually(lambda: len(ways) == 2)
        refused = await answered(peer, sent().raw(token))
        release.set()
        held = await holding

    assert ways == ["door", "quick", "door"]
    assert (refused.status, json.loads(refused.body)["reason"], held.status) == (503, "OVERLOADED", 200)


async def test_a_body_that_comes_late_or_in_pieces_is_waited_for(peer, upstream, ways):
    upstream.answers["RecordPayment"] = echo
    raw = sent().raw(token_of(peer))
    await answered(peer, raw)
    head = raw.index(b"\r\n\r\n") + 4

    async def in_pieces(pause: float) -> Answer:
        reader, writer = await asyncio.open_connection("127.0.0.1", peer.gateway.outside.port)
        for piece in (raw[:20], raw[20:head], raw[head : head + 9], raw[head + 9 :]):
            writer.write(piece)
            await asyncio.sleep(pause)
        answer = await read_answer(reader)
        writer.close()
        return answer

    soon, late = await asyncio.gather(in_pieces(0.01), in_pieces(1.2))

    assert (soon.status, late.status) == (200, 200)
    assert sorted(ways) == ["door", "quick"]


async def test_requests_that_follow_at_once_on_one_connection_are_answered_in_their_order(peer, upstream, ways):
    upstream.answers["RecordPayment"] = echo
    token = token_of(peer)
    await answered(peer, sent().raw(token))
    look = b"GET /v1/payments/pay_1 HTTP/1.1\r\nhost: here\r\nauthorization: Bearer %b\r\n\r\n" % token.encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", peer.gateway.outside.port)

    writer.write(b"".join([*(sent(payment(merchantOrderNo=f"o{no}")).raw(token) for no in range(3)), look]))
    answers = [await read_answer(reader) for _ in range(4)]
    writer.write(sent(payment(merchantOrderNo="last")).raw(token))
    answers.append(await read_answer(reader))
    writer.close()

    told = [re.search(rb'"paymentId":"(\w*)"', one.body) for one in answers]
    assert [found and found[1] for found in told] == [b"pay_o0", b"pay_o1", b"pay_o2", None, b"pay_last"]
    assert ways[1] == ways[-1] == "quick"


async def test_who_hangs_up_has_its_call_written_down_all_the_same(peer, upstream, ways):
    release = asyncio.Event()

    async def slow(request, context):
        await release.wait()
        return await echo(request, context)

    token = token_of(peer)
    await answered(peer, sent().raw(token))
    upstream.answers["RecordPayment"] = slow
    _, writer = await asyncio.open_connection("127.0.0.1", peer.gateway.outside.port)
    writer.write(sent().raw(token))
    await eventually(lambda: len(upstream.calls) == 2)
    writer.close()
    release.set()

    async def two() -> bool:
        return len(await audited(peer)) == 2

    await eventually(two)
    assert ways == ["door", "quick"]


async def test_a_gateway_that_stops_answers_what_went_the_quick_way(start_peer, upstream, ways):
    release = asyncio.Event()

    async def slow(request, context):
        await release.wait()
        return await echo(request, context)

    async with start_peer() as peer:
        token = token_of(peer)
        await answered(peer, sent().raw(token))
        upstream.answers["RecordPayment"] = slow
        waiting = asyncio.ensure_future(answered(peer, sent().raw(token)))
        await eventually(lambda: len(upstream.calls) == 2)
        stopping = asyncio.ensure_future(peer.gateway.outside.stop())
        await asyncio.sleep(0)
        release.set()
        answer = await waiting
        await stopping

    assert (answer.status, ways) == (200, ["door", "quick"])


@pytest.mark.usefixtures("spans")
async def test_a_trace_that_is_kept_goes_through_the_door_with_its_span(peer, upstream, ways, spans):
    upstream.answers["RecordPayment"] = echo
    token = token_of(peer)
    await answered(peer, sent().raw(token))
    spans.clear()

    kept = await answered(peer, sent(traceparent=UNKEPT[:-1] + "1").raw(token))
    fresh = await answered(peer, sent(traceparent=None).raw(token))
    unkept = await answered(peer, sent().raw(token))

    assert ways[1:] == ["door", "door", "quick"]
    assert dict(unkept.headers)["traceparent"] == UNKEPT
    names = [span.name for span in spans.get_finished_spans()]
    assert names.count("POST /v1/payments") == 2
    assert dict(kept.headers)["trace-id"] == UNKEPT[3:35] != dict(fresh.headers)["trace-id"]


async def test_a_limit_that_has_to_be_asked_for_is_asked_for_by_the_door(peer, upstream, ways, monkeypatch):
    await answered(peer, sent().raw(token_of(peer)))
    monkeypatch.setattr(RateLimits, "take_held", lambda *_: None)

    answer = await answered(peer, sent().raw(token_of(peer)))

    assert (answer.status, ways) == (200, ["door", "door"])


def another_access(peer) -> access.Access:
    """What another gateway on the same database would know of keys."""
    return access.Access(ApiKeyActions(database.sessions(peer.gateway.engine), SystemClock()), table.load())


async def test_a_key_in_use_is_asked_for_again_before_its_time_is_up_and_one_revoked_elsewhere_ends(peer, monkeypatch):
    monkeypatch.setattr(access, "CACHE_SECONDS", 1.2)  # so that each look comes within the last second of it
    made = (await peer.admin.post("/v1/apiKeys", json={"displayName": "busy"})).json()
    known, header = another_access(peer), f"Bearer {made['token']}"
    await known.identify(header)
    first = known._cached[made["apiKey"]["keyId"]]

    async def renewed() -> bool:
        assert known.recognised(header.encode()) is not None
        return known._cached[made["apiKey"]["keyId"]][0] > first[0]

    await eventually(renewed)
    async with peer.gateway.engine.begin() as connection:  # as another gateway does
        await connection.execute(text("UPDATE api_key SET revoke_time = now()"))

    await eventually(lambda: known.recognised(header.encode()) is None)
    with pytest.raises(Fault) as refused:
        await known.identify(header)
    assert refused.value.reason == "UNAUTHENTICATED"


async def test_a_key_that_is_forgotten_while_it_is_asked_for_is_not_remembered_from_before(peer, monkeypatch):
    made = (await peer.admin.post("/v1/apiKeys", json={"displayName": "raced"})).json()
    known, header = another_access(peer), f"Bearer {made['token']}"
    key_id, find, was_read, held = (
        made["apiKey"]["keyId"],
        known._actions.find_api_key,
        asyncio.Event(),
        asyncio.Event(),
    )

    async def slow(asked: str) -> Any:
        found = await find(asked)
        was_read.set()
        await held.wait()
        return found

    monkeypatch.setattr(known._actions, "find_api_key", slow)
    asking = asyncio.ensure_future(known.identify(header))
    await was_read.wait()
    known.forget(key_id)
    held.set()
    await asking

    assert key_id not in known._cached
    assert known.recognised(header.encode()) is None
