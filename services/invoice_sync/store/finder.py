"""SQL that finds invoices by what people ask: a mistyped reference, a buyer, all that is not in the tax system."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from services.invoice_sync.domain.invoice import PERSON
from services.invoice_sync.store.sql import run

# What nothing is due for and which is still not in the books, or no more. What was abandoned is so on purpose.
_PROBLEMS = ("INVALID", "REJECTED", "MISMATCH", "VOIDED")

_LISTED = """
    (SELECT invoice_id FROM {table} WHERE {which} AND invoice_id > $1 AND ($3 = '' OR EXISTS (
        SELECT FROM invoice WHERE invoice.invoice_id = {table}.invoice_id AND invoice.merchant_id = $3
    )) ORDER BY invoice_id LIMIT $2)
"""


async def known(session: AsyncSession, references: Sequence[str]) -> set[str]:
    """Those that are a number, an invoice id, a payment id or an order number of ours."""
    asked = """
        SELECT invoice_number FROM outbox WHERE invoice_number = ANY ($1::text[]) AND invoice_number <> ''
        UNION SELECT invoice_number FROM settled WHERE invoice_number = ANY ($1::text[]) AND invoice_number <> ''
        UNION SELECT invoice_id FROM invoice WHERE invoice_id = ANY ($1::text[])
        UNION SELECT payment_id FROM payment_follow WHERE payment_id = ANY ($1::text[])
        UNION SELECT merchant_order_no FROM payment_follow WHERE merchant_order_no = ANY ($1::text[])
    """
    return {row[0] for row in await run(session, asked, list(references))}


async def named(session: AsyncSession, references: Sequence[str]) -> Sequence[tuple[str, str]]:
    """Those that are the number or the order number of an invoice, each with the invoice's id."""
    asked = """
        SELECT invoice_number, invoice_id FROM outbox
            WHERE invoice_number = ANY ($1::text[]) AND invoice_number <> ''
        UNION SELECT invoice_number, invoice_id FROM settled
            WHERE invoice_number = ANY ($1::text[]) AND invoice_number <> ''
        UNION SELECT merchant_order_no, invoice_id FROM invoice WHERE merchant_order_no = ANY ($1::text[])
    """
    return [(row[0], row[1]) for row in await run(session, asked, list(references))]


async def not_in_system(session: AsyncSession, after: str, limit: int, merchant_id: str) -> Sequence[str]:
    """Invoices that are on their way or in trouble, in order of id, after one; each state by its index."""
    problems = [_LISTED.format(table="settled", which=f"sync_state = '{state}'") for state in _PROBLEMS]
    under_way = _LISTED.format(table="outbox", which="work <> 'CONFIRM'")
    asked = " UNION ALL ".join([under_way, *problems]) + " ORDER BY invoice_id LIMIT $2"
    return [row[0] for row in await run(session, asked, after, limit, merchant_id)]


async def without_invoice(
    session: AsyncSession, after: tuple[str, str], limit: int, merchant_id: str
) -> Sequence[tuple[str, str]]:
    """Payments that succeeded and have no invoice, by merchant and id, after such a pair; by their partial index.

    Those that only wait to be reconciled or for a refund's end, and those that went back in full, are left out: none is
    due.
    """
    of_merchant = "merchant_id = $4" if merchant_id else "$4 = ''"
    asked = f"""
        SELECT merchant_id, payment_id FROM payment_follow LEFT JOIN merchant_profile USING (merchant_id)
        WHERE invoice_id IS NULL AND state = 'SUCCEEDED'
            AND refund_reserved_minor = 0 AND refunded_minor < amount_minor
            AND (merchant_id, payment_id) > ($1, $2) AND {of_merchant}
            AND (issue_policy IS DISTINCT FROM 'ON_RECONCILIATION' OR reconciliation_state = 'MATCHED')
        ORDER BY merchant_id, payment_id LIMIT $3
    """  # noqa: S608
    return [(row[0], row[1]) for row in await run(session, asked, *after, limit, merchant_id)]


async def of_buyer(
    session: AsyncSession, buyer_tax_id: str, buyer_title: str, merchant_id: str, limit: int
) -> Sequence[str]:
    """A buyer's invoices, those that are not in the books first, then the newest.

    By title alone only what names somebody: most persons' invoices bear the same word.
    """
    named = f"buyer_title = $2 AND buyer_title <> '{PERSON.name}'"
    by = "buyer_tax_id = $1 AND ($2 = '' OR buyer_title = $2)" if buyer_tax_id else f"$1 = '' AND {named}"
    asked = f"""
        SELECT invoice_id FROM invoice JOIN standing USING (invoice_id)
        WHERE {by} AND ($3 = '' OR merchant_id = $3)
        ORDER BY sync_state IN ('BOOKED', 'CONFIRMED'), invoice_id DESC LIMIT $4
    """  # noqa: S608
    return [row[0] for row in await run(session, asked, buyer_tax_id, buyer_title, merchant_id, limit)]
