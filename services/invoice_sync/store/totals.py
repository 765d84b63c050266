"""SQL of our own control totals: what of a seller's day stands in the authority's books by our knowledge."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from services.invoice_sync.store.sql import run

_IN_BOOKS = "standing.sync_state IN ('BOOKED', 'CONFIRMED')"


@dataclass(frozen=True, slots=True)
class DayTotals:
    """Blue invoices of a seller's day, counted and summed in minor units; `open_count` are those still on their way."""

    seller_tax_id: str
    issue_date: date
    blue_count: int
    blue_minor: int
    open_count: int


async def of_day(session: AsyncSession, invoice_id: str) -> DayTotals:
    """Those of the day of an invoice."""
    asked = f"""
        SELECT one.seller_tax_id, one.issue_date,
            count(*) FILTER (WHERE {_IN_BOOKS})::int,
            coalesce(sum(invoice.amount_minor) FILTER (WHERE {_IN_BOOKS}), 0)::bigint,
            count(*) FILTER (WHERE standing.sync_state IN ('SENDING', 'UNKNOWN', 'SUBMITTED', 'ACKED', 'MISSING'))::int
        FROM invoice AS one
        JOIN invoice ON invoice.seller_tax_id = one.seller_tax_id AND invoice.issue_date = one.issue_date
        JOIN standing ON standing.invoice_id = invoice.invoice_id
        WHERE one.invoice_id = $1 GROUP BY 1, 2
    """  # noqa: S608  the names are ours
    ((seller, issue_date, count, minor, open_count),) = await run(session, asked, invoice_id)
    return DayTotals(seller, issue_date, count, minor, open_count)


async def days(
    session: AsyncSession, since: date, until: date, after: str, limit: int
) -> Sequence[tuple[str, date, str]]:
    """Sellers' days with invoices, each with one of them, after a place in the ring ('seller|day', '' at first)."""
    asked = """
        SELECT seller_tax_id, issue_date, min(invoice_id) FROM invoice
        WHERE issue_date BETWEEN $1 AND $2 AND seller_tax_id || '|' || issue_date::text > $3
        GROUP BY 1, 2 ORDER BY seller_tax_id || '|' || issue_date::text LIMIT $4
    """
    return [(row[0], row[1], row[2]) for row in await run(session, asked, since, until, after, limit)]
