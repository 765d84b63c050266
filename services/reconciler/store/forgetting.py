"""SQL of what is let go of: places of rows in runs that stand no more, and payments that were never paid.

What a person may still have to look at stays: exceptions, and suggestions that somebody has taken up. The run itself
stays too, with its pins, totals and digest, so that what it found can be proved by making it again.
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.reconciler.tables import RunRow

_DUE = """
SELECT run_id FROM runs
WHERE state = 'SUCCEEDED' AND results_forget_time IS NULL AND same_as_run_id IS NULL
    AND (mode = 'DRY_RUN' AND end_time < :dry_before OR superseded_by_run_id IS NOT NULL AND EXISTS (
        SELECT 1 FROM runs AS newer WHERE newer.run_id = runs.superseded_by_run_id AND newer.end_time < :old_before))
ORDER BY end_time LIMIT 1
"""
_FORGET = """
WITH looked_at AS MATERIALIZED (
    SELECT ctid AS place, side, id, group_id, disposition FROM run_results
    WHERE run_id = :run_id AND (side, id) > (:side, :id) ORDER BY side, id LIMIT :most
), gone AS (
    DELETE FROM run_results USING looked_at
    WHERE run_results.ctid = looked_at.place AND looked_at.disposition <> 'EXCEPTION' AND NOT EXISTS (
        SELECT 1 FROM suggestions WHERE suggestions.run_id = :run_id AND suggestions.group_id = looked_at.group_id)
    RETURNING 1
), last AS (SELECT side, id FROM looked_at ORDER BY side DESC, id DESC LIMIT 1)
SELECT (SELECT count(*) FROM looked_at), (SELECT count(*) FROM gone), (SELECT side FROM last), (SELECT id FROM last)
"""
_FORGET_UNPAID = """
DELETE FROM unpaid_payments WHERE payment_id IN (
    SELECT payment_id FROM unpaid_payments AS unpaid WHERE create_time < :before AND NOT EXISTS (
        SELECT 1 FROM exceptions WHERE exceptions.payment_id = unpaid.payment_id)
    ORDER BY create_time LIMIT :most
) RETURNING 1
"""


class Forgotten(NamedTuple):
    """What came of a part: how many rows were looked at, how many of them went, and the key of the last."""

    looked_at: int
    gone: int
    last_side: str | None
    last_id: str | None


class ForgettingStore:
    """The statements, on the session of one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def due(self, dry_before: datetime, old_before: datetime) -> str | None:
        """The oldest dry run that ended before one moment, or run that another took the place of before the other."""
        asked = {"dry_before": dry_before, "old_before": old_before}
        return (await self._session.scalars(text(_DUE), asked)).one_or_none()

    async def forget(self, run_id: str, after: tuple[str, str], most: int) -> Forgotten:
        """Let go of the places of some rows of a run, behind a key."""
        asked = {"run_id": run_id, "side": after[0], "id": after[1], "most": most}
        return Forgotten(*(await self._session.execute(text(_FORGET), asked)).one())

    async def forgotten(self, run_id: str, now: datetime) -> None:
        """Let the run say that its places are gone."""
        await self._session.execute(update(RunRow).where(RunRow.run_id == run_id).values(results_forget_time=now))

    async def forget_unpaid(self, before: datetime, most: int) -> int:
        """Let go of payments made before a moment that no exception names; returns how many."""
        gone = await self._session.execute(text(_FORGET_UNPAID), {"before": before, "most": most})
        return len(gone.all())
