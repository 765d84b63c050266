"""Whether a seal that failed may be tried again. It reads no clock and seals nothing."""

from dataclasses import dataclass
from datetime import date, datetime

from services.tax_sandbox.domain.calendar import day_of
from services.tax_sandbox.domain.document import Refusal

SEAL_TRIES_A_DAY_MAX = 20


@dataclass(frozen=True, slots=True)
class Seal:
    """How often a seal was tried again on the day when it was tried last."""

    failed_at: datetime | None
    tried_on: date | None
    tries: int

    def try_again(self, now: datetime) -> "Seal | Refusal":
        """The count with one more try today, or the refusal when there were too many."""
        today = day_of(now)
        tries = self.tries if self.tried_on == today else 0
        if tries >= SEAL_TRIES_A_DAY_MAX:
            return Refusal("E9613", f"the seal was tried {tries} times today; go on tomorrow")
        return Seal(self.failed_at, today, tries + 1)
