"""What becomes of a file's lines beside those that its account has already. It reads no file and no table."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class KnownLine:
    """A line of a file that an earlier statement has, and what that says of it."""

    line_no: int
    amount: str  # with its currency and status, for people
    statement_id: str
    known_line_no: int
    known_amount: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A file's lines beside those of earlier statements."""

    known_rows: int
    first_known: KnownLine | None
    first_unsure: KnownLine | None  # known by its key alone: it has neither a number nor a balance that tells it
    first_changed: KnownLine | None  # known, but now with another amount, currency or status
    new_rows: Mapping[date, int]  # what is not known, by business date

    def check(self, booked: int) -> None:
        """Assert that each of the lines that were read is here, known or new: none was lost on its way."""
        here = self.known_rows + sum(self.new_rows.values())
        assert here == booked, f"{booked} lines were read and {here} are here"


def late_days(new_rows: Mapping[date, int], stated: date | None, reconciled: Collection[date]) -> frozenset[date]:
    """The days whose lines come late: before the day that the file states first, or reconciled already."""
    return frozenset(day for day in new_rows if (stated is not None and day < stated) or day in reconciled)
