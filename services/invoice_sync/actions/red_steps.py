"""Moves a red letter on, with the step that says who, when and why, in its caller's transaction. It calls nobody."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.invoice_sync.domain.attempt import TaxAnswer
from services.invoice_sync.domain.red_form import FormMove
from services.invoice_sync.domain.red_letter import RedLetter, RedStep
from services.invoice_sync.store import red_letters

# Who acts when no person does.
OURSELVES = "bihuan"
AUTHORITY = "tax authority"


async def move_on(
    session: AsyncSession,
    letter: RedLetter,
    now: datetime,
    due_at: datetime | None,
    operator: str,
    why: str,
    *,
    move: FormMove | None = None,
    answer: TaxAnswer | None = None,
) -> None:
    """Write where a letter, which is held, stands now, and the step that led there."""
    step_no = await red_letters.step_count(session, letter.red_letter_id) + 1
    code, sha256 = (answer.authority_code, answer.response_sha256) if answer else ("", "")
    await red_letters.put(session, letter, due_at)
    step = RedStep(letter.red_letter_id, step_no, now, operator, letter.state, move, why, code, sha256)
    await red_letters.add_step(session, step)
