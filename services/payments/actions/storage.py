"""What is kept and for how long: months made ahead and dropped when they are over and done, keys that may be forgotten.

A merchant's order is never forgotten: of a payment that is gone, a repeat is still told PAYMENT_ARCHIVED.
"""

from datetime import timedelta

import structlog

from chassis import telemetry
from chassis.clock import Clock
from chassis.database import Sessions
from services.payments.domain.storage_month import MayGo, Month, MustStay, is_old, judge_month, months_wanted
from services.payments.store import storage_month

REQUESTS_KEPT = timedelta(days=30)
IMPORTS_KEPT = timedelta(days=30)
_REQUESTS_AT_ONCE = 5_000
_IMPORTS_AT_ONCE = 1
_log = structlog.get_logger()


class StorageActions:
    """The upkeep of storage. `retention_months` is how long payments are kept after their month; 0 for ever."""

    def __init__(self, sessions: Sessions, clock: Clock, retention_months: int = 0) -> None:
        self._sessions = sessions
        self._clock = clock
        self._retention_months = retention_months

    @telemetry.traced
    async def make_months(self) -> int:
        """Make this month and the three ahead, where they are missing; returns how many tables that took."""
        async with self._sessions.begin() as session:
            if not await storage_month.take_turn(session):
                return 0
            return await storage_month.make(session, months_wanted(self._clock.now()))

    @telemetry.traced
    async def drop_month(self) -> int:
        """Drop the oldest month when it is over for long enough and nothing in it is open; returns 1 or 0.

        It is judged while payments come in, and dropped in a moment in which none does, if it has not changed since.
        """
        now = self._clock.now()
        async with self._sessions.begin() as session:
            month = await storage_month.oldest(session)
            if not is_old(month, now, self._retention_months):
                return 0
            judged = judge_month(await storage_month.facts(session, month, Month.of(now).plus(-1)))
        match judged:
            case MustStay(causes=causes):
                _log.warning("month_stays", month=str(month.first_day), open=dict(causes))
                return 0
            case MayGo(last_sequence=last_sequence):
                return await self._drop(month, last_sequence)

    @telemetry.traced
    async def forget_requests(self) -> int:
        """Delete some of the request ids that are older than 30 days; returns how many."""
        async with self._sessions.begin() as session:
            return await storage_month.forget_requests(session, self._clock.now() - REQUESTS_KEPT, _REQUESTS_AT_ONCE)

    @telemetry.traced
    async def forget_imports(self) -> int:
        """Delete an import to which nothing was added for 30 days, with the results of its rows; returns 1 or 0."""
        async with self._sessions.begin() as session:
            return await storage_month.forget_imports(session, self._clock.now() - IMPORTS_KEPT, _IMPORTS_AT_ONCE)

    async def _drop(self, month: Month, last_sequence: int) -> int:
        async with self._sessions.begin() as session:
            if not await storage_month.take_turn(session):
                return 0
            is_dropped = await storage_month.drop(session, month, last_sequence)
        if is_dropped:
            _log.info("month_dropped", month=str(month.first_day))
        return int(is_dropped)
