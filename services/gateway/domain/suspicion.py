"""Who behaves like an attacker: points for each offence, that fade, and a suspension when they are too many.

A key is suspended for what was done with its secret only; a wrong secret counts against the pair of address and key, so
that nobody can have another's key suspended by guessing at it. It stores nothing and has no clock.
"""

import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

POINTS_FADE_PER_SECOND = 0.5
SUSPENDED_SECONDS_FIRST = 60.0
SUSPENDED_SECONDS_MAX = 86_400.0
_GROWTH = 4
# Who was quiet for so long after a suspension begins anew with the shortest.
_FORGIVEN_SECONDS = 86_400.0
_ASKED_MAX = 16
# Every part of it is bounded: whoever may send anything may send what takes a search long, too.
_INJECTION = re.compile(
    rb"union\s{1,9}(all\s{1,9})?select|'\s{0,9}(or|and)\s{1,9}['\d(]|;\s{0,9}(drop|delete|update|insert|alter)\s|"
    rb"/\*.{0,99}\*/|--\s{0,9}$|"
    rb"\bxp_cmdshell\b|\binformation_schema\b|\bpg_sleep\s{0,9}\(|\bsleep\s{0,9}\(\s{0,9}\d|(\.\./|\.\.\\){2}|/etc/passwd|"
    rb"<\s{0,9}script\b|javascript:|\$\{(jndi|env|sys):|\{\{.{0,99}\}\}|\x00|\\u0000",
    re.IGNORECASE | re.DOTALL | re.MULTILINE,
)


class Offence(StrEnum):
    """What gives points."""

    WRONG_SECRET = "WRONG_SECRET"  # noqa: S105  the name of an offence
    INJECTION = "INJECTION"
    DENIED = "DENIED"
    NOT_FOUND = "NOT_FOUND"
    MALFORMED = "MALFORMED"


# Ten wrong secrets in a row, or a hundred ids that are not there, reach the default of 100.
POINTS_OF: dict[Offence, float] = {
    Offence.WRONG_SECRET: 10.0,
    Offence.INJECTION: 10.0,
    Offence.DENIED: 2.0,
    Offence.NOT_FOUND: 1.0,
    Offence.MALFORMED: 1.0,
}


class Subject(NamedTuple):
    """Who can be suspended: an address, a key that was proved (no address), or a key that one address claims."""

    address: str
    key_id: str


@dataclass(frozen=True, slots=True)
class Suspension:
    """Until when (in the seconds that `offend` was given), for the how-maniest time in a row, and what came last."""

    subject: Subject
    until: float
    level: int
    offence: Offence

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return duration_seconds(self.level)


def duration_seconds(level: int) -> float:
    """1 minute, 4, 16, 64 ..., and never more than a day."""
    return float(min(SUSPENDED_SECONDS_FIRST * _GROWTH ** min(level, 16), SUSPENDED_SECONDS_MAX))


def looks_injected(raw: bytes) -> bool:
    """Whether a request that broke a rule has the shape of an attack, and not of a slip."""
    return any(_INJECTION.search(text) for text in (raw, unquote_to_bytes(raw.replace(b"+", b" "))))


@dataclass(slots=True)
class _Record:
    points: float = 0.0
    at: float = 0.0
    until: float = 0.0
    level: int = -1
    asked: tuple[int, ...] = ()


class Suspects:
    """The points of at most `counted_max` subjects; beyond that those go whose last offence is oldest.

    `points_max` of 0 suspends nobody.
    """

    def __init__(self, points_max: float, counted_max: int = 20_000) -> None:
        self._points_max = points_max
        self._counted_max = counted_max
        self._records: OrderedDict[Subject, _Record] = OrderedDict()
        self._last_until = 0.0

    def __len__(self) -> int:
        return len(self._records)

    def knows(self, subject: Subject) -> bool:
        """Whether it has offended before and is not forgotten."""
        return subject in self._records

    def offend(self, subject: Subject, offence: Offence, now: float, what: bytes = b"") -> Suspension | None:
        """Count an offence; the suspension that it brings about, if it does.

        `what` was asked for: whoever waits for one thing to appear asks for it again and again, and guesses nothing.
        """
        if not self._points_max:
            return None
        record = self._record(subject)
        if offence is Offence.NOT_FOUND and _asked_before(record, what):
            return None
        faded = max(0.0, record.points - (now - record.at) * POINTS_FADE_PER_SECOND)
        record.points, record.at = faded + POINTS_OF[offence], now
        if record.points < self._points_max or now < record.until:
            return None
        record.level = record.level + 1 if now < record.until + _FORGIVEN_SECONDS else 0
        record.points, record.until = 0.0, now + duration_seconds(record.level)
        self._last_until = max(self._last_until, record.until)
        return Suspension(subject, record.until, record.level, offence)

    def suspends_anyone(self, now: float) -> bool:
        """Whether somebody may be suspended; False, as it nearly always is, spares to look for each."""
        return now < self._last_until

    def suspended_seconds(self, subject: Subject, now: float) -> float:
        """For how long it still is; 0 when it is not."""
        record = self._records.get(subject)
        return max(0.0, record.until - now) if record else 0.0

    def suspend(self, subject: Subject, until: float, level: int) -> None:
        """Take over what another gateway decided."""
        record = self._record(subject)
        record.until, record.level = max(record.until, until), max(record.level, level)
        self._last_until = max(self._last_until, until)

    def lift(self, subject: Subject) -> None:
        """Forget its points and its suspension; the next one is as long as the first."""
        self._records.pop(subject, None)

    def suspended(self, now: float) -> Iterator[Subject]:
        """Those who are."""
        return (subject for subject, record in self._records.items() if now < record.until)

    def _record(self, subject: Subject) -> _Record:
        record = self._records.setdefault(subject, _Record())
        self._records.move_to_end(subject)
        if len(self._records) > self._counted_max:
            self._records.popitem(last=False)
        return record


def _asked_before(record: _Record, what: bytes) -> bool:
    mark = hash(what)
    if mark in record.asked:
        return True
    record.asked = (*record.asked[1 - _ASKED_MAX :], mark)
    return False
