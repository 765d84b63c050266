"""When a statement is asked for, when it is missing, and when it is asked for no more. The clock is an argument."""

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from services.reconciler.domain.retry import Retry

# A source that is new, or a service that was down for longer, goes back this far and no further.
_DAYS_BACK_MAX = 100
# A day that is planned only after its deadline is looked for once before it is called missing.
_FIRST_LOOK = timedelta(minutes=10)
_FAULT_SECONDS_MAX = 3_600
_MOMENT = re.compile(r"T\+(\d{1,2}) (\d\d:\d\d)", re.ASCII)


class FetchState(StrEnum):
    """Where the statement of a source's business day is."""

    WAITING = "WAITING"  # the channel does not have it yet
    FETCHED = "FETCHED"  # its bytes came; they are being loaded
    LOADED = "LOADED"
    REFUSED = "REFUSED"  # its bytes came and break a rule; others may yet come
    MISSING = "MISSING"  # the deadline has passed without it; it is still asked for


class Cause(StrEnum):
    """Why a try brought no file."""

    NOT_THERE = "NOT_THERE"
    GROWING = "GROWING"  # it is still being written
    MANY = "MANY"  # several files have the name
    UNREACHABLE = "UNREACHABLE"
    TIMEOUT = "TIMEOUT"
    HOST_KEY = "HOST_KEY"  # the server has another key than the one that is pinned
    CERTIFICATE = "CERTIFICATE"
    LOGIN = "LOGIN"
    SECRET = "SECRET"  # noqa: S105  the file that holds the secret cannot be read
    REDIRECT = "REDIRECT"  # to another host
    TRUNCATED = "TRUNCATED"
    TOO_LARGE = "TOO_LARGE"
    DIGEST = "DIGEST"  # the bytes are not those that the server's digest is of
    ANSWER = "ANSWER"  # it says something that we do not understand
    KEEPING = "KEEPING"  # our disk of temporary files is full or broken
    LOADING = "LOADING"  # the bytes came, and we could not load them

    @property
    def is_patient(self) -> bool:
        """Whether it is what a channel that keeps its times says until the file is there."""
        return self in (Cause.NOT_THERE, Cause.GROWING)


@dataclass(frozen=True, slots=True)
class Moment:
    """A time of day some days after the business date, such as T+1 10:00."""

    days: int
    at: time

    @classmethod
    def of(cls, text: str) -> "Moment":
        """From its text. Raises ValueError."""
        if not (found := _MOMENT.fullmatch(text)):
            raise ValueError("days and a time of day")
        return cls(int(found[1]), time.fromisoformat(found[2]))

    def on(self, day: date, tz: ZoneInfo) -> datetime:
        """The instant for a business date."""
        return datetime.combine(day + timedelta(days=self.days), self.at, tz).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Timetable:
    """When a source has its files. `every_seconds` is the pace at which a file that is not there is asked for."""

    tz: ZoneInfo
    first_date: date
    available_from: Moment
    deadline: Moment
    give_up: Moment
    every_seconds: int

    def first_day(self, now: datetime) -> date:
        """The first business date that can be planned."""
        return max(self.first_date, now.astimezone(self.tz).date() - timedelta(days=_DAYS_BACK_MAX))

    def days_to_plan(self, now: datetime, planned: Container[date]) -> Iterator[date]:
        """The business dates whose file can be there by now and that are not planned yet, oldest first."""
        today = now.astimezone(self.tz).date()
        day = self.first_day(now)
        while day <= today:
            if day not in planned and self.available_from.on(day, self.tz) <= now:
                yield day
            day += timedelta(days=1)

    def plan(self, day: date, now: datetime) -> "Plan":
        """A day's instants. One that is planned late has its whole time to come, and is not missing unseen."""
        available_at = self.available_from.on(day, self.tz)
        end_at = self.give_up.on(day, self.tz)
        return Plan(
            available_at=available_at,
            deadline_at=max(self.deadline.on(day, self.tz), now + _FIRST_LOOK),
            end_at=max(end_at, now + (end_at - available_at)),
        )

    def next_try_at(self, cause: Cause, failures: int, now: datetime, jitter: float) -> datetime:
        """When to try again after so many faults in a row, `jitter` being in [0, 1).

        What is not there is asked for at the source's pace, half of it spread; after faults the waits grow.
        """
        if cause.is_patient:
            return now + timedelta(seconds=self.every_seconds * (0.5 + jitter / 2))
        retry = Retry(self.every_seconds, max(self.every_seconds, _FAULT_SECONDS_MAX), attempts_max=2**62)
        at = retry.next_try_at(now, failures, jitter)
        assert at is not None, "the end of the day ends the tries, not their number"
        return at


@dataclass(frozen=True, slots=True)
class Plan:
    """A business day's instants: asked for from the first on, missing from the second, given up at the last."""

    available_at: datetime
    deadline_at: datetime
    end_at: datetime


def fetch_id(source_id: str, day: date) -> str:
    """What tells a source's business day from all others; in the order of days."""
    return f"{day.isoformat()}.{source_id}"


def request_id(of_fetch: str) -> str:
    """The request under which the day's file is loaded, by us or by hand: so it is loaded once."""
    return f"fetch.{of_fetch}"
