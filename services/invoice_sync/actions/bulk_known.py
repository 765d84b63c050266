"""What is known of the payments that rows name: their invoices, profiles, and what awaits a second person."""

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from services.invoice_sync.domain.bulk_judge import Known
from services.invoice_sync.domain.invoice import Party
from services.invoice_sync.domain.payment import Payment
from services.invoice_sync.store import bulk_requests, confirmations, payments


async def known_of(session: AsyncSession, found: Mapping[str, tuple[Payment, str]]) -> dict[str, Known]:
    """By payment_id, of payments with the invoice that each has; four statements however many they are."""
    profiles = await payments.profiles(session, {payment.merchant_id for payment, _ in found.values()})
    buyers = await bulk_requests.buyers(session, {invoice_id for _, invoice_id in found.values() if invoice_id})
    awaiting = await confirmations.awaiting(session, list(found))
    known = {}
    for payment_id, (payment, invoice_id) in found.items():
        waits = awaiting.get(payment_id)
        known[payment_id] = Known(
            payment,
            profiles.get(payment.merchant_id),
            invoice_id,
            Party(*buyers[invoice_id]) if invoice_id else None,
            waits.confirmation.confirmation_id if waits else "",
            waits.confirmation.fingerprint if waits else "",
        )
    return known


def request_id_of(bulk_request_id: str, row_no: int) -> str:
    """The request_id under which a row asks, always the same."""
    return f"{bulk_request_id}.{row_no}"
