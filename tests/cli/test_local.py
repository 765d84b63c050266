"""`bihuan up`, `status` and `down`, and the commands against the stack in between."""

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cli import addresses
from cli.client import Gateway
from cli.local_audit import local_audit

BIHUAN = Path(sys.executable).parent / "bihuan"


def _bihuan(folder: Path, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "LANG": "C.UTF-8", "COLUMNS": "200"}
    done = subprocess.run(
        [BIHUAN, *arguments], cwd=folder, env=environ, capture_output=True, text=True, check=False, timeout=120
    )
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("up")
    _bihuan(place, "up")
    yield place
    _bihuan(place, "down")


def test_up_tells_where_everything_is_and_status_that_it_serves(folder):
    again = _bihuan(folder, "up")
    status = _bihuan(folder, "status")

    assert "already up" in again.stdout
    assert "http://127.0.0.1:" in again.stdout
    assert status.stdout.count("serving") == 3


def test_the_admin_key_is_for_its_owner_only(folder):
    where = json.loads((folder / ".bihuan/stack.json").read_text("utf-8"))

    assert Path(where["admin_key_file"]).stat().st_mode & 0o077 == 0


def test_the_audit_is_signed_by_a_key_that_its_owner_alone_reads_and_proved_without_it(folder, tmp_path):
    where = addresses.load(folder / ".bihuan/stack.json")
    made = ("--folder", where.audit_folder, "--public-key", where.audit_public_key_file)
    _bihuan(folder, "keys", "create", "for the audit", "--role", "integrator")

    for _ in range(50):  # until the record is in the chain
        proved = _bihuan(folder, "audit", "verify", "--database", where.database_urls["gateway"], *made)
        if " 0 records" not in proved.stdout:
            break
    other = tmp_path / "other.pub"
    other.write_bytes(
        Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    forged = _bihuan(
        folder,
        *("audit", "verify", "--database", where.database_urls["gateway"], "--public-key", str(other)),
        check=False,
    )

    assert Path(where.audit_key_file).stat().st_mode & 0o077 == 0
    assert "whole" in proved.stdout
    assert " 0 records" not in proved.stdout
    assert "not looked at" not in proved.stderr
    assert forged.returncode == 1
    assert "SIGNATURE" in forged.stderr


def test_a_system_that_has_unsigned_records_goes_on_without_a_key(tmp_path):
    before = local_audit(tmp_path, is_new=False)
    made = local_audit(tmp_path, is_new=True)
    again = local_audit(tmp_path, is_new=False)

    assert (before.key_file, before.public_key_file) == ("", "")
    assert again == made
    assert Path(made.key_file).read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----")


def test_a_payment_goes_from_the_command_line_into_the_tax_system(folder):
    seller = ("--name", "江城水务集团有限公司", "--tax-id", "91420100MA4K0DEM01")
    _bihuan(folder, "merchant", "city-water", "--policy", "ON_SUCCESS", *seller)
    order = ("--merchant", "city-water", "--order", "CLI-1", "--amount", "12.30", "--txn", "4200000001")

    first = _bihuan(folder, "record", *order, "--pay-time", "2026-03-01T04:00:00")
    again = _bihuan(folder, "record", *order, "--pay-time", "2026-03-01T04:00:00")

    assert "12.30 CNY recorded" in first.stdout
    assert "was there already" in again.stdout
    why = _eventually(folder, "CLI-1", "IN_SYSTEM")
    assert why["evidence"]
    trace = _bihuan(folder, "trace", "CLI-1")
    assert "gateway: POST /v1/payments" in trace.stdout
    assert "tax_sandbox:" in trace.stdout


@pytest.mark.parametrize("channel", ["wechat_pay", "alipay", "hmac_pay"])
def test_a_payment_that_starts_here_is_paid_at_the_channels_stand_in(folder, channel: str):
    where = addresses.load(folder / ".bihuan/stack.json")
    gateway = Gateway(where.gateway_url, where.token())
    order_no = f"START-{channel}"
    asked = {
        "merchantId": "city-water",
        "merchantOrderNo": order_no,
        "channel": channel,
        "amount": {"currencyCode": "CNY", "amountMinor": "1230"},
        "description": "水费",
    }

    made = gateway.post("/v1/payments:create", asked)
    at_the_channel = f"{where.channel_sandbox_url}/steering/orders/{channel}/{order_no}"
    httpx.post(f"{at_the_channel}/pay", trust_env=False).raise_for_status()
    confirmed = gateway.post(f"/v1/payments/{made['payment']['paymentId']}:confirm", {})
    gateway.close()

    assert made["payment"]["state"] == "STATE_PROCESSING"
    assert confirmed["payment"]["state"] == "STATE_SUCCEEDED"
    assert _callback_end(at_the_channel) == "DELIVERED"


def _callback_end(order_url: str) -> str:
    """How the channel's one callback ended, once the gateway and payments have taken it or the channel gave up."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        (callback,) = httpx.get(order_url, trust_env=False).json()["callbacks"]
        if callback["state"] != "WAITING":
            return callback["state"]
        time.sleep(0.1)
    raise AssertionError(f"still repeated: {callback}")


def test_a_refusal_is_told_in_words_with_the_field_and_ends_with_1(folder):
    order = ("--merchant", "city-water", "--order", "CLI-2", "--txn", "42", "--pay-time", "2026-03-01T04:00:00")
    refused = _bihuan(folder, "record", *order, "--amount", "-1", check=False)
    unknown = _bihuan(folder, "why", "no-such-thing", check=False)

    assert refused.returncode == 1
    assert "amount" in refused.stderr
    assert unknown.returncode == 1
    assert "refused:" in unknown.stderr


def test_a_file_that_is_no_statement_is_refused_with_its_code(folder, tmp_path):
    file = tmp_path / "notes.csv"
    file.write_text("hello,world\n", "utf-8")

    refused = _bihuan(folder, "ingest", str(file), check=False)

    assert refused.returncode == 1
    assert "refused:" in refused.stderr


def test_without_a_gateway_the_command_says_how_to_get_one(tmp_path):
    done = _bihuan(tmp_path, "why", "x", check=False)

    assert done.returncode == 1
    assert "bihuan up" in done.stderr


def _eventually(folder: Path, reference: str, cause: str) -> dict:
    for _ in range(100):
        done = _bihuan(folder, "why", reference, "--json", check=False)
        found = json.loads(done.stdout) if done.returncode == 0 else {}
        if found.get("cause") == cause:
            return found
    raise AssertionError(f"{reference} did not become {cause}: {found}")


def test_a_service_that_dies_takes_the_stack_down_and_nothing_stays_behind(tmp_path):
    _bihuan(tmp_path, "up")
    victim = next(process for process in _services_of(tmp_path) if "services.tax_sandbox" in process.cmdline())

    victim.kill()

    deadline = time.monotonic() + 100
    held = tmp_path / ".bihuan/supervisor.pid"  # the last thing to go, after the services and the database
    while (held.exists() or _services_of(tmp_path)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert _services_of(tmp_path) == []
    assert "nothing is up" in _bihuan(tmp_path, "down").stdout


def _services_of(folder: Path) -> list[psutil.Process]:
    """The processes whose traces go to this folder's stack."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if any(str(folder) in value for name, value in process.environ().items() if name.endswith("_TRACES")):
                found.append(process)
    return found
