"""The exact-key matching of one day, against a bare join of the same rows: the least that any matcher does."""

import random
import statistics
import time
from collections.abc import Callable
from datetime import UTC, date, datetime

from benchmarks.metric import Metric
from chassis.money import Money
from services.reconciler.domain.line import LineKind
from services.reconciler.domain.match import match_exact
from services.reconciler.domain.outcome import LoadedLine
from services.reconciler.domain.payment import MirroredPayment

DAY = date(2026, 3, 1)
AT = datetime(2026, 3, 1, 4, tzinfo=UTC)


def measure(*, quick: bool) -> list[Metric]:
    """Rows a second, and the share of the bare join's speed; both sides in turns in one run."""
    count, rounds = (2_000, 1) if quick else (100_000, 5)
    payments, lines = _day(count)
    ours, bare = [], []
    for _ in range(rounds):
        ours.append(_seconds(lambda: match_exact(DAY, payments, lines)))
        bare.append(_seconds(lambda: _bare_join(payments, lines)))
    ratio = statistics.median(b / o for o, b in zip(ours, bare, strict=True))
    return [
        Metric("match_rows_per_second", count / statistics.median(ours), "rows/s", "-"),
        Metric("match_ratio_to_bare_join", ratio, "ratio", "a dict join on channel_txn_no"),
    ]


def _day(count: int) -> tuple[list[MirroredPayment], list[LoadedLine]]:
    rng = random.Random(1)
    payments, lines = [], []
    for number in range(count):
        amount = Money("CNY", rng.randint(1, 100_000))
        payments.append(
            MirroredPayment(
                payment_id=f"pay_{number:032x}",
                merchant_id="m",
                merchant_order_no=f"O{number}",
                bill_no="",
                channel="wechat_pay",
                channel_txn_no=f"T{number}",
                amount=amount,
                pay_time=AT,
                business_date=DAY,
                version=1,
                traceparent="",
            )
        )
        lines.append(
            LoadedLine(
                statement_id="st_1",
                file_sha256="0" * 64,
                statement_no=1,
                line_no=number + 2,
                kind=LineKind.PAYMENT,
                channel_txn_no=f"T{number}",
                merchant_order_no=f"O{number}",
                channel_refund_no="",
                merchant_refund_no="",
                amount=amount,
            )
        )
    rng.shuffle(lines)
    return payments, lines


def _bare_join(payments: list[MirroredPayment], lines: list[LoadedLine]) -> int:
    by_txn = {payment.channel_txn_no: payment for payment in payments}
    return sum(by_txn[line.channel_txn_no].amount == line.amount for line in lines)


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
