"""`make bench-gateway`: every contestant in turns in one session; medians go to benchmarks/results/gateway.json.

BIHUAN_BENCH_DATABASE_URL names a server on this machine to use, as its superuser; else one is started. QUICK=1 only
proves that each still runs.
"""

import asyncio
import tempfile
from pathlib import Path

from benchmarks.gateway import edge, wrk
from benchmarks.outbox.database import fresh_database, server_url
from benchmarks.report import write
from chassis import migrate


def main() -> None:
    """Run the contestants on databases of their own, and keep the medians."""
    wrk.must_be_there()
    with (
        tempfile.TemporaryDirectory(prefix="bihuan-bench-") as folder,
        server_url() as server,
        fresh_database(server) as payments_url,
        fresh_database(server) as gateway_url,
    ):
        asyncio.run(migrate.upgrade("services.payments", payments_url))
        asyncio.run(migrate.upgrade("services.gateway", gateway_url))
        metrics = edge.measure(payments_url, gateway_url, Path(folder))
    write("gateway", metrics)


if __name__ == "__main__":
    main()
