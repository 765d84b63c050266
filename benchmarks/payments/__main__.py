"""`make bench-payments`: every contestant in turns in one session; medians go to benchmarks/results/payments.json.

BIHUAN_BENCH_DATABASE_URL names a server on this machine to use, as its superuser; else one is started. QUICK=1 only
proves that each still runs.
"""

import asyncio

from benchmarks.outbox.database import fresh_database, server_url
from benchmarks.payments import bulk, single
from benchmarks.report import write
from chassis import migrate


def main() -> None:
    """Run both parts, each on a database of its own, and keep the medians."""
    metrics = []
    with server_url() as server, fresh_database(server) as url:
        asyncio.run(migrate.upgrade("services.payments", url))
        metrics += single.measure(url)
    with server_url() as server, fresh_database(server) as url:
        asyncio.run(migrate.upgrade("services.payments", url))
        metrics += bulk.measure(url)
    write("payments", metrics)


if __name__ == "__main__":
    main()
