"""One :61: of MT940 or MT942, with its :86:, as a canonical line. It sees texts, never a file."""

import calendar
import re
from datetime import date

from services.reconciler.domain.line import StatementLine
from services.reconciler.statements.encoding import TextLine
from services.reconciler.statements.entries import REMITTANCE_MAX, kind_of
from services.reconciler.statements.mt940_fields import comma_decimal, read_day
from services.reconciler.statements.mt940_text import read_text
from services.reconciler.statements.refusal import StatementRefused
from services.reconciler.statements.scales import minor_of
from services.reconciler.statements.tally import Tally

# 6!n[4!n]2a[1!a]15d1!a3!c16x[//16x]; after the amount a letter must follow, so that no digit of it is left behind.
_ENTRY = re.compile(
    r"(?P<value>[0-9]{6})(?P<entry>[0-9]{4})?(?P<mark>(?i:[RE]?[CD]))(?P<funds>[A-Z])?"
    r"(?P<amount>[0-9]{1,15}(,[0-9]{0,15})?)(?P<type>[A-Za-z][A-Za-z0-9 ]{3})(?P<refs>.*)"
)
_CREDITS = ("C", "RD", "EC")  # the reversal of a debit is money in
# None, or the word for a number that stands in :86: (end to end, of the payer's batch, of the mandate).
_NO_REFERENCE = ("NONREF", "EREF", "PREF", "MARF")
_TEXT_MAX = 2 * REMITTANCE_MAX
_WRAPPED_AT = 65  # the width at which SWIFT breaks a text, inside of words


class Mt940Entry:
    """From the :61: to the end of its :86:."""

    def __init__(self, text: str, line: TextLine) -> None:
        self._text, self._begin, self._end = text, line, line.byte_offset + line.byte_size
        self._found = _ENTRY.fullmatch(text)
        self._mark = self._found["mark"].upper() if self._found else ""
        self._information: list[tuple[str, bool]] = []  # with whether the line before was broken to get here
        self._size = 0
        self._in_information = False
        self._last_length = 0

    @property
    def expected(self) -> bool:
        """EC or ED: the bank expects it, and nothing has moved yet."""
        return self._mark.startswith("E")

    @property
    def is_debit(self) -> bool:
        """Whether money goes out."""
        return self._mark not in _CREDITS

    def text(self, text: str, line: TextLine, *, begins: bool) -> None:
        """A line of :86:, or a further line of :61: (supplementary details, which nothing here needs)."""
        self._end = line.byte_offset + line.byte_size
        self._in_information = self._in_information or begins
        if not self._in_information or self._size > _TEXT_MAX:
            return
        broken = not begins and self._last_length >= _WRAPPED_AT
        self._information.append((text, broken))
        self._size += len(text)
        self._last_length = len(text)

    def line(self, account_no: str, currency_code: str, tally: Tally) -> StatementLine:
        """The line, its amount signed by the mark: RC, the reversal of a credit, is money out, and RD is money in.

        Raises StatementRefused for what is not of this form.
        """
        found, no = self._found, self._begin.no
        if found is None:
            raise StatementRefused("E-AMOUNT", line=no, column=":61:", value=self._text)
        if not currency_code:
            raise StatementRefused("E-CURRENCY", line=no, column=":60F:", value="")
        amount = comma_decimal(found["amount"], no, ":61:")
        minor = minor_of(-amount if self.is_debit else amount, currency_code, line=no, column=":61:")
        value_date, business_date = self._days(found["value"], found["entry"] or "", tally)
        own, _, servicer = found["refs"].partition("//")
        text = read_text(self._information)
        return StatementLine(
            line_no=no,
            kind=kind_of(-1 if self.is_debit else 1),
            merchant_order_no=text.end_to_end or _given(own),
            currency_code=currency_code,
            amount_minor=minor,
            book_local=found["value"],
            business_date=business_date,
            status=found["type"],
            byte_offset=self._begin.byte_offset,
            byte_size=self._end - self._begin.byte_offset,
            value_date=value_date,
            entry_ref=_given(servicer),
            account_no=account_no,
            counterparty_name=text.name,
            counterparty_account=text.account,
            remittance=text.remittance[:REMITTANCE_MAX],
            reversal=self._mark.startswith("R"),
        )

    def _days(self, value: str, entry: str, tally: Tally) -> tuple[date | None, date]:
        """Value date and booking day. Banks that count 30 days a month write a 30 February: that is its month's end."""
        no = self._begin.no
        value_date, month_end = read_day(value), _month_end(value)
        near = value_date or month_end
        if near is None:
            raise StatementRefused("E-DATE", line=no, column=":61:", value=value)
        booked = _nearest(entry, near) if entry else near
        if booked is None:
            raise StatementRefused("E-DATE", line=no, column=":61:", value=entry)
        if value_date is None:
            tally.warn("W-VALUE-DATE", line=no, column=":61:", value=value)
        return value_date, booked


def _month_end(value: str) -> date | None:
    first = read_day(f"{value[:4]}01")
    if first is None or not 28 < int(value[4:6]) <= 31:
        return None
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])


def _nearest(entry: str, value_date: date) -> date | None:
    """MMDD in the year that brings it nearest to the value date; None if no calendar has it."""
    days = [
        day
        for year in (value_date.year - 1, value_date.year, value_date.year + 1)
        if (day := read_day(f"{year % 100:02}{entry}")) is not None
    ]
    return min(days, key=lambda day: abs(day - value_date), default=None)


def _given(reference: str) -> str:
    reference = reference.strip()
    return "" if reference in _NO_REFERENCE else reference
