"""SQL of our own control totals: what of a seller's day stands in the authority's books by our knowledge."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from services.invoice_sync.store.sql import look_up_by_index, run

# What a red letter took back stands in the books still; what was voided does not count there.
_IN_BOOKS = """
    (standing.sync_state IN ('BOOKED', 'CONFIRMED') OR standing.sync_state = 'VOIDED' AND standing.red_number <> '')
"""


@dataclass(frozen=True, slots=True)
class DayTotals:
    """Blue invoices of a seller's day, counted and summed in minor units; `open_count` are those still on their way."""

    blue_count: int
    blue_minor: int
    open_count: int


async def day_of(session: AsyncSession, invoice_id: str) -> tuple[str, date]:
    """The seller of an invoice and its day."""
    asked = "SELECT seller_tax_id, issue_date FROM invoice WHERE invoice_id = $1"
    ((seller_tax_id, issue_date),) = await run(session, asked, invoice_id)
    return seller_tax_id, issue_date


async def of_day(session: AsyncSession, seller_tax_id: str, issue_date: date) -> DayTotals:
    """Those of a seller's day."""
    await look_up_by_index(session)
    asked = f"""
        SELECT
            count(*) FILTER (WHERE {_IN_BOOKS})::int,
            coalesce(sum(invoice.amount_minor) FILTER (WHERE {_IN_BOOKS}), 0)::bigint,
            count(*) FILTER (WHERE standing.sync_state IN ('SENDING', 'UNKNOWN', 'SUBMITTED', 'ACKED', 'MISSING'))::int
        FROM invoice JOIN standing ON standing.invoice_id = invoice.invoice_id
        WHERE invoice.seller_tax_id = $1 AND invoice.issue_date = $2
    """  # noqa: S608  the names are ours
    ((count, minor, open_count),) = await run(session, asked, seller_tax_id, issue_date)
    return DayTotals(count, minor, open_count)


async def days(
    session: AsyncSession, since: date, until: date, after: tuple[str, date], limit: int
) -> Sequence[tuple[str, date]]:
    """Sellers' days with invoices, after a place in the ring; ('', any day) is its beginning.

    A walk of the index from day to day, however many invoices each has.
    """
    await look_up_by_index(session)
    rows = await run(session, _DAYS, since, until, *after, limit)
    return [(row[0], row[1]) for row in rows]


# A day before `since` is no place to stop at: the walk goes on at the first day that counts of the same seller.
_DAYS = """
    WITH RECURSIVE ring AS (
        (
            SELECT seller_tax_id, issue_date FROM invoice
            WHERE (seller_tax_id, issue_date) > ($3, $4::date)
            ORDER BY seller_tax_id, issue_date LIMIT 1
        )
        UNION ALL
        SELECT onward.seller_tax_id, onward.issue_date
        FROM ring CROSS JOIN LATERAL (
            SELECT seller_tax_id, issue_date FROM invoice
            WHERE (seller_tax_id, issue_date)
                > (ring.seller_tax_id, CASE WHEN ring.issue_date < $1 THEN $1 - 1 ELSE ring.issue_date END)
            ORDER BY seller_tax_id, issue_date LIMIT 1
        ) AS onward
    )
    SELECT seller_tax_id, issue_date FROM ring WHERE issue_date BETWEEN $1 AND $2 LIMIT $5
"""
