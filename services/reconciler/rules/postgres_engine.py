"""Runs a plan in a PostgreSQL, from Parquet to Parquet, in tables that go with its transaction. It decides nothing.

For data that is there anyway, and as a second witness of what DuckDB says; a day close of millions belongs to DuckDB.
"""

# ruff: noqa: S608  # SQL of our own names

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from adbc_driver_postgresql import dbapi  # type: ignore[import-untyped]
from sqlglot import exp

from services.reconciler.matching.frames import Side
from services.reconciler.rules import columns
from services.reconciler.rules import fragments as sql
from services.reconciler.rules.compile import compile_rule_set
from services.reconciler.rules.dialect import Dialect
from services.reconciler.rules.engine import SCHEMA, Asked, Engine, match_on, put_in_place, twice_by_groups
from services.reconciler.rules.frame_file import check_schema
from services.reconciler.rules.plan import Plan, Statement
from services.reconciler.rules.results import Summary
from services.reconciler.rules.rule_set import RuleSet

_BATCH_ROWS = 100_000
_EDITS = "fuzzystrmatch"  # PostgreSQL's own module with LEVENSHTEIN; trusted, so that a database's owner may add it


@dataclass(frozen=True, slots=True)
class PostgresLimits:
    """What a run may use of its server."""

    memory_mib: int = 256  # of each sort or hash
    statement_seconds: float = 600


def match_files(
    rule_set: RuleSet,
    payments: Path,
    lines: Path,
    out: Path,
    *,
    url: str,
    asked: Asked | None = None,
    limits: PostgresLimits | None = None,
) -> Summary:
    """As `duckdb_engine.match_files`, in the database of a `postgresql://` URL, which is left as it was.

    Raises FrameInvalid before anything is written, adbc_driver_manager.Error when the database refuses or is gone.
    """
    plan, inputs = compile_rule_set(rule_set), {Side.PAYMENT: payments, Side.LINE: lines}
    nullable = {side: check_schema(path, SCHEMA[side]) for side, path in inputs.items()}
    with put_in_place(out) as scratch, _connect(url, plan, limits or PostgresLimits()) as engine:
        for side, path in inputs.items():
            engine.read(side, path, nullable[side])
        return match_on(engine, plan, asked or Asked(), scratch)


@contextmanager
def _connect(url: str, plan: Plan, limits: PostgresLimits) -> Iterator["PostgresEngine"]:
    """One transaction that is rolled back whatever happens: what is made in it goes with it."""
    with closing(dbapi.connect(url)) as connection, closing(connection.cursor()) as cursor:
        try:
            cursor.execute(f"SET LOCAL statement_timeout = '{int(limits.statement_seconds * 1000)}ms'")
            cursor.execute(f"SET LOCAL work_mem = '{limits.memory_mib}MB'")
            cursor.execute("SET LOCAL jit = off")
            if "LEVENSHTEIN" in plan.text(Dialect.POSTGRES):
                cursor.execute(f"CREATE EXTENSION IF NOT EXISTS {_EDITS}")
            cursor.execute(
                f"SELECT coalesce(max(extnamespace::regnamespace::text), 'public') FROM pg_extension "
                f"WHERE extname = '{_EDITS}'"
            )
            (schema,) = cursor.fetchone()
            # What is made without a schema is made in the first: for this session alone, and gone with it.
            cursor.execute(f"SET LOCAL search_path = pg_temp, {schema}")
            cursor.execute("SELECT split_part(version(), ' ', 2)")
            yield PostgresEngine(cursor, f"postgresql {cursor.fetchone()[0]}")
        finally:
            connection.rollback()


class PostgresEngine:
    """A cursor as an engine."""

    dialect = Dialect.POSTGRES

    def __init__(self, cursor: Any, name: str) -> None:
        self._cursor = cursor
        self.name = name

    def read(self, side: Side, path: Path, nullable: set[str]) -> None:
        """Take a file in as one of the two frames."""
        schema, row, base = SCHEMA[side], columns.ROW[side], columns.BASE[side]
        wanted = pa.schema([pa.field(row, pa.int64()), *(field.with_nullable(True) for field in schema)])
        rows = pa.RecordBatchReader.from_batches(wanted, _numbered(path, schema, wanted))
        self._cursor.adbc_ingest(f"given_{base}", rows, mode="create", temporary=True)
        given = ", ".join(_by_bytes(name, nullable) if columns.is_text(name) else name for name in schema.names)
        self._cursor.execute(f"CREATE TABLE {base} AS SELECT {row}, {given} FROM given_{base}")
        self._cursor.execute(f"DROP TABLE given_{base}")
        self._cursor.execute(f"ANALYZE {base}")

    def run(self, statement: Statement) -> None:
        """Run one statement of a plan, and count what it made: the next join is planned by it."""
        self._cursor.execute(statement.sql(self.dialect))
        if isinstance(statement.tree, exp.Insert) or statement.tree.args.get("kind") == "TABLE":
            target = statement.tree.find(exp.Table)
            if target is not None and not isinstance(statement.tree, exp.Drop):
                self._cursor.execute(f"ANALYZE {target.name}")

    def run_apart(self, statements: Sequence[Statement]) -> None:
        """One after the other."""
        for statement in statements:
            self.run(statement)

    def table(self, query: str) -> pa.Table:
        """The rows of a query."""
        self._cursor.execute(query)
        return self._cursor.fetch_arrow_table()

    def batches(self, query: str) -> Iterator[pa.RecordBatch]:
        """The same, batch by batch."""
        self._cursor.execute(query)
        yield from self._cursor.fetch_record_batch()

    def keep(self, name: str, table: pa.Table) -> None:
        """Make a table of these rows."""
        self._cursor.adbc_ingest(f"given_{name}", table, mode="create", temporary=True)
        given = (
            _by_bytes(field.name, set()) if pa.types.is_string(field.type) else field.name for field in table.schema
        )
        self._cursor.execute(f"CREATE TABLE {name} AS SELECT {', '.join(given)} FROM given_{name}")
        self._cursor.execute(f"DROP TABLE given_{name}")
        self._cursor.execute(f"ANALYZE {name}")

    def has_rows(self, name: str) -> bool:
        """Whether a table has a row."""
        return bool(self.table(f"SELECT 1 AS one FROM {name} LIMIT 1").num_rows)

    def beside(self, work: Callable[[Engine], None]) -> Callable[[], None]:
        """At once: one statement runs after the other."""
        work(self)
        return lambda: None

    def twice(self, side: Side) -> str:
        """An id that two rows of the side have, "" when there is none."""
        return twice_by_groups(self, side)


def _numbered(path: Path, schema: pa.Schema, wanted: pa.Schema) -> Iterator[pa.RecordBatch]:
    start = 0
    for batch in pq.ParquetFile(path).iter_batches(_BATCH_ROWS, columns=schema.names):
        numbers = pa.array(range(start, start + len(batch)), pa.int64())
        given = (batch.column(field.name).cast(field.type) for field in schema)
        yield pa.RecordBatch.from_arrays([numbers, *given], schema=wanted)
        start += len(batch)


def _by_bytes(name: str, nullable: set[str]) -> str:
    text = f"COALESCE({name}, {sql.literal('')})" if name in nullable else name
    return f'({text}) COLLATE "C" AS {name}'
