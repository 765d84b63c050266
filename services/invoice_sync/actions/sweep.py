"""Runs every pass over what should have moved and did not, and reports. It sends no invoice."""

from datetime import timedelta

import structlog

from chassis import telemetry
from chassis.ids import new_id
from services.invoice_sync.actions.sweep_archive import ArchivePass
from services.invoice_sync.actions.sweep_books import BooksPass
from services.invoice_sync.actions.sweep_own import OwnPass
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.domain.sweep import Counts, Sweep
from services.invoice_sync.store import cases, outbox, sweeps

# A report is kept at least so often, so that silence means that no sweep ran.
_REPORT_AT_LEAST = timedelta(hours=1)
# Short, since two sweeps at once do no harm, and a leader that died holds up the leases of all that died with it.
_LEAD_SECONDS = 5.0
_log = structlog.get_logger()


class SweepActions:
    """Each pass is one transaction or several short ones. Two sweeps at once do no harm: one leads, by lease."""

    def __init__(self, own: OwnPass, books: BooksPass, archive: ArchivePass, tools: Tools) -> None:
        self._own = own
        self._books = books
        self._archive = archive
        self._tools = tools
        self._holder = new_id("swh")
        self._since = tools.clock.now()

    @telemetry.traced
    async def sweep(self) -> Sweep:
        """Run every pass and report; the report is stored when it found something, and at least hourly.

        Asked for by hand, it runs even where another leads: the passes leave alone what others hold.
        """
        start_time = self._tools.clock.now()
        counts = await self._own.run()
        counts = counts.plus(await self._books.run())
        counts = counts.plus(await self._archive.run())
        async with self._tools.sessions.begin() as session:
            scanned, oldest = await outbox.under_way(session)
            closed = await cases.close_settled(session, self._tools.clock.now())
            counts = counts.plus(Counts(scanned_count=scanned, closed_count=closed))
            made = Sweep(new_id("swp"), start_time, self._tools.clock.now(), counts, oldest)
            newest = await sweeps.newest_time(session)
            silent = made.end_time - max(newest or self._since, self._since)
            if made.found_count or silent >= _REPORT_AT_LEAST:
                await sweeps.add(session, made)
            self._tools.crash("before_sweep_commit")
        self._tools.crash("after_sweep_commit")
        if counts.requeued_count:
            # Nothing but a fault of ours, or a hand in the database, leaves an invoice without its row.
            _log.error("invoices stood nowhere", requeued_count=counts.requeued_count)
        return made

    async def sweep_if_leading(self) -> Sweep | None:
        """Sweep, unless another replica leads; for the loop."""
        async with self._tools.sessions.begin() as session:
            leads = await sweeps.lead(session, "sweep", self._holder, _LEAD_SECONDS)
        return await self.sweep() if leads else None
