"""SQL of what the results of one run mean for those of the days beside it, and of what it takes the place of.

Every row stands in one run that decides it: what a run of another day said of it before is resolved, what only the
superseded run had found is open again, and payments is told what stands. It decides nothing about the run's own rows.
"""

# ruff: noqa: S608  # made of constants; what is asked comes as parameters

from datetime import date, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.reconciler.domain.change import ChangeKind
from services.reconciler.store.feed import telling

_BESIDE_DAYS = timedelta(days=7)  # how far from its day a row may be placed, as in the inputs of runs

_STANDS = """runs.channel = :channel AND runs.business_date BETWEEN :first_date AND :last_date
    AND runs.run_id <> :run_id AND runs.state = 'SUCCEEDED' AND runs.mode = 'COMMIT'
    AND runs.superseded_by_run_id IS NULL AND runs.same_as_run_id IS NULL"""

_REOPEN = f"""
UPDATE exceptions SET resolved_by_run_id = NULL, state = CASE
    WHEN maker <> '' AND (people_needed = 1 OR checker <> '') THEN 'CONFIRMED'
    WHEN maker <> '' THEN 'PENDING_CONFIRMATION' WHEN assignee <> '' THEN 'ASSIGNED' ELSE 'OPEN' END
FROM runs WHERE runs.run_id = exceptions.run_id AND exceptions.resolved_by_run_id = :superseded AND {_STANDS}
"""
# From the few exceptions that are open to the rows of the run, of which there may be millions.
_SETTLE = f"""
UPDATE exceptions SET state = 'RESOLVED', resolved_by_run_id = :run_id
FROM runs, run_results AS found
WHERE runs.run_id = exceptions.run_id AND {_STANDS} AND exceptions.state <> 'RESOLVED'
    AND (exceptions.line_no IS NULL OR exceptions.payment_id IS NULL)
    AND cardinality(exceptions.payment_ids) + cardinality(exceptions.line_ids) <= 1
    AND found.run_id = :run_id AND found.disposition <> 'BUFFERED'
    AND found.side = CASE WHEN exceptions.payment_id IS NULL THEN 'L' ELSE 'P' END
    AND found.id = coalesce(exceptions.payment_id, exceptions.statement_id || '.' || exceptions.line_no)
"""
# What payments hears of a row: nothing of one that waits or is only suggested, until a person has decided.
_HEARS = """CASE WHEN {row}.disposition = 'MATCHED' OR {said}.state = 'CONFIRMED' THEN 'MATCHED'
    WHEN {row}.disposition = 'EXCEPTION' OR {said}.state = 'DECLINED' THEN 'EXCEPTION'
    WHEN {row}.disposition = 'IGNORED_BY_RULE' AND EXISTS (SELECT 1 FROM run_results AS line
        WHERE line.run_id = {row}.run_id AND line.group_id = {row}.group_id AND line.side = 'L') THEN 'MATCHED' END"""
_TOLD = f"""
WITH gone AS MATERIALIZED (
    SELECT payments.payment_id, new.id IS NULL AS is_gone
    FROM run_results AS old JOIN payments ON payments.payment_id = old.id
    LEFT JOIN suggestions AS said ON said.run_id = old.run_id AND said.group_id = old.group_id
    LEFT JOIN run_results AS new ON new.run_id = :run_id AND new.side = 'P' AND new.id = old.id
    LEFT JOIN suggestions AS unsaid ON FALSE
    WHERE old.run_id = :superseded AND old.side = 'P' AND {_HEARS.format(row="old", said="said")} IS NOT NULL
        AND (new.id IS NULL OR {_HEARS.format(row="new", said="unsaid")} IS NULL)
), stands AS (
    SELECT DISTINCT ON (gone.payment_id) gone.payment_id, {_HEARS.format(row="placed", said="said")} AS outcome,
        CASE WHEN placed.disposition = 'EXCEPTION' THEN placed.exception_class ELSE 'PLATFORM_ONLY' END AS class
    FROM gone JOIN runs ON gone.is_gone AND {_STANDS}
    JOIN run_results AS placed ON placed.run_id = runs.run_id AND placed.side = 'P' AND placed.id = gone.payment_id
    LEFT JOIN suggestions AS said ON said.run_id = placed.run_id AND said.group_id = placed.group_id
    WHERE {_HEARS.format(row="placed", said="said")} IS NOT NULL
    ORDER BY gone.payment_id, outcome DESC, runs.run_id DESC
)
INSERT INTO payment_facts (payment_id, run_id, outcome, exception_class, decide_time, attempts, next_try_at)
SELECT gone.payment_id, :run_id, coalesce(stands.outcome, 'PENDING'),
    CASE WHEN stands.outcome = 'EXCEPTION' THEN stands.class ELSE '' END, :now, 0, :now
FROM gone LEFT JOIN stands USING (payment_id) ORDER BY gone.payment_id
ON CONFLICT (payment_id) DO UPDATE SET run_id = excluded.run_id, outcome = excluded.outcome,
    exception_class = excluded.exception_class, decide_time = excluded.decide_time, attempts = 0,
    next_try_at = greatest(coalesce(payment_facts.next_try_at, :now), :now)
"""


class SettlingStore:
    """The statements, on the session of the transaction that writes a run's results."""

    def __init__(self, session: AsyncSession, run_id: str, channel: str, business_date: date) -> None:
        self._session = session
        self._run = {"run_id": run_id}
        self._beside = {
            **self._run,
            "channel": channel,
            "first_date": business_date - _BESIDE_DAYS,
            "last_date": business_date + _BESIDE_DAYS,
        }

    async def reopen(self, superseded: str) -> None:
        """Let exceptions of other days be open again that only the superseded run had resolved, and tell it."""
        await self._session.execute(
            text(telling(_REOPEN, ChangeKind.REOPENED)), {**self._beside, "superseded": superseded}
        )

    async def settle(self) -> None:
        """Close what runs of other days left open of rows alone, which this one has placed anew, and tell it."""
        await self._session.execute(text(telling(_SETTLE, ChangeKind.RESOLVED)), self._beside)

    async def take_back(self, superseded: str, now: datetime) -> None:
        """Take back what payments was told of by the superseded run and is not decided any more.

        What is in no result of the new run is told as the run of another day has it.
        """
        await self._session.execute(text(_TOLD), {**self._beside, "superseded": superseded, "now": now})
