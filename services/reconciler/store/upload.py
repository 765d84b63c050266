"""SQL of uploads that have not ended: whole MiBs, sealed, until a call goes on with them or their time is over."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.reconciler.tables import StatementUploadChunkRow, StatementUploadRow


class Begun(NamedTuple):
    """A call's hold on an upload, and the bytes that were there."""

    attempt: int
    received_bytes: int


class UploadStore:
    """The statements, on the session of one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, request_id: str, now: datetime) -> StatementUploadRow | None:
        """An upload whose time is not over."""
        statement = select(StatementUploadRow).where(
            StatementUploadRow.request_id == request_id, StatementUploadRow.expire_time > now
        )
        return (await self._session.scalars(statement)).one_or_none()

    async def begin(self, request_id: str, expire_time: datetime) -> Begun:
        """Take an upload over, or make it; whoever had it before can add no more."""
        new = insert(StatementUploadRow).values(
            request_id=request_id, attempt=1, received_bytes=0, expire_time=expire_time
        )
        statement = new.on_conflict_do_update(
            index_elements=["request_id"],
            set_={"attempt": StatementUploadRow.attempt + 1, "expire_time": expire_time},
        ).returning(StatementUploadRow.attempt, StatementUploadRow.received_bytes)
        return Begun(*(await self._session.execute(statement)).one())

    async def empty(self, request_id: str) -> None:
        """Forget what came, since the file is sent from its beginning."""
        chunks = StatementUploadChunkRow.request_id == request_id
        await self._session.execute(delete(StatementUploadChunkRow).where(chunks))
        upload = StatementUploadRow.request_id == request_id
        await self._session.execute(update(StatementUploadRow).where(upload).values(received_bytes=0))

    async def total_bytes(self) -> int:
        """What all uploads that have not ended hold together."""
        total = await self._session.scalar(select(func.sum(StatementUploadRow.received_bytes)))
        return int(total or 0)

    async def add_chunk(self, request_id: str, attempt: int, chunk_no: int, sealed: bytes, received: int) -> bool:
        """Keep a chunk; False when another call has taken the upload over."""
        statement = (
            update(StatementUploadRow)
            .where(StatementUploadRow.request_id == request_id, StatementUploadRow.attempt == attempt)
            .values(received_bytes=received)
            .returning(StatementUploadRow.request_id)
        )
        if (await self._session.scalars(statement)).one_or_none() is None:
            return False
        values = {"request_id": request_id, "chunk_no": chunk_no, "sealed": sealed}
        await self._session.execute(insert(StatementUploadChunkRow).values(**values))
        return True

    async def chunk(self, request_id: str, chunk_no: int) -> bytes | None:
        """A chunk as it is kept."""
        row = await self._session.get(StatementUploadChunkRow, (request_id, chunk_no))
        return row.sealed if row else None

    async def remove(self, request_id: str) -> None:
        """Forget an upload; its chunks go with it."""
        await self._session.execute(delete(StatementUploadRow).where(StatementUploadRow.request_id == request_id))

    async def remove_expired(self, now: datetime, limit: int) -> int:
        """Forget some whose time is over; how many."""
        due = select(StatementUploadRow.request_id).where(StatementUploadRow.expire_time <= now).limit(limit)
        statement = delete(StatementUploadRow).where(
            StatementUploadRow.request_id.in_(due.with_for_update(skip_locked=True))
        )
        removed = await self._session.scalars(statement.returning(StatementUploadRow.request_id))
        return len(removed.all())
