"""How many calls a process keeps in flight on a route: more while it answers, fewer when it fails. It starts none."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class ConcurrencyPolicy:
    """Calls in flight: at the start, and the bounds that are never left."""

    start: int
    minimum: int
    maximum: int

    def __post_init__(self) -> None:
        assert 1 <= self.minimum <= self.start <= self.maximum, "the bounds hold the start"


@dataclass(frozen=True, slots=True)
class Concurrency:
    """The most calls in flight now, and the successes since that last changed."""

    limit: int
    successes: int = 0


def after(concurrency: Concurrency, *, failed: bool, in_flight: int, policy: ConcurrencyPolicy) -> Concurrency:
    """The limit after a call: nine tenths on a failure, a time-out or a slow answer, one more after as many successes.

    `in_flight` counts the ended call too. A limit of which less than half was in use has not been tried, and stays.
    """
    if failed:
        return Concurrency(max(policy.minimum, concurrency.limit * 9 // 10))
    if in_flight * 2 < concurrency.limit:
        return concurrency
    successes = concurrency.successes + 1
    if successes < concurrency.limit:
        return replace(concurrency, successes=successes)
    return Concurrency(min(policy.maximum, concurrency.limit + 1))
