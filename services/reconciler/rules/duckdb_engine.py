"""Runs a plan in an embedded DuckDB, from Parquet to Parquet, within a cap of memory. It decides nothing."""

# ruff: noqa: S608  # SQL of our own names

import hashlib
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from services.reconciler.matching.frames import AMOUNT_MINOR_MAX, LINES, PAYMENTS, RESULTS, Side
from services.reconciler.matching.normalise import business_days, normal_references
from services.reconciler.rules import columns
from services.reconciler.rules import fragments as sql
from services.reconciler.rules.compile import bulk_says, compile_rule_set
from services.reconciler.rules.decide import decide_near, decide_sum_rows
from services.reconciler.rules.dialect import Dialect
from services.reconciler.rules.plan import Decide, DecideSums, Derive, Plan, Statement
from services.reconciler.rules.rule_set import RuleSet

ENGINE = f"duckdb {duckdb.__version__}"
_SCHEMA = {Side.PAYMENT: PAYMENTS, Side.LINE: LINES}
_BATCH_ROWS = 200_000


class FrameInvalid(Exception):
    """An input is not the frame that is asked for; the message says what of it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run may use of its machine."""

    memory_mib: int = 1024
    threads: int = 2


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run decided, in numbers; equal digests mean equal results, row by row."""

    payment_count: int
    line_count: int
    digest: str
    rule_set_hash: str
    engine: str
    totals: tuple[dict[str, Any], ...]  # rows and sums by side, disposition, class, currency


def match_files(
    rule_set: RuleSet,
    payments: Path,
    lines: Path,
    out: Path,
    *,
    as_of: datetime | None = None,
    limits: Limits | None = None,
) -> Summary:
    """Match two Parquet files by a rule set; writes results.parquet, candidates, plan and summary into `out`.

    `as_of` is the moment for which it is asked, aware; without it every statement that is here counts as closed.
    Raises FrameInvalid before anything is written. The files of `out` are put in place when all of them stand.
    """
    plan, inputs = compile_rule_set(rule_set), {Side.PAYMENT: payments, Side.LINE: lines}
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix=".run-") as name:
        scratch = Path(name)
        with _connect(scratch, inputs, limits or Limits()) as engine:
            for side, path in inputs.items():
                _open(engine, side, path)
            run_plan(engine, plan, as_of)
            digest = _write(engine, plan, scratch / "results.parquet")
            summary = _summary(engine, rule_set, digest)
        (scratch / "plan.sql").write_text(plan.text(Dialect.DUCKDB), "utf-8")
        (scratch / "summary.json").write_text(_as_json(summary, rule_set), "utf-8")
        for written in ("results.parquet", "plan.sql", "summary.json"):
            (scratch / written).replace(out / written)
    return summary


def run_plan(engine: duckdb.DuckDBPyConnection, plan: Plan, as_of: datetime | None) -> None:
    """Run every step over the tables `payments` and `lines`; the view `results` stands afterwards."""
    for step in plan.steps:
        match step:
            case Statement():
                engine.execute(step.sql(Dialect.DUCKDB))
            case Derive():
                _derive(engine, plan.rule_set, as_of)
            case Decide() | DecideSums():
                candidates = engine.sql(f"SELECT * FROM {step.candidates}").to_arrow_table()
                for t, table in zip(columns.TABLE.values(), _decided(step, candidates), strict=True):
                    _keep(engine, f"decided_{t}_{step.rule.id}", table)


def _decided(step: Decide | DecideSums, candidates: pa.Table) -> tuple[pa.Table, pa.Table]:
    if isinstance(step, Decide):
        return decide_near(step.rule, candidates)
    return decide_sum_rows(step.rule, candidates)


class Digest:
    """SHA-256 over rows in order of side and id; whoever gives it the same rows in that order gets the same text.

    A row is side, id, group_id, rule_id, disposition and exception_class, with \x1f between and after, and a newline.
    """

    COLUMNS = ("side", "id", "group_id", "rule_id", "disposition", "exception_class")

    def __init__(self) -> None:
        self._sha = hashlib.sha256()

    def add(self, batch: pa.RecordBatch) -> None:
        """Take the next rows."""
        rows = pc.binary_join_element_wise(*(batch.column(name) for name in self.COLUMNS), "\n", "\x1f")
        start, end = (pa.array(rows).offset, len(rows))
        offsets = memoryview(rows.buffers()[1]).cast("i")
        self._sha.update(memoryview(rows.buffers()[2])[offsets[start] : offsets[start + end]] if end else b"")

    def text(self) -> str:
        """In hexadecimal."""
        return self._sha.hexdigest()


@contextmanager
def _connect(scratch: Path, inputs: dict[Side, Path], limits: Limits) -> Iterator[duckdb.DuckDBPyConnection]:
    """An engine that can read the two files and write below `scratch`, and reaches nothing else."""
    config: dict[str, Any] = {
        "memory_limit": f"{limits.memory_mib}MiB",
        "threads": limits.threads,
        "temp_directory": str(scratch / "spill"),
        "preserve_insertion_order": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    engine = duckdb.connect(":memory:", config=config)
    try:
        paths = ", ".join(sql.literal(str(path.resolve())) for path in inputs.values())
        engine.execute(f"SET allowed_paths = [{paths}]")
        engine.execute("SET enable_external_access = false")
        engine.execute("SET lock_configuration = true")
        yield engine
    finally:
        engine.close()


def _open(engine: duckdb.DuckDBPyConnection, side: Side, path: Path) -> None:
    """The file as a view, with a number for each row; text that is null reads as "" ."""
    schema = _SCHEMA[side]
    nulls = _check_schema(path, schema)
    names = ", ".join(f"COALESCE({name}, '') AS {name}" if name in nulls else name for name in schema.names)
    engine.execute(
        f"CREATE VIEW {columns.BASE[side]} AS SELECT file_row_number AS {columns.ROW[side]}, {names} "
        f"FROM read_parquet({sql.literal(str(path.resolve()))}, file_row_number = true)"
    )
    _check_numbers(engine, side)


def _check_schema(path: Path, schema: pa.Schema) -> set[str]:
    """The text columns that may hold a null, by what the file says of itself."""
    try:
        metadata = pq.read_metadata(path)
        found = metadata.schema.to_arrow_schema()
    except (OSError, pa.ArrowInvalid) as fault:
        raise FrameInvalid(f"{path.name} cannot be read as Parquet: {fault}") from fault
    faults = [f"no column {name}" for name in schema.names if name not in found.names]
    faults += [
        f"{field.name} is {found.field(field.name).type}, must be {field.type}"
        for field in schema
        if field.name in found.names and not _is_like(found.field(field.name).type, field.type)
    ]
    if faults:
        raise FrameInvalid(f"{path.name}: " + "; ".join(faults))
    texts = [field.name for field in schema if pa.types.is_string(field.type)]
    return {name for name in texts if found.field(name).nullable and _has_nulls(metadata, name)}


def _has_nulls(metadata: pq.FileMetaData, name: str) -> bool:
    at = metadata.schema.names.index(name)
    chunks = (metadata.row_group(group).column(at).statistics for group in range(metadata.num_row_groups))
    return any(chunk is None or not chunk.has_null_count or chunk.null_count for chunk in chunks)


def _is_like(found: pa.DataType, asked: pa.DataType) -> bool:
    if pa.types.is_dictionary(found):
        found = found.value_type
    return bool(found == asked or (pa.types.is_string(asked) and pa.types.is_large_string(found)))


def _check_numbers(engine: duckdb.DuckDBPyConnection, side: Side) -> None:
    base, needed = columns.BASE[side], [field.name for field in _SCHEMA[side] if not field.nullable]
    numbers = [name for name in needed if not columns.is_text(name)]
    counts = ", ".join(f"COUNT({name})" for name in numbers)
    (rows, low, high, *present) = _one(
        engine,
        f"SELECT COUNT(*), MIN(amount_minor), MAX(amount_minor), {counts} FROM {base}",
    )
    if missing := [name for name, count in zip(numbers, present, strict=True) if count != rows]:
        raise FrameInvalid(f"{base}: {', '.join(missing)} must not be null")
    if rows and max(-low, high) > AMOUNT_MINOR_MAX:
        raise FrameInvalid(f"{base}: an amount_minor is beyond {AMOUNT_MINOR_MAX}")
    if side is Side.PAYMENT:
        early = _one(engine, "SELECT COUNT(*) FROM payments WHERE pay_time_us < 0")[0]
    else:
        early = _one(engine, "SELECT COUNT(*) FROM lines WHERE book_time_us < 0")[0]
    if early:
        raise FrameInvalid(f"{base}: {early} rows have a time before 1970")


def _one(engine: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    (row,) = engine.execute(query).fetchall()
    return tuple(row)


def _derive(engine: duckdb.DuckDBPyConnection, rule_set: RuleSet, as_of: datetime | None) -> None:
    for side, t in columns.TABLE.items():
        given, row = f"rest_{t}_given", columns.ROW[side]
        other = columns.BASE[Side.LINE if side is Side.PAYMENT else Side.PAYMENT]
        latest = engine.execute(f"SELECT channel, MAX(business_date) FROM {other} GROUP BY channel").fetchall()
        dates = engine.execute(f"SELECT DISTINCT channel, business_date FROM {given}").fetchall()
        try:
            days = business_days(dates, dict(latest), rule_set.calendars, as_of)
        except ValueError as fault:
            raise FrameInvalid(f"{columns.BASE[side]}: business_date: {fault}") from fault
        _keep(engine, f"days_{t}", pa.Table.from_pylist([day._asdict() for day in days], _DAYS))
        references = engine.sql(f"SELECT {row}, {', '.join(columns.REFERENCES)} FROM {given}").to_arrow_table()
        for name in columns.REFERENCES:
            references = references.append_column(f"{name}_normal", normal_references(references[name]))
        _keep(engine, f"normal_{t}", references.drop_columns(list(columns.REFERENCES)))


def _keep(engine: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> None:
    engine.register("handed", table)
    engine.execute(f"CREATE TABLE {name} AS SELECT * FROM handed")
    engine.unregister("handed")


def _write(engine: duckdb.DuckDBPyConnection, plan: Plan, path: Path) -> str:
    """Results in order of side and id, which makes equal results equal files; their digest."""
    sha, last, same = Digest(), ("", ""), bulk_says(plan.first)
    ordered = engine.sql(f"SELECT {', '.join(RESULTS.names)} FROM decided ORDER BY side, id")
    told = [name for name in RESULTS.names if name != "margin" and not name.endswith("id")]
    with pq.ParquetWriter(path, RESULTS, compression="zstd", use_dictionary=[*told, "rule_id"]) as writer:
        for narrow in ordered.to_arrow_reader(_BATCH_ROWS):
            batch = _filled(narrow, same)
            last = _check_order(batch, last)
            sha.add(batch)
            writer.write_batch(batch)
    return sha.text()


def _filled(batch: pa.RecordBatch, same: dict[str, str]) -> pa.RecordBatch:
    columns_in = [
        pc.fill_null(batch.column(name), same[name]) if name in same else batch.column(name) for name in RESULTS.names
    ]
    return pa.RecordBatch.from_arrays([*columns_in], schema=RESULTS)


def _check_order(batch: pa.RecordBatch, last: tuple[str, str]) -> tuple[str, str]:
    """An id that is in an input twice stands twice, one after the other."""
    if not len(batch):
        return last
    sides, ids = batch.column("side"), batch.column("id")
    again = pc.and_(pc.equal(sides[1:], sides[:-1]), pc.equal(ids[1:], ids[:-1]))
    twice = [*ids[1:].filter(again).to_pylist(), *([last[1]] if (sides[0].as_py(), ids[0].as_py()) == last else [])]
    if twice:
        raise FrameInvalid(f"an id must be there once, {twice[0]} is there twice")
    return sides[-1].as_py(), ids[-1].as_py()


def _summary(engine: duckdb.DuckDBPyConnection, rule_set: RuleSet, digest: str) -> Summary:
    counts, sums = {}, {}
    for side in Side:
        counts[side], sums[side] = _one(
            engine, f"SELECT COUNT(*), COALESCE(SUM(amount_minor), 0) FROM {columns.BASE[side]}"
        )
    totals = engine.sql(
        """
        SELECT side, disposition, exception_class, currency_code, COUNT(*) AS row_count,
               CAST(SUM(amount_minor) AS BIGINT) AS amount_minor
        FROM results GROUP BY ALL ORDER BY ALL"""
    ).to_arrow_table()
    told = tuple(totals.to_pylist())
    for side in Side:
        rows = sum(total["row_count"] for total in told if total["side"] == side)
        minor = sum(total["amount_minor"] for total in told if total["side"] == side)
        assert (rows, minor) == (counts[side], sums[side]), f"{columns.BASE[side]}: a row is in no place or in two"
    return Summary(counts[Side.PAYMENT], counts[Side.LINE], digest, rule_set.content_hash, ENGINE, told)


def _as_json(summary: Summary, rule_set: RuleSet) -> str:
    named = {"rule_set": rule_set.id, "rule_set_version": rule_set.version, **asdict(summary)}
    return json.dumps(named, ensure_ascii=False, indent=2, default=str) + "\n"


_DAYS = pa.schema(
    {"channel": pa.string(), "business_date": pa.string(), "day_waits": pa.bool_(), "edge_us": pa.int64()}
)
