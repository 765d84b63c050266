"""BAI2: file, groups, accounts and their details (01 02 03 16 49 98 99, 88 goes on). It reads no meaning into text.

Every trailer declares a sum and a number of records, and each is checked. The amount of a detail has no sign: its
type code says which way the money went.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

import pyarrow as pa  # type: ignore[import-untyped]

from services.reconciler.domain.line import StatementLine
from services.reconciler.statements.bai2_detail import Detail, read_day, read_integer, summary_sum
from services.reconciler.statements.bai2_record import Record, records
from services.reconciler.statements.entries import StatedDays, batched, check_count, check_sum
from services.reconciler.statements.limits import Limits
from services.reconciler.statements.profile import Profile
from services.reconciler.statements.refusal import StatementRefused
from services.reconciler.statements.source import Source
from services.reconciler.statements.tally import Tally
from services.reconciler.statements.textlines import text_lines

_DEFAULT_CURRENCY = "USD"  # by the specification, where neither group nor account names one
# What may stand before each record; "" is the begin of the file.
_AFTER = {
    "01": ("",),
    "02": ("01", "98"),
    "03": ("02", "49"),
    "16": ("03", "16"),
    "49": ("03", "16"),
    "98": ("02", "49"),
    "99": ("01", "98"),
}
_ENDS = {"49": "account", "98": "group", "99": "file"}


def read(source: Source, profile: Profile, tally: Tally, limits: Limits) -> Iterator[pa.RecordBatch]:
    """The details in batches, in the order of the file. Raises StatementRefused for what ends the reading."""
    return batched(_File(tally).lines(records(text_lines(source, profile, tally, limits), tally)))


@dataclass(slots=True)
class _Level:
    """What was read of a file, group or account, to compare with what its trailer declares."""

    ordinal: int = 0
    sum: int = 0  # in smallest units whatever their currencies, as the format adds them up
    parts: int = 0  # accounts of a group, groups of a file
    records: int = 0  # physical ones, header and trailer too


class _File:
    """Follows the records from 01 to 99."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._days = StatedDays()
        self._levels = {"file": _Level(1), "group": _Level(), "account": _Level()}
        self._day: date | None = None
        self._day_text = self._group_currency = self._currency = self._account_no = ""
        self._assumed = self._has_entries = False

    def lines(self, read: Iterable[Record]) -> Iterator[StatementLine]:
        """The details that moved money. Raises StatementRefused where a record does not follow the one before."""
        before, last = "", 0
        for record in read:
            last = record.line
            if before not in _AFTER.get(record.code, ()):
                self._tally.frame(record.lines)
                raise StatementRefused("E-FRAME", line=last, value=f"{record.code} after {before or 'nothing'}")
            before = record.code
            self._open(record)
            for level in self._levels.values():
                level.records += record.lines
            yield from self._read(record)
        if before != "99":
            raise StatementRefused("E-TRUNCATED", line=last, value="no 99")
        self._days.tell(self._tally, has_entries=self._has_entries)

    def _open(self, record: Record) -> None:
        """A header begins its level anew."""
        opened = {"02": "group", "03": "account"}.get(record.code)
        if opened:
            self._levels[opened] = _Level(self._levels[opened].ordinal + 1)

    def _read(self, record: Record) -> Iterator[StatementLine]:
        if record.code == "16":
            yield from self._detail(record)
            return
        self._tally.frame(record.lines)
        try:
            if record.code == "02":
                self._group(record)
            elif record.code == "03":
                self._account(record)
            elif record.code in _ENDS:
                self._trailer(record)
        except StatementRefused as refused:
            self._tally.fault(refused.fault)

    def _group(self, record: Record) -> None:
        _receiver, _originator, status, self._day_text, _time, self._group_currency = (record.take() for _ in range(6))
        self._day = read_day(self._day_text)
        self._days.add(self._day)
        if self._day is None:
            raise StatementRefused("E-DATE", line=record.line, column="02 as-of date", value=self._day_text)
        if status not in ("", "1"):  # 2 takes back, 3 corrects, 4 is a test: none is money that moved now
            raise StatementRefused("E-STATUS-UNKNOWN", line=record.line, column="02 group status", value=status)

    def _account(self, record: Record) -> None:
        self._account_no, currency = record.take(), record.take() or self._group_currency
        self._tally.account(self._account_no)
        self._currency = currency or _DEFAULT_CURRENCY
        if not currency and not self._assumed:
            self._assumed = True
            self._tally.warn("W-CURRENCY-ASSUMED", line=record.line, column="03 currency", value=_DEFAULT_CURRENCY)
        self._levels["account"].sum = summary_sum(record)

    def _detail(self, record: Record) -> Iterator[StatementLine]:
        self._tally.frame(record.lines - 1)  # the detail counts as its first line
        try:
            detail = Detail(record)
            self._levels["account"].sum += detail.unsigned()
            if not detail.monetary:
                self._tally.neutral()
                return
            if self._day is None:
                raise StatementRefused("E-DATE", line=record.line, column="02 as-of date", value=self._day_text)
            line = detail.line(self._account_no, self._currency, self._day, self._day_text)
        except StatementRefused as refused:
            self._tally.quarantine(refused)
            self._has_entries = True
            return
        self._has_entries = True
        yield line

    def _trailer(self, record: Record) -> None:
        """Sum, then number of parts (not of an account), then number of records; all three of what was read."""
        name = _ENDS[record.code]
        level = self._levels[name]
        label = f"{record.code} {name} {level.ordinal}"
        declared = read_integer(record.take(), record, "sum")
        check_sum(self._tally, f"{label} sum", str(declared), str(level.sum), record.line, ties=declared == level.sum)
        if name != "account":
            parts = read_integer(record.take(), record, "parts")
            check_count(self._tally, f"{label} parts", parts, level.parts, record.line)
        count = read_integer(record.take(), record, "records")
        check_count(self._tally, f"{label} records", count, level.records, record.line)
        above = {"account": "group", "group": "file"}.get(name)
        if above:
            self._levels[above].sum += level.sum
            self._levels[above].parts += 1
