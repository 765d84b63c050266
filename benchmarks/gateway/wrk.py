"""A load generator for one HTTP/1.1 route that costs next to nothing: wrk, with a request of its own for each call.

A load generator in Python takes as much of the cores as half of what is measured, and so hides half of a difference.
wrk counts what callers would have asked while they waited (coordinated omission), so that its tails are never too good.
"""

import asyncio
import shutil
import subprocess
import tempfile
from pathlib import Path

from benchmarks.gateway.counted import Counted
from benchmarks.gateway.http_load import HttpTemplate

_SCRIPT = Path(__file__).with_name("wrk.lua")
_TIMEOUT_SECONDS = 10
_STOP_SECONDS = 60


def must_be_there() -> None:
    """Raise SystemExit with the cure where wrk is not installed."""
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is not installed: apt-get install wrk")


async def load(port: int, made: HttpTemplate, first_number: int, in_flight: int, seconds: int) -> Counted:
    """Send requests for some seconds, numbered from `first_number` on, over a connection for each that is in flight."""
    with tempfile.NamedTemporaryFile() as template:
        template.write(made.request)
        template.flush()
        arguments = [template.name, made.digits.decode(), str(first_number)]
        # From a thread, for who forks from a loop with gRPC in it forks that too.
        return await asyncio.to_thread(_run, port, in_flight, seconds, arguments)


def _run(port: int, in_flight: int, seconds: int, arguments: list[str]) -> Counted:
    limits = [f"-c{in_flight}", f"-d{seconds}s", f"--timeout={_TIMEOUT_SECONDS}s"]
    command = ["wrk", "-t1", *limits, "-s", str(_SCRIPT), f"http://127.0.0.1:{port}", "--", *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=seconds + _STOP_SECONDS, check=False)
    told = next((line for line in ran.stdout.splitlines() if line.startswith("told ")), None)
    if ran.returncode or told is None:
        raise RuntimeError(f"wrk failed: {ran.stdout}{ran.stderr}")
    took_us, answered_count, failed_count, sent_count, *permilles_us = map(int, map(float, told.split()[1:]))
    return Counted(took_us / 1e6, answered_count, failed_count, sent_count, tuple(permilles_us))
