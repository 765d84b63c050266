"""The months that payments are kept in: which must be there, which is old enough to go, and whether it may."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

MONTHS_AHEAD = 3
# Below, a refund that takes its time or a consumer that lags could still ask for what is gone.
RETENTION_MONTHS_MIN = 3
_DECEMBER = 12


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month in UTC, by which payments are kept by the time of their making."""

    year: int
    number: int

    @classmethod
    def of(cls, instant: datetime) -> "Month":
        """The month that an instant falls in."""
        there = instant.astimezone(UTC)
        return cls(there.year, there.month)

    @classmethod
    def of_partition(cls, name: str) -> "Month":
        """The month in the name of a partition, such as payments_2026_03."""
        _, year, number = name.rsplit("_", 2)
        return cls(int(year), int(number))

    @property
    def first_day(self) -> date:
        """Its first day."""
        return date(self.year, self.number, 1)

    def plus(self, count: int) -> "Month":
        """The month so many later; earlier when below zero."""
        years, index = divmod(self.number - 1 + count, _DECEMBER)
        return Month(self.year + years, index + 1)

    def partition_of(self, parent: str) -> str:
        """What this month of a table is called."""
        return f"{parent}_{self.year:04}_{self.number:02}"


@dataclass(frozen=True, slots=True)
class MonthFacts:
    """What is known of a month that is old enough to go. The counts are of what is open in it.

    `last_sequence` is of the last change of its payments, 0 when the feed has none. Changes of payments that were made
    since the beginning of last month begin with `recent_sequence`; None when there are none. The bills have followed
    the feed up to `followed_sequence`.
    """

    moving_count: int
    unreconciled_count: int
    refund_count: int
    duplicate_count: int
    waiting_count: int
    last_sequence: int
    recent_sequence: int | None
    followed_sequence: int


@dataclass(frozen=True, slots=True)
class MayGo:
    """Nothing in the month is open, as long as its last change stays the last."""

    last_sequence: int


@dataclass(frozen=True, slots=True)
class MustStay:
    """Something in the month is open: each cause, with how many there are."""

    causes: tuple[tuple[str, int], ...]


def months_wanted(now: datetime) -> list[Month]:
    """The months that must have their place: this one and those ahead."""
    return [Month.of(now).plus(count) for count in range(MONTHS_AHEAD + 1)]


def is_old(month: Month, now: datetime, retention_months: int) -> bool:
    """Whether a month has been over for as many months as payments are kept; 0 keeps them for ever."""
    if retention_months == 0:
        return False
    assert retention_months >= RETENTION_MONTHS_MIN, "the configuration lets no shorter time through"
    return month < Month.of(now).plus(-retention_months)


def judge_month(facts: MonthFacts) -> MayGo | MustStay:
    """Decide whether a month may go. A change of late keeps it too: somebody still has to do with its payments."""
    is_quiet = facts.recent_sequence is not None and facts.last_sequence < facts.recent_sequence
    found = {
        "payments that are not decided": facts.moving_count,
        "payments that no statement confirms": facts.unreconciled_count,
        "refunds under way": facts.refund_count,
        "duplicates that nobody decided about": facts.duplicate_count,
        "changes without a number": facts.waiting_count,
        "changes since the beginning of last month": 0 if is_quiet else 1,
        "changes that the bills have not followed": max(facts.last_sequence - facts.followed_sequence, 0),
    }
    causes = tuple((cause, count) for cause, count in found.items() if count)
    return MustStay(causes) if causes else MayGo(facts.last_sequence)
