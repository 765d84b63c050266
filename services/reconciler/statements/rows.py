"""One row to one canonical line, by the profile's columns. Any doubt refuses the row; nothing is repaired."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.reconciler.domain.line import StatementLine
from services.reconciler.statements.amounts import AmountReader
from services.reconciler.statements.cells import cells_of
from services.reconciler.statements.encoding import TextLine
from services.reconciler.statements.localtime import TimeFormat, business_date
from services.reconciler.statements.numbers import minor_units, whole_minor_units
from services.reconciler.statements.period import Period
from services.reconciler.statements.profile import Profile
from services.reconciler.statements.profile_columns import AmountCase, Column, DateColumn
from services.reconciler.statements.refusal import StatementRefused
from services.reconciler.statements.row import Header, Row
from services.reconciler.statements.tally import Tally

ROUNDED_BY_SPREADSHEET = re.compile(r"[0-9](\.[0-9]+)?E\+[0-9]+|[0-9]{6,}\.0")
NOT_IN_A_NUMBER = re.compile("[\x00-\x1f\x7f\u3000\uff01-\uff5e]")  # control characters, full-width forms
_TEXTS = (
    "channel_txn_no",
    "merchant_order_no",
    "channel_refund_no",
    "merchant_refund_no",
    "original_txn_no",
    "entry_ref",
    "fee",
    "account_no",
    "counterparty_name",
    "counterparty_account",
    "remittance",
    "balance_after",
)


class RowReader:
    """Reads the rows of one file: the profile's columns, found once in its header."""

    def __init__(self, profile: Profile, header: Header, account_no: str, period: Period, tally: Tally) -> None:
        assert profile.columns.book_time, "a profile of rows has book_time"
        self._profile, self._header, self._period, self._tally = profile, header, period, tally
        self._account = account_no
        self._dialect = profile.dialect
        self._columns = dict(self._found())
        self._time = profile.columns.book_time
        self._time_headers = self._time.join and tuple(header.find((name,)) for name in self._time.join)
        self._time_headers = self._time_headers or (header.find(self._time.header),)
        self.formats = self._time.format
        self.amounts = AmountReader(profile, header)
        tally.header_map = {"book_time": " ".join(self._time_headers)} | {
            name: found for name, (_, found) in self._columns.items() if found in header
        }

    def cut(self, line: TextLine) -> Row:
        """The cells of a line; raises StatementRefused unless there is one for each column."""
        cells = cells_of(line, self._dialect)
        width, table = len(self._header), self._profile.table
        while len(cells) > width and not cells[-1] and (table.trailing_delimiter or line.cells is not None):
            cells.pop()
        if len(cells) < width and table.ragged:
            self._tally.warn("W-RAGGED", line=line.no, value=f"{len(cells)} cells, not {width}")
            cells += [""] * (width - len(cells))
        if len(cells) != width:
            raise StatementRefused("E-WIDTH", line=line.no, value=f"{len(cells)} cells, not {width}")
        return Row(line, cells, self._header, self._dialect)

    def read(self, row: Row) -> StatementLine | None:
        """The line; None for a row that moves no money. Raises StatementRefused at the first cell that is wrong."""
        moved = self.amounts.read(row)
        if moved is None:
            return None
        local, form = self._local(row)
        line = StatementLine(
            line_no=row.line.no,
            kind=moved.kind,
            channel_txn_no=self._number(row, "channel_txn_no", moved.case),
            merchant_order_no=self._number(row, "merchant_order_no", moved.case),
            channel_refund_no=self._number(row, "channel_refund_no", moved.case),
            merchant_refund_no=self._number(row, "merchant_refund_no", moved.case),
            original_txn_no=self._number(row, "original_txn_no", moved.case),
            entry_ref=self._number(row, "entry_ref", moved.case),
            currency_code=moved.currency_code,
            amount_minor=moved.amount_minor,
            fee_text=self._fee(row, moved.exponent),
            book_time=self._moment(row, local) if form.has_time else None,
            book_local=self._written(row),
            business_date=self._business_date(row, local, form),
            value_date=self._date(row, "value_date", self._profile.columns.value_date),
            status=moved.status,
            byte_offset=row.line.byte_offset,
            byte_size=row.line.byte_size,
            account_no=self._account_no(row, "account_no") or self._account,
            counterparty_name=self._text(row, "counterparty_name"),
            counterparty_account=self._account_no(row, "counterparty_account"),
            remittance=self._text(row, "remittance"),
            balance_after_minor=self._balance(row, moved.exponent),
        )
        self._check_one_account(line)
        self._period.check(line, self._tally)
        return line

    def needs(self, name: str, case: AmountCase | None) -> bool:
        """Whether a line cannot be without this number: by its status, or because it alone tells lines apart."""
        if name == "channel_txn_no":
            return case is not None or self._profile.key == ("channel_txn_no",)
        return case is not None and name in case.needs

    def times_that_fit(self, row: Row) -> set[TimeFormat]:
        """The formats under which the row's time is one; for a profile whose order of dates the file decides."""
        return {form for form in self._time.format if self._read_time(row, form) is not None}

    def _local(self, row: Row) -> tuple[datetime, TimeFormat]:
        for form in self.formats:
            local = self._read_time(row, form)
            # The first and last day of the calendar have no UTC in every zone, nor any payment.
            if local is not None and 1970 <= local.year < 9999:
                return local, form
        raise StatementRefused("E-DATE", line=row.line.no, column=self._time_headers[0], value=self._written(row))

    def _read_time(self, row: Row, form: TimeFormat) -> datetime | None:
        if form.has_year or self._time.year is None:
            return form.read(self._written(row))
        year = self._text(row, "year")
        return form.read(self._written(row), int(year)) if re.fullmatch("[0-9]{4}", year) else None

    def _written(self, row: Row) -> str:
        return " ".join(cell for header in self._time_headers if (cell := row.cell(header)))

    def _moment(self, row: Row, local: datetime) -> datetime:
        zone = self._profile.tz
        if self._time.zone is not None:
            try:
                written = self._text(row, "zone")
                zone = _zone(self._time.zones.get(written, written))
            except (ZoneInfoNotFoundError, ValueError):
                raise row.refused("E-DATE", self._columns["zone"][1]) from None
        return local.replace(tzinfo=zone).astimezone(UTC)

    def _business_date(self, row: Row, local: datetime, form: TimeFormat) -> date:
        column = self._profile.columns.business_date
        if column is not None:
            stated = self._date(row, "business_date", column)
            if stated is None:
                raise row.refused("E-DATE", self._columns["business_date"][1])
            return stated
        return business_date(local, self._profile.day.cutoff) if form.has_time else local.date()

    def _date(self, row: Row, name: str, column: DateColumn | None) -> date | None:
        if column is None:
            return None
        header = self._columns[name][1]
        text = row.cell(header)
        if not text or text in column.empty:
            return None
        for form in column.format:
            if (read := form.read(text)) is not None and 1970 <= read.year < 9999:
                return read.date()
        raise row.refused("E-DATE", header)

    def _number(self, row: Row, name: str, case: AmountCase | None) -> str:
        number = self._text(row, name)
        if not number and self.needs(name, case):
            if name not in self._columns:
                return ""
            header = self._columns[name][1]
            raise row.refused("E-CELL-EMPTY" if header in self._header else "E-HEADER-MISSING", header)
        if ROUNDED_BY_SPREADSHEET.fullmatch(number):
            raise row.refused("E-EXCEL-PRECISION", self._columns[name][1])
        if NOT_IN_A_NUMBER.search(number):
            raise row.refused("E-CELL-FORM", self._columns[name][1])
        return number

    def _account_no(self, row: Row, name: str) -> str:
        account = self._text(row, name)
        if ROUNDED_BY_SPREADSHEET.fullmatch(account):
            raise row.refused("E-EXCEL-PRECISION", self._columns[name][1])
        return account

    def _fee(self, row: Row, exponent: int) -> str:
        fee = self._text(row, "fee")
        if not fee:
            return ""
        column, header = self._columns["fee"]
        if isinstance(column, Column) and column.minor_units:
            minor = whole_minor_units(row.number(fee, header))
            if minor is None:
                raise row.refused("E-AMOUNT", header)
            return f"{Decimal(minor).scaleb(-exponent):f}"
        row.number(fee, header)
        return fee

    def _balance(self, row: Row, exponent: int) -> int | None:
        text = self._text(row, "balance_after")
        if not text:
            return None
        column, header = self._columns["balance_after"]
        whole = isinstance(column, Column) and column.minor_units
        number = row.number(text, header)
        balance = whole_minor_units(number) if whole else minor_units(number, exponent)
        if balance is None:
            raise row.refused("E-AMOUNT", header)
        return balance

    def _text(self, row: Row, name: str) -> str:
        """What the column of a field says; "" if the layout or the file has none, or for what means "none"."""
        if name not in self._columns:
            return ""
        column, header = self._columns[name]
        cell = row.cell(header)
        if cell in column.empty or not isinstance(column, Column) or column.regex is None or not cell:
            return "" if cell in column.empty else cell
        found = column.regex.search(cell)
        if found is None:
            raise row.refused("E-CELL-FORM", header)
        parts = found.groupdict()
        return ("-" if parts.get("minus") else "") + (parts["value"] or "")

    def _check_one_account(self, line: StatementLine) -> None:
        if self._profile.day.span == "many" and line.account_no != self._account:
            return  # the summary tells no account then
        self._account = self._account or line.account_no
        if line.account_no != self._account:
            value = f"{line.account_no}, not {self._account}"
            raise StatementRefused("E-ACCOUNT-MIXED", line=line.line_no, value=value)

    def _found(self) -> Iterator[tuple[str, tuple[Column | DateColumn, str]]]:
        columns, book_time = self._profile.columns, self._profile.columns.book_time
        named = {name: getattr(columns, name) for name in (*_TEXTS, "business_date", "value_date")}
        if book_time is not None:
            named |= {"year": book_time.year, "zone": book_time.zone}
        for name, column in named.items():
            if column is not None:
                yield name, (column, self._header.find(column.header, optional=column.optional))


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
