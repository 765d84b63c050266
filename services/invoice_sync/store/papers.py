"""SQL of the papers of invoices: which are to be made, which were, and their bytes until the archive has them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.invoice_sync.domain.archive import PaperKind
from services.invoice_sync.store.sql import run

# One copy alone is none: what harms its place harms the last.
_COPIES_MIN = 2
_PAPER = "invoice_id, version, kind, sha256, sealed_sha256, size_bytes, create_time"


@dataclass(frozen=True, slots=True)
class Paper:
    """One file of an invoice's version: `sha256` is of the file, `sealed_sha256` of what is kept of it."""

    invoice_id: str
    version: int
    kind: PaperKind
    sha256: str
    sealed_sha256: str
    size_bytes: int
    create_time: datetime


async def want(session: AsyncSession, invoice_ids: Sequence[str], now: datetime) -> None:
    """Have the papers of invoices made that have entered the books."""
    if invoice_ids:
        wanted = """
            INSERT INTO paper_wanted SELECT invoice_id, $2, 0 FROM unnest($1::text[]) AS entered (invoice_id)
            ON CONFLICT DO NOTHING
        """
        await run(session, wanted, list(invoice_ids), now)


async def claim_wanted(session: AsyncSession, now: datetime, until: datetime, limit: int) -> Sequence[tuple[str, int]]:
    """Take what is due, leaving it to others again at `until`; the ids, and how often each was tried before."""
    claimed = """
        UPDATE paper_wanted SET due_at = $2, tries = tries + 1 WHERE invoice_id IN (
            SELECT invoice_id FROM paper_wanted WHERE due_at <= $1 ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED
        ) RETURNING invoice_id, tries - 1
    """
    return [(row[0], row[1]) for row in await run(session, claimed, now, until, limit)]


async def put_off(session: AsyncSession, invoice_id: str, due_at: datetime) -> None:
    """Try again then."""
    await run(session, "UPDATE paper_wanted SET due_at = $2 WHERE invoice_id = $1", invoice_id, due_at)


async def want_no_more(session: AsyncSession, invoice_id: str) -> None:
    """It is made, or is not in the books any more."""
    await run(session, "DELETE FROM paper_wanted WHERE invoice_id = $1", invoice_id)


async def add(session: AsyncSession, made: Paper, sealed: bytes, places: Sequence[str]) -> bool:
    """Write a paper with its bytes and the copies that are wanted of it; False when this version has one already."""
    written = f"""
        INSERT INTO paper ({_PAPER}) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING invoice_id
    """  # noqa: S608
    values = (made.invoice_id, made.version, made.kind.value, made.sha256, made.sealed_sha256)
    if not await run(session, written, *values, made.size_bytes, made.create_time):
        return False
    await run(session, "INSERT INTO paper_body VALUES ($1, $2)", made.sealed_sha256, sealed)
    copies = """
        INSERT INTO archive_copy (place, sealed_sha256, state, due_at, tries)
        SELECT place, $1, 'WANTED', $2, 0 FROM unnest($3::text[]) AS known (place)
    """
    await run(session, copies, made.sealed_sha256, made.create_time, list(places))
    return True


async def of_invoice(session: AsyncSession, invoice_id: str) -> Sequence[Paper]:
    """Every paper of an invoice, the newest version first, XML before PDF."""
    asked = f"SELECT {_PAPER} FROM paper WHERE invoice_id = $1 ORDER BY version DESC, kind DESC"  # noqa: S608
    return [_paper(row) for row in await run(session, asked, invoice_id)]


async def page(session: AsyncSession, after: tuple[str, int, str], limit: int) -> Sequence[Paper]:
    """The next papers after one, by invoice, version and kind."""
    asked = f"""
        SELECT {_PAPER} FROM paper WHERE (invoice_id, version, kind) > ($1, $2, $3)
        ORDER BY invoice_id, version, kind LIMIT $4
    """  # noqa: S608
    return [_paper(row) for row in await run(session, asked, *after, limit)]


async def sample(session: AsyncSession, salt: str, limit: int) -> Sequence[Paper]:
    """Some papers by lot: each salt draws others. It reads them all, so it is for drills alone."""
    asked = f"SELECT {_PAPER} FROM paper ORDER BY md5($1 || sealed_sha256) LIMIT $2"  # noqa: S608
    return [_paper(row) for row in await run(session, asked, salt, limit)]


async def body(session: AsyncSession, sealed_sha256: str) -> bytes | None:
    """The bytes that are kept here still; None when the archive alone has them."""
    rows = await run(session, "SELECT sealed FROM paper_body WHERE sealed_sha256 = $1", sealed_sha256)
    return bytes(rows[0][0]) if rows else None


async def drop_archived(session: AsyncSession, sealed_sha256: str, places: Sequence[str]) -> bool:
    """Let go of the bytes here when every place holds a whole copy, and two do at least; whether they went."""
    dropped = """
        DELETE FROM paper_body WHERE sealed_sha256 = $1 AND $3 <= (
            SELECT count(*) FROM archive_copy
            WHERE sealed_sha256 = $1 AND state = 'WHOLE' AND place = ANY ($2::text[])
        ) RETURNING sealed_sha256
    """
    return bool(await run(session, dropped, sealed_sha256, list(places), max(_COPIES_MIN, len(places))))


def _paper(row: Sequence[Any]) -> Paper:
    return Paper(row[0], row[1], PaperKind(row[2]), *row[3:])
