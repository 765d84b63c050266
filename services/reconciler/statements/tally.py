"""What the reading of a file adds up beside its lines: counts, sums, controls, faults. It reads nothing itself."""

from collections import Counter
from datetime import date, datetime

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from services.reconciler.domain.line import ControlTotal
from services.reconciler.domain.statement import EdgeLine, RowCounts, StatementFault, Summary
from services.reconciler.statements.profile import Profile
from services.reconciler.statements.refusal import StatementRefused, fault_of

FAULTS_KEPT = 100
_WARNINGS_KEPT = 20
_CONTROLS_KEPT = 1_000  # a file of bank messages has some for each; all are compared


class Tally:
    """Readers report what is no line here; lines are taken in by the batch, once, whatever reader made them."""

    def __init__(self, profile: Profile, encoding: str) -> None:
        self.profile = profile
        self.encoding = encoding
        self.lines_total: int | None = None  # physical lines, as the reader that cut them counted
        self.header_map: dict[str, str] = {}
        self._booked = self._neutral = self._frame = self._quarantined = 0
        self._sums_in: Counter[str] = Counter()
        self._sums_out: Counter[str] = Counter()
        self._first: EdgeLine | None = None
        self._last: EdgeLine | None = None
        self._first_date: date | None = None
        self._last_date: date | None = None
        self._period: tuple[datetime | None, datetime | None] = (None, None)
        self._accounts: dict[str, None] = {}
        self._controls: list[ControlTotal] = []
        self._faults: list[StatementFault] = []
        self._fault_count = 0
        self._warnings: list[StatementFault] = []

    def frame(self, count: int = 1) -> None:
        """Lines that are header, preamble, totals or blank."""
        self._frame += count

    def neutral(self, count: int = 1) -> None:
        """Lines that are listed but moved no money."""
        self._neutral += count

    def quarantine(self, refused: StatementRefused) -> None:
        """A line that is not understood; reading goes on."""
        self._quarantined += 1
        self.fault(refused.fault)

    def leave_unread(self, lines_total: int) -> None:
        """The rest of a file of so many lines, when its reading ended before its last."""
        self._quarantined += lines_total - (self._booked + self._neutral + self._frame + self._quarantined)
        self.lines_total = lines_total

    def fault(self, fault: StatementFault) -> None:
        """A broken rule of the file; a line that breaks one goes to `quarantine` instead."""
        self._fault_count += 1
        if len(self._faults) < FAULTS_KEPT:
            self._faults.append(fault)

    def warn(self, code: str, *, line: int | None = None, column: str | None = None, value: str | None = None) -> None:
        """Something that a person should know and that makes no sum wrong."""
        warning = fault_of(code, line=line, column=column, value=value)
        if len(self._warnings) < _WARNINGS_KEPT and warning not in self._warnings:
            self._warnings.append(warning)

    def control(self, code: str, total: ControlTotal, line: int | None = None) -> None:
        """A total of the file; one that does not tie is a fault of this code."""
        if len(self._controls) < _CONTROLS_KEPT:
            self._controls.append(total)
        if not total.ties:
            value = f"declared {total.declared}, computed {total.computed}"
            self.fault(fault_of(code, line=line, column=total.name, value=value))

    def account(self, account_no: str) -> None:
        """An account that the file speaks of, beside those that its lines name."""
        if account_no and len(self._accounts) < 2:  # a second one shows already that there is more than one
            self._accounts[account_no] = None

    def period(
        self, first_date: date, last_date: date, start: datetime | None = None, end: datetime | None = None
    ) -> None:
        """The business dates that the file states it covers, and the moments (UTC) if it states them."""
        self._first_date, self._last_date = first_date, last_date
        self._period = (start, end)

    def take(self, batch: pa.RecordBatch) -> None:
        """Lines of LINE_SCHEMA, in the order of the file."""
        if not batch.num_rows:
            return
        self._booked += batch.num_rows
        self._add_sums(batch)
        for account_no in pc.unique(batch["account_no"]).to_pylist():
            self.account(account_no)
        self._first = self._first or _edge(batch, 0)
        self._last = _edge(batch, batch.num_rows - 1)
        dates = pc.min_max(batch["business_date"]).as_py()
        self._first_date = min(self._first_date or dates["min"], dates["min"])
        self._last_date = max(self._last_date or dates["max"], dates["max"])

    def _add_sums(self, batch: pa.RecordBatch) -> None:
        for currency in pc.unique(batch["currency_code"]).to_pylist():
            amounts = batch["amount_minor"].filter(pc.equal(batch["currency_code"], currency))
            amounts = amounts.cast(pa.decimal128(38))  # 64 bits could overflow without a word
            for sums, sign in ((self._sums_in, pc.greater), (self._sums_out, pc.less)):
                part = pc.sum(amounts.filter(sign(amounts, pa.scalar(0, pa.decimal128(38))))).as_py()
                if part is not None:
                    sums[currency] += int(part)

    def summary(self) -> Summary:
        """All of it, after the end."""
        rows = RowCounts(self._booked, self._neutral, self._frame, self._quarantined)
        assert self.lines_total in (None, rows.total), f"{rows} for {self.lines_total} lines"
        return Summary(
            profile_id=self.profile.id,
            profile_version=self.profile.version,
            channel=self.profile.channel,
            encoding=self.encoding,
            account_no=next(iter(self._accounts)) if len(self._accounts) == 1 else "",
            many_accounts=len(self._accounts) > 1,
            first_date=self._first_date,
            last_date=self._last_date,
            period_start=self._period[0],
            period_end=self._period[1],
            rows=rows,
            sums_in=dict(self._sums_in),
            sums_out=dict(self._sums_out),
            first=self._first,
            last=self._last,
            controls=tuple(self._controls),
            faults=tuple(self._faults),
            fault_count=self._fault_count,
            warnings=tuple(self._warnings),
            header_map=dict(self.header_map),
        )


def _edge(batch: pa.RecordBatch, at: int) -> EdgeLine:
    return EdgeLine(
        batch["book_local"][at].as_py(), batch["amount_minor"][at].as_py(), batch["currency_code"][at].as_py()
    )
