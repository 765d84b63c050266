"""SQL of what the sweep checks in the archive: documents against their bytes, heads of the log against anchors."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.invoice_sync.store.sql import run


@dataclass(frozen=True, slots=True)
class Archived:
    """A frozen document and its sealed bytes; None when they are gone."""

    invoice_id: str
    version: int
    sha256: str
    sealed: bytes | None


@dataclass(frozen=True, slots=True)
class Anchor:
    """The heads of the logs that changed since the anchor before, under one hash."""

    anchor_no: int
    anchor_time: datetime
    through_attempt_id: str
    prev_anchor_hash: str
    anchor_hash: str
    heads: dict[str, str]


async def documents(session: AsyncSession, after: tuple[str, int], limit: int) -> Sequence[Archived]:
    """The next documents after a version of an invoice's."""
    asked = """
        SELECT invoice_id, version, document.sha256, body.sealed
        FROM document LEFT JOIN body ON body.sha256 = document.sha256
        WHERE (invoice_id, version) > ($1, $2) ORDER BY invoice_id, version LIMIT $3
    """
    return [Archived(row[0], row[1], row[2], row[3]) for row in await run(session, asked, *after, limit)]


async def documents_of(session: AsyncSession, invoice_ids: Sequence[str]) -> Sequence[Archived]:
    """Every version of some invoices' documents."""
    asked = """
        SELECT invoice_id, version, document.sha256, body.sealed
        FROM document LEFT JOIN body ON body.sha256 = document.sha256
        WHERE invoice_id = ANY ($1::text[]) ORDER BY invoice_id, version
    """
    return [Archived(row[0], row[1], row[2], row[3]) for row in await run(session, asked, list(invoice_ids))]


async def last_anchor(session: AsyncSession) -> Anchor | None:
    """The newest anchor."""
    rows = await run(session, f"SELECT {_ANCHOR} FROM log_anchor ORDER BY anchor_no DESC LIMIT 1")  # noqa: S608
    return _anchor(rows[0]) if rows else None


async def anchors_of(session: AsyncSession, invoice_id: str) -> Sequence[Anchor]:
    """Every anchor over a head of an invoice's log, oldest first."""
    asked = f"SELECT {_ANCHOR} FROM log_anchor WHERE invoice_ids @> ARRAY[$1::text] ORDER BY anchor_no"  # noqa: S608
    return [_anchor(row) for row in await run(session, asked, invoice_id)]


async def document_sha256(session: AsyncSession, invoice_id: str, version: int) -> str:
    """The SHA-256 of a version of an invoice's document; empty when there is no such version."""
    asked = "SELECT sha256 FROM document WHERE invoice_id = $1 AND version = $2"
    rows = await run(session, asked, invoice_id, version)
    return rows[0][0] if rows else ""


async def changed(session: AsyncSession, after: str, before: datetime, limit: int) -> tuple[str, list[str]]:
    """The invoices of the next attempts after one, those begun before an instant; and the last of these attempts."""
    asked = """
        SELECT attempt_id, invoice_id FROM attempt WHERE attempt_id > $1 AND start_time < $2
        ORDER BY attempt_id LIMIT $3
    """
    rows = await run(session, asked, after, before, limit)
    return (rows[-1][0] if rows else after), sorted({row[1] for row in rows})


async def add_anchor(session: AsyncSession, made: Anchor) -> bool:
    """Write an anchor; False when another has written that number."""
    written = f"""
        INSERT INTO log_anchor ({_ANCHOR}) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING
        RETURNING anchor_no
    """  # noqa: S608
    ids = sorted(made.heads)
    values = (made.anchor_no, made.anchor_time, made.through_attempt_id, made.prev_anchor_hash, made.anchor_hash)
    return bool(await run(session, written, *values, ids, [made.heads[each] for each in ids]))


_ANCHOR = "anchor_no, anchor_time, through_attempt_id, prev_anchor_hash, anchor_hash, invoice_ids, heads"


def _anchor(row: Sequence[object]) -> Anchor:
    no, time, through, before, made, ids, heads = row
    assert isinstance(no, int)
    assert isinstance(time, datetime)
    assert isinstance(ids, list)
    assert isinstance(heads, list)
    return Anchor(no, time, str(through), str(before), str(made), dict(zip(ids, heads, strict=True)))
