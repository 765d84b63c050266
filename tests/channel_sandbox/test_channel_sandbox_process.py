"""The stand-in as a process of its own: what it answered and what it owes outlive a SIGKILL, and its keys its end."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx

from chassis.free_ports import free_ports
from services.channel_sandbox.keys import keys_in
from tests.support.channel_merchants import merchant_at
from tests.support.channel_sandbox import called_back_merchant, channel_steering_of
from tests.support.eventually import eventually

CHANNELS = ("wechat_pay", "alipay", "hmac_pay")


def start(url: str, port: int, keys_folder: Path) -> subprocess.Popen[bytes]:
    settings = {
        "BIHUAN_CHANNEL_SANDBOX_DATABASE_URL": url,
        "BIHUAN_CHANNEL_SANDBOX_LISTEN": f"127.0.0.1:{port}",
        "BIHUAN_CHANNEL_SANDBOX_KEYS_FOLDER": str(keys_folder),
        "BIHUAN_CHANNEL_SANDBOX_REFUND_SECONDS": "3600",
        "BIHUAN_CHANNEL_SANDBOX_CALLBACK_PACE": "0.01",
    }
    return subprocess.Popen([sys.executable, "-m", "services.channel_sandbox"], env=os.environ | settings)


async def test_what_was_answered_and_what_is_owed_outlive_a_sigkill(fresh_database, tmp_path):
    url, port = await fresh_database("services.channel_sandbox"), free_ports(1)[0]
    process = start(url, port, tmp_path)
    async with channel_steering_of(f"http://127.0.0.1:{port}", tmp_path) as sandbox, called_back_merchant() as called:

        async def is_up() -> bool:
            try:
                return (await sandbox.http.get("/healthz")).status_code == 200
            except httpx.TransportError:
                return False

        called.answer = lambda _: (500, b"not yet")
        try:
            await eventually(is_up, timeout_seconds=60)
            merchants = [merchant_at(channel, sandbox) for channel in CHANNELS]
            for merchant in merchants:
                await merchant.create("ORDER_1", notify_url=called.url)
                await sandbox.pay(merchant.channel, "ORDER_1")
                await merchant.refund("ORDER_1", "R1", 345, called.url)
            await eventually(lambda: called.came)
            process.send_signal(signal.SIGKILL)
            process.wait(timeout=60)
            called.answer = lambda _: (200, b"success")

            process = start(url, port, tmp_path)
            await eventually(is_up, timeout_seconds=60)
            states = [await merchant.state("ORDER_1") for merchant in merchants]
            again = [await merchant.refund("ORDER_1", "R1", 345, called.url) for merchant in merchants]
            await sandbox.shift_clock(3600)

            async def all_told() -> bool:
                books = [await sandbox.order(channel, "ORDER_1") for channel in CHANNELS]
                ends = [[one["state"] for one in book["callbacks"]] for book in books]
                return ends == [["DELIVERED", "DELIVERED"]] * 3 and all(book["refunded_minor"] == 345 for book in books)

            await eventually(all_told, timeout_seconds=60)
        finally:
            process.terminate()
            code = process.wait(timeout=60)

    assert (states, code) == (["SUCCEEDED"] * 3, 0)
    assert set(again) <= {"PROCESSING", "SUCCEEDED"}


def test_the_keys_are_for_their_owner_only_and_stay_the_same(tmp_path):
    first, again = keys_in(tmp_path), keys_in(tmp_path)

    kept = [file for file in tmp_path.rglob("*") if file.is_file() and file.name != "merchant.json"]
    assert len(kept) == 8
    assert all(file.stat().st_mode & 0o077 == 0 for file in kept)
    assert (first.hmac_pay, first.wechat_pay.api_v3_key) == (again.hmac_pay, again.wechat_pay.api_v3_key)
    assert first.wechat_pay.merchant_serial == again.wechat_pay.merchant_serial
    assert first.hmac_pay.secret.hex() not in repr(first)
    assert repr(first.wechat_pay.api_v3_key) not in repr(first)
