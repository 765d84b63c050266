"""Payments, statement lines and their truth, from a seed, in blocks, to any size. It matches nothing.

Ids are scattered and rows are shuffled on each side alone, so that neither order nor number says what belongs together.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from accuracy.matching import texts
from accuracy.matching.catalogue import PLANTS, shares
from accuracy.matching.damage import damaged
from accuracy.matching.rows import (
    CHANNELS,
    CURRENCIES,
    DAYS,
    FIRST_DAY,
    KINDS,
    STATES,
    STATUSES,
    UNSTATED,
    Column,
    Draw,
    Rows,
)
from accuracy.matching.truth import ACCEPTS, TRUTH, Noise
from services.reconciler.matching.frames import LINES, PAYMENTS

_BLOCK = 250_000
_NUMBERS_BITS = 26  # a block has fewer numbers than that
_EPOCH = date(1970, 1, 1)
# Of the other columns nearly every value is there once: a dictionary of them would only cost time.
_FEW_VALUES = [
    *("merchant_id", "channel", "kind", "state", "status", "currency_code", "business_date", "file_id", "class"),
    *("must", "decoy_of", "first_date", "settled_date", "payment_accepts.list.element", "line_accepts.list.element"),
]
_PAYMENT, _LINE, _PAYER, _TXN = 1, 3, 5, 7  # what the keys of scattering differ by


@dataclass(frozen=True, slots=True)
class Data:
    """The files of one set."""

    payments: Path
    lines: Path
    truth: Path


def generate(folder: Path, *, seed: int, size: int, noise: Noise, profile: str = "stress") -> Data:
    """Write a set of `size` clusters; equal arguments write equal rows."""
    folder.mkdir(parents=True, exist_ok=True)
    data = Data(*(folder / f"{name}.parquet" for name in ("payments", "lines", "truth")))
    with ExitStack() as files:
        writers = [
            files.enter_context(pq.ParquetWriter(path, schema, compression="snappy", use_dictionary=_FEW_VALUES))
            for path, schema in zip((data.payments, data.lines, data.truth), (PAYMENTS, LINES, TRUTH), strict=True)
        ]
        for tables in _blocks(seed, size, noise, profile):
            for writer, table in zip(writers, tables, strict=True):
                writer.write_table(table)
    return data


def _blocks(seed: int, size: int, noise: Noise, profile: str) -> Iterator[tuple[pa.Table, pa.Table, pa.Table]]:
    for block in range(-(-size // _BLOCK)):
        yield _Block(seed, block, noise, profile).tables(min(_BLOCK, size - block * _BLOCK))


class _Block:
    def __init__(self, seed: int, block: int, noise: Noise, profile: str) -> None:
        self.seed, self.block, self.noise, self.profile = seed, block, noise, profile
        self.draw = Draw(seed, block)

    def tables(self, count: int) -> tuple[pa.Table, pa.Table, pa.Table]:
        planted = self.draw.random.multinomial(count, shares(self.profile))
        payments, lines = self._planted(planted)
        unknown = ~self.draw.at_random(count, self.noise.payer_share)
        payments, lines = (self._shuffled(_without_payer(rows, unknown)) for rows in (payments, lines))
        order = self.draw.random.permutation(self.draw.numbered + 1)
        self.order = _one_digit_apart(order, self.draw.typed_as).astype(np.uint64)
        payment_ids, line_ids = self._ids(len(payments), _PAYMENT), self._ids(len(lines), _LINE)
        return (
            self._payment_table(payments, payment_ids),
            self._line_table(lines, line_ids),
            self._truth_table(np.repeat(np.arange(len(PLANTS)), planted), payments, payment_ids, lines, line_ids),
        )

    def _planted(self, planted: Column) -> tuple[Rows, Rows]:
        sides: tuple[list[Rows], list[Rows]] = ([], [])
        first = 0
        for plant, count in zip(PLANTS, planted.tolist(), strict=True):
            if count:
                both = plant.build(self.draw, count, self.noise.skew_seconds)
                for side, rows in zip(sides, both, strict=True):
                    side.append(rows.but(cluster=rows["cluster"] + first))
            first += count
        return Rows.joined(sides[0]), Rows.joined(sides[1])

    def _shuffled(self, rows: Rows) -> Rows:
        return rows.take(self.draw.random.permutation(len(rows)))

    def _ids(self, count: int, key: int) -> pa.Array:
        numbers = np.arange(count, dtype=np.uint64) + np.uint64(self.block << 32)
        return texts.hexadecimal([texts.scattered(numbers, self._key(key + part), 64) for part in range(2)])

    def _key(self, what: int) -> int:
        return (self.seed + 1) * 0xD1342543DE82EF95 + what * 0x2545F4914F6CDD1D

    def _payment_table(self, rows: Rows, ids: pa.Array) -> pa.Table:
        columns = {
            "payment_id": ids,
            "merchant_id": texts.decimal([(_const(rows, 88), 2), (rows["merchant"].astype(np.uint64), 8)], _all(rows)),
            "state": texts.chosen(STATES, rows["state"]),
            "bill_no": self._bill(rows["bill"]),
            "pay_time_us": pa.array(rows["time"]),
            **self._shared(rows),
        }
        return pa.table([columns[name] for name in PAYMENTS.names], schema=PAYMENTS)

    def _line_table(self, rows: Rows, ids: pa.Array) -> pa.Table:
        files = np.stack([rows["channel"], rows["day"], rows["file"]])
        columns = {
            "line_id": ids,
            "file_id": texts.decimal([(column.astype(np.uint64), 5) for column in files], _all(rows)),
            "line_no": pa.array(_places(files) + self.block * 4 * _BLOCK + 1),
            "status": texts.chosen(STATUSES, rows["state"]),
            "book_time_us": pa.array(rows["time"]),
            **self._shared(rows),
        }
        return pa.table([columns[name] for name in LINES.names], schema=LINES)

    def _shared(self, rows: Rows) -> dict[str, pa.Array]:
        return {
            "channel": texts.chosen(CHANNELS, rows["channel"]),
            "kind": texts.chosen(KINDS, rows["kind"]),
            "channel_txn_no": damaged(self._txn(rows), rows["txn_damage"], self.draw.random),
            "merchant_order_no": damaged(self._order(rows), rows["order_damage"], self.draw.random),
            "channel_refund_no": self._scattered(rows["channel_refund"], 5030),
            "merchant_refund_no": self._scattered(rows["merchant_refund"], 7700),
            "batch_no": self._scattered(rows["batch"], 8800),
            "payer": self._payer(rows["payer"]),
            "currency_code": texts.chosen(CURRENCIES, rows["currency"]),
            "amount_minor": pa.array(rows["amount"]),
            "fee_minor": pa.array(rows["fee"], mask=rows["fee"] == UNSTATED),
            "business_date": _dates(rows["day"]),
        }

    def _txn(self, rows: Rows) -> pa.Array:
        return self._scattered(rows["txn"], 4200)

    def _order(self, rows: Rows) -> pa.Array:
        """Ours are dense: nearly every number next to one is somebody else's."""
        serial = self.order[rows["order"].astype(np.int64)] + np.uint64(self.block << _NUMBERS_BITS)
        digits = texts.decimal([(_const(rows, 20251101), 8), (serial, 10)], rows["order"] > 0)
        ours = _prefixed("BH", digits)
        bills = self._bill(rows["bill_as_order"])
        return pc.if_else(pa.array(rows["bill_as_order"] > 0), bills, ours)

    def _bill(self, numbers: Column) -> pa.Array:
        return self._scattered(numbers, 6000)

    def _scattered(self, numbers: Column, prefix: int) -> pa.Array:
        whole = numbers + np.uint64(self.block << _NUMBERS_BITS)
        digits = texts.scattered(whole, self._key(_TXN + prefix), 52)
        parts = [(np.full(len(numbers), prefix, np.uint64), 4), (np.full(len(numbers), 20251101, np.uint64), 8)]
        return texts.decimal([*parts, (digits, 16)], numbers > 0)

    def _payer(self, numbers: Column) -> pa.Array:
        whole = numbers + np.uint64(self.block << _NUMBERS_BITS)
        names = texts.hexadecimal([texts.scattered(whole, self._key(_PAYER), 64)])
        return pc.if_else(pa.array(numbers > 0), names, "")

    def _truth_table(
        self, plants: Column, payments: Rows, payment_ids: pa.Array, lines: Rows, line_ids: pa.Array
    ) -> pa.Table:
        count = len(plants)
        first, settled = _span(count, payments, lines)
        columns = {
            "cluster": pa.array(np.arange(count) + self.block * _BLOCK),
            "class": texts.chosen(tuple(plant.name for plant in PLANTS), plants),
            "must": texts.chosen(tuple(plant.must for plant in PLANTS), plants),
            "decoy_of": texts.chosen(tuple(plant.decoy_of for plant in PLANTS), plants),
            **{
                name: pa.array(np.array([getattr(plant, name) for plant in PLANTS])[plants])
                for name in ("identified", "ambiguous", "twin", "postable")
            },
            "first_date": first,
            "settled_date": settled,
            "money_effect_minor": pa.array(_effect(count, payments, lines)),
            **_lists("payment", count, payments, payment_ids),
            **_lists("line", count, lines, line_ids),
        }
        return pa.table([columns[name] for name in TRUTH.names], schema=TRUTH)


def _one_digit_apart(order: Column, pairs: list[tuple[Column, Column]]) -> Column:
    """Serials in which those of each pair differ in the last digit only: the second gets it from whoever has it."""
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    for one, other in ((int(one), int(other)) for pair in pairs for one, other in zip(*pair, strict=True)):
        wanted = int(order[one]) ^ 1
        if wanted < len(order):
            holder = int(place[wanted])
            order[holder], order[other] = order[other], wanted
            place[order[holder]], place[wanted] = holder, other
    return order


def _lists(side: str, count: int, rows: Rows, ids: pa.Array) -> dict[str, pa.Array]:
    order = np.argsort(rows["cluster"], kind="stable")
    ends = np.cumsum(np.bincount(rows["cluster"], minlength=count))
    offsets = pa.array(np.concatenate([[0], ends]).astype(np.int32))
    values = {
        "ids": ids.take(pa.array(order)),
        "groups": pa.array(rows["group"][order]),
        "accepts": texts.chosen(ACCEPTS, rows["accepts"][order]),
    }
    return {f"{side}_{name}": pa.ListArray.from_arrays(offsets, array) for name, array in values.items()}


def _span(count: int, *sides: Rows) -> tuple[pa.Array, pa.Array]:
    first, last = np.full(count, 2**30), np.zeros(count, dtype=np.int64)
    for rows in sides:
        np.minimum.at(first, rows["cluster"], rows["day"])
        np.maximum.at(last, rows["cluster"], rows["day"])
    return _dates(first), _dates(last)


def _dates(days: Column) -> pa.Array:
    words = tuple((_EPOCH + timedelta(days=FIRST_DAY + day)).isoformat() for day in range(DAYS))
    return texts.chosen(words, days - FIRST_DAY)


def _effect(count: int, payments: Rows, lines: Rows) -> Column:
    """Money that the channel has, less money that the books have."""
    effect = np.zeros(count, dtype=np.int64)
    np.add.at(effect, lines["cluster"], np.where(lines["state"] == 0, lines["amount"], 0))
    np.subtract.at(effect, payments["cluster"], np.where(payments["state"] == 0, payments["amount"], 0))
    return effect


def _places(files: Column) -> Column:
    """Where each row stands among those of its file."""
    order = np.lexsort(files)
    ordered = files[:, order]
    starts = np.flatnonzero(np.append(True, (ordered[:, 1:] != ordered[:, :-1]).any(axis=0)))
    places = np.empty(files.shape[1], dtype=np.int64)
    places[order] = np.arange(files.shape[1]) - np.repeat(starts, np.diff(np.append(starts, files.shape[1])))
    return places


def _without_payer(rows: Rows, unknown: Column) -> Rows:
    return rows.but(payer=np.where(unknown[rows["cluster"]], 0, rows["payer"]))


def _prefixed(prefix: str, digits: pa.Array) -> pa.Array:
    there = pc.not_equal(digits, "")
    return pc.if_else(there, pc.binary_join_element_wise(prefix, digits, ""), "")


def _const(rows: Rows, value: int) -> Column:
    return np.full(len(rows), value, np.uint64)


def _all(rows: Rows) -> Column:
    return np.ones(len(rows), dtype=np.bool_)
