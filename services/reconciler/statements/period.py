"""Which business dates a file may speak of: those that it states, else those of its lines."""

from datetime import UTC, date, datetime, timedelta

from services.reconciler.statements.localtime import business_date
from services.reconciler.statements.profile import Profile
from services.reconciler.statements.refusal import StatementRefused
from services.reconciler.statements.tally import Tally

_TICK = timedelta(microseconds=1)


class Period:
    """What the file states, in UTC and as business dates; None if it states nothing."""

    def __init__(self, profile: Profile, facts: dict[str, str]) -> None:
        self.start: datetime | None = None
        self.end: datetime | None = None
        self.day: date | None = None
        form = profile.day.period_format
        if form is None:
            return
        stated = f"{facts['period_start']} - {facts['period_end']}"
        start, end = form.read(facts["period_start"]), form.read(facts["period_end"])
        if start is None or end is None or not 1970 <= start.year <= end.year < 9999:
            raise StatementRefused("E-DATE", value=stated)
        self.day = business_date(start, profile.day.cutoff)
        if start >= end or business_date(end - _TICK, profile.day.cutoff) != self.day:
            raise StatementRefused("E-PERIOD-LONG", value=stated)
        self.start, self.end = (moment.replace(tzinfo=profile.tz).astimezone(UTC) for moment in (start, end))

    def tell(self, tally: Tally) -> None:
        """What is stated, to the tally."""
        if self.day is not None:
            tally.period(self.day, self.day, self.start, self.end)
