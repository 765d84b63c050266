"""What the readers of bank formats share: entries into batches, balances into controls. It knows no format."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

import pyarrow as pa  # type: ignore[import-untyped]

from chassis.money import UnknownCurrency
from services.reconciler.domain.line import ControlTotal, LineKind, StatementLine
from services.reconciler.statements.lines import LineBatcher
from services.reconciler.statements.refusal import StatementRefused
from services.reconciler.statements.scales import major_text
from services.reconciler.statements.tally import Tally

REMITTANCE_MAX = 2_000  # characters of one entry that are kept; the whole text stands in the file


@dataclass(frozen=True, slots=True)
class Balance:
    """A balance as the file states it."""

    currency_code: str
    amount_minor: int  # negative when the account is overdrawn
    line: int


def batched(lines: Iterable[StatementLine]) -> Iterator[pa.RecordBatch]:
    """The lines in batches. What was read before a refusal comes out before the refusal does."""
    batcher = LineBatcher()
    try:
        for line in lines:
            if batch := batcher.add(line):
                yield batch
    except StatementRefused as stop:
        refused: StatementRefused | None = stop
    else:
        refused = None
    if rest := batcher.rest():
        yield rest
    if refused is not None:
        raise refused


def kind_of(amount_minor: int) -> LineKind:
    """An entry of nothing counts as money in, as the standards have no third way."""
    return LineKind.DEBIT if amount_minor < 0 else LineKind.CREDIT


def check_balance(tally: Tally, name: str, opening: Balance, closing: Balance, sums: dict[str, int]) -> None:
    """Opening balance and entries against the closing balance; entries in another currency never tie."""
    code = opening.currency_code
    computed = opening.amount_minor + sums.get(code, 0)
    foreign = any(amount for currency, amount in sums.items() if currency != code)
    ties = computed == closing.amount_minor and closing.currency_code == code and not foreign
    if closing.currency_code != code:
        name = f"{name} {code} to"
    total = ControlTotal(
        f"{name} {closing.currency_code}",
        major_text(closing.amount_minor, closing.currency_code),
        major_text(computed, code),
        ties,
    )
    tally.control("E-BALANCE", total, closing.line)


def check_count(tally: Tally, name: str, declared: int, computed: int, line: int) -> None:
    """A declared number of entries or records against what was read."""
    tally.control("E-CONTROL-COUNT", ControlTotal(name, str(declared), str(computed), declared == computed), line)


def check_sum(tally: Tally, name: str, declared: str, computed: str, line: int, *, ties: bool) -> None:
    """A declared sum against what was read."""
    tally.control("E-CONTROL-SUM", ControlTotal(name, declared, computed, ties), line)


class StatedDays:
    """The days that a file without entries still speaks of."""

    def __init__(self) -> None:
        self._first: date | None = None
        self._last: date | None = None

    def add(self, day: date | None) -> None:
        """A day that the file states, if it could be read."""
        if day is not None:
            self._first = min(self._first or day, day)
            self._last = max(self._last or day, day)

    def tell(self, tally: Tally, *, has_entries: bool) -> None:
        """To the tally, unless entries have told it; a file that does neither is of no day."""
        if has_entries:
            return
        if self._first is None or self._last is None:
            tally.fault(StatementRefused("E-DAY-UNKNOWN").fault)
        else:
            tally.period(self._first, self._last)


class Repeats:
    """Statements that a file holds: one that is there twice would count all its money twice."""

    def __init__(self) -> None:
        self._seen: set[bytes] = set()

    def check(self, whole: bytes, tally: Tally, line: int, name: str) -> None:
        """Tell the tally if a statement of this digest was there before."""
        if whole in self._seen:
            tally.fault(StatementRefused("E-FRAME", line=line, value=f"{name} was there before").fault)
        self._seen.add(whole)


def known_currency(code: str, *, line: int, column: str) -> str:
    """The code itself. Raises StatementRefused E-CURRENCY."""
    try:
        major_text(0, code)
    except UnknownCurrency:
        raise StatementRefused("E-CURRENCY", line=line, column=column, value=code) from None
    return code
