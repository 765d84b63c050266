"""Getting statement files from where channels lay them out. It decides nothing about when, and reads no file."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

from services.reconciler.domain.fetch import Cause
from services.reconciler.spool import Spool


@dataclass(frozen=True, slots=True)
class Came:
    """The whole file is in the spool. `file_name` is the channel's own, without a folder."""

    file_name: str


@dataclass(frozen=True, slots=True)
class NotCame:
    """There is no whole file; `detail` is for people and holds no secret."""

    cause: Cause
    detail: str


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """For one try: how large a file may be, and how long all of it may take."""

    bytes_max: int
    seconds_max: float


class Fetcher(Protocol):
    """One source's way to its files."""

    async def fetch(self, day: date, spool: Spool) -> Came | NotCame:
        """Put the file of a business date into an empty spool. It ends within its limits and raises for our faults."""


class Stopped(Exception):
    """A try ends here; `not_came` says why."""

    def __init__(self, cause: Cause, detail: str) -> None:
        super().__init__(detail)
        self.not_came = NotCame(cause, detail)


async def pour(spool: Spool, block: bytes, limits: FetchLimits) -> None:
    """Add bytes. Raises Stopped TOO_LARGE before they are more than the limit, KEEPING when our disk fails."""
    if spool.size + len(block) > limits.bytes_max:
        raise Stopped(Cause.TOO_LARGE, f"the file is larger than {limits.bytes_max} bytes")
    try:
        await spool.write(block)
    except OSError as fault:
        raise Stopped(Cause.KEEPING, fault.strerror or type(fault).__name__) from None


def read_secret(path: Path) -> str:
    """The one line of a secret's file, in ASCII. Raises Stopped SECRET, which does not tell it."""
    with secret_faults(path):
        text = path.read_text("utf-8").strip()
        if not (text and text.isascii() and text.isprintable()):
            raise ValueError
    return text


@contextmanager
def secret_faults(path: Path) -> Iterator[None]:
    """Around what reads a secret's file: its faults as Stopped SECRET, by the file's name alone."""
    try:
        yield
    except OSError as fault:
        raise Stopped(Cause.SECRET, f"{path.name}: {fault.strerror}") from None
    except ValueError:
        raise Stopped(Cause.SECRET, f"{path.name} does not hold what it should") from None


def digest_of(spool: Spool, algorithm: str) -> bytes:
    """The digest of what is in the spool."""
    digest = hashlib.new(algorithm, usedforsecurity=False)
    for block in spool.source().blocks():
        digest.update(block)
    return digest.digest()
