"""A file on its way in: on disk, without a name, hashed as it grows, within a limit. It does not look into it."""

import hashlib
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import IO

from services.invoice_sync.bulk_file.refusal import refused


@dataclass(frozen=True, slots=True)
class Spooled:
    """A file that came whole: open until its block ends, and gone with it."""

    file: IO[bytes]
    size_bytes: int
    sha256: str

    def content(self) -> bytes:
        """All of it."""
        self.file.seek(0)
        return self.file.read()


@asynccontextmanager
async def spooled(chunks: AsyncIterator[bytes], bytes_max: int) -> AsyncIterator[Spooled]:
    """Take all chunks. Raises Fault BULK_FILE_REFUSED beyond the limit, and whatever the chunks raise."""
    digest, size_bytes = hashlib.sha256(), 0
    # Made with mode 0600 and unlinked at once, or never linked at all.
    with tempfile.TemporaryFile() as file:
        async for chunk in chunks:
            size_bytes += len(chunk)
            if size_bytes > bytes_max:
                raise refused("TOO_MANY_BYTES", value=f"{size_bytes}")
            digest.update(chunk)
            file.write(chunk)
        yield Spooled(file, size_bytes, digest.hexdigest())
