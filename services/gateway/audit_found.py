"""Looks in the feed of a service for deeds of which the audit has no record, and writes what can still be known.

A gateway that is killed between the answer of a service and the commit of the record leaves such a deed; so does a call
that came past the gateway. Nothing of it is done for each call: deeds are compared by the thousand, when every call
that could have left them has come to its end.
"""

import contextlib
from collections.abc import AsyncGenerator, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import ids, telemetry
from chassis.clock import Clock
from chassis.database import Sessions
from chassis.loop import Loop
from services.gateway.audit_key import Signer
from services.gateway.domain.audit_record import AuditRecord
from services.gateway.domain.deed import Deed, FoundIn, as_batch, by_record, content_of, record_of
from services.gateway.store import audit as audit_store
from services.gateway.store import audit_found as store
from services.gateway.store import webhook_outbox

_CHANGES_MAX = 10_000
_RECORDS_AT_ONCE = 500
_LOOK_SECONDS = 10.0
# Most calls begin this long before their deed at most, by the clocks of two machines; few are looked for further.
_NEAR = (timedelta(seconds=15), timedelta(seconds=5))
_FAR = (timedelta(minutes=15), timedelta(seconds=60))
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Told:
    """A change that a feed tells; None when it needs no call."""

    sequence: int
    deed: Deed | None


class Deeds(Protocol):
    """What a service tells, numbered from 1 on. A fault of a call is raised as a Fault."""

    @property
    def found_in(self) -> FoundIn:
        """Which feed it is."""

    @property
    def of_many(self) -> Collection[str]:
        """Full names of the methods that bring about so many at once that their records do not name each."""

    def changes(self, from_sequence: int) -> AsyncGenerator[list[Told]]:
        """The feed from a sequence to its present end. Close the iterator to leave it early."""

    async def end(self) -> int:
        """The sequence after the last that it has given."""


class FoundLater:
    """Compares one feed with the audit. Deeds younger than `after_seconds` are left for a later turn."""

    def __init__(self, sessions: Sessions, clock: Clock, signer: Signer, deeds: Deeds, after_seconds: float) -> None:
        self._sessions = sessions
        self._clock = clock
        self._signer = signer
        self._deeds = deeds
        self._after = timedelta(seconds=after_seconds)
        self._counter = telemetry.meter().create_counter(
            "bihuan.audit.found_later",
            "{call}",
            "Calls recorded by what they left behind, by feed.",
        )

    def loop(self) -> Loop:
        """Its loop: it goes on at once only while a whole turn was read."""
        interval_seconds = min(_LOOK_SECONDS, self._after.total_seconds())
        return Loop(f"audit of {self._deeds.found_in.feed}", self.compare_audit, interval_seconds, whole=_CHANGES_MAX)

    @telemetry.traced
    async def compare_audit(self) -> int:
        """Read on in the feed, and write records of deeds without one; how many changes were read.

        Where the feed was never read it begins at its end. The place in the feed moves in the transaction of the
        records, so that another gateway, or a turn after a crash, writes none of them again.
        """
        name = f"audit {self._deeds.found_in.feed}"
        async with self._sessions.begin() as session:
            sequence = await webhook_outbox.next_sequence(session, name)
        if not sequence:
            end = await self._deeds.end()
            async with self._sessions.begin() as session:
                await webhook_outbox.move_cursor(session, name, 0, end)
            return 0
        told = await self._ended(sequence)
        if not told:
            return 0
        if told[0].sequence != sequence:
            _log.error("changes were dropped before the audit was compared", feed=name, from_sequence=sequence)
        async with self._sessions.begin() as session:
            if not await webhook_outbox.move_cursor(session, name, sequence, told[-1].sequence + 1):
                return 0
            lost = await self._unnamed(session, [one.deed for one in told if one.deed])
            records = by_record(lost)
            for at in range(0, len(records), _RECORDS_AT_ONCE):
                await audit_store.append_in(session, self._batch(records[at : at + _RECORDS_AT_ONCE]))
        self._tell(lost)
        return len(told)

    async def _ended(self, sequence: int) -> list[Told]:
        """Changes whose calls have come to their end, in order, as many as a turn takes."""
        until = self._clock.now() - self._after
        ended: list[Told] = []
        async with contextlib.aclosing(self._deeds.changes(sequence)) as batches:
            async for batch in batches:
                for told in batch:
                    if told.deed is not None and told.deed.done_time > until:
                        return ended
                    ended.append(told)
                if len(ended) >= _CHANGES_MAX:
                    break
        return ended

    async def _unnamed(self, session: AsyncSession, deeds: Sequence[Deed]) -> Sequence[Deed]:
        for before, behind in (_NEAR, _FAR):
            if not deeds:
                break
            times = [deed.done_time for deed in deeds]
            window = min(times) - before, max(times) + behind
            deeds = await store.unnamed(session, deeds, self._deeds.of_many, *window)
        return deeds

    def _batch(self, told: Sequence[Sequence[Deed]]) -> list[AuditRecord]:
        """Records, given the deeds that each tells, as the gateway writes its own."""
        now = self._clock.now()
        found = [record_of(deeds, self._deeds.found_in, ids.new_id("aud", now), now) for deeds in told]
        records = as_batch(found, ids.new_id("aub"))
        if self._signer.signs:
            records[0] = records[0]._replace(batch_signature=self._signer.sign(content_of(records)))
        return records

    def _tell(self, lost: Sequence[Deed]) -> None:
        if not lost:
            return
        call_count = len({deed.trace_id for deed in lost})
        self._counter.add(call_count, {"feed": self._deeds.found_in.feed})
        _log.error(
            "deeds without an audit record were found",
            feed=self._deeds.found_in.feed,
            call_count=call_count,
            deed_count=len(lost),
            first_trace_id=lost[0].trace_id,
        )
