"""Letting go of what is of no use any more: places of rows in runs that stand no more, payments never paid."""

from datetime import timedelta

from chassis import telemetry
from chassis.clock import Clock
from chassis.database import Sessions
from services.reconciler.store.forgetting import ForgettingStore

_ROWS_AT_ONCE = 20_000
_PARTS_PER_TURN_MAX = 20
_UNPAID_KEPT = timedelta(days=45)


class ForgettingActions:
    """What a worker does with what has served; a dry run and a superseded run are kept so long after their end."""

    def __init__(
        self, sessions: Sessions, clock: Clock, *, dry_run_keep_seconds: float, superseded_keep_seconds: float
    ) -> None:
        self._sessions = sessions
        self._clock = clock
        self._dry_run_kept = timedelta(seconds=dry_run_keep_seconds)
        self._superseded_kept = timedelta(seconds=superseded_keep_seconds)

    async def forget_results(self) -> int:
        """Let go of the places of one run's rows, part by part; returns how many went."""
        now, gone = self._clock.now(), 0
        async with self._sessions() as session:
            run_id = await ForgettingStore(session).due(now - self._dry_run_kept, now - self._superseded_kept)
        if run_id is None:
            return 0
        with telemetry.span("forget_results", parent=""):
            after = ("", "")
            for _ in range(_PARTS_PER_TURN_MAX):
                async with self._sessions.begin() as session:
                    store = ForgettingStore(session)
                    part = await store.forget(run_id, after, _ROWS_AT_ONCE)
                    if part.looked_at < _ROWS_AT_ONCE:
                        await store.forgotten(run_id, now)
                gone += part.gone
                if part.last_side is None or part.last_id is None or part.looked_at < _ROWS_AT_ONCE:
                    break
                after = (part.last_side, part.last_id)
            telemetry.annotate(run_id=run_id, row_count=gone)
        return gone

    async def forget_unpaid(self) -> int:
        """Let go of payments that were never paid, long after any channel could list them; returns how many."""
        async with self._sessions.begin() as session:
            return await ForgettingStore(session).forget_unpaid(self._clock.now() - _UNPAID_KEPT, _ROWS_AT_ONCE)
