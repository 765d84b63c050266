"""What of a rule set decides while rows still arrive, as one query over the rows that hang together. It runs nothing.

A rule is taken if rows that come later can only undo it where they share its keys: it joins by a number that both
sides own, with currency and amount, and posts. So the pairs of the rows that hang together are the same in any order of
coming, and are computed anew, by the SQL of the rules themselves, whenever one more of them comes.
"""

# ruff: noqa: S608  # SQL is what this module is for; every name in it is ours or was checked when the rules were read

from collections.abc import Iterator

from services.reconciler.matching.frames import Side
from services.reconciler.rules import columns
from services.reconciler.rules import fragments as sql
from services.reconciler.rules.dialect import Dialect
from services.reconciler.rules.pair_sql import each_once, joined
from services.reconciler.rules.plan import statement
from services.reconciler.rules.rule_set import Commit, Pair, RuleSet

# The channel's own number needs no guard; ours does, since one order may be paid by several of the channel's.
_OWN = frozenset({"channel_txn_no", "channel_refund_no"})
_WITH = frozenset({"channel", "currency_code", "amount_minor"})


def arrival_rules(rule_set: RuleSet) -> tuple[Pair, ...]:
    """The rules that decide on arrival, in their order."""
    return tuple(rule for rule in rule_set.rules if isinstance(rule, Pair) and _decides(rule))


def arrival_query(rules: tuple[Pair, ...], payments: str, lines: str) -> str:
    """The query in PostgreSQL's words, over tables of the two frames with row numbers.

    It asks for `:payment_ids` and `:line_ids`, rows that came, and `:most`. It gives each row that hangs together
    with them, of a payment with its pair also line_id, rule_id, stage, disposition, exception_class and reason; over
    `:most` rows it gives only some of them, which decide nothing.
    """
    return f"""
WITH RECURSIVE near(side, n) AS (
    (SELECT 'P' AS side, pn AS n FROM {payments} WHERE payment_id = ANY(:payment_ids)
     UNION ALL SELECT 'L', ln FROM {lines} WHERE line_id = ANY(:line_ids))
    UNION
    SELECT beside.side, beside.n FROM near CROSS JOIN LATERAL (
        {" UNION ALL ".join(_beside(rules, payments, lines))}
    ) AS beside
), found AS MATERIALIZED (SELECT side, n FROM near LIMIT :most + 1),
p0 AS MATERIALIZED (SELECT p.* FROM {payments} AS p WHERE p.pn IN (SELECT n FROM found WHERE side = 'P')),
l0 AS MATERIALIZED (SELECT l.* FROM {lines} AS l WHERE l.ln IN (SELECT n FROM found WHERE side = 'L')),
{", ".join(part for at, rule in enumerate(rules) for part in _placing(at, rule))},
placed AS ({" UNION ALL ".join(_placed(at, rule) for at, rule in enumerate(rules))})
SELECT 'P' AS side, p.payment_id AS id, x.line_id, x.rule_id, x.stage, x.disposition, x.exception_class, x.reason
FROM p0 AS p LEFT JOIN placed AS x ON x.pn = p.pn
UNION ALL SELECT 'L', l.line_id, NULL, NULL, NULL, NULL, NULL, NULL FROM l0 AS l
"""


def _decides(rule: Pair) -> bool:
    names = {key.payment for key in rule.keys}
    numbers = names & set(columns.REFERENCES)
    guarded = bool(numbers & _OWN) or bool(rule.where)
    given = all(
        {getattr(key, side) for key in rule.keys} <= columns.GIVEN[which]
        for side, which in (("payment", Side.PAYMENT), ("line", Side.LINE))
    )
    derived = any(name in text for name in columns.DERIVED for text in (rule.where, *(c.when for c in rule.cases)))
    posts = rule.commit is Commit.AUTO and rule.many == "leave"
    return posts and names >= _WITH and bool(numbers) and guarded and given and not derived


def _beside(rules: tuple[Pair, ...], payments: str, lines: str) -> Iterator[str]:
    for rule in rules:
        # Said of the line too, the number lets its index be used, which has only rows with one.
        there = sql.there([key.line for key in rule.keys], "l")
        pairs = _postgres(f"{joined(rule, payments, lines)} AND {there}")
        yield f"SELECT 'L' AS side, j.ln AS n FROM ({pairs}) AS j WHERE near.side = 'P' AND j.pn = near.n"
        yield f"SELECT 'P' AS side, j.pn AS n FROM ({pairs}) AS j WHERE near.side = 'L' AND j.ln = near.n"


def _placing(at: int, rule: Pair) -> Iterator[str]:
    """The pairs of one rule, and what it leaves to the next."""
    yield f"joined{at} AS ({_postgres(joined(rule, f'p{at}', f'l{at}'))})"
    yield f"pairs{at} AS ({_postgres(each_once(f'joined{at}'))})"
    for t, row in (("p", "pn"), ("l", "ln")):
        yield f"""{t}{at + 1} AS (SELECT r.* FROM {t}{at} AS r
            WHERE NOT EXISTS (SELECT 1 FROM pairs{at} AS x WHERE x.{row} = r.{row}))"""


def _placed(at: int, rule: Pair) -> str:
    told = f"""SELECT j.pn, j.line_id, {sql.literal(rule.id)} AS rule_id, {sql.literal(rule.stage)} AS stage,
        {sql.disposition(rule.commit, "j.exception_class")} AS disposition, j.exception_class,
        {sql.literal(sql.by(rule.keys))} AS reason FROM pairs{at} AS j"""
    return _postgres(told)


def _postgres(query: str) -> str:
    return statement("arrival", query).sql(Dialect.POSTGRES)
