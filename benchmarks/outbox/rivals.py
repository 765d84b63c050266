"""PGQueuer and Procrastinate, each as its own documents advise. The benchmark fails without them; it never skips one.

PGQueuer 1.6: a pool of asyncpg connections (its documents: for high throughput; here faster than one connection), the
advised autovacuum settings, durability `durable` (its default, and what we promise), mode `drain`, an async handler,
uvloop as in its own benchmark. It enters twice, with batches of 100 and of 1,000: its documents advise larger ones for
short jobs, its default of 10 drained a third as fast, and the faster of the two is the one to be held against. A second
worker is a second process. Filled by its batch enqueue, 1,000 at a time.

Procrastinate 3.10: the psycopg connector with its default pool (a larger one was no faster), concurrency 10 with an
async task, finished jobs kept (its default; deleting them was slower), uvloop. Filled by `batch_defer_async`, 500 at a
time. It takes one job at a time from the database, so that its figure hardly depends on the settings.
"""

from functools import partial
from typing import Any

import asyncpg

try:
    import procrastinate
    from pgqueuer import PgQueuer
    from pgqueuer.db import AsyncpgPoolDriver
    from pgqueuer.models import Job
    from pgqueuer.queries import Queries
    from pgqueuer.types import QueueExecutionMode
    from procrastinate.jobs import Job as ProcrastinateJob
    from procrastinate.manager import JobManager
    from procrastinate.types import JSONValue
except ImportError as missing:
    raise SystemExit(
        f"{missing.name} is not installed, and without the rivals there is nothing to be measured against: "
        "make setup, or pip install -e '.[bench]'"
    ) from missing

from benchmarks.outbox.database import PAYLOAD, run_script
from benchmarks.outbox.drain import Contestant, Watch

_POOL = {"min_size": 5, "max_size": 20}
_CONCURRENCY = 10
_ENTRYPOINT = "upload"


async def _install_pgqueuer(url: str) -> None:
    async with asyncpg.create_pool(url, **_POOL) as pool:
        queries = Queries(AsyncpgPoolDriver(pool))
        if await queries.schema_is_installed():
            return  # by its other entry
        await queries.install()
        await queries.optimize_autovacuum()


async def _fill_pgqueuer(url: str, count: int) -> None:
    await run_script(url, "TRUNCATE pgqueuer, pgqueuer_log, pgqueuer_statistics")
    async with asyncpg.create_pool(url, **_POOL) as pool:
        queries = Queries(AsyncpgPoolDriver(pool))
        for size in _batches(count, 1_000):
            await queries.enqueue([_ENTRYPOINT] * size, [PAYLOAD] * size, [0] * size)


async def _work_pgqueuer(url: str, watch: Watch, batch_size: int) -> None:
    async with asyncpg.create_pool(url, **_POOL) as pool:
        driver = AsyncpgPoolDriver(pool)
        manager = PgQueuer(driver, queries=_TimedQueries(driver, watch)).qm

        @manager.entrypoint(_ENTRYPOINT)
        async def handle(_: Job) -> None:
            watch.handled += 1

        watch.ready()
        await manager.run(batch_size=batch_size, mode=QueueExecutionMode.drain)


class _TimedQueries(Queries):
    def __init__(self, driver: AsyncpgPoolDriver, watch: Watch) -> None:
        super().__init__(driver)
        self._watch = watch

    async def dequeue(self, *args: Any, **kwargs: Any) -> list[Job]:
        self._watch.claiming()
        return await super().dequeue(*args, **kwargs)

    async def log_jobs(self, job_status: Any) -> None:
        await super().log_jobs(job_status)
        self._watch.finished()


def _pgqueuer(batch_size: int) -> Contestant:
    return Contestant(
        f"pgqueuer_batch_{batch_size}",
        table="pgqueuer",
        unfinished="SELECT count(*) FROM pgqueuer",
        install=_install_pgqueuer,
        fill=_fill_pgqueuer,
        work=partial(_work_pgqueuer, batch_size=batch_size),
    )


PGQUEUERS = (_pgqueuer(100), _pgqueuer(1_000))


async def _install_procrastinate(url: str) -> None:
    async with _application(url, None).open_async() as application:
        await application.schema_manager.apply_schema_async()


async def _fill_procrastinate(url: str, count: int) -> None:
    await run_script(url, "TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE")
    async with _application(url, None).open_async() as application:
        deferrer = application.configure_task(_ENTRYPOINT)
        job: dict[str, JSONValue] = {"payload": PAYLOAD.decode()}
        for size in _batches(count, 500):
            await deferrer.batch_defer_async(*[job] * size)


async def _work_procrastinate(url: str, watch: Watch) -> None:
    async with _application(url, watch).open_async() as application:
        watch.ready()
        await application.run_worker_async(wait=False, concurrency=_CONCURRENCY, install_signal_handlers=False)


def _application(url: str, watch: Watch | None) -> procrastinate.App:
    application = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url))
    if watch is not None:
        application.job_manager = _TimedManager(application.connector, watch)

        @application.task(name=_ENTRYPOINT)
        async def handle(**_: JSONValue) -> None:
            watch.handled += 1

    return application


class _TimedManager(JobManager):
    def __init__(self, connector: Any, watch: Watch) -> None:
        super().__init__(connector)
        self._watch = watch

    async def fetch_job(self, *args: Any, **kwargs: Any) -> ProcrastinateJob | None:
        self._watch.claiming()
        return await super().fetch_job(*args, **kwargs)

    async def finish_job(self, *args: Any, **kwargs: Any) -> None:
        await super().finish_job(*args, **kwargs)
        self._watch.finished()


PROCRASTINATE = Contestant(
    "procrastinate",
    table="procrastinate_jobs",
    unfinished="SELECT count(*) FROM procrastinate_jobs WHERE status <> 'succeeded'",
    install=_install_procrastinate,
    fill=_fill_procrastinate,
    work=_work_procrastinate,
)


def _batches(count: int, size: int) -> list[int]:
    return [min(size, count - start) for start in range(0, count, size)]
