"""What the columns of an unknown table seem to mean: times, amounts, currency. A guess for a person to judge."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from services.reconciler.statements.localtime import TimeFormat
from services.reconciler.statements.sketch import Sketch, is_date, number_of

# The order settles nothing: of two that fit every row, both are proposed.
_DATES = (
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%Y年%m月%d日", "%Y-%-m-%-d", "%Y/%-m/%-d", "%d/%m/%Y", "%m/%d/%Y",
    "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%-d/%-m/%Y", "%-m/%-d/%Y", "%-d.%-m.%Y", "%d/%m/%y", "%m/%d/%y",
)  # fmt: skip
_CLOCKS = ("%H:%M:%S", "%H:%M", "%-H:%M:%S", "%-H:%M", "%H%M%S")
_PLAIN = (
    "channel_txn_no", "merchant_order_no", "channel_refund_no", "merchant_refund_no", "entry_ref", "fee", "account_no",
    "counterparty_name", "counterparty_account", "remittance", "balance_after",
)  # fmt: skip
_NUMBERS = ("fee", "balance_after")
_IN = {"收入", "贷", "贷 Cr", "CR", "C", "Credit", "存入", "收", "转入"}
_OUT = {"支出", "借", "借 Dr", "DR", "D", "Debit", "支取", "支", "付", "转出"}
_CURRENCIES = {
    "人民币": "CNY",
    "人民币元": "CNY",
    "美元": "USD",
    "港币": "HKD",
    "欧元": "EUR",
    "日元": "JPY",
    "英镑": "GBP",
}
_SIGNS = re.compile("[¥￥$€£]")
_NO_AMOUNT = ("", "-", "0.00")  # what banks write into the other one of two columns
_OF_TIME = re.compile("时间|日期|time|date", re.IGNORECASE)


def book_time_of(sketch: Sketch, header: Sequence[str], fields: dict[str, int], warnings: list[str]) -> dict[str, Any]:
    """The column of the dates, with a column of clock times if there is one, and the forms that fit every row."""
    column = fields.get("book_time", sketch.date_at)
    if not all(is_date(cell) for cell in _cells(sketch, column)):
        column = sketch.date_at
    formats = _fitting(_cells(sketch, column), [*_DATES, *(f"{date} {clock}" for date in _DATES for clock in _CLOCKS)])
    clocks = [at for at in range(len(header)) if at != column and _fitting(_cells(sketch, at), _CLOCKS, clock=True)]
    if not formats or "%H" in formats[0] or "%-H" in formats[0] or not clocks:
        place: dict[str, Any] = {"header": [header[column]]}
    else:
        clock = fields["clock"] if fields.get("clock") in clocks else clocks[0]
        of_clock = _fitting(_cells(sketch, clock), _CLOCKS, clock=True)
        place = {"join": [header[column], header[clock]]}
        formats = [*(f"{date} {of_clock[0]}" for date in formats), *_without_clock(sketch, clock, formats)]
    if len({_day_first(form) for form in formats}) > 1:
        warnings.append("W-DATE-ORDER-AMBIGUOUS")
        place["order"] = "auto"
    return {**place, "format": formats or ["%Y-%m-%d"]}


def _fitting(cells: Sequence[str], formats: Sequence[str], *, clock: bool = False) -> list[str]:
    """Those forms that read every cell; a form with more digits leaves out the ones that allow fewer."""
    filled = [cell for cell in cells if cell or not clock]
    if not filled:
        return []
    fitting = []
    for form in formats:
        read = TimeFormat.of(f"%Y-%m-%d {form}" if clock else form).read
        if all(read(f"2000-01-01 {cell}" if clock else cell) is not None for cell in filled):
            fitting.append(form)
    strict = [form for form in fitting if "%-" not in form]
    return strict or fitting


def _without_clock(sketch: Sketch, clock: int, formats: Sequence[str]) -> Iterator[str]:
    if not all(_cells(sketch, clock)):
        yield from formats


def _day_first(form: str) -> bool:
    return form.startswith(("%d", "%-d"))


def plain_columns(sketch: Sketch, header: Sequence[str], fields: dict[str, int]) -> dict[str, Any]:
    """The columns of texts that the words of the header tell; of numbers, if they hold nothing else."""
    return {
        field: {"header": [header[fields[field]]]}
        for field in _PLAIN
        if field in fields and (field not in _NUMBERS or all(map(_is_number, _cells(sketch, fields[field]))))
    }


def _is_number(cell: str) -> bool:
    return not cell or number_of(cell) is not None


def amount_of(sketch: Sketch, header: Sequence[str], fields: dict[str, int]) -> dict[str, Any] | None:
    """Two columns, or a word beside a number, or one signed number; None if no column fits, which a person has to say.

    One column of money in without one of money out is half of the amounts, and so is none.
    """
    sides = [fields[side] for side in ("in", "out") if side in fields and _may_be_amount(sketch, header, fields[side])]
    if len(sides) == 2:
        return {"in": [header[sides[0]]], "out": [header[sides[1]]], "empty": list(_NO_AMOUNT)}
    column = _amount_column(sketch, header, fields)
    if column is None or (sides and "amount" not in fields):
        return None
    if "indicator" in fields:
        words = set(_cells(sketch, fields["indicator"]))
        neutral = sorted(words - _IN - _OUT)
        if words & (_IN | _OUT):
            indicator: dict[str, Any] = {"indicator": [header[fields["indicator"]]], "amount": [header[column]]}
            indicator |= {"in": sorted(words & _IN) or ["收入"], "out": sorted(words & _OUT) or ["支出"]}
            return indicator | ({"neutral": neutral} if neutral else {})
    return {"signed": [header[column]]}


def _amount_column(sketch: Sketch, header: Sequence[str], fields: dict[str, int]) -> int | None:
    """The one that words tell; else the first of numbers that nothing else is known to be in."""
    if "amount" in fields and _may_be_amount(sketch, header, fields["amount"]):
        return fields["amount"]
    known = {*fields.values(), sketch.date_at}
    cells = sketch.rows[0][1][: len(header)]
    free = [at for at in range(len(cells)) if at not in known and number_of(cells[at]) is not None]
    free = [at for at in free if _may_be_amount(sketch, header, at)]
    # An amount has decimals, a number of something mostly has none.
    return next((at for at in free if re.search(r"[.,]\d\d?$", cells[at])), free[0] if free else None)


def _may_be_amount(sketch: Sketch, header: Sequence[str], column: int) -> bool:
    """Whether it has numbers and nothing else, and they are no dates or times of day, which can look like numbers."""
    cells = _cells(sketch, column)
    filled = [cell for cell in cells if cell not in _NO_AMOUNT]
    dated = bool(filled) and all(map(is_date, filled))
    return not dated and not _OF_TIME.search(header[column]) and all(map(_is_number, filled))


def currency_of(sketch: Sketch, header: Sequence[str], fields: dict[str, int], else_fixed: str) -> dict[str, Any]:
    """The column of the currency if every row has one that is known, else one for the file, to be confirmed."""
    column = fields.get("currency")
    if column is None:
        return {"fixed": else_fixed}
    words = set(_cells(sketch, column))
    if all(re.fullmatch("[A-Z]{3}", word) for word in words):
        return {"header": header[column]}
    if all(re.fullmatch("[a-z]{3}", word) for word in words):
        return {"header": header[column], "upper": True}
    if words <= _CURRENCIES.keys():
        return {"header": header[column], "map": {word: _CURRENCIES[word] for word in sorted(words)}}
    return {"fixed": else_fixed}


def number_style(sketch: Sketch, header: Sequence[str], fields: dict[str, int]) -> dict[str, Any]:
    """The decimal sign, the sign between thousands, signs of currencies and plus signs, as the amounts are written."""
    columns = [fields[name] for name in ("in", "out", "amount", "balance_after", "fee") if name in fields]
    if not columns and (found := _amount_column(sketch, header, fields)) is not None:
        columns = [found]
    cells = [cell for column in columns for cell in _cells(sketch, column)]
    style: dict[str, Any] = {}
    if any(re.search(r",\d{1,2}$", cell) for cell in cells):
        style["decimal"] = ","
    if any(re.search(r"\d,\d{3}(\D|$)", cell) for cell in cells) and "decimal" not in style:
        style["group"] = ","
    elif any(re.search(r"\d\.\d{3}(\D|$)", cell) for cell in cells) and "decimal" in style:
        style["group"] = "."
    if signs := sorted({sign for cell in cells for sign in _SIGNS.findall(cell)}):
        style["currency_signs"] = signs
    if any(cell.startswith("+") for cell in cells):
        style["plus"] = True
    return style


def _cells(sketch: Sketch, column: int) -> list[str]:
    return [cells[column] if column < len(cells) else "" for _, cells in sketch.rows]
