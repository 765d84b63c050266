"""What every engine does with a plan: its steps in order, the results in one order, their sums. No SQL of a rule.

An engine brings how its SQL runs and how rows come and go; what needs Python is decided here, once for all of them.
"""

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa  # type: ignore[import-untyped]

from services.reconciler.matching.frames import AMOUNT_MINOR_MAX, LINES, PAYMENTS, Side
from services.reconciler.matching.normalise import business_days, normal_references
from services.reconciler.rules import columns
from services.reconciler.rules.decide import decide_near, decide_sum_rows
from services.reconciler.rules.dialect import Dialect
from services.reconciler.rules.frame_file import FrameInvalid
from services.reconciler.rules.plan import Apart, Decide, DecideSums, Derive, PairsKnown, Plan, Statement, Step, WhenAny
from services.reconciler.rules.results import OTHERS, PAIRS, TOTALS, ResultsFile, Summary
from services.reconciler.rules.rule_set import RuleSet

SCHEMA = {Side.PAYMENT: PAYMENTS, Side.LINE: LINES}
_DAYS = pa.schema(
    {"channel": pa.string(), "business_date": pa.string(), "day_waits": pa.bool_(), "edge_us": pa.int64()}
)


class Engine(Protocol):
    """Where a plan can run: tables by name, of which `payments` and `lines` are the two frames with row numbers."""

    name: str
    dialect: Dialect

    def run(self, statement: Statement) -> None:
        """Run one statement of a plan."""

    def run_apart(self, statements: Sequence[Statement]) -> None:
        """Run statements that have nothing to do with each other, at once if the engine can."""

    def table(self, query: str) -> pa.Table:
        """The rows of a query, which is plain enough for every engine to read as it stands."""

    def batches(self, query: str) -> Iterator[pa.RecordBatch]:
        """The same, batch by batch, in the order that the query names, if any."""

    def keep(self, name: str, table: pa.Table) -> None:
        """Make a table of these rows."""

    def has_rows(self, name: str) -> bool:
        """Whether a table has a row."""

    def beside(self, work: Callable[["Engine"], None]) -> Callable[[], None]:
        """Read the same tables, while others go on if the engine can; what it returns waits for the end of it."""

    def twice(self, side: Side) -> str:
        """An id that two rows of the side have, "" when there is none."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run is asked beside its rows.

    `as_of` is the moment for which it is asked, aware; without it every statement that is here counts as closed.
    `whole_to` is the last business date of which both sides are known to be whole, also where a side has no row of it.
    `told` is told how many rows have a place so far, each time that a rule of those behind the first is done.
    """

    as_of: datetime | None = None
    whole_to: str = ""
    told: Callable[[int], None] | None = None


def run_plan(engine: Engine, plan: Plan, asked: Asked, pairs_known: Callable[[], None]) -> None:
    """Run every step over the tables `payments` and `lines`; `bulk` and `placed_results` have each row afterwards.

    `pairs_known` is called as soon as `bulk` stays as it is.
    """
    rule_ids, rule_id, derived, pair_count = {rule.id for rule in plan.rule_set.rules}, "", False, 0
    for step in plan.steps:
        if asked.told and derived and rule_id in rule_ids and step.step != rule_id:
            asked.told(2 * pair_count + _count(engine, "placed_p") + _count(engine, "placed_l"))
        rule_id, derived = step.step, derived or rule_id == "derive"
        if isinstance(step, PairsKnown):
            pairs_known()
            pair_count = _count(engine, "bulk") if asked.told else 0
        else:
            _run_step(engine, plan, asked, step)


def match_on(engine: Engine, plan: Plan, asked: Asked, scratch: Path) -> Summary:
    """Check the two frames, run the plan, and write results, plan and summary into `scratch`. Raises FrameInvalid."""
    for side in Side:
        _check_numbers(engine, side)
    with ResultsFile(plan, scratch / "results.parquet") as results:
        _run_and_write(engine, plan, asked, results)
        written = engine.beside(lambda reader: results.add_others(reader.batches(OTHERS)))
        try:
            summary = _summary(engine, plan.rule_set)
        finally:
            written()
    summary = replace(summary, digest=results.digest())
    (scratch / "plan.sql").write_text(plan.text(engine.dialect), "utf-8")
    (scratch / "summary.json").write_text(_as_json(summary, plan.rule_set), "utf-8")
    return summary


def _run_and_write(engine: Engine, plan: Plan, asked: Asked, results: ResultsFile) -> None:
    """The pairs of the first rule, most of what there is to write, while the other rules look at what it left."""
    waits: list[Callable[[], None]] = []

    def beside(reader: Engine) -> None:
        results.add_pairs(reader.batches(PAIRS))
        _check_ids(reader)

    try:
        run_plan(engine, plan, asked, lambda: waits.append(engine.beside(beside)))
    finally:  # whatever rules make of an id that is there twice, that it is there twice is what is told
        for wait in waits:
            wait()


@contextmanager
def put_in_place(out: Path) -> Iterator[Path]:
    """A folder to write into; its three files come to stand in `out` when all of them are whole."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix=".run-") as name:
        yield Path(name)
        for written in ("results.parquet", "plan.sql", "summary.json"):
            (Path(name) / written).replace(out / written)


def _run_step(engine: Engine, plan: Plan, asked: Asked, step: Step) -> None:
    match step:
        case Statement():
            engine.run(step)
        case Apart():
            engine.run_apart(step.statements)
        case WhenAny():
            if engine.has_rows(step.table):
                for inner in step.steps:
                    _run_step(engine, plan, asked, inner)
        case Derive():
            _derive(engine, plan.rule_set, asked)
        case Decide() | DecideSums():
            candidates = engine.batches(f"SELECT * FROM {step.candidates}")  # noqa: S608  a name of ours
            for t, table in zip(columns.TABLE.values(), _decided(step, candidates), strict=True):
                engine.keep(f"decided_{t}_{step.rule.id}", table)


def _decided(step: Decide | DecideSums, candidates: Iterable[pa.RecordBatch]) -> tuple[pa.Table, pa.Table]:
    if isinstance(step, Decide):
        return decide_near(step.rule, candidates)
    return decide_sum_rows(step.rule, candidates)


def _count(engine: Engine, name: str) -> int:
    return int(_rows(engine, f"SELECT COUNT(*) AS n FROM {name}")[0][0])  # noqa: S608  a name of ours


def _derive(engine: Engine, rule_set: RuleSet, asked: Asked) -> None:
    for side, t in columns.TABLE.items():
        given, row = f"rest_{t}_given", columns.ROW[side]
        other = columns.BASE[Side.LINE if side is Side.PAYMENT else Side.PAYMENT]
        latest = _rows(engine, f"SELECT channel, MAX(business_date) AS latest FROM {other} GROUP BY channel")  # noqa: S608
        dates = _rows(engine, f"SELECT DISTINCT channel, business_date FROM {given}")  # noqa: S608
        try:
            whole = dict.fromkeys((channel for channel, _ in dates), asked.whole_to)
            known = whole | {channel: max(day, asked.whole_to) for channel, day in latest}
            days = business_days([(a, b) for a, b in dates], known, rule_set.calendars, asked.as_of)
        except ValueError as fault:
            raise FrameInvalid(f"{columns.BASE[side]}: business_date: {fault}") from fault
        engine.keep(f"days_{t}", pa.Table.from_pylist([day._asdict() for day in days], _DAYS))
        references = engine.table(f"SELECT {row}, {', '.join(columns.REFERENCES)} FROM {given}")  # noqa: S608
        for name in columns.REFERENCES:
            references = references.append_column(f"{name}_normal", normal_references(references[name]))
        engine.keep(f"normal_{t}", references.drop_columns(list(columns.REFERENCES)))


def _check_numbers(engine: Engine, side: Side) -> None:
    base, needed = columns.BASE[side], [field.name for field in SCHEMA[side] if not field.nullable]
    numbers = [name for name in needed if not columns.is_text(name)]
    counts = ", ".join(f"COUNT({name}) AS n{at}" for at, name in enumerate(numbers))
    early = f"SUM(CASE WHEN {columns.TIME[side]} < 0 THEN 1 ELSE 0 END)"
    ((rows, low, high, early_rows, *present),) = _rows(
        engine,
        f"""SELECT COUNT(*) AS row_count, MIN(amount_minor) AS low, MAX(amount_minor) AS high,
            CAST({early} AS BIGINT) AS early, {counts} FROM {base}""",  # noqa: S608
    )
    if missing := [name for name, count in zip(numbers, present, strict=True) if count != rows]:
        raise FrameInvalid(f"{base}: {', '.join(missing)} must not be null")
    if rows and max(-low, high) > AMOUNT_MINOR_MAX:
        raise FrameInvalid(f"{base}: an amount_minor is beyond {AMOUNT_MINOR_MAX}")
    if early_rows:
        raise FrameInvalid(f"{base}: {early_rows} rows have a time before 1970")


def _check_ids(engine: Engine) -> None:
    for side in Side:
        if twice := engine.twice(side):
            raise FrameInvalid(f"an id must be there once, {twice} is there twice")


def _summary(engine: Engine, rule_set: RuleSet) -> Summary:
    """All of it but the digest."""
    counts, sums = {}, {}
    for side in Side:
        query = f"SELECT COUNT(*) AS n, CAST(SUM(amount_minor) AS BIGINT) AS minor FROM {columns.BASE[side]}"  # noqa: S608
        ((counts[side], minor),) = _rows(engine, query)
        sums[side] = minor or 0
    told = tuple(sorted(engine.table(TOTALS).to_pylist(), key=lambda total: [*total.values()]))
    for side in Side:
        rows = sum(total["row_count"] for total in told if total["side"] == side)
        minor = sum(total["amount_minor"] for total in told if total["side"] == side)
        assert (rows, minor) == (counts[side], sums[side]), f"{columns.BASE[side]}: a row is in no place or in two"
    return Summary(counts[Side.PAYMENT], counts[Side.LINE], "", rule_set.content_hash, engine.name, told)


def twice_by_groups(engine: Engine, side: Side) -> str:
    """For an engine that has nothing quicker."""
    own = columns.ID[side]
    query = f"SELECT MIN({own}) AS id FROM {columns.BASE[side]} GROUP BY {own} HAVING COUNT(*) > 1 LIMIT 1"  # noqa: S608
    return "".join(one for (one,) in _rows(engine, query))


def _rows(engine: Engine, query: str) -> list[tuple[Any, ...]]:
    table = engine.table(query)
    return [*zip(*(column.to_pylist() for column in table.columns), strict=True)]


def _as_json(summary: Summary, rule_set: RuleSet) -> str:
    named = {"rule_set": rule_set.id, "rule_set_version": rule_set.version, **asdict(summary)}
    return json.dumps(named, ensure_ascii=False, indent=2, default=str) + "\n"
