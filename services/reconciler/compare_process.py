"""Compares two rule sets on one set of rows in a process of its own, so that one that is too heavy ends only that."""

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from services.reconciler.child_process import Child, followed
from services.reconciler.rules.compare import RowChange, compare
from services.reconciler.rules.duckdb_engine import Limits
from services.reconciler.rules.engine import Asked
from services.reconciler.rules.labelled import Suite, read_labels, wrong_posts
from services.reconciler.rules.rule_files import parse_rule_set


@dataclass(frozen=True, slots=True)
class Part:
    """One set of rows and two rule sets; `suite` when the truth of the rows is known, `keep` as `compare` has it."""

    old_yaml: str
    new_yaml: str
    payments: Path
    lines: Path
    scratch: Path
    keep: int
    suite: Suite | None = None
    as_of: datetime | None = None
    whole_to: str = ""
    memory_mib: int = 512
    threads: int = 2


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of a part; the wrong posts are 0 where no truth is known."""

    payment_count: int
    line_count: int
    changed_rows: int
    changes: tuple[RowChange, ...]
    old_wrong_posts: int
    new_wrong_posts: int


async def compared(part: Part, seconds_max: float) -> Compared:
    """Compare in a process of its own. Raises Fault INTERNAL when that fails, is ended or takes too long."""
    child = Child("comparing rule sets", "规则回归", _compared, part.scratch, seconds_max, part.memory_mib)
    async with aclosing(followed(child, part)) as told:
        return await anext(told)


def _compared(part: Part, _: Callable[[Compared], None]) -> Compared:
    found = compare(
        (parse_rule_set("the version in force", part.old_yaml), parse_rule_set("the new version", part.new_yaml)),
        part.payments,
        part.lines,
        part.scratch,
        asked=Asked(part.as_of, part.whole_to),
        keep=part.keep,
        limits=Limits(part.memory_mib, part.threads),
    )
    labels = read_labels(part.suite) if part.suite else None
    old, new = (wrong_posts(labels, table.to_pylist()) if labels else 0 for table in (found.old, found.new))
    return Compared(found.payment_count, found.line_count, found.changed_rows, found.changes, old, new)
