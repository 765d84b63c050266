"""What the compiler gives an engine to do, in order. It runs nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from sqlglot import exp, parse_one

from services.reconciler.rules.dialect import Dialect
from services.reconciler.rules.postgres_texts import compare_as_others
from services.reconciler.rules.rule_set import Near, Pair, RuleSet, Sums


@dataclass(frozen=True)
class Statement:
    """One SQL statement; `step` is the rule that it belongs to, or the part of the frame around the rules.

    It is written as DuckDB reads it, which is then run as it stands; every other engine gets it by way of the tree.
    """

    step: str
    text: str

    @cached_property
    def tree(self) -> exp.Expr:
        """The statement as a syntax tree; not to be changed."""
        return parse_one(self.text, dialect=Dialect.DUCKDB.value)

    def sql(self, dialect: Dialect) -> str:
        """The statement as this engine reads it."""
        if dialect is Dialect.DUCKDB:
            return self.text
        tree = self.tree.copy().transform(compare_as_others) if dialect is Dialect.POSTGRES else self.tree
        return tree.sql(dialect=dialect.value, pretty=True, copy=False)


@dataclass(frozen=True, slots=True)
class Derive:
    """Fills `days` and `normal_p`, `normal_l` from `rest_p_given` and `rest_l_given`: what SQL engines do unequally."""

    step: str = "derive"


@dataclass(frozen=True, slots=True)
class PairsKnown:
    """From here on `bulk` stays as it is, so that its pairs can be written while the other rules run."""

    step: str


@dataclass(frozen=True, slots=True)
class Decide:
    """Fills `decided_p` and `decided_l` of a rule from its candidates, in Python, the same for every engine."""

    step: str
    rule: Near

    @property
    def candidates(self) -> str:
        """The table to read."""
        return f"candidates_{self.rule.id}"


@dataclass(frozen=True, slots=True)
class DecideSums:
    """The same for a rule that looks for sums."""

    step: str
    rule: Sums

    @property
    def candidates(self) -> str:
        """The table to read."""
        return f"candidates_{self.rule.id}"


@dataclass(frozen=True, slots=True)
class Apart:
    """Statements of which none reads or changes what another makes, one for each side: in any order, or at once."""

    step: str
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class WhenAny:
    """Steps that are run only if the table has a row: without one they would find nothing."""

    step: str
    table: str
    steps: "tuple[Step, ...]"


Step = Statement | Apart | PairsKnown | Derive | Decide | DecideSums | WhenAny


@dataclass(frozen=True, slots=True)
class Plan:
    """A rule set as steps; they end in `bulk`, `placed_results` (in the columns of the result frame) and `totals`."""

    rule_set: RuleSet
    steps: tuple[Step, ...]

    @property
    def first(self) -> Pair:
        """The rule that does the bulk."""
        first = self.rule_set.rules[0]
        assert isinstance(first, Pair), "the file reader lets no other rule be the first"
        return first

    def text(self, dialect: Dialect) -> str:
        """All of it for a reader, and for the record of a run."""
        return "\n".join(_texts(self.steps, dialect))


def statement(step: str, sql: str) -> Statement:
    """SQL of our own making."""
    return Statement(step, sql.strip())


def _texts(steps: tuple[Step, ...], dialect: Dialect) -> Iterator[str]:
    for step in steps:
        match step:
            case Statement():
                yield f"-- {step.step}\n{step.sql(dialect)};\n"
            case Apart():
                yield from _texts(step.statements, dialect)
            case WhenAny():
                yield f"-- {step.step}: if {step.table} has no row, nothing up to the end of it\n"
                yield from _texts(step.steps, dialect)
                yield f"-- end of {step.table}\n"
            case PairsKnown():
                yield f"-- {step.step}: bulk stays as it is\n"
            case _:
                yield f"-- {step.step}\n-- {type(step).__name__} in Python;\n"
