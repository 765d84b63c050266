"""SQL of what is compared with the authority's books: who sells, what we have by a key, what is read again."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.invoice_sync.domain.standing import Standing
from services.invoice_sync.store.sql import look_up_by_index, run
from services.invoice_sync.store.standings import SHARED, columns, from_row
from services.invoice_sync.tax import Record


async def sellers(session: AsyncSession, after: str, limit: int) -> Sequence[str]:
    """The next sellers after one that have a profile here, in order."""
    asked = """
        SELECT DISTINCT seller_tax_id FROM merchant_profile WHERE seller_tax_id > $1 ORDER BY seller_tax_id LIMIT $2
    """
    return [row[0] for row in await run(session, asked, after, limit)]


async def known(session: AsyncSession, keys: Sequence[str], numbers: Sequence[str]) -> tuple[dict[str, str], set[str]]:
    """Our invoices by key, and the numbers that we have linked."""
    await look_up_by_index(session)
    by_key = await run(
        session, "SELECT idempotency_key, invoice_id FROM invoice WHERE idempotency_key = ANY ($1::text[])", list(keys)
    )
    linked = """
        SELECT invoice_number FROM outbox WHERE invoice_number = ANY ($1::text[]) AND invoice_number <> ''
        UNION SELECT invoice_number FROM settled WHERE invoice_number = ANY ($1::text[]) AND invoice_number <> ''
    """
    return {row[0]: row[1] for row in by_key}, {row[0] for row in await run(session, linked, list(numbers))}


async def strange(session: AsyncSession, seller_tax_id: str, found: Sequence[Record]) -> list[Record]:
    """What of a seller's list could be an invoice of ours under another name.

    That is not what has a key of ours or a number that we linked. Nor is it what bears another's key and another's
    content once its case is open: it was told. What bears no key is known by its content alone.
    """
    by_key, linked = await known(
        session, [each.idempotency_key for each in found], [each.invoice_number for each in found]
    )
    left = [each for each in found if each.idempotency_key not in by_key and each.invoice_number not in linked]
    frozen_by_us = """SELECT sha256 FROM body WHERE sha256 = ANY ($1::text[])"""
    frozen = {row[0] for row in await run(session, frozen_by_us, [each.document_sha256 for each in left])}
    cases_open = """
        SELECT reference FROM finding_case
        WHERE kind = 'FOREIGN_RECORD' AND invoice_id = '' AND seller_tax_id = $1 AND issue_date = ''
            AND reference = ANY ($2::text[]) AND close_time IS NULL
    """
    told = {row[0] for row in await run(session, cases_open, seller_tax_id, [each.invoice_number for each in left])}
    return [each for each in left if not _is_anothers(each, each.document_sha256 in frozen, told)]


async def look_now(session: AsyncSession, invoice_ids: Sequence[str], now: datetime) -> int:
    """Have what is asked for asked for at once, since the authority's list shows it; how many were."""
    asked = """
        UPDATE outbox SET due_at = $2
        WHERE invoice_id = ANY ($1::text[]) AND work = 'VERIFY' AND parked_reason = '' AND lease_id = '' AND due_at > $2
        RETURNING invoice_id
    """
    return len(await run(session, asked, list(invoice_ids), now))


async def hold_ended(session: AsyncSession, invoice_ids: Sequence[str]) -> Sequence[tuple[Standing, str]]:
    """Hold those of some invoices that ended without standing in the books, each with its seller's lane."""
    asked = f"""
        SELECT {columns(SHARED, "settled.")}, NULL, NULL, invoice.seller_tax_id
        FROM settled JOIN invoice ON invoice.invoice_id = settled.invoice_id
        WHERE settled.invoice_id = ANY ($1::text[])
            AND settled.sync_state IN ('REJECTED', 'INVALID', 'ABANDONED', 'CANCELLED', 'MISMATCH')
        ORDER BY settled.invoice_id FOR UPDATE OF settled SKIP LOCKED
    """  # noqa: S608  the names are ours
    await look_up_by_index(session)
    return [(from_row(row), row[-1]) for row in await run(session, asked, list(invoice_ids))]


async def payments_cancelled(session: AsyncSession, invoice_ids: Sequence[str]) -> set[str]:
    """The payments of those of some invoices that were cancelled after they had been sent."""
    asked = """
        SELECT payment_id FROM settled JOIN invoice USING (invoice_id)
        WHERE invoice_id = ANY ($1::text[]) AND sync_state = 'CANCELLED' AND submit_count > 0
    """
    await look_up_by_index(session)
    return {row[0] for row in await run(session, asked, list(invoice_ids))}


async def hold_cancelled(session: AsyncSession, invoice_ids: Sequence[str]) -> Sequence[str]:
    """Hold those of some invoices that were cancelled after they had been sent; their payments are held."""
    asked = """
        SELECT invoice_id FROM settled
        WHERE invoice_id = ANY ($1::text[]) AND sync_state = 'CANCELLED' AND submit_count > 0
        ORDER BY invoice_id FOR UPDATE
    """
    return [row[0] for row in await run(session, asked, list(invoice_ids))]


async def to_recheck(session: AsyncSession, now: datetime, limit: int) -> Sequence[tuple[Standing, str]]:
    """Hold confirmed invoices whose time to be read again has come, each with its lane."""
    asked = f"""
        SELECT {columns(SHARED, "settled.")}, NULL, NULL, invoice.seller_tax_id
        FROM settled JOIN invoice ON invoice.invoice_id = settled.invoice_id
        WHERE settled.check_at <= $1 ORDER BY settled.check_at LIMIT $2 FOR UPDATE OF settled SKIP LOCKED
    """  # noqa: S608  the names are ours
    await look_up_by_index(session)
    return [(from_row(row), row[-1]) for row in await run(session, asked, now, limit)]


async def recheck(session: AsyncSession, invoice_ids: Sequence[str], now: datetime) -> None:
    """Have what is in the books read again at once."""
    settled = "UPDATE settled SET check_at = $2 WHERE invoice_id = ANY ($1::text[]) AND sync_state = 'CONFIRMED'"
    await run(session, settled, list(invoice_ids), now)
    waits = """
        UPDATE outbox SET due_at = $2
        WHERE invoice_id = ANY ($1::text[]) AND work = 'CONFIRM' AND lease_id = '' AND due_at > $2
    """
    await run(session, waits, list(invoice_ids), now)


async def recheck_day(session: AsyncSession, seller_tax_id: str, issue_date: date, now: datetime, limit: int) -> int:
    """Have confirmed invoices of a seller's day read again at once; how many."""
    await look_up_by_index(session)
    asked = """
        UPDATE settled SET check_at = $3 WHERE invoice_id IN (
            SELECT settled.invoice_id FROM invoice JOIN settled ON settled.invoice_id = invoice.invoice_id
            WHERE invoice.seller_tax_id = $1 AND invoice.issue_date = $2 AND settled.sync_state = 'CONFIRMED'
            ORDER BY settled.invoice_id LIMIT $4 FOR UPDATE OF settled SKIP LOCKED
        ) RETURNING invoice_id
    """
    return len(await run(session, asked, seller_tax_id, issue_date, now, limit))


def _is_anothers(record: Record, is_our_content: bool, told: set[str]) -> bool:
    if not record.idempotency_key:
        return is_our_content
    return not is_our_content and record.invoice_number in told
