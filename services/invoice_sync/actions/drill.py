"""The restore drill: some papers come out of the archive into an empty folder, and are compared. It mends nothing.

It takes nothing from the service but the rows that say what there is, and needs the keys: so it restores what could
be restored with the service gone.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from chassis.crypto import KeyRing, Unsealable
from chassis.database import Sessions
from services.invoice_sync.actions.papers import paper_context
from services.invoice_sync.domain.archive import Found, judge, key_of
from services.invoice_sync.paper.places import Place, Unreachable
from services.invoice_sync.store import papers
from services.invoice_sync.store.papers import Paper


class DrillFault(Exception):
    """The drill cannot begin; the message says why."""


class Restored(StrEnum):
    """What became of one copy."""

    SAME = "SAME"  # it lies in the folder, and is what was kept
    MISSING = "MISSING"
    DAMAGED = "DAMAGED"
    SEALED = "SEALED"  # whole, and the keys do not open it
    UNREACHABLE = "UNREACHABLE"


@dataclass(frozen=True, slots=True)
class DrillRow:
    """One copy of the sample; `file` is empty unless it was restored."""

    place: str
    invoice_id: str
    version: int
    kind: str
    outcome: Restored
    file: str


async def drill(
    sessions: Sessions, ring: KeyRing, places: Sequence[Place], folder: Path, sample_size: int, salt: str
) -> list[DrillRow]:
    """Restore so many papers, drawn by `salt`, from every place into a folder of its own. Raises DrillFault."""
    if not places:
        raise DrillFault("no place of the archive is set")
    await asyncio.to_thread(_prepare, folder)
    async with sessions() as session:
        drawn = await papers.sample(session, salt, sample_size)
    return [await _restored(ring, place, paper, folder) for paper in drawn for place in places]


async def _restored(ring: KeyRing, place: Place, paper: Paper, folder: Path) -> DrillRow:
    file = folder / place.name / f"{paper.invoice_id}-v{paper.version}.{paper.kind.lower()}"
    outcome = await _fetched(ring, place, paper, file)
    told = str(file) if outcome is Restored.SAME else ""
    return DrillRow(place.name, paper.invoice_id, paper.version, paper.kind.value, outcome, told)


async def _fetched(ring: KeyRing, place: Place, paper: Paper, file: Path) -> Restored:
    try:
        held = await place.read(key_of(paper.sealed_sha256))
    except Unreachable:
        return Restored.UNREACHABLE
    found = judge(held, paper.sealed_sha256)
    if found is not Found.WHOLE or held is None:
        return Restored.MISSING if found is Found.MISSING else Restored.DAMAGED
    try:
        content = ring.open(held, paper_context(paper))
    except Unsealable:
        return Restored.SEALED
    written = await asyncio.to_thread(_written, file, content)
    return Restored.SAME if written == paper.sha256 else Restored.DAMAGED


def _prepare(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise DrillFault(f"{folder} is not empty: a drill restores into an empty folder")


def _written(file: Path, content: bytes) -> str:
    """Write a file, and the SHA-256 of what can be read of it then."""
    file.parent.mkdir(mode=0o700, exist_ok=True)
    file.write_bytes(content)
    return hashlib.sha256(file.read_bytes()).hexdigest()
