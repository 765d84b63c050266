"""One row to one canonical line, by the profile's columns. Any doubt refuses the file; nothing is repaired."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Context, Decimal, Inexact, InvalidOperation

from chassis.money import InexactAmount, Money, UnknownCurrency
from services.reconciler.domain.line import LineKind, StatementLine
from services.reconciler.statements.encoding import TextLine
from services.reconciler.statements.localtime import business_date
from services.reconciler.statements.period import Period
from services.reconciler.statements.profile import AmountCase, Column, Dialect, Profile
from services.reconciler.statements.refusal import StatementRefused

EXACT = Context(prec=60, traps=[Inexact, InvalidOperation])  # sums that would lose a digit raise instead
_DECIMAL = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,10})?")
_ROUNDED_BY_SPREADSHEET = re.compile(r"[0-9](\.[0-9]+)?E\+[0-9]+")
_FIELDS = (
    "channel_txn_no",
    "merchant_order_no",
    "channel_refund_no",
    "merchant_refund_no",
    "fee",
    "account_no",
)


class Row:
    """The cells of one line under the header of its file."""

    __slots__ = ("_cells", "_index", "line")

    def __init__(self, line: TextLine, cells: list[str], index: dict[str, int]) -> None:
        self.line, self._cells, self._index = line, cells, index

    def cell(self, header: str) -> str:
        """What stands in this column; "" if the file does not have the column."""
        at = self._index.get(header)
        return "" if at is None else self._cells[at]

    def decimal(self, header: str) -> Decimal:
        """The exact number in this column; nought if the file does not have the column."""
        if header not in self._index:
            return Decimal(0)
        return exact_decimal(self.cell(header), line=self.line.no, column=header)

    def refused(self, code: str, header: str) -> StatementRefused:
        """The refusal of this line for what stands in this column."""
        return StatementRefused(code, line=self.line.no, column=header, value=self.cell(header))


class RowReader:
    """Reads the rows of one file: the profile's columns, found once in its header."""

    def __init__(
        self, profile: Profile, header: tuple[str, ...], header_line: int, account_no: str, period: Period
    ) -> None:
        self._profile = profile
        self._header_line = header_line
        self._account = account_no
        self.day = period.day  # of the file: as it states, else of its first line
        self._index = {name: at for at, name in enumerate(header)}
        self._book_time = self._find(profile.columns.book_time.header)
        self._fields = dict(self._found_fields())
        self._find((profile.amount.status_header,))
        if profile.currency.header:
            self._find((profile.currency.header,))
        self.header_map = {"book_time": self._book_time} | {
            field: found for field, (_, found) in self._fields.items() if found in self._index
        }

    def cut(self, line: TextLine) -> Row:
        """The cells of a line; raises StatementRefused unless there is one for each column."""
        cells = cells_of(line, self._profile.dialect)
        if len(cells) != len(self._index):
            raise StatementRefused("E-WIDTH", line=line.no, value=f"{len(cells)} cells, not {len(self._index)}")
        return Row(line, cells, self._index)

    def read(self, row: Row) -> StatementLine:
        """Raises StatementRefused at the first cell that is not what the layout promises."""
        case = self._case(row)
        local = self._local(row)
        amount = self._amount(row, case)
        line = StatementLine(
            line_no=row.line.no,
            kind=case.kind,
            channel_txn_no=self._number(row, "channel_txn_no", case),
            merchant_order_no=self._number(row, "merchant_order_no", case),
            channel_refund_no=self._number(row, "channel_refund_no", case),
            merchant_refund_no=self._number(row, "merchant_refund_no", case),
            currency_code=amount.currency_code,
            amount_minor=amount.amount_minor,
            fee_text=self._fee(row),
            book_time=local.replace(tzinfo=self._profile.tz).astimezone(UTC),
            book_local=row.cell(self._book_time),
            business_date=business_date(local, self._profile.day.cutoff),
            status=row.cell(self._profile.amount.status_header),
            byte_offset=row.line.byte_offset,
            byte_size=row.line.byte_size,
            account_no=self._field(row, "account_no") or self._account,
        )
        self._check_one_day(line)
        self._check_one_account(line)
        return line

    def _check_one_day(self, line: StatementLine) -> None:
        self.day = self.day or line.business_date
        if line.business_date != self.day:
            raise StatementRefused("E-PERIOD", line=line.line_no, value=f"{line.book_local}, not of {self.day}")

    def _check_one_account(self, line: StatementLine) -> None:
        self._account = self._account or line.account_no
        if line.account_no != self._account:
            value = f"{line.account_no}, not {self._account}"
            raise StatementRefused("E-ACCOUNT-MIXED", line=line.line_no, value=value)

    def _case(self, row: Row) -> AmountCase:
        header = self._profile.amount.status_header
        case = self._profile.amount.cases.get(row.cell(header))
        if case is None:
            raise row.refused("E-STATUS-UNKNOWN", header)
        return case

    def _local(self, row: Row) -> datetime:
        local = self._profile.columns.book_time.format.read(row.cell(self._book_time))
        # The first and last day of the calendar have no UTC in every zone, nor any payment.
        if local is None or not 1970 <= local.year < 9999:
            raise row.refused("E-DATE", self._book_time)
        return local

    def _number(self, row: Row, field: str, case: AmountCase) -> str:
        number = self._field(row, field)
        if not number and (field == "channel_txn_no" or field in case.needs):
            header = self._fields[field][1]
            raise row.refused("E-CELL-EMPTY" if header in self._index else "E-HEADER-MISSING", header)
        if _ROUNDED_BY_SPREADSHEET.fullmatch(number):
            raise row.refused("E-EXCEL-PRECISION", self._fields[field][1])
        return number

    def _amount(self, row: Row, case: AmountCase) -> Money:
        if case.header not in self._index:
            raise StatementRefused("E-HEADER-MISSING", line=row.line.no, column=case.header)
        currency = self._profile.currency
        code = currency.fixed or row.cell(currency.header)
        try:
            written = Money.from_major(row.cell(case.header), code)
        except UnknownCurrency:
            raise row.refused("E-CURRENCY", currency.header) from None
        except InexactAmount:
            raise row.refused("E-AMOUNT", case.header) from None
        amount = -written if case.negate else written
        if amount.amount_minor * (1 if case.kind is LineKind.PAYMENT else -1) < 0:
            raise row.refused("E-AMOUNT", case.header)
        return amount

    def _fee(self, row: Row) -> str:
        fee = self._field(row, "fee")
        if fee:
            exact_decimal(fee, line=row.line.no, column=self._fields["fee"][1])
        return fee

    def _field(self, row: Row, field: str) -> str:
        if field not in self._fields:
            return ""
        column, header = self._fields[field]
        cell = row.cell(header)
        return "" if cell in column.empty else cell

    def _found_fields(self) -> Iterator[tuple[str, tuple[Column, str]]]:
        for field in _FIELDS:
            column: Column | None = getattr(self._profile.columns, field)
            if column is not None:
                yield field, (column, self._find(column.header, optional=column.optional))

    def _find(self, headers: tuple[str, ...], *, optional: bool = False) -> str:
        """The header under which a column stands in this file."""
        for header in headers:
            if header in self._index:
                return header
        if not optional:
            raise StatementRefused("E-HEADER-MISSING", line=self._header_line, column=" / ".join(headers))
        return headers[0]


def cells_of(line: TextLine, dialect: Dialect) -> list[str]:
    """Cut a row or a totals row; raises StatementRefused if its cells lack their prefix."""
    if dialect.cell_prefix and not line.text.startswith(dialect.cell_prefix):
        raise StatementRefused("E-CELL-PREFIX", line=line.no, value=line.text)
    cells = line.text[len(dialect.cell_prefix) :].split(dialect.delimiter + dialect.cell_prefix)
    return [cell.strip(dialect.strip) if dialect.strip else cell for cell in cells]


def exact_decimal(text: str, *, line: int, column: str) -> Decimal:
    """A plain decimal number of at most 15 + 10 digits; raises StatementRefused for anything else."""
    if not _DECIMAL.fullmatch(text):
        raise StatementRefused("E-AMOUNT", line=line, column=column, value=text)
    return Decimal(text)
