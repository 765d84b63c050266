"""A file on its way in: on disk, without a name, hashed as it grows. It does not look into it."""

import asyncio
import hashlib
import tempfile
from types import TracebackType

from services.reconciler.domain.sealed_place import CHUNK_BYTES
from services.reconciler.statements import Source


class Spool:
    """Bytes in order. Only this process can open the file, and it is gone with the process."""

    def __init__(self) -> None:
        # Made with mode 0600 and unlinked at once, or never linked at all.
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  it lives as long as the spool
        self._digest = hashlib.sha256()
        self.size = 0

    async def __aenter__(self) -> "Spool":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    async def write(self, data: bytes) -> None:
        """Add bytes at the end. Raises OSError when the disk is full."""
        await asyncio.to_thread(self._write, data)

    def chunk(self, chunk_no: int) -> bytes:
        """A MiB of it; shorter at the end."""
        self._file.seek(chunk_no * CHUNK_BYTES)
        return self._file.read(CHUNK_BYTES)

    def source(self) -> Source:
        """What has come, to be read as long as the spool is open."""
        self._file.flush()
        return Source(self._file, self.size, self._digest.hexdigest())

    def _write(self, data: bytes) -> None:
        self._file.seek(self.size)
        self._file.write(data)
        self._digest.update(data)
        self.size += len(data)
