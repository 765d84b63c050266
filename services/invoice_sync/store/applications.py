"""SQL of customers' applications, their proof and their steps. It decides nothing."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.invoice_sync.domain.application import (
    Application,
    ApplicationKind,
    ApplicationState,
    ApplicationStep,
    Proof,
    Remedy,
)
from services.invoice_sync.domain.invoice import Party
from services.invoice_sync.store.sql import run


async def add(session: AsyncSession, made: Application, request_id: str, proofs: Sequence[Proof]) -> bool:
    """Write a new application with its proof; False when the request_id has made one."""
    rows = await run(session, _ADD, request_id, *_values(made))
    for each in proofs if rows else ():
        kept = (made.application_id, each.sha256, each.file_name, each.media_type, each.byte_count)
        await run(session, "INSERT INTO application_proof VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING", *kept)
    return bool(rows)


async def move_on(
    session: AsyncSession, made: Application, operator: str, why: str, due_at: datetime | None = None
) -> None:
    """Write where an application, which is held, stands now, with the step that says who, when and why."""
    await run(
        session,
        _PUT,
        made.application_id,
        made.state.value,
        made.state_time,
        made.remedy.value if made.remedy else "",
        made.reviewed_by,
        made.red_letter_id,
        made.new_invoice_id,
        due_at,
    )
    await run(session, _STEP, made.application_id, made.state_time, operator, made.state.value, why)


async def put_off(session: AsyncSession, application_id: str, due_at: datetime) -> None:
    """Try for the new invoice again at a time."""
    await run(session, "UPDATE invoice_application SET due_at = $2 WHERE application_id = $1", application_id, due_at)


async def get(session: AsyncSession, application_id: str) -> Application | None:
    """An application as it stands."""
    rows = await run(session, f"{_READ} WHERE application_id = $1", application_id)
    return _application(rows[0]) if rows else None


async def hold(session: AsyncSession, application_id: str) -> Application | None:
    """The same, held until the transaction ends."""
    rows = await run(session, f"{_READ} WHERE application_id = $1 FOR UPDATE", application_id)
    return _application(rows[0]) if rows else None


async def asked_by(session: AsyncSession, request_id: str) -> Application | None:
    """The application that a request_id made."""
    rows = await run(session, f"{_READ} WHERE request_id = $1", request_id)
    return _application(rows[0]) if rows else None


async def steps(session: AsyncSession, application_id: str) -> Sequence[ApplicationStep]:
    """Every step, the first one first."""
    asked = "SELECT * FROM application_step WHERE application_id = $1 ORDER BY step_no"
    rows = await run(session, asked, application_id)
    return [ApplicationStep(row[0], row[1], row[2], row[3], ApplicationState(row[4]), row[5]) for row in rows]


async def proofs(session: AsyncSession, application_id: str) -> Sequence[Proof]:
    """The files of an application."""
    asked = """
        SELECT sha256, file_name, media_type, byte_count FROM application_proof
        WHERE application_id = $1 ORDER BY sha256
    """
    return [Proof(*row) for row in await run(session, asked, application_id)]


async def to_reissue(session: AsyncSession, now: datetime, lease_seconds: float, limit: int) -> Sequence[str]:
    """Applications whose red letter has come to its end, each left alone by others for a lease's time."""
    return [row[0] for row in await run(session, _CLAIM, now, now + timedelta(seconds=lease_seconds), limit)]


async def is_reissued(session: AsyncSession, invoice_id: str) -> bool:
    """Whether the money of an invoice was given back without a red letter, since the authority held nothing of it."""
    asked = """
        SELECT EXISTS (
            SELECT FROM invoice_application WHERE invoice_id = $1 AND state = 'REISSUED' AND red_letter_id = ''
        )
    """
    return bool((await run(session, asked, invoice_id))[0][0])


async def page(
    session: AsyncSession, limit: int, before: str, merchant_id: str, invoice_id: str, state: ApplicationState | None
) -> Sequence[Application]:
    """Newest first; an empty filter means every value."""
    asked = f"""{_READ}
        WHERE ($2 = '' OR application_id < $2) AND ($3 = '' OR merchant_id = $3) AND ($4 = '' OR invoice_id = $4)
            AND ($5 = '' OR state = $5)
        ORDER BY application_id DESC LIMIT $1
    """
    rows = await run(session, asked, limit, before, merchant_id, invoice_id, state.value if state else "")
    return [_application(row) for row in rows]


_COLUMNS = (
    "application_id, invoice_id, payment_id, merchant_id, kind, buyer_title, buyer_tax_id, amount_minor, why, filed_by,"
    " create_time, state, state_time, remedy, reviewed_by, red_letter_id, new_invoice_id"
)
_READ = f"SELECT {_COLUMNS} FROM invoice_application"  # noqa: S608  the names are ours
_ADD = f"""
    INSERT INTO invoice_application (request_id, {_COLUMNS})
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
    ON CONFLICT (request_id) DO NOTHING RETURNING application_id
"""  # noqa: S608
_PUT = """
    UPDATE invoice_application SET state = $2, state_time = $3, remedy = $4, reviewed_by = $5, red_letter_id = $6,
        new_invoice_id = $7, due_at = $8
    WHERE application_id = $1
"""
_STEP = """
    INSERT INTO application_step (application_id, step_no, step_time, operator, to_state, why)
    SELECT $1, count(*) + 1, $2, $3, $4, $5 FROM application_step WHERE application_id = $1
"""
_CLAIM = """
    UPDATE invoice_application SET due_at = $2 WHERE application_id IN (
        SELECT invoice_application.application_id FROM invoice_application JOIN red_letter USING (red_letter_id)
        WHERE invoice_application.due_at <= $1 AND red_letter.due_at IS NULL
        ORDER BY invoice_application.due_at LIMIT $3 FOR UPDATE OF invoice_application SKIP LOCKED
    ) RETURNING application_id
"""


def _values(made: Application) -> tuple[Any, ...]:
    return (
        made.application_id,
        made.invoice_id,
        made.payment_id,
        made.merchant_id,
        made.kind.value,
        made.buyer.name,
        made.buyer.tax_id,
        made.amount_minor,
        made.why,
        made.filed_by,
        made.create_time,
        made.state.value,
        made.state_time,
        made.remedy.value if made.remedy else "",
        made.reviewed_by,
        made.red_letter_id,
        made.new_invoice_id,
    )


def _application(row: Sequence[Any]) -> Application:
    return Application(
        application_id=row[0],
        invoice_id=row[1],
        payment_id=row[2],
        merchant_id=row[3],
        kind=ApplicationKind(row[4]),
        buyer=Party(row[5], row[6]),
        amount_minor=row[7],
        why=row[8],
        filed_by=row[9],
        create_time=row[10],
        state=ApplicationState(row[11]),
        state_time=row[12],
        remedy=Remedy(row[13]) if row[13] else None,
        reviewed_by=row[14],
        red_letter_id=row[15],
        new_invoice_id=row[16],
    )
