"""SWIFT MT940 and MT942: one line for each :61:, message by message. It trusts no block header.

Bare tags and messages in blocks are read alike, whatever prose stands around them; several messages and accounts
a file. A tag reaches to where the next one begins, so that text broken at any column stays with its tag.
"""

import re
from collections.abc import Iterable, Iterator

import pyarrow as pa  # type: ignore[import-untyped]

from services.reconciler.domain.line import StatementLine
from services.reconciler.statements.encoding import TextLine
from services.reconciler.statements.entries import Balance, Repeats, StatedDays, batched
from services.reconciler.statements.limits import Limits
from services.reconciler.statements.mt940_message import Message
from services.reconciler.statements.profile import Profile
from services.reconciler.statements.refusal import StatementRefused
from services.reconciler.statements.source import Source
from services.reconciler.statements.tally import Tally
from services.reconciler.statements.textlines import text_lines

_TAG = re.compile(r":([0-9]{2}[A-Z]?|NS):")
_END = re.compile(r"-(\}.*|XXX)?")
_BLOCK = re.compile(r"\{[1-5]:")
_AFTER_CLOSING = ("25", "25P", "60F", "60M", "34F")  # of a message that has no :20: of its own


def read(source: Source, profile: Profile, tally: Tally, limits: Limits) -> Iterator[pa.RecordBatch]:
    """The entries in batches, in the order of the file. Raises StatementRefused for what ends the reading."""
    return batched(_File(tally).lines(text_lines(source, profile, tally, limits)))


class _File:
    """Message after message; what stands between them is frame."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._message: Message | None = None
        self._count = 0
        self._has_entries = False
        self._days = StatedDays()
        self._repeats = Repeats()
        self._pages: dict[str, Balance] = {}  # by account: where a page ended that said another follows

    def lines(self, text: Iterable[TextLine]) -> Iterator[StatementLine]:
        """The lines of all messages; what is declared is compared as each message ends."""
        for line in text:
            yield from self._read(line)
        yield from self._end(marked=False)
        if not self._count:
            raise StatementRefused("E-FRAME", value="no tag of a message")
        self._days.tell(self._tally, has_entries=self._has_entries)

    def _read(self, line: TextLine) -> Iterator[StatementLine]:
        tag = _TAG.match(line.text)
        marked = _END.fullmatch(line.text) is not None
        if marked or _BLOCK.match(line.text):
            self._tally.frame()
            yield from self._end(marked=marked)
            return
        if tag is not None and self._begins(tag[1]):
            yield from self._end(marked=False)
            self._count += 1
            self._message = Message(self._count, self._tally)
        if self._message is None:
            self._tally.frame()
        elif tag is None:
            self._message.more(line)
        else:
            yield from self._taken(self._message.tag(tag[1], line.text[tag.end() :], line))

    def _begins(self, tag: str) -> bool:
        return self._message is None or tag == "20" or (tag in _AFTER_CLOSING and self._message.closed)

    def _taken(self, entry: StatementLine | None) -> Iterator[StatementLine]:
        if entry is not None:
            self._has_entries = True
            yield entry

    def _end(self, *, marked: bool) -> Iterator[StatementLine]:
        if self._message is None:
            return
        message, self._message = self._message, None
        yield from self._taken(message.entry_ended())
        message.compare(self._pages, self._repeats, marked=marked)
        self._has_entries = self._has_entries or message.quarantined
        self._days.add(message.day)
