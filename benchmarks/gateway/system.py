"""The processes of each contestant, as they run for a customer: payments, and before it our gateway, a chain, nobody.

Traces of one in a hundred are kept, by payments and by our gateway; our gateway knows its caller by a key, limits it,
masks what it answers and signs its audit.
"""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.free_ports import free_ports

SAMPLE_RATIO = "0.01"
_START_SECONDS = 60.0
_NO_LIMIT = "1000000"


@dataclass(frozen=True, slots=True)
class Contest:
    """Who serves: where calls go, with which headers, and which processes do the work."""

    name: str
    port: int
    headers: Mapping[str, str]
    processes: list[psutil.Process]


@contextlib.contextmanager
def contest(name: str, payments_url: str, gateway_url: str, folder: Path) -> Iterator[Contest]:
    """A contestant, from its start to its end. Raises RuntimeError when a process does not start."""
    with contextlib.ExitStack() as stack:
        payments_port, port_before = free_ports(2)
        processes = [stack.enter_context(_payments(payments_port, payments_url, folder))]
        port, headers = payments_port, {}
        if name == "chain":
            port = port_before
            arguments = ["benchmarks.gateway.chain", str(port), str(payments_port)]
            processes.append(stack.enter_context(_process(arguments, {}, port, folder)))
        elif name == "ours":
            port, key_file = port_before, folder / "admin.key"
            processes.append(stack.enter_context(_gateway(port, payments_port, gateway_url, folder)))
            headers = {"authorization": f"Bearer {key_file.read_text('ascii').strip()}"}
        yield Contest(name, port, headers, [psutil.Process(one.pid) for one in processes])


def _payments(port: int, url: str, folder: Path) -> contextlib.AbstractContextManager["subprocess.Popen[bytes]"]:
    settings = {"LISTEN": f"127.0.0.1:{port}", "DATABASE_URL": url} | _traces(folder)
    return _process(["services.payments"], _named("PAYMENTS", settings), port, folder)


def _gateway(
    port: int, payments_port: int, url: str, folder: Path
) -> contextlib.AbstractContextManager["subprocess.Popen[bytes]"]:
    settings = {
        "LISTEN": f"127.0.0.1:{free_ports(1)[0]}",
        "HTTP_LISTEN": f"127.0.0.1:{port}",
        "DATABASE_URL": url,
        "PAYMENTS_TARGET": f"127.0.0.1:{payments_port}",
        "ADMIN_KEY_FILE": str(folder / "admin.key"),
        "AUDIT_KEY_FILE": str(_audit_key(folder)),
        # Counted as ever; only nobody is over it.
        "RATE_WRITE_PER_SECOND": _NO_LIMIT,
    }
    return _process(["services.gateway"], _named("GATEWAY", settings | _traces(folder)), port, folder)


def _traces(folder: Path) -> dict[str, str]:
    return {"TRACES": f"file:{folder / 'traces'}", "TRACE_SAMPLE_RATIO": SAMPLE_RATIO}


def _named(service: str, settings: Mapping[str, str]) -> dict[str, str]:
    return {f"BIHUAN_{service}_{name}": value for name, value in settings.items()}


def _audit_key(folder: Path) -> Path:
    path = folder / "audit.key"
    if not path.exists():
        key = Ed25519PrivateKey.generate()
        kinds = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        path.write_bytes(key.private_bytes(*kinds))
    return path


@contextlib.contextmanager
def _process(
    arguments: list[str], settings: Mapping[str, str], port: int, folder: Path
) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that has begun to listen. Its log goes to a file, as it would elsewhere."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("BIHUAN_")}
    with (folder / f"{arguments[0]}.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", *arguments], env=ours | dict(settings), stderr=log)
        try:
            _await_listening(arguments[0], process, port)
            yield process
        finally:
            process.terminate()
            process.wait(_START_SECONDS)


def _await_listening(name: str, process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"{name} did not start")


def json_body(fields: Mapping[str, object]) -> bytes:
    """A request's body, as a client writes it."""
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
