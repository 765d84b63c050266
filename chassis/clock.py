"""The clock that is passed in, so that the domain never asks the machine what time it is."""

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time. Actions take one; the domain takes the instant it gave."""

    def now(self) -> datetime:
        """The present instant, in UTC and with its zone."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant, in UTC."""
        return datetime.now(UTC)


class ManualClock:
    """A clock that only moves when it is told to; for tests."""

    def __init__(self, start: datetime) -> None:
        assert start.tzinfo is not None, "a clock without a zone tells nothing"
        self._now = start

    def now(self) -> datetime:
        """The instant that it stands at."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move on by some seconds, or back when negative."""
        self._now += timedelta(seconds=seconds)
