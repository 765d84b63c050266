"""When a channel's business day begins, ends and is closed, by the calendar of a rule set. It knows no clock."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from services.reconciler.matching.normalise import DayCalendar, closes_at, ends_at

_CLOSES_BEFORE_MAX = 14


@dataclass(frozen=True, slots=True)
class BusinessDay:
    """A channel's business day from `begins` until before `ends`, and where its neighbours begin and end; aware."""

    channel: str
    business_date: date
    begins: datetime
    ends: datetime
    before_begins: datetime
    after_ends: datetime


def business_day(channel: str, business_date: date, calendar: DayCalendar) -> BusinessDay:
    """The day by the channel's calendar."""
    before, after = business_date - timedelta(days=1), business_date + timedelta(days=1)
    return BusinessDay(
        channel,
        business_date,
        begins=ends_at(before, calendar),
        ends=ends_at(business_date, calendar),
        before_begins=ends_at(before - timedelta(days=1), calendar),
        after_ends=ends_at(after, calendar),
    )


def last_close(business_date: date, calendar: DayCalendar, now: datetime) -> datetime:
    """The moment for which a run of the day is decided: the last close that has passed, its own at the latest.

    Between two closes nothing changes, so that runs which are made then have equal pins.
    """
    closes = (closes_at(business_date - timedelta(days=back), calendar) for back in range(_CLOSES_BEFORE_MAX))
    earliest = closes_at(business_date - timedelta(days=_CLOSES_BEFORE_MAX), calendar)
    return next((close for close in closes if close <= now), earliest)
