"""OFX 1 (SGML) and 2 (XML), QFX too: bank, card and investment statements, one line a transaction.

It takes the ledger balance for information: there is no opening balance, so that nothing ties or fails to.
Securities trades are not read, and the file then says so.
"""

from collections.abc import Iterable, Iterator

import pyarrow as pa  # type: ignore[import-untyped]

from services.reconciler.domain.line import StatementLine
from services.reconciler.statements.entries import StatedDays, batched, known_currency
from services.reconciler.statements.limits import Limits
from services.reconciler.statements.ofx_entry import OfxEntry, read_moment
from services.reconciler.statements.ofx_tags import Tag, codec_of, tags
from services.reconciler.statements.profile import Profile
from services.reconciler.statements.refusal import StatementRefused
from services.reconciler.statements.source import Source
from services.reconciler.statements.tally import Tally

_STATEMENTS = ("STMTRS", "CCSTMTRS", "INVSTMTRS")
_ACCOUNTS = ("BANKACCTFROM", "CCACCTFROM", "INVACCTFROM")
_PARTS = ("CURRENCY", "ORIGCURRENCY", "PAYEE", "EXTDPAYEE", "BANKACCTTO", "CCACCTTO", "IMAGEDATA")
_PENDING = "STMTTRNP"
# Only these are followed; whether any other tag is an element or an aggregate cannot be told, and need not be.
_FOLLOWED = frozenset((*_STATEMENTS, *_ACCOUNTS, *_PARTS, _PENDING, "STMTTRN", "STATUS", "OFX"))
_DAYS = ("DTSTART", "DTEND", "DTASOF")


def read(source: Source, profile: Profile, tally: Tally, limits: Limits) -> Iterator[pa.RecordBatch]:
    """The transactions in batches, in the order of the file. Raises StatementRefused for what ends the reading."""
    del profile, limits  # the format leaves nothing open, and no value outgrows a block
    tally.encoding = codec_of(source)
    return batched(_File(tally).lines(tags(source, tally.encoding)))


class _File:
    """Follows the aggregates that matter: which statement, account or transaction the next value belongs to."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._inside: list[str] = []
        self._statements = 0
        self._account = self._currency = ""
        self._entry: OfxEntry | None = None
        self._field = ""
        self._whole = self._has_entries = False
        self._days = StatedDays()

    def lines(self, read: Iterable[Tag]) -> Iterator[StatementLine]:
        """The booked transactions. Raises StatementRefused for a file that ends too early or holds no statement."""
        last = 1
        for tag in read:
            last = tag.line
            if not tag.closes:
                self._open(tag)
            elif tag.name in self._inside:
                yield from self._close(tag)
            elif tag.name == "STMTTRN":  # its begin was lost: what it held must not be lost without a word
                self._tally.quarantine(StatementRefused("E-FRAME", line=tag.line, value="an end of no STMTTRN"))
        if not self._whole:
            raise StatementRefused("E-TRUNCATED", line=last, value="no </OFX>")
        if not self._statements:
            raise StatementRefused("E-FRAME", line=last, value="no statement")
        self._days.tell(self._tally, has_entries=self._has_entries)

    def _open(self, tag: Tag) -> None:
        if not tag.name:
            if tag.value and self._entry is not None and self._field:
                self._entry.more(self._field, tag.value)
        elif tag.name in _FOLLOWED:
            self._begin(tag)
        elif self._entry is not None:
            part = "" if self._inside[-1] == "STMTTRN" else f"{self._inside[-1]}/"
            self._field = f"{part}{tag.name}"
            self._entry.add(self._field, tag.value)
        else:
            self._value(tag)

    def _begin(self, tag: Tag) -> None:
        if len(self._inside) > 32 or (self._entry is not None and tag.name not in _PARTS):
            raise StatementRefused("E-FRAME", line=tag.line, value=f"{tag.name} inside of {self._inside[-1]}")
        if tag.name == "OFX" and self._whole:  # of the same file again, each line would come twice
            raise StatementRefused("E-FRAME", line=tag.line, value="OFX behind the end of another")
        self._inside.append(tag.name)
        self._field = ""
        if tag.name in _STATEMENTS:
            self._statements += 1
            self._account = self._currency = ""
        elif tag.name == "STMTTRN":
            self._entry = OfxEntry(tag.line, tag.byte_offset)
        elif tag.name == "OFX":
            self._whole = False
        if tag.name == "INVSTMTRS":
            self._tally.warn("W-SECURITIES", line=tag.line)

    def _value(self, tag: Tag) -> None:
        inside = self._inside[-1] if self._inside else ""
        if tag.name == "ACCTID" and inside in _ACCOUNTS:
            self._account = tag.value
            self._tally.account(tag.value)
        elif tag.name == "CURDEF" and inside in _STATEMENTS:
            self._currency = tag.value
        elif tag.name == "SEVERITY" and inside == "STATUS" and tag.value == "ERROR":
            self._tally.fault(StatementRefused("E-FRAME", line=tag.line, column="STATUS", value=tag.value).fault)
        elif tag.name in _DAYS and inside in _STATEMENTS:
            self._days.add(read_moment(tag.value)[1])

    def _close(self, tag: Tag) -> Iterator[StatementLine]:
        while self._inside.pop() != tag.name:
            pass
        self._field = ""
        if tag.name == "OFX":
            self._whole = True
        elif tag.name == _PENDING:
            self._tally.neutral()
        if self._entry is None or "STMTTRN" in self._inside:
            return
        entry, self._entry = self._entry, None
        self._has_entries = True
        try:
            if not any(name in _STATEMENTS for name in self._inside) or tag.name != "STMTTRN":
                raise StatementRefused("E-FRAME", line=tag.line, value=f"STMTTRN ended by {tag.name}")
            currency = known_currency(self._currency, line=tag.line, column="CURDEF")
            line = entry.line(self._account, currency, tag.byte_end)
        except StatementRefused as refused:
            self._tally.quarantine(refused)
        else:
            yield line
