"""The pass over what is kept: documents open and hash to what was frozen, and the logs' heads are anchored."""

import hashlib
from datetime import timedelta

import structlog

from chassis import telemetry
from chassis.crypto import Unsealable
from chassis.ids import new_id
from services.invoice_sync.actions.attempt_log import body_context
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.domain.log_chain import GENESIS, anchor_hash
from services.invoice_sync.domain.sweep import Counts
from services.invoice_sync.store import archive, attempts, cases, sweeps
from services.invoice_sync.store.archive import Anchor, Archived
from services.invoice_sync.store.sql import walk_by_index

# So many documents in a sweep; the pass goes round all of them for ever.
_DOCUMENTS_MAX = 100
_ATTEMPTS_MAX = 2_000
_DAMAGED = "ARCHIVE_DAMAGED"
_log = structlog.get_logger()


class ArchivePass:
    """Goes round the archive, a part in each sweep."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    @telemetry.traced
    async def run(self) -> Counts:
        """Check the next documents and anchor the heads that changed."""
        counts = await self.check_documents()
        counts = counts.plus(await self.check_damaged())
        await self.anchor_heads()
        return counts

    async def check_documents(self) -> Counts:
        """Open the next sealed documents; one that is gone or does not hash to what was frozen opens a case."""
        now, name = self._tools.clock.now(), "archive.documents"
        async with self._tools.sessions.begin() as session:
            await walk_by_index(session)
            invoice_id, _, version = (await sweeps.position(session, name)).partition("|")
            found = await archive.documents(session, (invoice_id, int(version or 0)), _DOCUMENTS_MAX)
            damaged = [each for each in found if not self._is_whole(each)]
            opened = [await cases.open_case(session, self._case(each)) for each in damaged]
            last = f"{found[-1].invoice_id}|{found[-1].version}" if len(found) == _DOCUMENTS_MAX else ""
            await sweeps.move(session, name, last, now)
        for each in damaged:
            _log.error("archived document is damaged", invoice_id=each.invoice_id, version=each.version)
        return Counts(archive_checked_count=len(found), archive_damaged_count=len(damaged), opened_count=sum(opened))

    async def check_damaged(self) -> Counts:
        """Open again what cases tell of; one closes when every version of its invoice is whole again."""
        now, name = self._tools.clock.now(), "archive.damaged"
        async with self._tools.sessions.begin() as session:
            await walk_by_index(session)
            after = await sweeps.position(session, name)
            told = await cases.open_of_invoices(session, _DAMAGED, after, _DOCUMENTS_MAX)
            if not told and not after:
                return Counts()
            kept = await archive.documents_of(session, told)
            damaged = {each.invoice_id for each in kept if not self._is_whole(each)}
            whole = sorted({each.invoice_id for each in kept} - damaged)
            closed = await cases.close_of_invoices(session, _DAMAGED, whole, now)
            await sweeps.move(session, name, told[-1] if len(told) == _DOCUMENTS_MAX else "", now)
        return Counts(closed_count=closed)

    async def anchor_heads(self) -> bool:
        """Seal the heads of the logs that changed since the last anchor; False when none did.

        What was begun within a lease is left to the next, so that no attempt that commits late is passed over.
        """
        now = self._tools.clock.now()
        async with self._tools.sessions.begin() as session:
            await walk_by_index(session)
            last = await archive.last_anchor(session)
            until = now - timedelta(seconds=self._tools.timers.lease_seconds)
            through, changed = await archive.changed(
                session, last.through_attempt_id if last else "", until, _ATTEMPTS_MAX
            )
            if not changed:
                return False
            heads = {invoice_id: head for invoice_id, (_, head) in (await attempts.heads(session, changed)).items()}
            before = last.anchor_hash if last else GENESIS
            made = Anchor(
                anchor_no=last.anchor_no + 1 if last else 1,
                anchor_time=now,
                through_attempt_id=through,
                prev_anchor_hash=before,
                anchor_hash=anchor_hash(before, heads),
                heads=heads,
            )
            return await archive.add_anchor(session, made)

    def _is_whole(self, kept: Archived) -> bool:
        if kept.sealed is None:
            return False
        try:
            raw = self._tools.ring.open(bytes(kept.sealed), body_context(kept.sha256))
        except Unsealable:
            return False
        return hashlib.sha256(raw).hexdigest() == kept.sha256

    def _case(self, damaged: Archived) -> cases.Case:
        fact = f"version {damaged.version} of the frozen document does not open, or is not what was frozen"
        fact_zh = f"已冻结文档第 {damaged.version} 版无法打开或内容已变"
        now = self._tools.clock.now()
        return cases.Case(new_id("cse"), _DAMAGED, damaged.invoice_id, "", "", "", fact, fact_zh, now)
