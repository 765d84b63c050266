"""Control totals of a period, ours against the authority's, and which invoices make a difference. It asks nobody."""

import calendar
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from services.invoice_sync.domain.standing import SyncState

# The day on an invoice, and so the days of a control total, are Beijing's.
_ZONE = ZoneInfo("Asia/Shanghai")
_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")
BLUE = "BLUE"
RED = "RED"
# What may be in the authority's books this moment without our knowing it yet, and is being asked for.
UNDER_WAY = frozenset(
    {
        SyncState.SENDING,
        SyncState.UNKNOWN,
        SyncState.SUBMITTED,
        SyncState.ACKED,
        SyncState.ABSENT,
        SyncState.MISSING,
        SyncState.MANUAL,
    }
)


class ParityState(StrEnum):
    """What comparing a period came to."""

    AGREES = "AGREES"
    UNSETTLED = "UNSETTLED"  # what differs is on its way, and nothing else is
    DIFFERS = "DIFFERS"  # and each difference has its invoice
    NOT_NAMED = "NOT_NAMED"  # and what differs could not be traced to all of its invoices


class DifferenceClass(StrEnum):
    """How an invoice makes the two sides differ."""

    OURS_ONLY = "OURS_ONLY"  # in the books by our knowledge, and not in the authority's
    THEIRS_ONLY = "THEIRS_ONLY"  # in the authority's, and nothing of ours
    AMOUNT_DIFFERS = "AMOUNT_DIFFERS"  # on both sides with another amount, or blue with one and red with the other
    STATE_DIFFERS = "STATE_DIFFERS"  # it counts on one side, and on the other it is void, refused or something else
    DAY_DIFFERS = "DAY_DIFFERS"  # on both sides under another day


@dataclass(frozen=True, slots=True)
class Period:
    """A day, or a month from its first to its last day."""

    first: date
    last: date

    @property
    def end(self) -> datetime:
        """The instant at which it is over."""
        return datetime.combine(self.last + timedelta(days=1), time(), _ZONE)

    def days(self, until: date) -> list[date]:
        """Its days in order, those after `until` left out."""
        last = min(self.last, until)
        return [self.first + timedelta(days=no) for no in range((last - self.first).days + 1)]

    def text(self) -> str:
        """As `read_period` takes it."""
        return self.first.isoformat() if self.first == self.last else self.first.isoformat()[:7]


@dataclass(frozen=True, slots=True)
class Sums:
    """Counts and sums in minor units, tax included, of what is in the books; of red letters the sum is negative."""

    blue_count: int = 0
    blue_minor: int = 0
    red_count: int = 0
    red_minor: int = 0

    def plus(self, other: "Sums") -> "Sums":
        """Both together."""
        return Sums(
            self.blue_count + other.blue_count,
            self.blue_minor + other.blue_minor,
            self.red_count + other.red_count,
            self.red_minor + other.red_minor,
        )


@dataclass(frozen=True, slots=True)
class DaySums:
    """A day on both sides."""

    day: date
    ours: Sums
    theirs: Sums

    @property
    def equal(self) -> bool:
        """Whether nothing differs in sum."""
        return self.ours == self.theirs


@dataclass(frozen=True, slots=True)
class OursRow:
    """An invoice of ours, as far as control totals are about it. `counted` is whether it is in the books, by us."""

    invoice_id: str
    idempotency_key: str
    invoice_number: str
    kind: str
    amount_minor: int
    issue_date: date
    sync_state: SyncState
    counted: bool


@dataclass(frozen=True, slots=True)
class TheirsRow:
    """A record of the authority's. `counted` is whether it is in its totals, which what is void is not."""

    invoice_number: str
    idempotency_key: str
    kind: str
    amount_minor: int
    issue_date: date
    status: str
    counted: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """One invoice that makes the sides differ. What a side does not have is empty, its amount None."""

    difference_class: DifferenceClass
    issue_date: date
    kind: str
    invoice_id: str = ""
    invoice_number: str = ""
    ours_minor: int | None = None
    theirs_minor: int | None = None
    ours_state: str = ""
    theirs_state: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """The differences, and how many invoices differ only since they are on their way."""

    differences: Sequence[Difference]
    under_way_count: int


def read_period(text: str) -> Period | None:
    """The day of 2026-03-01 or the month of 2026-03; None when it is neither."""
    try:
        if _MONTH.fullmatch(text):
            first = date.fromisoformat(f"{text}-01")
            return Period(first, first.replace(day=calendar.monthrange(first.year, first.month)[1]))
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return Period(day, day)


def day_start(day: date) -> datetime:
    """The instant at which a day begins."""
    return datetime.combine(day, time(), _ZONE)


def name_differences(ours: Sequence[OursRow], theirs: Sequence[TheirsRow], days: Iterable[date]) -> Named:
    """Which invoices make these days differ. Pairs by our key, and by the number where the authority tells no key.

    `ours` and `theirs` hold everything of these days, and the counterpart of each on whatever day that stands.
    """
    looked_at, by_key, by_number = set(days), {each.idempotency_key: each for each in ours}, _numbered(ours)
    differences, under_way, paired = list[Difference](), 0, set[str]()
    for there in theirs:
        here = by_key.get(there.idempotency_key) or by_number.get(there.invoice_number)
        if here is not None:
            paired.add(here.invoice_id)
        if looked_at.isdisjoint({there.issue_date, *([here.issue_date] if here else [])}):
            continue
        if here is not None and here.sync_state in UNDER_WAY and not _is_other(here, there):
            under_way += there.counted
        elif (found := _class_of(here, there)) is not None:
            differences.append(_difference(found, here, there))
    for here in ours:
        if here.invoice_id not in paired and here.issue_date in looked_at and here.counted:
            differences.append(_difference(DifferenceClass.OURS_ONLY, here, None))
    return Named(sorted(differences, key=_order), under_way)


def sums_of(rows: Iterable[OursRow] | Iterable[TheirsRow]) -> Mapping[date, Sums]:
    """What of some rows counts, by day."""
    found: dict[date, Sums] = {}
    for row in rows:
        if row.counted:
            red = row.kind == RED
            one = Sums(red_count=1, red_minor=row.amount_minor) if red else Sums(1, row.amount_minor)
            found[row.issue_date] = found.get(row.issue_date, Sums()).plus(one)
    return found


def state_of(days: Sequence[DaySums], named: Named | None) -> ParityState:
    """What a comparison came to; `named` is None when what differs could not be traced to the end."""
    if all(each.equal for each in days):
        return ParityState.AGREES
    if named is None:
        return ParityState.NOT_NAMED
    return ParityState.DIFFERS if named.differences else ParityState.UNSETTLED


def fingerprint(
    state: ParityState,
    days: Sequence[DaySums],
    differences: Sequence[Difference],
    *,
    complete: bool,
    waiting_count: int,
) -> str:
    """SHA-256 over a result in hex: equal for two comparisons that found the same."""
    told = {
        "state": state,
        "complete": complete,
        "waiting_count": waiting_count,
        "days": [[each.day.isoformat(), asdict(each.ours), asdict(each.theirs)] for each in days],
        "differences": [asdict(each) | {"issue_date": each.issue_date.isoformat()} for each in differences],
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _numbered(ours: Sequence[OursRow]) -> Mapping[str, OursRow]:
    return {each.invoice_number: each for each in ours if each.invoice_number}


def _is_other(here: OursRow, there: TheirsRow) -> bool:
    return (here.amount_minor, here.kind) != (there.amount_minor, there.kind)


def _class_of(here: OursRow | None, there: TheirsRow) -> DifferenceClass | None:
    """How this record makes the sides differ; None when it does not."""
    if here is None:
        return DifferenceClass.THEIRS_ONLY if there.counted else None
    if _is_other(here, there) and (there.counted or here.counted):
        return DifferenceClass.AMOUNT_DIFFERS
    if here.counted != there.counted:
        return DifferenceClass.STATE_DIFFERS
    if here.counted and here.issue_date != there.issue_date:
        return DifferenceClass.DAY_DIFFERS
    return None


def _difference(found: DifferenceClass, here: OursRow | None, there: TheirsRow | None) -> Difference:
    shown = there or here
    assert shown is not None, "a difference is of one side at least"
    number = (there.invoice_number if there else "") or (here.invoice_number if here else "")
    return Difference(
        found,
        here.issue_date if here else shown.issue_date,
        here.kind if here else shown.kind,
        here.invoice_id if here else "",
        number,
        here.amount_minor if here else None,
        there.amount_minor if there else None,
        _state(here),
        there.status if there else "",
    )


def _state(here: OursRow | None) -> str:
    return here.sync_state.value if here else ""


def _order(difference: Difference) -> tuple[date, str, str, str]:
    return difference.issue_date, difference.difference_class, difference.invoice_number, difference.invoice_id
