"""What a rule set decides otherwise than another, on the same rows. It judges neither."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from services.reconciler.matching.frames import Side
from services.reconciler.rules.columns import ID
from services.reconciler.rules.duckdb_engine import Limits, match_files
from services.reconciler.rules.engine import Asked
from services.reconciler.rules.rule_set import RuleSet

PLACE = ("group_id", "rule_id", "disposition", "exception_class")
_RESULT = ("side", "id", *PLACE)


@dataclass(frozen=True, slots=True)
class RowChange:
    """A row that ends in another place; `old` and `new` have the columns of PLACE."""

    side: str
    row_id: str
    currency_code: str
    amount_minor: int
    old: dict[str, str]
    new: dict[str, str]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two rule sets made of the same rows; `old` and `new` are their results, `changes` the first that differ."""

    payment_count: int
    line_count: int
    changed_rows: int
    changes: tuple[RowChange, ...]
    old: pa.Table
    new: pa.Table


def compare(
    rule_sets: tuple[RuleSet, RuleSet],
    payments: Path,
    lines: Path,
    scratch: Path,
    *,
    asked: Asked | None = None,
    keep: int,
    limits: Limits | None = None,
) -> Comparison:
    """Decide the rows of two files by the old and by the new rule set; at most `keep` changes are told one by one.

    Raises FrameInvalid.
    """
    summaries, tables = [], []
    for name, rule_set in zip(("old", "new"), rule_sets, strict=True):
        summaries.append(match_files(rule_set, payments, lines, scratch / name, asked=asked, limits=limits))
        written = pq.read_table(scratch / name / "results.parquet", columns=list(_RESULT))
        # The order of the file is that of the rules which placed the rows, and so another for each rule set.
        tables.append(written.sort_by([("side", "ascending"), ("id", "ascending")]))
    old, new = tables
    differs = _differs(old, new)
    changed = [table.filter(differs) for table in tables]
    was, becomes = (table.slice(0, keep) for table in changed)
    changes = _changes(was, becomes, _money({Side.PAYMENT: payments, Side.LINE: lines}, was))
    return Comparison(summaries[0].payment_count, summaries[0].line_count, len(changed[0]), changes, old, new)


def _differs(old: pa.Table, new: pa.Table) -> pa.ChunkedArray:
    """Both have the same rows in the same order, so that a row is told by where it stands."""
    assert old.select(["side", "id"]).equals(new.select(["side", "id"])), "the same rows were decided by both"
    differs = pc.not_equal(old[PLACE[0]], new[PLACE[0]])
    for name in PLACE[1:]:
        differs = pc.or_(differs, pc.not_equal(old[name], new[name]))
    return differs


def _money(frames: dict[Side, Path], rows: pa.Table) -> dict[tuple[str, str], tuple[str, int]]:
    found: dict[tuple[str, str], tuple[str, int]] = {}
    for side, path in frames.items():
        ids = rows.filter(pc.equal(rows["side"], side.value))["id"]
        if not len(ids):
            continue
        frame = pq.read_table(path, columns=[ID[side], "currency_code", "amount_minor"])
        for row_id, code, minor in _tuples(frame.filter(pc.is_in(frame[ID[side]], ids.combine_chunks()))):
            found[side, row_id] = (code, minor)
    return found


def _changes(old: pa.Table, new: pa.Table, money: dict[tuple[str, str], tuple[str, int]]) -> tuple[RowChange, ...]:
    return tuple(
        RowChange(side, row_id, *money[side, row_id], _place(was), _place(becomes))
        for (side, row_id, *was), (_, _, *becomes) in zip(_tuples(old), _tuples(new), strict=True)
    )


def _place(values: Sequence[str]) -> dict[str, str]:
    return dict(zip(PLACE, values, strict=True))


def _tuples(table: pa.Table) -> list[tuple[Any, ...]]:
    return [*zip(*(column.to_pylist() for column in table.columns), strict=True)]
