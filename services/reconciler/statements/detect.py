"""Which profile a file is of, by its anchors. None or two at the top is a refusal, never a guess."""

from codecs import BOM_UTF8, getincrementaldecoder
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from services.reconciler.statements.cells import header_cells
from services.reconciler.statements.container import Member, members
from services.reconciler.statements.encoding import BOMS, TextLine, preview
from services.reconciler.statements.limits import Limits
from services.reconciler.statements.profile import Detect, Encoding, Profile
from services.reconciler.statements.profile_table import Dialect
from services.reconciler.statements.refusal import StatementRefused
from services.reconciler.statements.source import Source
from services.reconciler.statements.workbook import sheet_lines

_HEAD_LINES = 40
_LADDER: tuple[Encoding, ...] = ("utf-8", "gb18030", "cp1252", "cp852", "latin-1")


@dataclass(frozen=True, slots=True)
class Claim:
    """The one profile that claims a file, and the encoding in which it does."""

    profile: Profile
    encoding: str  # utf-8-sig when the file begins with a byte order mark; "" in a workbook
    member: Member
    score: int


def claimed(source: Source, profiles: Sequence[Profile], limits: Limits) -> Claim:
    """Raises StatementRefused E-PROFILE-NONE, E-PROFILE-MANY, or why the file cannot be looked at."""
    claims: list[Claim] = []
    first_line, readable = "", False
    for member in members(source, limits):
        head = member.source.read_at(0, limits.head_bytes)
        claims += _claims(member, head, profiles) if not member.is_workbook else _book_claims(member, profiles)
        first_line = first_line or preview(head.removeprefix(BOM_UTF8).split(b"\n")[0].rstrip(b"\r"))
        readable = (
            readable
            or member.is_workbook
            or 0 in head
            or any(_is_in(head, encoding) for encoding in ("utf-8", "gb18030"))
        )
    best = _best(claims)
    if not best:
        raise StatementRefused("E-PROFILE-NONE" if readable else "E-ENC-AMBIGUOUS", line=1, value=first_line)
    if len(best) > 1:
        raise StatementRefused("E-PROFILE-MANY", line=1, value=", ".join(map(_named, best)))
    return best[0]


def _best(claims: Sequence[Claim]) -> list[Claim]:
    """Of each file in an archive the claims of the highest score: a file that is claimed is never left unread."""
    tops = {id(one.member): max(c.score for c in claims if c.member is one.member) for one in claims}
    return [claim for claim in claims if claim.score == tops[id(claim.member)]]


def _named(claim: Claim) -> str:
    where = f" of {claim.member.name}" if claim.member.name else ""
    return f"{claim.profile.id} v{claim.profile.version}{where}"


def _book_claims(member: Member, profiles: Sequence[Profile]) -> Iterator[Claim]:
    heads: dict[tuple[str, str], list[TextLine]] = {}  # to open a workbook costs more than to look at its head
    for profile in profiles:
        if profile.format == "workbook" or profile.workbook:
            of = profile.sheet, profile.dialect.delimiter
            if of not in heads:
                heads[of] = _book_head(member, profile)
            if score := _score(profile.detect, heads[of], b"", profile.dialect):
                yield Claim(profile, "", member, score)


def _book_head(member: Member, profile: Profile) -> list[TextLine]:
    """The first rows of the profile's sheet; none if the workbook does not have that sheet."""
    try:
        return list(islice(sheet_lines(member.source, profile), _HEAD_LINES))
    except StatementRefused as refused:
        if refused.code != "E-FRAME":
            raise
        return []


def _claims(member: Member, head: bytes, profiles: Sequence[Profile]) -> Iterator[Claim]:
    candidates, known_by_bytes = _written(member.source, head)
    lines = {name: _head(head, name) for name, _ in candidates}
    for profile in profiles:
        known = [(name, base) for name, base in candidates if base in profile.decode.encodings]
        if not known_by_bytes:  # then the profile's own order decides
            known.sort(key=lambda candidate: profile.decode.encodings.index(candidate[1]))
        for name, _ in known:
            if score := _score(profile.detect, lines[name], head, profile.dialect):
                yield Claim(profile, name, member, score)
                break


def _written(source: Source, head: bytes) -> tuple[list[tuple[str, Encoding]], bool]:
    """What the file may be written in, the likeliest first, by codec and by profile name; and whether that is known.

    It is by its marks, its NULs and what decodes; it is not in a file that has nothing but ASCII.
    """
    if head[:2] == b"\x00\x00" or head[2:4] == b"\x00\x00":
        raise StatementRefused("E-ENC-UNSUPPORTED")
    for name, (mark, base) in BOMS.items():
        if head.startswith(mark):
            return [(name, base)], True
    if head.count(0) * 20 > len(head):  # without a mark, UTF-16 shows by its many NULs, on one side of the pairs
        little = head[1::2].count(0) > head[0::2].count(0)
        return [("utf-16-le" if little else "utf-16-be", "utf-16")], True
    telling = next(_telling(source))
    # The file may begin with a foreign line: UTF-8 is tried behind the others even if that line is not of it.
    order = _LADDER if _is_in(telling, "utf-8") else (*_LADDER[1:], *_LADDER[:1])
    return [(base, base) for base in order], bool(telling)


def _telling(source: Source) -> Iterator[bytes]:
    """Lines that tell UTF-8 from GBK, the surest first: two bytes of GBK can be a character of UTF-8, three cannot."""
    first = b""
    for block in source.blocks():
        if block.isascii():
            continue
        for line in block.split(b"\n"):
            if not line.isascii():
                first = first or line
                if not _is_in(line, "utf-8") or any(byte >= 0xE0 for byte in line):
                    yield line
    yield first


def _is_in(block: bytes, encoding: str) -> bool:
    try:
        getincrementaldecoder(encoding)().decode(block)  # the last character may be cut
    except UnicodeDecodeError:
        return False
    return True


def _head(head: bytes, encoding: str) -> list[TextLine]:
    """The first lines; what is no character of the encoding does not matter here."""
    text = head.decode(encoding, errors="replace").removeprefix("\ufeff")
    lines = text.split("\n" if "\n" in text else "\r")[:_HEAD_LINES]
    return [TextLine(no, 0, 0, line.rstrip("\r")) for no, line in enumerate(lines, 1)]


def _score(detect: Detect, lines: list[TextLine], head: bytes, dialect: Dialect) -> int:
    """How much of the anchors was found: nought unless all of them were."""
    found = []
    if detect.first_line is not None:
        found.append(10 if lines and detect.first_line.search(lines[0].text) else 0)
    if detect.head is not None:
        found.append(8 if any(detect.head.search(line.text) for line in lines) else 0)
    if detect.header:
        likely = (line for line in lines if all(name in line.text for name in detect.header))
        has = any(set(detect.header).issubset(_cells(line, dialect)) for line in likely)
        found.append(4 + len(detect.header) if has else 0)
    if detect.record_bytes:
        found.append(8 if len(head.split(b"\n", 1)[0].rstrip(b"\r")) == detect.record_bytes else 0)
    return sum(found) if all(found) else 0


def _cells(line: TextLine, dialect: Dialect) -> list[str]:
    try:
        return header_cells(line, dialect)
    except StatementRefused:
        return []
