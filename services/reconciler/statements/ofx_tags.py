"""OFX to tags with their values and places, in blocks: SGML whose elements are never closed, and XML, alike.

It keeps nothing, follows no entity and no document type, and knows no element by name.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple
from xml.sax.saxutils import unescape

from services.reconciler.statements.refusal import StatementRefused
from services.reconciler.statements.source import Source

# A `<` that begins no tag is text, as SGML has it.
_TOKEN = re.compile(
    rb"<(?:!\[CDATA\[(?P<cdata>.*?)\]\]|\?.*?\?|!--.*?--|(?P<close>/?)(?P<name>[A-Za-z][A-Za-z0-9._-]*)[^<>]*)>"
    rb"(?P<text>(?:[^<]|<(?![A-Za-z/!?]))*)",
    re.DOTALL,
)
_SPANS_TAGS = (b"<![CDATA[", b"<?", b"<!--")
_TOKEN_BYTES_MAX = 64 * 1024
_HEAD_BYTES = 4_096
# A header without line ends has its keys run into each other.
_IN_HEADER = re.compile(
    rb"(?:CHARSET|ENCODING):\s*([A-Z0-9_-]*?)"
    rb"(?=OFXHEADER|DATA|VERSION|SECURITY|ENCODING|CHARSET|COMPRESSION|OLDFILEUID|NEWFILEUID|[\s<]|$)",
    re.IGNORECASE,
)
_IN_XML = re.compile(rb"""encoding\s*=\s*["']([A-Za-z0-9_-]*)["']""")
_CODECS = {
    "1252": "cp1252",
    "WINDOWS-1252": "cp1252",
    "8859-1": "latin-1",
    "ISO-8859-1": "latin-1",
    "852": "cp852",
    "UTF-8": "utf-8",
    "UTF8": "utf-8",
    "UNICODE": "utf-8",
    "65001": "utf-8",
    "936": "gb18030",
    "GBK": "gb18030",
    "GB2312": "gb18030",
    "GB18030": "gb18030",
}
_ENTITIES = {"&quot;": '"', "&apos;": "'", "&nbsp;": " "}
_SAYS_NOTHING = ("", "NONE", "USASCII", "US-ASCII", "ASCII")  # the other field of the header says it


class Tag(NamedTuple):
    """One tag, and the text between it and the next one; a CDATA section is a tag without a name."""

    name: str  # in capitals
    closes: bool
    value: str
    line: int
    byte_offset: int
    byte_end: int  # of the tag itself, without the text


def codec_of(source: Source) -> str:
    """The codec that the header names; cp1252 if it names none. Raises StatementRefused E-ENC-UNSUPPORTED."""
    head = source.read_at(0, _HEAD_BYTES).partition(b"<OFX>")[0]
    for named in (*_IN_XML.findall(head), *_IN_HEADER.findall(head)):
        name = named.decode("ascii").upper()
        if name in _CODECS:
            return _CODECS[name]
        if name not in _SAYS_NOTHING:
            raise StatementRefused("E-ENC-UNSUPPORTED", line=1, value=name)
    return "cp1252"


def tags(source: Source, codec: str) -> Iterator[Tag]:
    """Every tag from the first `<` on.

    Raises StatementRefused E-XML for what is no tag, E-TRUNCATED for one that the end of the file cuts,
    E-TOO-LARGE for one that is longer than any value may be, E-NUL and E-ENC-INVALID for such bytes.
    """
    at, line, rest = 0, 1, b""  # `rest` begins at byte `at`, on this line
    line_end = _line_end(source)
    for block in source.blocks():
        data = rest + block
        final = at + len(data) >= source.size
        used = 0 if at else data.find(b"<")
        if used < 0:
            if final or len(data) > _TOKEN_BYTES_MAX:
                raise StatementRefused("E-FRAME", line=1, value="no tag")
            rest = data
            continue
        line += data.count(line_end, 0, used)
        while (found := _TOKEN.match(data, used)) and (final or found.end() < len(data)):
            yield _tag(found, codec, line, at)
            line += data.count(line_end, used, found.end())
            used = found.end()
        rest, at = data[used:], at + used
        if rest:
            _check_rest(rest, line, whole=found is not None, final=final)


def _line_end(source: Source) -> bytes:
    head = source.read_at(0, _HEAD_BYTES)
    return b"\r" if b"\r" in head and b"\n" not in head else b"\n"


def _check_rest(rest: bytes, line: int, *, whole: bool, final: bool) -> None:
    """What is left of a block must be the begin of a tag, or a whole one whose text may go on."""
    value = rest[:40].decode("ascii", "replace")
    if not whole and not rest.startswith(_SPANS_TAGS) and b">" in rest:
        raise StatementRefused("E-XML", line=line, value=value)
    if final:
        raise StatementRefused("E-TRUNCATED", line=line, value=value)
    if len(rest) > _TOKEN_BYTES_MAX:
        raise StatementRefused("E-TOO-LARGE", line=line, value=f"a value of more than {_TOKEN_BYTES_MAX} bytes")


def _tag(found: re.Match[bytes], codec: str, line: int, at: int) -> Tag:
    name = (found["name"] or b"").decode("ascii").upper()
    value = _text(found["text"], codec, line)
    if "&" in value:
        value = unescape(value, _ENTITIES)
    if found["cdata"]:
        value = _text(found["cdata"], codec, line) + value
    return Tag(name, bool(found["close"]), value, line, at + found.start(), at + found.start("text"))


def _text(raw: bytes, codec: str, line: int) -> str:
    if 0 in raw:
        raise StatementRefused("E-NUL", line=line)
    try:
        return raw.decode(codec).strip()
    except UnicodeDecodeError:
        raise StatementRefused("E-ENC-INVALID", line=line, value=raw[:40].decode("ascii", "replace")) from None
