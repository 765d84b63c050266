"""Sealing the files that the release before this one kept as they came. It reads none of them."""

import asyncio

from chassis.crypto import KeyRing
from chassis.database import Sessions
from chassis.telemetry import traced
from services.reconciler.domain.sealed_place import CHUNK_BYTES, of_file
from services.reconciler.store.statement_file import StatementFileStore


class SealingActions:
    """What a worker does with files that are not sealed; beside the release before this one there may be new ones."""

    def __init__(self, sessions: Sessions, ring: KeyRing) -> None:
        self._sessions = sessions
        self._ring = ring

    @traced
    async def seal_files(self) -> int:
        """Seal one file; how many there were to seal, 0 or 1."""
        async with self._sessions.begin() as session:
            store = StatementFileStore(session)
            if (found := await store.lock_open()) is None:
                return 0
            file_sha256, content = found
            for chunk_no, start in enumerate(range(0, len(content), CHUNK_BYTES)):
                chunk = content[start : start + CHUNK_BYTES]
                sealed = await asyncio.to_thread(self._ring.seal, chunk, of_file(file_sha256, chunk_no))
                await store.add_chunk(file_sha256, chunk_no, sealed)
            await store.empty_open(file_sha256)
        return 1
