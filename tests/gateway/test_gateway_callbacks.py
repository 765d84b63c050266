"""The door for payment channels: what comes is handed on as it came, and the answer goes back word for word."""

import ssl

import httpx
import pytest
from bihuan.payments.v1 import channel_service_pb2 as pb

from chassis.errors import Fault, Kind


@pytest.fixture
async def channel(peer):
    nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    async with httpx.AsyncClient(base_url=peer.url, trust_env=False, timeout=60, verify=nobody) as http:
        yield http


async def test_a_callback_needs_no_key_and_is_handed_on_byte_for_byte(channel, upstream):
    async def answer(request, context):
        return pb.IngestCallbackResponse(
            outcome=pb.IngestCallbackResponse.OUTCOME_TAKEN, http_status=200, content_type="text/plain", body=b"success"
        )

    upstream.answers["IngestCallback"] = answer
    body = "sign=%2B&subject=水费".encode() + b"\x00\xff"

    answered = await channel.post(
        "/v1/callbacks/city_water",
        content=body,
        headers={"Wechatpay-Nonce": "N1", "Cookie": "a=b", "Authorization": "x"},
    )

    assert (answered.status_code, answered.content) == (200, b"success")
    assert answered.headers["content-type"].startswith("text/plain")
    told = upstream.last()
    assert (told.account_id, told.body, told.headers["wechatpay-nonce"]) == ("city_water", body, "N1")
    assert not {"cookie", "authorization"} & set(told.headers)


@pytest.mark.parametrize(("status", "body"), [(204, b""), (400, b'{"code":"FAIL"}')])
async def test_the_answer_is_the_one_that_payments_gives(channel, upstream, status, body):
    async def answer(request, context):
        return pb.IngestCallbackResponse(http_status=status, content_type="application/json", body=body)

    upstream.answers["IngestCallback"] = answer

    answered = await channel.post("/v1/callbacks/city_water", content=b"{}")

    assert (answered.status_code, answered.content) == (status, body)


async def test_what_fails_on_the_way_is_no_answer_that_a_channel_takes_for_taken(channel, upstream):
    async def answer(request, context):
        raise Fault(Kind.UNAVAILABLE, "UNAVAILABLE", "not now", "暂不可用")

    upstream.answers["IngestCallback"] = answer

    answered = await channel.post("/v1/callbacks/city_water", content=b"{}")

    assert answered.status_code == 503


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/v1/callbacks/city_water", 404), ("POST", "/v1/callbacks/City", 404), ("POST", "/v1/callbacks/a/b", 404)],
)
async def test_only_a_post_to_an_account_is_a_callback(channel, upstream, method, path, status):
    answered = await channel.request(method, path, content=b"{}")

    assert answered.status_code in (status, 405)
    assert upstream.calls == []


async def test_a_callback_that_is_too_large_is_not_read_to_its_end(channel, upstream):
    answered = await channel.post("/v1/callbacks/city_water", content=b"x" * (256 * 1024 + 1))

    assert answered.status_code in (400, 413)
    assert upstream.calls == []


async def test_who_makes_accounts_up_has_one_limit_for_all_of_them(start_peer, upstream):
    async def answer(request, context):
        return pb.IngestCallbackResponse(http_status=400, content_type="text/plain")

    upstream.answers["IngestCallback"] = answer
    async with start_peer(rate_write_per_second=3.0) as peer:
        told = [await peer.plain.post(f"/v1/callbacks/account_{no}", content=b"{}") for no in range(12)]

    refused = [answer for answer in told if answer.status_code == 429]
    assert len(refused) >= 6
    assert refused[0].json()["reason"] == "RATE_LIMITED"
    assert len(upstream.calls) == 12 - len(refused)
