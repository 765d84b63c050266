"""The stand-in channels on a real socket, the hand that steers them, and a merchant that is called back."""

import contextlib
import functools
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis import database, http_server
from services.channel_sandbox import app
from services.channel_sandbox.clients import MerchantClient
from services.channel_sandbox.config import Config
from services.channel_sandbox.keys import keys_in


class ChannelSteering:
    """Pays and fails orders, plans faults, moves the clock and reads the book, at a URL.

    `keys_folder` has what a merchant needs: merchant.json names its files.
    """

    def __init__(self, url: str, http: httpx.AsyncClient, keys_folder: Path) -> None:
        self.url = url
        self.http = http
        self.keys_folder = keys_folder

    async def plan(self, fault: str, **how: Any) -> None:
        """Ask for a fault, such as `plan("LOSE_ANSWER", merchant_order_no="NO1", times=1)`."""
        answer = await self.http.post("/steering/faults", json={"fault": fault, **how})
        assert answer.status_code == 201, answer.text

    async def pay(self, channel: str, merchant_order_no: str) -> dict[str, Any]:
        """Let the payer pay an order."""
        return await self._steer(channel, merchant_order_no, "pay")

    async def scan(self, channel: str, merchant_order_no: str) -> dict[str, Any]:
        """Let the payer open an order without paying it."""
        return await self._steer(channel, merchant_order_no, "scan")

    async def fail(self, channel: str, merchant_order_no: str) -> dict[str, Any]:
        """Let the payer's attempt fail for good."""
        return await self._steer(channel, merchant_order_no, "fail")

    async def order(self, channel: str, merchant_order_no: str) -> dict[str, Any]:
        """An order with its refunds, its callbacks and how often each call was made about it."""
        answer = await self.http.get(f"/steering/orders/{channel}/{merchant_order_no}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def shift_clock(self, seconds: float) -> None:
        """Move the channels' clock on; what fell due happens at the next turn."""
        answer = await self.http.post("/steering/clock", json={"shift_seconds": seconds})
        assert answer.status_code == 200, answer.text

    async def _steer(self, channel: str, merchant_order_no: str, what: str) -> dict[str, Any]:
        answer = await self.http.post(f"/steering/orders/{channel}/{merchant_order_no}/{what}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@contextlib.asynccontextmanager
async def channel_steering_of(url: str, keys_folder: Path) -> AsyncIterator[ChannelSteering]:
    """Steer what listens at a URL."""
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=60) as http:
        yield ChannelSteering(url, http, keys_folder)


@contextlib.asynccontextmanager
async def running_channel_sandbox(
    database_url: str, keys_folder: Path | None = None, **settings: Any
) -> AsyncIterator[ChannelSteering]:
    """Serve on a free port of the loopback, in this process, while the block lasts.

    Without a folder of its own it has the keys of this test process. `settings` are further fields of its Config.
    """
    folder = keys_folder or keys_of_this_process()
    engine = database.connect(database_url, "channel_sandbox", pool_size=4)
    defaults = {"refund_seconds": 0.05, "poll_seconds": 0.04, "callback_pace": 0.001}
    config = Config(database_url=database_url, keys_folder=str(folder), listen="127.0.0.1:0", **(defaults | settings))
    client = MerchantClient(config.callback_timeout_seconds)
    running = await app.start(config, engine, client)
    try:
        async with channel_steering_of(f"http://127.0.0.1:{running.port}", folder) as steering:
            yield steering
    finally:
        await running.stop()
        await client.close()
        await engine.dispose()


@dataclass
class CalledBack:
    """A merchant's address and what came in there, in order. `answer` makes the reply to each."""

    url: str = ""
    answer: Callable[[int], tuple[int, bytes]] = lambda _: (200, b"success")
    came: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)


@contextlib.asynccontextmanager
async def called_back_merchant() -> AsyncIterator[CalledBack]:
    """Listen for callbacks on a free port; each is kept and answered."""
    merchant = CalledBack()

    async def take(request: Request) -> Response:
        merchant.came.append((dict(request.headers.items()), await request.body()))
        status, body = merchant.answer(len(merchant.came))
        return Response(body, status)

    running = await http_server.start("127.0.0.1:0", Starlette(routes=[Route("/notify", take, methods=["POST"])]))
    merchant.url = f"http://127.0.0.1:{running.port}/notify"
    try:
        yield merchant
    finally:
        await running.stop()


@functools.cache
def keys_of_this_process() -> Path:
    """Made once, since RSA keys take their time; the folder is cleared away with the machine's temporary files."""
    folder = Path(tempfile.mkdtemp(prefix="bihuan_channel_keys_"))
    keys_in(folder)
    return folder
