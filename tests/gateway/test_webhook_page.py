"""docs/webhooks.md: its receiver takes what is sent, once, and the commands say what became of it."""

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli import client, main
from services.gateway.domain.webhook import RETRY_SECONDS
from tests.support.eventually import eventually

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/webhooks.md").read_text("utf-8")
_RECEIVER = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1]


@pytest.fixture
async def page_peer(start_peer, tmp_path, unused_tcp_port, monkeypatch):
    """A gateway that may reach a receiver at the port beside, and to which the commands speak."""
    key = tmp_path / "webhook.key"
    key.write_text("of_the_test:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", "ascii")
    settings = {"webhook_inside": "127.0.0.0/8", "webhook_http_allowed": True, "webhook_ports": str(unused_tcp_port)}
    async with start_peer(webhook_key_file=str(key), **settings) as peer:
        gateway = client.Gateway(peer.url, peer.admin_token)
        monkeypatch.setattr(client, "connect", lambda: gateway)
        yield peer, unused_tcp_port
        gateway.close()


@pytest.mark.timeout(90)
async def test_the_pages_receiver_takes_a_test_and_drops_it_when_it_comes_again(page_peer):
    peer, port = page_peer
    endpoint_id, secret = _made(await _bihuan("create", f"http://127.0.0.1:{port}/"))
    receiver = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _RECEIVER.replace("9000", str(port)),
        env={**os.environ, "WEBHOOK_SECRET": secret},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await eventually(lambda: _listens(port))
        tested = await _bihuan("test", endpoint_id)
        (delivery,) = (await peer.admin.get(f"/v1/webhookEndpoints/{endpoint_id}/deliveries")).json()["deliveries"]
        replayed = await _bihuan("replay", delivery["deliveryId"])

        async def arrived_again():
            told = (await peer.admin.get(f"/v1/webhookDeliveries/{delivery['deliveryId']}")).json()
            return told if len(told["attempts"]) == 2 else None

        again = await eventually(arrived_again)
        shown = await _bihuan("show", delivery["deliveryId"])
    finally:
        receiver.terminate()
        said = (await receiver.communicate())[0].decode()

    assert "204 after " in tested
    assert "is waiting" in replayed
    assert [one["statusCode"] for one in again["attempts"]] == [204, 204]
    assert said.splitlines() == [f"webhook.test {{'endpointId': '{endpoint_id}'}}"]
    assert shown.count("204 after") == 2


async def test_the_commands_list_switch_rotate_and_delete(page_peer):
    _, port = page_peer
    url = f"http://127.0.0.1:{port}/"
    endpoint_id, secret = _made(await _bihuan("create", url, "--event", "payment.matched"))

    failed = await _bihuan("test", endpoint_id, status=1)
    rotated = _made(await _bihuan("rotate", endpoint_id))
    off = await _bihuan("disable", endpoint_id)
    listed = await _bihuan("list", "--disabled")
    on = await _bihuan("enable", endpoint_id)
    log = await _bihuan("deliveries", endpoint_id, "--state", "failed")
    replayed = await _bihuan("replay", endpoint_id, "--all")
    gone = await _bihuan("delete", endpoint_id)

    assert "CONNECTION after" in failed
    assert rotated[1] != secret
    assert "is disabled" in off
    assert endpoint_id in listed
    assert "payment.matched" in listed
    assert "is enabled" in on
    assert "webhook.test" in log
    assert "0 deliveries" in replayed
    assert "is gone" in gone


def test_the_page_tells_the_schedule_that_is_kept():
    told = "5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h"
    units = {"s": 1, "min": 60, "h": 3_600}

    assert told in " ".join(PAGE.split())
    amounts = [int(number) * units[unit] for number, unit in re.findall(r"(\d+) (s|min|h)", told)]
    assert amounts == list(RETRY_SECONDS[1:])


async def _bihuan(*arguments: str, status: int = 0) -> str:
    done = await asyncio.to_thread(CliRunner().invoke, main.app, ["webhooks", *arguments])
    assert done.exit_code == status, (done.output, done.exception)
    return done.output


def _made(said: str) -> tuple[str, str]:
    """The endpoint and the secret that were printed."""
    return re.search(r"whe_\w+", said)[0], re.search(r"whsec_\S+", said)[0]


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
