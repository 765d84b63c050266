"""Walks the audit from its first link to its last, beside what was anchored outside, and names the first bad record.

It needs no gateway: a database to read, the folder of anchors and seals, and the public keys. Without keys no signature
is looked at, and what somebody put in by hand is not told from what a gateway wrote.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from chassis import database
from chassis.database import Sessions
from services.gateway import audit_folder
from services.gateway.audit_key import read_verifier
from services.gateway.domain.audit_chain import Anchor, Broken, Flaw, Seal, Verifier, Walk
from services.gateway.store import audit as store

_LINKS_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a walk found. `next_link_no` is where another goes on, 0 at the end; `broken` is None while all fits."""

    record_count: int
    next_link_no: int
    broken: Broken | None


@dataclass(frozen=True, slots=True)
class Outside:
    """What stands outside the database: heads by number, and the seals; `flaw` is a forged one among them."""

    heads: dict[int, bytes]
    flaw: Broken | None = None


async def verify_database(url: str, folder: Path | None, public_keys: list[Path]) -> Verdict:
    """The verdict on the whole audit in a database. Raises ValueError or OSError for files that do not read."""
    verify = read_verifier(public_keys)
    engine = database.connect(url, "audit-verify", pool_size=1)
    try:
        return await walk(database.sessions(engine), folder, verify)
    finally:
        await engine.dispose()


async def walk(
    sessions: Sessions, folder: Path | None, verify: Verifier | None, from_link_no: int = 1, records_max: int = 0
) -> Verdict:
    """The verdict on the records from a link on; on about `records_max` of them, or on all for 0."""
    async with sessions.begin() as session:
        outside = await _outside(session, folder, verify)
        if outside.flaw:
            return Verdict(0, 0, outside.flaw)
        before = await store.link_hash(session, from_link_no - 1)
        if before is None:
            return Verdict(0, 0, Broken(from_link_no - 1, "", Flaw.GAP))
    going = Walk(outside.heads, verify, from_link_no - 1, before)
    while True:
        async with sessions.begin() as session:
            links = await store.links(session, going.link_no, _LINKS_AT_ONCE)
        broken = going.follow(links)
        done = going.link_no - from_link_no + 1
        if broken:
            return Verdict(done, 0, broken)
        if records_max and done >= records_max and going.is_between_batches:
            return Verdict(done, going.link_no + 1, None)
        if not links:
            return Verdict(done, 0, going.end() or await _stray(sessions))


async def _stray(sessions: Sessions) -> Broken | None:
    async with sessions.begin() as session:
        record_id = await store.stray(session)
    return Broken(0, record_id, Flaw.UNLINKED) if record_id else None


async def _outside(session: AsyncSession, folder: Path | None, verify: Verifier | None) -> Outside:
    kept = await store.seals(session)
    anchors: list[Anchor] = []
    if folder is not None:
        anchors = await asyncio.to_thread(lambda: list(audit_folder.read_anchors(folder)))
        kept += await asyncio.to_thread(lambda: list(audit_folder.read_seals(folder)))
    heads: dict[int, bytes] = {}
    for no, sha256, is_good, flaw in _claims(anchors, kept, verify):
        if not is_good or heads.setdefault(no, sha256) != sha256:
            return Outside({}, Broken(no, "", flaw))
    return Outside(heads, _months_flaw(kept))


def _claims(
    anchors: Iterable[Anchor], seals: Iterable[Seal], verify: Verifier | None
) -> Iterable[tuple[int, bytes, bool, Flaw]]:
    for one in anchors:
        is_good = verify is None or verify(one.signature, one.content())
        yield one.link_no, one.link_sha256, is_good, Flaw.ANCHOR
    for seal in seals:
        is_good = verify is None or verify(seal.signature, seal.content())
        yield seal.last_link_no, seal.head_sha256, is_good, Flaw.SEAL


def _months_flaw(seals: Iterable[Seal]) -> Broken | None:
    """Whether each month goes on where the one before ended; a seal stands in two places and may be read twice."""
    expected = 1
    for seal in sorted({(one.month, one.first_link_no, one.last_link_no) for one in seals}):
        _, first_link_no, last_link_no = seal
        if first_link_no != expected:
            return Broken(first_link_no, "", Flaw.SEAL)
        expected = last_link_no + 1
    return None
