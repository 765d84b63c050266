"""The rows of a block to one batch of canonical lines, as `rows` makes them one by one."""

from collections.abc import Sequence
from functools import reduce

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from services.reconciler.statements.columnar_amounts import ColumnarAmounts, MovedRows
from services.reconciler.statements.columnar_cells import Cells
from services.reconciler.statements.columnar_controls import ColumnarControls
from services.reconciler.statements.columnar_values import (
    Numbers,
    any_is,
    business_dates,
    by_word,
    in_utc,
    is_one_of,
    minor_units,
    moments,
    words_of,
)
from services.reconciler.statements.controls import BlockTotals
from services.reconciler.statements.lines import LINE_SCHEMA
from services.reconciler.statements.odd import plain
from services.reconciler.statements.profile import Profile
from services.reconciler.statements.profile_columns import Column, DateColumn
from services.reconciler.statements.row import Header
from services.reconciler.statements.rows import NOT_IN_A_NUMBER, ROUNDED_BY_SPREADSHEET, RowReader

_NUMBERS = (
    "channel_txn_no",
    "merchant_order_no",
    "channel_refund_no",
    "merchant_refund_no",
    "original_txn_no",
    "entry_ref",
)
_HARMLESS = bytes(set(range(0x20, 0x7F)) - set(b".+"))  # in a number, beside any others of these
_ROUNDED = f"^(?:{ROUNDED_BY_SPREADSHEET.pattern})$"
_ODD_NUMBER = f"{_ROUNDED}|{NOT_IN_A_NUMBER.pattern}"


class ColumnarRows:
    """The profile's columns, found once in the header of the file by its row reader."""

    def __init__(
        self, profile: Profile, header: Header, account_no: str, reader: RowReader, header_map: dict[str, str]
    ) -> None:
        self._profile, self._reader, self._account_no = profile, reader, account_no
        self._numbers = Numbers(profile.dialect)
        self._amounts = ColumnarAmounts(profile, header, self._numbers)
        self._controls = ColumnarControls(profile, header, self._numbers, self._amounts.decided_by)
        self._found = {name: found for name, found in header_map.items() if name != "book_time"}
        time = profile.columns.book_time
        assert time is not None, "a profile of rows has book_time"
        self._time_headers = time.join or (header_map["book_time"],)

    @property
    def headers(self) -> set[str]:
        """The columns that are looked at, if the file has them."""
        return {*self._found.values(), *self._time_headers} | self._amounts.headers | self._controls.headers

    def read(self, cells: Cells) -> tuple[pa.RecordBatch, BlockTotals]:
        """The lines that moved money, and what all rows give to the controls.

        Raises Odd, or Arrow's own error, if the row reader would refuse a row, warn of it, or might read it otherwise.
        """
        moved = self._amounts.read(cells)
        totals = self._controls.read(cells, moved)
        columns = self._columns(moved) if len(moved.cells) else {}
        arrays = [columns[field.name] if columns else pa.nulls(0, field.type) for field in LINE_SCHEMA]
        return pa.RecordBatch.from_arrays(arrays, schema=LINE_SCHEMA), totals

    def _columns(self, moved: MovedRows) -> dict[str, pa.Array]:
        cells = moved.cells
        return {
            **cells.places,
            **self._times(cells),
            **{name: self._number(moved, name) for name in _NUMBERS},
            "kind": moved.kind,
            "currency_code": moved.currency_code,
            "amount_minor": moved.amount_minor,
            "status": moved.status,
            "fee_text": self._fee(cells),
            "value_date": self._date(cells, "value_date", self._profile.columns.value_date),
            "account_no": self._account(cells),
            "counterparty_name": self._text(cells, "counterparty_name"),
            "counterparty_account": self._account_text(cells, "counterparty_account"),
            "remittance": self._text(cells, "remittance"),
            "balance_after_minor": self._balance(moved),
            "reversal": cells.all(value=False, kind=pa.bool_()),
        }

    def _times(self, cells: Cells) -> dict[str, pa.Array]:
        texts = [cells.text(header) for header in self._time_headers]
        plain(len(texts) == 1 or not any(any_is(pc.equal(text, "")) for text in texts))
        written = reduce(lambda left, right: pc.binary_join_element_wise(left, right, " "), texts)
        local, form = moments(written, self._reader.formats)
        day = business_dates(local, self._profile.day.cutoff) if form.has_time else local.cast(pa.date32())
        column = self._profile.columns.business_date
        if column is not None:
            day = self._date(cells, "business_date", column)
            plain(not day.null_count)
        moment = in_utc(local, self._profile.tz) if form.has_time else pa.nulls(len(cells), pa.timestamp("us", "UTC"))
        return {"book_time": moment, "book_local": written, "business_date": day}

    def _date(self, cells: Cells, name: str, column: DateColumn | None) -> pa.Array:
        if column is None or name not in self._found:
            return pa.nulls(len(cells), pa.date32())
        texts = cells.text(self._found[name])
        none = is_one_of(texts, ("", *column.empty))
        return moments(pc.if_else(none, None, texts), column.format)[0].cast(pa.date32())

    def _text(self, cells: Cells, name: str) -> pa.Array:
        if name not in self._found:
            return cells.all("", pa.string())
        texts, column = cells.text(self._found[name]), getattr(self._profile.columns, name)
        return pc.if_else(is_one_of(texts, column.empty), "", texts) if column.empty else texts

    def _number(self, moved: MovedRows, name: str) -> pa.Array:
        texts = self._text(moved.cells, name)
        none = pc.equal(texts, "")
        if getattr(self._profile.columns, name) is not None and any_is(none):
            plain(not any_is(pc.and_(self._needed(moved, name), none)))
        if name in self._found and not _has_neither_point_nor_sign(texts):
            plain(not any_is(pc.match_substring_regex(texts, _ODD_NUMBER)))
        return texts

    def _needed(self, moved: MovedRows, name: str) -> pa.Array:
        """For which rows the number may not be missing."""
        if self._profile.amount.cases:
            cases = self._amounts.case
            return by_word(moved.status, lambda word: self._reader.needs(name, cases(word)), pa.bool_())
        return moved.cells.all(self._reader.needs(name, None), pa.bool_())

    def _fee(self, cells: Cells) -> pa.Array:
        texts = self._text(cells, "fee")
        if "fee" in self._found:
            self._numbers.check(pc.if_else(pc.equal(texts, ""), "0", texts))
        return texts

    def _account_text(self, cells: Cells, name: str) -> pa.Array:
        texts = self._text(cells, name)
        plain(name not in self._found or not any_is(pc.match_substring_regex(words_of(texts), _ROUNDED)))
        return texts

    def _account(self, cells: Cells) -> pa.Array:
        """Of each row. In a file of one account, the row reader then sees by the first row that it is the file's."""
        texts = self._account_text(cells, "account_no")
        if self._profile.day.span == "one":
            plain(len(pc.unique(texts)) == 1)
        return pc.if_else(pc.equal(texts, ""), self._account_no, texts)

    def _balance(self, moved: MovedRows) -> pa.Array:
        if "balance_after" not in self._found:
            return pa.nulls(len(moved.cells), pa.int64())
        texts = self._text(moved.cells, "balance_after")
        none = pc.equal(texts, "")
        balances = minor_units(self._numbers.read(pc.if_else(none, "0", texts)), moved.digits)
        return pc.if_else(none, None, balances)


def _has_neither_point_nor_sign(texts: pa.Array) -> bool:
    """Whether no cell has what a number is refused for; quicker than to look for it, where it is not."""
    everything = pc.binary_join(pa.ListArray.from_arrays([0, len(texts)], texts), "")[0].as_buffer().to_pybytes()
    return not everything.translate(None, _HARMLESS)


def only_plain(columns: Sequence[Column | DateColumn | None]) -> bool:
    """Whether none of these columns takes a part of its cells, or has numbers without their point."""
    found = [column for column in columns if isinstance(column, Column)]
    return not any(column.regex or column.minor_units for column in found)
