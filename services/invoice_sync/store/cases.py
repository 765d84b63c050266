"""SQL of the cases: what a person should see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.invoice_sync.store.sql import look_up_by_index, run

_CASE = "case_id, kind, invoice_id, seller_tax_id, issue_date, reference, fact, fact_zh, open_time, close_time"


@dataclass(frozen=True, slots=True)
class Case:
    """A case. `issue_date` and `reference` (a number at the authority) are empty where it is about neither."""

    case_id: str
    kind: str
    invoice_id: str
    seller_tax_id: str
    issue_date: str
    reference: str
    fact: str
    fact_zh: str
    open_time: datetime
    close_time: datetime | None = None


async def open_case(session: AsyncSession, wanted: Case) -> bool:
    """Open a case; False when the same is open already."""
    made = f"""
        INSERT INTO finding_case ({_CASE}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, NULL)
        ON CONFLICT DO NOTHING RETURNING case_id
    """  # noqa: S608
    rows = await run(
        session,
        made,
        wanted.case_id,
        wanted.kind,
        wanted.invoice_id,
        wanted.seller_tax_id,
        wanted.issue_date,
        wanted.reference,
        wanted.fact,
        wanted.fact_zh,
        wanted.open_time,
    )
    return bool(rows)


async def note(session: AsyncSession, wanted: Case) -> None:
    """Keep what happened as a case that is closed: there is nothing left to do about it."""
    made = f"INSERT INTO finding_case ({_CASE}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)"  # noqa: S608
    about = (wanted.case_id, wanted.kind, wanted.invoice_id, wanted.seller_tax_id, wanted.issue_date, wanted.reference)
    await run(session, made, *about, wanted.fact, wanted.fact_zh, wanted.open_time)


async def open_day(session: AsyncSession, wanted: Case) -> bool:
    """Open a case of a seller's day, or let the one that is open say what is so now; whether it was opened."""
    made = f"""
        INSERT INTO finding_case ({_CASE}) VALUES ($1, $2, '', $3, $4, '', $5, $6, $7, NULL)
        ON CONFLICT (kind, invoice_id, seller_tax_id, issue_date, reference) WHERE close_time IS NULL
            DO UPDATE SET fact = excluded.fact, fact_zh = excluded.fact_zh
        RETURNING case_id
    """  # noqa: S608
    told = (wanted.seller_tax_id, wanted.issue_date, wanted.fact, wanted.fact_zh, wanted.open_time)
    ((case_id,),) = await run(session, made, wanted.case_id, wanted.kind, *told)
    return bool(case_id == wanted.case_id)


async def close_day(session: AsyncSession, kind: str, seller_tax_id: str, issue_date: str, now: datetime) -> int:
    """Close the case of a seller's day, if one is open."""
    closed = """
        UPDATE finding_case SET close_time = $4
        WHERE kind = $1 AND seller_tax_id = $2 AND issue_date = $3 AND close_time IS NULL RETURNING case_id
    """
    return len(await run(session, closed, kind, seller_tax_id, issue_date, now))


async def close_settled(session: AsyncSession, now: datetime) -> int:
    """Close the cases whose matter is settled by what we know; how many.

    Of an invoice that was gone or another's: it is in the books, voided, or people have left it. Of one that was given
    up: it goes on. Of one that had ended and is booked: it was corrected and read back, or proved another's. Of a
    record that was not ours: its number is linked. Of a payment: it is taken, has its invoice, or no invoice too high.
    """
    await look_up_by_index(session)
    return sum([len(await run(session, each, now)) for each in _CLOSE_SETTLED])


async def open_of_invoices(session: AsyncSession, kind: str, after: str, limit: int) -> Sequence[str]:
    """The next invoices with an open case of a kind, after one, in order."""
    asked = """
        SELECT invoice_id FROM finding_case WHERE close_time IS NULL AND kind = $1 AND invoice_id > $2
        ORDER BY invoice_id LIMIT $3
    """
    return [row[0] for row in await run(session, asked, kind, after, limit)]


async def close_of_invoices(session: AsyncSession, kind: str, invoice_ids: Sequence[str], now: datetime) -> int:
    """Close the open cases of a kind of these invoices; how many."""
    closed = """
        UPDATE finding_case SET close_time = $3
        WHERE kind = $1 AND invoice_id = ANY ($2::text[]) AND close_time IS NULL RETURNING case_id
    """
    return len(await run(session, closed, kind, list(invoice_ids), now))


async def page(
    session: AsyncSession, limit: int, before: tuple[bool, str] | None, kind: str, *, open_only: bool
) -> Sequence[Case]:
    """Open ones first, then the newest; `before` is whether the last one was open, and its id."""
    asked = f"""
        SELECT {_CASE} FROM finding_case
        WHERE ($1::bool IS NULL OR (close_time IS NULL, case_id) < ($1, $2))
            AND ($3 = '' OR kind = $3) AND (NOT $4 OR close_time IS NULL)
        ORDER BY (close_time IS NULL) DESC, case_id DESC LIMIT $5
    """  # noqa: S608
    was_open, last = before or (None, "")
    rows: Sequence[Sequence[Any]] = await run(session, asked, was_open, last, kind, open_only, limit)
    return [Case(*row) for row in rows]


# Where an invoice stands is asked for each open case: a join may be turned round, and read all that is done.
_CLOSE_SETTLED = (
    """
    UPDATE finding_case SET close_time = $1
    WHERE close_time IS NULL AND kind IN ('MISSING', 'MISMATCH', 'ELSEWHERE') AND (
        SELECT sync_state FROM standing WHERE standing.invoice_id = finding_case.invoice_id
    ) IN ('BOOKED', 'CONFIRMED', 'VOIDED', 'ABANDONED', 'CANCELLED')
    RETURNING case_id
    """,
    """
    UPDATE finding_case SET close_time = $1
    WHERE close_time IS NULL AND kind = 'GIVEN_UP' AND (
        SELECT parked_reason FROM standing WHERE standing.invoice_id = finding_case.invoice_id
    ) = ''
    RETURNING case_id
    """,
    """
    UPDATE finding_case SET close_time = $1
    WHERE close_time IS NULL AND kind = 'ENDED_BUT_BOOKED' AND (
        SELECT sync_state FROM standing WHERE standing.invoice_id = finding_case.invoice_id
    ) IN ('BOOKED', 'CONFIRMED', 'VOIDED', 'MISMATCH')
    RETURNING case_id
    """,
    """
    UPDATE finding_case SET close_time = $1
    WHERE close_time IS NULL AND kind = 'FOREIGN_RECORD' AND (
        (SELECT true FROM outbox WHERE invoice_number = finding_case.reference AND invoice_number <> '' LIMIT 1)
        OR (SELECT true FROM settled WHERE invoice_number = finding_case.reference AND invoice_number <> '' LIMIT 1)
    ) RETURNING case_id
    """,
    """
    UPDATE finding_case SET close_time = $1
    FROM payment_follow
    WHERE close_time IS NULL AND kind = 'PAYMENT_UNTAKEN' AND payment_follow.payment_id = finding_case.reference
        AND (payment_follow.invoice_id IS NOT NULL OR payment_follow.refunded_minor = payment_follow.amount_minor)
    RETURNING case_id
    """,
    """
    UPDATE finding_case SET close_time = $1
    WHERE close_time IS NULL AND kind IN ('RED_REQUIRED', 'NOT_MADE_AGAIN') AND coalesce((
        SELECT red_required_minor FROM invoiceable WHERE invoiceable.payment_id = finding_case.reference
    ), 0) = 0
    RETURNING case_id
    """,
    """
    UPDATE finding_case SET close_time = $1
    FROM feed_cursor
    WHERE close_time IS NULL AND kind = 'FEED_HELD' AND feed = 'payments'
        AND next_sequence > CASE kind WHEN 'FEED_HELD' THEN finding_case.reference::bigint END
    RETURNING case_id
    """,
)
