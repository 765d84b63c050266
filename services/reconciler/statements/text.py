"""Bytes to numbered, decoded lines, strictly. It guesses no encoding: the profile whose first line matches gives it."""

from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.reconciler.statements.limits import Limits
from services.reconciler.statements.profile import Encoding, Profile
from services.reconciler.statements.refusal import StatementRefused

_BINARIES = {
    b"PK\x03\x04": "zip or xlsx",
    b"PK\x05\x06": "zip",
    b"\x1f\x8b": "gzip",
    b"\xd0\xcf\x11\xe0": "xls",
    b"%PDF": "pdf",
    b"Rar!": "rar",
    b"7z\xbc\xaf": "7z",
}


@dataclass(frozen=True, slots=True)
class TextLine:
    """A physical line: where it stands, and what it says without its line end."""

    no: int
    byte_offset: int
    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """The whole file, decoded under the one profile that claims it."""

    profile: Profile
    encoding: str  # utf-8-sig when the file begins with a byte order mark
    lines: tuple[TextLine, ...]
    ends_open: bool  # the last line has no line end, so it may have been cut


def read_text(raw: bytes, profiles: Sequence[Profile], limits: Limits) -> Text:
    """Raises StatementRefused for what is no text, what no profile claims, and what does not decode as a whole."""
    _check_bytes(raw, limits)
    marked = raw.startswith(BOM_UTF8)
    rows = list(_physical(raw, limits))
    profile, encoding = _claimed(rows[0], profiles, utf8_only=marked)
    ends_open = not raw.endswith(b"\n")
    lines = []
    offset = 0
    for no, row in enumerate(rows, 1):
        cut = ends_open and no == len(rows)
        body = row.removeprefix(BOM_UTF8) if no == 1 else row
        lines.append(TextLine(no, offset, _decode(no, body.rstrip(b"\r\n"), encoding, cut=cut)))
        offset += len(row)
    return Text(profile, "utf-8-sig" if marked else encoding, tuple(lines), ends_open)


def _check_bytes(raw: bytes, limits: Limits) -> None:
    if not raw:
        raise StatementRefused("E-EMPTY")
    if len(raw) > limits.bytes_max:
        raise StatementRefused("E-TOO-LARGE", value=f"{len(raw)} bytes, at most {limits.bytes_max}")
    for magic, name in _BINARIES.items():
        if raw.startswith(magic):
            raise StatementRefused("E-CONTAINER", value=name)
    # Without a mark, UTF-16 shows by its many NULs: every ASCII character has one.
    head = raw[:4096]
    if raw.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) or head.count(0) * 50 > len(head):
        raise StatementRefused("E-ENC-UNSUPPORTED")
    if (nul := raw.find(0)) >= 0:
        raise StatementRefused("E-NUL", line=raw.count(b"\n", 0, nul) + 1, value=f"byte {nul}")


def _physical(raw: bytes, limits: Limits) -> Iterator[bytes]:
    """The lines with their line ends; only a line feed ends a line."""
    count = raw.count(b"\n") + 1
    if count > limits.lines_max:
        raise StatementRefused("E-TOO-LARGE", value=f"{count} lines, at most {limits.lines_max}")
    start, no = 0, 0
    while start < len(raw):
        end = raw.find(b"\n", start) + 1 or len(raw)
        no += 1
        if end - start > limits.line_bytes_max:
            value = f"{end - start} bytes, at most {limits.line_bytes_max}"
            raise StatementRefused("E-TOO-LARGE", line=no, value=value)
        yield raw[start:end]
        start = end


def _claimed(first: bytes, profiles: Sequence[Profile], *, utf8_only: bool) -> tuple[Profile, Encoding]:
    head = first.removeprefix(BOM_UTF8).rstrip(b"\r\n")
    claims: dict[tuple[str, int], tuple[Profile, Encoding]] = {}
    for profile in profiles:
        for encoding in profile.decode.encodings:
            text = None if utf8_only and encoding != "utf-8" else _decoded(head, encoding)
            if text is not None and profile.detect.first_line.search(text):
                claims.setdefault((profile.id, profile.version), (profile, encoding))
    if not claims:
        raise StatementRefused("E-PROFILE-NONE", line=1, value=_preview(head))
    if len(claims) > 1:
        raise StatementRefused("E-PROFILE-MANY", line=1, value=", ".join(f"{i} v{v}" for i, v in claims))
    return next(iter(claims.values()))


def _decode(no: int, row: bytes, encoding: Encoding, *, cut: bool) -> str:
    text = _decoded(row, encoding)
    if text is None:
        raise StatementRefused(_why_undecodable(row, encoding, cut=cut), line=no, value=_preview(row))
    if encoding != "utf-8" and not row.isascii() and _is_chinese_utf8(row):
        raise StatementRefused("E-ENC-MIXED", line=no, value=_preview(row))
    return text


def _why_undecodable(row: bytes, encoding: Encoding, *, cut: bool) -> str:
    if cut and any(_decoded(row[:-missing], encoding) is not None for missing in (1, 2, 3)):
        return "E-TRUNCATED"  # the last line ends inside a character
    if _decoded(row, "gb18030" if encoding == "utf-8" else "utf-8") is not None:
        return "E-ENC-MIXED"
    return "E-ENC-INVALID"


def _is_chinese_utf8(row: bytes) -> bool:
    # Most UTF-8 also decodes as GB18030, to garbage. A whole row of GBK that happens to be UTF-8 beyond
    # its two-byte range does not occur where rows hold words such as 交易, which are invalid UTF-8.
    text = _decoded(row, "utf-8")
    return text is not None and any(character >= "\u0800" for character in text)


def _decoded(row: bytes, encoding: Encoding) -> str | None:
    try:
        return row.decode(encoding)
    except UnicodeDecodeError:
        return None


def _preview(row: bytes) -> str:
    """The row for a human, in whichever encoding fits."""
    return _decoded(row, "utf-8") or row.decode("gb18030", errors="replace")
