"""The totals that a file declares, against the ones that its rows give. It compares; it repairs nothing."""

from decimal import ROUND_HALF_UP, Decimal

from services.reconciler.domain.line import ControlTotal
from services.reconciler.statements.frame import Frame
from services.reconciler.statements.profile import Control, Profile
from services.reconciler.statements.refusal import StatementRefused
from services.reconciler.statements.rows import EXACT, Row, exact_decimal


class Tally:
    """Adds up, row by row, what the profile's controls declare."""

    def __init__(self, profile: Profile) -> None:
        self._status_header = profile.amount.status_header
        self._sums = {control.name: (control, Decimal(0)) for control in profile.controls}

    def add(self, row: Row) -> None:
        """Take one row into every total that counts it; raises StatementRefused for a cell that is no number."""
        status = row.cell(self._status_header)
        for name, (control, total) in self._sums.items():
            if not control.where or status in control.where:
                part = row.decimal(control.sum) if control.sum else Decimal(1)
                self._sums[name] = (control, EXACT.add(total, part))

    def compared(self, frame: Frame) -> tuple[ControlTotal, ...]:
        """Every control of the file; raises StatementRefused at the first that does not tie."""
        return tuple(_compared(control, computed, frame) for control, computed in self._sums.values())


def _compared(control: Control, computed: Decimal, frame: Frame) -> ControlTotal:
    if control.declared not in frame.totals:
        raise StatementRefused("E-HEADER-MISSING", line=frame.totals_line, column=control.declared)
    text = frame.totals[control.declared]
    declared = exact_decimal(text, line=frame.totals_line, column=control.name)
    rounded = computed if control.scale is None else _round(computed, control.scale)
    if rounded != declared:
        code = "E-CONTROL-SUM" if control.sum else "E-CONTROL-COUNT"
        value = f"declared {text}, computed {computed:f}"
        raise StatementRefused(code, line=frame.totals_line, column=control.name, value=value)
    return ControlTotal(control.name, text, f"{computed:f}", ties=True)


def _round(total: Decimal, scale: int) -> Decimal:
    return total.quantize(Decimal(1).scaleb(-scale), rounding=ROUND_HALF_UP)
