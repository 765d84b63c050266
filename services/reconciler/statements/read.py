"""A statement file to a Statement: taken whole or refused whole, and the same bytes always give the same lines."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from services.reconciler.domain.line import RowCounts, Statement, StatementLine
from services.reconciler.statements.controls import Tally
from services.reconciler.statements.frame import Frame, find_frame
from services.reconciler.statements.limits import Limits
from services.reconciler.statements.localtime import business_date
from services.reconciler.statements.profile import Profile
from services.reconciler.statements.refusal import StatementRefused
from services.reconciler.statements.rows import Row, RowReader
from services.reconciler.statements.text import read_text

_LIMITS = Limits()
_TICK = timedelta(microseconds=1)


def read_statement(raw: bytes, profiles: Sequence[Profile], limits: Limits = _LIMITS) -> Statement:
    """Read one file by the one profile that claims it.

    Lines come in the order of the file; a line that is there twice comes twice.
    Raises StatementRefused, which names the rule, the place and the cure; then nothing was taken.
    """
    text = read_text(raw, profiles, limits)
    profile = text.profile
    frame = find_frame(text, limits)
    reader, tally, account = RowReader(profile, frame), Tally(profile), _Account(frame)
    lines = []
    for text_line in frame.rows:
        row = reader.cut(text_line)
        lines.append(reader.read(row))
        tally.add(row)
        account.add(reader.account_no(row), row)
    period = _Period(profile, frame)
    # No layout so far lists lines that move no money, and one bad line refuses the file.
    rows = RowCounts(booked=len(lines), neutral=0, frame=len(text.lines) - len(frame.rows), quarantined=0)
    assert rows.total == len(text.lines), f"{rows} for {len(text.lines)} lines"
    return Statement(
        profile_id=profile.id,
        profile_version=profile.version,
        channel=profile.channel,
        encoding=text.encoding,
        account_no=account.no,
        controls=tally.compared(frame),
        business_date=_one_day(lines, period.day),
        period_start=period.start,
        period_end=period.end,
        rows=rows,
        lines=tuple(lines),
    )


class _Account:
    """The account that the preamble or every line names."""

    def __init__(self, frame: Frame) -> None:
        self.no = frame.facts.get("account_no", "")

    def add(self, account_no: str, row: Row) -> None:
        if account_no and self.no and account_no != self.no:
            raise StatementRefused("E-ACCOUNT-MIXED", line=row.line.no, value=f"{account_no}, not {self.no}")
        self.no = account_no or self.no


class _Period:
    """The period that the file states, in UTC, and its business date; all None if it states none."""

    def __init__(self, profile: Profile, frame: Frame) -> None:
        self.start: datetime | None = None
        self.end: datetime | None = None
        self.day: date | None = None
        form = profile.day.period_format
        if form is None:
            return
        stated = f"{frame.facts['period_start']} - {frame.facts['period_end']}"
        start, end = form.read(frame.facts["period_start"]), form.read(frame.facts["period_end"])
        if start is None or end is None or not 1970 <= start.year <= end.year < 9999:
            raise StatementRefused("E-DATE", value=stated)
        self.day = business_date(start, profile.day.cutoff)
        if start >= end or business_date(end - _TICK, profile.day.cutoff) != self.day:
            raise StatementRefused("E-PERIOD-LONG", value=stated)
        self.start, self.end = (moment.replace(tzinfo=profile.tz).astimezone(UTC) for moment in (start, end))


def _one_day(lines: Sequence[StatementLine], stated: date | None) -> date:
    day = stated or (lines[0].business_date if lines else None)
    if day is None:
        raise StatementRefused("E-DAY-UNKNOWN")
    for line in lines:
        if line.business_date != day:
            raise StatementRefused("E-PERIOD", line=line.line_no, value=f"{line.book_local}, not of {day}")
    return day
