"""What the rows of a block moved, all at once: kinds, amounts and currencies, as `amounts` finds them row by row."""

from typing import NamedTuple

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from chassis.money import UnknownCurrency, exponent
from services.reconciler.domain.line import LineKind
from services.reconciler.statements.amounts import NEUTRAL, SIGNS
from services.reconciler.statements.columnar_cells import Cells
from services.reconciler.statements.columnar_values import Numbers, any_is, by_word, is_one_of, minor_units
from services.reconciler.statements.odd import Odd, plain
from services.reconciler.statements.profile import Profile
from services.reconciler.statements.profile_columns import AmountCase
from services.reconciler.statements.row import Header


class MovedRows(NamedTuple):
    """The rows that moved money, and what they moved."""

    cells: Cells
    kind: pa.Array
    currency_code: pa.Array
    digits: pa.Array  # decimals of the currency
    amount_minor: pa.Array
    status: pa.Array


class _Found(NamedTuple):
    cells: Cells
    number: pa.Array
    kind: pa.Array | None = None  # None when the sign or another column tells


class ColumnarAmounts:
    """Finds the amounts of one file."""

    def __init__(self, profile: Profile, header: Header, numbers: Numbers) -> None:
        self._amount, self._currency, self._numbers = profile.amount, profile.currency, numbers
        amount, find = profile.amount, header.find
        self._header = header
        self.decided_by = find(amount.decided_by) if amount.decided_by else ""
        self._kinds = find(amount.kinds.header) if amount.kinds else ""
        names = (
            (amount.amount,) if amount.indicator else (amount.signed,) if amount.signed else (amount.in_, amount.out)
        )
        self._headers = () if amount.status_header else tuple(find(name) for name in names)
        self._empty = ("", *amount.empty)

    @property
    def headers(self) -> set[str]:
        """The columns that are looked at."""
        cases = {case.header for case in self._amount.cases.values()}
        return {self.decided_by, self._kinds, self._currency.header, *self._headers, *cases} - {""}

    def case(self, word: str) -> AmountCase:
        """What a status means. Raises Odd for one that means nothing."""
        if word not in self._amount.cases:
            raise Odd
        return self._amount.cases[word]

    def read(self, cells: Cells) -> MovedRows:
        """Raises Odd, or Arrow's own error, for a row that `amounts` would refuse."""
        found = self._find(cells)
        kind = self._kind(found)
        moves = pc.not_equal(kind, NEUTRAL)
        cells, number, kind = found.cells.where(moves), found.number.filter(moves), kind.filter(moves)
        code = self._currency_of(cells)
        digits = by_word(code, _digits, pa.int8())
        minor = minor_units(number, cells.all(0, pa.int8()) if self._amount.minor_units else digits)
        sign = by_word(kind, lambda word: SIGNS.get(LineKind(word), 0), pa.int64())
        plain(not any_is(pc.less(pc.multiply(pc.sign(minor), sign), 0)))
        return MovedRows(cells, kind, code, digits, minor, cells.text(self.decided_by))

    def _find(self, cells: Cells) -> _Found:
        if self._amount.status_header:
            return self._by_status(cells)
        if self._amount.indicator:
            return self._by_indicator(cells)
        return self._signed(cells) if self._amount.signed else self._in_or_out(cells)

    def _by_status(self, cells: Cells) -> _Found:
        kind = by_word(cells.text(self.decided_by), lambda word: self.case(word).kind, pa.string())
        moves = pc.not_equal(kind, NEUTRAL)
        cells, kind = cells.where(moves), kind.filter(moves)
        status = cells.text(self.decided_by)
        texts = cells.text("")
        for word in pc.unique(status).to_pylist():
            case = self.case(word)
            plain(case.header in self._header)
            texts = pc.if_else(pc.equal(status, word), cells.text(case.header), texts)
        negate = by_word(status, lambda word: self.case(word).negate, pa.bool_())
        return _Found(cells, _turned(self._numbers.read(texts), negate), kind)

    def _by_indicator(self, cells: Cells) -> _Found:
        amount = self._amount
        cells = cells.where(pc.invert(is_one_of(cells.text(self.decided_by), amount.neutral)))
        word = cells.text(self.decided_by)
        came = is_one_of(word, amount.in_)
        plain(not any_is(pc.invert(is_one_of(word, (*amount.in_, *amount.out)))))
        number = self._numbers.read(cells.text(self._headers[0]))
        plain(not any_is(pc.equal(pc.sign(number), -1)))
        kind = None if self._kinds else pc.if_else(came, LineKind.CREDIT, LineKind.DEBIT)
        return _Found(cells, _turned(number, pc.invert(came)), kind)

    def _signed(self, cells: Cells) -> _Found:
        number = self._numbers.read(cells.text(self._headers[0]))
        return _Found(cells, pc.negate(number) if self._amount.negate else number)

    def _in_or_out(self, cells: Cells) -> _Found:
        texts = [cells.text(header) for header in self._headers]
        blank = [is_one_of(text, self._empty) for text in texts]
        came, went = (
            self._numbers.read(pc.if_else(empty, "0", text)) for empty, text in zip(blank, texts, strict=True)
        )
        if self._amount.out_minus == "either":
            went = pc.abs(went)
        signs = pc.sign(came).cast(pa.int8()), pc.sign(went).cast(pa.int8())
        plain(not any_is(pc.and_(*blank)))
        plain(not any_is(pc.less(pc.min_element_wise(*signs), 0)))
        plain(not any_is(pc.greater(pc.min_element_wise(*signs), 0)))
        return _Found(cells, pc.if_else(pc.equal(signs[1], 0), came, pc.negate(went)))

    def _kind(self, found: _Found) -> pa.Array:
        if found.kind is not None:
            return found.kind
        by_sign = pc.if_else(pc.equal(pc.sign(found.number), -1), LineKind.DEBIT, LineKind.CREDIT)
        kinds = self._amount.kinds
        if kinds is None:
            return by_sign
        named = by_word(found.cells.text(self._kinds), kinds.map.get, pa.string())
        plain(kinds.other == "by_sign" or not named.null_count)
        return pc.coalesce(named, by_sign)

    def _currency_of(self, cells: Cells) -> pa.Array:
        currency = self._currency
        if currency.fixed:
            return cells.all(currency.fixed, pa.string())

        def code(written: str) -> str:
            return currency.map.get(written, written.upper() if currency.upper else written)

        return by_word(cells.text(currency.header), code, pa.string())


def _turned(numbers: pa.Array, turn: pa.Array) -> pa.Array:
    return pc.if_else(turn, pc.negate(numbers), numbers) if any_is(turn) else numbers


def _digits(code: str) -> int:
    try:
        return exponent(code)
    except UnknownCurrency:
        raise Odd from None
