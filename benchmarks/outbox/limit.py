"""The least that a queue with leases does in PostgreSQL: one statement removes what is done and leases what is next.

No attempt row, no state, no retry, no fairness; nobody could run it as an outbox. It is the yardstick for the price of
all those.
"""

import asyncpg

from benchmarks.outbox.database import PAYLOAD, run_script
from benchmarks.outbox.drain import Contestant, Watch

_BATCH = 500
_CREATE = (
    """
    CREATE TABLE bare_job (
        job_id bigint PRIMARY KEY,
        due_at timestamptz NOT NULL,
        leased_until timestamptz,
        payload bytea NOT NULL
    ) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0)
    """,
    "CREATE INDEX bare_job_due ON bare_job (due_at) WHERE leased_until IS NULL",
)
_FILL = """
    INSERT INTO bare_job (job_id, due_at, payload)
    SELECT number, now(), $2 FROM generate_series(1, $1::bigint) AS number
"""
_FINISH_AND_CLAIM = f"""
    WITH finished AS (
        DELETE FROM bare_job WHERE job_id = ANY($1::bigint[])
    ), due AS MATERIALIZED (
        SELECT job_id FROM bare_job
        WHERE leased_until IS NULL AND due_at <= now()
        ORDER BY due_at LIMIT {_BATCH}
        FOR UPDATE SKIP LOCKED
    )
    UPDATE bare_job SET leased_until = now() + interval '60 s'
    FROM due WHERE bare_job.job_id = due.job_id
    RETURNING bare_job.job_id, bare_job.payload
"""


async def _install(url: str) -> None:
    await run_script(url, *_CREATE)


async def _fill(url: str, count: int) -> None:
    await run_script(url, "TRUNCATE bare_job")
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(_FILL, count, PAYLOAD)
    finally:
        await connection.close()


async def _work(url: str, watch: Watch) -> None:
    connection = await asyncpg.connect(url)
    try:
        statement = await connection.prepare(_FINISH_AND_CLAIM)
        watch.ready()
        watch.claiming()
        leased = await statement.fetch([])
        while leased:
            watch.handled += len(leased)
            leased = await statement.fetch([row["job_id"] for row in leased])
            watch.finished()
    finally:
        await connection.close()


LIMIT = Contestant(
    "limit",
    table="bare_job",
    unfinished="SELECT count(*) FROM bare_job",
    install=_install,
    fill=_fill,
    work=_work,
)
