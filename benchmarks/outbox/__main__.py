"""`make bench-outbox`: every contestant in turns in one session; medians go to benchmarks/results/outbox.json.

BIHUAN_BENCH_DATABASE_URL names a server to use, as its superuser; else one is started. QUICK=1 only proves that each
still runs.
"""

import statistics
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import uvloop

from benchmarks.metric import Metric
from benchmarks.outbox import naive, ours
from benchmarks.outbox.database import commit_seconds, fresh_database, number, server_url, settle
from benchmarks.outbox.drain import Contestant, drain_rate
from benchmarks.outbox.limit import LIMIT
from benchmarks.outbox.ours import OURS, OURS_UPLOAD
from benchmarks.outbox.rivals import PGQUEUERS, PROCRASTINATE
from benchmarks.outbox.sweep import sweep_ratio
from benchmarks.report import is_quick, write

_ROUNDS = 5
_NAIVE_COUNT = 4_000
_ENQUEUE_COUNT = 20_000
_HISTORY_COUNT = 20_000
_QUICK_COUNT = 40


@dataclass(frozen=True, slots=True)
class Entry:
    """A contestant, the jobs it gets in a round (about two seconds of work or more), and its worker processes."""

    contestant: Contestant
    count: int
    workers: int

    @property
    def name(self) -> str:
        """As the figures are called."""
        return f"{self.contestant.name}_{self.workers}_worker{'s' if self.workers > 1 else ''}"


_ENTRIES = (
    Entry(LIMIT, 200_000, 1),
    Entry(LIMIT, 200_000, 2),
    *(Entry(pgqueuer, 50_000, workers) for pgqueuer in PGQUEUERS for workers in (1, 2)),
    Entry(PROCRASTINATE, 2_000, 1),
    Entry(PROCRASTINATE, 2_000, 2),
    Entry(OURS, 40_000, 1),
    Entry(OURS, 40_000, 2),
    Entry(OURS_UPLOAD, 5_000, 1),
)
_OURS = "ours_1_worker"
_PGQUEUER = "the faster PGQueuer"


def main() -> None:
    """Run the rounds, then tell and keep the medians."""
    rates: defaultdict[str, list[float]] = defaultdict(list)
    with server_url() as server, fresh_database(server) as url:
        _install(url)
        if not is_quick():
            print("warm-up, discarded", flush=True)
            _round(url)
        for round_no in range(1, 1 + (1 if is_quick() else _ROUNDS)):
            print(f"round {round_no}", flush=True)
            for name, rate in _round(url).items():
                rates[name].append(rate)
        sweep = uvloop.run(sweep_ratio(url, _QUICK_COUNT if is_quick() else _HISTORY_COUNT))
    write("outbox", [*_told(rates), *_judged(rates, sweep)])


def _install(url: str) -> None:
    for contestant in {entry.contestant for entry in _ENTRIES}:
        uvloop.run(contestant.install(url))
    uvloop.run(naive.install(url))


def _round(url: str) -> dict[str, float]:
    print(f"  a lone commit takes {uvloop.run(commit_seconds(url)) * 1e6:,.0f} us", flush=True)
    rates = {}
    for entry in _ENTRIES:
        rates[entry.name] = _drain(entry, url)
        print(f"  {entry.name}: {rates[entry.name]:,.0f} jobs/s", flush=True)
    rates["naive"] = uvloop.run(naive.enqueue_rate(url, _QUICK_COUNT if is_quick() else _NAIVE_COUNT))
    print(f"  naive enqueue: {rates['naive']:,.0f} invoices/s", flush=True)
    rates["enqueue"] = uvloop.run(ours.enqueue_rate(url, _QUICK_COUNT if is_quick() else _ENQUEUE_COUNT))
    print(f"  our enqueue: {rates['enqueue']:,.0f} invoices/s", flush=True)
    return rates


def _drain(entry: Entry, url: str) -> float:
    count = _QUICK_COUNT if is_quick() else entry.count
    uvloop.run(entry.contestant.fill(url, count))
    uvloop.run(settle(url, entry.contestant.table))
    rate = drain_rate(entry.contestant, url, count=count, workers=entry.workers)
    if left := uvloop.run(number(url, entry.contestant.unfinished)):
        raise RuntimeError(f"{entry.name} left {left} of {count} jobs: its figure would be of work not done")
    return rate


def _told(rates: Mapping[str, list[float]]) -> list[Metric]:
    told = [Metric(f"drain_{entry.name}", statistics.median(rates[entry.name]), "jobs/s", "-") for entry in _ENTRIES]
    return [
        *told,
        Metric("enqueue_naive", statistics.median(rates["naive"]), "invoices/s", "-"),
        Metric("enqueue_ours", statistics.median(rates["enqueue"]), "invoices/s", "-"),
        Metric(
            "drain_ratio_to_pgqueuer_2_workers", _ratio(rates, "ours_2_workers", *_pgqueuers(2)), "ratio", _PGQUEUER
        ),
    ]


def _judged(rates: Mapping[str, list[float]], sweep: float) -> list[Metric]:
    """Each ratio is the median of the rounds' quotients, for a round has the same minute for all in it."""
    naive_rival = "SQLAlchemy, a transaction each"
    return [
        Metric("drain_ratio_to_pgqueuer", _ratio(rates, _OURS, *_pgqueuers(1)), "ratio", _PGQUEUER, 3),
        Metric("drain_ratio_to_procrastinate", _ratio(rates, _OURS, "procrastinate_1_worker"), "ratio", "-", 50),
        Metric("drain_ratio_to_limit", _ratio(rates, _OURS, "limit_1_worker"), "ratio", "the limit", 0.25),
        Metric("enqueue_ratio_to_naive", _ratio(rates, "enqueue", "naive"), "ratio", naive_rival, 10),
        Metric("sweep_ratio_10x_history", sweep, "ratio", "a tenth of the history", 1.3, "at most"),
    ]


def _ratio(rates: Mapping[str, list[float]], mine: str, *rivals: str) -> float:
    fastest = [max(round_of) for round_of in zip(*(rates[rival] for rival in rivals), strict=True)]
    return float(statistics.median(rate / best for rate, best in zip(rates[mine], fastest, strict=True)))


def _pgqueuers(workers: int) -> list[str]:
    return [entry.name for entry in _ENTRIES if entry.contestant in PGQUEUERS and entry.workers == workers]


if __name__ == "__main__":
    main()
