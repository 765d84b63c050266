"""Which steps each rule of a set becomes, over the rows that no rule above has placed. It runs nothing.

Every rule reads the views `live_p` and `live_l` and adds to `placed_p` and `placed_l`; that is all it can do.
"""

# ruff: noqa: S608  # SQL is what this module is for; every name in it is ours or was checked when the rules were read

from collections.abc import Iterator

from services.reconciler.matching.frames import Disposition
from services.reconciler.rules import columns
from services.reconciler.rules import fragments as sql
from services.reconciler.rules.group_sql import group_steps
from services.reconciler.rules.near_sql import near_steps, sums_steps
from services.reconciler.rules.pair_sql import pair_steps
from services.reconciler.rules.plan import Statement, Step, statement
from services.reconciler.rules.repeat_sql import again_steps, exceeds_steps, net_steps, repeat_steps
from services.reconciler.rules.rule_files import aliases
from services.reconciler.rules.rule_set import (
    Again,
    Alone,
    Exceeds,
    Group,
    Ignore,
    Near,
    Net,
    Pair,
    Repeat,
    Rule,
    Sums,
)


def rule_steps(rule: Rule, first: Pair) -> Iterator[Step]:
    """The steps of one rule; `first` is the one that has done the bulk."""
    match rule:
        case Pair():
            yield from pair_steps(rule)
        case Repeat():
            yield from repeat_steps(rule, first)
        case Again():
            yield from again_steps(rule)
        case Exceeds():
            yield from exceeds_steps(rule)
        case Net():
            yield from net_steps(rule)
        case Group():
            yield from group_steps(rule)
        case Near():
            yield from near_steps(rule)
        case Sums():
            yield from sums_steps(rule)
        case Alone():
            yield _alone(rule)


def _alone(rule: Alone) -> Statement:
    t, row, own = columns.TABLE[rule.side], columns.ROW[rule.side], columns.ID[rule.side]
    return statement(
        rule.id,
        f"""
        {sql.into(rule.side)}
        SELECT {t}.{row}, {t}.{own}, {sql.literal(rule.id)}, {sql.literal(rule.stage)}, '{rule.disposition}',
               {sql.literal(rule.exception_class)}, '', CAST(NULL AS BIGINT), COALESCE(u.reason, 'no counterpart'),
               ABS({t}.amount_minor), ABS({t}.amount_minor)
        FROM live_{t} AS {t}
        LEFT JOIN (SELECT {row}, MIN(reason) AS reason FROM unsearched_{t} GROUP BY {row}) AS u ON u.{row} = {t}.{row}
        WHERE {sql.condition(rule.where, aliases(rule, is_case=False))}""",
    )


def ignore_step(rule: Ignore) -> Statement:
    """Which exceptions the rule hides: in the order of their ids, until the caps of their day and currency are full."""
    basis = "amount_minor" if rule.below.basis == "amount" else "difference_minor"
    classes = ", ".join(sql.literal(name) for name in rule.exception_classes)
    rows = " UNION ALL ".join(
        f"""SELECT x.group_id, r.business_date, r.currency_code, x.{basis} AS minor
            FROM placed_{t} AS x JOIN rest_{t} AS r ON r.{columns.ROW[side]} = x.{columns.ROW[side]}
            WHERE x.disposition = '{Disposition.EXCEPTION}' AND x.exception_class IN ({classes})
              AND x.{basis} < {rule.below.minor}"""
        for side, t in columns.TABLE.items()
    )
    day = "PARTITION BY g.business_date, g.currency_code ORDER BY g.group_id"
    return statement(
        rule.id,
        f"""
        INSERT INTO ignored SELECT c.group_id, {sql.literal(rule.id)} FROM (
            SELECT g.group_id, ROW_NUMBER() OVER ({day}) AS place,
                   SUM(g.minor) OVER ({day} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS used_minor
            FROM (SELECT a.group_id, MIN(a.business_date) AS business_date, MIN(a.currency_code) AS currency_code,
                         MAX(a.minor) AS minor FROM ({rows}) AS a GROUP BY a.group_id) AS g
            WHERE NOT EXISTS (SELECT 1 FROM ignored AS i WHERE i.group_id = g.group_id)
        ) AS c WHERE c.place <= {rule.count_max} AND c.used_minor <= {rule.sum_minor_max}""",
    )
