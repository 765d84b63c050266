"""When something that failed is tried again, and when it is not. The clock and the chance are arguments."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Retry:
    """Exponential with full jitter: up to `base_seconds` x 2^attempts, at most `seconds_max`, `attempts_max` tries."""

    base_seconds: float
    seconds_max: float
    attempts_max: int

    def next_try_at(self, now: datetime, attempts: int, jitter: float) -> datetime | None:
        """The next try after so many attempts, `jitter` being in [0, 1); None when there is to be none."""
        assert attempts > 0, "nothing was tried yet"
        assert 0 <= jitter < 1, f"{jitter} is not in [0, 1)"
        if attempts >= self.attempts_max:
            return None
        longest = min(self.seconds_max, self.base_seconds * 2 ** min(attempts, 30))
        return now + timedelta(seconds=longest * jitter)
