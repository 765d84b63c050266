"""The seam to tax authorities: what invoice_sync needs of one, and a file for each that it can talk to."""

from typing import Protocol

from services.invoice_sync.domain.attempt import TaxAnswer


class TaxSystem(Protocol):
    """One authority's system. No method raises for what the authority or the network does: that is an answer."""

    async def submit(self, document: bytes, idempotency_key: str) -> TaxAnswer:
        """Send a frozen document under its key.

        ACCEPTED or DUPLICATE with a number, REJECTED with a code, THROTTLED, NOT_RECEIVED only when it is proved that
        no byte arrived, and UNKNOWN for everything else, a time-out first of all.
        """
        ...

    async def query_by_key(self, seller_tax_id: str, idempotency_key: str) -> TaxAnswer:
        """Ask the main database for our key: OK (booked), NOT_YET (taken, not booked), NOT_FOUND, or UNKNOWN."""
        ...

    async def query_by_number(self, invoice_number: str) -> TaxAnswer:
        """Ask the main database for the authority's number: OK (booked), NOT_YET, NOT_FOUND, or UNKNOWN."""
        ...
