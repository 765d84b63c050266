"""An answer is believed only when it is the channel's own: anything else on the way leaves what was asked unknown."""

import contextlib
import gzip
import json

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis import http_server
from services.payments.channels import Processing, Unknown, UnknownCause
from services.payments.channels.wire import ANSWER_BYTES_MAX

pytestmark = pytest.mark.asyncio(loop_scope="module")
_REFUSAL = {"code": "PARAM_ERROR", "state": "SUCCEEDED", "code_url": "weixin://x"}
_NODES = {
    f"alipay_trade_{call}_response": {"code": "10000", "qr_code": "q"} for call in ("precreate", "query", "close")
}
_BODY = json.dumps(_REFUSAL | _NODES | {"sign": "bm8="}).encode()


@contextlib.asynccontextmanager
async def somebody_else(status: int, body: bytes, headers: dict[str, str]):
    """Someone on the way who answers everything, and has no channel's key."""

    async def answer(request: Request) -> Response:
        return Response(body, status, headers)

    routes = [Route("/{path:path}", answer, methods=["GET", "POST"])]
    running = await http_server.start("127.0.0.1:0", Starlette(routes=routes))
    try:
        yield f"http://127.0.0.1:{running.port}"
    finally:
        await running.stop()


@pytest.mark.parametrize(
    ("status", "body", "headers", "causes"),
    [
        (200, _BODY, {}, {UnknownCause.BAD_SIGNATURE}),
        (400, _BODY, {}, {UnknownCause.BAD_SIGNATURE}),
        (204, b"", {}, {UnknownCause.BAD_SIGNATURE, UnknownCause.UNREADABLE}),
        (302, b"", {"location": "http://127.0.0.1:9/"}, {UnknownCause.BAD_SIGNATURE, UnknownCause.UNREADABLE}),
        (200, b"x" * (ANSWER_BYTES_MAX + 1), {}, {UnknownCause.UNREADABLE}),
        (200, gzip.compress(_BODY), {"content-encoding": "gzip"}, {UnknownCause.UNREADABLE}),
        (503, _BODY, {"retry-after": "7"}, {UnknownCause.CHANNEL_FAULT}),
        (429, _BODY, {"retry-after": "7"}, {UnknownCause.THROTTLED}),
    ],
    ids=["unsigned", "unsigned refusal", "empty", "redirect", "endless", "packed", "5xx", "patience"],
)
async def test_what_is_not_proved_to_be_the_channels_answer_is_unknown(channels, status, body, headers, causes):
    async with somebody_else(status, body, headers) as url:
        channel = channels.again(base_url=url)
        order = channels.order()

        told = [await channel.prepay(order), await channel.query(order), await channel.close(order)]
        await channel.close_connections()

    assert all(isinstance(each, Unknown) for each in told), told
    assert {each.cause for each in told} <= causes
    assert {each.retry_after_seconds for each in told} == ({7} if "retry-after" in headers else {0})


async def test_neither_keys_nor_signatures_stand_in_what_is_traced(channels, spans):
    order = channels.order()

    assert isinstance(await channels.channel.prepay(order), Processing)
    await channels.channel.query(order)

    told = json.dumps([dict(span.attributes or {}) for span in spans.get_finished_spans()], default=str)
    assert "http.request.method" in told
    for path in channels.steering.keys_folder.rglob("*"):
        if path.suffix in (".key", ".pem"):
            for line in path.read_text("utf-8").splitlines():
                assert line not in told
    assert "ignature" not in told
