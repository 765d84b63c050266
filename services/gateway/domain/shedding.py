"""How much runs at once: more while answers are quick, much less once they are slow; lists go before payments do.

Additive increase, multiplicative decrease, as TCP has it (RFC 5681): it finds the rate that the services behind
can bear without being told what that is. No clock, no storage.
"""

from dataclasses import dataclass
from enum import StrEnum

_DECREASE = 0.7
_INCREASE = 8.0
_WINDOW_SECONDS = 0.5
_WINDOW_CALLS = 20


class Worth(StrEnum):
    """What is shed last is worth most."""

    LIST = "list"
    READ = "read"
    DEED = "deed"


# A kind of call is let in only while less than this part of the limit is in use.
SHARE_OF: dict[Worth, float] = {Worth.LIST: 0.6, Worth.READ: 0.8, Worth.DEED: 1.0}


@dataclass(slots=True)
class Shedder:
    """The limit for calls at once, between `floor` and `ceiling`. Seconds are of any clock that never goes back."""

    ceiling: int
    target_seconds: float
    floor: int = 16
    limit: float = 0.0
    in_flight: int = 0
    _peak: int = 0
    _count: int = 0
    _seconds: float = 0.0
    _since: float = 0.0

    def __post_init__(self) -> None:
        self.floor = min(self.floor, self.ceiling)
        self.limit = float(self.ceiling)

    def admits(self, worth: Worth) -> bool:
        """Whether there is a place for such a call."""
        return self.in_flight < max(1, int(self.limit * SHARE_OF[worth]))

    def enter(self) -> None:
        """Hold a place."""
        self.in_flight += 1
        self._peak = max(self._peak, self.in_flight)

    def leave(self) -> None:
        """Give a place back."""
        self.in_flight -= 1

    def observe(self, seconds: float, now: float) -> None:
        """Learn how long a call took; uploads, which take as long as their sender does, tell nothing."""
        self._count += 1
        self._seconds += seconds
        if self._count < _WINDOW_CALLS or now - self._since < _WINDOW_SECONDS:
            return
        if self._seconds / self._count > self.target_seconds:
            self.limit = max(float(self.floor), self.limit * _DECREASE)
        elif self._peak >= self.limit / 2:
            self.limit = min(float(self.ceiling), self.limit + _INCREASE)
        self._peak, self._count, self._seconds, self._since = self.in_flight, 0, 0.0, now
