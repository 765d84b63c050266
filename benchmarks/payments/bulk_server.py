"""Bulk in a process of its own: the product's server, or an Arrow Flight server on the same database.

`python -m benchmarks.payments.bulk_server ours|flight URL` prints its port, and serves until it is told to end.
"""

import sys
from typing import Any

import uvloop
from adbc_driver_postgresql import dbapi  # type: ignore[import-untyped]
from pyarrow import flight  # type: ignore[import-untyped]

from chassis import database, server
from chassis.clock import SystemClock
from services.payments.app import make_actions
from services.payments.rpc import servicers

# What an export has, without its pages: no order, and nothing to go on with after a cut.
_DAY = """
    SELECT payment_id, merchant_id, merchant_order_no, bill_no, channel, channel_txn_no, currency_code, amount_minor,
        fee_minor, refunded_minor, state, reconciliation_state, pay_time, business_date, create_time, version
    FROM payments WHERE channel = 'bench' AND business_date = '2026-03-01'
"""


async def _serve_ours(url: str) -> None:
    engine = database.connect(url, "bench:bulk")
    actions = make_actions(engine, SystemClock())
    running = await server.start("127.0.0.1:0", servicers(actions))
    print(running.port, flush=True)
    await server.until_stopped(running)
    await actions.intake.close(5)
    await actions.exports.close()
    await engine.dispose()


class _Flight(flight.FlightServerBase):  # type: ignore[misc]
    """Streams the day as the driver gives it."""

    def __init__(self, url: str) -> None:
        super().__init__("grpc://127.0.0.1:0")
        self._connection = dbapi.connect(url)
        self._cursors: list[Any] = []

    def do_get(self, context: Any, ticket: Any) -> Any:  # noqa: ARG002  its own signature
        cursor = self._connection.cursor()
        self._cursors.append(cursor)  # the reader ends with its cursor
        cursor.execute(_DAY)
        return flight.RecordBatchStream(cursor.fetch_record_batch())


def main(contestant: str, url: str) -> None:
    """Serve one of the two."""
    if contestant == "ours":
        uvloop.run(_serve_ours(url))
        return
    serving = _Flight(url)
    print(serving.port, flush=True)
    serving.serve()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
