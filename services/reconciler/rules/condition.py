"""Conditions of rules: an SQL expression of known columns and nothing else. It runs nothing."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache

from sqlglot import exp, parse
from sqlglot.errors import SqlglotError

from services.reconciler.rules import columns as columns_known

LENGTH_MAX = 400
NODES_MAX = 120
DEPTH_MAX = 24  # parentheses and nested calls; the parser is recursive
INTEGER_MAX = 10**15
FACTOR_MAX = 1_000

_ALLOWED = (
    *(exp.And, exp.Or, exp.Not, exp.Paren, exp.Is, exp.Null, exp.Boolean, exp.In, exp.Between),
    *(exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Add, exp.Sub, exp.Mul, exp.Neg),
    *(exp.Column, exp.Identifier, exp.Literal, exp.Abs, exp.Coalesce, exp.Length),
)


class ConditionRefused(ValueError):
    """The text is no condition that a rule may have; the message says which part and what may stand there."""


def parse_condition(text: str, columns: Mapping[str, Collection[str]]) -> exp.Expr:
    """The tree of one condition over `columns`, which are named by table alias. Raises ConditionRefused.

    It is the boundary for what a rule can reach: only the nodes listed here, only qualified columns that are known,
    whole numbers and texts without control characters; no call but ABS, COALESCE and LENGTH, no division, no cast.
    """
    return _parsed(text, tuple(sorted((alias, frozenset(names)) for alias, names in columns.items()))).copy()


@lru_cache(1_024)  # the same few conditions stand in many rules
def _parsed(text: str, known: tuple[tuple[str, frozenset[str]], ...]) -> exp.Expr:
    _check_text(text)
    columns = dict(known)
    try:
        trees = parse(text, dialect="duckdb")
    except (SqlglotError, RecursionError) as fault:
        raise ConditionRefused(f"is no SQL expression: {str(fault).splitlines()[0]}") from fault
    if len(trees) != 1 or trees[0] is None:
        raise ConditionRefused("must be exactly one expression")
    tree = trees[0]
    for count, node in enumerate(tree.walk()):
        if count >= NODES_MAX:
            raise ConditionRefused(f"has more than {NODES_MAX} parts")
        _check_node(node, columns)
    if _type_of(tree) != "truth":
        raise ConditionRefused("must be true or false for each row")
    return _without_comments(tree)


def columns_of(tree: exp.Expr) -> Iterator[tuple[str, str]]:
    """Alias and name of every column in it."""
    for column in tree.find_all(exp.Column):
        yield column.table, column.name


def _check_text(text: str) -> None:
    if not text.strip():
        raise ConditionRefused("is empty; leave the key out instead")
    if len(text) > LENGTH_MAX:
        raise ConditionRefused(f"has {len(text)} characters, {LENGTH_MAX} at most")
    if not text.isprintable():
        raise ConditionRefused("has a control character or a line break")
    if any(mark in text for mark in ("--", "/*", "*/", "#", '"', "`", "\\", ";", "$", "::", "{")):
        raise ConditionRefused("has a comment, a quoted name, an escape, a cast, a parameter or a second statement")
    depth = deepest = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        deepest = max(deepest, depth)
    words = text.upper().split()
    if deepest > DEPTH_MAX or words.count("NOT") > DEPTH_MAX:
        raise ConditionRefused(f"is nested deeper than {DEPTH_MAX}")


def _check_node(node: exp.Expr, columns: Mapping[str, Collection[str]]) -> None:
    if type(node) not in _ALLOWED:
        raise ConditionRefused(f"may not use {type(node).__name__} ({node.sql(dialect='duckdb')[:40]})")
    if isinstance(node, exp.Column):
        _check_column(node, columns)
    if isinstance(node, exp.Identifier) and not isinstance(node.parent, exp.Column):
        raise ConditionRefused(f"may not use the name {node.name} here")
    if isinstance(node, exp.Literal) and not node.is_string and not _is_whole(node):
        raise ConditionRefused(f"may not use the number {node.name}: whole numbers of at most 15 digits only")
    if isinstance(node, exp.In) and (node.args.get("query") or node.args.get("unnest") or node.args.get("field")):
        raise ConditionRefused("IN takes a list of values")


def _check_column(node: exp.Column, columns: Mapping[str, Collection[str]]) -> None:
    if node.args.get("db") or node.args.get("catalog") or not node.table:
        raise ConditionRefused(f"must name a column as {' or '.join(f'{alias}.column' for alias in sorted(columns))}")
    if node.table not in columns:
        raise ConditionRefused(f"knows no {node.table}; there is {', '.join(sorted(columns))}")
    if node.name not in columns[node.table]:
        raise ConditionRefused(f"knows no column {node.table}.{node.name}")


def _is_whole(node: exp.Literal) -> bool:
    return node.name.isascii() and node.name.isdigit() and int(node.name) <= INTEGER_MAX


def _type_of(node: exp.Expr) -> str:
    """text, number or truth; what mixes them would be converted, by each engine in its own way."""
    match node:
        case exp.Paren():
            return _type_of(node.this)
        case exp.Column():
            return _type_of_column(node.name)
        case exp.Literal():
            return "text" if node.is_string else "number"
        case exp.Mul():
            return _product(node)
        case _:
            return _type_of_operator(node)


def _type_of_operator(node: exp.Expr) -> str:
    if isinstance(node, exp.Boolean | exp.Is):
        return "truth"
    if isinstance(node, exp.Connector | exp.Not):
        return _same("truth", node.iter_expressions(), "truth")
    if isinstance(node, exp.Predicate):
        return _same(_type_of(node.this), node.iter_expressions(), "truth")
    if isinstance(node, exp.Coalesce):
        return _same(_type_of(node.this), node.expressions, _type_of(node.this))
    return _same("text" if isinstance(node, exp.Length) else "number", node.iter_expressions(), "number")


def _type_of_column(name: str) -> str:
    if name in columns_known.FLAGS:
        return "truth"
    return "text" if columns_known.is_text(name) else "number"


def _same(expected: str, nodes: Iterable[exp.Expr], gives: str) -> str:
    for node in nodes:
        if (found := _type_of(node)) != expected:
            raise ConditionRefused(f"mixes {expected} and {found} at {node.sql(dialect='duckdb')[:40]}")
    return gives


def _product(node: exp.Mul) -> str:
    """A column times a small number; more could leave 64 bits, where engines differ."""
    factors = [factor for factor in (node.this, node.expression) if isinstance(factor, exp.Literal)]
    others = [factor for factor in (node.this, node.expression) if isinstance(factor, exp.Column)]
    if len(factors) != 1 or len(others) != 1 or factors[0].is_string or int(factors[0].name) > FACTOR_MAX:
        raise ConditionRefused(f"may multiply a column by a number of at most {FACTOR_MAX} only")
    return _same("number", others, "number")


def _without_comments(tree: exp.Expr) -> exp.Expr:
    for node in tree.walk():
        node.comments = None
    return tree
