"""The door against its rivals, in turns; each ratio is of one round.

ours: HTTP/JSON through our gateway with key, masks, limits, signed audit and one trace in a hundred, to payments.
chain: HTTP/JSON through a plain gateway that makes one gRPC call of each, to the same payments. direct: single gRPC
calls to the same payments, with nobody between.
"""

import itertools
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import uvloop

from benchmarks.gateway import http_load
from benchmarks.gateway.system import Contest, contest, json_body
from benchmarks.metric import Metric
from benchmarks.outbox.database import commit_seconds, number, run_script
from benchmarks.payments import load as grpc_load
from benchmarks.payments.load import Loaded
from benchmarks.payments.unary import DIGITS, UNARY, a_request, cpu_seconds, database_processes, stored_count
from benchmarks.report import is_quick

_ROUNDS = 5
_IN_FLIGHT = (1, 64, 256)
_CONTESTANTS = ("ours", "chain", "direct")
# About two seconds each, by what each reaches.
_COUNTS = {"ours": {1: 700, 64: 12_000, 256: 16_000}}
_COUNTS["chain"] = _COUNTS["direct"] = {1: 700, 64: 6_000, 256: 6_000}
_QUICK_COUNT = 300
_WARM_COUNT = 2_000
# What is promised to customers: so many payments a second, each answered within this time.
_PROMISED_PER_SECOND, _PROMISED_SECONDS = 2_000, 0.5
_AUDITED = "SELECT count(*) FROM audit_record"


@dataclass(frozen=True, slots=True)
class Measured:
    """Calls of one contestant at one load, and CPU of its processes and of the database, in microseconds a payment."""

    loaded: Loaded
    servers_us: float
    database_us: float

    @property
    def per_second(self) -> float:
        """Payments that were taken in in a second."""
        return self.loaded.per_second

    @property
    def cpu_us(self) -> float:
        """Of all."""
        return self.servers_us + self.database_us

    @property
    def kept_per_second(self) -> float:
        """Payments in a second that were answered within the promised time."""
        return sum(latency <= _PROMISED_SECONDS for latency in self.loaded.latencies) / self.loaded.seconds


Rounds = dict[tuple[str, int], list[Measured]]


def measure(payments_url: str, gateway_url: str, folder: Path) -> list[Metric]:
    """The figures, on databases that have the product's tables."""
    rounds: Rounds = defaultdict(list)
    numbers = itertools.count(1)
    print(__doc__)
    for round_no in range(1, 1 + (1 if is_quick() else _ROUNDS)):
        lone_us = uvloop.run(commit_seconds(payments_url)) * 1e6
        print(f"round {round_no}: a lone commit takes {lone_us:,.0f} us", flush=True)
        for name in _CONTESTANTS:
            uvloop.run(run_script(payments_url, "CHECKPOINT"))
            stored, audited = _kept(payments_url, gateway_url)
            with contest(name, payments_url, gateway_url, folder) as serving:
                sent = _contend(serving, payments_url, numbers, rounds)
            now_stored, now_audited = _kept(payments_url, gateway_url)
            written = sent if name == "ours" else 0
            if (now_stored - stored, now_audited - audited) != (sent, written):
                raise RuntimeError(
                    f"{name} answered {sent} payments and kept others: its figure would be of other work"
                )
    return [*_judged(rounds), *_told(rounds)]


def _contend(serving: Contest, url: str, numbers: Iterator[int], rounds: Rounds) -> int:
    warm_count = _QUICK_COUNT if is_quick() else _WARM_COUNT
    uvloop.run(_measured(serving, url, _next(numbers, warm_count), 64))
    sent = warm_count
    for in_flight in _IN_FLIGHT:
        count = _QUICK_COUNT if is_quick() else _COUNTS[serving.name][in_flight]
        sent += count
        measured = uvloop.run(_measured(serving, url, _next(numbers, count), in_flight))
        rounds[serving.name, in_flight].append(measured)
        _print(f"{serving.name}, {in_flight} in flight", measured)
    return sent


async def _measured(serving: Contest, url: str, numbers: range, in_flight: int) -> Measured:
    backends = await database_processes(url)
    before = cpu_seconds(serving.processes), cpu_seconds(backends)
    loaded = await _load(serving, numbers, in_flight)
    after = cpu_seconds(serving.processes), cpu_seconds(backends)
    if loaded.failed_count:
        raise RuntimeError(f"{serving.name} failed {loaded.failed_count} calls: its figure would be of work not done")
    servers_us, database_us = ((b - a) / len(numbers) * 1e6 for a, b in zip(before, after, strict=True))
    return Measured(loaded, servers_us, database_us)


async def _load(serving: Contest, numbers: range, in_flight: int) -> Loaded:
    asked = a_request(DIGITS)
    if serving.name == "direct":
        template = grpc_load.Template(UNARY, asked.SerializeToString(), DIGITS)
        return await grpc_load.load(serving.port, template, numbers, in_flight)
    body = {
        "merchantId": asked.merchant_id,
        "merchantOrderNo": asked.merchant_order_no,
        "billNo": asked.bill_no,
        "channel": asked.channel,
        "channelTxnNo": asked.channel_txn_no,
        "amount": {"currencyCode": asked.amount.currency_code, "amountMinor": str(asked.amount.amount_minor)},
        "payTime": "2026-03-01T12:00:00+08:00",
        "payerName": asked.payer_name,
    }
    headers = {**serving.headers, "idempotency-key": asked.request_id}
    made = http_load.template("/v1/payments", headers, json_body(body), DIGITS)
    return await http_load.load(serving.port, made, numbers, in_flight)


def _judged(rounds: Rounds) -> list[Metric]:
    chain, direct = "HTTP, then one gRPC call each", "single gRPC calls, nobody between"
    rate: Callable[[Measured], float] = lambda one: one.per_second  # noqa: E731  three ratios are of it
    cpu = _ratio(rounds, "chain", 64, lambda one: one.cpu_us)
    kept = statistics.median(one.kept_per_second for one in rounds["ours", 256])
    return [
        Metric("edge_ratio_to_chain_64", _ratio(rounds, "chain", 64, rate), "ratio", chain, 2.5),
        Metric("edge_ratio_to_chain_256", _ratio(rounds, "chain", 256, rate), "ratio", chain, 4),
        Metric("edge_ratio_to_direct", _ratio(rounds, "direct", 64, rate), "ratio", direct, 1.2),
        Metric("edge_cpu_ratio_to_chain", cpu, "ratio", chain, 0.4, "at most"),
        Metric("edge_kept_promise_per_second", kept, "payments/s within 0.5 s", "the promise", _PROMISED_PER_SECOND),
    ]


def _told(rounds: Rounds) -> list[Metric]:
    told = [
        Metric(
            "gateway_payments_per_second", _median(rounds["ours", 64], lambda one: one.per_second), "payments/s", "-"
        ),
        Metric("gateway_p99_ms", _median(rounds["ours", 64], _p99_ms), "ms", "-"),
    ]
    for name, in_flight in itertools.product(_CONTESTANTS, _IN_FLIGHT):
        measured, load = rounds[name, in_flight], f"{name}_{in_flight}_in_flight"
        told += [
            Metric(f"{load}_per_second", _median(measured, lambda one: one.per_second), "payments/s", "-"),
            Metric(f"{load}_p50_ms", _median(measured, lambda one: one.loaded.quantile_ms(0.5)), "ms", "-"),
            Metric(f"{load}_p99_ms", _median(measured, _p99_ms), "ms", "-"),
            Metric(f"{load}_servers_cpu_us", _median(measured, lambda one: one.servers_us), "us a payment", "-"),
            Metric(f"{load}_database_cpu_us", _median(measured, lambda one: one.database_us), "us a payment", "-"),
        ]
    return told


def _ratio(rounds: Rounds, rival: str, in_flight: int, figure: Callable[[Measured], float]) -> float:
    """The median of the rounds' quotients, for a round has the same minute for all in it."""
    pairs = zip(rounds["ours", in_flight], rounds[rival, in_flight], strict=True)
    return float(statistics.median(figure(mine) / figure(other) for mine, other in pairs))


def _median(measured: list[Measured], figure: Callable[[Measured], float]) -> float:
    return float(statistics.median(map(figure, measured)))


def _p99_ms(measured: Measured) -> float:
    return measured.loaded.quantile_ms(0.99)


def _kept(payments_url: str, gateway_url: str) -> tuple[int, int]:
    """How many payments are stored, and how many calls are in the audit."""
    return uvloop.run(stored_count(payments_url)), uvloop.run(number(gateway_url, _AUDITED))


def _print(what: str, measured: Measured) -> None:
    p50_ms, p99_ms = measured.loaded.quantile_ms(0.5), _p99_ms(measured)
    cpu = f"CPU {measured.servers_us:,.0f} + {measured.database_us:,.0f} us"
    print(f"  {what}: {measured.per_second:,.0f}/s, p50 {p50_ms:.1f} ms, p99 {p99_ms:.1f} ms, {cpu}", flush=True)


def _next(numbers: Iterator[int], count: int) -> range:
    first = next(numbers)
    for _ in range(count - 1):
        next(numbers)
    return range(first, first + count)
