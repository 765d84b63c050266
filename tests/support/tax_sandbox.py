"""The stand-in authority on a real socket, and the hand that steers it."""

import contextlib
import json
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from chassis import database
from services.invoice_sync.domain.route import Route
from services.tax_sandbox import app
from services.tax_sandbox.config import Config
from tests.support.eventually import eventually

SELLER_TAX_ID = "91420100MA4KXYZ123"
ROUTE = Route("sandbox", "production", "42", "default")


class Ticking:
    """A clock that was set to an instant when it was made, and goes on from there."""

    def __init__(self, start: datetime) -> None:
        self._ahead = start - datetime.now(UTC)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead


def calm_start() -> datetime:
    """Now, or some hours on where this day in Beijing is about to end: a test that lets hours pass stays in one day."""
    now = datetime.now(UTC)
    return now + timedelta(hours=4) if now.astimezone(ZoneInfo("Asia/Shanghai")).hour >= 21 else now


class Steering:
    """Plans faults and reads the second witness, at a URL."""

    def __init__(self, url: str, http: httpx.AsyncClient) -> None:
        self.url = url
        self.http = http

    def place_url(self, environment: str = "production", region: str = "42") -> str:
        """The base address of the protocol in a place; "/v1/..." goes after it."""
        return f"{self.url}/{environment}/{region}"

    async def plan(self, fault: str, **how: Any) -> None:
        """Ask for a fault, such as `plan("DROP_AFTER_COMMIT", key="inv_1", times=1)`."""
        answer = await self.http.post("/steering/faults", json={"fault": fault, **how})
        assert answer.status_code == 201, answer.text

    async def shift_clock(self, seconds: float) -> None:
        """Move the authority's clock on; what fell due happens at its next turn."""
        answer = await self.http.post("/steering/clock", json={"shift_seconds": seconds})
        assert answer.status_code == 200, answer.text

    async def set_clock(self, at: datetime) -> None:
        """Set the authority's clock to an instant, from which it goes on."""
        asked = {"offset_seconds": (at - datetime.now(UTC)).total_seconds()}
        answer = await self.http.post("/steering/clock", json=asked)
        assert answer.status_code == 200, answer.text

    async def book(self, **asked: str) -> list[dict[str, Any]]:
        """Everything accepted; a row's `status` says whether it is in the main book. `asked` are filters."""
        rows: list[dict[str, Any]] = []
        after = ""
        while True:
            page = (await self.http.get("/steering/book", params={**asked, "after": after})).json()
            rows += page["invoices"]
            if not (after := page["next"]):
                return rows

    async def counts(self) -> dict[str, Any]:
        """How much came, was accepted and was booked."""
        return dict((await self.http.get("/steering/counts")).json())


@contextlib.asynccontextmanager
async def steering_of(url: str, verify: ssl.SSLContext | bool = True) -> AsyncIterator[Steering]:
    """Steer what listens at a URL."""
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=60, verify=verify) as http:
        yield Steering(url, http)


@contextlib.asynccontextmanager
async def running_tax_sandbox(
    database_url: str,
    booking_delay_seconds: float = 0.05,
    verify: ssl.SSLContext | bool = True,
    starts_at: datetime | None = None,
    **settings: Any,
) -> AsyncIterator[Steering]:
    """Serve on a free port of the loopback, in this process, while the block lasts.

    `settings` are further fields of its Config; with certificates `verify` is whom the client trusts. Its clock is
    the machine's, or one that goes on from `starts_at`.
    """
    engine = database.connect(database_url, "tax_sandbox", pool_size=4)
    config = Config(
        database_url=database_url,
        listen="127.0.0.1:0",
        booking_delay_seconds=booking_delay_seconds,
        booking_poll_seconds=0.02,
        **settings,
    )
    running = await app.start(config, engine, Ticking(starts_at) if starts_at else None)
    try:
        scheme = "https" if config.tls() else "http"
        async with steering_of(f"{scheme}://127.0.0.1:{running.port}", verify) as steering:
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
        "issue_date": datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat(),
    }
    return json.dumps(content | changes, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


async def submit_to(
    tax: Steering, body: bytes, key: str = "inv_1", place: str = "production/42", **headers: str
) -> httpx.Response:
    """Send a document under a key, once."""
    head = {"Idempotency-Key": key, "Content-Type": "application/json"}
    head |= {name.replace("_", "-"): value for name, value in headers.items()}
    return await tax.http.post(f"/{place}/v1/invoices", content=body, headers=head)


async def query_by_key(tax: Steering, key: str = "inv_1", place: str = "production/42") -> httpx.Response:
    """Ask the main book of a place for a key of the usual seller."""
    return await tax.http.get(f"/{place}/v1/invoices", params={"seller_tax_id": SELLER_TAX_ID, "key": key})


async def until_status(tax: Steering, status: str, key: str = "inv_1", place: str = "production/42") -> dict[str, Any]:
    """The invoice, as soon as the main book shows it in a state."""

    async def probe() -> dict[str, Any] | None:
        answer = await query_by_key(tax, key, place)
        return answer.json() if answer.status_code == 200 and answer.json()["status"] == status else None

    return await eventually(probe)
