"""How many calls a caller may make: its share of a limit that all gateways keep together. No clock, no storage.

The limit itself is one bucket of tokens in the database. A gateway takes some of them ahead, and gives them out here.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

# A lease is what the whole limit brings forth in this time: five leases a second while a caller is at its limit.
LEASE_SECONDS = 0.2
# What was leased and not used is nobody's after this time, so that an idle gateway keeps nothing from a busy one.
_UNUSED_SECONDS_MAX = 1.0
_FEW = 4
# How long a gateway believes that a bucket is empty without asking again.
_EMPTY_SECONDS_MAX = 1.0


class MethodClass(StrEnum):
    """What a call costs us: a look, a deed, or a file of them. The values stand in settings, tables and headers."""

    READ = "read"
    WRITE = "write"
    BULK = "bulk"


@dataclass(frozen=True, slots=True)
class Taken:
    """The call may go on; about so many more may follow within the second."""

    left: int


@dataclass(frozen=True, slots=True)
class Empty:
    """The limit is used up; there is a token again after so many seconds."""

    retry_after_seconds: float


@dataclass(frozen=True, slots=True)
class Ask:
    """Nothing is known to be left here: ask for that many tokens and come again."""

    want: int


@dataclass(slots=True)
class Share:
    """What one gateway holds for one caller and class. Seconds are of any clock that never goes back.

    `per_second` is the limit, and as much is the most that the shared bucket holds.
    """

    per_second: float
    tokens: float = 0.0
    leased_at: float = -math.inf
    empty_until: float = -math.inf
    shared_left: float = 0.0
    _fallback_at: float = -math.inf

    def take(self, now: float, waiting: int = 0) -> Taken | Empty | Ask:
        """Use a token, if one is here. `waiting` is how many others stand behind this call."""
        if now - self.leased_at > _UNUSED_SECONDS_MAX:
            self.tokens = 0.0
        if self.tokens >= 1:
            self.tokens -= 1
            return Taken(int(self.tokens + self.shared_left))
        if now < self.empty_until:
            return Empty(self.empty_until - now)
        return Ask(self.lease_size + waiting)

    @property
    def lease_size(self) -> int:
        """How many tokens one lease asks for."""
        return max(1, int(self.per_second * LEASE_SECONDS))

    def due(self, now: float) -> int:
        """How many tokens to ask for already, so that no call has to wait; 0 for none yet.

        That is when they run low; and when they are about to be nobody's, as many as were used, so that none that is
        held here for a caller who goes on is lost to it. A lease of few tokens is not worth it.
        """
        lease_size = self.lease_size
        if lease_size <= _FEW:
            return 0
        if self.tokens < lease_size / 2:
            return lease_size
        return max(1, lease_size - int(self.tokens)) if now - self.leased_at > _UNUSED_SECONDS_MAX / 2 else 0

    def receive(self, granted: int, shared_left: float, now: float) -> None:
        """Keep what a lease brought, and know what the bucket had left beside."""
        self.tokens = granted + (self.tokens if now - self.leased_at <= _UNUSED_SECONDS_MAX else 0.0)
        self.leased_at, self.shared_left = now, shared_left
        if granted == 0:
            wait = (1 - shared_left) / self.per_second
            self.empty_until = now + min(max(wait, 0.001), _EMPTY_SECONDS_MAX)

    def do_alone(self, now: float) -> None:
        """Go on without the database: the limit holds for this gateway alone until it is back."""
        elapsed = min(now - self._fallback_at, 1.0)
        granted = int(elapsed * self.per_second)
        if granted >= 1 or self._fallback_at == -math.inf:
            self._fallback_at = now
        self.receive(granted, 0.0, now)
