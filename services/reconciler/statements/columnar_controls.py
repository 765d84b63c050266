"""What a block gives to the profile's controls, as `controls` adds it up row by row. It compares nothing declared."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import reduce

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from services.reconciler.statements.columnar_amounts import MovedRows
from services.reconciler.statements.columnar_cells import Cells
from services.reconciler.statements.columnar_values import Numbers, any_is, is_one_of, minor_units, summed
from services.reconciler.statements.controls import AMOUNT, BlockTotals
from services.reconciler.statements.numbers import EXACT
from services.reconciler.statements.odd import plain
from services.reconciler.statements.profile import BalanceChain, Control, Net, Profile
from services.reconciler.statements.row import Header

_EXACT_SUM = pa.decimal128(38)  # 64 bits could overflow


def edge_places(count: int) -> list[int]:
    """Of so many rows the first and the last two."""
    return sorted({0, max(count - 2, 0), count - 1}) if count else []


class ColumnarControls:
    """Adds up the controls of one file, block by block."""

    def __init__(self, profile: Profile, header: Header, numbers: Numbers, decided_by: str) -> None:
        self._controls, self._header, self._numbers = profile.controls, header, numbers
        self._decided_by = decided_by
        self._empty = ("", *profile.amount.empty) if profile.amount.in_ else ()
        self._chains = [(control.balance_chain, header.find(control.balance_chain.header))
                        for control in profile.controls if control.balance_chain]  # fmt: skip

    @property
    def headers(self) -> set[str]:
        """The columns that are looked at."""
        nets = [name for c in self._controls if c.net for name in (c.net.gross, c.net.fee, c.net.net)]
        return {*(control.sum for control in self._controls), *nets, *(header for _, header in self._chains)}

    def read(self, cells: Cells, moved: MovedRows) -> BlockTotals:
        """Raises Odd, or Arrow's own error, for a cell that is no number and a row that does not add up."""
        plain_sums = [control for control in self._controls if control.is_total]
        for chain, header in self._chains:
            self._check_chain(chain, moved.cells.text(header), moved)
        return BlockTotals(
            [self._sum(control, cells, moved) for control in plain_sums],
            [self._net(control.net, cells) for control in self._controls if control.net],
            {code: int(total) for code, total, _ in _by_currency(moved)},
            [_edges(moved.cells.text(header)) for _, header in self._chains],
        )

    def _sum(self, control: Control, cells: Cells, moved: MovedRows) -> Decimal:
        only_moved = control.moved or control.sum == AMOUNT
        cells = moved.cells if only_moved else cells
        masks = []
        if control.where:
            masks.append(is_one_of(cells.text(self._decided_by), control.where))
        if control.moved:
            masks.append(pc.equal(pc.less(moved.amount_minor, 0), control.moved == "out"))
        if control.sum == AMOUNT:
            parts = [EXACT.scaleb(total, -digits) for _, total, digits in _by_currency(moved, masks)]
            return sum(parts, Decimal(0))
        counted = cells.where(*masks)
        if not control.sum:
            return Decimal(len(counted))
        if control.sum not in self._header:
            return Decimal(0)
        texts = counted.text(control.sum)
        return self._numbers.total(pc.if_else(is_one_of(texts, self._empty), "0", texts) if self._empty else texts)

    def _net(self, net: Net, cells: Cells) -> tuple[Decimal, Decimal]:
        gross, fee, stated = (
            cells.text(name) if name in self._header else cells.all("0", pa.string())
            for name in (net.gross, net.fee, net.net)
        )
        numbers = [self._numbers.read(texts) for texts in (gross, fee, stated)]
        rest = (pc.add if net.plus else pc.subtract)(numbers[0], numbers[1])
        plain(not any_is(pc.not_equal(rest, numbers[2])))
        decimals = max(self._numbers.decimals(gross), self._numbers.decimals(fee))
        return summed(numbers[2], self._numbers.decimals(stated)), summed(rest, decimals)

    def _check_chain(self, chain: BalanceChain, texts: pa.Array, moved: MovedRows) -> None:
        """Between the rows of the block; whoever takes it in looks at the link to the row before it."""
        if not len(texts):
            return
        plain(len(pc.unique(moved.currency_code)) == 1)
        balance = minor_units(self._numbers.read(texts), moved.digits)
        steps = pc.subtract_checked(balance.slice(1), balance.slice(0, len(balance) - 1))
        amounts = moved.amount_minor
        if chain.order == "newest":
            steps, amounts = pc.negate_checked(steps), amounts.slice(0, len(amounts) - 1)
        else:
            amounts = amounts.slice(1)
        plain(not any_is(pc.not_equal(steps, amounts)))


def _by_currency(moved: MovedRows, masks: Sequence[pa.Array] | None = None) -> Iterator[tuple[str, Decimal, int]]:
    """For each currency: its code, the sum in minor units (without signs, of what all masks have), and its decimals."""
    code, minor, digits = moved.currency_code, moved.amount_minor, moved.digits
    if masks is not None:
        minor = pc.abs_checked(minor)
    if masks:
        of_all = reduce(pc.and_, masks)
        code, minor, digits = code.filter(of_all), minor.filter(of_all), digits.filter(of_all)
    for one in pc.unique(code).to_pylist():
        of_one = pc.equal(code, one)
        total = pc.sum(minor.filter(of_one).cast(_EXACT_SUM)).as_py()
        yield one, total, digits.filter(of_one)[0].as_py()


def _edges(texts: pa.Array) -> list[str]:
    return [texts[at].as_py() for at in edge_places(len(texts))]
