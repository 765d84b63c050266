"""A day through the service: import, mirror, statement, run and what payments is told, by the real processes.

Every line of a WeChat Pay bill but its refunds has a payment, and of every two hundredth payment the money is off. What
is timed is what a caller waits for; the reconciler's memory is its own peak, and that of the processes it starts.
"""

import asyncio
import contextlib
import csv
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TypeVar

import asyncpg
import pyarrow as pa  # type: ignore[import-untyped]
from bihuan.payments.v1 import import_service_pb2 as import_pb
from bihuan.payments.v1 import import_service_pb2_grpc as import_grpc
from bihuan.reconciler.v1 import run_pb2, run_service_pb2, run_service_pb2_grpc
from bihuan.reconciler.v1 import statement_service_pb2 as statement_pb
from bihuan.reconciler.v1 import statement_service_pb2_grpc as statement_grpc

from benchmarks.metric import Metric
from benchmarks.statements.files import write_bill
from chassis import channel, migrate
from chassis.crypto import new_key_line
from chassis.local_postgres import local_postgres
from services.payments.domain.import_batch import COLUMNS

_SHANGHAI = timezone(timedelta(hours=8))
_DAY = "2026-03-01"
_OFF_EVERY = 200
_IMPORT_ROWS, _BATCH_ROWS = 100_000, 10_000
_PIECE_BYTES = 1_000_000
_SECONDS_MAX = 1_200.0
_LOOK_SECONDS = 0.25
_Done = TypeVar("_Done")


@dataclass(slots=True)
class _Measured:
    """Seconds by step, in their order, of the clock and of all processors, and the peaks of memory in MiB.

    `pids` are those of the services and of the database's server, whose processor time counts with their children's.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    cpu_seconds: dict[str, float] = field(default_factory=dict)
    pids: dict[str, int] = field(default_factory=dict)
    own_mib: float = 0.0
    children_mib: float = 0.0

    async def step(self, name: str, work: Awaitable[_Done]) -> _Done:
        """Time one."""
        began, busy = time.perf_counter(), self._busy()
        done = await work
        self.seconds[name] = time.perf_counter() - began
        took = {process: seconds - busy[process] for process, seconds in self._busy().items()}
        self.cpu_seconds[name] = sum(took.values())
        said = ", ".join(f"{process} {seconds:.1f}" for process, seconds in took.items())
        print(f"service: {name} {self.seconds[name]:.1f} s; of processors {said}", flush=True)
        return done

    def _busy(self) -> dict[str, float]:
        return {name: sum(map(_cpu_seconds, (pid, *_descendants(pid)))) for name, pid in self.pids.items()}


def measure(rows: int) -> list[Metric]:
    """A day of so many lines, once."""
    with tempfile.TemporaryDirectory() as name:
        return asyncio.run(_measure(Path(name), rows))


async def _measure(folder: Path, rows: int) -> list[Metric]:
    written = write_bill(folder, rows)
    measured = _Measured()
    with local_postgres() as server:
        urls = {name: await server.create_database(f"bench_{name}") for name in ("payments", "reconciler")}
        for name, url in urls.items():
            await migrate.upgrade(f"services.{name}", url)
        keys = folder / "body.key"
        keys.write_text(f"{new_key_line()}\n", "ascii")
        async with contextlib.AsyncExitStack() as stack:
            payments = await stack.enter_async_context(_process("payments", DATABASE_URL=urls["payments"]))
            settings = {"BODY_KEY_FILE": str(keys), "PAYMENTS_TARGET": payments.target}
            reconciler = await stack.enter_async_context(
                _process("reconciler", DATABASE_URL=urls["reconciler"], **settings)
            )
            watching = asyncio.create_task(_watch(reconciler.pid, measured))
            database = await asyncpg.connect(urls["reconciler"])
            server_pid = await database.fetchval("SELECT pg_backend_pid()")
            measured.pids = {
                "payments": payments.pid,
                "reconciler": reconciler.pid,
                "postgres": _parent(server_pid),
            }
            try:
                run = await _day(measured, payments, reconciler, database, written.scan, written.statement)
            finally:
                watching.cancel()
                await database.close()
    return _metrics(measured, run, rows)


def _metrics(measured: _Measured, run: run_pb2.Run, rows: int) -> list[Metric]:
    total = sum(measured.seconds.values())
    steps = [Metric(f"service_{name}_seconds", took, "s", "-") for name, took in measured.seconds.items()]
    return [
        Metric("service_lines", rows, f"lines, {run.totals.matched_count:,} matched", "-"),
        *steps,
        Metric("service_seconds", total, "s", "-"),
        Metric("service_seconds_cpu", sum(measured.cpu_seconds.values()), "s", "-"),
        Metric("service_lines_per_second", rows / total, "lines/s", "-"),
        Metric("service_peak_mib", measured.own_mib, "MiB, the process", "-"),
        Metric("service_children_peak_mib", measured.children_mib, "MiB, the processes that it starts", "-"),
    ]


@dataclass(frozen=True, slots=True)
class _Process:
    target: str
    pid: int


async def _day(
    measured: _Measured,
    payments: _Process,
    reconciler: _Process,
    database: "asyncpg.Connection[asyncpg.Record]",
    scan: Path,
    bill: Path,
) -> run_pb2.Run:
    imports = [import_pb.DESCRIPTOR.services_by_name["ImportService"]]
    ours = [
        statement_pb.DESCRIPTOR.services_by_name["StatementService"],
        run_service_pb2.DESCRIPTOR.services_by_name["RunService"],
    ]
    async with (
        channel.connect(payments.target, imports, _SECONDS_MAX) as to_payments,
        channel.connect(reconciler.target, ours, _SECONDS_MAX) as to_reconciler,
    ):
        importing = import_grpc.ImportServiceStub(to_payments)
        statements = statement_grpc.StatementServiceStub(to_reconciler)
        runs = run_service_pb2_grpc.RunServiceStub(to_reconciler)
        parts = await asyncio.to_thread(lambda: [*_imports(scan)])
        sent = await measured.step("import", _import(importing, parts))
        del parts
        await measured.step("mirror", _until(lambda: _mirrored(database, sent)))
        await measured.step("statement", statements.IngestStatement(_upload(bill)))
        run = await measured.step("run", _run(runs))
        await measured.step("told", _until(lambda: _told(database)))
        return run


async def _import(importing: import_grpc.ImportServiceStub, parts: Sequence[tuple[int, bytes]]) -> int:
    sent = 0
    for at, (rows, content) in enumerate(parts):
        done = await importing.ImportPayments(_import_parts(content, f"import-{at:06}"))
        sent += rows
        if done.progress.recorded_count != rows:
            raise RuntimeError(f"{done.progress.recorded_count} of {rows} rows were recorded")
    return sent


async def _run(runs: run_service_pb2_grpc.RunServiceStub) -> run_pb2.Run:
    asked = run_service_pb2.StartRunRequest(request_id="bench-run-1", channel="wechat_pay", business_date=_DAY)
    run: run_pb2.Run = (await runs.StartRun(asked)).run
    while not run.HasField("end_time"):
        await asyncio.sleep(_LOOK_SECONDS)
        run = (await runs.GetRun(run_service_pb2.GetRunRequest(run_id=run.run_id))).run
    if run.state != run_pb2.Run.STATE_SUCCEEDED:
        raise RuntimeError(f"the run failed: {run.failure_message}")
    return run


async def _until(is_so: Callable[[], Awaitable[bool]]) -> None:
    for _ in range(int(_SECONDS_MAX / _LOOK_SECONDS)):
        if await is_so():
            return
        await asyncio.sleep(_LOOK_SECONDS)
    raise TimeoutError(f"it took over {_SECONDS_MAX:.0f} s")


async def _mirrored(database: "asyncpg.Connection[asyncpg.Record]", sent: int) -> bool:
    return bool(await database.fetchval("SELECT coalesce(max(next_sequence), 1) > $1 FROM feed_cursors", sent))


async def _told(database: "asyncpg.Connection[asyncpg.Record]") -> bool:
    return not await database.fetchval("SELECT EXISTS (SELECT 1 FROM payment_facts)")


def _imports(scan: Path) -> Iterator[tuple[int, bytes]]:
    """The payments of the bill, as Arrow streams of some size."""
    rows: list[dict[str, object]] = []
    with scan.open(encoding="utf-8", newline="") as file:
        for no, line in enumerate(csv.DictReader(file)):
            told = {name: cell.lstrip("`") for name, cell in line.items()}
            if told["交易状态"] == "SUCCESS":
                rows.append(_payment(no, told))
            if len(rows) == _IMPORT_ROWS:
                yield len(rows), _stream_of(rows)
                rows = []
    if rows:
        yield len(rows), _stream_of(rows)


def _payment(no: int, told: dict[str, str]) -> dict[str, object]:
    paid_at = datetime.strptime(told["交易时间"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=_SHANGHAI)
    return {
        "merchant_id": "bench-merchant",
        "merchant_order_no": told["商户订单号"],
        "bill_no": "",
        "channel": "wechat_pay",
        "channel_txn_no": told["微信订单号"],
        "currency_code": "CNY",
        "amount_minor": int(told["订单金额"].replace(".", "")) + (1 if no % _OFF_EVERY == 0 else 0),
        "pay_time": paid_at,
        "payer_name": "王小明",
    }


def _stream_of(rows: Sequence[dict[str, object]]) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, COLUMNS) as writer:
        for at in range(0, len(rows), _BATCH_ROWS):
            writer.write_batch(pa.RecordBatch.from_pylist(list(rows[at : at + _BATCH_ROWS]), schema=COLUMNS))
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _import_parts(content: bytes, import_id: str) -> Iterator[import_pb.ImportPaymentsRequest]:
    yield import_pb.ImportPaymentsRequest(header=import_pb.ImportHeader(import_id=import_id))
    for at in range(0, len(content), _PIECE_BYTES):
        yield import_pb.ImportPaymentsRequest(chunk=content[at : at + _PIECE_BYTES])
    yield import_pb.ImportPaymentsRequest(end=import_pb.ImportEnd(size_bytes=len(content)))


def _upload(bill: Path) -> Iterator[statement_pb.IngestStatementRequest]:
    header = statement_pb.StatementHeader(request_id="bench-bill-1", file_name=bill.name)
    yield statement_pb.IngestStatementRequest(header=header)
    with bill.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            yield statement_pb.IngestStatementRequest(chunk=piece)
    yield statement_pb.IngestStatementRequest(end=statement_pb.StatementEnd(size_bytes=bill.stat().st_size))


@contextlib.asynccontextmanager
async def _process(service: str, **settings: str) -> AsyncIterator[_Process]:
    """A service on a free port, with these settings and no others."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("BIHUAN_")}
    own = {f"BIHUAN_{service.upper()}_{name}": value for name, value in settings.items()}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", f"services.{service}"),
        env={**environ, f"BIHUAN_{service.upper()}_LISTEN": "127.0.0.1:0", **own},
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    first = await process.stderr.readline()
    reading = asyncio.create_task(_drain(process.stderr))
    try:
        yield _Process(f"127.0.0.1:{json.loads(first)['port']}", process.pid)
    finally:
        process.terminate()
        await process.wait()
        await reading


async def _drain(words: asyncio.StreamReader) -> None:
    """What it says goes on to our own, so that it never waits for a reader."""
    async for line in words:
        sys.stderr.write(line.decode(errors="replace"))


async def _watch(pid: int, measured: _Measured) -> None:
    while True:
        measured.own_mib = max(measured.own_mib, _resident_mib(pid, "VmHWM"))
        children = sum(_resident_mib(child, "RssAnon") for child in _descendants(pid))
        measured.children_mib = max(measured.children_mib, children)
        await asyncio.sleep(_LOOK_SECONDS)


def _resident_mib(pid: int, name: str) -> float:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text("ascii", "replace").splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) / 1024
    return 0.0


def _cpu_seconds(pid: int) -> float:
    """Of a process and of those of its children that have ended."""
    with contextlib.suppress(OSError):
        ticks = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()[11:15]
        return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
    return 0.0


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()[1])


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (task / "children").read_text("ascii").split())
    return found + [below for child in found for below in _descendants(child)]
