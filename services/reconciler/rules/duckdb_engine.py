"""Runs a plan in an embedded DuckDB, from Parquet to Parquet, within a cap of memory. It decides nothing."""

# ruff: noqa: S608  # SQL of our own names

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]

from services.reconciler.matching.frames import Side
from services.reconciler.rules import columns
from services.reconciler.rules import fragments as sql
from services.reconciler.rules.compile import compile_rule_set
from services.reconciler.rules.dialect import Dialect
from services.reconciler.rules.engine import SCHEMA, Asked, Engine, match_on, put_in_place, twice_by_groups
from services.reconciler.rules.frame_file import check_schema
from services.reconciler.rules.plan import Statement
from services.reconciler.rules.results import Summary
from services.reconciler.rules.rule_set import RuleSet

_BATCH_ROWS = 200_000
_BESIDE_MAX = 2  # the pairs, which take long, and one statement


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run may use of its machine."""

    memory_mib: int = 1024
    threads: int = 2


def match_files(
    rule_set: RuleSet,
    payments: Path,
    lines: Path,
    out: Path,
    *,
    asked: Asked | None = None,
    limits: Limits | None = None,
) -> Summary:
    """Match two Parquet files by a rule set; writes results.parquet, candidates, plan and summary into `out`.

    Raises FrameInvalid before anything is written. The files of `out` are put in place when all of them stand.
    """
    plan, inputs, limits = compile_rule_set(rule_set), {Side.PAYMENT: payments, Side.LINE: lines}, limits or Limits()
    with (
        put_in_place(out) as scratch,
        _connect(scratch, inputs, limits) as connection,
        ThreadPoolExecutor(_BESIDE_MAX) as threads,
    ):
        for side, path in inputs.items():
            _open(connection, side, path)
        engine = DuckDbEngine(connection, threads if limits.threads > 1 else None)
        return match_on(engine, plan, asked or Asked(), scratch)


class DuckDbEngine:
    """A connection as an engine; `threads` are for what is done beside, without any it is done at once."""

    name = f"duckdb {duckdb.__version__}"
    dialect = Dialect.DUCKDB

    def __init__(self, connection: duckdb.DuckDBPyConnection, threads: ThreadPoolExecutor | None) -> None:
        self._connection = connection
        self._threads = threads

    def run(self, statement: Statement) -> None:
        """Run one statement of a plan."""
        self._connection.execute(statement.sql(self.dialect))

    def run_apart(self, statements: Sequence[Statement]) -> None:
        """At once: of a day's rest each is too small for DuckDB to share it out."""
        first, *others = statements
        waits = [self.beside(partial(_run_on, statement=other)) for other in others]
        try:
            self.run(first)
        finally:
            for wait in waits:
                wait()

    def table(self, query: str) -> pa.Table:
        """The rows of a query."""
        return self._connection.sql(query).to_arrow_table()

    def batches(self, query: str) -> Iterator[pa.RecordBatch]:
        """The same, batch by batch."""
        yield from self._connection.sql(query).to_arrow_reader(_BATCH_ROWS)

    def keep(self, name: str, table: pa.Table) -> None:
        """Make a table of these rows."""
        self._connection.register("handed", table)
        self._connection.execute(f"CREATE TABLE {name} AS SELECT * FROM handed")
        self._connection.unregister("handed")

    def has_rows(self, name: str) -> bool:
        """Whether a table has a row; it is asked before most steps, and Arrow would take longer than the answer."""
        return bool(self._connection.execute(f"SELECT 1 FROM {name} LIMIT 1").fetchall())

    def beside(self, work: Callable[[Engine], None]) -> Callable[[], None]:
        """By a cursor of its own, which sees the tables that stand now."""
        if self._threads is None:
            work(self)
            return lambda: None
        return self._threads.submit(work, DuckDbEngine(self._connection.cursor(), None)).result

    def twice(self, side: Side) -> str:
        """First by a hash of eight bytes, which is a fraction of the ids; almost never are two of them equal."""
        query = f"SELECT COUNT(*), COUNT(DISTINCT hash({columns.ID[side]})) FROM {columns.BASE[side]}"
        ((rows, hashes),) = self._connection.sql(query).fetchall()
        return "" if rows == hashes else twice_by_groups(self, side)


def _run_on(engine: Engine, statement: Statement) -> None:
    engine.run(statement)


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
    schema = SCHEMA[side]
    nulls = check_schema(path, schema)
    names = ", ".join(f"COALESCE({name}, '') AS {name}" if name in nulls else name for name in schema.names)
    engine.execute(
        f"CREATE VIEW {columns.BASE[side]} AS SELECT file_row_number AS {columns.ROW[side]}, {names} "
        f"FROM read_parquet({sql.literal(str(path.resolve()))}, file_row_number = true)"
    )
