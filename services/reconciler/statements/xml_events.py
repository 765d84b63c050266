"""XML to elements with their places, in blocks. It keeps nothing, follows no entity and no DTD, and knows no format."""

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from typing import Protocol
from xml.parsers.expat import ErrorString, ExpatError, ParserCreate, errors

from services.reconciler.statements.limits import Limits
from services.reconciler.statements.refusal import StatementRefused
from services.reconciler.statements.source import BLOCK_BYTES, Source

_CUT = (
    errors.XML_ERROR_NO_ELEMENTS,
    errors.XML_ERROR_UNCLOSED_TOKEN,
    errors.XML_ERROR_PARTIAL_CHAR,
    errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
)
_DECLARED = re.compile(rb"""^(?:\xef\xbb\xbf)?\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
# What expat maps byte by byte; it cannot read the double bytes of GB 18030.
_ENCODINGS = "utf-8 utf8 us-ascii ascii utf-16 iso-8859-1 iso-8859-2 iso-8859-15 windows-1250 windows-1251 windows-1252"
_DEPTH_MAX = 64
_NAMES_MAX = 4_096
_TOKEN_BYTES_MAX = 4 * BLOCK_BYTES


def encoding_of(source: Source) -> str:
    """The encoding that the file declares, in small letters; by the standard UTF-8 if it declares none.

    Raises StatementRefused E-ENC-UNSUPPORTED for one that expat cannot read.
    """
    head = source.read_at(0, 256)
    if head.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return "utf-16"
    declared = _DECLARED.search(head)
    name = declared[1].lower().decode("ascii") if declared else "utf-8"
    if name not in _ENCODINGS.split():
        raise StatementRefused("E-ENC-UNSUPPORTED", line=1, value=name)
    return name


class Handler(Protocol):
    """What a format does with the events; names come without their prefix."""

    def start(self, name: str, attributes: dict[str, str], line: int, offset: int) -> None:
        """An element begins, with its `<` at this byte."""

    def text(self, text: str) -> None:
        """A piece of the text of the innermost element."""

    def end(self) -> None:
        """The innermost element ends."""

    def ended_at(self, offset: int) -> None:
        """The first event after an `end`: the element reached up to this byte, exclusive."""


class XmlEvents:
    """One pass over one file."""

    def __init__(self, source: Source, handler: Handler, limits: Limits) -> None:
        self._source, self._handler, self._limits = source, handler, limits
        self._names: dict[str, str] = {}
        self._depth = 0
        self._after_end = False
        self._parser = ParserCreate(intern=self._names)
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._refuse_dtd
        self._parser.EntityDeclHandler = self._refuse_dtd

    def blocks(self) -> Iterator[None]:
        """Gives way after every block, so that what its events made can be taken.

        Raises StatementRefused E-TRUNCATED for a file that ends too early, E-XML for what is not well formed
        or asks for more than a statement needs, E-ENC-UNSUPPORTED for an encoding that expat has not.
        """
        read = 0
        for block in self._source.blocks():
            self._parse(block, final=False)
            read += len(block)
            if read - self._parser.CurrentByteIndex > _TOKEN_BYTES_MAX or len(self._names) > _NAMES_MAX:
                raise StatementRefused("E-TOO-LARGE", line=self._parser.CurrentLineNumber, value="a tag or its names")
            yield
        self._parse(b"", final=True)
        yield

    def _parse(self, block: bytes, *, final: bool) -> None:
        try:
            self._parser.Parse(block, final)
        except ExpatError as fault:
            raise _refusal(fault, final=final) from None

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._settle()
        self._depth += 1
        line = self._parser.CurrentLineNumber
        if self._depth > _DEPTH_MAX:
            raise StatementRefused("E-XML", line=line, value=f"deeper than {_DEPTH_MAX} elements")
        self._handler.start(_local(name), attributes, line, self._parser.CurrentByteIndex)

    def _text(self, text: str) -> None:
        self._settle()
        self._handler.text(text)

    def _end(self, _name: str) -> None:
        self._settle()
        self._depth -= 1
        self._handler.end()
        self._after_end = True

    def _settle(self) -> None:
        if self._after_end:
            self._after_end = False
            self._handler.ended_at(self._parser.CurrentByteIndex)

    def _refuse_dtd(self, *_: object) -> None:
        raise StatementRefused("E-XML", line=self._parser.CurrentLineNumber, value="DOCTYPE or ENTITY")


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _refusal(fault: ExpatError, *, final: bool) -> StatementRefused:
    reason = ErrorString(fault.code)
    if reason == errors.XML_ERROR_UNKNOWN_ENCODING:
        return StatementRefused("E-ENC-UNSUPPORTED", line=fault.lineno, value=reason)
    return StatementRefused("E-TRUNCATED" if final and reason in _CUT else "E-XML", line=fault.lineno, value=reason)
