"""A channel's written times and business dates. It never asks what time it is."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

_FIELDS = {
    "%Y": "(?P<year>[0-9]{4})",
    "%y": "(?P<short_year>[0-9]{2})",
    "%m": "(?P<month>[0-9]{2})",
    "%-m": "(?P<month>[0-9]{1,2})",
    "%b": "(?P<month_name>[A-Z][a-z]{2})",
    "%d": "(?P<day>[0-9]{2})",
    "%-d": "(?P<day>[0-9]{1,2})",
    "%H": "(?P<hour>[0-9]{2})",
    "%-H": "(?P<hour>[0-9]{1,2})",
    "%M": "(?P<minute>[0-9]{2})",
    "%S": "(?P<second>[0-9]{2})",
}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class TimeFormat:
    """A strict form of date and time: fixed widths and ASCII digits, which strptime would not insist on."""

    pattern: re.Pattern[str]

    @classmethod
    def of(cls, text: str) -> "TimeFormat":
        """From strptime's notation; %-m, %-d and %-H take one digit or two.

        Raises ValueError unless month and day stand there once, and hour, minute and second each once or not at all
        (minutes only with hours, seconds only with minutes).
        """
        parts = re.split("(%-?.)", text)
        unknown = [part for part in parts if part.startswith("%") and part not in _FIELDS]
        if unknown:
            raise ValueError(f"{text!r} has {' '.join(unknown)}, known are {' '.join(_FIELDS)}")
        form = cls(re.compile("".join(_FIELDS.get(part) or re.escape(part) for part in parts)))
        names = form.pattern.groupindex.keys()
        if "day" not in names or not names & {"month", "month_name"}:
            raise ValueError(f"{text!r} must have a month and a day")
        if ("minute" in names) < ("second" in names) or ("hour" in names) != ("minute" in names):
            raise ValueError(f"{text!r} must have hours and minutes, and seconds only with them")
        return form

    @property
    def has_time(self) -> bool:
        """Whether it gives more than a date."""
        return "hour" in self.pattern.groupindex

    @property
    def has_year(self) -> bool:
        """Whether it gives the year."""
        return not self.pattern.groupindex.keys().isdisjoint(("year", "short_year"))

    def read(self, text: str, year: int | None = None) -> datetime | None:
        """The naive local time, or None if the text is not one of this form; `year` is for a form without one."""
        found = self.pattern.fullmatch(text)
        if found is None:
            return None
        parts = found.groupdict()
        if (name := parts.pop("month_name", None)) is not None:
            if name not in MONTHS:
                return None
            parts["month"] = str(MONTHS.index(name) + 1)
        if (short := parts.pop("short_year", None)) is not None:
            parts["year"] = f"20{short}"
        if year is not None:
            parts.setdefault("year", str(year))
        try:
            return datetime(**{name: int(digits) for name, digits in parts.items()})  # type: ignore[arg-type]  # noqa: DTZ001
        except (ValueError, TypeError):
            return None


def business_date(local: datetime, cutoff: time) -> date:
    """The day to which the channel counts this moment of its own clock; 00:00 makes it the calendar day."""
    return (local + until_midnight(cutoff)).date()


def until_midnight(cutoff: time) -> timedelta:
    """From the end of a business day to the midnight after it."""
    ends_after_midnight = timedelta(hours=cutoff.hour, minutes=cutoff.minute)
    return (timedelta(days=1) - ends_after_midnight) % timedelta(days=1)
