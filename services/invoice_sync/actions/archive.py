"""Keeps a whole copy of each paper in every place: puts it there, reads it again in its time, mends it from another.

A copy counts only when it was read back whole. What a place that does not answer holds is unknown, and nothing is done
about it but to ask again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from chassis import telemetry
from chassis.ids import new_id
from chassis.side_by_side import side_by_side
from services.invoice_sync.actions.papers import PaperTools
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.domain.archive import CopyState, Found, judge, key_of, next_look, next_try
from services.invoice_sync.paper.places import Place, Unreachable
from services.invoice_sync.store import cases, copies, papers, sweeps
from services.invoice_sync.store.copies import Copy, PlaceTotal

LOST = "COPIES_LOST"
_CLAIM_MAX = 50
_AT_ONCE = 8
_LEASE = timedelta(seconds=120)
_WALK = 1_000
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of the copies of a turn."""

    stored_count: int = 0
    whole_count: int = 0
    restored_count: int = 0
    lost_count: int = 0
    unknown_count: int = 0

    @property
    def all_count(self) -> int:
        """Every copy that was looked at."""
        return self.stored_count + self.whole_count + self.restored_count + self.lost_count + self.unknown_count


class ArchiveActions:
    """A turn is a claim, readings and writings outside of any transaction, and a short transaction for each copy."""

    def __init__(self, tools: Tools, paper_tools: PaperTools) -> None:
        self._tools = tools
        self._places = paper_tools.places
        self._policy = paper_tools.policy
        self._looked = telemetry.meter().create_counter(
            "bihuan.archive.copies", "{copy}", "Copies that were read, by place and by what was found or done."
        )

    async def keep_due(self) -> int:
        """Do what is due in every place; how many copies were looked at."""
        return sum([(await self.keep_place(place)).all_count for place in self._places])

    async def keep_place(self, place: Place) -> Kept:
        """Look at the copies of a place that are due longest, a part of them."""
        now = self._tools.clock.now()
        async with self._tools.sessions.begin() as session:
            due = await copies.claim_due(session, place.name, now, now + _LEASE, _CLAIM_MAX)
        done = await side_by_side(lambda each: self.keep_copy(place, each), due, _AT_ONCE)
        return Kept(*(done.count(what) for what in (_STORED, _WHOLE, _RESTORED, _LOST, _UNKNOWN)))

    @telemetry.traced
    async def keep_copy(self, place: Place, copy: Copy) -> str:
        """Look at one copy and set it right; what was found or done."""
        telemetry.annotate(place=place.name, sealed_sha256=copy.sealed_sha256)
        try:
            what = await self._looked_at(place, copy)
        except Unreachable as fault:
            what = _UNKNOWN
            _log.warning("copy not looked at", place=place.name, error=str(fault), tries=copy.tries + 1)
            due_at = next_try(copy.tries, self._tools.clock.now(), self._tools.jitter(), self._policy)
            async with self._tools.sessions.begin() as session:
                await copies.put_off(session, copy.place, copy.sealed_sha256, due_at)
        self._looked.add(1, {"place": place.name, "what": what})
        telemetry.annotate(outcome=what)
        return what

    async def fill_places(self) -> int:
        """Have copies wanted of papers from before a place was there; how many. Its walk is remembered."""
        return sum([await self._fill(place) for place in self._places])

    async def totals(self) -> Sequence[PlaceTotal]:
        """How the copies of each place stand."""
        async with self._tools.sessions() as session:
            return await copies.totals(session)

    async def copies_of(self, sealed_sha256s: Sequence[str]) -> Sequence[Copy]:
        """The copies of some papers."""
        async with self._tools.sessions() as session:
            return await copies.of_papers(session, sealed_sha256s)

    async def _looked_at(self, place: Place, copy: Copy) -> str:
        found = judge(await place.read(key_of(copy.sealed_sha256)), copy.sealed_sha256)
        if found is Found.WHOLE:
            if copy.state is CopyState.WANTED:
                # Whoever put it there died before it could be called stored.
                await place.settle(key_of(copy.sealed_sha256))
            await self._verified(copy, "")
            return _STORED if copy.state is CopyState.WANTED else _WHOLE
        # What was never put there is not missed.
        is_first = copy.state is CopyState.WANTED and found is Found.MISSING
        if not is_first and copy.state is not CopyState.LOST and not copy.tries:
            await self._tell(copy, found.value)
        source = await self._whole_one(copy)
        if source is None:
            await self._lose(copy)
            return _LOST
        write = place.put_once if is_first else place.mend
        await write(key_of(copy.sealed_sha256), source)
        written = judge(await place.read(key_of(copy.sealed_sha256)), copy.sealed_sha256)
        if written is not Found.WHOLE:
            raise Unreachable(f"{place.name}: what was written does not read back: {written}")
        await place.settle(key_of(copy.sealed_sha256))
        await self._verified(copy, "" if is_first else "RESTORED")
        return _STORED if is_first else _RESTORED

    async def _whole_one(self, copy: Copy) -> bytes | None:
        """A whole copy from elsewhere. Raises Unreachable when there is none, and a place did not answer."""
        async with self._tools.sessions() as session:
            held = await papers.body(session, copy.sealed_sha256)
        if held is not None and judge(held, copy.sealed_sha256) is Found.WHOLE:
            return held
        silent: Unreachable | None = None
        for other in self._places:
            if other.name == copy.place:
                continue
            try:
                held = await other.read(key_of(copy.sealed_sha256))
            except Unreachable as fault:
                silent = fault
                continue
            if held is not None and judge(held, copy.sealed_sha256) is Found.WHOLE:
                return held
        if silent is not None:
            raise silent
        return None

    async def _verified(self, copy: Copy, told: str) -> None:
        now = self._tools.clock.now()
        async with self._tools.sessions.begin() as session:
            if told:
                await copies.tell(session, copy.place, copy.sealed_sha256, told, now)
                _log.warning("copy restored from another", place=copy.place, sealed_sha256=copy.sealed_sha256)
            due_at = next_look(now, self._tools.jitter(), self._policy)
            await copies.verified(session, copy.place, copy.sealed_sha256, now, due_at)
            await papers.drop_archived(session, copy.sealed_sha256, [each.name for each in self._places])
            invoice_id = await copies.invoice_of(session, copy.sealed_sha256)
            if copy.state is CopyState.LOST and await copies.all_whole(session, invoice_id):
                await cases.close_of_invoices(session, LOST, [invoice_id], now)

    async def _tell(self, copy: Copy, what: str) -> None:
        _log.error("copy is not whole", place=copy.place, sealed_sha256=copy.sealed_sha256, found=what)
        async with self._tools.sessions.begin() as session:
            await copies.tell(session, copy.place, copy.sealed_sha256, what, self._tools.clock.now())

    async def _lose(self, copy: Copy) -> None:
        now = self._tools.clock.now()
        _log.error("no whole copy anywhere", place=copy.place, sealed_sha256=copy.sealed_sha256)
        due_at = next_try(copy.tries, now, self._tools.jitter(), self._policy)
        async with self._tools.sessions.begin() as session:
            if copy.state is not CopyState.LOST:
                await copies.tell(session, copy.place, copy.sealed_sha256, "LOST", now)
            await copies.lose(session, copy.place, copy.sealed_sha256, due_at)
            invoice_id = await copies.invoice_of(session, copy.sealed_sha256)
            fact = "no place of the archive holds a whole copy of one of its papers"
            fact_zh = "归档各处均没有该发票某一文件的完整副本"
            await cases.open_case(session, cases.Case(new_id("cse"), LOST, invoice_id, "", "", "", fact, fact_zh, now))

    async def _fill(self, place: Place) -> int:
        name, now = f"archive.fill.{place.name}", self._tools.clock.now()
        async with self._tools.sessions.begin() as session:
            invoice_id, version, kind = [*(await sweeps.position(session, name)).split("|"), "", ""][:3]
            known = await papers.page(session, (invoice_id, int(version or 0), kind), _WALK)
            wanted = await copies.want_in(session, place.name, [each.sealed_sha256 for each in known], now)
            if known:
                last = known[-1]
                await sweeps.move(session, name, f"{last.invoice_id}|{last.version}|{last.kind}", now)
        return wanted if len(known) < _WALK else wanted + 1


_STORED = "stored"
_WHOLE = "whole"
_RESTORED = "restored"
_LOST = "lost"
_UNKNOWN = "unknown"
