"""The stand-in authority on a real socket, and the hand that steers it."""

import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx

from chassis import database
from services.tax_sandbox import app
from services.tax_sandbox.config import Config

SELLER_TAX_ID = "91420100MA4KXYZ123"


class Steering:
    """Plans faults and reads the second witness, at a URL."""

    def __init__(self, url: str, http: httpx.AsyncClient) -> None:
        self.url = url
        self.http = http

    async def plan(self, fault: str, **how: Any) -> None:
        """Ask for a fault, such as `plan("DROP_AFTER_COMMIT", key="inv_1", times=1)`."""
        answer = await self.http.post("/steering/faults", json={"fault": fault, **how})
        assert answer.status_code == 201, answer.text

    async def book(self) -> list[dict[str, Any]]:
        """Everything accepted; a row's `status` says whether it is in the main book."""
        rows: list[dict[str, Any]] = []
        after = ""
        while True:
            page = (await self.http.get("/steering/book", params={"after": after})).json()
            rows += page["invoices"]
            if not (after := page["next"]):
                return rows

    async def counts(self) -> dict[str, Any]:
        """How much came, was accepted and was booked."""
        return dict((await self.http.get("/steering/counts")).json())


@contextlib.asynccontextmanager
async def steering_of(url: str) -> AsyncIterator[Steering]:
    """Steer what listens at a URL."""
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=10) as http:
        yield Steering(url, http)


@contextlib.asynccontextmanager
async def running_tax_sandbox(database_url: str, booking_delay_seconds: float = 0.05) -> AsyncIterator[Steering]:
    """Serve on a free port of the loopback, in this process, while the block lasts."""
    engine = database.connect(database_url, "tax_sandbox", pool_size=4)
    config = Config(
        database_url=database_url,
        listen="127.0.0.1:0",
        booking_delay_seconds=booking_delay_seconds,
        booking_poll_seconds=0.02,
    )
    running = await app.start(config, engine)
    try:
        async with steering_of(f"http://127.0.0.1:{running.port}") as steering:
            yield steering
    finally:
        await running.stop()
        await engine.dispose()


def a_document(order_no: str = "NO1", **changes: Any) -> bytes:
    """The frozen bytes of an invoice; `changes` replace or add fields at the top."""
    content = {
        "schema": 1,
        "seller": {"name": "武汉水务集团有限公司", "tax_id": SELLER_TAX_ID},
        "buyer": {"title": "个人", "tax_id": ""},
        "currency": "CNY",
        "amount_minor": 12_345,
        "order_no": order_no,
        "issue_date": "2026-03-01",
    }
    return json.dumps(content | changes, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
