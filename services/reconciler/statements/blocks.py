"""The lines of a text file, one by one or in blocks of whole lines. It cuts no cell and knows no meaning."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from services.reconciler.statements.encoding import TextLine
from services.reconciler.statements.source import Source

BLOCK_BYTES = 2 * 1024 * 1024
ROW_LINES_MAX = 40  # over which a row with line ends in its quotes may go
FEW_LINES = 128  # a block that is not plain is not cut smaller than this

LinesFrom = Callable[[int, int], Iterator[TextLine]]  # from the line of this number, which begins at this byte


class Block(NamedTuple):
    """Whole lines, each with its line feed."""

    first_no: int
    next_no: int  # of the line after it
    byte_offset: int
    raw: bytes

    @classmethod
    def of(cls, first_no: int, byte_offset: int, raw: bytes) -> "Block":
        """From lines of which the first has this number and begins at this byte."""
        return cls(first_no, first_no + raw.count(b"\n"), byte_offset, raw)

    def halves(self) -> tuple["Block", "Block"] | None:
        """Two blocks of about the same size; None for a block of few lines."""
        if self.next_no - self.first_no <= FEW_LINES:
            return None
        at = self.raw.rfind(b"\n", 0, len(self.raw) // 2) + 1 or self.raw.find(b"\n") + 1
        first = Block.of(self.first_no, self.byte_offset, self.raw[:at])
        return first, Block(first.next_no, self.next_no, self.byte_offset + at, self.raw[at:])


class BlockLines(Iterator[TextLine]):
    """Gives lines; and at any line whole blocks instead, which whoever has read them skips."""

    def __init__(self, source: Source, lines_from: LinesFrom, quote: str, *, has_blocks: bool) -> None:
        self._source, self._from, self._quote = source, lines_from, quote
        self._has_blocks = has_blocks
        self._lines = lines_from(1, 0)
        self._held_until = 0  # up to this line, a quote that nothing closes may hold lines that came out by themselves
        self._last = TextLine(0, 0, 0, "")

    def __next__(self) -> TextLine:
        self._last = line = next(self._lines)
        if self._quote and line.lines == 1 and line.text.count(self._quote) % 2:
            self._held_until = line.no + ROW_LINES_MAX
        return line

    @property
    def next_no(self) -> int:
        """The number of the physical line that comes next."""
        return self._last.no + self._last.lines if self._last.no else 1

    def block(self, after: Block | None = None) -> Block | None:
        """The whole lines that come next, or `after` a block, as many as one may hold; None if that is none."""
        if after is not None:
            no, start = after.next_no, after.byte_offset + len(after.raw)
        elif not self._has_blocks or (offset := self._next_offset()) is None:
            return None
        else:
            no, start = self.next_no, offset
        raw = self._source.read_at(start, BLOCK_BYTES)
        raw = raw[: raw.rfind(b"\n") + 1]
        return Block.of(no, start, raw) if raw else None

    def skip(self, block: Block, last: TextLine) -> None:
        """Go on after this block, which comes next and ends with the line `last`."""
        self._last = last
        self._lines = self._from(block.next_no, block.byte_offset + len(block.raw))

    def until(self, no: int) -> Iterator[TextLine]:
        """The lines before the line of this number; also those behind it that belong to a row that began before."""
        while self.next_no < max(no, self._held_until) and (line := next(self, None)) is not None:
            yield line

    def _next_offset(self) -> int | None:
        """Where the next line begins: behind the line feed that ends the last one. None if there is none."""
        if not self._last.no:
            return 0
        body_end = self._last.byte_offset + self._last.byte_size
        for at, piece in enumerate(self._source.blocks(body_end, 4096)):
            if (found := piece.find(b"\n")) >= 0:
                return body_end + at * 4096 + found + 1
        return None
