"""The totals that a file declares, against the ones that its rows give. It compares; it repairs nothing."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from chassis.money import exponent
from services.reconciler.domain.line import ControlTotal, StatementLine
from services.reconciler.statements.numbers import EXACT, number_form
from services.reconciler.statements.profile import BalanceChain, Control, Net, Profile
from services.reconciler.statements.refusal import StatementRefused
from services.reconciler.statements.row import Header, Row
from services.reconciler.statements.tally import Tally

AMOUNT = "@amount"


class Declared(NamedTuple):
    """A total as the file writes it, and the line where it does."""

    text: str
    line: int


class BlockTotals(NamedTuple):
    """What the rows of a block give to the controls of the profile, in their order."""

    sums: list[Decimal]
    nets: list[tuple[Decimal, Decimal]]  # what the file nets, and gross less fee, which are equal in every row
    amounts: dict[str, int]  # minor units by currency
    balances: list[list[str]]  # for each chain, as written in the first row that moved money and the last two


class ControlSums:
    """Adds up, row by row, what the profile's controls declare."""

    def __init__(self, profile: Profile, header: Header, decided_by: str) -> None:
        self._decided_by = decided_by
        self._empty = ("", *profile.amount.empty) if profile.amount.in_ else ()
        self._form = number_form(profile.dialect)
        controls = profile.controls
        self._controls = [control for control in controls if control.is_total]
        self._sums = [Decimal(0)] * len(self._controls)
        self._balances = [control for control in controls if control.opening]
        self._chains = [_Chain(c.name, c.balance_chain, header) for c in controls if c.balance_chain]
        self._nets = [_Net(control.name, control.net) for control in controls if control.net]
        self._zeros = [control.name for control in controls if control.nets_to_zero]
        self._amounts: dict[str, int] = {}

    def add(self, row: Row, line: StatementLine | None) -> None:
        """Take in a row that has been understood; `line` is None if it moved no money.

        Raises StatementRefused E-AMOUNT for a cell that is no number; then nothing of the row was taken in.
        """
        word = row.cell(self._decided_by)
        parts = [
            (number, self._part(control, row, line))
            for number, control in enumerate(self._controls)
            if (not control.where or word in control.where) and _is_of(control, line)
        ]
        nets = [net.parts(row) for net in self._nets]
        balances = [chain.balance(row) for chain in self._chains] if line is not None else []
        for number, part in parts:
            self._sums[number] = EXACT.add(self._sums[number], part)
        for net, (stated, rest) in zip(self._nets, nets, strict=True):
            net.add(row.line.no, stated, rest)
        if line is not None:
            for chain, balance in zip(self._chains, balances, strict=True):
                chain.add(balance, line)
            self._amounts[line.currency_code] = self._amounts.get(line.currency_code, 0) + line.amount_minor

    def add_block(self, totals: BlockTotals, edges: Sequence[StatementLine]) -> None:
        """Take in rows that add up: what they give together, and the first and last two of those that moved money."""
        for number, part in enumerate(totals.sums):
            self._sums[number] = EXACT.add(self._sums[number], part)
        for net, (stated, rest) in zip(self._nets, totals.nets, strict=True):
            net.add(0, stated, rest)
        for chain, texts in zip(self._chains, totals.balances, strict=True):
            chain.add_block([self._exact(text) for text in texts], edges)
        for code, amount_minor in totals.amounts.items():
            self._amounts[code] = self._amounts.get(code, 0) + amount_minor

    def _exact(self, text: str) -> Decimal:
        number = self._form.read(text)
        assert number is not None, f"{text!r} was read as a number"
        return number

    def _part(self, control: Control, row: Row, line: StatementLine | None) -> Decimal:
        if control.sum == AMOUNT:
            return Decimal(0) if line is None else abs(_major(line))
        return row.decimal(control.sum, self._empty) if control.sum else Decimal(1)

    def compare(self, declared: Mapping[str, Declared], tally: Tally) -> None:
        """Tell the tally of every control of the file."""
        for control, computed in zip(self._controls, self._sums, strict=True):
            if not control.optional or control.declared in declared:
                self._compare(control, computed, declared, tally)
        for control in self._balances:
            self._compare_balances(control, declared, tally)
        for name in self._zeros:
            self._compare_with_zero(name, tally)
        for net in self._nets:
            net.tell(tally)
        for chain in self._chains:
            chain.tell(tally)

    def _compare(self, control: Control, computed: Decimal, declared: Mapping[str, Declared], tally: Tally) -> None:
        try:
            stated, line = self._stated(control.name, control.declared, declared)
        except StatementRefused as refused:
            tally.fault(refused.fault)
            return
        stated = abs(stated) if control.moved else stated
        rounded = computed if control.scale is None else _round(computed, control.scale)
        code = "E-CONTROL-SUM" if control.sum else "E-CONTROL-COUNT"
        text = declared[control.declared].text
        tally.control(code, ControlTotal(control.name, text, f"{computed:f}", ties=rounded == stated), line)

    def _compare_with_zero(self, name: str, tally: Tally) -> None:
        for code, minor in sorted(self._amounts.items()):
            computed = Decimal(minor).scaleb(-exponent(code))
            total = ControlTotal(f"{name} {code}", "0", f"{computed:f}", ties=not minor)
            tally.control("E-CONTROL-SUM", total)

    def _compare_balances(self, control: Control, declared: Mapping[str, Declared], tally: Tally) -> None:
        if control.optional and not declared.keys() & {control.opening, control.closing}:
            return
        try:
            opening, _ = self._stated(control.name, control.opening, declared)
            closing, line = self._stated(control.name, control.closing, declared)
        except StatementRefused as refused:
            tally.fault(refused.fault)
            return
        moved = sum((Decimal(minor).scaleb(-exponent(code)) for code, minor in self._amounts.items()), Decimal(0))
        computed = opening + moved
        total = ControlTotal(control.name, f"{closing:f}", f"{computed:f}", ties=computed == closing)
        tally.control("E-BALANCE", total, line)

    def _stated(self, name: str, key: str, declared: Mapping[str, Declared]) -> tuple[Decimal, int]:
        if key not in declared:
            line = max((stated.line for stated in declared.values()), default=None)
            raise StatementRefused("E-HEADER-MISSING", line=line, column=key)
        text, line = declared[key]
        number = self._form.read(text)
        if number is None:
            raise StatementRefused("E-AMOUNT", line=line, column=name, value=text)
        return number, line


class _Chain:
    """The running balance of each currency; the first link that breaks is the one that is told."""

    def __init__(self, name: str, chain: BalanceChain, header: Header) -> None:
        self._name, self._newest = name, chain.order == "newest"
        self._header = header.find(chain.header)
        self._before: dict[str, tuple[Decimal, Decimal]] = {}  # by currency: balance and amount of the line before
        self._total: ControlTotal | None = None
        self._line: int | None = None

    def balance(self, row: Row) -> Decimal:
        return row.decimal(self._header)

    def add(self, balance: Decimal, line: StatementLine) -> None:
        amount = _major(line)
        before, self._before[line.currency_code] = self._before.get(line.currency_code), (balance, amount)
        if self._total is not None and not self._total.ties:
            return
        stated, computed = balance, balance
        if before is not None:
            stated, computed = (before[0], balance + before[1]) if self._newest else (balance, before[0] + amount)
        self._total = ControlTotal(self._name, f"{stated:f}", f"{computed:f}", ties=stated == computed)
        self._line = line.line_no

    def add_block(self, balances: Sequence[Decimal], edges: Sequence[StatementLine]) -> None:
        """Rows of one currency whose own links hold: the first of them and the last two."""
        for at, (balance, line) in enumerate(zip(balances, edges, strict=True)):
            if at == 1 and len(edges) == 3:
                self._before[line.currency_code] = (balance, _major(line))
            else:
                self.add(balance, line)

    def tell(self, tally: Tally) -> None:
        if self._total is not None:
            tally.control("E-BALANCE", self._total, self._line)


class _Net:
    """The sums of gross, fee and net; they tie if every row does."""

    def __init__(self, name: str, net: Net) -> None:
        self._name, self._of = name, net
        self._net = self._rest = Decimal(0)
        self._broken: int | None = None

    def parts(self, row: Row) -> tuple[Decimal, Decimal]:
        fee = row.decimal(self._of.fee)
        return row.decimal(self._of.net), row.decimal(self._of.gross) - (-fee if self._of.plus else fee)

    def add(self, line_no: int, net: Decimal, rest: Decimal) -> None:
        if net != rest and self._broken is None:
            self._broken = line_no
        self._net, self._rest = EXACT.add(self._net, net), EXACT.add(self._rest, rest)

    def tell(self, tally: Tally) -> None:
        total = ControlTotal(self._name, f"{self._net:f}", f"{self._rest:f}", ties=self._broken is None)
        tally.control("E-CONTROL-SUM", total, self._broken)


def _is_of(control: Control, line: StatementLine | None) -> bool:
    """Whether the line moved money the way that the control counts."""
    return not control.moved or (line is not None and (line.amount_minor < 0) == (control.moved == "out"))


def _major(line: StatementLine) -> Decimal:
    return Decimal(line.amount_minor).scaleb(-exponent(line.currency_code))


def _round(total: Decimal, scale: int) -> Decimal:
    return total.quantize(Decimal(1).scaleb(-scale), rounding=ROUND_HALF_UP)
