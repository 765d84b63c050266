"""The SQL of rules that join all payments and all lines with equal keys by their sums. It runs nothing."""

# ruff: noqa: S608  # SQL is what this module is for; every name in it is ours or was checked when the rules were read

from collections.abc import Iterator

from services.reconciler.matching.frames import Side
from services.reconciler.rules import columns
from services.reconciler.rules import fragments as sql
from services.reconciler.rules.plan import Apart, Step, WhenAny, statement
from services.reconciler.rules.rule_files import aliases
from services.reconciler.rules.rule_set import Group


def group_steps(rule: Group) -> Iterator[Step]:
    """The sums of both sides, the groups that they make, and their rows. That both are nothing tells nothing."""
    of_lines, of_payments = (
        statement(rule.id, f"CREATE TABLE sums_{columns.TABLE[side]}_{rule.id} AS {_sums(rule, side)}")
        for side in (Side.LINE, Side.PAYMENT)
    )
    groups = statement(rule.id, f"CREATE TABLE groups_{rule.id} AS {_groups(rule)}")
    placed = Apart(rule.id, tuple(statement(rule.id, f"{sql.into(side)} {_placed(rule, side)}") for side in Side))
    yield of_lines
    standing = WhenAny(rule.id, f"groups_{rule.id}", (placed,))
    both = WhenAny(rule.id, f"sums_p_{rule.id}", (groups, standing))
    yield WhenAny(rule.id, f"sums_l_{rule.id}", (of_payments, both))


def _sums(rule: Group, side: Side) -> str:
    t, names = columns.TABLE[side], _names(rule, side)
    amount = f"{t}.amount_minor"
    if rule.fees == "net" and side is Side.PAYMENT:
        amount = f"{amount} - COALESCE({t}.fee_minor, 0)"
    named = ", ".join(f"{t}.{name} AS k{at}" for at, name in enumerate(names))
    return f"""
        SELECT {named}, CAST(SUM({amount}) AS BIGINT) AS minor, COUNT(*) AS rows_in,
               MIN({t}.{columns.ID[side]}) AS least_id
        FROM live_{t} AS {t} WHERE {_members(rule, side)} GROUP BY {sql.listed(t, names)}"""


def _groups(rule: Group) -> str:
    same = " AND ".join(f"p.k{at} = l.k{at}" for at in range(len(rule.keys)))
    shape = {"one_payment": "p.rows_in = 1", "one_line": "l.rows_in = 1", "any": "TRUE"}[rule.shape]
    case = sql.class_of(rule.cases, aliases(rule, is_case=True))
    return f"""
        SELECT * FROM (
            SELECT g.*, CASE WHEN g.payments_minor = g.lines_minor THEN '' ELSE {case} END AS exception_class
            FROM (
                SELECT {", ".join(f"p.k{at}" for at in range(len(rule.keys)))}, p.minor AS payments_minor,
                       l.minor AS lines_minor, p.rows_in AS payment_count, l.rows_in AS line_count,
                       {sql.least("p.least_id", "l.least_id")} AS group_id
                FROM sums_p_{rule.id} AS p JOIN sums_l_{rule.id} AS l ON {same}
                WHERE {shape} AND p.rows_in + l.rows_in > 2 AND (p.minor <> 0 OR l.minor <> 0)
            ) AS g
        ) AS c WHERE c.payments_minor = c.lines_minor OR c.exception_class <> ''"""


def _placed(rule: Group, side: Side) -> str:
    t = columns.TABLE[side]
    same = " AND ".join(f"{t}.{name} = g.k{at}" for at, name in enumerate(_names(rule, side)))
    return f"""
        SELECT {t}.{columns.ROW[side]}, g.group_id, {sql.literal(rule.id)}, {sql.literal(rule.stage)},
               {sql.disposition(rule.commit, "g.exception_class")}, g.exception_class, '', CAST(NULL AS BIGINT),
               {sql.literal("sum " + sql.by(rule.keys))},
               CASE WHEN ABS(g.payments_minor) >= ABS(g.lines_minor) THEN ABS(g.payments_minor)
                    ELSE ABS(g.lines_minor) END,
               ABS(g.lines_minor - g.payments_minor)
        FROM live_{t} AS {t} JOIN groups_{rule.id} AS g ON {same} WHERE {_members(rule, side)}"""


def _members(rule: Group, side: Side) -> str:
    t = columns.TABLE[side]
    kinds = rule.payments if side is Side.PAYMENT else rule.lines
    own = f"({t}.state = 'SUCCEEDED')" if side is Side.PAYMENT else f"({t}.status IN ('SUCCEEDED', ''))"
    where = sql.condition(rule.where, aliases(rule, is_case=False)) if _speaks_of(rule, t) else "TRUE"
    return f"{sql.of_kinds(t, kinds)} AND {own} AND {sql.there(_names(rule, side), t)} AND {where}"


def _speaks_of(rule: Group, alias: str) -> bool:
    return f"{alias}." in rule.where


def _names(rule: Group, side: Side) -> list[str]:
    return [key.payment if side is Side.PAYMENT else key.line for key in rule.keys]
