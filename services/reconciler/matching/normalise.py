"""References and business days in the one form that every engine compares. Pure; a row's own text is never changed.

It is done here and not in SQL, because upper case, widths and time zones differ between engines.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

# What people and spreadsheets add to a number: the backtick of a CSV, quotes, tabs, blanks and dashes of any width.
_NO_PART = r"[`'\"‘’“”\s\x{200B}-\x{200F}\x{FEFF}\p{Pd}_./\\]"
_LONG = 255
_PLAIN = "^[0-9A-Z]*$"  # of references that stay as they are, which nearly every one does


def normal_references(references: pa.ChunkedArray) -> pa.ChunkedArray:
    """NFKC, upper case, and nothing but what tells numbers apart; null becomes "", which joins nothing.

    A reference of over 255 characters is cut there, the longest that every engine compares.
    """
    texts = pc.fill_null(references, "")
    plain = pc.and_(pc.match_substring_regex(texts, _PLAIN), pc.less_equal(pc.binary_length(texts), _LONG))
    other = pc.invert(plain).combine_chunks()
    return pa.chunked_array([pc.replace_with_mask(texts.combine_chunks(), other, _folded(texts.filter(other)))])


def _folded(texts: pa.ChunkedArray) -> pa.Array:
    folded = pc.utf8_upper(pc.utf8_normalize(texts, form="NFKC"))
    return pc.utf8_slice_codeunits(pc.replace_substring_regex(folded, _NO_PART, ""), 0, _LONG).combine_chunks()


class DayCalendar(Protocol):
    """What of a channel's calendar is asked here."""

    @property
    def time_zone(self) -> ZoneInfo:
        """Where the times of day are local."""

    @property
    def cutoff(self) -> time:
        """When the business day ends."""

    @property
    def close(self) -> time:
        """Until when, on the day after, its lines may come."""

    @property
    def slack_seconds(self) -> int:
        """How near to the cut-off a row may be in the next day's statement."""


class Day(NamedTuple):
    """Where one business date of one channel stands."""

    channel: str
    business_date: str
    day_waits: bool  # its statement may still come
    edge_us: int  # from here on a row may be in the next statement, which is not here; else far in the future


_NEVER_US = 2**62


def business_days(
    dates: Iterable[tuple[str, str]],
    latest: Mapping[str, str],
    calendars: Mapping[str, DayCalendar],
    as_of: datetime | None,
) -> list[Day]:
    """One Day for each (channel, business_date) of `dates`; `latest` is each channel's last date on the other side.

    A day waits while it is later than `latest`, or, with `as_of`, before its close.
    Raises ValueError for a business date that is none.
    """
    return [_day(one, latest.get(one[0], ""), calendars, as_of) for one in sorted(set(dates))]


def _day(one: tuple[str, str], latest: str, calendars: Mapping[str, DayCalendar], as_of: datetime | None) -> Day:
    channel, business_date = one
    calendar = calendars.get(channel) or calendars["default"]
    day = date.fromisoformat(business_date)
    closed = closes_at(day, calendar)
    edge = ends_at(day, calendar) - timedelta(seconds=calendar.slack_seconds)
    waits = business_date > latest or (as_of is not None and as_of < closed)
    return Day(channel, business_date, waits, _microseconds(edge) if business_date == latest else _NEVER_US)


def closes_at(day: date, calendar: DayCalendar) -> datetime:
    """When a business day is closed: what misses then is an exception. In UTC."""
    return _at(day + timedelta(days=1), calendar.close, calendar.time_zone)


def ends_at(day: date, calendar: DayCalendar) -> datetime:
    """When a business day ends, in UTC. A cut-off in the morning, midnight first of all, ends the day before."""
    ends_on = day + timedelta(days=1) if calendar.cutoff < time(12) else day
    return _at(ends_on, calendar.cutoff, calendar.time_zone)


def _at(day: date, at: time, zone: ZoneInfo) -> datetime:
    # Of the hour that comes twice when summer time ends the second one counts: the day is never cut short.
    return datetime.combine(day, at, zone).replace(fold=1).astimezone(UTC)


def _microseconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
