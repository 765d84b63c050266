"""`bihuan up`, `down`, `status`: the whole system on this machine."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import typer

from cli import addresses, client, show

_UP_SECONDS = 180.0
_DOWN_SECONDS = 40.0


def add_to(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(up)
    app.command()(down)
    app.command()(status)


def up() -> None:
    """Start PostgreSQL and every service on free loopback ports, leave them running, print the addresses."""
    if _supervisor() is not None:
        show.console.print("already up")
        return _print_addresses()
    client.STACK_FOLDER.mkdir(exist_ok=True)
    client.STACK_FILE.unlink(missing_ok=True)
    with (client.STACK_FOLDER / "supervisor.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "cli.supervisor", str(client.STACK_FOLDER)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    deadline = time.monotonic() + _UP_SECONDS
    while not client.STACK_FILE.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            process.terminate()
            raise client.Unable(f"the stack did not start: see {client.STACK_FOLDER}/supervisor.log")
        time.sleep(0.1)
    _print_addresses()
    return None


def down() -> None:
    """Stop what `bihuan up` started; its data stays in .bihuan."""
    if (pid := _supervisor()) is None:
        show.console.print("nothing is up")
        return
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _DOWN_SECONDS
    while _supervisor() is not None:
        if time.monotonic() > deadline:
            raise client.Unable(f"process {pid} does not end: see {client.STACK_FOLDER}/supervisor.log")
        time.sleep(0.1)
    show.console.print("stopped")


def status() -> None:
    """Ask the gateway how each service is."""
    answer = client.connect().get("/v1/system")
    rows = [(one["service"], "serving" if one.get("serving") else "DOWN") for one in answer["services"]]
    show.console.print(show.table(f"Bihuan {answer['version']}", ("service", "state"), rows))


def _supervisor() -> int | None:
    pid_file = client.STACK_FOLDER / "supervisor.pid"
    try:
        pid = int(pid_file.read_text("ascii"))
        os.kill(pid, 0)
    except (FileNotFoundError, ValueError, ProcessLookupError):
        return None
    # A pid can have been given to another process since: ask what that one runs, where the system tells it.
    command = Path(f"/proc/{pid}/cmdline")
    if command.exists() and b"cli.supervisor" not in command.read_bytes():
        return None
    return pid


def _print_addresses() -> None:
    where = addresses.load(client.STACK_FILE)
    rows = [
        ("gateway (REST)", where.gateway_url),
        ("API document", f"{where.gateway_url}/openapi.json"),
        ("admin key", where.admin_key_file),
        ("public key of the audit", where.audit_public_key_file or "not signed"),
        ("tax authority stand-in", where.tax_sandbox_url),
        ("payment channels stand-in", where.channel_sandbox_url),
        ("its merchant's keys", where.channel_keys_folder),
        *((f"{name} (gRPC)", target) for name, target in where.targets.items() if not name.endswith("_sandbox")),
        ("logs", where.logs_folder),
        ("traces", where.traces_folder),
    ]
    show.console.print(show.table("Bihuan is up", ("what", "where"), rows))
