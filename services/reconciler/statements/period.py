"""Which business dates a file may speak of: those that it states, else those of its lines."""

from collections.abc import Mapping
from datetime import UTC, date, timedelta

from services.reconciler.domain.line import StatementLine
from services.reconciler.statements.localtime import business_date
from services.reconciler.statements.profile import Profile
from services.reconciler.statements.refusal import StatementRefused
from services.reconciler.statements.tally import Tally

_TICK = timedelta(microseconds=1)


class Period:
    """What the file states, in UTC and as business dates; None if it states nothing."""

    def __init__(self, profile: Profile, facts: Mapping[str, str], tally: Tally) -> None:
        self._one_day = profile.day.span == "one"
        self._first: date | None = None
        self._last: date | None = None
        if profile.day.stated_by == "period":
            self._state(profile, facts, tally)

    def _state(self, profile: Profile, facts: Mapping[str, str], tally: Tally) -> None:
        stated = f"{facts.get('period_start', '')} - {facts.get('period_end', '')}"
        for form in profile.day.period_format:
            start, end = form.read(facts.get("period_start", "")), form.read(facts.get("period_end", ""))
            if start and end and 1970 <= start.year <= end.year < 9999:
                break
        else:
            raise StatementRefused("E-DATE", value=stated)
        end = end if form.has_time else end + timedelta(days=1)
        self._first = business_date(start, profile.day.cutoff)
        self._last = business_date(end - _TICK, profile.day.cutoff)
        if start >= end or (self._one_day and self._first != self._last):
            raise StatementRefused("E-PERIOD-LONG", value=stated)
        tally.period(self._first, self._last, *(t.replace(tzinfo=profile.tz).astimezone(UTC) for t in (start, end)))

    def check(self, line: StatementLine, tally: Tally) -> None:
        """Raises StatementRefused E-PERIOD for a line of another day in a file of one; warns in a file of many."""
        day = line.business_date
        if self._one_day:
            self._first = self._last = self._first or day
            if day != self._first:
                raise StatementRefused("E-PERIOD", line=line.line_no, value=f"{line.book_local}, not of {self._first}")
        elif self._first and self._last and not self._first <= day <= self._last:
            tally.warn("W-OUT-OF-PERIOD", line=line.line_no, value=line.book_local)

    def covers(self, first: date, last: date) -> bool:
        """Whether `check` has nothing against lines of these days and of all days between."""
        if self._one_day:
            return first == last and self._first in (None, first)
        return not self._first or not self._last or self._first <= first <= last <= self._last

    @property
    def unknown(self) -> bool:
        """Whether a file of one day has told no day to the end."""
        return self._one_day and self._first is None
