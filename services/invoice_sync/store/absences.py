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


async def of_invoices(session: AsyncSession, invoice_ids: Sequence[str]) -> dict[str, list[CountedRound]]:
    """The newest 200 rounds of each invoice, oldest first; an empty list where there is none."""
    asked = """
        SELECT counted.* FROM unnest($1::text[]) AS wanted (id) CROSS JOIN LATERAL (
            SELECT invoice_id, round_id, round_time, canary, window_attempt_id, watermark FROM absence_round
            WHERE invoice_id = wanted.id ORDER BY round_time DESC LIMIT $2
        ) AS counted ORDER BY round_time
    """
    found: dict[str, list[CountedRound]] = {invoice_id: [] for invoice_id in invoice_ids}
    for row in await run(session, asked, list(found), _ROUNDS_MAX):
        found[row[0]].append(CountedRound(Round(row[1], row[2], Canary(row[3])), row[4], row[5]))
    return found
