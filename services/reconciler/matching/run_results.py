"""From an engine's results to what a run writes: the rows that are the run's, their digest and totals, its exceptions.

It writes files for COPY and touches no database. Rows that are not of the day are the run's only with a counterpart.
"""

# ruff: noqa: S608  # SQL of our own names

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]

from services.reconciler.domain.exception_class import ExceptionClass
from services.reconciler.matching.frames import Disposition
from services.reconciler.matching.run_frames import LINES_PARQUET, PAID_BEFORE_PARQUET, PAYMENTS_PARQUET
from services.reconciler.rules.digest import Digest, even
from services.reconciler.rules.results import TOLD
from services.reconciler.rules.rule_set import Again

RESULTS_CSV, EXCEPTIONS_CSV = "results.csv", "exceptions.csv"
RESULT_COLUMNS = (
    *("run_id", "side", "id", "group_id", "rule_id", "stage", "disposition", "exception_class", "runner_up_id"),
    *("margin", "reason", "currency_code", "amount_minor", "business_date", "beside"),
)
NULL = "\\N"
_BATCH_ROWS = 200_000

_INPUTS = """
CREATE VIEW inputs AS
SELECT 'P' AS side, payment_id AS id, part, currency_code, amount_minor, business_date FROM payments
UNION ALL SELECT 'L', line_id, part, currency_code, amount_minor, business_date FROM lines
"""
_KEPT = """
CREATE TABLE kept AS
SELECT r.*, i.currency_code, i.amount_minor, i.business_date, i.part <> 'OWN' AS beside
FROM results AS r JOIN inputs AS i ON i.side = r.side AND i.id = r.id
WHERE i.part <> 'BESIDE' OR r.group_id IN (SELECT group_id FROM results WHERE side = 'L')
"""
# What an `again` rule says of two groups of a run, of one whose first was paid on another channel or day.
_PAID_AGAIN = """
UPDATE kept SET disposition = 'EXCEPTION', exception_class = again.exception_class, rule_id = again.rule_id,
    runner_up_id = again.first_id
FROM (
    SELECT k.group_id, min_by(b.rule_id, b.payment_id) AS rule_id, min_by(b.first_id, b.payment_id) AS first_id,
        min_by(c.exception_class, b.payment_id) AS exception_class
    FROM paid_before AS b JOIN classes AS c ON c.rule_id = b.rule_id
    JOIN kept AS k ON k.side = 'P' AND k.id = b.payment_id GROUP BY k.group_id
) AS again
WHERE kept.group_id = again.group_id AND kept.disposition IN ('MATCHED', 'SUGGESTED')
"""


class Place(NamedTuple):
    """How many rows of a side, a currency and a class have a disposition, and their money in minor units."""

    side: str
    disposition: str
    exception_class: str
    currency_code: str
    row_count: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class RunTotals:
    """What came out, as `runs.totals` keeps it, the digest of it, and the rows and money by place, to check against."""

    totals: dict[str, Any]
    digest: bytes
    places: tuple[Place, ...]


class RunResults:
    """The results of one engine's run in a folder, with the frames that they came from."""

    def __init__(self, engine: duckdb.DuckDBPyConnection) -> None:
        self._engine = engine

    @classmethod
    @contextmanager
    def opened(cls, folder: Path, memory_mib: int, threads: int) -> Iterator["RunResults"]:
        """Read what stands in the folder, within a cap of memory."""
        config: dict[str, Any] = {
            "memory_limit": f"{memory_mib}MiB",
            "threads": threads,
            "temp_directory": str(folder / "spill"),
        }
        with duckdb.connect(":memory:", config=config) as engine:
            for name, file in (
                ("payments", PAYMENTS_PARQUET),
                ("lines", LINES_PARQUET),
                ("results", "results.parquet"),
                ("paid_before", PAID_BEFORE_PARQUET),
            ):
                engine.execute(
                    f"CREATE VIEW {name} AS SELECT * FROM read_parquet(?)".replace("?", f"'{folder / file}'")
                )
            engine.execute(_INPUTS)
            engine.execute(_KEPT)
            yield cls(engine)

    def name_paid_again(self, rules: Iterable[Again]) -> None:
        """Let what pays again for what was paid elsewhere be in exception, as these rules name it."""
        classes = [(rule.id, rule.exception_class) for rule in rules]
        if classes:
            self._engine.execute("CREATE TABLE classes (rule_id TEXT, exception_class TEXT)")
            self._engine.executemany("INSERT INTO classes VALUES (?, ?)", classes)
            self._engine.execute(_PAID_AGAIN)

    def write(self, run_id: str, path: Path) -> None:
        """The rows for COPY, in the order of their key."""
        self._engine.execute(
            f"""COPY (
                SELECT '{run_id}' AS run_id, side, id, group_id, rule_id, stage, disposition, exception_class,
                    runner_up_id, margin, reason, currency_code, amount_minor, business_date, beside
                FROM kept ORDER BY side, id
            ) TO '{path}' (FORMAT csv, HEADER false, NULLSTR '{NULL}')"""
        )

    def totals(self) -> RunTotals:
        """Counts, money and digest."""
        sha = Digest(*TOLD)
        ordered = self._engine.sql(f"SELECT {', '.join(TOLD)} FROM kept ORDER BY side, id")
        for batch in even(ordered.to_arrow_reader(_BATCH_ROWS)):
            sha.add(batch)
        counted = self._engine.sql(
            """SELECT side, disposition, exception_class, currency_code, COUNT(*), CAST(SUM(amount_minor) AS BIGINT)
            FROM kept GROUP BY ALL"""
        ).fetchall()
        places = sorted(Place(*row) for row in counted)
        return RunTotals(_totals(places, self._groups()), bytes.fromhex(sha.text()), tuple(places))

    def exceptions(self) -> Iterator[tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]]:
        """Group by group the rows that are in exception, the payments among them, and the lines."""
        rows = self._engine.sql(
            "SELECT * FROM kept WHERE disposition = 'EXCEPTION' ORDER BY group_id, exception_class, side, id"
        ).to_arrow_table()
        told = {"P": self._told("payments", "payment_id"), "L": self._told("lines", "line_id")}
        for group in _grouped(rows):
            sides = {side: [told[side][row["id"]] for row in group if row["side"] == side] for side in told}
            yield group, sides["P"], sides["L"]

    def _told(self, table: str, own_id: str) -> dict[str, dict[str, Any]]:
        wanted = f"SELECT * FROM {table} WHERE {own_id} IN (SELECT id FROM kept WHERE disposition = 'EXCEPTION')"
        return {row[own_id]: row for row in self._engine.sql(wanted).to_arrow_table().to_pylist()}

    def _groups(self) -> list[tuple[str, str, int]]:
        return self._engine.sql(
            """SELECT disposition, exception_class, COUNT(DISTINCT group_id) FROM kept GROUP BY ALL"""
        ).fetchall()


def _grouped(rows: pa.Table) -> Iterator[list[dict[str, Any]]]:
    group: list[dict[str, Any]] = []
    for batch in rows.to_batches(max_chunksize=10_000):
        for row in batch.to_pylist():
            if group and (row["group_id"], row["exception_class"]) != (
                group[0]["group_id"],
                group[0]["exception_class"],
            ):
                yield group
                group = []
            group.append(row)
    if group:
        yield group


def _totals(places: Sequence[Place], groups: list[tuple[str, str, int]]) -> dict[str, Any]:
    matched = [place for place in places if place.disposition == Disposition.MATCHED]
    in_exception = [place for place in places if place.disposition == Disposition.EXCEPTION]
    found = {place.exception_class for place in in_exception}
    return {
        **_sides(places),
        "matched_count": sum(count for disposition, _, count in groups if disposition == Disposition.MATCHED),
        "matched_sums": _sums(matched, "P"),
        "cross_day_count": sum(n for place, name, n in groups if (place, name) == (Disposition.MATCHED, "CROSS_DAY")),
        "exceptions": [
            _class_total(name, [place for place in in_exception if place.exception_class == name], groups)
            for name in ExceptionClass
            if name in found
        ],
        "dispositions": [
            {
                "disposition": disposition.value,
                "group_count": sum(count for name, _, count in groups if name == disposition),
                **_sides(placed),
            }
            for disposition in Disposition
            if (placed := [place for place in places if place.disposition == disposition])
        ],
    }


def _class_total(name: ExceptionClass, places: Sequence[Place], groups: list[tuple[str, str, int]]) -> dict[str, Any]:
    return {
        "exception_class": name.value,
        "exception_count": sum(n for place, of, n in groups if (place, of) == (Disposition.EXCEPTION, name)),
        "book_sums": _sums(places, "P"),
        "channel_sums": _sums(places, "L"),
        "payment_count": _count(places, "P"),
        "line_count": _count(places, "L"),
    }


def _sides(places: Sequence[Place]) -> dict[str, Any]:
    return {
        "payment_count": _count(places, "P"),
        "payment_sums": _sums(places, "P"),
        "line_count": _count(places, "L"),
        "line_sums": _sums(places, "L"),
    }


def _count(places: Sequence[Place], side: str) -> int:
    return sum(place.row_count for place in places if place.side == side)


def _sums(places: Sequence[Place], side: str) -> dict[str, int]:
    sums: dict[str, int] = {}
    for place in places:
        if place.side == side:
            sums[place.currency_code] = sums.get(place.currency_code, 0) + place.amount_minor
    return dict(sorted(sums.items()))
