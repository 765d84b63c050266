"""What a file is by its first bytes, not by its name; and what lies in an archive. No path of an archive is used."""

import contextlib
import gzip
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from services.reconciler.statements.limits import Limits
from services.reconciler.statements.refusal import StatementRefused
from services.reconciler.statements.source import BLOCK_BYTES, Source

_REFUSED = {
    b"%PDF": "pdf",
    b"Rar!": "rar",
    b"7z\xbc\xaf": "7z",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x89PNG": "image",
    b"\xff\xd8\xff": "image",
    b"GIF8": "image",
    b"{\\rtf": "rtf",
}
_ZIP_END, _ZIP64 = b"PK\x05\x06", b"PK\x06\x07"
_TAIL_BYTES = 22 + 65_535 + 20  # the end record, the longest comment behind it, and the 64-bit locator before it
_DIRECTORY_BYTES_MAX = 1024 * 1024
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_GZIP = b"\x1f\x8b"
# UnicodeDecodeError is a ValueError, BadGzipFile an OSError.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    lzma.LZMAError,
    NotImplementedError,
    RuntimeError,
    OSError,
    ValueError,
)
_OLE2 = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True)
class Member:
    """A file that was found: the one that was sent, or one in the archive that was sent."""

    name: str  # "" for the file itself; else for people only
    source: Source
    is_workbook: bool


def members(source: Source, limits: Limits) -> Iterator[Member]:
    """The files to look at, one after the other.

    Raises StatementRefused E-EMPTY, E-TOO-LARGE, E-CONTAINER (no file that can be read), E-CONTAINER-LIMIT.
    """
    if not source.size:
        raise StatementRefused("E-EMPTY")
    if source.size > limits.bytes_max:
        raise StatementRefused("E-TOO-LARGE", value=f"{source.size} bytes, at most {limits.bytes_max}")
    head = source.read_at(0, 8)
    if head.startswith((*_ZIP, _GZIP, _OLE2)) and source.size > limits.packed_bytes_max:
        value = f"{source.size} bytes packed or as a workbook, at most {limits.packed_bytes_max}"
        raise StatementRefused("E-TOO-LARGE", value=value)
    if head.startswith(_ZIP):
        yield from _unzipped(source, limits)
    elif head.startswith(_GZIP):
        yield _sound(Member("", _unpacked(_gunzipped(source), _unpacked_max(source, limits)), is_workbook=False))
    else:
        yield _sound(Member("", source, is_workbook=head.startswith(_OLE2)))


def _unzipped(source: Source, limits: Limits) -> Iterator[Member]:
    _check_directory(source)
    source.file.seek(0)
    with _archive_faults():
        # Names without the UTF-8 flag are GBK where these files come from.
        archive = zipfile.ZipFile(source.file, metadata_encoding="gbk")
    with archive:
        infos = [info for info in archive.infolist() if not info.is_dir()]
        if len(infos) > limits.members_max:
            raise StatementRefused("E-CONTAINER-LIMIT", value=f"{len(infos)} members, at most {limits.members_max}")
        if any(info.filename == "xl/workbook.xml" for info in infos):
            yield Member("", source, is_workbook=True)
            return
        filled = [info for info in infos if info.file_size]
        if not filled:
            raise StatementRefused("E-CONTAINER", value="an archive of nothing")
        left = _unpacked_max(source, limits)
        for info in filled:
            if info.flag_bits & 1:
                raise StatementRefused("E-CONTAINER", value="encrypted zip")
            unpacked = _unpacked(_read(archive, info), left)
            left -= unpacked.size
            yield _sound(Member(info.filename, unpacked, is_workbook=False))


def _check_directory(source: Source) -> None:
    """The list of members is read whole by the library, so its size comes first; none needs the 64-bit form."""
    tail = source.read_at(max(source.size - _TAIL_BYTES, 0), _TAIL_BYTES)
    at = tail.rfind(_ZIP_END)
    size = int.from_bytes(tail[at + 12 : at + 16], "little") if at >= 0 else 0
    if size > _DIRECTORY_BYTES_MAX or tail[max(at - 20, 0) : at].startswith(_ZIP64):
        raise StatementRefused("E-CONTAINER-LIMIT", value=f"a list of members of {size} bytes, or in 64-bit form")


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(info) as file:
        yield from _blocks(file)


def _gunzipped(source: Source) -> Iterator[bytes]:
    source.file.seek(0)
    with gzip.GzipFile(fileobj=source.file) as file:
        yield from _blocks(file)


def _blocks(file: IO[bytes] | gzip.GzipFile) -> Iterator[bytes]:
    while block := file.read(BLOCK_BYTES):
        yield block


@contextlib.contextmanager
def _archive_faults() -> Iterator[None]:
    """What the libraries raise for a damaged archive, as refusals."""
    try:
        yield
    except EOFError as cut:
        raise StatementRefused("E-TRUNCATED", value=str(cut)) from cut
    except _DAMAGE as damage:
        raise StatementRefused("E-CONTAINER", value=f"archive that cannot be read: {damage}") from damage


def _unpacked_max(source: Source, limits: Limits) -> int:
    """How many bytes may come out of the archive, all members together."""
    return min(limits.bytes_max, max(source.size, limits.ratio_from_bytes) * limits.ratio_max)


def _unpacked(blocks: Iterator[bytes], size_max: int) -> Source:
    """A copy on disk, within the limit whatever the archive says of itself."""

    def counted() -> Iterator[bytes]:
        size = 0
        with _archive_faults():
            for block in blocks:
                size += len(block)
                if size > size_max:
                    raise StatementRefused("E-CONTAINER-LIMIT", value=f"unpacks to more than {size_max} bytes")
                yield block

    return Source.copied(counted(), size_max)


def _sound(member: Member) -> Member:
    """The member, if it is no archive in an archive and nothing that cannot be a statement."""
    head = member.source.read_at(0, 8)
    for magic, name in _REFUSED.items():
        if head.startswith(magic):
            raise StatementRefused("E-CONTAINER", value=name)
    if head.startswith((*_ZIP, _GZIP)):
        raise StatementRefused("E-CONTAINER", value="archive in an archive")
    return member
