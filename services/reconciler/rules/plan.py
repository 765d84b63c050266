"""What the compiler gives an engine to do, in order. It runs nothing."""

from dataclasses import dataclass

from sqlglot import exp, parse_one

from services.reconciler.rules.dialect import Dialect
from services.reconciler.rules.postgres_texts import compare_as_others
from services.reconciler.rules.rule_set import Near, Pair, RuleSet, Sums


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL statement; `step` is the rule that it belongs to, or the part of the frame around the rules."""

    step: str
    tree: exp.Expr

    def sql(self, dialect: Dialect) -> str:
        """The statement as this engine reads it."""
        tree = self.tree.copy().transform(compare_as_others) if dialect is Dialect.POSTGRES else self.tree
        return tree.sql(dialect=dialect.value, pretty=True, copy=False)


@dataclass(frozen=True, slots=True)
class Derive:
    """Fills `days` and `normal_p`, `normal_l` from `rest_p_given` and `rest_l_given`: what SQL engines do unequally."""

    step: str = "derive"


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


Step = Statement | Derive | Decide | DecideSums


@dataclass(frozen=True, slots=True)
class Plan:
    """A rule set as steps; they end in the view `results`, in the columns of the result frame."""

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
        parts = []
        for step in self.steps:
            body = step.sql(dialect) if isinstance(step, Statement) else f"-- {type(step).__name__} in Python"
            parts.append(f"-- {step.step}\n{body};\n")
        return "\n".join(parts)


def statement(step: str, sql: str) -> Statement:
    """SQL of our own making, read into a tree."""
    return Statement(step, parse_one(sql, dialect=Dialect.DUCKDB.value))
