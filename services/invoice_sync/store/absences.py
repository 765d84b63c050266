"""SQL that reads every round of the proof of absence, those that a later sign of presence voided too."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.invoice_sync.domain.absence import Canary, Round
from services.invoice_sync.store.sql import run

_ROUNDS_MAX = 200


@dataclass(frozen=True, slots=True)
class CountedRound:
    """A round, and how far the authority's book was complete then, as the attempt that read its list was told."""

    round: Round
    window_attempt_id: str | None
    watermark: datetime | None


async def of_invoice(session: AsyncSession, invoice_id: str) -> Sequence[CountedRound]:
    """The newest 200 rounds of an invoice, oldest first."""
    asked = """
        SELECT round_id, round_time, canary, window_attempt_id, watermark FROM absence_round
        WHERE invoice_id = $1 ORDER BY round_time DESC LIMIT $2
    """
    rows = await run(session, asked, invoice_id, _ROUNDS_MAX)
    return [CountedRound(Round(row[0], row[1], Canary(row[2])), row[3], row[4]) for row in reversed(rows)]
