"""One account at one stand-in channel, through the real seam and over a real socket, with the hand that steers it."""

import contextlib
import itertools
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from chassis.clock import SystemClock
from chassis.money import Money
from services.payments.channels import Channel, Forged, Order, RefundOrder
from services.payments.channels.accounts import Account, read_accounts
from tests.support.channel_sandbox import CalledBack, ChannelSteering, called_back_merchant, running_channel_sandbox
from tests.support.eventually import eventually

ACCOUNT = "shop"
MERCHANT = "m_1"
_numbers = itertools.count(1)


@dataclass
class ChannelBench:
    """A channel by its kind, and what happens around it; the stand-in may be shared with other tests."""

    kind: str
    channel: Channel
    steering: ChannelSteering
    merchant: CalledBack
    folder: Path
    came_before: int = 0

    def order(self, amount_minor: int = 12_345) -> Order:
        """An order of a number of its own, for two hours."""
        expire_time = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=2)
        return Order(f"ORDER{next(_numbers):05}", Money("CNY", amount_minor), "水费 2026年3月", expire_time)

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
        entry = await self.steering.order(self.kind, order.merchant_order_no)
        txn_no, amount = entry["channel_txn_no"], Money("CNY", amount_minor)
        number = f"REFUND{next(_numbers):05}"
        return RefundOrder(number, order.merchant_order_no, txn_no, amount, order.amount, "多缴退款")

    async def callbacks(self, order: Order, count: int = 1) -> list[tuple[Mapping[str, str], bytes]]:
        """What came in at the merchant's address about an order, or unsigned, once there is so much."""

        def about() -> list[tuple[Mapping[str, str], bytes]]:
            came = self.merchant.came[self.came_before :]
            return [each for each in came if self.is_about(order, *each)]

        await eventually(lambda: len(about()) >= count)
        return about()

    def is_about(self, order: Order, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether a callback is about an order; one that is forged may be about any."""
        told = self.channel.read_callback(headers, body, datetime.now(UTC))
        return isinstance(told, Forged) or getattr(told, "merchant_order_no", order.merchant_order_no) == (
            order.merchant_order_no
        )

    def again(self, **settings: Any) -> Channel:
        """The same account once more, with other settings of its table; who asks for it closes it."""
        return _account(account_file(self.folder, self.kind, self.steering, self.merchant.url, **settings)).channel


def account_file(folder: Path, kind: str, steering: ChannelSteering, notify_url: str, **settings: Any) -> Path:
    """Write the file of accounts with one for a merchant at a stand-in, whose keys it names where they are."""
    told = {
        "kind": kind,
        "merchant_ids": [MERCHANT],
        "base_url": steering.url,
        "call_seconds": 30,
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


def _wechat_pay(index: Mapping[str, Any], keys: Path) -> dict[str, Any]:
    own = index["wechat_pay"]
    return {
        "app_id": own["appid"],
        "mch_id": own["mchid"],
        "serial_no": own["serial_no"],
        "private_key_file": str(keys / own["private_key_file"]),
        "api_v3_key_file": str(keys / own["api_v3_key_file"]),
        "platform_keys": {own["platform_serial"]: str(keys / own["platform_public_key_file"])},
    }


def _alipay(index: Mapping[str, Any], keys: Path) -> dict[str, Any]:
    own = index["alipay"]
    return {
        "app_id": own["app_id"],
        "seller_id": own["seller_id"],
        "private_key_file": str(keys / own["private_key_file"]),
        "platform_keys": {"2026": str(keys / own["platform_public_key_file"])},
    }


_OWN: Mapping[str, Callable[[Mapping[str, Any], Path], dict[str, Any]]] = {
    "wechat_pay": _wechat_pay,
    "alipay": _alipay,
    "hmac_pay": _hmac_pay,
}
KINDS = tuple(_OWN)


@contextlib.asynccontextmanager
async def channel_benches(database_url: str, folder: Path) -> AsyncIterator[Mapping[str, ChannelBench]]:
    """The stand-ins, an account at each, and merchants that are called back, while the block lasts."""
    async with running_channel_sandbox(database_url) as steering, contextlib.AsyncExitStack() as stack:
        benches = {}
        for kind in KINDS:
            merchant = await stack.enter_async_context(called_back_merchant())
            channel = _account(account_file(folder, kind, steering, merchant.url)).channel
            stack.push_async_callback(channel.close_connections)
            benches[kind] = ChannelBench(kind, channel, steering, merchant, folder)
        yield benches


def _account(path: Path) -> Account:
    account = read_accounts(path, SystemClock()).by_id(ACCOUNT)
    assert account is not None
    return account


def with_amount(order: Order, amount_minor: int) -> Order:
    """The same order for another amount."""
    return replace(order, amount=Money(order.amount.currency_code, amount_minor))
