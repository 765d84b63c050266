"""What goes on behind the calls: records get their links, heads are anchored, months sealed. One method is one turn."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import telemetry
from chassis.clock import Clock
from chassis.database import Sessions
from chassis.loop import Loop
from services.gateway import audit_folder
from services.gateway.audit import Audit
from services.gateway.audit_key import Signer
from services.gateway.domain.audit_chain import Anchor, Seal, Written, next_link
from services.gateway.store import audit as store

_BATCHES_MAX = 200
_LINK_SECONDS = 1.0
_SEAL_SECONDS = 60.0
_log = structlog.get_logger()


class AuditWorker:
    """Links, anchors and seals. `folder` is the second place; None for none, and then heads are anchored nowhere."""

    def __init__(
        self, sessions: Sessions, clock: Clock, audit: Audit, signer: Signer, folder: Path | None, anchor_seconds: float
    ) -> None:
        self._sessions = sessions
        self._clock = clock
        self._audit = audit
        self._signer = signer
        self._folder = folder
        self._anchor_every = timedelta(seconds=anchor_seconds)
        self._anchored = Anchor(0, b"")
        self._anchor_time: datetime | None = None

    def loops(self) -> list[Loop]:
        """Its loops; what seals needs a key."""
        sealing = [Loop("audit seals", self.seal, _SEAL_SECONDS)] if self._signer.signs else []
        return [
            # A turn costs nearly the same for one batch as for hundreds: what comes meanwhile waits for the next.
            Loop("audit links", self.link, _LINK_SECONDS, whole=_BATCHES_MAX, ending=self._end),
            *sealing,
        ]

    @telemetry.traced
    async def link(self) -> int:
        """Put records that wait into the chain; of how many batches. Another gateway may be at it, and then of none."""
        if not self._audit.is_writable:
            await self._audit.probe()
        async with self._sessions.begin() as session:
            if not await store.lock_chain(session):
                return 0
            head = await store.head(session)
            batch_ids = await store.unlinked(session, _BATCHES_MAX)
            now = max(self._clock.now(), head.link_time or self._clock.now())
            links = _linked(head, await self._written(session, batch_ids), now)
            if batch_ids:
                await store.add_links(session, links, batch_ids)
        self._audit.lately.drop(batch_ids)
        if links:
            await self._anchor_when_due(Anchor(links[-1].link_no, links[-1].link_sha256))
        return len(batch_ids)

    async def _written(self, session: AsyncSession, batch_ids: list[str]) -> list[Written]:
        """The records of batches, in order: what this gateway wrote as it knows it, the others as they stand."""
        known = {batch_id: written for batch_id in batch_ids if (written := self._audit.lately.find(batch_id))}
        if others := [batch_id for batch_id in batch_ids if batch_id not in known]:
            for record in await store.records_of(session, others):
                known.setdefault(record.batch_id, []).append(Written(record.record_id, record.digest()))
        return [one for batch_id in batch_ids for one in known.get(batch_id, ())]

    @telemetry.traced
    async def seal(self) -> int:
        """Seal the oldest month that has ended and has no seal; 1 when there was one."""
        async with self._sessions.begin() as session:
            if not await store.lock_chain(session):
                return 0
            sealed = await store.seals(session)
            first_link_no = sealed[-1].last_link_no + 1 if sealed else 1
            began = await store.link_time(session, first_link_no)
            if began is None or (ends := _month_after(began)) > self._clock.now():
                return 0
            last_link_no, head = await store.last_link_before(session, first_link_no, ends)
            seal = Seal(f"{began:%Y-%m}", first_link_no, last_link_no, head)
            seal = replace(seal, signature=self._signer.sign(seal.content()))
            if self._folder is not None:
                await asyncio.to_thread(audit_folder.add_seal, self._folder, seal)
            await store.add_seal(session, seal, self._clock.now())
        _log.info("audit sealed", month=seal.month, record_count=seal.record_count)
        return 1

    async def _anchor_when_due(self, head: Anchor) -> None:
        if self._anchor_time is None or self._clock.now() - self._anchor_time >= self._anchor_every:
            await self._anchor(head)

    async def _end(self) -> None:
        await self.link()
        async with self._sessions.begin() as session:
            head = await store.head(session)
        if head.link_no:
            await self._anchor(Anchor(head.link_no, head.link_sha256))

    async def _anchor(self, head: Anchor) -> None:
        if self._folder is None or head.link_no <= self._anchored.link_no:
            return
        signed = replace(head, signature=self._signer.sign(head.content()))
        await asyncio.to_thread(audit_folder.add_anchor, self._folder, signed, self._clock.now())
        self._anchored, self._anchor_time = signed, self._clock.now()


def _linked(head: store.Head, written: list[Written], now: datetime) -> list[store.NewLink]:
    links, before = [], head.link_sha256
    for link_no, one in enumerate(written, start=head.link_no + 1):
        before = next_link(before, link_no, one.digest, now)
        links.append(store.NewLink(link_no, one.record_id, now, before))
    return links


def _month_after(instant: datetime) -> datetime:
    """When the month of an instant ends."""
    first = instant.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + timedelta(days=32)).replace(day=1)
