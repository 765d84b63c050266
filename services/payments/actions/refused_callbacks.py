"""Callbacks that were refused: counted in memory, written at intervals. Anyone may send them, so none is a commit.

A process that dies loses what it refused since it wrote last, which is about callbacks that nobody believed; one that
was taken is written by its own transaction and never here. A commit whose answer is lost may be counted twice.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Final

import structlog

from chassis import storage_fault, telemetry
from chassis.database import Sessions
from services.payments.store import callback as callbacks
from services.payments.store.callback import RefusedDigest

REFUSED_A_DAY_MAX: Final = 1_000
_DIGESTS_WAITING_MAX: Final = 10_000
# An account that the configuration names, and a day in UTC.
_AccountDay = tuple[str, date]
_log = structlog.get_logger()


class RefusedCallbacks:
    """How many callbacks each account refused on a day, and the digests of the first ones."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        # What all processes had written when this one wrote last, of the newest day only.
        self._written: dict[_AccountDay, int] = {}
        self._waiting: Counter[_AccountDay] = Counter()
        self._digests: list[RefusedDigest] = []

    def add(self, refused: RefusedDigest) -> bool:
        """Count one; whether its digest is kept as well, since so few came on its day."""
        key = (refused.account_id, refused.receive_time.date())
        self._waiting[key] += 1
        is_kept = (
            self._written.get(key, 0) + self._waiting[key] <= REFUSED_A_DAY_MAX
            and len(self._digests) < _DIGESTS_WAITING_MAX
        )
        if is_kept:
            self._digests.append(refused)
        return is_kept

    async def write(self) -> int:
        """Write what was counted since the last time; how many are left, none. What fails is written later."""
        if not self._waiting:
            return 0
        waiting, digests = self._waiting, self._digests
        self._waiting, self._digests = Counter(), []
        try:
            written = await self._write(waiting, digests)
        except BaseException:
            self._waiting += waiting
            self._digests = digests + self._digests
            raise
        newest = max(day for _, day in written)
        self._written = {key: total for key, total in {**self._written, **written}.items() if key[1] == newest}
        return 0

    async def close(self) -> None:
        """Write what was counted last; when that fails it is lost, and the log tells how many."""
        try:
            await self.write()
        except Exception as raised:  # noqa: BLE001  a stop goes on, whatever the database does
            _log.error(
                "counts of refused callbacks lost", count=self._waiting.total(), **storage_fault.log_facts(raised)
            )

    @telemetry.traced
    async def _write(self, waiting: Counter[_AccountDay], digests: Sequence[RefusedDigest]) -> dict[_AccountDay, int]:
        telemetry.annotate(refused_count=waiting.total(), digest_count=len(digests))
        written: dict[_AccountDay, int] = {}
        async with self._sessions.begin() as session:
            # In one order, as every process takes these rows.
            for (account_id, day), count in sorted(waiting.items()):
                total = await callbacks.count_refused(session, account_id, day, count)
                written[account_id, day] = total
                own = [one for one in digests if (one.account_id, one.receive_time.date()) == (account_id, day)]
                kept = own[: max(REFUSED_A_DAY_MAX - (total - count), 0)]
                if kept:
                    await callbacks.add_refused(session, kept)
        return written
