"""The places of the archive: a folder or a bucket of an S3-compatible store. They hold bytes, and judge nothing.

A name is the hash of what stands under it, so whatever is written twice is the same; only `mend` writes over.
"""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, ObjectStore, S3Store

_TIMEOUT_SECONDS = 20
_CONNECT_SECONDS = 5
_RETRIES_MAX = 2
_RETRY_SECONDS = 10


class Unreachable(Exception):
    """The place did not answer, or not with the thing: whether it holds it is unknown."""


@dataclass(frozen=True, slots=True)
class S3Access:
    """How an S3-compatible store is reached: `endpoint` with its scheme; keys are never part of the repr."""

    endpoint: str
    region: str
    credential_file: str


class Place:
    """One place, by its name."""

    def __init__(self, name: str, store: ObjectStore, folder: Path | None = None) -> None:
        """`folder` is where a store of this machine keeps its files; None for one that is asked by network."""
        self.name = name
        self._store = store
        self._folder = folder

    async def read(self, key: str) -> bytes | None:
        """All that stands under a name; None when nothing does. Raises Unreachable."""
        try:
            found = await obstore.get_async(self._store, key)
            return bytes(await found.bytes_async())
        except FileNotFoundError:
            return None
        except (BaseError, OSError) as fault:
            raise Unreachable(f"{self.name}: {type(fault).__name__}") from fault

    async def put_once(self, key: str, content: bytes) -> None:
        """Write what is not there; what is there stays as it is. Raises Unreachable: it may be written then."""
        try:
            await obstore.put_async(self._store, key, content, mode="create")
        except AlreadyExistsError:
            return
        except (BaseError, OSError) as fault:
            raise Unreachable(f"{self.name}: {type(fault).__name__}") from fault

    async def mend(self, key: str, content: bytes) -> None:
        """Write over what was found damaged. Raises Unreachable."""
        try:
            await obstore.put_async(self._store, key, content, mode="overwrite")
        except (BaseError, OSError) as fault:
            raise Unreachable(f"{self.name}: {type(fault).__name__}") from fault

    async def settle(self, key: str) -> None:
        """Have what stands under a name outlast a loss of power. Raises Unreachable.

        A bucket has it before it answers.
        """
        if self._folder is None:
            return
        try:
            await asyncio.to_thread(_sync, self._folder, key)
        except OSError as fault:
            raise Unreachable(f"{self.name}: {type(fault).__name__}") from fault


def open_places(urls: Sequence[tuple[str, str]], s3: S3Access) -> list[Place]:
    """The places by name and URL: file:///folder, or s3://bucket/prefix. Raises ValueError and OSError.

    Two that are one and the same would lose both copies at once, so they are refused.
    """
    told = [_same_spot(url) for _, url in urls if url]
    if len(set(told)) < len(told):
        raise ValueError("the places of the archive must differ: two copies in one place are lost together")
    return [Place(name, _store(url, s3), _folder(url)) for name, url in urls if url]


def check_place(url: str) -> None:
    """A `check` for a setting: a URL of a place, or empty."""
    parts = urlsplit(url)
    is_folder = parts.scheme == "file" and not parts.netloc and parts.path.startswith("/")
    if url and not is_folder and not (parts.scheme == "s3" and parts.netloc):
        raise ValueError(f"must be file:///folder or s3://bucket/prefix, is {url!r}")


def _folder(url: str) -> Path | None:
    parts = urlsplit(url)
    return Path(parts.path) if parts.scheme == "file" else None


def _sync(folder: Path, key: str) -> None:
    """Write a file to its disk, and after it the folders by which it is found."""
    file = folder / key
    between = [each for each in file.parents if each.is_relative_to(folder)]
    for each in (file, *between):
        opened = os.open(each, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def _same_spot(url: str) -> tuple[str, str, str]:
    """What two URLs of the same place have alike, however they are written."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        return parts.scheme, "", str(Path(parts.path).resolve())
    return parts.scheme, parts.netloc, parts.path.strip("/")


def _store(url: str, s3: S3Access) -> ObjectStore:
    parts = urlsplit(url)
    if parts.scheme == "file":
        return LocalStore(prefix=Path(parts.path), mkdir=True)
    key_id, secret = _credential(s3.credential_file)
    return S3Store(
        parts.netloc,
        prefix=parts.path.strip("/") or None,
        endpoint=s3.endpoint or None,
        region=s3.region,
        access_key_id=key_id,
        secret_access_key=secret,
        client_options={
            "timeout": timedelta(seconds=_TIMEOUT_SECONDS),
            "connect_timeout": timedelta(seconds=_CONNECT_SECONDS),
            "allow_http": s3.endpoint.startswith("http://"),
        },
        retry_config={"max_retries": _RETRIES_MAX, "retry_timeout": timedelta(seconds=_RETRY_SECONDS)},
    )


def _credential(file: str) -> tuple[str, str]:
    """The key's id and its secret: the two lines of a file. ValueError tells nothing of them."""
    lines = Path(file).read_text("ascii").split() if file else []
    if len(lines) != 2:
        raise ValueError("the file of the archive's credential must hold two lines: the key's id and its secret")
    return lines[0], lines[1]
