"""Seeds, noises and sizes to scores, ours and the rivals'. It prints nothing."""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from accuracy.matching.generate import Data, generate
from accuracy.matching.peers import PEERS
from accuracy.matching.replay import Replay, replay
from accuracy.matching.score import Score, score
from accuracy.matching.truth import NOISES
from services.reconciler.rules.duckdb_engine import match_files
from services.reconciler.rules.rule_files import DEFAULT, load_rule_set
from services.reconciler.rules.rule_set import RuleSet

Matcher = Callable[[Data, Path], Path]  # from a set and a folder to write in to its results.parquet


@dataclass(frozen=True, slots=True)
class Case:
    """What one matcher made of one set."""

    matcher: str
    seed: int
    noise: str
    size: int
    seconds: float
    score: Score


def run(
    seeds: Sequence[int],
    noises: Sequence[str],
    sizes: Sequence[int],
    *,
    peers: Sequence[str],
    profile: str = "stress",
    rules: Path = DEFAULT,
) -> Iterator[Case]:
    """Every set by us; those of the first seed also by each of the named rivals that takes as many rows."""
    ours, (first, *others) = partial(_ours, load_rule_set(rules)), seeds
    for size, noise, seed in [(size, noise, seed) for size in sizes for noise in noises for seed in (first, *others)]:
        able = [name for name in peers if seed == first and size <= PEERS[name].most]
        matchers: dict[str, Matcher] = {"bihuan": ours, **{name: PEERS[name].match for name in able}}
        with tempfile.TemporaryDirectory() as name:
            data = generate(Path(name), seed=seed, size=size, noise=NOISES[noise], profile=profile)
            for matcher, match in matchers.items():
                began = time.monotonic()
                results = match(data, Path(name) / matcher)
                yield Case(matcher, seed, noise, size, time.monotonic() - began, score(data, results))


def _ours(rule_set: RuleSet, data: Data, out: Path) -> Path:
    match_files(rule_set, data.payments, data.lines, out)
    return out / "results.parquet"


def replays(seeds: Sequence[int], noises: Sequence[str], size: int, rules: Path = DEFAULT) -> Iterator[Replay]:
    """The days of stress sets one after the other."""
    for noise, seed in [(noise, seed) for noise in noises for seed in seeds]:
        with tempfile.TemporaryDirectory() as name:
            yield replay(generate(Path(name), seed=seed, size=size, noise=NOISES[noise]), load_rule_set(rules))
