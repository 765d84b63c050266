"""Physical lines of BAI2 to logical records: an 88 belongs to the record before it. It reads no meaning into fields."""

import re
from collections.abc import Iterable, Iterator

from services.reconciler.statements.encoding import TextLine
from services.reconciler.statements.entries import REMITTANCE_MAX
from services.reconciler.statements.refusal import StatementRefused
from services.reconciler.statements.tally import Tally

_CODE = re.compile(r"([0-9]{2})(,|/?$)")
_LINES_MAX = 10_000  # of one record
_WIDTH = 80  # of the old physical records, in which a text goes on in the middle of a word


class Record:
    """One logical record; its fields are taken once, in order, across the lines that they stand on."""

    def __init__(self, code: str, line: TextLine) -> None:
        self.code, self.line, self.lines = code, line.no, 1
        self.byte_offset, self.byte_end = line.byte_offset, line.byte_offset + line.byte_size
        self._texts = [_body(line.text)]
        self._full = [line.byte_size >= _WIDTH]
        self._row = 0
        self._cells: list[str] = self._texts[0].split(",")[::-1]
        self.take()  # the code itself

    def goes_on(self, line: TextLine) -> None:
        """An 88 of this record. Raises StatementRefused E-TOO-LARGE."""
        self.lines += 1
        if self.lines > _LINES_MAX:
            raise StatementRefused("E-TOO-LARGE", line=line.no, value=f"more than {_LINES_MAX} lines of a record")
        self.byte_end = line.byte_offset + line.byte_size
        self._texts.append(_body(line.text)[3:])
        self._full.append(line.byte_size >= _WIDTH)

    @property
    def left(self) -> bool:
        """Whether a field is left to take."""
        return bool(self._cells) or self._row + 1 < len(self._texts)

    def take(self) -> str:
        """The next field; "" after the last, since trailing fields may be left out."""
        if not self._cells:
            if not self.left:
                return ""
            self._row += 1
            self._cells = self._texts[self._row].split(",")[::-1]
        return self._cells.pop().strip()

    def rest(self) -> str:
        """All that is left as one text, commas and all; a line that was full goes on in the middle of a word."""
        text = ",".join(reversed(self._cells))
        for row in range(self._row + 1, len(self._texts)):
            joint = "" if not text or self._full[row - 1] else " "
            text = f"{text}{joint}{self._texts[row]}"
            if len(text) > REMITTANCE_MAX:
                break
        return text[:REMITTANCE_MAX].strip()


def records(lines: Iterable[TextLine], tally: Tally) -> Iterator[Record]:
    """The records of a file. Blank lines are frame; raises StatementRefused E-FRAME for what is no record."""
    record: Record | None = None
    for line in lines:
        if not line.text:
            tally.frame()
            continue
        code = _CODE.match(line.text)
        if code is None:
            raise StatementRefused("E-TRUNCATED" if line.ends_open else "E-FRAME", line=line.no, value=line.text)
        if code[1] == "88" and record is not None:
            record.goes_on(line)
            continue
        if record is not None:
            yield record
        record = Record(code[1], line)
    if record is not None:
        yield record


def _body(text: str) -> str:
    """Without the slash that ends a record; within a text it is a character like any other."""
    return text.removesuffix("/")
