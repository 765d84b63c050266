"""Which totals and balances an unknown file seems to have, for a draft to propose or to point out. It books nothing."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

from services.reconciler.statements.sketch import Sketch, number_of

_TOTAL = re.compile(r"合计|总计|总额|总笔数|总金额|小计|\b(?:grand |sub)?totals?\b|\bsumme\b", re.IGNORECASE)
_NOUGHT = Decimal(0)
_SHOWN = 20  # characters of a line


def chain_of(sketch: Sketch, header: Sequence[str], columns: dict[str, Any], amount: dict[str, Any] | None) -> str:
    """The order, oldest or newest first, in which the balances of all rows tie with the amounts; "" if in neither."""
    if "balance_after" not in columns or not amount or len(sketch.rows) < 2:
        return ""
    at = header.index(columns["balance_after"]["header"][0])
    balances = [_number(cells, at) for _, cells in sketch.rows]
    moved = [_moved(header, amount, cells) for _, cells in sketch.rows]
    if any(balance is None for balance in balances):
        return ""
    rows = [(balance or _NOUGHT, each) for balance, each in zip(balances, moved, strict=True)]
    if all(later == earlier + each for (earlier, _), (later, each) in pairwise(rows)):
        return "oldest"
    return "newest" if all(later == earlier + each for (later, each), (earlier, _) in pairwise(rows)) else ""


def controls_of(columns: dict[str, Any], order: str) -> dict[str, Any]:
    """The running balance as a control, if it ties in an order; else nothing."""
    if not order:
        return {}
    (header,) = columns["balance_after"]["header"]
    return {"controls": [{"name": header, "balance_chain": {"header": [header], "order": order}}]}


def seen(sketch: Sketch, lines: Sequence[str], columns: dict[str, Any], order: str) -> Iterator[str]:
    """What a person should know of the file's totals and balances, a sentence each."""
    total = _totals_line(sketch, lines)
    if total < 0:
        yield "Totals: no line of totals was seen."
    else:
        yield f"Totals: line {total + 1} ({_shown(lines[total])}) seems to give some; no control reads it yet."
    balance = _shown(columns["balance_after"]["header"][0]) if "balance_after" in columns else ""
    if not balance:
        yield "Balance: no column of balances was seen."
    elif order:
        yield f"Balance: {balance} ties, {order} first, and is a control."
    else:
        yield f"Balance: {balance} does not tie from row to row, and is no control."
    yield "Without controls nobody notices that a file was changed or cut."


def _totals_line(sketch: Sketch, lines: Sequence[str]) -> int:
    """The first line below the rows, else above the header, that speaks of totals and has a digit; -1 if none."""
    top = sketch.header_at if sketch.header_at >= 0 else sketch.rows[0][0]
    places = (*range(sketch.rows[-1][0] + 1, len(lines)), *range(top))
    return next((at for at in places if _TOTAL.search(lines[at]) and re.search("[0-9]", lines[at])), -1)


def _moved(header: Sequence[str], amount: dict[str, Any], cells: Sequence[str]) -> Decimal:
    def of(key: str) -> Decimal:
        return _number(cells, header.index(amount[key][0])) or _NOUGHT

    if "signed" in amount:
        return of("signed")
    if "indicator" not in amount:
        return of("in") - of("out")
    at = header.index(amount["indicator"][0])
    word = cells[at] if at < len(cells) else ""
    return of("amount") if word in amount["in"] else -of("amount") if word in amount["out"] else _NOUGHT


def _number(cells: Sequence[str], at: int) -> Decimal | None:
    return number_of(cells[at]) if at < len(cells) else None


def _shown(text: str) -> str:
    """The begin of a line or cell in a comment: of one line, and of nothing that YAML does not take."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:_SHOWN]
