"""Runs a plan on Spark, from Parquet to Parquet, anywhere that Spark can reach. It decides nothing.

For rows that one machine cannot hold, or that live in a cluster already; each step costs Spark about as much as a small
day costs DuckDB altogether. What a step makes is written as Parquet before the next one reads it: cached data hung the
driver with plans that long, and a checkpoint of an executor is lost with it.
"""

# SQL of our own names

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pyarrow as pa  # type: ignore[import-untyped]
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as spark_sql
from pyspark.sql import types as spark_types
from sqlglot import exp

from services.reconciler.matching.frames import Side
from services.reconciler.rules import columns
from services.reconciler.rules.compile import compile_rule_set
from services.reconciler.rules.dialect import Dialect
from services.reconciler.rules.engine import SCHEMA, Asked, Engine, match_on, put_in_place, twice_by_groups
from services.reconciler.rules.frame_file import FrameInvalid
from services.reconciler.rules.plan import Statement
from services.reconciler.rules.results import Summary
from services.reconciler.rules.rule_set import RuleSet

_TYPES = {"string": spark_types.StringType(), "int64": spark_types.LongType(), "bool": spark_types.BooleanType()}
_CONFIG = {
    "spark.sql.session.timeZone": "UTC",
    "spark.ui.enabled": "false",
    # Many small steps append to one table: its files are listed by the driver, not by a job of their own.
    "spark.sql.sources.parallelPartitionDiscovery.threshold": "10000",
}


def match_files(
    rule_set: RuleSet,
    payments: str,
    lines: str,
    out: Path,
    *,
    work: str,
    master: str | None = None,
    asked: Asked | None = None,
    config: dict[str, str] | None = None,
) -> Summary:
    """As `duckdb_engine.match_files`; `payments` and `lines` are any addresses that Spark reads: a path, s3a://, hdfs://.

    `master` is where to run, None what spark-submit said. What steps make goes into a folder of its own below `work`,
    which driver and executors both reach and which is removed at the end; `out` is on the driver's disk. `config` are
    more of Spark's settings. Raises FrameInvalid, pyspark.errors.PySparkException when Spark fails.
    """
    plan = compile_rule_set(rule_set)
    with put_in_place(out) as scratch, _session(master, config or {}) as spark, _folder(spark, work) as folder:
        engine = SparkEngine(spark, folder)
        engine.read(Side.PAYMENT, payments)
        engine.read(Side.LINE, lines)
        return match_on(engine, plan, asked or Asked(), scratch)


@contextmanager
def _session(master: str | None, config: dict[str, str]) -> Iterator[SparkSession]:
    builder = SparkSession.builder.appName("bihuan-match")
    if master:
        builder = builder.master(master)
    for name, value in {**_CONFIG, **config}.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    try:
        yield spark
    finally:
        spark.stop()


@contextmanager
def _folder(spark: SparkSession, work: str) -> Iterator[str]:
    """A folder below `work` on whatever file system it names; Spark's own interface for that is of its JVM."""
    path = f"{work.rstrip('/')}/bihuan-match-{uuid4().hex}"
    jvm, hadoop = spark.sparkContext._jvm, spark.sparkContext._jsc  # noqa: SLF001
    assert jvm is not None, "a session at work has its JVM"
    place = jvm.org.apache.hadoop.fs.Path(path)
    try:
        yield path
    finally:
        place.getFileSystem(hadoop.hadoopConfiguration()).delete(place, True)


class SparkEngine:
    """A session as an engine; tables are Parquet in a folder, and views of the session over them."""

    dialect = Dialect.SPARK

    def __init__(self, spark: SparkSession, folder: str) -> None:
        self._spark = spark
        self._folder = folder
        self._schemas: dict[str, spark_types.StructType] = {}
        self.name = f"spark {spark.version}"

    def read(self, side: Side, address: str) -> None:
        """Take a file or a folder in as one of the two frames, with a number for each row that stays."""
        schema, base = SCHEMA[side], columns.BASE[side]
        found = self._spark.read.parquet(address)
        self._check(address, dict(found.dtypes), schema)
        given = [
            spark_sql.coalesce(found[name], spark_sql.lit("")).alias(name) if columns.is_text(name) else found[name]
            for name in schema.names
        ]
        self._write(base, found.select(spark_sql.monotonically_increasing_id().alias(columns.ROW[side]), *given))

    def run(self, statement: Statement) -> None:
        """Run one statement of a plan."""
        tree = statement.tree
        match tree:
            case exp.Create() if tree.expression is None:
                self._create(tree)
            case exp.Create() if tree.args["kind"] == "VIEW":
                self._spark.sql(f"CREATE TEMPORARY VIEW {tree.this.name} AS {tree.expression.sql(self.dialect.value)}")
            case exp.Create():
                self._write(tree.this.name, self._spark.sql(tree.expression.sql(self.dialect.value)))
            case exp.Insert():
                self._insert(tree)
            case exp.Drop():
                self._spark.catalog.dropTempView(_name(tree))
            case _:
                raise AssertionError(f"a plan has no {type(tree).__name__}")

    def run_apart(self, statements: Sequence[Statement]) -> None:
        """One after the other."""
        for statement in statements:
            self.run(statement)

    def table(self, query: str) -> pa.Table:
        """The rows of a query."""
        return self._spark.sql(query).toArrow()

    def batches(self, query: str) -> Iterator[pa.RecordBatch]:
        """The same, a file at a time: Spark sorts them into files by ranges, and each comes to the driver alone."""
        if "ORDER BY" not in query:
            yield from self.table(query).to_batches()
            return
        ordered = f"ordered_{len(self._schemas)}"
        self._write(ordered, self._spark.sql(query))
        by = [(name.strip(), "ascending") for name in query.rpartition("ORDER BY")[2].split(",")]
        for file in sorted(self._spark.table(ordered).inputFiles()):
            part = self._spark.read.schema(self._schemas[ordered]).parquet(file).toArrow()
            yield from part.sort_by(by).combine_chunks().to_batches()

    def keep(self, name: str, table: pa.Table) -> None:
        """Make a table of these rows."""
        schema = spark_types.StructType([spark_types.StructField(f.name, _TYPES[str(f.type)]) for f in table.schema])
        rows = self._spark.createDataFrame(table, schema)
        self._write(name, rows)

    def has_rows(self, name: str) -> bool:
        """Whether a table has a row."""
        return bool(self.table(f"SELECT 1 AS one FROM {name} LIMIT 1").num_rows)  # noqa: S608  a name of ours

    def beside(self, work: Callable[[Engine], None]) -> Callable[[], None]:
        """At once: one statement runs after the other."""
        work(self)
        return lambda: None

    def twice(self, side: Side) -> str:
        """An id that two rows of the side have, "" when there is none."""
        return twice_by_groups(self, side)

    def _create(self, tree: exp.Create) -> None:
        """An empty view, which costs no job and is dropped from every plan; the first rows make the table."""
        told = ((one.name, one.args["kind"].sql(self.dialect.value)) for one in tree.this.expressions)
        columns_of = ", ".join(f"CAST(NULL AS {kind}) AS {column}" for column, kind in told)
        empty, name = self._spark.sql(f"SELECT {columns_of} WHERE FALSE"), tree.this.this.name
        self._schemas[name] = empty.schema
        empty.createOrReplaceTempView(name)

    def _insert(self, tree: exp.Insert) -> None:
        target = tree.this
        name = target.this.name if isinstance(target, exp.Schema) else target.name
        schema = self._schemas[name]
        named = [one.name for one in target.expressions] if isinstance(target, exp.Schema) else schema.names
        rows = self._spark.sql(tree.expression.sql(self.dialect.value)).toDF(*named)
        self._append(name, rows.select(*(rows[field.name].cast(field.dataType) for field in schema)))

    def _write(self, name: str, rows: DataFrame) -> None:
        self._schemas[name] = rows.schema
        self._append(name, rows)

    def _append(self, name: str, rows: DataFrame) -> None:
        path = f"{self._folder}/{name}"
        rows.write.mode("append").parquet(path)
        self._spark.read.schema(self._schemas[name]).parquet(path).createOrReplaceTempView(name)

    def _check(self, address: str, found: dict[str, str], schema: pa.Schema) -> None:
        faults = [f"no column {name}" for name in schema.names if name not in found]
        faults += [
            f"{field.name} is {found[field.name]}, must be {field.type}"
            for field in schema
            if field.name in found and found[field.name] != _TYPES[str(field.type)].simpleString()
        ]
        if faults:
            raise FrameInvalid(f"{address}: " + "; ".join(faults))


def _name(tree: exp.Expr) -> str:
    table = tree.find(exp.Table)
    assert table is not None, "a statement of a plan names its table"
    return table.name
