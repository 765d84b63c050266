"""A gateway as a process of its own, which a test may kill."""

import asyncio
import contextlib
import os
import socket
import sys
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[2]


async def gateway_process(
    database_url: str, settings: dict[str, str], before: str = "pass"
) -> asyncio.subprocess.Process:
    """Start it. `settings` are by name without the prefix; services that are not named are nowhere.

    `before` is a statement that the process runs first.
    """
    program = f"import runpy\n{before}\nrunpy.run_module('services.gateway', run_name='__main__')"
    nowhere = dict.fromkeys(("PAYMENTS_TARGET", "RECONCILER_TARGET", "INVOICE_SYNC_TARGET"), "127.0.0.1:1")
    ours = {"DATABASE_URL": database_url, "LISTEN": "127.0.0.1:0", "HTTP_LISTEN": "127.0.0.1:0", **nowhere}
    ours |= {name.upper(): value for name, value in settings.items()}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BIHUAN_")}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        program,
        cwd=ROOT,
        env={**kept, **{f"BIHUAN_GATEWAY_{name}": value for name, value in ours.items()}},
        stderr=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
    )


def free_port() -> int:
    """A port that nobody has at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


async def serves(port: int) -> bool:
    """Whether a gateway answers there."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as caller:
        with contextlib.suppress(httpx.TransportError):
            return (await caller.get("/healthz")).status_code == 200
    return False
