"""SQL of our own control totals: what of a seller's day stands in the authority's books by our knowledge.

They run along: whoever moves an invoice into the books or out of them calls `move` in the same transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.invoice_sync.domain.claim import EXPRESS_MARK
from services.invoice_sync.store.sql import look_up_by_index, run


@dataclass(frozen=True, slots=True)
class DayTotals:
    """Invoices of a seller's day, counted and summed in minor units; `moving` while some are on their way.

    The sum of the red ones is zero or below. `count_time` is when they were last counted one by one; None when they
    never were.
    """

    blue_count: int
    blue_minor: int
    moving: bool
    count_time: datetime | None
    red_count: int = 0
    red_minor: int = 0


async def day_of(session: AsyncSession, invoice_id: str) -> tuple[tuple[str, date], bool]:
    """The seller of an invoice and its day, and whether it is a red one."""
    asked = "SELECT seller_tax_id, issue_date, kind = 'RED' FROM invoice WHERE invoice_id = $1"
    ((seller_tax_id, issue_date, is_red),) = await run(session, asked, invoice_id)
    return (seller_tax_id, issue_date), is_red


async def of_day(session: AsyncSession, seller_tax_id: str, issue_date: date) -> DayTotals:
    """Those of a seller's day, however many invoices it has; only what is under way is looked through."""
    await look_up_by_index(session)
    rows = await run(session, _TOTAL, seller_tax_id, issue_date)
    count, minor, counted, red_count, red_minor = rows[0] if rows else (0, 0, None, 0, 0)
    lanes = [seller_tax_id, EXPRESS_MARK + seller_tax_id]
    ((moving,),) = await run(session, _MOVING, lanes, issue_date)
    return DayTotals(count, minor, moving, counted, red_count, red_minor)


async def move(session: AsyncSession, entered: Sequence[str], left: Sequence[str]) -> None:
    """Add invoices that have entered the books to the totals of their days, and take off what has left them."""
    signs = [1] * len(entered) + [-1] * len(left)
    if signs:
        await look_up_by_index(session)
        await run(session, _MOVE, [*entered, *left], signs)


async def recount(session: AsyncSession, seller_tax_id: str, issue_date: date, now: datetime) -> None:
    """Count a seller's day out of its invoices: what a hand in the database did passed the running totals by.

    The row is held first, so that what moves meanwhile is either counted or added behind.
    """
    await look_up_by_index(session)
    await run(session, _BEGIN, seller_tax_id, issue_date)
    await run(session, f"{_TOTAL} FOR UPDATE", seller_tax_id, issue_date)
    await run(session, _RECOUNT, seller_tax_id, issue_date, now)


async def days(
    session: AsyncSession, since: date, until: date, after: tuple[str, date], limit: int
) -> Sequence[tuple[str, date]]:
    """Sellers' days with invoices, after a place in the ring; ('', any day) is its beginning.

    A walk of the index from day to day, however many invoices each has.
    """
    await look_up_by_index(session)
    rows = await run(session, _DAYS, since, until, *after, limit)
    return [(row[0], row[1]) for row in rows]


_TOTAL = """
    SELECT blue_count, blue_minor, count_time, red_count, red_minor
    FROM day_total WHERE seller_tax_id = $1 AND issue_date = $2
"""
_BEGIN = "INSERT INTO day_total VALUES ($1, $2, 0, 0, NULL) ON CONFLICT DO NOTHING"
# Of its seller's alone, and each part by its own index.
_MOVING = """
    SELECT EXISTS (
        SELECT FROM (
            SELECT invoice_id, sync_state FROM outbox
            WHERE work IN ('SUBMIT', 'VERIFY', 'SEAL') AND lane = ANY ($1::text[]) AND parked_reason = ''
            UNION ALL
            SELECT invoice_id, sync_state FROM outbox WHERE lane = ANY ($1::text[]) AND parked_reason <> ''
        ) AS under_way JOIN invoice ON invoice.invoice_id = under_way.invoice_id
        WHERE under_way.sync_state IN ('SENDING', 'UNKNOWN', 'SUBMITTED', 'ACKED', 'MISSING', 'MANUAL')
            AND issue_date = $2
    )
"""
# Days in order, so that two of these wait for each other and never both.
_MOVE = """
    INSERT INTO day_total (seller_tax_id, issue_date, blue_count, blue_minor, red_count, red_minor)
    SELECT seller_tax_id, issue_date,
        coalesce(sum(moved.sign) FILTER (WHERE kind = 'BLUE'), 0),
        coalesce(sum(moved.sign * amount_minor) FILTER (WHERE kind = 'BLUE'), 0),
        coalesce(sum(moved.sign) FILTER (WHERE kind = 'RED'), 0),
        coalesce(sum(moved.sign * amount_minor) FILTER (WHERE kind = 'RED'), 0)
    FROM unnest($1::text[], $2::int[]) AS moved (invoice_id, sign) JOIN invoice USING (invoice_id)
    GROUP BY seller_tax_id, issue_date ORDER BY seller_tax_id, issue_date
    ON CONFLICT (seller_tax_id, issue_date) DO UPDATE
        SET blue_count = day_total.blue_count + excluded.blue_count,
            blue_minor = day_total.blue_minor + excluded.blue_minor,
            red_count = day_total.red_count + excluded.red_count,
            red_minor = day_total.red_minor + excluded.red_minor
"""
# What a red letter took back stands in the books still; what was voided does not count there.
_RECOUNT = """
    UPDATE day_total SET (blue_count, blue_minor, red_count, red_minor, count_time) = (
        SELECT
            count(*) FILTER (WHERE kind = 'BLUE'),
            coalesce(sum(invoice.amount_minor) FILTER (WHERE kind = 'BLUE'), 0),
            count(*) FILTER (WHERE kind = 'RED'),
            coalesce(sum(invoice.amount_minor) FILTER (WHERE kind = 'RED'), 0),
            $3::timestamptz
        FROM invoice JOIN standing ON standing.invoice_id = invoice.invoice_id
        WHERE invoice.seller_tax_id = $1 AND invoice.issue_date = $2
            AND (
                standing.sync_state IN ('BOOKED', 'CONFIRMED')
                OR standing.sync_state = 'VOIDED' AND standing.red_number <> ''
            )
    ) WHERE seller_tax_id = $1 AND issue_date = $2
"""
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
