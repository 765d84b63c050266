"""SQL of what two persons decided to leave for good, and of who proposed it and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.invoice_sync.domain.standing import Standing, SyncState
from services.invoice_sync.store.sql import run
from services.invoice_sync.store.standings import SHARED, columns, from_row

_COLUMNS = """
    abandonment_id, request_id, invoice_id, sync_state, state, propose_by, propose_reason, propose_time, decide_by,
    decide_reason, decide_time
"""


@dataclass(frozen=True, slots=True)
class Abandonment:
    """A proposal to leave an invoice. `state` is PROPOSED, APPROVED or DECLINED; `sync_state` is of its proposal."""

    abandonment_id: str
    request_id: str
    invoice_id: str
    sync_state: SyncState
    state: str
    propose_by: str
    propose_reason: str
    propose_time: datetime
    decide_by: str = ""
    decide_reason: str = ""
    decide_time: datetime | None = None


async def add(session: AsyncSession, made: Abandonment) -> bool:
    """Keep a proposal; False when its request_id made one before, or the invoice has one that is open."""
    added = f"""
        INSERT INTO abandonment ({_COLUMNS}) VALUES ($1, $2, $3, $4, 'PROPOSED', $5, $6, $7, '', '', NULL)
        ON CONFLICT DO NOTHING RETURNING abandonment_id
    """  # noqa: S608
    about = (made.request_id, made.invoice_id, made.sync_state.value)
    said = (made.propose_by, made.propose_reason, made.propose_time)
    return bool(await run(session, added, made.abandonment_id, *about, *said))


async def asked_by(session: AsyncSession, request_id: str) -> Abandonment | None:
    """The proposal that a request_id made."""
    return _one(await run(session, f"SELECT {_COLUMNS} FROM abandonment WHERE request_id = $1", request_id))  # noqa: S608


async def open_of(session: AsyncSession, invoice_id: str) -> Abandonment | None:
    """The proposal of an invoice that waits for a decision."""
    asked = f"SELECT {_COLUMNS} FROM abandonment WHERE invoice_id = $1 AND state = 'PROPOSED'"  # noqa: S608
    return _one(await run(session, asked, invoice_id))


async def hold(session: AsyncSession, abandonment_id: str) -> Abandonment | None:
    """One proposal, that no one else decides before the transaction ends."""
    asked = f"SELECT {_COLUMNS} FROM abandonment WHERE abandonment_id = $1 FOR UPDATE"  # noqa: S608
    return _one(await run(session, asked, abandonment_id))


async def decide(session: AsyncSession, decided: Abandonment) -> None:
    """Write what was decided, by whom and why."""
    written = """
        UPDATE abandonment SET state = $2, decide_by = $3, decide_reason = $4, decide_time = $5
        WHERE abandonment_id = $1
    """
    said = (decided.state, decided.decide_by, decided.decide_reason, decided.decide_time)
    await run(session, written, decided.abandonment_id, *said)


async def hold_settled(session: AsyncSession, invoice_id: str) -> Standing | None:
    """Hold where an invoice stands for which nothing is due."""
    asked = f"SELECT {columns(SHARED)}, NULL, NULL FROM settled WHERE invoice_id = $1 FOR UPDATE"  # noqa: S608
    rows = await run(session, asked, invoice_id)
    return from_row(rows[0]) if rows else None


async def leave_settled(session: AsyncSession, left: Standing) -> None:
    """Have an invoice that nothing is due for stand as it is left."""
    written = "UPDATE settled SET sync_state = $2, state_time = $3, check_at = NULL WHERE invoice_id = $1"
    await run(session, written, left.invoice_id, left.sync_state.value, left.state_time)


def _one(rows: Sequence[Sequence[Any]]) -> Abandonment | None:
    if not rows:
        return None
    row = rows[0]
    return Abandonment(row[0], row[1], row[2], SyncState(row[3]), *row[4:])
