"""The feed: numbering what was committed, telling it, and counting a day of it."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date

from chassis import telemetry
from chassis.database import Sessions
from services.payments.domain.payment import ChangeKind, NumberedChange
from services.payments.domain.refund import Refund
from services.payments.domain.slice_manifest import Manifest, manifest_of
from services.payments.store import feed
from services.payments.store import manifest as manifests
from services.payments.store import refund as refunds

_NUMBERED_AT_ONCE = 5_000
_NUMBERING_TURNS_MAX = 200


@dataclass(frozen=True, slots=True)
class Slice:
    """A manifest, and the highest sequence that the feed had given when it was counted."""

    manifest: Manifest
    max_sequence: int


class FeedActions:
    """What other services follow."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def number_feed(self) -> int:
        """Give committed changes their sequences, in turns of one transaction each; returns how many.

        A change that commits after a turn has begun is numbered by a later one, so no sequence is ever given below
        one that was read. Replicas may number at once: the lock of the head makes them take turns. It ends under any
        load: a turn that was not whole has numbered all that was committed before the call.
        """
        numbered_count = 0
        for _ in range(_NUMBERING_TURNS_MAX):
            async with self._sessions.begin() as session:
                waiting = await feed.has_waiting(session)
            if not waiting:
                break
            turn_count = await self.number_changes()
            numbered_count += turn_count
            if turn_count < _NUMBERED_AT_ONCE:
                break
        return numbered_count

    @telemetry.traced
    async def number_changes(self) -> int:
        """One turn of numbering; returns how many changes got a sequence. The manifests of their days move with it."""
        async with self._sessions.begin() as session:
            await feed.lock_head(session)
            numbered = await feed.number_changes(session, _NUMBERED_AT_ONCE)
            if numbered.slices:
                await manifests.add_to(session, numbered.slices)
        telemetry.annotate(numbered_count=numbered.change_count)
        return numbered.change_count

    async def payment_changes(
        self, from_sequence: int, batch_size: int
    ) -> AsyncIterator[list[tuple[NumberedChange, Refund | None]]]:
        """Changes from a sequence on, in batches, up to the highest sequence at the start; so it ends under any load.

        Each comes with its refund as it stands, when it is a refund's. None is skipped, but for those of months that
        were dropped. No transaction is open while the consumer takes its time over a batch.
        """
        await self.number_feed()
        async with self._sessions.begin() as session:
            head = await feed.head(session)
        next_sequence = max(from_sequence, 1)
        while next_sequence <= head:
            async with self._sessions.begin() as session:
                batch = await feed.changes(session, next_sequence, head, batch_size)
                dropped = await feed.dropped_sequence(session)
                told = await refunds.by_id(session, _refunds_of(batch))
            if not batch and head <= dropped:
                return
            assert batch, "the feed has a gap"
            assert batch[0].sequence <= max(next_sequence, dropped + 1), "the feed has a gap"
            next_sequence = batch[-1].sequence + 1
            yield [(change, told.get(change.ref_id)) for change in batch]

    @telemetry.traced
    async def count_slice(self, channel: str, day: date) -> Slice:
        """Count, sums and digest of a channel's business day, and the place in the feed that they belong to.

        Only payments that the feed has told by then are counted: a mirror that has read up to `max_sequence` must
        hold the same.
        """
        await self.number_feed()
        async with self._sessions.begin() as session:
            sums, max_sequence = await manifests.of_slice(session, channel, day)
        manifest = manifest_of(sums)
        telemetry.annotate(channel=channel, business_date=day.isoformat(), payment_count=manifest.payment_count)
        return Slice(manifest, max_sequence)


def _refunds_of(batch: Sequence[NumberedChange]) -> set[tuple[str, str]]:
    return {(change.payment.payment_id, change.ref_id) for change in batch if change.kind is ChangeKind.REFUND}
