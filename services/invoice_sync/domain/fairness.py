"""How a batch is shared among the lanes that wait, so that no large one holds up a small one. It claims nothing."""

from bisect import bisect_right
from collections.abc import Collection
from dataclasses import dataclass

# What is past half of its time to the legal deadline waits here. It is the seller's tax number otherwise.
EXPRESS_LANE = "!"


@dataclass(frozen=True, slots=True)
class Turn:
    """How many rows each lane may give, in the order in which they are taken, and whom the next turn begins after."""

    quotas: tuple[tuple[str, int], ...]
    last: str


def share(lanes: Collection[str], last: str, size: int) -> Turn:
    """Share a batch of `size` among the lanes that have rows waiting; the ring is their names in ascending order.

    The express lane, if it waits, comes first and gets half, or all when it waits alone. The others get equal parts,
    and the remainder goes one each to those after `last`, so that each of n lanes is served within ceil(n / part)
    batches, `part` being what the express lane leaves. `last` is empty at first; that lane need not wait any more.
    What a lane cannot use may be shared again among those that used all of theirs.
    """
    assert size >= 1, "a batch has room for one"
    waiting = set(lanes)
    express = 0
    if EXPRESS_LANE in waiting and (len(waiting) == 1 or size > 1):
        express = size if len(waiting) == 1 else size // 2
    # A batch of one cannot be halved: there the express lane takes its turn in the ring.
    ring = _after(last, [lane for lane in waiting if not (express and lane == EXPRESS_LANE)])
    each, rest = divmod(size - express, len(ring)) if ring else (0, 0)
    quotas = [(EXPRESS_LANE, express)] if express else []
    quotas += [(lane, each + (place < rest)) for place, lane in enumerate(ring) if each or place < rest]
    return Turn(tuple(quotas), ring[rest - 1] if rest else last)


def _after(last: str, lanes: list[str]) -> list[str]:
    """The ring from the first lane after `last`."""
    ring = sorted(lanes)
    start = bisect_right(ring, last)
    return ring[start:] + ring[:start]
