"""One account at one stand-in channel, through the real seam and over a real socket, with the hand that steers it."""

import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from chassis.clock import Clock, SystemClock
from chassis.money import Money
from services.payments.channels import Channel, Order, RefundOrder
from services.payments.channels.accounts import read_accounts
from tests.support.channel_sandbox import CalledBack, ChannelSteering, called_back_merchant, running_channel_sandbox
from tests.support.eventually import eventually

ACCOUNT = "shop"
MERCHANT = "m_1"


@dataclass
class ChannelBench:
    """A channel by its kind, and what happens around it."""

    kind: str
    channel: Channel
    steering: ChannelSteering
    merchant: CalledBack
    folder: Path
    number: int = field(default=0)

    def order(self, amount_minor: int = 12_345) -> Order:
        """An order of a number of its own, for two hours."""
        self.number += 1
        no = f"ORDER{self.number:05}"
        expire_time = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=2)
        return Order(no, Money("CNY", amount_minor), "水费 2026年3月", expire_time)

    async def started(self, amount_minor: int = 12_345) -> Order:
        """An order that the channel has, and that the payer has opened."""
        order = self.order(amount_minor)
        await self.channel.prepay(order)
        await self.steering.scan(self.kind, order.merchant_order_no)
        return order

    async def paid(self, amount_minor: int = 12_345) -> Order:
        """An order that is paid."""
        order = await self.started(amount_minor)
        await self.steering.pay(self.kind, order.merchant_order_no)
        return order

    async def refund_of(self, order: Order, amount_minor: int) -> RefundOrder:
        """A refund, of a number of its own, of a paid order."""
        self.number += 1
        entry = await self.steering.order(self.kind, order.merchant_order_no)
        return RefundOrder(
            f"REFUND{self.number:05}",
            order.merchant_order_no,
            entry["channel_txn_no"],
            Money("CNY", amount_minor),
            order.amount,
            "多缴退款",
        )

    async def callbacks(self, count: int = 1) -> list[tuple[Mapping[str, str], bytes]]:
        """What came in at the merchant's address, once there is so much."""
        await eventually(lambda: len(self.merchant.came) >= count)
        return self.merchant.came

    def again(self, **settings: Any) -> Channel:
        """The same account once more, with other settings of its table."""
        path = account_file(self.folder, self.kind, self.steering, self.merchant.url, **settings)
        account = read_accounts(path, SystemClock()).by_id(ACCOUNT)
        assert account is not None
        return account.channel


def account_file(folder: Path, kind: str, steering: ChannelSteering, notify_url: str, **settings: Any) -> Path:
    """Write the file of accounts with one for a merchant at a stand-in, whose keys it names where they are."""
    told = {
        "kind": kind,
        "merchant_ids": [MERCHANT],
        "base_url": steering.url,
        "notify_url": notify_url,
        **_OWN[kind](json.loads((steering.keys_folder / "merchant.json").read_text("utf-8")), steering.keys_folder),
        **settings,
    }
    tables = {name: value for name, value in told.items() if isinstance(value, dict)}
    lines = [f"[accounts.{ACCOUNT}]", *(f"{k} = {json.dumps(v)}" for k, v in told.items() if k not in tables)]
    for name, table in tables.items():
        lines += [f"[accounts.{ACCOUNT}.{name}]", *(f'"{k}" = {json.dumps(v)}' for k, v in table.items())]
    path = folder / f"accounts_{kind}.toml"
    path.write_text("\n".join(lines), "utf-8")
    return path


def _hmac_pay(index: Mapping[str, Any], keys: Path) -> dict[str, Any]:
    own = index["hmac_pay"]
    return {"merchant_no": own["merchant_id"], "secret_file": str(keys / own["secret_file"])}


_OWN: Mapping[str, Callable[[Mapping[str, Any], Path], dict[str, Any]]] = {"hmac_pay": _hmac_pay}
KINDS = tuple(_OWN)


@contextlib.asynccontextmanager
async def channel_bench(
    kind: str,
    fresh_database: Callable[[str], Awaitable[str]],
    folder: Path,
    clock: Clock | None = None,
    **settings: Any,
) -> AsyncIterator[ChannelBench]:
    """The stand-in, an account of its, and a merchant that is called back, while the block lasts."""
    async with (
        running_channel_sandbox(await fresh_database("services.channel_sandbox")) as steering,
        called_back_merchant() as merchant,
    ):
        path = account_file(folder, kind, steering, merchant.url, **settings)
        accounts = read_accounts(path, clock or SystemClock())
        account = accounts.find(kind, MERCHANT)
        assert account is not None
        try:
            yield ChannelBench(kind, account.channel, steering, merchant, folder)
        finally:
            await accounts.close()


def with_amount(order: Order, amount_minor: int) -> Order:
    """The same order for another amount."""
    return replace(order, amount=Money(order.amount.currency_code, amount_minor))
