"""The signed amount of a row, its currency and what it is, in one of the four ways that a profile can name."""

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from chassis.money import UnknownCurrency, exponent
from services.reconciler.domain.line import LineKind
from services.reconciler.statements.numbers import minor_units, whole_minor_units
from services.reconciler.statements.profile import Profile
from services.reconciler.statements.profile_columns import AmountCase
from services.reconciler.statements.refusal import StatementRefused
from services.reconciler.statements.row import Header, Row

NEUTRAL = "NEUTRAL"
# Kinds whose amount has a sign of its own; the others move money either way.
SIGNS = {LineKind.PAYMENT: 1, LineKind.CREDIT: 1, LineKind.REFUND: -1, LineKind.DEBIT: -1}


class Moved(NamedTuple):
    """What a row moved."""

    kind: LineKind
    currency_code: str
    exponent: int  # decimals of the currency
    amount_minor: int
    status: str
    case: AmountCase | None


class _Found(NamedTuple):
    number: Decimal
    header: str
    kind: str = ""  # "" when the sign or another column tells
    case: AmountCase | None = None


class AmountReader:
    """Finds the amounts of one file; its columns are found once in the header."""

    def __init__(self, profile: Profile, header: Header) -> None:
        self._header = header
        self._amount, self._currency = profile.amount, profile.currency
        self.decided_by = header.find(self._amount.decided_by) if self._amount.decided_by else ""
        self._kinds = header.find(self._amount.kinds.header) if self._amount.kinds else ""
        if self._currency.header:
            header.find((self._currency.header,))
        self._headers: tuple[str, ...] = ()  # of the amount, or of money in and of money out
        self._find = self._way()

    @property
    def header_map(self) -> dict[str, str]:
        """Where the amount, its currency and the word that decides stand in this file."""
        cases = dict.fromkeys(case.header for case in self._amount.cases.values() if case.header in self._header)
        named = {
            "amount_minor": " / ".join(self._headers or cases),
            "currency_code": self._currency.header,
            "status": self.decided_by,
        }
        return {name: header for name, header in named.items() if header}

    def read(self, row: Row) -> Moved | None:
        """None for a row that moves no money. Raises StatementRefused E-AMOUNT, E-CURRENCY or E-STATUS-UNKNOWN."""
        found = self._find(row)
        kind = self._kind(row, found) if found else NEUTRAL
        if found is None or kind == NEUTRAL:
            return None
        currency_code, digits = self._currency_of(row)
        whole = self._amount.minor_units
        amount_minor = whole_minor_units(found.number) if whole else minor_units(found.number, digits)
        if amount_minor is None or amount_minor * SIGNS.get(LineKind(kind), 0) < 0:
            raise row.refused("E-AMOUNT", found.header)
        status = row.cell(self.decided_by) if self.decided_by else ""
        return Moved(LineKind(kind), currency_code, digits, amount_minor, status, found.case)

    def _way(self) -> Callable[[Row], _Found | None]:
        amount, find = self._amount, self._header.find
        if amount.status_header:
            return self._by_status
        if amount.indicator:
            self._headers = (find(amount.amount),)
            return self._by_indicator
        if amount.signed:
            self._headers = (find(amount.signed),)
            return self._signed
        self._headers = (find(amount.in_), find(amount.out))
        return self._in_or_out

    def _by_status(self, row: Row) -> _Found | None:
        case = self._amount.cases.get(row.cell(self.decided_by))
        if case is None:
            raise row.refused("E-STATUS-UNKNOWN", self.decided_by)
        if case.kind == NEUTRAL:
            return None
        if case.header not in self._header:
            raise StatementRefused("E-HEADER-MISSING", line=row.line.no, column=case.header)
        number = row.decimal(case.header)
        return _Found(-number if case.negate else number, case.header, case.kind, case)

    def _by_indicator(self, row: Row) -> _Found | None:
        word, (header,) = row.cell(self.decided_by), self._headers
        if word in self._amount.neutral:
            return None
        if word not in (*self._amount.in_, *self._amount.out):
            raise row.refused("E-STATUS-UNKNOWN", self.decided_by)
        number = row.decimal(header)
        if number < 0:
            raise row.refused("E-AMOUNT", header)
        return _Found(number if word in self._amount.in_ else -number, header, self._way_of(word))

    def _way_of(self, word: str) -> str:
        if self._kinds:
            return ""
        return LineKind.CREDIT if word in self._amount.in_ else LineKind.DEBIT

    def _signed(self, row: Row) -> _Found:
        (header,) = self._headers
        number = row.decimal(header)
        return _Found(-number if self._amount.negate else number, header)

    def _in_or_out(self, row: Row) -> _Found:
        came, went = (self._side(row, header) for header in self._headers)
        if went < 0 and self._amount.out_minus == "either":
            went = -went
        header = self._headers[1] if went else self._headers[0]
        neither = all(row.cell(header) in ("", *self._amount.empty) for header in self._headers)
        if neither or (came and went) or came < 0 or went < 0:
            raise row.refused("E-AMOUNT", header)
        return _Found(came - went, header)

    def _side(self, row: Row, header: str) -> Decimal:
        return row.decimal(header, ("", *self._amount.empty))

    def _kind(self, row: Row, found: _Found) -> str:
        by_sign = LineKind.DEBIT if found.number < 0 else LineKind.CREDIT
        if found.kind or self._amount.kinds is None:
            return found.kind or by_sign
        kind = self._amount.kinds.map.get(row.cell(self._kinds))
        if kind is None and self._amount.kinds.other == "refuse":
            raise row.refused("E-STATUS-UNKNOWN", self._kinds)
        return kind or by_sign

    def _currency_of(self, row: Row) -> tuple[str, int]:
        currency = self._currency
        written = row.cell(currency.header)
        code = currency.fixed or currency.map.get(written, written.upper() if currency.upper else written)
        try:
            return code, exponent(code)
        except UnknownCurrency:
            raise row.refused("E-CURRENCY", currency.header) from None
