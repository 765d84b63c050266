"""A rule set as the steps that decide every payment and every line. It runs nothing.

1. The first rule joins all rows; pairs that agree in everything are done, and only the rest is looked at again.
2. `rest_p` and `rest_l` get what SQL engines do unequally: plain references, and where their business day stands.
3. Each rule in its order takes rows from `live_p` and `live_l`; what a rule has placed no other rule sees.
4. What is left becomes the exceptions and buffers that the last rules name: `bulk` and `placed_results` have each row.
"""

# ruff: noqa: S608  # SQL is what this module is for; every name in it is ours or was checked when the rules were read

from collections.abc import Iterator

from services.reconciler.matching.frames import Disposition, Side
from services.reconciler.rules import columns
from services.reconciler.rules import fragments as sql
from services.reconciler.rules.pair_sql import joined
from services.reconciler.rules.plan import Apart, Derive, PairsKnown, Plan, Statement, Step, WhenAny, statement
from services.reconciler.rules.rule_set import INFORMATIVE, Again, Group, Near, Pair, RuleSet, Sums, Threshold
from services.reconciler.rules.rule_sql import ignore_step, rule_steps


def compile_rule_set(rule_set: RuleSet) -> Plan:
    """The plan of a rule set that `parse_rule_set` has taken; the same rule set always gives the same plan."""
    first = rule_set.rules[0]
    assert isinstance(first, Pair), "the file reader lets no other rule be the first"
    steps: list[Step] = [
        *_held(rule_set),
        *_bulk(first),
        PairsKnown(first.id),
        *_rest(first),
        Derive(),
        *_live(),
        *_rules(rule_set, first),
        *_unplaced(),
        *(ignore_step(ignore) for ignore in rule_set.ignore),
        *_results(rule_set.second_confirmation),
    ]
    return Plan(rule_set, tuple(steps))


def _rules(rule_set: RuleSet, first: Pair) -> Iterator[Step]:
    """Each rule in its order. Before those that look for more than numbers, what is placed is left out for good."""
    seen: set[str] = set()
    for rule in rule_set.rules:
        if isinstance(rule, Group | Near | Sums) and rule.kind not in seen:
            seen.add(rule.kind)
            yield from _shrunk(rule.kind)
        yield from rule_steps(rule, first)


def _shrunk(name: str) -> Iterator[Step]:
    copies = (f"CREATE TABLE {name}_{t} AS SELECT * FROM live_{t}" for t in columns.TABLE.values())
    yield Apart("frame", tuple(statement("frame", copy) for copy in copies))
    yield from (statement("frame", f"DROP VIEW live_{t}") for t in columns.TABLE.values())
    yield from _live_views({t: f"{name}_{t}" for t in columns.TABLE.values()})


def _live_views(tables: dict[str, str]) -> Iterator[Step]:
    for side, t in columns.TABLE.items():
        row = columns.ROW[side]
        yield statement(
            "frame",
            f"""
            CREATE VIEW live_{t} AS SELECT r.* FROM {tables[t]} AS r
            WHERE NOT EXISTS (SELECT 1 FROM placed_{t} AS x WHERE x.{row} = r.{row})""",
        )


def _held(rule_set: RuleSet) -> Iterator[Step]:
    """Payments that share the keys of an `again` rule with another: they are not done in bulk."""
    yield statement("frame", "CREATE TABLE held (pn BIGINT)")
    for rule in rule_set.rules:
        if isinstance(rule, Again):
            names = ", ".join(f"p.{name}" for name in rule.keys)
            same = " AND ".join(f"p.{name} = b.{name}" for name in rule.keys)
            paid = f"p.kind = 'PAYMENT' AND p.state = 'SUCCEEDED' AND {sql.there(rule.keys, 'p')}"
            several, them = f"several_{rule.id}", f"SELECT {names} FROM payments AS p WHERE {paid} GROUP BY {names}"
            yield statement(rule.id, f"CREATE TABLE {several} AS {them} HAVING COUNT(*) > 1")
            held = statement(rule.id, f"INSERT INTO held SELECT p.pn FROM payments AS p JOIN {several} AS b ON {same}")
            yield WhenAny(rule.id, several, (held,))


def _bulk(rule: Pair) -> Iterator[Step]:
    told = ", ".join(sql.literal(name) for name in ("", *sorted(INFORMATIVE)))
    yield statement(rule.id, f"CREATE TABLE bulk_joined AS {joined(rule, 'payments', 'lines')}")
    yield statement(
        rule.id,
        f"""
        CREATE TABLE not_bulk AS
        SELECT j.pn FROM bulk_joined AS j WHERE j.exception_class NOT IN ({told})
            OR EXISTS (SELECT 1 FROM held AS h WHERE h.pn = j.pn)
        UNION SELECT j.pn FROM bulk_joined AS j GROUP BY j.pn HAVING COUNT(*) > 1
        UNION SELECT j.pn FROM bulk_joined AS j
        JOIN (SELECT ln FROM bulk_joined GROUP BY ln HAVING COUNT(*) > 1) AS m ON m.ln = j.ln""",
    )
    yield statement(
        rule.id,
        """CREATE VIEW bulk AS SELECT j.* FROM bulk_joined AS j
        WHERE NOT EXISTS (SELECT 1 FROM not_bulk AS n WHERE n.pn = j.pn)""",
    )


def _rest(rule: Pair) -> Iterator[Step]:
    for side, t in columns.TABLE.items():
        row = columns.ROW[side]
        yield statement(
            rule.id,
            f"""
            CREATE TABLE rest_{t}_given AS SELECT r.* FROM {columns.BASE[side]} AS r
            WHERE NOT EXISTS (SELECT 1 FROM bulk AS b WHERE b.{row} = r.{row})""",
        )


def _live() -> Iterator[Step]:
    yield Apart("frame", tuple(_with_derived(side) for side in Side))
    for side, t in columns.TABLE.items():
        row = columns.ROW[side]
        yield statement(
            "frame",
            f"""
            CREATE TABLE placed_{t} ({row} BIGINT, group_id TEXT, rule_id TEXT, stage TEXT, disposition TEXT,
                exception_class TEXT, runner_up_id TEXT, margin BIGINT, reason TEXT, amount_minor BIGINT,
                difference_minor BIGINT)""",
        )
        yield statement("frame", f"CREATE TABLE unsearched_{t} ({row} BIGINT, reason TEXT)")
    yield from _live_views({t: f"rest_{t}" for t in columns.TABLE.values()})
    yield statement("frame", "CREATE TABLE again (group_id TEXT, rule_id TEXT, exception_class TEXT, first_id TEXT)")
    yield statement("frame", "CREATE TABLE ignored (group_id TEXT, rule_id TEXT)")


def _with_derived(side: Side) -> Statement:
    t, row = columns.TABLE[side], columns.ROW[side]
    normal = ", ".join(f"n.{name}_normal" for name in columns.REFERENCES)
    return statement(
        "frame",
        f"""
        CREATE TABLE rest_{t} AS SELECT r.*, {normal}, d.day_waits,
               COALESCE(r.{columns.TIME[side]} >= d.edge_us, FALSE) AS near_cutoff
        FROM rest_{t}_given AS r JOIN normal_{t} AS n ON n.{row} = r.{row}
        JOIN days_{t} AS d ON d.channel = r.channel AND d.business_date = r.business_date""",
    )


def _unplaced() -> Iterator[Step]:
    """A rule set that forgets a row loses nothing: the row is an exception of its side."""
    for side, t in columns.TABLE.items():
        one = {Side.PAYMENT: "PLATFORM_ONLY", Side.LINE: "CHANNEL_ONLY"}[side]
        yield statement(
            "unplaced",
            f"""
            INSERT INTO placed_{t} ({columns.ROW[side]}, group_id, {sql.PLACED})
            SELECT {t}.{columns.ROW[side]}, {t}.{columns.ID[side]}, 'unplaced', 'rest', '{Disposition.EXCEPTION}',
                   '{one}', '', CAST(NULL AS BIGINT), 'no rule names it', ABS({t}.amount_minor), ABS({t}.amount_minor)
            FROM live_{t} AS {t}""",
        )


def _results(second: Threshold | None) -> Iterator[Statement]:
    """`bulk` tells of the pairs, of which `bulk_says` tells the rest; `placed_results` has all others, `totals` all."""
    placed = " UNION ALL ".join(_placed_results(side, second) for side in Side)
    yield statement("results", f"CREATE TABLE placed_results AS {placed}")
    minor = {Side.PAYMENT: "books_minor", Side.LINE: "channel_minor"}
    pairs = " UNION ALL ".join(
        f"""SELECT '{side}' AS side, '{Disposition.MATCHED}' AS disposition, b.exception_class, b.currency_code,
            COUNT(*) AS row_count, SUM(b.{minor[side]}) AS amount_minor FROM bulk AS b
            GROUP BY b.exception_class, b.currency_code"""
        for side in Side
    )
    yield statement(
        "results",
        f"""CREATE VIEW totals AS {pairs} UNION ALL
        SELECT r.side, r.disposition, r.exception_class, r.currency_code, COUNT(*), SUM(r.amount_minor)
        FROM placed_results AS r GROUP BY r.side, r.disposition, r.exception_class, r.currency_code""",
    )


def bulk_says(first: Pair) -> dict[str, str]:
    """What the results tell of every row that the first rule has done in bulk."""
    told = {"rule_id": first.id, "stage": first.stage, "disposition": Disposition.MATCHED.value}
    return {**told, "reason": sql.by(first.keys)}


def _placed_results(side: Side, second: Threshold | None) -> str:
    t, row, own = columns.TABLE[side], columns.ROW[side], columns.ID[side]
    two = "x.reason"
    if second is not None:
        basis = "x.amount_minor" if second.basis == "amount" else "x.difference_minor"
        two = f"""CASE WHEN NOT i.group_id IS NULL OR x.disposition IN ('{Disposition.MATCHED}',
            '{Disposition.IGNORED_BY_RULE}') AND a.group_id IS NULL OR {basis} < {second.minor}
            THEN x.reason ELSE x.reason || '; two people confirm' END"""
    return f"""
        SELECT '{side}' AS side, r.{own} AS id, x.group_id,
            CASE WHEN NOT i.rule_id IS NULL THEN i.rule_id WHEN NOT a.rule_id IS NULL THEN a.rule_id
                 ELSE x.rule_id END AS rule_id,
            x.stage,
            CASE WHEN NOT i.rule_id IS NULL THEN '{Disposition.IGNORED_BY_RULE}'
                 WHEN NOT a.rule_id IS NULL THEN '{Disposition.EXCEPTION}' ELSE x.disposition END AS disposition,
            COALESCE(a.exception_class, x.exception_class) AS exception_class,
            COALESCE(a.first_id, x.runner_up_id) AS runner_up_id, x.margin, {two} AS reason,
            r.currency_code, r.amount_minor
        FROM placed_{t} AS x JOIN rest_{t} AS r ON r.{row} = x.{row}
        LEFT JOIN again AS a ON a.group_id = x.group_id LEFT JOIN ignored AS i ON i.group_id = x.group_id"""
