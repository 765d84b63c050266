"""SQL of the bytes of statement files: sealed by the MiB, under the SHA-256 of the whole."""

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.reconciler.tables import StatementFileChunkRow, StatementFileRow


class StatementFileStore:
    """The statements, on the session of one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, file_sha256: str, size_bytes: int) -> bool:
        """Make a place for a file; False when it has one."""
        statement = insert(StatementFileRow).values(file_sha256=file_sha256, size_bytes=size_bytes)
        added = statement.on_conflict_do_nothing().returning(StatementFileRow.file_sha256)
        return (await self._session.scalars(added)).one_or_none() is not None

    async def add_chunk(self, file_sha256: str, chunk_no: int, sealed: bytes) -> None:
        """Keep a chunk."""
        values = {"file_sha256": file_sha256, "chunk_no": chunk_no, "sealed": sealed}
        await self._session.execute(insert(StatementFileChunkRow).values(**values))

    async def lock_open(self) -> tuple[str, bytes] | None:
        """A file whose bytes are not sealed, held until the transaction ends; None when there is none."""
        statement = (
            select(StatementFileRow.file_sha256, StatementFileRow.content)
            .where(StatementFileRow.content.is_not(None))
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        row = (await self._session.execute(statement)).one_or_none()
        return (row.file_sha256, row.content) if row else None

    async def empty_open(self, file_sha256: str) -> None:
        """Let go of the bytes that were not sealed."""
        statement = update(StatementFileRow).where(StatementFileRow.file_sha256 == file_sha256)
        size_bytes = func.length(StatementFileRow.content)
        await self._session.execute(statement.values(content=None, size_bytes=size_bytes))
