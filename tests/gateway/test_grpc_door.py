"""A caller with a key by gRPC: ordinary stubs, and the same door as over HTTP."""

import asyncio
import hashlib

import grpc
import pytest
from bihuan.gateway.v1 import api_key_service_pb2
from bihuan.invoice_sync.v1 import invoice_pb2, invoice_service_pb2
from bihuan.payments.v1 import (
    payment_feed_service_pb2,
    payment_pb2,
    payment_service_pb2,
    payment_service_pb2_grpc,
)
from bihuan.reconciler.v1 import exception_service_pb2
from bihuan.type.v1 import money_pb2
from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy import text

from chassis.errors import Fault, Kind
from services.gateway.limits import BODY_BYTES_MAX
from services.gateway.problems import HttpFault
from tests.support.called import called
from tests.support.eventually import eventually

RECORD = "bihuan.payments.v1.PaymentService.RecordPayment"
GET = "bihuan.payments.v1.PaymentService.GetPayment"
ASSIGN = "bihuan.reconciler.v1.ExceptionService.AssignExceptions"
CREATE_KEY = "bihuan.gateway.v1.ApiKeyService.CreateApiKey"
INSIDE = "bihuan.payments.v1.PaymentService.BatchRecordPayments"
PAY_TIME = 1_772_352_000
OVER_HTTP = {
    "merchantId": "m",
    "merchantOrderNo": "A-1",
    "channel": "wechat_pay",
    "channelTxnNo": "T-1",
    "amount": {"currencyCode": "CNY", "amountMinor": "1200"},
    "payTime": "2026-03-01T08:00:00Z",
}


def _request(**fields) -> payment_service_pb2.RecordPaymentRequest:
    usual = {
        "request_id": "request-0001",
        "merchant_id": "m",
        "merchant_order_no": "A-1",
        "channel": "wechat_pay",
        "channel_txn_no": "T-1",
        "amount": money_pb2.Money(currency_code="CNY", amount_minor=1_200),
        "pay_time": Timestamp(seconds=PAY_TIME),
    }
    return payment_service_pb2.RecordPaymentRequest(**(usual | fields))


def _key(peer, who: str = "plain") -> dict[str, str]:
    return {"authorization": getattr(peer, who).headers["authorization"]}


async def _rows(peer, method: str) -> list:
    async with peer.gateway.engine.connect() as connection:
        asked = text("SELECT * FROM audit_record WHERE method = :method ORDER BY record_id")
        return list(await connection.execute(asked, {"method": method}))


async def _with_role(peer, **grant) -> dict[str, str]:
    made = await peer.admin.post("/v1/apiKeys", json={"displayName": "by grpc"} | grant)
    return {"authorization": f"Bearer {made.json()['token']}"}


def _recording(name: str = "张小明", *, replayed: bool = False):
    async def record(request, context):
        payment = payment_pb2.Payment(payment_id="pay_1", merchant_id=request.merchant_id, payer_name=name)
        return payment_service_pb2.RecordPaymentResponse(payment=payment, replayed=replayed)

    return record


async def test_a_stub_and_a_key_record_a_payment_and_are_told_limit_trace_and_replay(peer, upstream, spans):
    upstream.answers["RecordPayment"] = _recording(replayed=True)
    async with grpc.aio.insecure_channel(peer.grpc_target) as channel:
        call = payment_service_pb2_grpc.PaymentServiceStub(channel).RecordPayment(
            _request(), metadata=list(_key(peer).items()), timeout=20
        )
        answer, told = await call, dict(await call.trailing_metadata())

    assert (answer.payment.payment_id, answer.payment.payer_name) == ("pay_1", "张**")
    assert told["idempotent-replayed"] == "true"
    assert told["ratelimit-policy"] == '"write";q=5000;w=1'
    assert told["ratelimit"].startswith('"write";r=')
    assert told["traceparent"][3:35] == told["trace-id"]


async def test_a_call_by_grpc_and_one_over_http_leave_the_same_record_but_for_the_request_itself(peer, upstream):
    upstream.answers["RecordPayment"] = _recording()
    why = {"bihuan-reason": "%E8%AE%A2%E6%AD%A3"}
    await peer.plain.post("/v1/payments", json=OVER_HTTP, headers={"idempotency-key": "request-0001", **why})
    told = await called(peer.grpc_target, RECORD, _request(), _key(peer) | why)

    over_http, by_grpc = await _rows(peer, RECORD)

    assert told.code is grpc.StatusCode.OK
    alike = ("caller_id", "operator", "tenant_id", "resource_ids", "address", "reason", "outcome", "saw_unmasked")
    assert [getattr(by_grpc, name) for name in alike] == [getattr(over_http, name) for name in alike]
    assert (by_grpc.reason, by_grpc.resource_ids[-1]) == ("订正", "pay_1")
    sent = b"POST /bihuan.payments.v1.PaymentService/RecordPayment?\n" + _request().SerializeToString()
    assert by_grpc.request_sha256 == hashlib.sha256(sent).digest() != over_http.request_sha256


async def test_a_sight_of_unmasked_data_is_written_down_and_a_masked_one_is_not(peer, upstream):
    async def get(request, context):
        invoice = invoice_pb2.Invoice(invoice_id=request.invoice_id, buyer_title="张三丰")
        return invoice_service_pb2.GetInvoiceResponse(invoice=invoice)

    upstream.answers["GetInvoice"] = get
    method, request = "bihuan.invoice_sync.v1.InvoiceService.GetInvoice", invoice_service_pb2.GetInvoiceRequest
    masked = await called(peer.grpc_target, method, request(invoice_id="inv_1"), _key(peer))
    seeing = await _with_role(peer, seesUnmasked=True)
    whole = await called(peer.grpc_target, method, request(invoice_id="inv_2"), seeing)

    (row,) = await _rows(peer, method)
    assert (masked.answer.invoice.buyer_title, whole.answer.invoice.buyer_title) == ("张**", "张三丰")
    assert (row.resource_ids, row.saw_unmasked) == (["inv_2"], True)


@pytest.mark.parametrize("key", ["", "Bearer bhk_key_1_guessed", "Basic eDp5"], ids=["none", "wrong", "another scheme"])
async def test_who_proves_no_key_is_refused_and_reaches_nothing(peer, upstream, key):
    told = await called(peer.grpc_target, RECORD, _request(), {"authorization": key} if key else {})

    assert (told.code, told.reason) == (grpc.StatusCode.UNAUTHENTICATED, "UNAUTHENTICATED")
    assert told.details_zh == "需要有效的 API 密钥"
    assert upstream.calls == []


@pytest.mark.parametrize("method", [INSIDE, "bihuan.payments.v1.PaymentService.NoSuch", "no.such.Service.Get"])
async def test_what_is_inside_and_what_is_not_there_look_alike_with_a_key_and_without(peer, upstream, method):
    with_key = await called(peer.grpc_target, method, b"", _key(peer, "admin"))
    without = await called(peer.grpc_target, method, b"")
    as_stream = await called(peer.grpc_target, method, [b"", b""], _key(peer))

    for told in (with_key, without, as_stream):
        assert (told.code, told.reason) == (grpc.StatusCode.UNIMPLEMENTED, "UNKNOWN_ROUTE")
        assert told.details == with_key.details
    assert upstream.calls == []


async def test_every_feed_and_every_other_method_without_a_route_is_not_there(peer, upstream):
    feed = "bihuan.payments.v1.PaymentFeedService.StreamPaymentChanges"
    asked = payment_feed_service_pb2.StreamPaymentChangesRequest()
    async with grpc.aio.insecure_channel(peer.grpc_target) as channel:
        path = "/".join(["", *feed.rsplit(".", 1)])
        call = channel.unary_stream(path, lambda one: one.SerializeToString())(
            asked, metadata=list(_key(peer, "admin").items()), timeout=20
        )
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await call.read()

    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert upstream.calls == []


async def test_what_the_service_says_is_wrong_is_told_with_fields_words_and_time(peer, upstream):
    async def refuse(request, context):
        raise Fault(Kind.OVERLOADED, "CHANNEL_BUSY", "busy", "繁忙", metadata={"channel": "c"}, retry_after_seconds=7)

    upstream.answers["GetPayment"] = refuse
    busy = await called(peer.grpc_target, GET, payment_service_pb2.GetPaymentRequest(payment_id="p"), _key(peer))
    wrong = await called(peer.grpc_target, RECORD, _request(merchant_id="city water"), _key(peer))
    unkeyed = await called(peer.grpc_target, RECORD, _request(request_id=""), _key(peer))

    assert (busy.code, busy.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "CHANNEL_BUSY")
    assert (busy.details, busy.details_zh, busy.retry_seconds) == ("busy", "繁忙", 7)
    assert (wrong.code, wrong.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELD")
    assert wrong.fields == ("merchant_id",)
    assert unkeyed.fields == ("request_id",)
    assert "ratelimit" in wrong.metadata


async def test_what_breaks_inside_tells_nothing_of_the_inside(peer, upstream):
    async def break_down(request, context):
        raise RuntimeError("password of postgresql://inside")

    upstream.answers["GetPayment"] = break_down
    told = await called(peer.grpc_target, GET, payment_service_pb2.GetPaymentRequest(payment_id="p"), _key(peer))

    assert (told.code, told.reason) == (grpc.StatusCode.INTERNAL, "INTERNAL")
    assert "inside" not in told.text
    assert "RuntimeError" not in told.text


async def test_bytes_that_are_no_message_and_messages_that_are_too_large_get_a_reason(peer, upstream):
    torn = await called(peer.grpc_target, RECORD, _request().SerializeToString()[:-3], _key(peer))
    large = await called(peer.grpc_target, RECORD, _request(payer_name="x" * BODY_BYTES_MAX), _key(peer))
    huge = await called(peer.grpc_target, RECORD, _request(payer_name="x" * (3 * BODY_BYTES_MAX)), _key(peer))

    assert (torn.code, torn.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "MALFORMED_REQUEST")
    assert (large.code, large.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "TOO_LARGE")
    assert huge.code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert upstream.calls == []


async def test_who_acts_is_the_key_whatever_the_caller_writes_into_message_or_metadata(peer, upstream):
    reviewer = await _with_role(peer, roles=["reviewer"])
    request = exception_service_pb2.AssignExceptionsRequest(
        request_id="request-0001", operator="somebody else", assignee="zhang", exception_ids=["e"]
    )
    marks = {"bihuan-operator": "somebody else", "bihuan-door": "guessed", "x-any": "thing"}

    told = await called(peer.grpc_target, ASSIGN, request, reviewer | marks)
    _, sent, metadata = upstream.calls[-1]

    assert told.code is grpc.StatusCode.OK
    key_id = "key_" + reviewer["authorization"].split("_")[2]
    assert sent.operator == metadata["bihuan-operator"] == key_id
    assert not {"bihuan-door", "x-any", "authorization"} & set(metadata)


async def test_the_gateways_own_methods_are_for_admins_and_a_mark_from_outside_opens_none(peer):
    request = api_key_service_pb2.CreateApiKeyRequest(display_name="one more", roles=["integrator"])
    refused = await called(peer.grpc_target, CREATE_KEY, request, _key(peer) | {"bihuan-door": "0" * 32})
    made = await called(peer.grpc_target, CREATE_KEY, request, _key(peer, "admin"))

    assert (refused.code, refused.reason) == (grpc.StatusCode.PERMISSION_DENIED, "PERMISSION_DENIED")
    assert made.answer.token.startswith("bhk_")


async def test_fields_that_this_contract_does_not_know_pass_neither_in_nor_out(peer, upstream):
    unknown = b"\xfa\x3f\x06SECRET"  # field 1023, text

    async def record(request, context):
        answer = payment_service_pb2.RecordPaymentResponse(payment=payment_pb2.Payment(payment_id="pay_1"))
        answer.payment.MergeFromString(unknown)
        answer.MergeFromString(unknown)
        return answer

    upstream.answers["RecordPayment"] = record
    told = await called(peer.grpc_target, RECORD, _request().SerializeToString() + unknown, _key(peer))

    assert told.code is grpc.StatusCode.OK
    assert b"SECRET" not in told.answer.SerializeToString()
    assert b"SECRET" not in upstream.last().SerializeToString()


async def test_the_idempotency_key_of_the_metadata_fills_an_empty_request_id_and_contradicts_none(peer, upstream):
    key = {"idempotency-key": "request-0002"}
    filled = await called(peer.grpc_target, RECORD, _request(request_id=""), _key(peer) | key)
    asked = upstream.last().request_id
    differs = await called(peer.grpc_target, RECORD, _request(), _key(peer) | key)

    assert (filled.code, asked) == (grpc.StatusCode.OK, "request-0002")
    assert (differs.code, differs.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_ID_CONFLICT")


async def test_a_tenants_request_ids_are_the_same_its_own_as_over_http(peer, upstream):
    till = await _with_role(peer, roles=["cashier"], merchantIds=["m"])
    await called(peer.grpc_target, RECORD, _request(), till)
    by_grpc = upstream.last().request_id
    await peer.plain.post("/v1/payments", json=OVER_HTTP, headers=till | {"idempotency-key": "request-0001"})

    assert by_grpc == upstream.last().request_id != "request-0001"


async def test_a_deadline_is_kept_and_none_is_longer_than_the_gateways_own(start_peer, upstream):
    left = []

    async def get(request, context):
        left.append(context.time_remaining())
        await asyncio.sleep(60)

    upstream.answers["GetPayment"] = get
    request = payment_service_pb2.GetPaymentRequest(payment_id="p")
    async with start_peer(call_timeout_seconds=1.0) as peer:
        ends = await asyncio.gather(
            called(peer.grpc_target, GET, request, _key(peer), timeout=None),
            called(peer.grpc_target, GET, request, _key(peer), timeout=3_000),
        )

    for told in ends:
        assert (told.code, told.reason) == (grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED")
    assert len(left) == 2
    assert max(left) <= 1.0


async def test_a_caller_that_leaves_takes_no_deed_away_from_the_audit(peer, upstream):
    reached, go_on = asyncio.Event(), asyncio.Event()
    record = _recording()

    async def slow(request, context):
        reached.set()
        await go_on.wait()
        return await record(request, context)

    upstream.answers["RecordPayment"] = slow
    async with grpc.aio.insecure_channel(peer.grpc_target) as channel:
        call = payment_service_pb2_grpc.PaymentServiceStub(channel).RecordPayment(
            _request(), metadata=list(_key(peer).items()), timeout=20
        )
        sending = asyncio.ensure_future(call)
        await asyncio.wait_for(reached.wait(), 20)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
    go_on.set()

    async def written() -> list:
        return await _rows(peer, RECORD)

    (row,) = await eventually(written, timeout_seconds=20)
    assert (row.outcome, row.resource_ids[-1]) == ("OK", "pay_1")


async def test_the_limit_is_one_whichever_way_a_caller_comes(start_peer):
    request = payment_service_pb2.GetPaymentRequest(payment_id="p")
    async with start_peer(rate_read_per_second=1.0) as peer, grpc.aio.insecure_channel(peer.grpc_target) as channel:
        by_grpc = [await called(channel, GET, request, _key(peer)) for _ in range(12)]
        over_http = [(await peer.plain.get("/v1/payments/p")).status_code for _ in range(3)]

    refused = next(told for told in by_grpc if told.code is grpc.StatusCode.RESOURCE_EXHAUSTED)
    assert (refused.reason, refused.retry_seconds >= 1) == ("RATE_LIMITED", True)
    assert refused.metadata["ratelimit"] == '"read";r=0;t=1'
    assert 429 in over_http


async def test_who_guesses_by_grpc_is_suspended_over_http_too_by_the_address_that_a_trusted_proxy_tells(start_peer):
    async with start_peer(suspicion_points_max=45.0, trusted_proxies="127.0.0.0/8") as peer:
        key_id = peer.plain.headers["authorization"].rpartition("_")[0]
        guess = {"authorization": f"{key_id}_{'0' * 64}", "x-forwarded-for": "198.51.100.7"}
        guesses = [await called(peer.grpc_target, RECORD, _request(), guess) for _ in range(6)]
        there = await peer.plain.get("/v1/payments/p", headers={"x-forwarded-for": "198.51.100.7"})
        elsewhere = await called(peer.grpc_target, RECORD, _request(), _key(peer) | {"x-forwarded-for": "203.0.113.9"})

    assert [told.reason for told in guesses] == ["UNAUTHENTICATED"] * 5 + ["SUSPENDED"]
    assert guesses[-1].retry_seconds >= 50
    assert there.json()["reason"] == "SUSPENDED"
    assert elsewhere.code is grpc.StatusCode.OK


async def test_nobody_says_by_himself_from_where_he_comes(peer):
    await called(peer.grpc_target, RECORD, _request(), _key(peer) | {"x-forwarded-for": "198.51.100.7"})

    (row,) = await _rows(peer, RECORD)
    assert row.address == "127.0.0.1"


async def test_what_injects_by_grpc_is_judged_by_its_words_and_not_by_the_bytes_around_them(start_peer):
    async with start_peer(suspicion_points_max=45.0) as peer, grpc.aio.insecure_channel(peer.grpc_target) as channel:
        with_a_nul_byte = _request(merchant_id="a b").SerializeToString() + b"\xf8\x3f\x00"
        plain_fault = [await called(channel, RECORD, with_a_nul_byte, _key(peer)) for _ in range(12)]
        hostile = _request(merchant_id="x' or '1'='1")
        injected = [await called(channel, RECORD, hostile, _key(peer)) for _ in range(6)]

    assert {told.reason for told in plain_fault} == {"INVALID_FIELD"}
    assert injected[-1].reason == "SUSPENDED"


async def test_methods_that_are_guessed_at_count_against_who_guesses(start_peer):
    async with start_peer(suspicion_points_max=9.0) as peer, grpc.aio.insecure_channel(peer.grpc_target) as channel:
        for number in range(12):
            told = await called(channel, f"bihuan.payments.v1.PaymentService.Guess{number}", b"")
            assert told.code is grpc.StatusCode.UNIMPLEMENTED
        suspended = await called(channel, GET, payment_service_pb2.GetPaymentRequest(payment_id="p"))

    assert (suspended.code, suspended.reason) == (grpc.StatusCode.PERMISSION_DENIED, "SUSPENDED")


async def test_ids_that_are_guessed_at_count_against_who_guesses_and_the_same_id_asked_again_does_not(
    start_peer, upstream
):
    async def miss(request, context):
        raise Fault(Kind.NOT_FOUND, "NOT_FOUND", "there is none", "不存在")

    upstream.answers["GetPayment"] = miss
    ask = payment_service_pb2.GetPaymentRequest
    async with start_peer(suspicion_points_max=6.0) as peer, grpc.aio.insecure_channel(peer.grpc_target) as channel:
        waiting = [await called(channel, GET, ask(payment_id="p"), _key(peer)) for _ in range(12)]
        guesses = [await called(channel, GET, ask(payment_id=f"p{number}"), _key(peer)) for number in range(60)]

    assert {told.reason for told in waiting} == {"NOT_FOUND"}
    assert guesses[-1].reason == "SUSPENDED"


async def test_headers_of_a_refusal_come_as_metadata_whatever_their_case(peer, monkeypatch):
    async def refuse(*_):
        raise HttpFault(503, Kind.OVERLOADED, "OVERLOADED", "later", "稍后", headers={"X-Why": "full"})

    monkeypatch.setattr(peer.gateway.brakes.guard, "let_in", refuse)
    told = await called(peer.grpc_target, GET, payment_service_pb2.GetPaymentRequest(payment_id="p"), _key(peer))

    assert (told.reason, told.metadata["x-why"]) == ("OVERLOADED", "full")
