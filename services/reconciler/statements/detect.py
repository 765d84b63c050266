"""Which profile a file is of, by its anchors. None or two at the top is a refusal, never a guess."""

from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Sequence
from dataclasses import dataclass

from services.reconciler.statements.encoding import physical_lines, preview, try_decode
from services.reconciler.statements.limits import Limits
from services.reconciler.statements.profile import Profile
from services.reconciler.statements.refusal import StatementRefused
from services.reconciler.statements.source import Source

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
class Claim:
    """The one profile that claims a file, and the encoding in which it does."""

    profile: Profile
    encoding: str  # utf-8-sig when the file begins with a byte order mark


def claimed(source: Source, profiles: Sequence[Profile], limits: Limits) -> Claim:
    """Raises StatementRefused for what is no text, and for what no or more than one profile claims."""
    _check_bytes(source, limits)
    first = next(physical_lines(source, limits)).raw
    marked = first.startswith(BOM_UTF8)
    head = first.removeprefix(BOM_UTF8).rstrip(b"\r\n")
    claims: dict[tuple[str, int], Claim] = {}
    for profile in profiles:
        for encoding in profile.decode.encodings:
            text = None if marked and encoding != "utf-8" else try_decode(head, encoding)
            if text is not None and profile.detect.first_line.search(text):
                claims.setdefault((profile.id, profile.version), Claim(profile, "utf-8-sig" if marked else encoding))
    if not claims:
        raise StatementRefused("E-PROFILE-NONE", line=1, value=preview(head))
    if len(claims) > 1:
        raise StatementRefused("E-PROFILE-MANY", line=1, value=", ".join(f"{i} v{v}" for i, v in claims))
    return next(iter(claims.values()))


def _check_bytes(source: Source, limits: Limits) -> None:
    if not source.size:
        raise StatementRefused("E-EMPTY")
    if source.size > limits.bytes_max:
        raise StatementRefused("E-TOO-LARGE", value=f"{source.size} bytes, at most {limits.bytes_max}")
    head = source.read_at(0, 4096)
    for magic, name in _BINARIES.items():
        if head.startswith(magic):
            raise StatementRefused("E-CONTAINER", value=name)
    # Without a mark, UTF-16 shows by its many NULs: every ASCII character has one.
    if head.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) or head.count(0) * 50 > len(head):
        raise StatementRefused("E-ENC-UNSUPPORTED")
