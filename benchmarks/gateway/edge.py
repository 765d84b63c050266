"""The door against its rivals, in turns; each ratio is of one round.

ours: HTTP/JSON through our gateway with key, masks, limits, signed audit and one trace in a hundred, to payments.
chain: HTTP/JSON through a plain gateway that makes one gRPC call of each, to the same payments. Both are called by wrk.
direct: single gRPC calls to the same payments, with nobody between, by a client in Python; it is held against ours by a
client of that kind, for what a client costs, the servers have less.
"""

import itertools
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import uvloop
from bihuan.payments.v1.payment_service_pb2 import RecordPaymentRequest

from benchmarks.gateway import http_load, wrk
from benchmarks.gateway.counted import Counted, counted
from benchmarks.gateway.system import Contest, contest, json_body
from benchmarks.metric import Metric
from benchmarks.outbox.database import commit_seconds, number, run_script
from benchmarks.payments import load as grpc_load
from benchmarks.payments.unary import DIGITS, UNARY, a_request, cpu_seconds, database_processes, stored_count
from benchmarks.report import is_quick

_ROUNDS = 5
_IN_FLIGHT = (1, 64, 256)
_CONTESTANTS = ("ours", "chain", "direct")
_PYTHON = "ours_by_python"
_SECONDS = 2
# About two seconds of each, of the clients that are told how many and not how long.
_COUNTS = {("direct", 1): 700, ("direct", 64): 6_000, ("direct", 256): 6_000, (_PYTHON, 64): 9_000}
_QUICK_COUNT = 300
# No load has as many requests, so that none takes another's numbers.
_NUMBERS_A_LOAD = 1_000_000
# What is promised to customers: so many payments a second, each answered within this time.
_PROMISED_PER_SECOND, _PROMISED_SECONDS = 2_000, 0.5
_AUDITED = "SELECT count(*) FROM audit_record"


@dataclass(frozen=True, slots=True)
class Measured:
    """Calls of one contestant at one load, and CPU of its processes and of the database, in microseconds a payment."""

    loaded: Counted
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


Load = tuple[str, int]
Rounds = dict[Load, list[Measured]]


def measure(payments_url: str, gateway_url: str, folder: Path) -> list[Metric]:
    """The figures, on databases that have the product's tables."""
    rounds: Rounds = defaultdict(list)
    first_numbers = itertools.count(1, _NUMBERS_A_LOAD)
    print(__doc__)
    for round_no in range(1, 1 + (1 if is_quick() else _ROUNDS)):
        lone_us = uvloop.run(commit_seconds(payments_url)) * 1e6
        print(f"round {round_no}: a lone commit takes {lone_us:,.0f} us", flush=True)
        for name in _CONTESTANTS:
            uvloop.run(run_script(payments_url, "CHECKPOINT"))
            stored, audited = _kept(payments_url, gateway_url)
            with contest(name, payments_url, gateway_url, folder) as serving:
                answered, sent = _contend(serving, payments_url, first_numbers, rounds)
            now_stored, now_audited = _kept(payments_url, gateway_url)
            stored, audited = now_stored - stored, now_audited - audited
            if not answered <= stored <= sent or audited != (stored if name == "ours" else 0):
                raise RuntimeError(
                    f"{name} answered {answered} of {sent} payments, kept {stored} and wrote down {audited}: "
                    "its figure would be of other work"
                )
    return [*_judged(rounds), *_told(rounds)]


def _contend(serving: Contest, url: str, first_numbers: Iterator[int], rounds: Rounds) -> tuple[int, int]:
    """How many were answered and how many sent: more, for when its time is over wrk waits for no answer."""
    loads = [(serving.name, in_flight) for in_flight in _IN_FLIGHT]
    loads += [(_PYTHON, 64)] if serving.name == "ours" else []
    answered_count = sent_count = 0
    for place, (name, in_flight) in enumerate([(serving.name, 64), *loads]):
        measured = uvloop.run(_measured(serving, url, name, next(first_numbers), in_flight))
        answered_count += measured.loaded.answered_count
        sent_count += measured.loaded.sent_count
        if place > 0:  # the first warms up
            rounds[name, in_flight].append(measured)
            _print(f"{name}, {in_flight} in flight", measured)
    return answered_count, sent_count


async def _measured(serving: Contest, url: str, name: str, first_number: int, in_flight: int) -> Measured:
    backends = await database_processes(url)
    before = cpu_seconds(serving.processes), cpu_seconds(backends)
    loaded = await _load(serving, name, first_number, in_flight)
    after = cpu_seconds(serving.processes), cpu_seconds(backends)
    if loaded.failed_count:
        raise RuntimeError(f"{name} failed {loaded.failed_count} calls: its figure would be of work not done")
    assert loaded.sent_count <= _NUMBERS_A_LOAD, "the next load would repeat its payments"
    servers_us, database_us = ((b - a) / loaded.answered_count * 1e6 for a, b in zip(before, after, strict=True))
    return Measured(loaded, servers_us, database_us)


async def _load(serving: Contest, name: str, first_number: int, in_flight: int) -> Counted:
    asked = a_request(DIGITS)
    count = _QUICK_COUNT if is_quick() else _COUNTS.get((name, in_flight), 0)
    numbers = range(first_number, first_number + count)
    if name == "direct":
        template = grpc_load.Template(UNARY, asked.SerializeToString(), DIGITS)
        return counted(await grpc_load.load(serving.port, template, numbers, in_flight))
    headers = {**serving.headers, "idempotency-key": asked.request_id}
    made = http_load.template("/v1/payments", headers, _body(asked), DIGITS)
    if name == _PYTHON:
        return counted(await http_load.load(serving.port, made, numbers, in_flight))
    return await wrk.load(serving.port, made, first_number, in_flight, 1 if is_quick() else _SECONDS)


def _body(asked: RecordPaymentRequest) -> bytes:
    return json_body(
        {
            "merchantId": asked.merchant_id,
            "merchantOrderNo": asked.merchant_order_no,
            "billNo": asked.bill_no,
            "channel": asked.channel,
            "channelTxnNo": asked.channel_txn_no,
            "amount": {"currencyCode": asked.amount.currency_code, "amountMinor": str(asked.amount.amount_minor)},
            "payTime": "2026-03-01T12:00:00+08:00",
            "payerName": asked.payer_name,
        }
    )


def _judged(rounds: Rounds) -> list[Metric]:
    chain, direct = "HTTP, then one gRPC call each", "single gRPC calls, nobody between"
    rate: Callable[[Measured], float] = lambda one: one.per_second  # noqa: E731  three ratios are of it
    cpu = _ratio(rounds, ("ours", 64), ("chain", 64), lambda one: one.cpu_us)
    kept = statistics.median(one.loaded.per_second_within(_PROMISED_SECONDS) for one in rounds["ours", 256])
    return [
        Metric("edge_ratio_to_chain_64", _ratio(rounds, ("ours", 64), ("chain", 64), rate), "ratio", chain, 2.5),
        Metric("edge_ratio_to_chain_256", _ratio(rounds, ("ours", 256), ("chain", 256), rate), "ratio", chain, 4),
        Metric("edge_ratio_to_direct", _ratio(rounds, (_PYTHON, 64), ("direct", 64), rate), "ratio", direct, 1.2),
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
    for name, in_flight in [*itertools.product(_CONTESTANTS, _IN_FLIGHT), (_PYTHON, 64)]:
        measured, load = rounds[name, in_flight], f"{name}_{in_flight}_in_flight"
        told += [
            Metric(f"{load}_per_second", _median(measured, lambda one: one.per_second), "payments/s", "-"),
            Metric(f"{load}_p50_ms", _median(measured, lambda one: one.loaded.quantile_ms(0.5)), "ms", "-"),
            Metric(f"{load}_p99_ms", _median(measured, _p99_ms), "ms", "-"),
            Metric(f"{load}_servers_cpu_us", _median(measured, lambda one: one.servers_us), "us a payment", "-"),
            Metric(f"{load}_database_cpu_us", _median(measured, lambda one: one.database_us), "us a payment", "-"),
        ]
    return told


def _ratio(rounds: Rounds, ours: Load, rival: Load, figure: Callable[[Measured], float]) -> float:
    """The median of the rounds' quotients, for a round has the same minute for all in it."""
    pairs = zip(rounds[ours], rounds[rival], strict=True)
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
