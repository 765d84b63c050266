"""SQL of bulk actions: each is done once by request_id, and asked again gives what came of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.reconciler.tables import ClearingRequestRow


class ClearingStore:
    """The statements, on the session of one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def begin(
        self, request_id: str, action: str, asked_sha256: bytes, operator: str, note: str, now: datetime
    ) -> bool:
        """Keep that it is asked for; False when it was before. Who asks at the same moment waits for the first."""
        row = {
            "request_id": request_id,
            "action": action,
            "asked_sha256": asked_sha256,
            "operator": operator,
            "note": note,
            "results": [],
            "create_time": now,
        }
        statement = insert(ClearingRequestRow).values(**row).on_conflict_do_nothing()
        added = await self._session.scalars(statement.returning(ClearingRequestRow.request_id))
        return added.one_or_none() is not None

    async def get(self, request_id: str) -> ClearingRequestRow | None:
        """The action that a request asked for."""
        return await self._session.get(ClearingRequestRow, request_id)

    async def end(self, request_id: str, results: Sequence[dict[str, Any]]) -> None:
        """Keep what came of each row."""
        statement = (
            update(ClearingRequestRow)
            .where(ClearingRequestRow.request_id == request_id)
            .values(results=list(results))
            .execution_options(synchronize_session=False)
        )
        await self._session.execute(statement)
