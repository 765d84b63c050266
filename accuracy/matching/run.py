"""Seeds, noises and sizes to scores, ours and the rivals'; the worst of each metric. It prints nothing."""

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from accuracy.matching.generate import Data, generate
from accuracy.matching.peers import PEERS
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


def metrics(cases: Iterable[Case]) -> dict[str, float]:
    """The published ones, each the worst over our cases; one that no case tells is left out."""
    ours = [case for case in cases if case.matcher == "bihuan"]
    found = {
        "wrong_auto_posts": max((float(case.score.wrong_auto_posts) for case in ours), default=None),
        "recall_payer_10k": _recall(ours, "payer", 10_000),
        "recall_half_10k": _recall(ours, "half", 10_000),
        "recall_no_payer_10k": _recall(ours, "none", 10_000),
        "recall_payer_100k": _recall(ours, "payer", 100_000),
        "recall_no_payer_100k": _recall(ours, "none", 100_000),
        "recall_identifiers": min((case.score.recall_identifiers for case in ours), default=None),
        "auto_post_recall": min((case.score.auto_post_recall for case in ours), default=None),
        "ambiguous_shown": min((case.score.ambiguous_shown for case in ours), default=None),
        "false_alarms_per_10k": max((case.score.false_alarms_per_10k for case in ours), default=None),
        "conserved": min((float(case.score.conserved) for case in ours), default=None),
    }
    return {name: value for name, value in found.items() if value is not None}


def _recall(cases: Iterable[Case], noise: str, size: int) -> float | None:
    return min((case.score.link_recall for case in cases if (case.noise, case.size) == (noise, size)), default=None)
