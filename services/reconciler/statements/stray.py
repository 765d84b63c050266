"""Rows where a layout lets any line stand: above its header and below its end. There they would be lost unseen."""

from services.reconciler.statements.encoding import TextLine
from services.reconciler.statements.period import Period
from services.reconciler.statements.profile import Profile
from services.reconciler.statements.refusal import StatementRefused
from services.reconciler.statements.row import Header
from services.reconciler.statements.rows import RowReader
from services.reconciler.statements.tally import Tally


class StrayRows:
    """Tells rows by what every row has: a cell for each column, an amount and a time. It counts nothing."""

    def __init__(self, profile: Profile, header: Header, period: Period, encoding: str) -> None:
        self._rows = RowReader(profile, header, "", period, Tally(profile, encoding))

    def check(self, *lines: TextLine) -> None:
        """Raises StatementRefused E-FRAME for a line that is a row."""
        for line in lines:
            if self._is_row(line):
                raise StatementRefused("E-FRAME", line=line.no, value=line.text)

    def _is_row(self, line: TextLine) -> bool:
        try:
            row = self._rows.cut(line)
            self._rows.amounts.read(row)
            return bool(self._rows.times_that_fit(row))
        except StatementRefused:
            return False
