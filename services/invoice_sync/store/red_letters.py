"""SQL of red letters and their steps. It decides no state."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.money import Money
from services.invoice_sync.domain.red_form import FormMove, Side
from services.invoice_sync.domain.red_letter import ACTIVE, RedLetter, RedReason, RedState, RedStep
from services.invoice_sync.store.sql import run


async def add(session: AsyncSession, letter: RedLetter, request_id: str, due_at: datetime) -> bool:
    """Write a new letter; False when its invoice has an active one, or the request_id or form has a letter."""
    rows = await run(session, _ADD, request_id, due_at, *_values(letter))
    return bool(rows)


async def put(session: AsyncSession, letter: RedLetter, due_at: datetime | None) -> None:
    """Write where a letter, which is held, stands now, and when it is looked at next."""
    await run(
        session,
        _PUT,
        letter.red_letter_id,
        letter.state.value,
        letter.state_time,
        letter.form_id,
        letter.expire_time,
        letter.red_invoice_id,
        letter.wanted_move.value if letter.wanted_move else None,
        letter.try_count,
        due_at,
    )


async def add_step(session: AsyncSession, step: RedStep) -> None:
    """Write one step down for ever."""
    await run(
        session,
        "INSERT INTO red_step VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        step.red_letter_id,
        step.step_no,
        step.step_time,
        step.operator,
        step.to_state.value,
        step.move.value if step.move else "",
        step.why,
        step.authority_code,
        step.response_sha256,
    )


async def steps(session: AsyncSession, red_letter_id: str) -> Sequence[RedStep]:
    """Every step of a letter, the first one first."""
    rows = await run(session, "SELECT * FROM red_step WHERE red_letter_id = $1 ORDER BY step_no", red_letter_id)
    return [
        RedStep(
            red_letter_id=row[0],
            step_no=row[1],
            step_time=row[2],
            operator=row[3],
            to_state=RedState(row[4]),
            move=FormMove(row[5]) if row[5] else None,
            why=row[6],
            authority_code=row[7],
            response_sha256=row[8],
        )
        for row in rows
    ]


async def step_count(session: AsyncSession, red_letter_id: str) -> int:
    """How many steps a letter, which is held, has."""
    return int((await run(session, "SELECT count(*) FROM red_step WHERE red_letter_id = $1", red_letter_id))[0][0])


async def get(session: AsyncSession, red_letter_id: str) -> RedLetter | None:
    """A letter as it stands."""
    rows = await run(session, f"{_READ} WHERE red_letter_id = $1", red_letter_id)
    return _letter(rows[0]) if rows else None


async def hold(session: AsyncSession, red_letter_id: str) -> RedLetter | None:
    """The same, held until the transaction ends."""
    rows = await run(session, f"{_READ} WHERE red_letter_id = $1 FOR UPDATE", red_letter_id)
    return _letter(rows[0]) if rows else None


async def asked_by(session: AsyncSession, request_id: str) -> RedLetter | None:
    """The letter that a request_id made."""
    rows = await run(session, f"{_READ} WHERE request_id = $1", request_id)
    return _letter(rows[0]) if rows else None


async def taken_back_minor(session: AsyncSession, invoice_id: str) -> int:
    """What the letters in the books took back of a blue invoice, zero or above."""
    asked = "SELECT coalesce(-sum(amount_minor), 0) FROM red_letter WHERE invoice_id = $1 AND state = 'BOOKED'"
    return int((await run(session, asked, invoice_id))[0][0])


async def is_active(session: AsyncSession, invoice_id: str) -> bool:
    """Whether a blue invoice has a letter under way."""
    asked = "SELECT EXISTS (SELECT FROM red_letter WHERE invoice_id = $1 AND state = ANY ($2::text[]))"
    return bool((await run(session, asked, invoice_id, sorted(ACTIVE)))[0][0])


async def claim(session: AsyncSession, now: datetime, lease_seconds: float, limit: int) -> Sequence[RedLetter]:
    """Letters that are due, each left alone by others for a lease's time."""
    until = now + timedelta(seconds=lease_seconds)
    return [_letter(row) for row in await run(session, _CLAIM, now, until, limit)]


async def known_forms(session: AsyncSession, form_ids: Sequence[str]) -> set[str]:
    """Those of some forms that have a letter here."""
    rows = await run(session, "SELECT form_id FROM red_letter WHERE form_id = ANY ($1::text[])", list(form_ids))
    return {row[0] for row in rows}


async def invoice_of_number(session: AsyncSession, invoice_number: str, seller_tax_id: str) -> str:
    """Our blue invoice of a seller that has this number; empty when none has."""
    rows = await run(session, _OF_NUMBER, invoice_number, seller_tax_id)
    return str(rows[0][0]) if rows else ""


async def is_ours(session: AsyncSession, invoice_id: str, red_number: str) -> bool:
    """Whether the red letter that took a blue invoice back is one of ours, as far as its number is known."""
    return bool((await run(session, _IS_OURS, invoice_id, red_number))[0][0])


async def page(
    session: AsyncSession, limit: int, before: str, merchant_id: str, invoice_id: str, state: RedState | None
) -> Sequence[RedLetter]:
    """Newest first; an empty filter means every value."""
    asked = f"""{_READ}
        WHERE ($2 = '' OR red_letter_id < $2) AND ($3 = '' OR merchant_id = $3) AND ($4 = '' OR invoice_id = $4)
            AND ($5 = '' OR state = $5)
        ORDER BY red_letter_id DESC LIMIT $1
    """
    rows = await run(session, asked, limit, before, merchant_id, invoice_id, state.value if state else "")
    return [_letter(row) for row in rows]


_COLUMNS = (
    "red_letter_id, invoice_id, payment_id, merchant_id, currency_code, amount_minor, reason, note, applied_by, state,"
    " operator, create_time, state_time, form_id, expire_time, red_invoice_id, wanted_move, application_id, try_count"
)
_READ = f"SELECT {_COLUMNS} FROM red_letter"  # noqa: S608  the names are ours
_ADD = f"""
    INSERT INTO red_letter (request_id, due_at, {_COLUMNS})
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
    ON CONFLICT DO NOTHING RETURNING red_letter_id
"""  # noqa: S608
_PUT = """
    UPDATE red_letter SET state = $2, state_time = $3, form_id = $4, expire_time = $5, red_invoice_id = $6,
        wanted_move = $7, try_count = $8, due_at = $9
    WHERE red_letter_id = $1
"""
_CLAIM = f"""
    UPDATE red_letter SET due_at = $2 WHERE red_letter_id IN (
        SELECT red_letter_id FROM red_letter WHERE due_at <= $1 ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED
    ) RETURNING {_COLUMNS}
"""  # noqa: S608
_OF_NUMBER = """
    SELECT invoice_id FROM (
        SELECT invoice_id FROM outbox WHERE invoice_number = $1 AND invoice_number <> ''
        UNION ALL SELECT invoice_id FROM settled WHERE invoice_number = $1 AND invoice_number <> ''
    ) AS numbered JOIN invoice USING (invoice_id) WHERE seller_tax_id = $2 AND kind = 'BLUE' LIMIT 1
"""

_IS_OURS = """
    SELECT EXISTS (
        SELECT FROM invoice WHERE original_invoice_id = $1 AND coalesce(
            (SELECT invoice_number FROM outbox WHERE outbox.invoice_id = invoice.invoice_id),
            (SELECT invoice_number FROM settled WHERE settled.invoice_id = invoice.invoice_id)
        ) IN ('', $2)
    )
"""


def _values(letter: RedLetter) -> tuple[Any, ...]:
    return (
        letter.red_letter_id,
        letter.invoice_id,
        letter.payment_id,
        letter.merchant_id,
        letter.amount.currency_code,
        letter.amount.amount_minor,
        letter.reason.value,
        letter.note,
        letter.applied_by.value,
        letter.state.value,
        letter.operator,
        letter.create_time,
        letter.state_time,
        letter.form_id,
        letter.expire_time,
        letter.red_invoice_id,
        letter.wanted_move.value if letter.wanted_move else None,
        letter.application_id,
        letter.try_count,
    )


def _letter(row: Sequence[Any]) -> RedLetter:
    return RedLetter(
        red_letter_id=row[0],
        invoice_id=row[1],
        payment_id=row[2],
        merchant_id=row[3],
        amount=Money(row[4], row[5]),
        reason=RedReason(row[6]),
        note=row[7],
        applied_by=Side(row[8]),
        state=RedState(row[9]),
        operator=row[10],
        create_time=row[11],
        state_time=row[12],
        form_id=row[13],
        expire_time=row[14],
        red_invoice_id=row[15],
        wanted_move=FormMove(row[16]) if row[16] else None,
        application_id=row[17],
        try_count=row[18],
    )
