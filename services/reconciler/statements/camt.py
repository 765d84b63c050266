"""ISO 20022 camt.052, 053 and 054, any version: one line for each entry, in one pass. It never sums up details.

The entry is what the account moved by; its details explain it. An entry with one detail bears that detail's
references; a collective entry bears those of the batch. Prefixes and namespaces are not looked at, so that files
without any are read too.
"""

from collections.abc import Iterator
from datetime import date

import pyarrow as pa  # type: ignore[import-untyped]

from services.reconciler.domain.line import StatementLine
from services.reconciler.statements.camt_entry import DETAIL_PATHS, ENTRY_PATHS, CamtEntry, Fields, read_day
from services.reconciler.statements.camt_totals import BALANCE_PATHS, STATEMENT_PATHS, CamtTotals
from services.reconciler.statements.entries import Repeats, StatedDays, batched
from services.reconciler.statements.limits import Limits
from services.reconciler.statements.profile import Profile
from services.reconciler.statements.refusal import StatementRefused
from services.reconciler.statements.source import Source
from services.reconciler.statements.tally import Tally
from services.reconciler.statements.xml_events import XmlEvents, encoding_of

_MESSAGES = {"Stmt": "BkToCstmrStmt", "Rpt": "BkToCstmrAcctRpt", "Ntfctn": "BkToCstmrDbtCdtNtfctn"}
_WANTED = {"S": STATEMENT_PATHS, "B": BALANCE_PATHS, "E": ENTRY_PATHS, "D": DETAIL_PATHS}
# Where another kind of element begins, its children are told apart by their own letter.
_BEGINS = {"S/Bal": "B", "S/Ntry": "E", "E/NtryDtls/TxDtls": "D"}


def read(source: Source, profile: Profile, tally: Tally, limits: Limits) -> Iterator[pa.RecordBatch]:
    """The entries in batches, in the order of the file. Raises StatementRefused for what ends the reading."""
    return batched(_lines(source, profile, tally, limits))


def _lines(source: Source, profile: Profile, tally: Tally, limits: Limits) -> Iterator[StatementLine]:
    tally.encoding = encoding_of(source)
    file = _File(profile, tally)
    for _ in XmlEvents(source, file, limits).blocks():
        yield from file.taken()
    if not file.statements:
        raise StatementRefused("E-FRAME", value="no Stmt, Rpt or Ntfctn")
    file.days.tell(tally, has_entries=file.has_entries)


class _File:
    """Follows the elements: which statement, balance, entry or detail the next field belongs to."""

    def __init__(self, profile: Profile, tally: Tally) -> None:
        self._profile, self._tally = profile, tally
        self.statements = 0
        self.has_entries = False
        self.days = StatedDays()
        self._repeats = Repeats()
        self._paths: list[str] = []
        self._names: list[str] = []
        self._text: list[str] | None = None
        self._text_size = 0
        self._line = 0
        self._totals: CamtTotals | None = None
        self._account = ""
        self._fields: dict[str, Fields] = {}
        self._entry: CamtEntry | None = None
        self._left: CamtEntry | None = None
        self._ready: list[StatementLine] = []

    def taken(self) -> list[StatementLine]:
        """The lines that are whole since the last call."""
        ready, self._ready = self._ready, []
        return ready

    def start(self, name: str, attributes: dict[str, str], line: int, offset: int) -> None:
        """See Handler."""
        parent = self._names[-1] if self._names else ""
        path = f"{self._paths[-1]}/{name}" if self._paths and self._paths[-1] else ""
        if not path and _MESSAGES.get(name) == parent:
            path = "S"
            self._begin_statement(line)
        elif begun := _BEGINS.get(path):
            path = begun
            self._fields[begun] = Fields(line)
            if begun == "E":
                self._entry = CamtEntry(line, offset, self._fields[begun])
        self._names.append(name)
        self._paths.append(path)
        self._line = line
        self._text = [] if path and path[2:] in _WANTED[path[0]] else None
        self._text_size = 0
        if self._text is not None and "Ccy" in attributes:
            self._fields[path[0]].add(f"{path[2:]}@Ccy", attributes["Ccy"])

    def text(self, text: str) -> None:
        """See Handler."""
        if self._text is not None:
            self._text_size += len(text)
            if self._text_size > 65_536:
                raise StatementRefused("E-TOO-LARGE", line=self._line, column=self._names[-1], value=text)
            self._text.append(text)

    def end(self) -> None:
        """See Handler."""
        self._names.pop()
        path = self._paths.pop()
        if self._text is not None:
            self._fields[path[0]].add(path[2:], "".join(self._text).strip())
            self._text = None
        if path == "D" and self._entry is not None:
            self._entry.detail(self._fields["D"])
        elif path == "E":
            self._left, self._entry = self._entry, None
        elif path == "B" and self._totals is not None:
            self._totals.balance(self._fields["B"])
        elif path == "S":
            self._end_statement()

    def ended_at(self, offset: int) -> None:
        """See Handler."""
        if self._left is not None:
            left, self._left = self._left, None
            self._take(left, offset)

    def _begin_statement(self, line: int) -> None:
        self.statements += 1
        self._fields = {"S": Fields(line)}
        self._totals = CamtTotals(self.statements, self._names[-1])

    def _end_statement(self) -> None:
        assert self._totals is not None
        statement = self._fields["S"]
        self._tally.account(_account_of(statement))
        for path in ("FrToDt/FrDtTm", "FrToDt/FrDt", "FrToDt/ToDtTm", "FrToDt/ToDt"):
            self.days.add(_day(statement, path))
        for day in self._totals.days:
            self.days.add(day)
        self._totals.compare(statement, self._repeats, self._tally)
        self._totals = None

    def _take(self, entry: CamtEntry, offset: int) -> None:
        assert self._totals is not None
        try:
            moved = entry.moved()
            if moved.booked:
                self._ready.append(entry.line(_account_of(self._fields["S"]), self._profile.tz, offset))
        except StatementRefused as refused:
            self._tally.quarantine(refused)
            self.has_entries = True
            return
        self._totals.entry(moved)
        if moved.booked:
            self.has_entries = True
        else:
            self._tally.neutral()


def _account_of(statement: Fields) -> str:
    return statement.get("Acct/Id/IBAN") or statement.get("Acct/Id/Othr/Id") or statement.get("Acct/Id/PrtryAcct/Id")


def _day(fields: Fields, path: str) -> date | None:
    return read_day(fields.get(path)[:10])
