"""`make bench-matching`: each contestant in a process of its own, in turns; medians go to results/matching.json.

The day is a plain one, see day.py. ONLY=1m,10m,splink,peers,arrival,service measures a part of it and keeps no numbers;
ROWS=200000 is for another size of the day through the service; QUICK=1 only proves that everything still runs.
"""

import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.matching import arrival, service
from benchmarks.matching.contestants import Took
from benchmarks.matching.day import Day
from benchmarks.metric import Metric
from benchmarks.report import is_quick, show, write

_SECONDS_MAX = 1_200.0
_JOIN = "DuckDB: a bare join on channel, channel_txn_no and amount_minor, Parquet to Parquet, the same cap"
_PARTS = ("1m", "10m", "splink", "peers", "arrival", "service")
_PEERS = ("recordlinkage", "datacompy", "settleflow")


class Sizes(NamedTuple):
    """Events of a day, and how often each is matched."""

    small: int
    large: int
    peers: int
    service: int
    rounds_small: int
    rounds_large: int


_FULL = Sizes(1_000_000, 10_000_000, 100_000, 1_000_000, 5, 3)
_QUICK = Sizes(2_000, 4_000, 1_000, 2_000, 1, 1)


def main() -> None:
    """Measure what is asked for; a whole run is kept."""
    sizes, only = _QUICK if is_quick() else _FULL, os.environ.get("ONLY", "")
    parts = [part.strip() for part in only.split(",") if part.strip()] or [*_PARTS]
    if unknown := {*parts} - {*_PARTS}:
        raise SystemExit(f"ONLY knows {', '.join(_PARTS)}, not {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory() as name:
        metrics = [*_measured(_Contest(Path(name)), sizes, parts)]
    (show if only else write)("matching", metrics)


def _measured(contest: "_Contest", sizes: Sizes, parts: Sequence[str]) -> Iterator[Metric]:
    small = large = None
    if {"1m", "splink"} & {*parts}:
        rivals = ["splink"] if "splink" in parts else []
        small = contest.of(sizes.small, ["ours", "join"], sizes.rounds_small)
        yield from _small(small)
        yield from _digests(small["ours"], contest.of(sizes.small, ["ours_one_thread"], 1, step=381_967))
        if rivals:
            yield from _splink(small, contest.of(sizes.small, rivals, min(sizes.rounds_small, 3)))
    if "10m" in parts:
        large = contest.of(sizes.large, ["ours", "join"], sizes.rounds_large)
        yield from _large(large)
    if small and large:
        yield from _growth(small["ours"], large["ours"], sizes)
    if "peers" in parts:
        yield from _peers(contest.of(sizes.peers, ["ours", *_PEERS], 1))
    if "arrival" in parts:
        yield from arrival.measure(arrival.QUICK if is_quick() else arrival.FULL)
    if "service" in parts:
        yield from service.measure(int(os.environ.get("ROWS", sizes.service)))


class _Contest:
    """Runs contestants over days, of which it keeps one at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._days: dict[tuple[int, int], Day] = {}

    def of(self, events: int, names: Sequence[str], rounds: int, *, step: int = 618_033) -> dict[str, list[Took]]:
        """What each took in each round; a round has the same minutes for all of them in it."""
        day = self._day(events, step)
        took: dict[str, list[Took]] = {name: [] for name in names}
        for round_no in range(1, rounds + 1):
            for name in names:
                one = self._run(name, day)
                took[name].append(one)
                print(
                    f"{events:,} events, round {round_no}: {name} {one.seconds:.2f} s, cpu {one.cpu_seconds:.2f} s, "
                    f"{one.peak_gib:.2f} GiB, {one.answer[:16]}",
                    flush=True,
                )
        for name, ones in took.items():
            if len({one.answer for one in ones}) > 1 and name != "splink":
                raise RuntimeError(f"{name} did not answer the same twice: {ones}")
        return took

    def _day(self, events: int, step: int) -> Day:
        """Written by a process of its own, whose memory is then nobody's."""
        if (events, step) not in self._days:
            folder = self.folder / f"{events}_{step}"
            call = [sys.executable, "-m", "benchmarks.matching.day", str(folder), str(events), str(step)]
            done = subprocess.run(call, check=True, stdout=subprocess.PIPE, text=True, timeout=_SECONDS_MAX)
            self._days[events, step] = Day(**json.loads(done.stdout))
        return self._days[events, step]

    def _run(self, name: str, day: Day) -> Took:
        out = self.folder / "out"
        call = [sys.executable, "-m", "benchmarks.matching.contestants", name, day.payments, day.lines, str(out)]
        try:
            done = subprocess.run(call, check=True, stdout=subprocess.PIPE, text=True, timeout=_SECONDS_MAX)
            took = Took(**json.loads(done.stdout.splitlines()[-1]))
            if name == "join" and took.answer != f"{day.joined} pairs":
                raise RuntimeError(f"the join made {took.answer}, not {day.joined}: its figure would be of other work")
            return took
        finally:
            shutil.rmtree(out, ignore_errors=True)


def _small(took: dict[str, list[Took]]) -> Iterator[Metric]:
    yield Metric("match_1m_ratio_to_join", _times(took, "join"), "times its time", _JOIN, 6, "at most")
    yield Metric("match_1m_ratio_to_join_cpu", _times(took, "join", _cpu), "times its CPU", _JOIN)
    yield from _told("1m", took)


def _large(took: dict[str, list[Took]]) -> Iterator[Metric]:
    yield Metric("match_10m_ratio_to_join", _times(took, "join"), "times its time", _JOIN, 20, "at most")
    yield Metric("match_10m_ratio_to_join_cpu", _times(took, "join", _cpu), "times its CPU", _JOIN)
    yield Metric("match_10m_peak_gib", max(one.peak_gib for one in took["ours"]), "GiB", "-", 2, "at most")
    yield from _told("10m", took)


def _told(size: str, took: dict[str, list[Took]]) -> Iterator[Metric]:
    for ours, name in (("match", "ours"), ("join", "join")):
        yield Metric(f"{ours}_{size}_seconds", _median(map(_wall, took[name])), "s", "-")
        yield Metric(f"{ours}_{size}_seconds_cpu", _median(map(_cpu, took[name])), "s", "-")
        yield Metric(f"{ours}_{size}_peak", max(one.peak_gib for one in took[name]), "GiB", "-")


def _digests(ours: list[Took], shuffled: dict[str, list[Took]]) -> Iterator[Metric]:
    digests = {one.answer for one in (*ours, *shuffled["ours_one_thread"])}
    rival = "all rounds, and the lines in another order with one thread"
    yield Metric("digests_equal", float(len(digests) == 1), "1 is yes", rival, 1)


def _splink(took: dict[str, list[Took]], rival: dict[str, list[Took]]) -> Iterator[Metric]:
    name = "splink 5 on DuckDB, trained on the same rows, no cap"
    for suffix, of in (("", _wall), ("_cpu", _cpu)):
        ratio = _median(map(of, rival["splink"])) / _median(map(of, took["ours"]))
        yield Metric(f"match_ratio_to_splink{suffix}", ratio, "times as fast", name, None if suffix else 25)
        yield Metric(f"splink_1m_seconds{suffix}", _median(map(of, rival["splink"])), "s", "-")
    yield Metric("splink_1m_peak", max(one.peak_gib for one in rival["splink"]), "GiB", "-")


def _growth(small: list[Took], large: list[Took], sizes: Sizes) -> Iterator[Metric]:
    """The power of the number of rows by which the time grows; 1 is as many times the time as there are rows."""
    for suffix, of in (("", _wall), ("_cpu", _cpu)):
        power = math.log(_median(map(of, large)) / _median(map(of, small))) / math.log(sizes.large / sizes.small)
        goal = None if suffix else 1.1
        yield Metric(f"growth_exponent{suffix}", power, "power of rows", "1 M to 10 M", goal, "at most")


def _peers(took: dict[str, list[Took]]) -> Iterator[Metric]:
    for name in _PEERS:
        rival = f"{name}, a part of the work, 100 k"
        yield Metric(f"match_100k_ratio_to_{name}", 1 / _times(took, name), "times as fast", rival)
        yield Metric(f"match_100k_ratio_to_{name}_cpu", 1 / _times(took, name, _cpu), "times its CPU", rival)


def _times(took: dict[str, list[Took]], rival: str, of: "Callable[[Took], float] | None" = None) -> float:
    """Our time over the rival's, the median of the rounds' quotients."""
    measure = of or _wall
    return _median(measure(ours) / measure(its) for ours, its in zip(took["ours"], took[rival], strict=True))


def _wall(one: Took) -> float:
    return one.seconds


def _cpu(one: Took) -> float:
    return one.cpu_seconds


def _median(values: Iterator[float]) -> float:
    return statistics.median(values)


if __name__ == "__main__":
    main()
