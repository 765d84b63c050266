"""The stand-in as a process of its own: it starts, it dies by SIGKILL, and what it said yes to is still there."""

import os
import signal
import subprocess
import sys

import httpx

from chassis.free_ports import free_ports
from tests.support.eventually import eventually
from tests.support.tax_sandbox import a_document, steering_of


def start(url: str, port: int) -> subprocess.Popen[bytes]:
    settings = {
        "BIHUAN_TAX_SANDBOX_DATABASE_URL": url,
        "BIHUAN_TAX_SANDBOX_LISTEN": f"127.0.0.1:{port}",
        "BIHUAN_TAX_SANDBOX_BOOKING_DELAY_SECONDS": "0.2",
    }
    return subprocess.Popen([sys.executable, "-m", "services.tax_sandbox"], env=os.environ | settings)


async def test_what_was_acknowledged_outlives_a_sigkill_and_is_booked_once(fresh_database):
    url, port = await fresh_database("services.tax_sandbox"), free_ports(1)[0]
    process = start(url, port)
    async with steering_of(f"http://127.0.0.1:{port}") as tax:

        async def is_up() -> bool:
            try:
                return (await tax.http.get("/healthz")).status_code == 200
            except httpx.TransportError:
                return False

        async def submit(key: str) -> dict[str, object]:
            head = {"Idempotency-Key": key, "Content-Type": "application/json"}
            return (await tax.http.post("/production/42/v1/invoices", content=a_document(), headers=head)).json()

        try:
            await eventually(is_up, timeout_seconds=60)
            said = [await submit(f"inv_{number}") for number in range(5)]
            process.send_signal(signal.SIGKILL)
            process.wait(timeout=60)

            process = start(url, port)
            await eventually(is_up, timeout_seconds=60)
            again = [await submit(f"inv_{number}") for number in range(5)]

            async def all_booked() -> list[str] | None:
                rows = await tax.book()
                return [row["book_number"] for row in rows] if all(row["booked_at"] for row in rows) else None

            booked = await eventually(all_booked)
        finally:
            process.terminate()
            code = process.wait(timeout=60)

    assert [answer["number"] for answer in again] == [answer["number"] for answer in said] == booked
    assert {answer["duplicate"] for answer in again} == {True}
    assert code == 0


def test_a_wrong_setting_is_named_at_the_start():
    settings = {"BIHUAN_TAX_SANDBOX_BOOKING_DELAY_SECONDS": "-1"}

    ended = subprocess.run(
        [sys.executable, "-m", "services.tax_sandbox"],
        check=False,
        env=os.environ | settings,
        capture_output=True,
        timeout=60,
    )

    assert ended.returncode == 2
    assert b"BIHUAN_TAX_SANDBOX_DATABASE_URL is not set" in ended.stderr
    assert b"BIHUAN_TAX_SANDBOX_BOOKING_DELAY_SECONDS must be at least 0" in ended.stderr
