"""Rows of either side while they are still numbers, and what a plain payment looks like. It knows no fault.

Numbers of zero mean "there is none". Money is in minor units, times are microseconds UTC, days count from 1970.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from services.reconciler.matching.frames import Kind, LineStatus

Column = npt.NDArray[Any]

CHANNELS = ("WECHAT", "ALIPAY", "UNIONPAY", "BANK", "CITYBANK")
BANK, CITYBANK = 3, 4  # a bank states a number of its own that the books never see; of CITYBANK the last file is late
CURRENCIES = ("CNY", "HKD")
STATES = ("SUCCEEDED", "CREATED", "PROCESSING", "FAILED", "CLOSED", "UNKNOWN")  # of payments
KINDS, STATUSES = tuple(Kind), tuple(LineStatus)
UNSTATED = np.iinfo(np.int64).min  # a fee that a side does not know

FIRST_DAY, DAYS = 20391, 3  # 2025-10-30, and the two days after it: the month ends within
DAY_US, MINUTE_US, SECOND_US = 86_400_000_000, 60_000_000, 1_000_000
UTC_OF_MIDNIGHT_US = -8 * 3_600_000_000  # a day of Asia/Shanghai begins then
ONE_ROW_ONLY, LINES_ONLY = 100, 200  # from here on groups are of rows that have nothing on the other side

DTYPES: dict[str, Any] = {
    "cluster": np.int64, "group": np.int16, "accepts": np.int16, "channel": np.int8, "merchant": np.int32,
    "kind": np.int8, "state": np.int8, "txn": np.uint64, "order": np.uint64, "channel_refund": np.uint64,
    "merchant_refund": np.uint64, "bill": np.uint64, "bill_as_order": np.uint64, "batch": np.uint64,
    "payer": np.uint64, "currency": np.int8, "amount": np.int64, "fee": np.int64, "time": np.int64,
    "day": np.int32, "file": np.int8, "txn_damage": np.int8, "order_damage": np.int8,
}  # fmt: skip


class Rows:
    """Columns of equal length by name; no row is changed in place, a change is another Rows."""

    __slots__ = ("columns",)

    def __init__(self, columns: dict[str, Column]) -> None:
        self.columns = columns

    @classmethod
    def blank(cls, count: int) -> "Rows":
        """Rows in which everything is zero."""
        return cls({name: np.zeros(count, dtype) for name, dtype in DTYPES.items()})

    @classmethod
    def joined(cls, parts: Iterable["Rows"]) -> "Rows":
        """The rows of all parts, in their order."""
        held = [*parts] or [cls.blank(0)]
        return cls({name: np.concatenate([part[name] for part in held]) for name in DTYPES})

    def __len__(self) -> int:
        return len(self.columns["cluster"])

    def __getitem__(self, name: str) -> Column:
        return self.columns[name]

    def take(self, which: Column) -> "Rows":
        """The rows at these places, or where this is true."""
        return Rows({name: column[which] for name, column in self.columns.items()})

    def but(self, **changed: Column | int) -> "Rows":
        """The same rows with some columns changed, each to one value or to one for each row."""
        columns = dict(self.columns)
        for name, value in changed.items():
            columns[name] = np.broadcast_to(np.asarray(value, DTYPES[name]), len(self)).copy()
        return Rows(columns)


class Draw:
    """The randomness and the numbering of one block; equal seeds draw equal blocks."""

    def __init__(self, seed: int, block: int) -> None:
        self.random = np.random.default_rng([seed, block])
        self.typed_as: list[tuple[Column, Column]] = []  # numbers of orders that are one digit apart
        self._next = 1

    def numbers(self, count: int) -> Column:
        """Numbers of this block that nothing else has."""
        first, self._next = self._next, self._next + count
        return np.arange(first, self._next, dtype=np.uint64)

    def at_random(self, count: int, share: float) -> Column:
        """True for this share of rows."""
        found: Column = self.random.random(count) < share
        return found

    @property
    def numbered(self) -> int:
        """How many numbers there are so far."""
        return self._next - 1


def events(draw: Draw, count: int) -> Rows:
    """Plain payments of the books, each a cluster of its own: numbers, payer, bill, amount and time."""
    random, rows = draw.random, Rows.blank(count)
    channel = random.choice(4, count, p=(0.42, 0.33, 0.15, 0.10))
    day = FIRST_DAY + random.integers(DAYS, size=count)
    amount = amounts(draw, count)
    return rows.but(
        cluster=np.arange(count),
        channel=channel,
        merchant=random.zipf(1.4, count) % 5000,
        kind=KINDS.index(Kind.PAYMENT),
        txn=np.where(channel == BANK, 0, draw.numbers(count)),
        order=draw.numbers(count),
        bill=draw.numbers(count),
        payer=draw.numbers(count),
        amount=amount,
        fee=np.where(channel == BANK, 0, (amount * 6 + 500) // 1000),
        time=day * DAY_US + UTC_OF_MIDNIGHT_US + _times_of_day(draw, count),
        day=day,
    )


def amounts(draw: Draw, count: int) -> Column:
    """A third are round and so equal many others; the rest have a long tail."""
    random = draw.random
    round_ones = random.choice([1000, 2000, 3000, 5000, 10000, 15000, 20000, 50000], count)
    tail = np.clip(np.exp(random.normal(9.0, 1.2, count)), 100, 50_000_000).astype(np.int64)
    amount: Column = np.where(draw.at_random(count, 0.35), round_ones, tail).astype(np.int64)
    return amount


def _times_of_day(draw: Draw, count: int) -> Column:
    """Most around 20:00, some at noon, some at any time; none in the last 20 minutes, where a day may still wait."""
    random = draw.random
    hours = np.choose(
        random.choice(3, count, p=(0.45, 0.25, 0.30)),
        [random.normal(20, 1.5, count), random.normal(12, 2, count), random.uniform(0.2, 23.6, count)],
    )
    within = (np.clip(hours, 0.2, 23.6) * 3600).astype(np.int64)
    times: Column = within * SECOND_US + random.integers(SECOND_US, size=count)
    return times


def lines_of(draw: Draw, payments: Rows, skew_seconds: int) -> Rows:
    """The statement line of each payment: later by up to the skew, and at a bank in whole minutes."""
    skew = draw.random.integers(0, skew_seconds * SECOND_US + 1, size=len(payments))
    time, bank = payments["time"] + skew, payments["channel"] >= BANK
    return payments.but(
        state=STATUSES.index(LineStatus.SUCCEEDED),
        txn=np.where(bank, draw.numbers(len(payments)), payments["txn"]),
        fee=np.where(bank, UNSTATED, payments["fee"]),
        time=np.where(bank, time - time % MINUTE_US, time // SECOND_US * SECOND_US),
        bill=0,
    )


def like(draw: Draw, rows: Rows, later_us: Column) -> Rows:
    """Other payments of the same payer and amount, with numbers of their own."""
    count = len(rows)
    return rows.but(
        order=draw.numbers(count),
        txn=np.where(rows["txn"] == 0, 0, draw.numbers(count)),
        bill=draw.numbers(count),
        time=rows["time"] + later_us,
    )


def seconds(draw: Draw, count: int, least: int, most: int) -> Column:
    """Times of that many seconds, in microseconds."""
    found: Column = draw.random.integers(least * SECOND_US, most * SECOND_US + 1, size=count)
    return found
