"""Pairs as they stand by what has come so far, and what changes when more comes. Pure."""

from collections.abc import Collection
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ArrivalPair:
    """A payment and a line that are the same money, by what has come so far; the words are those of a run's results."""

    payment_id: str
    line_id: str
    rule_id: str
    stage: str
    disposition: str
    exception_class: str
    reason: str


@dataclass(frozen=True, slots=True)
class Together:
    """All open rows that hang together with rows that came, and the pairs among them.

    `whole` is False when there are more than anybody looks at: then they are left to the close.
    """

    payment_ids: frozenset[str] = frozenset()
    line_ids: frozenset[str] = frozenset()
    pairs: frozenset[ArrivalPair] = field(default_factory=frozenset)
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Change:
    """What to write: pairs that do not stand any more, and pairs that are new. A pair that changes is in both."""

    gone: tuple[ArrivalPair, ...]
    new: tuple[ArrivalPair, ...]


def change(stood: Collection[ArrivalPair], together: Together) -> Change:
    """From the pairs that stood among these rows to those that stand now; rows that are not looked at have none."""
    now = together.pairs if together.whole else frozenset()
    known = frozenset(stood)
    return Change(_ordered(known - now), _ordered(now - known))


def _ordered(pairs: Collection[ArrivalPair]) -> tuple[ArrivalPair, ...]:
    """Everywhere in one order, so that two who write cannot lock each other out."""
    return tuple(sorted(pairs, key=lambda pair: (pair.payment_id, pair.line_id)))
