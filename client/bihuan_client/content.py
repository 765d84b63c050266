"""The bytes of an upload, read as they are sent and never held whole. It knows no call."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

Content = bytes | Path | BinaryIO
_PART_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Parts:
    """A stream in parts. One that cannot be read again from its start can be sent only once."""

    stream: BinaryIO
    start: int | None

    @property
    def can_rewind(self) -> bool:
        """Whether it can be sent again."""
        return self.start is not None

    def rewind(self) -> None:
        """Go back to where the first try began."""
        if self.start is not None:
            self.stream.seek(self.start)

    def __iter__(self) -> Iterator[bytes]:
        while part := self.stream.read(_PART_BYTES):
            yield part

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while part := await asyncio.to_thread(self.stream.read, _PART_BYTES):
            yield part


@contextlib.contextmanager
def parts_of(content: Content) -> Iterator[Parts]:
    """What there is to send. A file that is named is opened and closed here; one that is given stays open."""
    if isinstance(content, Path):
        with content.open("rb") as stream:
            yield Parts(stream, 0)
    elif isinstance(content, bytes):
        yield Parts(BytesIO(content), 0)
    else:
        yield Parts(content, content.tell() if content.seekable() else None)
