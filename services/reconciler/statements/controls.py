"""The totals that a file declares, against the ones that its rows give. It compares; it repairs nothing."""

from decimal import ROUND_HALF_UP, Decimal

from services.reconciler.domain.line import ControlTotal
from services.reconciler.statements.profile import Control, Profile
from services.reconciler.statements.refusal import StatementRefused
from services.reconciler.statements.rows import EXACT, Row, exact_decimal
from services.reconciler.statements.tally import Tally


class ControlSums:
    """Adds up, row by row, what the profile's controls declare."""

    def __init__(self, profile: Profile) -> None:
        self._status_header = profile.amount.status_header
        self._sums = {control.name: (control, Decimal(0)) for control in profile.controls}

    def parts(self, row: Row) -> dict[str, Decimal]:
        """What this row gives to each control; raises StatementRefused for a cell that is no number."""
        status = row.cell(self._status_header)
        return {
            name: row.decimal(control.sum) if control.sum else Decimal(1)
            for name, (control, _) in self._sums.items()
            if not control.where or status in control.where
        }

    def add(self, parts: dict[str, Decimal]) -> None:
        """Take in what `parts` gave, once the whole row has been understood."""
        for name, part in parts.items():
            control, total = self._sums[name]
            self._sums[name] = (control, EXACT.add(total, part))

    def compare(self, totals: dict[str, str], totals_line: int, tally: Tally) -> None:
        """Tell the tally of every control of the file."""
        for control, computed in self._sums.values():
            try:
                code, total = _compared(control, computed, totals, totals_line)
            except StatementRefused as refused:
                tally.fault(refused.fault)
            else:
                tally.control(code, total, totals_line)


def _compared(control: Control, computed: Decimal, totals: dict[str, str], line: int) -> tuple[str, ControlTotal]:
    if control.declared not in totals:
        raise StatementRefused("E-HEADER-MISSING", line=line, column=control.declared)
    text = totals[control.declared]
    declared = exact_decimal(text, line=line, column=control.name)
    rounded = computed if control.scale is None else _round(computed, control.scale)
    code = "E-CONTROL-SUM" if control.sum else "E-CONTROL-COUNT"
    return code, ControlTotal(control.name, text, f"{computed:f}", ties=rounded == declared)


def _round(total: Decimal, scale: int) -> Decimal:
    return total.quantize(Decimal(1).scaleb(-scale), rounding=ROUND_HALF_UP)
