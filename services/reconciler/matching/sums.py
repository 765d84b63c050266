"""Which wholes are the sum of which parts, where several may claim the same part. Pure; it guesses nothing."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.reconciler.matching.subset_sum import Answer, Bounds, Verdict, find_sum

_ROUNDS_MAX = 20


@dataclass(frozen=True, slots=True)
class SumCandidate:
    """A row that may be a part of another's amount; `net_minor` is the part's amount without its fee, if known."""

    whole_id: str
    whole_minor: int
    part_id: str
    part_minor: int
    net_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Sum:
    """These parts and no others are the whole."""

    whole_id: str
    part_ids: tuple[str, ...]
    net: bool  # without the parts' fees
    chance_ppm: int


@dataclass(frozen=True, slots=True)
class SumDoubt:
    """Why a whole has no sum although there may be one; `candidates` are the sets of parts that add up, at most 8."""

    whole_id: str
    verdict: Verdict
    candidates: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class _Found:
    answer: Answer
    sets: tuple[tuple[str, ...], ...]
    net: bool


def decide_sums(
    candidates: Iterable[SumCandidate],
    bounds: Bounds = Bounds(),  # noqa: B008  # it is frozen
) -> tuple[list[Sum], list[SumDoubt]]:
    """Take every whole that only one set of parts explains, then look again at what is left, until nothing changes.

    A set that shares a part with any other whole's sets is not taken. The order of the candidates decides nothing.
    Wholes that no set explains are in neither list.
    """
    pools = _pools(candidates)
    taken: list[Sum] = []
    found: dict[str, _Found] = {}
    for last in (*[False] * _ROUNDS_MAX, True):
        # A pool that lost no part has its answer already.
        found = {whole_id: found.get(whole_id) or _answer(pool, bounds) for whole_id, pool in pools.items()}
        sure = [] if last else _sure(found)
        if not sure:
            break
        taken += sure
        left = _without(pools, sure)
        found = {
            whole_id: one for whole_id, one in found.items() if len(left.get(whole_id, ())) == len(pools[whole_id])
        }
        pools = left
    doubts = [_doubt(whole_id, one) for whole_id, one in found.items() if one.answer.verdict is not Verdict.NONE]
    return sorted(taken, key=lambda one: one.whole_id), sorted(doubts, key=lambda one: one.whole_id)


def _pools(candidates: Iterable[SumCandidate]) -> dict[str, list[SumCandidate]]:
    pools: dict[str, list[SumCandidate]] = defaultdict(list)
    for one in sorted(set(candidates), key=lambda one: (one.whole_id, one.part_id)):
        pools[one.whole_id].append(one)
    return dict(pools)


def _answer(pool: list[SumCandidate], bounds: Bounds) -> _Found:
    """With and without fees; when both explain the whole, neither does."""
    target = pool[0].whole_minor
    gross = _named(pool, find_sum([one.part_minor for one in pool], target, bounds), net=False)
    if all(one.net_minor in (None, one.part_minor) for one in pool):
        return gross
    nets = [one.part_minor if one.net_minor is None else one.net_minor for one in pool]
    net = _named(pool, find_sum(nets, target, bounds), net=True)
    if gross.answer.verdict is Verdict.NONE:
        return net
    # The same parts both ways are parts without a fee.
    if net.answer.verdict is Verdict.NONE or net.sets == gross.sets:
        return gross
    return _Found(Answer(Verdict.SEVERAL), tuple(sorted({*gross.sets, *net.sets})), net=False)


def _named(pool: list[SumCandidate], answer: Answer, *, net: bool) -> _Found:
    return _Found(answer, tuple(tuple(pool[at].part_id for at in parts) for parts in answer.solutions), net)


def _sure(found: Mapping[str, _Found]) -> list[Sum]:
    claims = Counter(
        part_id for one in found.values() for part_id in {part_id for parts in one.sets for part_id in parts}
    )
    return [
        Sum(whole_id, one.sets[0], one.net, one.answer.chance_ppm)
        for whole_id, one in found.items()
        if one.answer.verdict is Verdict.UNIQUE and all(claims[part_id] == 1 for part_id in one.sets[0])
    ]


def _without(pools: Mapping[str, list[SumCandidate]], taken: list[Sum]) -> dict[str, list[SumCandidate]]:
    wholes, parts = {one.whole_id for one in taken}, {part_id for one in taken for part_id in one.part_ids}
    left = {
        whole_id: [one for one in pool if one.part_id not in parts]
        for whole_id, pool in pools.items()
        if whole_id not in wholes
    }
    return {whole_id: pool for whole_id, pool in left.items() if pool}


def _doubt(whole_id: str, one: _Found) -> SumDoubt:
    """A set that is unique for its whole but shares a part with another's is as doubtful as several."""
    verdict = Verdict.SEVERAL if one.answer.verdict is Verdict.UNIQUE else one.answer.verdict
    return SumDoubt(whole_id, verdict, one.sets)
