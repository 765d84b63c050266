"""Part (a): intake by single calls and in batches, in turns with its rivals; each ratio is of one round."""

import itertools
import statistics
from collections import defaultdict
from collections.abc import Iterator

import uvloop

from benchmarks.metric import Metric
from benchmarks.outbox.database import commit_seconds, run_script
from benchmarks.payments.unary import Measured, serving, stored_count
from benchmarks.report import is_quick

_ROUNDS = 5
_IN_FLIGHT = (1, 64, 256)
# About two seconds each, by what each reaches.
_COUNTS = {"ours": {1: 1_000, 64: 8_000, 256: 8_000}, "naive": {1: 400, 64: 1_600, 256: 1_600}}
_COUNTS["echo"] = {1: 2_000, 64: 10_000, 256: 10_000}
_QUICK_COUNT = 300
_WARM_COUNT = 1_000
_BATCH_COUNT = 100
_QUICK_BATCH_COUNT = 2
_CONTESTANTS = ("naive", "ours", "echo")
_BATCHED = "ours_batched"

_NOTES = """Intake. Every contestant is the product's server with all of its loops, so numbering, manifests and bills
that follow the payments cost each what they cost the product. naive is SQLAlchemy Core: BEGIN, 4 INSERTs and COMMIT for
each payment, over 8 connections. echo stores nothing."""

Rounds = dict[tuple[str, int], list[Measured]]


def measure(url: str) -> list[Metric]:
    """The figures of part (a), on a database that has the product's tables."""
    rounds: Rounds = defaultdict(list)
    numbers = _numbers()
    print(_NOTES)
    for round_no in range(1, 1 + (1 if is_quick() else _ROUNDS)):
        print(f"round {round_no}: a lone commit takes {uvloop.run(commit_seconds(url)) * 1e6:,.0f} us", flush=True)
        for name in _CONTESTANTS:
            _contest(name, url, numbers, rounds)
    return [*_told(rounds), *_judged(rounds)]


def _contest(name: str, url: str, numbers: "Iterator[int]", rounds: Rounds) -> None:
    uvloop.run(run_script(url, "CHECKPOINT"))
    stored = uvloop.run(stored_count(url))
    with serving(name, url) as contestant:
        uvloop.run(contestant.unary(_next(numbers, _QUICK_COUNT if is_quick() else _WARM_COUNT), 64))
        sent = _QUICK_COUNT if is_quick() else _WARM_COUNT
        for in_flight in _IN_FLIGHT:
            count = _QUICK_COUNT if is_quick() else _COUNTS[name][in_flight]
            sent += count
            measured = uvloop.run(contestant.unary(_next(numbers, count), in_flight))
            rounds[name, in_flight].append(measured)
            _print(f"{name}, {in_flight} in flight", measured)
        if name == "ours":
            batches = _QUICK_BATCH_COUNT if is_quick() else _BATCH_COUNT
            sent += batches * 500
            measured = uvloop.run(contestant.batches(_next(numbers, batches)))
            rounds[_BATCHED, 0].append(measured)
            _print("ours, batches of 500", measured)
    kept = uvloop.run(stored_count(url)) - stored
    if kept != (0 if name == "echo" else sent):
        raise RuntimeError(f"{name} answered {sent} payments and stored {kept}: its figure would be of work not done")


def _told(rounds: Rounds) -> list[Metric]:
    told = [
        Metric("intake_per_second", _median(rounds, "ours", 64, "per_second"), "payments/s", "-"),
        Metric(
            "intake_p99_ms", statistics.median(one.loaded.quantile_ms(0.99) for one in rounds["ours", 64]), "ms", "-"
        ),
        Metric("batch_per_second", _median(rounds, _BATCHED, 0, "per_second"), "payments/s", "-"),
        Metric("batch_cpu_us", _median(rounds, _BATCHED, 0, "cpu_us"), "us a payment", "-"),
    ]
    for name, in_flight in itertools.product(_CONTESTANTS, _IN_FLIGHT):
        measured = rounds[name, in_flight]
        load = f"{name}_{in_flight}_in_flight"
        told += [
            Metric(f"{load}_per_second", _median(rounds, name, in_flight, "per_second"), "payments/s", "-"),
            Metric(f"{load}_p50_ms", _latency_ms(measured, 0.5), "ms", "-"),
            Metric(f"{load}_p99_ms", _latency_ms(measured, 0.99), "ms", "-"),
            Metric(f"{load}_cpu_us", _median(rounds, name, in_flight, "cpu_us"), "us a payment", "-"),
        ]
    return told


def _judged(rounds: Rounds) -> list[Metric]:
    naive, ours, echo, batched = (rounds[key] for key in (("naive", 64), ("ours", 64), ("echo", 64), (_BATCHED, 0)))
    each, echoed = "SQLAlchemy, a transaction each", "the same server, nothing stored"
    p99 = _ratio([one.loaded.quantile_ms(0.99) for one in ours], [one.loaded.quantile_ms(0.99) for one in naive])
    cpu = _ratio([one.cpu_us for one in ours], [one.cpu_us for one in naive])
    return [
        Metric("intake_ratio_to_naive", _ratio(_rates(ours), _rates(naive)), "ratio", each, 4.5),
        Metric("intake_p99_ratio_to_naive", p99, "ratio", each, 0.4, "at most"),
        Metric("intake_cpu_ratio_to_naive", cpu, "ratio", each, 0.2, "at most"),
        Metric("intake_ratio_to_echo", _ratio(_rates(ours), _rates(echo)), "ratio", echoed, 0.65),
        Metric("batch_ratio_to_unary", _ratio(_rates(batched), _rates(ours)), "ratio", "our single calls", 6),
    ]


def _rates(measured: list[Measured]) -> list[float]:
    return [one.per_second for one in measured]


def _ratio(mine: list[float], rival: list[float]) -> float:
    """The median of the rounds' quotients, for a round has the same minute for all in it."""
    return float(statistics.median(one / other for one, other in zip(mine, rival, strict=True)))


def _median(rounds: Rounds, name: str, in_flight: int, figure: str) -> float:
    return float(statistics.median(getattr(one, figure) for one in rounds[name, in_flight]))


def _latency_ms(measured: list[Measured], share: float) -> float:
    return float(statistics.median(one.loaded.quantile_ms(share) for one in measured))


def _print(what: str, measured: Measured) -> None:
    p50_ms, p99_ms = measured.loaded.quantile_ms(0.5), measured.loaded.quantile_ms(0.99)
    cpu = f"CPU {measured.server_us:,.0f} + {measured.database_us:,.0f} us"
    print(f"  {what}: {measured.per_second:,.0f}/s, p50 {p50_ms:.1f} ms, p99 {p99_ms:.1f} ms, {cpu}", flush=True)


def _numbers() -> Iterator[int]:
    return itertools.count(1)


def _next(numbers: Iterator[int], count: int) -> range:
    first = next(numbers)
    for _ in range(count - 1):
        next(numbers)
    return range(first, first + count)
