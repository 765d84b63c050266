"""Part (b): payments in bulk, in by import and out by export, against SQLAlchemy's executemany and Arrow Flight."""

import contextlib
import itertools
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import uuid_utils
import uvloop
from bihuan.payments.v1 import import_service_pb2 as import_pb
from bihuan.payments.v1 import import_service_pb2_grpc as import_grpc
from bihuan.payments.v1 import payment_feed_service_pb2 as feed_pb
from bihuan.payments.v1 import payment_feed_service_pb2_grpc as feed_grpc
from pyarrow import flight

from benchmarks.metric import Metric
from benchmarks.outbox.database import commit_seconds, number, run_script, settle
from benchmarks.payments.executemany import insert_payments
from benchmarks.report import is_quick
from chassis import channel
from services.payments.domain.import_batch import COLUMNS

_ROUNDS = 5
_BATCH_ROWS = 10_000
_PIECE_BYTES = 1_000_000
# About two seconds each, by what each reaches.
_OURS_BATCHES, _RIVAL_ROWS = 10, 20_000
_QUICK_BATCHES, _QUICK_RIVAL_ROWS = 1, 1_000
_PAY_TIME = datetime(2026, 3, 1, 4, tzinfo=UTC)
_STORED = "SELECT count(*) FROM payments WHERE channel = 'bench'"
_FED = "SELECT count(*) FROM feed_waiting WHERE channel = 'bench'"
_CALL_SECONDS = 300.0
_RUN = uuid_utils.uuid7().hex[-8:]
_SERVICES = [
    import_pb.DESCRIPTOR.services_by_name["ImportService"],
    feed_pb.DESCRIPTOR.services_by_name["PaymentFeedService"],
]


def measure(url: str) -> list[Metric]:
    """The figures of part (b), on a database that has the product's tables."""
    import_rates, rival_rates, export_rates, flight_rates = [], [], [], []
    numbers = itertools.count()
    with _serving("ours", url) as ours, _serving("flight", url) as flying:
        for round_no in range(1, 1 + (1 if is_quick() else _ROUNDS)):
            print(f"round {round_no}: a lone commit takes {uvloop.run(commit_seconds(url)) * 1e6:,.0f} us", flush=True)
            uvloop.run(run_script(url, "CHECKPOINT"))
            import_rates.append(_counted(url, "import", lambda: uvloop.run(_import(ours, numbers))))
            uvloop.run(run_script(url, "CHECKPOINT"))
            rival_rates.append(_counted(url, "executemany", lambda: uvloop.run(_executemany(url, numbers))))
            uvloop.run(settle(url, "payments"))
            stored = uvloop.run(number(url, _STORED))
            export_rates.append(_checked("export", stored, *uvloop.run(_export(ours))))
            flight_rates.append(_checked("flight", stored, *_fly(flying)))
    executemany = "SQLAlchemy executemany, 1,000 rows a transaction, the same tables and digests, no wire"
    return [
        Metric("import_per_second", statistics.median(import_rates), "rows/s", "-"),
        Metric("executemany_per_second", statistics.median(rival_rates), "rows/s", "-"),
        Metric("export_per_second", statistics.median(export_rates), "rows/s", "-"),
        Metric("flight_per_second", statistics.median(flight_rates), "rows/s", "-"),
        Metric("import_ratio_to_executemany", _ratio(import_rates, rival_rates), "ratio", executemany, 5),
        Metric("export_ratio_to_flight", _ratio(export_rates, flight_rates), "ratio", "Arrow Flight, ADBC source", 0.8),
    ]


async def _import(port: int, numbers: Iterator[int]) -> tuple[int, float]:
    batches = [_batch(numbers) for _ in range(_QUICK_BATCHES if is_quick() else _OURS_BATCHES)]
    content = _stream_of(batches)
    sent = sum(batch.num_rows for batch in batches)
    async with channel.connect(f"127.0.0.1:{port}", _SERVICES, _CALL_SECONDS) as opened:
        began = time.perf_counter()
        done = await import_grpc.ImportServiceStub(opened).ImportPayments(_parts(content, f"bench-{next(numbers)}"))
        seconds = time.perf_counter() - began
    if done.progress.recorded_count != sent:
        raise RuntimeError(f"{done.progress.recorded_count} of {sent} rows were recorded: the figure is of other work")
    return sent, seconds


async def _executemany(url: str, numbers: Iterator[int]) -> tuple[int, float]:
    rows = [_row(next(numbers)) for _ in range(_QUICK_RIVAL_ROWS if is_quick() else _RIVAL_ROWS)]
    return len(rows), await insert_payments(url, rows)


async def _export(port: int) -> tuple[int, int, float]:
    count = total = 0
    async with channel.connect(f"127.0.0.1:{port}", _SERVICES, _CALL_SECONDS) as opened:
        stub = feed_grpc.PaymentFeedServiceStub(opened)
        # What was just taken in gets its sequences first, as it does by itself where a consumer follows the feed.
        await stub.GetSliceManifest(feed_pb.GetSliceManifestRequest(channel="bench", business_date="2026-03-01"))
        asked = feed_pb.ExportSliceRequest(day=feed_pb.DaySlice(channel="bench", business_date="2026-03-01"))
        began = time.perf_counter()
        async for answer in stub.ExportSlice(asked):
            for batch in pa.ipc.open_stream(answer.record_batch):
                count += batch.num_rows
                total += pc.sum(batch["amount_minor"]).as_py()
        return count, total, time.perf_counter() - began


def _fly(port: int) -> tuple[int, int, float]:
    count = total = 0
    with flight.connect(f"grpc://127.0.0.1:{port}") as client:
        began = time.perf_counter()
        for chunk in client.do_get(flight.Ticket(b"day")):
            count += chunk.data.num_rows
            total += pc.sum(chunk.data["amount_minor"]).as_py()
        return count, total, time.perf_counter() - began


def _counted(url: str, what: str, work: Callable[[], tuple[int, float]]) -> float:
    before = uvloop.run(number(url, _STORED)), uvloop.run(number(url, _FED))
    sent, seconds = work()
    after = uvloop.run(number(url, _STORED)), uvloop.run(number(url, _FED))
    if (after[0] - before[0], after[1] - before[1]) != (sent, sent):
        raise RuntimeError(f"{what} sent {sent} rows and stored {after[0] - before[0]}: the figure is of other work")
    print(f"  {what}: {sent / seconds:,.0f} rows/s", flush=True)
    return sent / seconds


def _checked(what: str, stored: int, count: int, total: int, seconds: float) -> float:
    if (count, total) != (stored, 100 * stored):
        raise RuntimeError(f"{what} told {count} rows of {stored}: its figure would be of other work")
    print(f"  {what}: {count / seconds:,.0f} rows/s", flush=True)
    return count / seconds


def _ratio(mine: Sequence[float], rival: Sequence[float]) -> float:
    """The median of the rounds' quotients, for a round has the same minute for both in it."""
    return float(statistics.median(one / other for one, other in zip(mine, rival, strict=True)))


def _batch(numbers: Iterator[int]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([_row(next(numbers)) for _ in range(_BATCH_ROWS)], schema=COLUMNS)


def _row(order: int) -> dict[str, object]:
    return {
        "merchant_id": "bench-merchant",
        # As orders are numbered: near each other in time, and by no merchant in order.
        "merchant_order_no": f"{_RUN}{order * 7_919 % 1_000_003:07}{order:09}",
        "bill_no": "",
        "channel": "bench",
        "channel_txn_no": f"42000{order:018}",
        "currency_code": "CNY",
        "amount_minor": 100,
        "pay_time": _PAY_TIME,
        "payer_name": "王小明",
    }


def _stream_of(batches: Sequence[pa.RecordBatch]) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, COLUMNS) as writer:
        for batch in batches:
            writer.write_batch(batch)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _parts(content: bytes, import_id: str) -> Iterator[import_pb.ImportPaymentsRequest]:
    yield import_pb.ImportPaymentsRequest(header=import_pb.ImportHeader(import_id=f"import-{_RUN}-{import_id}"))
    for at in range(0, len(content), _PIECE_BYTES):
        yield import_pb.ImportPaymentsRequest(chunk=content[at : at + _PIECE_BYTES])
    yield import_pb.ImportPaymentsRequest(end=import_pb.ImportEnd(size_bytes=len(content)))


@contextlib.contextmanager
def _serving(contestant: str, url: str) -> Iterator[int]:
    """A server as a process of its own; its port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.payments.bulk_server", contestant, url], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(15)
