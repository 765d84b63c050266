"""The SQL of rules about one side: repeats, lines that undo each other, groups that pay again or give back more.

It runs nothing.
"""

# ruff: noqa: S608  # SQL is what this module is for; every name in it is ours or was checked when the rules were read

from collections.abc import Iterator

from services.reconciler.matching.frames import Disposition, Side
from services.reconciler.rules import columns
from services.reconciler.rules import fragments as sql
from services.reconciler.rules.plan import Step, WhenAny, statement
from services.reconciler.rules.rule_files import aliases
from services.reconciler.rules.rule_set import Again, Exceeds, Key, Net, Pair, Repeat


def repeat_steps(rule: Repeat, bulk: Pair) -> Iterator[Step]:
    """Rows whose keys another row of their side has; `bulk` tells where that one may be."""
    row, own, t = columns.ROW[rule.side], columns.ID[rule.side], columns.TABLE[rule.side]
    same = " AND ".join(f"this.{name} = first.{name}" for name in rule.keys)
    order = columns.ORDER[rule.side]
    named = sql.named("this", [rule.where], columns.KNOWN[rule.side])
    needed = sorted({own, "amount_minor", *order, *rule.keys, *named})
    yield statement(
        rule.id,
        f"""
        CREATE TABLE open_{rule.id} AS SELECT {sql.listed("this", [row, *needed])} FROM live_{t} AS this
        WHERE {sql.of_kinds("this", rule.rows)} AND {sql.there(rule.keys, "this")}""",
    )
    found = statement(
        rule.id,
        f"""
        CREATE TABLE repeats_{rule.id} AS
        SELECT this.{row}, this.{own} AS id, this.amount_minor, MIN(first.{own}) AS first_id
        FROM open_{rule.id} AS this JOIN {_repeated_in(rule, bulk)} AS first ON {same} AND first.{row} <> this.{row}
        LEFT JOIN live_{t} AS open ON open.{row} = first.{row}
        WHERE {sql.condition(rule.where, aliases(rule, is_case=False))}
          AND (open.{row} IS NULL OR {sql.before(order, "first", "this")})
        GROUP BY this.{row}, this.{own}, this.amount_minor""",
    )
    placed = statement(
        rule.id,
        f"""
        {sql.into(rule.side)}
        SELECT r.{row}, r.id, {sql.literal(rule.id)}, {sql.literal(rule.stage)}, '{Disposition.EXCEPTION}',
               {sql.literal(rule.exception_class)}, r.first_id, CAST(NULL AS BIGINT),
               {sql.literal("repeats another " + sql.by(rule.keys))}, ABS(r.amount_minor), ABS(r.amount_minor)
        FROM repeats_{rule.id} AS r""",
    )
    yield WhenAny(rule.id, f"open_{rule.id}", (found, WhenAny(rule.id, f"repeats_{rule.id}", (placed,))))


def _repeated_in(rule: Repeat, bulk: Pair) -> str:
    """Where the first of two may be: bulk rows are alone with their keys, so only a rule with fewer looks there."""
    is_payment = rule.side is Side.PAYMENT
    keys = {key.payment if is_payment else key.line for key in bulk.keys}
    kinds = bulk.payments if is_payment else bulk.lines
    if keys <= {*rule.keys} and "kind" in rule.keys and {*rule.rows} <= {*kinds} and not bulk.where:
        return f"rest_{columns.TABLE[rule.side]}"
    return columns.BASE[rule.side]


def again_steps(rule: Again) -> Iterator[Step]:
    """It places nothing: of groups that stand already it says that they pay what was paid before."""
    yield statement(
        rule.id,
        f"""
        CREATE TABLE bills_{rule.id} AS
        SELECT x.group_id, p.payment_id, {sql.listed("p", rule.keys)}, ROW_NUMBER() OVER (
            PARTITION BY {sql.listed("p", rule.keys)} ORDER BY p.pay_time_us, p.payment_id) AS place
        FROM placed_p AS x JOIN rest_p AS p ON p.pn = x.pn
        WHERE x.disposition IN ('{Disposition.MATCHED}', '{Disposition.SUGGESTED}') AND p.kind = 'PAYMENT'
          AND {sql.there(rule.keys, "p")}""",
    )
    same = " AND ".join(f"a.{name} = b.{name}" for name in rule.keys)
    yield statement(
        rule.id,
        f"""
        INSERT INTO again
        SELECT DISTINCT b.group_id, {sql.literal(rule.id)}, {sql.literal(rule.exception_class)}, a.payment_id
        FROM bills_{rule.id} AS b JOIN bills_{rule.id} AS a ON {same} AND a.place = 1
        WHERE b.place > 1 AND a.group_id <> b.group_id
          AND NOT EXISTS (SELECT 1 FROM again AS o WHERE o.group_id = b.group_id)""",
    )


def exceeds_steps(rule: Exceeds) -> Iterator[Step]:
    """It places nothing either: it names groups of refunds that together are more than was paid."""
    names = sql.listed("p", rule.keys)
    yield statement(
        rule.id,
        f"""
        CREATE TABLE refunds_{rule.id} AS
        SELECT {names}, CAST(SUM(p.amount_minor) AS BIGINT) AS refunded_minor FROM rest_p AS p
        WHERE p.kind = 'REFUND' AND p.state <> 'FAILED' AND {sql.there(rule.keys, "p")} GROUP BY {names}""",
    )
    same = " AND ".join(f"p.{name} = r.{name}" for name in rule.keys)
    paid = statement(
        rule.id,
        f"""
        CREATE TABLE paid_{rule.id} AS
        SELECT {names}, p.amount_minor, p.kind, p.state, r.refunded_minor
        FROM payments AS p JOIN refunds_{rule.id} AS r ON {same}""",
    )
    exceeded = statement(
        rule.id,
        f"""
        CREATE TABLE exceeded_{rule.id} AS
        SELECT {names} FROM paid_{rule.id} AS p
        WHERE p.kind = 'PAYMENT' AND p.state = 'SUCCEEDED' GROUP BY {names}, p.refunded_minor
        HAVING SUM(p.amount_minor) + p.refunded_minor < 0""",
    )
    first = statement(
        rule.id,
        f"""
        CREATE TABLE first_{rule.id} AS SELECT {names}, MIN(p.payment_id) AS payment_id
        FROM payments AS p JOIN exceeded_{rule.id} AS r ON {same}
        WHERE p.kind = 'PAYMENT' AND p.state = 'SUCCEEDED' GROUP BY {names}""",
    )
    named = statement(
        rule.id,
        f"""
        INSERT INTO again
        SELECT DISTINCT x.group_id, {sql.literal(rule.id)}, {sql.literal(rule.exception_class)}, e.payment_id
        FROM placed_p AS x JOIN rest_p AS p ON p.pn = x.pn
        JOIN first_{rule.id} AS e ON {" AND ".join(f"p.{name} = e.{name}" for name in rule.keys)}
        WHERE p.kind = 'REFUND' AND x.disposition IN ('{Disposition.MATCHED}', '{Disposition.SUGGESTED}')
          AND NOT EXISTS (SELECT 1 FROM again AS o WHERE o.group_id = x.group_id)""",
    )
    told = WhenAny(rule.id, f"exceeded_{rule.id}", (first, named))
    yield WhenAny(rule.id, f"refunds_{rule.id}", (paid, exceeded, told))


def net_steps(rule: Net) -> Iterator[Step]:
    """Lines that share the keys and sum to nothing."""
    keys = [Key(name, name) for name in rule.keys]
    yield statement(
        rule.id,
        f"""
        CREATE TABLE nets_{rule.id} AS
        SELECT {sql.listed("l", rule.keys)}, MIN(l.line_id) AS group_id,
               CAST(SUM(ABS(l.amount_minor)) AS BIGINT) AS moved
        FROM live_l AS l WHERE {sql.there(rule.keys, "l")} GROUP BY {sql.listed("l", rule.keys)}
        HAVING COUNT(*) > 1 AND SUM(l.amount_minor) = 0 AND SUM(ABS(l.amount_minor)) > 0""",
    )
    placed = statement(
        rule.id,
        f"""
        {sql.into(Side.LINE)}
        SELECT l.ln, n.group_id, {sql.literal(rule.id)}, {sql.literal(rule.stage)}, '{rule.disposition}',
               {sql.literal(rule.exception_class)}, '', CAST(NULL AS BIGINT),
               {sql.literal("sums to nothing " + sql.by(rule.keys))}, ABS(l.amount_minor), 0
        FROM live_l AS l JOIN nets_{rule.id} AS n ON {sql.equal(keys, "l", "n")}""",
    )
    yield WhenAny(rule.id, f"nets_{rule.id}", (placed,))
