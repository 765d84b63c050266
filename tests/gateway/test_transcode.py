"""HTTP in, gRPC out and back, through real sockets."""

import asyncio
import json
from pathlib import Path

import httpx
from bihuan.invoice_sync.v1 import invoice_pb2, merchant_service_pb2
from bihuan.payments.v1 import payment_pb2, payment_service_pb2
from bihuan.type.v1 import money_pb2
from jsonschema import Draft202012Validator

from chassis.errors import Fault, FieldFault, Kind

PAYMENT = {
    "merchantId": "shop",
    "merchantOrderNo": "NO1",
    "channel": "wechat_pay",
    "channelTxnNo": "4200",
    "amount": {"currencyCode": "CNY", "amountMinor": "1230"},
    "payTime": "2026-03-01T08:00:00+08:00",
}
KEY = {"idempotency-key": "request-0001"}


def _recorded(*, replayed: bool):
    async def answer(request, context):
        payment = payment_pb2.Payment(
            payment_id="pay_1",
            merchant_id=request.merchant_id,
            amount=request.amount,
            pay_time=request.pay_time,
            state=payment_pb2.Payment.STATE_SUCCEEDED,
        )
        return payment_service_pb2.RecordPaymentResponse(payment=payment, replayed=replayed)

    return answer


def _refusing(fault: Fault):
    async def answer(request, context):
        raise fault

    return answer


async def test_a_payment_goes_in_as_json_and_comes_back_as_json(peer, upstream):
    upstream.answers["RecordPayment"] = _recorded(replayed=False)

    answer = await peer.plain.post("/v1/payments", json=PAYMENT, headers=KEY)

    assert answer.status_code == 200
    body = answer.json()
    assert body["payment"]["amount"] == {"currencyCode": "CNY", "amountMinor": "1230"}
    assert body["payment"]["payTime"] == "2026-03-01T00:00:00Z"
    assert body["payment"]["state"] == "STATE_SUCCEEDED"
    assert body["replayed"] is False
    assert "idempotent-replayed" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"


async def test_an_answer_is_what_the_document_says(peer, upstream):
    upstream.answers["RecordPayment"] = _recorded(replayed=False)
    document = (await peer.plain.get("/openapi.json")).json()
    schema = {"$ref": "#/components/schemas/payments.v1.RecordPaymentResponse", "components": document["components"]}
    asked = {"$ref": "#/components/schemas/payments.v1.RecordPaymentRequest", "components": document["components"]}

    answer = await peer.plain.post("/v1/payments", json=PAYMENT, headers=KEY)

    Draft202012Validator(asked).validate(PAYMENT)
    Draft202012Validator(schema).validate(answer.json())


async def test_a_replay_is_told_in_a_header(peer, upstream):
    upstream.answers["RecordPayment"] = _recorded(replayed=True)
    by_field = await peer.plain.post("/v1/payments", json=PAYMENT, headers=KEY)

    async def marked(request, context):
        context.set_trailing_metadata([("idempotent-replayed", "true")])
        return payment_service_pb2.BatchCreatePaymentsResponse()

    upstream.answers["BatchCreatePayments"] = marked
    batch = {"payments": [PAYMENT | {"requestId": "request-0001"}]}
    by_metadata = await peer.plain.post("/v1/payments:batchCreate", json=batch)

    assert by_field.headers["idempotent-replayed"] == "true"
    assert by_metadata.headers["idempotent-replayed"] == "true"


async def test_the_idempotency_key_becomes_the_request_id(peer, upstream):
    await peer.plain.post("/v1/payments", json=PAYMENT, headers=KEY)
    assert upstream.last().request_id == "request-0001"

    await peer.plain.post("/v1/payments", json=PAYMENT | {"requestId": "request-0002"})
    assert upstream.last().request_id == "request-0002"

    equal = await peer.plain.post("/v1/payments", json=PAYMENT | {"requestId": "request-0001"}, headers=KEY)
    assert equal.status_code == 200


async def test_a_key_and_a_request_id_that_differ_are_refused_and_nothing_is_called(peer, upstream):
    answer = await peer.plain.post("/v1/payments", json=PAYMENT | {"requestId": "request-0002"}, headers=KEY)

    assert (answer.status_code, answer.json()["reason"]) == (400, "REQUEST_ID_CONFLICT")
    assert upstream.calls == []


async def test_without_either_the_answer_names_the_header_that_cures_it(peer):
    answer = await peer.plain.post("/v1/payments", json=PAYMENT)

    problem = answer.json()
    assert (answer.status_code, problem["reason"]) == (400, "INVALID_FIELD")
    assert [error["field"] for error in problem["errors"]] == ["request_id"]
    assert "Idempotency-Key" in problem["detail"]
    assert "Idempotency-Key" in problem["errors"][0]["message_zh"]


async def test_every_field_that_breaks_a_rule_of_the_contract_is_named(peer, upstream):
    wrong = PAYMENT | {"amount": {"currencyCode": "yuan", "amountMinor": "-5"}, "merchantId": ""}

    answer = await peer.plain.post("/v1/payments", json=wrong, headers=KEY)

    assert answer.status_code == 400
    named = {error["field"] for error in answer.json()["errors"]}
    assert named == {"merchant_id", "amount", "amount.currency_code"}
    assert upstream.calls == []


async def test_an_unknown_field_is_refused_and_the_meant_one_told(peer, upstream):
    answer = await peer.plain.post("/v1/payments", json=PAYMENT | {"merchantOrderNum": "1"}, headers=KEY)

    problem = answer.json()
    assert (answer.status_code, problem["reason"]) == (400, "MALFORMED_REQUEST")
    assert problem["errors"][0]["field"] == "merchantOrderNum"
    assert "did you mean merchantOrderNo?" in problem["detail"]
    assert upstream.calls == []


async def test_a_query_fills_the_fields_of_a_read_under_both_names(peer, upstream):
    await peer.plain.get("/v1/payments?pageSize=5&merchant_id=shop&channel=")

    assert (upstream.last().page_size, upstream.last().merchant_id) == (5, "shop")


async def test_a_query_that_does_not_fit_is_refused_by_name(peer, upstream):
    for query, field in [
        ("pageSize=many", "page_size"),
        ("pageSize=1.0", "page_size"),
        ("pageSize=", "page_size"),
        ("pageSize=1&pageSize=2", "page_size"),
        ("pageSize=1&page_size=2", "page_size"),
        ("merchant=shop", "merchant"),
        ("pageSize=5000", "page_size"),
    ]:
        answer = await peer.plain.get(f"/v1/payments?{query}")
        assert answer.status_code == 400, query
        assert [error["field"] for error in answer.json()["errors"]] == [field], query
    state = await peer.plain.get("/v1/invoices?syncState=DONE")
    assert [error["field"] for error in state.json()["errors"]] == ["sync_state"]
    assert "SYNC_STATE_BOOKED" in state.json()["detail"]
    assert (await peer.plain.get("/v1/payments?channel=%ff")).status_code == 400
    assert upstream.calls == []


async def test_an_enum_in_a_query_is_taken_by_name(peer, upstream):
    await peer.plain.get("/v1/invoices?syncState=SYNC_STATE_BOOKED")

    assert upstream.last().sync_state == invoice_pb2.SYNC_STATE_BOOKED


async def test_what_stands_in_the_path_or_the_body_is_no_query_parameter(peer):
    twice = await peer.plain.get("/v1/payments/pay_1?paymentId=pay_2")
    beside = await peer.plain.post("/v1/payments?merchantId=other", json=PAYMENT, headers=KEY)

    assert (twice.status_code, beside.status_code) == (400, 400)


async def test_a_value_in_the_path_reaches_the_field_that_it_names(peer, upstream):
    profile = {"issuePolicy": "ISSUE_POLICY_ON_SUCCESS", "sellerName": "店", "sellerTaxId": "91420100MA4KXXXX1A"}

    await peer.plain.put("/v1/merchants/shop/profile", json=profile)
    assert upstream.last().profile.merchant_id == "shop"
    assert upstream.last().profile.seller_name == "店"

    await peer.plain.get("/v1/diagnoses/NO%2F1")
    assert upstream.last().reference == "NO/1"


async def test_path_and_body_may_both_name_a_field_only_when_they_agree(peer, upstream):
    profile = {"issuePolicy": "ISSUE_POLICY_ON_SUCCESS", "sellerName": "店", "sellerTaxId": "91420100MA4KXXXX1A"}

    agreed = await peer.plain.put("/v1/merchants/shop/profile", json=profile | {"merchantId": "shop"})
    differs = await peer.plain.put("/v1/merchants/shop/profile", json=profile | {"merchantId": "other"})

    assert agreed.status_code == 200
    assert differs.status_code == 400
    assert [error["field"] for error in differs.json()["errors"]] == ["profile.merchant_id"]
    assert len(upstream.calls) == 1
    assert isinstance(upstream.last(), merchant_service_pb2.SetMerchantProfileRequest)


async def test_what_a_service_refuses_comes_out_as_a_problem_in_both_languages(peer, upstream):
    fault = Fault(
        Kind.INVALID,
        "UNKNOWN_CURRENCY",
        "XXY is no currency",
        "XXY 不是有效币种",
        fields=(FieldFault("amount.currency_code", "ISO_4217", "is not in ISO 4217", "不在 ISO 4217 中"),),
        metadata={"currency_code": "XXY"},
        retry_after_seconds=7,
    )
    upstream.answers["GetPayment"] = _refusing(fault)

    english = await peer.plain.get("/v1/payments/pay_1")
    chinese = await peer.plain.get("/v1/payments/pay_1", headers={"accept-language": "zh-CN,zh;q=0.9,en;q=0.8"})

    assert english.headers["content-type"] == "application/problem+json"
    assert english.headers["retry-after"] == "7"
    assert english.json() | {"trace_id": ""} == {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "detail": "XXY is no currency",
        "detail_zh": "XXY 不是有效币种",
        "reason": "UNKNOWN_CURRENCY",
        "errors": [
            {
                "field": "amount.currency_code",
                "rule": "ISO_4217",
                "message": "is not in ISO 4217",
                "message_zh": "不在 ISO 4217 中",
            }
        ],
        "metadata": {"currency_code": "XXY"},
        "trace_id": "",
    }
    assert chinese.json()["detail"] == "XXY 不是有效币种"
    assert chinese.headers["content-language"] == "zh-CN"


async def test_each_kind_of_refusal_has_its_status(peer, upstream):
    for kind, status in [(Kind.NOT_FOUND, 404), (Kind.EXISTS, 409), (Kind.PRECONDITION, 422), (Kind.OVERLOADED, 429)]:
        upstream.answers["GetPayment"] = _refusing(Fault(kind, "NOT_FOUND", "no", "无"))
        assert (await peer.plain.get("/v1/payments/pay_1")).status_code == status


async def test_a_fault_inside_a_service_tells_the_caller_nothing_of_it(peer, upstream):
    async def broken(request, context):
        raise RuntimeError("password=hunter2")

    upstream.answers["GetPayment"] = broken
    answer = await peer.plain.get("/v1/payments/pay_1")

    assert (answer.status_code, answer.json()["reason"]) == (500, "INTERNAL")
    assert "hunter2" not in answer.text


async def test_a_call_ends_at_the_time_that_the_caller_gives(peer, upstream):
    async def never(request, context):
        await asyncio.Event().wait()

    upstream.answers["GetPayment"] = never
    began = asyncio.get_running_loop().time()
    answer = await peer.plain.get("/v1/payments/pay_1", headers={"request-timeout": "0.3"})

    assert (answer.status_code, answer.json()["reason"]) == (504, "DEADLINE_EXCEEDED")
    assert asyncio.get_running_loop().time() - began < 15
    assert (await peer.plain.get("/v1/payments/pay_1", headers={"request-timeout": "0.01"})).status_code == 504


async def test_the_service_is_told_how_much_time_is_left(peer, upstream):
    remaining = []

    async def asked(request, context):
        remaining.append(context.time_remaining())
        return payment_service_pb2.GetPaymentResponse()

    upstream.answers["GetPayment"] = asked
    await peer.plain.get("/v1/payments/pay_1", headers={"request-timeout": "10"})
    await peer.plain.get("/v1/payments/pay_1", headers={"request-timeout": "900"})

    assert remaining[0] < 10
    assert 10 < remaining[1] < 20.1


async def test_a_time_that_is_none_is_refused(peer):
    for bad in ("0", "-1", "soon", "1e3", "nan", "0.0", ""):
        answer = await peer.plain.get("/v1/payments/pay_1", headers={"request-timeout": bad})
        assert (answer.status_code, answer.json()["reason"]) == (400, "MALFORMED_REQUEST"), bad


async def test_a_body_over_the_limit_is_refused_with_the_limit(peer, upstream):
    body = json.dumps(PAYMENT | {"payerName": "x" * 1024 * 1024})

    async def in_parts():
        for start in range(0, len(body), 65536):
            yield body[start : start + 65536].encode()

    declared = await peer.plain.post("/v1/payments", content=body, headers=KEY)
    streamed = await peer.plain.post("/v1/payments", content=in_parts(), headers=KEY)

    for answer in (declared, streamed):
        assert (answer.status_code, answer.json()["reason"]) == (413, "TOO_LARGE")
        assert answer.json()["metadata"] == {"limit_bytes": "1048576"}
    assert upstream.calls == []


async def test_a_body_that_is_not_called_json_or_is_packed_is_refused(peer):
    form = await peer.plain.post("/v1/payments", data={"a": "b"})
    packed = await peer.plain.post("/v1/payments", content=b"{}", headers={"content-encoding": "gzip"})

    assert (form.status_code, packed.status_code) == (415, 415)


async def test_a_token_goes_to_no_service_behind_the_gateway(peer, upstream):
    await peer.plain.get("/v1/payments/pay_1", headers={"x-secret": "1"})

    assert not {"authorization", "x-secret"} & set(upstream.calls[-1][2])


async def test_no_hostile_body_is_accepted_and_none_breaks_the_gateway(peer, upstream, fixtures: Path):
    files = sorted((fixtures / "hostile" / "json").glob("*.json"))
    for file in files:
        answer = await peer.plain.post("/v1/payments", content=file.read_bytes(), headers=KEY)
        assert answer.status_code in (400, 413), file.name
        assert answer.json()["reason"] in ("MALFORMED_REQUEST", "INVALID_FIELD", "TOO_LARGE"), file.name
    sweep = [file for file in files if file.name.startswith("n_")]
    for file in sweep:
        # This call takes an empty object, so that only the reading of JSON stands before it.
        assert (await peer.admin.post("/v1/sweeps", content=file.read_bytes())).status_code == 400, file.name
    assert upstream.calls == []


async def test_naughty_strings_go_through_unharmed_or_are_refused(peer, upstream, fixtures: Path):
    for text in json.loads((fixtures / "hostile" / "blns.json").read_text("utf-8")):
        answer = await peer.plain.post("/v1/payments", json=PAYMENT | {"payerName": text}, headers=KEY)
        assert answer.status_code in (200, 400), text
        if answer.status_code == 200:
            assert upstream.last().payer_name == text


async def test_a_service_that_is_down_is_told_as_unavailable(peer, upstream):
    upstream.answers["RecordPayment"] = _refusing(Fault(Kind.UNAVAILABLE, "UNAVAILABLE", "down", "不可用"))

    answer = await peer.plain.post("/v1/payments", json=PAYMENT, headers=KEY)

    assert (answer.status_code, answer.json()["reason"]) == (503, "UNAVAILABLE")


async def test_an_amount_beyond_what_a_float_can_hold_stays_exact(peer, upstream):
    async def big(request, context):
        amount = money_pb2.Money(currency_code="CNY", amount_minor=2**63 - 1)
        return payment_service_pb2.GetPaymentResponse(payment=payment_pb2.Payment(amount=amount))

    upstream.answers["GetPayment"] = big
    answer: httpx.Response = await peer.plain.get("/v1/payments/pay_1")

    assert answer.json()["payment"]["amount"]["amountMinor"] == "9223372036854775807"
