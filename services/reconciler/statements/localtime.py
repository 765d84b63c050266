"""A channel's written times and business dates. It never asks what time it is."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

_FIELDS = {
    "%Y": "(?P<year>[0-9]{4})",
    "%m": "(?P<month>[0-9]{2})",
    "%d": "(?P<day>[0-9]{2})",
    "%H": "(?P<hour>[0-9]{2})",
    "%M": "(?P<minute>[0-9]{2})",
    "%S": "(?P<second>[0-9]{2})",
}


@dataclass(frozen=True, slots=True)
class TimeFormat:
    """A strict form of date and time: fixed widths and ASCII digits, which strptime would not insist on."""

    pattern: re.Pattern[str]

    @classmethod
    def of(cls, text: str) -> "TimeFormat":
        """From strptime's notation; raises ValueError unless each of %Y %m %d %H %M %S stands there once."""
        parts = re.split("(%.)", text)
        if sorted(part for part in parts if part.startswith("%")) != sorted(_FIELDS):
            raise ValueError(f"{text!r} must have each of {' '.join(_FIELDS)} once, and nothing else with %")
        return cls(re.compile("".join(_FIELDS.get(part) or re.escape(part) for part in parts)))

    def read(self, text: str) -> datetime | None:
        """The naive local time, or None if the text is not one of this form."""
        found = self.pattern.fullmatch(text)
        if found is None:
            return None
        try:
            return datetime(**{name: int(digits) for name, digits in found.groupdict().items()})  # type: ignore[arg-type]  # noqa: DTZ001
        except ValueError:
            return None


def business_date(local: datetime, cutoff: time) -> date:
    """The day to which the channel counts this moment of its own clock; 00:00 makes it the calendar day."""
    ends_after_midnight = timedelta(hours=cutoff.hour, minutes=cutoff.minute)
    until_midnight = (timedelta(days=1) - ends_after_midnight) % timedelta(days=1)
    return (local + until_midnight).date()
