"""What the records of BAI2 mean: the detail (16) as a canonical line, the sums of summaries. It counts nothing."""

import re
from datetime import date
from decimal import Decimal

from services.reconciler.domain.line import StatementLine
from services.reconciler.statements.bai2_record import Record
from services.reconciler.statements.entries import kind_of
from services.reconciler.statements.mt940_fields import read_day as read_yymmdd
from services.reconciler.statements.refusal import StatementRefused
from services.reconciler.statements.scales import digits_of, minor_of

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_NON_MONETARY = "890"
_DISTRIBUTIONS_MAX = 100


def read_day(text: str) -> date | None:
    """YYMMDD; None for anything else."""
    return read_yymmdd(text) if re.fullmatch("[0-9]{6}", text) else None


def read_integer(text: str, record: Record, column: str) -> int:
    """A whole number with or without a sign. Raises StatementRefused E-AMOUNT."""
    if not _INTEGER.fullmatch(text):
        raise StatementRefused("E-AMOUNT", line=record.line, column=f"{record.code} {column}", value=text)
    return int(text)


def summary_sum(record: Record) -> int:
    """The sum of all amounts of a 03 from its first type code on, as its trailer has it. Raises StatementRefused."""
    total = 0
    while record.left:
        code, amount, _count = record.take(), record.take(), record.take()
        _skip_funds(record)
        if code and amount:
            total += read_integer(amount, record, f"amount of {code}")
    return total


class Detail:
    """The fields of one 16, up to its text."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self.type_code = record.take()
        self._amount = record.take()
        self.value_day = read_day(_skip_funds(record))
        self.bank_ref, self.customer_ref = record.take(), record.take()
        self.text = record.rest()

    @property
    def monetary(self) -> bool:
        """Type code 890 carries words alone."""
        return self.type_code != _NON_MONETARY

    def unsigned(self) -> int:
        """The amount in the smallest unit of its currency. Raises StatementRefused E-AMOUNT, also for a minus."""
        if not self._amount and not self.monetary:
            return 0
        amount = read_integer(self._amount, self._record, "amount")
        if amount < 0:
            raise StatementRefused("E-AMOUNT", line=self._record.line, column="16 amount", value=self._amount)
        return amount

    def line(self, account_no: str, currency_code: str, day: date, day_text: str) -> StatementLine:
        """The canonical line. Raises StatementRefused for an unknown type code, amount or currency."""
        record = self._record
        minor = self.unsigned() if self._is_credit() else -self.unsigned()
        _check_fits(minor, currency_code, record)
        return StatementLine(
            line_no=record.line,
            kind=kind_of(1 if self._is_credit() else -1),
            merchant_order_no=self.customer_ref,
            currency_code=currency_code,
            amount_minor=minor,
            book_local=day_text,
            business_date=day,
            status=self.type_code,
            byte_offset=record.byte_offset,
            byte_size=record.byte_end - record.byte_offset,
            value_date=self.value_day,
            entry_ref=self.bank_ref,
            account_no=account_no,
            remittance=self.text,
        )

    def _is_credit(self) -> bool:
        """100-399 and 920-959 (customized) are credits, 400-699 and 960-999 debits; of loans, 720-759 and 760-799."""
        code = int(self.type_code) if re.fullmatch("[0-9]{3}", self.type_code) else 0
        if 100 <= code <= 399 or 720 <= code <= 759 or 920 <= code <= 959:
            return True
        if 400 <= code <= 699 or 760 <= code <= 799 or 960 <= code <= 999:
            return False
        raise StatementRefused("E-STATUS-UNKNOWN", line=self._record.line, column="16 type code", value=self.type_code)


def _check_fits(minor: int, currency_code: str, record: Record) -> None:
    column = "16 amount"
    try:
        digits = digits_of(currency_code)
    except ValueError:
        raise StatementRefused("E-CURRENCY", line=record.line, column="03 currency", value=currency_code) from None
    minor_of(Decimal(minor).scaleb(-digits), currency_code, line=record.line, column=column)


def _skip_funds(record: Record) -> str:
    """The funds type with what belongs to it: S three amounts, V a date and a time, D a list; V's date is returned."""
    kind = record.take().upper()
    if kind == "S":
        for _ in range(3):
            record.take()
    elif kind == "V":
        day = record.take()
        record.take()
        return day
    elif kind == "D":
        count = read_integer(record.take(), record, "distributions")
        if not 0 <= count <= _DISTRIBUTIONS_MAX:
            raise StatementRefused("E-TOO-LARGE", line=record.line, column="distributions", value=str(count))
        for _ in range(2 * count):
            record.take()
    elif kind not in ("", "0", "1", "2", "Z"):
        raise StatementRefused("E-STATUS-UNKNOWN", line=record.line, column=f"{record.code} funds type", value=kind)
    return ""
