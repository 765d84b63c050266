"""Which amounts add up to a sum, and whether that can be chance. Pure and bounded: the same pool, the same answer.

Meet in the middle: all small subsets of one half, then what is missing is looked up among those of the other. Work is
counted in subsets made and not in time, so that every machine gives up at the same pool. Chance is the limit long
before work is: of 20 amounts some four or five add up to almost anything.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import comb

_PPM = 1_000_000
_NEAR = 20  # sums within a twentieth of the target on either side tell how dense they are there
_SHOWN_MAX = 8

Parts = tuple[int, ...]  # places in the pool, ascending


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far to look. 2,000 subsets take about 2 ms of one core; 50,000 ppm is one accident in twenty pools."""

    items_max: int = 20
    parts_max: int = 6
    subsets_max: int = 2_000
    chance_ppm_max: int = 50_000


class Verdict(StrEnum):
    """What became of one target."""

    UNIQUE = "UNIQUE"  # one set of parts, and chance does not explain it
    NONE = "NONE"
    SEVERAL = "SEVERAL"  # more than one set, or one amount alone is as good
    CHANCE = "CHANCE"  # one set, but as many sums lie around the target that one had to hit it
    TOO_LARGE = "TOO_LARGE"  # the pool is beyond the bounds; nobody looked


@dataclass(frozen=True, slots=True)
class Answer:
    """The verdict with the sets that were found, at most 8 of them, the smallest first."""

    verdict: Verdict
    solutions: tuple[Parts, ...] = ()
    chance_ppm: int = 0  # sums to expect on the target by accident, in millionths


def find_sum(amounts: Sequence[int], target: int, bounds: Bounds = Bounds()) -> Answer:  # it is frozen
    """The sets of 2 to `parts_max` of these amounts, in minor units of one currency, that add up to `target`."""
    pool = _usable(amounts, target)
    if len(pool) > bounds.items_max or _subsets(len(pool), bounds.parts_max) > bounds.subsets_max:
        return Answer(Verdict.TOO_LARGE)
    halves = _Halves([amounts[at] for at in pool], bounds.parts_max)
    found = sorted(halves.solutions(target), key=lambda places: (len(places), places))
    solutions = tuple(tuple(pool[at] for at in places) for places in found[:_SHOWN_MAX])
    if all(len(parts) < 2 for parts in found):
        return Answer(Verdict.NONE)
    if len(found) > 1:
        return Answer(Verdict.SEVERAL, solutions)
    chance = halves.chance_ppm(target)
    return Answer(Verdict.UNIQUE if chance <= bounds.chance_ppm_max else Verdict.CHANCE, solutions, chance)


def _usable(amounts: Sequence[int], target: int) -> list[int]:
    """Where all amounts have the sign of the target, none that is larger can be a part."""
    if all(amount * target > 0 for amount in amounts):
        return [at for at, amount in enumerate(amounts) if abs(amount) <= abs(target)]
    return [at for at, amount in enumerate(amounts) if amount != 0]


def _subsets(items: int, parts_max: int) -> int:
    halves = (items // 2, items - items // 2)
    return sum(comb(half, parts) for half in halves for parts in range(parts_max + 1))


class _Halves:
    def __init__(self, amounts: list[int], parts_max: int) -> None:
        middle = len(amounts) // 2
        self.parts_max = parts_max
        self.amounts = amounts
        self.left = _by_size(amounts[:middle], 0, parts_max)
        self.right = _by_size(amounts[middle:], middle, parts_max)

    def solutions(self, target: int) -> Iterator[Parts]:
        """Every set that adds up, single amounts among them."""
        known: dict[int, list[tuple[int, Parts]]] = defaultdict(list)
        for size, subsets in enumerate(self.left):
            for total, places in subsets:
                known[total].append((size, places))
        for size, subsets in enumerate(self.right):
            for total, places in subsets:
                for other, before in known.get(target - total, ()):
                    if 1 <= other + size <= self.parts_max:
                        yield before + places

    def chance_ppm(self, target: int) -> int:
        """How many sums lie around the target, for each step of the grid that it is rounded to; without its own."""
        reach = max(abs(target) // _NEAR, 1)
        near = self._between(target - reach, target + reach) - 1
        return near * _grid(target) * _PPM // (2 * reach + 1)

    def _between(self, low: int, high: int) -> int:
        """Sums of two parts and more."""
        upto: list[list[int]] = []
        for subsets in self.left:
            upto.append(sorted([*(upto[-1] if upto else []), *(total for total, _ in subsets)]))
        count = 0
        for size, subsets in enumerate(self.right):
            sums = upto[self.parts_max - size]
            count += sum(bisect_right(sums, high - total) - bisect_left(sums, low - total) for total, _ in subsets)
        return count - sum(low <= amount <= high for amount in self.amounts) - (low <= 0 <= high)


def _by_size(amounts: Sequence[int], first: int, parts_max: int) -> list[list[tuple[int, Parts]]]:
    """All subsets up to a size, with their sums, by size."""
    subsets: list[list[tuple[int, Parts]]] = [[(0, ())], *([] for _ in range(parts_max))]
    for place, amount in enumerate(amounts, first):
        for size in range(parts_max - 1, -1, -1):
            subsets[size + 1] += [(total + amount, (*places, place)) for total, places in subsets[size]]
    return subsets


def _grid(target: int) -> int:
    """1, 10, 100 ... : round amounts add up to round sums, so a round target is hit more often."""
    grid = 1
    while target % (grid * 10) == 0 and grid * 10 <= abs(target):
        grid *= 10
    return grid
