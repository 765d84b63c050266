"""Pieces of SQL that every kind of rule is made of. Each gives text; nothing here knows a rule's kind."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache

from sqlglot import exp

from services.reconciler.matching.frames import Disposition, Kind, Side
from services.reconciler.rules import columns
from services.reconciler.rules.condition import parse_condition
from services.reconciler.rules.rule_set import INFORMATIVE, Case, Commit, Key

Aliases = Mapping[str, Collection[str]]
PLACED = "rule_id, stage, disposition, exception_class, runner_up_id, margin, reason, amount_minor, difference_minor"


def literal(text: str) -> str:
    """A text constant."""
    return exp.Literal.string(text).sql(dialect="duckdb")


def equal(keys: Iterable[Key], left: str = "p", right: str = "l") -> str:
    """All keys equal and there; text that is "" on both sides is not equal."""
    parts = []
    for key in keys:
        parts.append(f"{left}.{key.payment} = {right}.{key.line}")
        if columns.is_text(key.payment):
            parts.append(f"{left}.{key.payment} <> ''")
    return " AND ".join(parts)


def there(names: Iterable[str], alias: str) -> str:
    """None of the text columns is empty."""
    return _all(f"{alias}.{name} <> ''" for name in names if columns.is_text(name))


def of_kinds(alias: str, kinds: Iterable[Kind]) -> str:
    """The row is of one of the kinds."""
    return f"{alias}.kind IN ({', '.join(literal(kind.value) for kind in kinds)})"


def condition(text: str, aliases: Aliases) -> str:
    """A condition of a rule, checked again and written by us."""
    if not text:
        return "TRUE"
    return _written(text, tuple(sorted((alias, frozenset(names)) for alias, names in aliases.items())))


@lru_cache(1_024)  # the same few conditions stand in many rules, and in some of them several times
def _written(text: str, known: tuple[tuple[str, frozenset[str]], ...]) -> str:
    return f"({parse_condition(text, dict(known)).sql(dialect='duckdb')})"


def class_of(cases: Sequence[Case], aliases: Aliases) -> str:
    """The class of the first case that holds, else ""."""
    if not cases:
        return "''"
    whens = (f"WHEN {condition(case.when, aliases)} THEN {literal(case.exception_class)}" for case in cases)
    return f"CASE {' '.join(whens)} ELSE '' END"


def disposition(commit: Commit, exception_class: str) -> str:
    """Posted or suggested if nothing is wrong, else an exception."""
    good = Disposition.MATCHED if commit is Commit.AUTO else Disposition.SUGGESTED
    told = ", ".join(literal(name) for name in ("", *sorted(INFORMATIVE)))
    return f"CASE WHEN {exception_class} IN ({told}) THEN '{good}' ELSE '{Disposition.EXCEPTION}' END"


def least(left: str, right: str) -> str:
    """The smaller of two, which neither engine's LEAST with its nulls has to say."""
    return f"CASE WHEN {left} <= {right} THEN {left} ELSE {right} END"


def before(columns_in_order: Sequence[str], left: str, right: str) -> str:
    """Whether `left` stands before `right` in the order of the columns."""
    first, *rest = columns_in_order
    if not rest:
        return f"{left}.{first} < {right}.{first}"
    return f"({left}.{first} < {right}.{first} OR ({left}.{first} = {right}.{first} AND {before(rest, left, right)}))"


def into(side: Side) -> str:
    """The head of an INSERT of placed rows."""
    return f"INSERT INTO placed_{columns.TABLE[side]} ({columns.ROW[side]}, group_id, {PLACED})"


def listed(alias: str, names: Iterable[str]) -> str:
    """The columns, each with the alias."""
    return ", ".join(f"{alias}.{name}" for name in names)


def named(alias: str, texts: Iterable[str], known: Collection[str]) -> set[str]:
    """The columns of `known` that the conditions name under this alias; one in a constant may be among them."""
    found = {name for text in texts for name in re.findall(rf"\b{alias}\.(\w+)", text)}
    return found & {*known}


def by(keys: Iterable[object]) -> str:
    """What joined it, for the reader."""
    return "by " + ", ".join(str(key) for key in keys)


def _all(parts: Iterable[str]) -> str:
    return " AND ".join(parts) or "TRUE"
