"""A gateway as a process of its own, which a test may kill."""

import asyncio
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


async def gateway_process(database_url: str, settings: dict[str, str]) -> asyncio.subprocess.Process:
    """Start it. `settings` are by name without the prefix; services that are not named are nowhere."""
    nowhere = dict.fromkeys(("PAYMENTS_TARGET", "RECONCILER_TARGET", "INVOICE_SYNC_TARGET"), "127.0.0.1:1")
    ours = {"DATABASE_URL": database_url, "LISTEN": "127.0.0.1:0", "HTTP_LISTEN": "127.0.0.1:0", **nowhere}
    ours |= {name.upper(): value for name, value in settings.items()}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BIHUAN_")}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.gateway",
        cwd=ROOT,
        env={**kept, **{f"BIHUAN_GATEWAY_{name}": value for name, value in ours.items()}},
        stderr=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
    )
