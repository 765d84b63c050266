"""SQL of the copies in the archive: which are due to be read, what was found, what was done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.ids import new_id
from services.invoice_sync.domain.archive import CopyState
from services.invoice_sync.store.sql import run


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy of a paper in a place; `verify_time` is when it was last read whole."""

    place: str
    sealed_sha256: str
    state: CopyState
    tries: int
    verify_time: datetime | None


@dataclass(frozen=True, slots=True)
class PlaceTotal:
    """The copies of a place in one state. `oldest_verify_time` is None where none was ever read."""

    place: str
    state: CopyState
    copy_count: int
    oldest_verify_time: datetime | None


async def claim_due(session: AsyncSession, place: str, now: datetime, until: datetime, limit: int) -> Sequence[Copy]:
    """Take the copies of a place that are due longest, leaving them to others again at `until`."""
    claimed = """
        UPDATE archive_copy SET due_at = $3 WHERE place = $1 AND sealed_sha256 IN (
            SELECT sealed_sha256 FROM archive_copy WHERE place = $1 AND due_at <= $2
            ORDER BY due_at LIMIT $4 FOR UPDATE SKIP LOCKED
        ) RETURNING place, sealed_sha256, state, tries, verify_time
    """
    rows = await run(session, claimed, place, now, until, limit)
    return [Copy(row[0], row[1], CopyState(row[2]), row[3], row[4]) for row in rows]


async def verified(session: AsyncSession, place: str, sealed_sha256: str, now: datetime, due_at: datetime) -> None:
    """It was read whole."""
    kept = """
        UPDATE archive_copy SET state = 'WHOLE', tries = 0, verify_time = $3, due_at = $4
        WHERE place = $1 AND sealed_sha256 = $2
    """
    await run(session, kept, place, sealed_sha256, now, due_at)


async def put_off(session: AsyncSession, place: str, sealed_sha256: str, due_at: datetime) -> None:
    """The place did not answer: ask again then."""
    moved = "UPDATE archive_copy SET tries = tries + 1, due_at = $3 WHERE place = $1 AND sealed_sha256 = $2"
    await run(session, moved, place, sealed_sha256, due_at)


async def lose(session: AsyncSession, place: str, sealed_sha256: str, due_at: datetime) -> None:
    """No whole one was found anywhere; it is looked for again then."""
    moved = """
        UPDATE archive_copy SET state = 'LOST', tries = tries + 1, due_at = $3 WHERE place = $1 AND sealed_sha256 = $2
    """
    await run(session, moved, place, sealed_sha256, due_at)


async def tell(session: AsyncSession, place: str, sealed_sha256: str, kind: str, now: datetime) -> None:
    """Write down what was found to be wrong, or what was done."""
    told = "INSERT INTO archive_event VALUES ($1, $2, $3, $4, $5)"
    await run(session, told, new_id("aev"), place, sealed_sha256, kind, now)


async def events_of(session: AsyncSession, sealed_sha256: str) -> Sequence[tuple[str, str, datetime]]:
    """What happened to the copies of a paper, oldest first: place, kind, when."""
    asked = "SELECT place, kind, event_time FROM archive_event WHERE sealed_sha256 = $1 ORDER BY event_id"
    return [(row[0], row[1], row[2]) for row in await run(session, asked, sealed_sha256)]


async def of_papers(session: AsyncSession, sealed_sha256s: Sequence[str]) -> Sequence[Copy]:
    """The copies of some papers, by place."""
    asked = """
        SELECT place, sealed_sha256, state, tries, verify_time FROM archive_copy
        WHERE sealed_sha256 = ANY ($1::text[]) ORDER BY sealed_sha256, place
    """
    rows = await run(session, asked, list(sealed_sha256s))
    return [Copy(row[0], row[1], CopyState(row[2]), row[3], row[4]) for row in rows]


async def totals(session: AsyncSession) -> Sequence[PlaceTotal]:
    """How the copies of each place stand."""
    asked = """
        SELECT place, state, count(*), min(verify_time) FROM archive_copy GROUP BY place, state ORDER BY place, state
    """
    return [PlaceTotal(row[0], CopyState(row[1]), row[2], row[3]) for row in await run(session, asked)]


async def invoice_of(session: AsyncSession, sealed_sha256: str) -> str:
    """Whose paper it is."""
    ((invoice_id,),) = await run(session, "SELECT invoice_id FROM paper WHERE sealed_sha256 = $1", sealed_sha256)
    return str(invoice_id)


async def all_whole(session: AsyncSession, invoice_id: str) -> bool:
    """Whether no copy of an invoice's papers is lost."""
    asked = """
        SELECT NOT EXISTS (
            SELECT FROM paper JOIN archive_copy USING (sealed_sha256) WHERE invoice_id = $1 AND state = 'LOST'
        )
    """
    ((whole,),) = await run(session, asked, invoice_id)
    return bool(whole)


async def want_in(session: AsyncSession, place: str, sealed_sha256s: Sequence[str], now: datetime) -> int:
    """Have papers copied to a place that has none of them yet; how many."""
    wanted = """
        INSERT INTO archive_copy (place, sealed_sha256, state, due_at, tries)
        SELECT $1, sealed_sha256, 'WANTED', $3, 0 FROM unnest($2::text[]) AS known (sealed_sha256)
        ON CONFLICT DO NOTHING RETURNING sealed_sha256
    """
    return len(await run(session, wanted, place, list(sealed_sha256s), now))
