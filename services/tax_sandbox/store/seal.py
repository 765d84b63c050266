"""The SQL of seals that failed and are tried again."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.tax_sandbox.domain.seal import Seal
from services.tax_sandbox.tables import AcceptanceRow


class SealStore:
    """The columns of `acceptance` that are of its seal."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def hold(self, invoice_number: str) -> Seal | None:
        """The seal of an invoice that was accepted, held until the transaction ends."""
        rows = await self._session.execute(
            select(AcceptanceRow.seal_failed_at, AcceptanceRow.seal_tried_on, AcceptanceRow.seal_tries)
            .where(AcceptanceRow.invoice_number == invoice_number)
            .with_for_update()
        )
        row = rows.one_or_none()
        return Seal(row[0], row[1], row[2]) if row else None

    async def fail_again(self, invoice_number: str, seal: Seal) -> None:
        """Count a try that failed."""
        await self._session.execute(
            update(AcceptanceRow)
            .where(AcceptanceRow.invoice_number == invoice_number)
            .values(seal_failed_at=seal.failed_at, seal_tried_on=seal.tried_on, seal_tries=seal.tries)
        )

    async def seal(self, invoice_number: str, seal: Seal, now: datetime) -> None:
        """Count a try that succeeded: the invoice is due. The watermark does not go back for it."""
        await self._session.execute(
            update(AcceptanceRow)
            .where(AcceptanceRow.invoice_number == invoice_number)
            .values(seal_failed_at=None, seal_tried_on=seal.tried_on, seal_tries=seal.tries, book_at=now)
        )
