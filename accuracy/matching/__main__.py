"""`make accuracy [SEEDS=21,22,23] [NOISE=payer,half,none] [SIZE=10000,100000] [PEERS=...] [PROFILE=...] [RULES=...]`.

SEEDS takes ranges: many seeds of small sets are the search for the one that our rules get wrong.
Prints a line for each set, what became of each class at ours, and the published metrics; matching.json tells it all.
Whoever asks for nothing also gets a million without payers and the days one after the other, and only that is kept in
benchmarks/results; QUICK=1 is one seed at 10 k. It exits with 1 when anything was posted wrongly or was lost.
"""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from accuracy.matching.peers import PEERS
from accuracy.matching.published import is_sound, published
from accuracy.matching.run import Case, replays, run
from accuracy.matching.truth import NOISES
from benchmarks import report
from services.reconciler.rules.rule_files import DEFAULT

_RESULT = Path("matching.json")
_HEADER = (
    f"{'matcher':<14} {'size':>8} {'noise':<6} {'seed':>4} {'wrong':>6} {'recall':>7} {'prec.':>7} {'ids':>7} "
    f"{'posted':>7} {'doubt':>6} {'alarms':>7} {'missed':>6} {'kept':>4} {'s':>6}"
)


def main(arguments: list[str]) -> int:
    """Run what the environment asks for, or the arguments SEEDS NOISE SIZE; the exit code."""
    names = ("SEEDS", "NOISE", "SIZE", "PROFILE", "RULES", "PEERS")
    is_whole = not any(arguments) and not any(os.environ.get(name) for name in names) and not report.is_quick()
    asked = [*arguments, "", "", ""]
    # Seeds that the rules were not tuned on; those below 20 are for tuning.
    usual = ("21", "10000") if report.is_quick() else ("21,22,23", "10000,100000")
    seeds = [seed for text in _asked(asked[0], "SEEDS", usual[0]) for seed in _range(text)]
    noises = _asked(asked[1], "NOISE", ",".join(NOISES))
    sizes = [int(size) for size in _asked(asked[2], "SIZE", usual[1])]
    peers = _asked("", "PEERS", ",".join(PEERS))
    profile, rules = os.environ.get("PROFILE", "stress"), Path(os.environ.get("RULES", DEFAULT))
    cases = _told(run(seeds, noises, sizes, peers=peers, profile=profile, rules=rules))
    if is_whole:
        cases += _told(run(seeds[:1], ["none"], [1_000_000], peers=peers))
    days = [*replays(seeds[:1], noises, 10_000)] if is_whole else []
    for case in _hardest(cases):
        print(_classes(case))
    found = published(cases, days)
    (report.write if is_whole else report.show)("accuracy", found)
    told = {"metrics": [one.row() for one in found], "cases": [asdict(case) for case in cases]}
    _RESULT.write_text(json.dumps(told | {"replays": [asdict(one) for one in days]}, indent=1) + "\n", "utf-8")
    return 0 if is_sound(cases, days) else 1


def _told(cases: Iterator[Case]) -> list[Case]:
    """All of them, each printed as it comes."""
    print(_HEADER)
    found = []
    for case in cases:
        print(_row(case), flush=True)
        found.append(case)
    return found


def _asked(argument: str, name: str, default: str) -> list[str]:
    asked = argument or os.environ.get(name, default)
    return [one for one in asked.split(",") if one]


def _range(text: str) -> range:
    """7, or 1-200: many small sets find more than one large one."""
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def _row(case: Case) -> str:
    s = case.score
    return (
        f"{case.matcher:<14} {case.size:>8} {case.noise:<6} {case.seed:>4} {s.wrong_auto_posts:>6} "
        f"{s.link_recall:>7.4f} {s.link_precision:>7.4f} {s.recall_identifiers:>7.4f} "
        f"{s.auto_post_recall:>7.4f} {s.ambiguous_shown:>6.3f} {s.false_alarms_per_10k:>7.2f} {s.missed_faults:>6} "
        f"{'yes' if s.conserved else 'NO':>4} {case.seconds:>6.1f}"
    )


def _hardest(cases: list[Case]) -> list[Case]:
    """Of each size ours with the lowest recall."""
    ours = [case for case in cases if case.matcher == "bihuan"]
    sizes = sorted({case.size for case in ours})
    return [min((one for one in ours if one.size == size), key=lambda one: one.score.link_recall) for size in sizes]


def _classes(case: Case) -> str:
    lines = [f"\nclasses at {case.size}, {case.noise}, seed {case.seed}"]
    lines.append(f"{'class':<24} {'clusters':>8} {'links':>8} {'found':>8} {'posted':>8} {'wrong':>6} {'right':>8}")
    lines += [
        f"{c.name:<24} {c.clusters:>8} {c.links:>8} {c.found:>8} {c.posted:>8} {c.wrong_posts:>6} "
        f"{c.right / c.clusters:>8.4f} {c.mistaken_for}"
        for c in case.score.classes
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
