"""What must not matter does not: the day, the names of channels, ids, the order of rows and how files are cut."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accuracy.matching.generate import generate
from accuracy.matching.truth import NOISES
from services.reconciler.rules.duckdb_engine import match_files
from services.reconciler.rules.rule_files import load_rule_set

Row = dict[str, Any]
Change = Callable[[list[Row]], list[Row]]
DAY_US = 86_400_000_000
KEY = {"payments": "payment_id", "lines": "line_id"}
TOLD = ("rule_id", "disposition", "exception_class")


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    numbers, base = count(), tmp_path_factory.mktemp("changed")
    return lambda: base / str(next(numbers))


def _days_later(days: int) -> Change:
    def moved(row: Row) -> Row:
        time = "pay_time_us" if "pay_time_us" in row else "book_time_us"
        day = date.fromisoformat(row["business_date"]) + timedelta(days=days)
        return row | {time: row[time] + days * DAY_US, "business_date": day.isoformat()}

    return lambda rows: [moved(row) for row in rows]


def _renamed_channels(rows: list[Row]) -> list[Row]:
    return [row | {"channel": row["channel"][::-1].lower()} for row in rows]


def _other_ids(draw: random.Random) -> Change:
    def renamed(rows: list[Row]) -> list[Row]:
        key = "payment_id" if "payment_id" in rows[0] else "line_id"
        return [row | {key: f"{draw.getrandbits(64):016x}"} for row in rows]

    return renamed


def _groups(folder: Path, frames: dict[str, list[Row]], rows_a_chunk: int) -> Counter[Any]:
    """What became of the rows, each named by its place in the frames as they were made."""
    paths, name_of = {}, {}
    for name, rows in frames.items():
        schema = pq.read_schema(folder.parent / "made" / f"{name}.parquet")
        folder.mkdir(exist_ok=True)
        paths[name] = folder / f"{name}.parquet"
        told = [{field: value for field, value in row.items() if field != "at"} for row in rows]
        pq.write_table(schema.empty_table().from_pylist(told, schema), paths[name], row_group_size=rows_a_chunk)
        name_of |= {(name[0].upper(), row[KEY[name]]): (name, row["at"]) for row in rows}
    match_files(load_rule_set(), paths["payments"], paths["lines"], folder / "out")
    groups: dict[str, set[Any]] = {}
    for row in pq.read_table(folder / "out" / "results.parquet").to_pylist():
        member = (name_of[row["side"], row["id"]], *(row[name] for name in TOLD))
        groups.setdefault(row["group_id"], set()).add(member)
    return Counter(frozenset(group) for group in groups.values())


@settings(max_examples=3, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(1, 10_000), days=st.integers(-400, 400), chunk=st.integers(3, 60))
def test_equal_rows_on_another_day_under_other_names_in_another_order_are_the_same_groups(
    fresh: Callable[[], Path], seed: int, days: int, chunk: int
) -> None:
    folder, draw = fresh(), random.Random(seed)
    data = generate(folder / "made", seed=seed, size=250, noise=NOISES["half"])
    frames = {
        name: [row | {"at": at} for at, row in enumerate(pq.read_table(path).to_pylist())]
        for name, path in (("payments", data.payments), ("lines", data.lines))
    }

    straight = _groups(folder / "straight", frames, 1000)
    changes: list[Change] = [_days_later(days), _renamed_channels, _other_ids(draw)]
    for change in changes:
        frames = {name: change(rows) for name, rows in frames.items()}
    mixed = {name: draw.sample(rows, len(rows)) for name, rows in frames.items()}

    assert _groups(folder / "changed", mixed, chunk) == straight
    assert len({rule for group in straight for _, rule, *_ in group}) > 10, "the frames try little"
