"""The SQL of each kind of rule, over the rows that no rule above has placed. It runs nothing.

Every rule reads the views `live_p` and `live_l` and adds to `placed_p` and `placed_l`; that is all it can do.
"""

# ruff: noqa: S608  # SQL is what this module is for; every name in it is ours or was checked when the rules were read

from collections.abc import Iterable, Iterator

from services.reconciler.matching.frames import Disposition, Side
from services.reconciler.rules import columns
from services.reconciler.rules import fragments as sql
from services.reconciler.rules.plan import Decide, DecideSums, Statement, Step, statement
from services.reconciler.rules.rule_files import aliases
from services.reconciler.rules.rule_set import (
    Again,
    Alone,
    Exceeds,
    Group,
    Ignore,
    Key,
    Near,
    Net,
    Pair,
    Repeat,
    Rule,
    Similar,
    Sums,
)

_CROWD = 4  # three stretches hold up to so many times what is within the time of one row


def rule_steps(rule: Rule, first: Pair) -> Iterator[Step]:
    """The steps of one rule; `first` is the one that has done the bulk."""
    match rule:
        case Pair():
            yield from _pair(rule)
        case Repeat():
            yield from _repeat(rule, first)
        case Again():
            yield from _again(rule)
        case Exceeds():
            yield from _exceeds(rule)
        case Net():
            yield from _net(rule)
        case Group():
            yield from _group(rule)
        case Near():
            yield from _near(rule)
        case Sums():
            yield from _sums_of(rule)
        case Alone():
            yield _alone(rule)


def joined(rule: Pair, payments: str, lines: str) -> str:
    """All pairs that the rule's keys join, each with its class."""
    case = sql.class_of(rule.cases, aliases(rule, is_case=True))
    return f"""
        SELECT p.pn, l.ln, p.payment_id, l.line_id, p.amount_minor AS books_minor, l.amount_minor AS channel_minor,
               p.currency_code, {case} AS exception_class
        FROM {payments} AS p JOIN {lines} AS l ON {sql.equal(rule.keys)}
        WHERE {sql.of_kinds("p", rule.payments)} AND {sql.of_kinds("l", rule.lines)}
          AND {sql.condition(rule.where, aliases(rule, is_case=False))}"""


def _pair(rule: Pair) -> Iterator[Step]:
    if rule.many == "leave":
        yield statement(rule.id, f"CREATE TABLE joined_{rule.id} AS {joined(rule, 'live_p', 'live_l')}")
    else:
        yield statement(rule.id, f"CREATE TABLE joined_{rule.id} AS {_in_order(rule)}")
    yield statement(
        rule.id,
        f"""
        CREATE TABLE pairs_{rule.id} AS SELECT j.* FROM joined_{rule.id} AS j
        WHERE NOT EXISTS (
            SELECT 1 FROM (SELECT pn FROM joined_{rule.id} GROUP BY pn HAVING COUNT(*) > 1) AS m WHERE m.pn = j.pn)
          AND NOT EXISTS (
            SELECT 1 FROM (SELECT ln FROM joined_{rule.id} GROUP BY ln HAVING COUNT(*) > 1) AS m WHERE m.ln = j.ln)""",
    )
    for side in Side:
        yield statement(rule.id, f"{_into(side)} {_placed_pair(rule, side)}")


def _in_order(rule: Pair) -> str:
    """The first payment with the first line, the second with the second, among those that share all keys."""
    keys = {Side.PAYMENT: [key.payment for key in rule.keys], Side.LINE: [key.line for key in rule.keys]}
    kinds = {Side.PAYMENT: rule.payments, Side.LINE: rule.lines}
    inner = joined(rule, "ranked_p", "ranked_l")
    ranked = (
        f"""ranked_{t} AS (SELECT {t}.*, ROW_NUMBER() OVER (PARTITION BY {_list(t, keys[side])}
            ORDER BY {_list(t, columns.ORDER[side])}) AS place FROM live_{t} AS {t}
            WHERE {sql.of_kinds(t, kinds[side])} AND {sql.there(keys[side], t)})"""
        for side, t in columns.TABLE.items()
    )
    return f"WITH {', '.join(ranked)} {inner} AND p.place = l.place"


def _placed_pair(rule: Pair, side: Side) -> str:
    return f"""
        SELECT j.{columns.ROW[side]}, {sql.least("j.payment_id", "j.line_id")}, {sql.literal(rule.id)},
               {sql.literal(rule.stage)}, {sql.disposition(rule.commit, "j.exception_class")}, j.exception_class, '',
               CAST(NULL AS BIGINT), {sql.literal(sql.by(rule.keys))},
               CASE WHEN ABS(j.books_minor) >= ABS(j.channel_minor) THEN ABS(j.books_minor)
                    ELSE ABS(j.channel_minor) END,
               ABS(j.channel_minor - j.books_minor)
        FROM pairs_{rule.id} AS j"""


def _repeat(rule: Repeat, bulk: Pair) -> Iterator[Step]:
    row, own, t = columns.ROW[rule.side], columns.ID[rule.side], columns.TABLE[rule.side]
    same = sql.equal((Key(name, name) for name in rule.keys), "this", "first")
    yield statement(
        rule.id,
        f"""
        CREATE TABLE repeats_{rule.id} AS
        SELECT this.{row}, this.{own} AS id, this.amount_minor, MIN(first.{own}) AS first_id
        FROM live_{t} AS this JOIN {_repeated_in(rule, bulk)} AS first ON {same} AND first.{row} <> this.{row}
        LEFT JOIN live_{t} AS open ON open.{row} = first.{row}
        WHERE {sql.of_kinds("this", rule.rows)} AND {sql.condition(rule.where, aliases(rule, is_case=False))}
          AND (open.{row} IS NULL OR {sql.before(columns.ORDER[rule.side], "first", "this")})
        GROUP BY this.{row}, this.{own}, this.amount_minor""",
    )
    yield statement(
        rule.id,
        f"""{_into(rule.side)}
        SELECT r.{row}, r.id, {sql.literal(rule.id)}, {sql.literal(rule.stage)}, '{Disposition.EXCEPTION}',
               {sql.literal(rule.exception_class)}, r.first_id, CAST(NULL AS BIGINT),
               {sql.literal("repeats another " + sql.by(rule.keys))}, ABS(r.amount_minor), ABS(r.amount_minor)
        FROM repeats_{rule.id} AS r""",
    )


def _repeated_in(rule: Repeat, bulk: Pair) -> str:
    """Where the first of two may be: bulk rows are alone with their keys, so only a rule with fewer looks there."""
    is_payment = rule.side is Side.PAYMENT
    keys = {key.payment if is_payment else key.line for key in bulk.keys}
    kinds = bulk.payments if is_payment else bulk.lines
    if keys <= {*rule.keys} and "kind" in rule.keys and {*rule.rows} <= {*kinds} and not bulk.where:
        return f"rest_{columns.TABLE[rule.side]}"
    return columns.BASE[rule.side]


def _again(rule: Again) -> Iterator[Step]:
    """It places nothing: of groups that stand already it says that they pay what was paid before."""
    yield statement(
        rule.id,
        f"""
        CREATE TABLE bills_{rule.id} AS
        SELECT x.group_id, p.payment_id, {_list("p", rule.keys)},
               ROW_NUMBER() OVER (PARTITION BY {_list("p", rule.keys)} ORDER BY p.pay_time_us, p.payment_id) AS place
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


def _exceeds(rule: Exceeds) -> Iterator[Step]:
    keys, names = [Key(name, name) for name in rule.keys], _list("p", rule.keys)
    yield statement(
        rule.id,
        f"""
        CREATE TABLE refunds_{rule.id} AS
        SELECT {names}, CAST(SUM(p.amount_minor) AS BIGINT) AS refunded_minor FROM rest_p AS p
        WHERE p.kind = 'REFUND' AND p.state <> 'FAILED' AND {sql.there(rule.keys, "p")} GROUP BY {names}""",
    )
    yield statement(
        rule.id,
        f"""
        CREATE TABLE exceeded_{rule.id} AS
        SELECT {names}, MIN(p.payment_id) AS payment_id FROM payments AS p
        JOIN refunds_{rule.id} AS r ON {sql.equal(keys, "p", "r")}
        WHERE p.kind = 'PAYMENT' AND p.state = 'SUCCEEDED' GROUP BY {names}, r.refunded_minor
        HAVING SUM(p.amount_minor) + r.refunded_minor < 0""",
    )
    yield statement(
        rule.id,
        f"""
        INSERT INTO again
        SELECT DISTINCT x.group_id, {sql.literal(rule.id)}, {sql.literal(rule.exception_class)}, e.payment_id
        FROM placed_p AS x JOIN rest_p AS p ON p.pn = x.pn
        JOIN exceeded_{rule.id} AS e ON {sql.equal(keys, "p", "e")}
        WHERE p.kind = 'REFUND' AND x.disposition IN ('{Disposition.MATCHED}', '{Disposition.SUGGESTED}')
          AND NOT EXISTS (SELECT 1 FROM again AS o WHERE o.group_id = x.group_id)""",
    )


def _net(rule: Net) -> Iterator[Step]:
    keys = [Key(name, name) for name in rule.keys]
    yield statement(
        rule.id,
        f"""
        CREATE TABLE nets_{rule.id} AS
        SELECT {_list("l", rule.keys)}, MIN(l.line_id) AS group_id, CAST(SUM(ABS(l.amount_minor)) AS BIGINT) AS moved
        FROM live_l AS l WHERE {sql.there(rule.keys, "l")} GROUP BY {_list("l", rule.keys)}
        HAVING COUNT(*) > 1 AND SUM(l.amount_minor) = 0 AND SUM(ABS(l.amount_minor)) > 0""",
    )
    yield statement(
        rule.id,
        f"""{_into(Side.LINE)}
        SELECT l.ln, n.group_id, {sql.literal(rule.id)}, {sql.literal(rule.stage)}, '{rule.disposition}',
               {sql.literal(rule.exception_class)}, '', CAST(NULL AS BIGINT),
               {sql.literal("sums to nothing " + sql.by(rule.keys))}, ABS(l.amount_minor), 0
        FROM live_l AS l JOIN nets_{rule.id} AS n ON {sql.equal(keys, "l", "n")}""",
    )


def _group(rule: Group) -> Iterator[Step]:
    yield statement(rule.id, f"CREATE TABLE sums_p_{rule.id} AS {_sums(rule, Side.PAYMENT)}")
    yield statement(rule.id, f"CREATE TABLE sums_l_{rule.id} AS {_sums(rule, Side.LINE)}")
    yield statement(rule.id, f"CREATE TABLE groups_{rule.id} AS {_groups(rule)}")
    for side in Side:
        yield statement(rule.id, f"{_into(side)} {_placed_group(rule, side)}")


def _sums(rule: Group, side: Side) -> str:
    t, names = columns.TABLE[side], _names(rule, side)
    amount = f"{t}.amount_minor"
    if rule.fees == "net" and side is Side.PAYMENT:
        amount = f"{amount} - COALESCE({t}.fee_minor, 0)"
    named = ", ".join(f"{t}.{name} AS k{at}" for at, name in enumerate(names))
    return f"""
        SELECT {named}, CAST(SUM({amount}) AS BIGINT) AS minor, COUNT(*) AS rows_in,
               MIN({t}.{columns.ID[side]}) AS least_id
        FROM live_{t} AS {t} WHERE {_members(rule, side)} GROUP BY {_list(t, names)}"""


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
                WHERE {shape} AND p.rows_in + l.rows_in > 2
            ) AS g
        ) AS c WHERE c.payments_minor = c.lines_minor OR c.exception_class <> ''"""


def _placed_group(rule: Group, side: Side) -> str:
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


def _near(rule: Near) -> Iterator[Step]:
    yield from _stretches(rule)
    halves = " UNION ".join(_candidates(rule, half) for half in _halves(rule))
    yield statement(rule.id, f"CREATE TABLE candidates_{rule.id} AS {halves}")
    yield Decide(rule.id, rule)
    yield from _decided(rule)


def _sums_of(rule: Sums) -> Iterator[Step]:
    """Each whole with its possible parts; blocks that have too many of them are left out before the join."""
    yield from _stretches(rule)
    part, key = ("p", "payment") if rule.whole is Side.LINE else ("l", "line")
    names = [getattr(one, key) for one in rule.keys]
    grouped = f"{_list('n', names)}, n.stretch"
    yield statement(
        rule.id,
        f"""
        CREATE TABLE crowded_{rule.id} AS SELECT {grouped} FROM near_{part}_{rule.id} AS n
        GROUP BY {grouped} HAVING COUNT(*) > {_CROWD * rule.pool_max}""",
    )
    same = " AND ".join(f"c.{name} = {part}.{name}" for name in names)
    fitting = (
        "p.amount_minor > 0 AND p.amount_minor - COALESCE(p.fee_minor, 0) <= l.amount_minor"
        if rule.whole is Side.LINE
        else "l.amount_minor > 0 AND l.amount_minor <= p.amount_minor"
    )
    yield statement(
        rule.id,
        f"""
        CREATE TABLE candidates_{rule.id} AS {_candidates(rule, fitting)}
          AND NOT EXISTS (
            SELECT 1 FROM crowded_{rule.id} AS c WHERE {same} AND c.stretch = {part}.stretch)""",
    )
    yield DecideSums(rule.id, rule)
    yield from _decided(rule)


def _stretches(rule: Near | Sums) -> Iterator[Step]:
    """Candidates share one of three adjoining stretches of time, so that the join has only equalities."""
    within_us = rule.within_seconds * 1_000_000
    shift = f"SELECT -{within_us} AS shift UNION ALL SELECT 0 UNION ALL SELECT {within_us}"
    yield statement(
        rule.id,
        f"""
        CREATE TABLE near_p_{rule.id} AS
        SELECT p.*, p.pay_time_us - p.pay_time_us % {within_us} + s.shift AS stretch FROM live_p AS p
        CROSS JOIN ({shift}) AS s WHERE {sql.of_kinds("p", rule.payments)} AND p.state = 'SUCCEEDED'""",
    )
    yield statement(
        rule.id,
        f"""
        CREATE TABLE near_l_{rule.id} AS
        SELECT l.*, l.book_time_us - l.book_time_us % {within_us} AS stretch FROM live_l AS l
        WHERE {sql.of_kinds("l", rule.lines)} AND l.status IN ('SUCCEEDED', '') AND NOT l.book_time_us IS NULL""",
    )


def _decided(rule: Near | Sums) -> Iterator[Step]:
    told = ", ".join(f"d.{name}" for name in sql.PLACED.split(", "))
    for side, t in columns.TABLE.items():
        placed = f"SELECT d.{columns.ROW[side]}, d.group_id, {told} FROM decided_{t}_{rule.id} AS d"
        yield statement(rule.id, f"{_into(side)} {placed}")


def _candidates(rule: Near | Sums, more: str) -> str:
    # The references that the decision compares; the joined columns of the line under names of their own.
    keys = rule.similar.keys if isinstance(rule, Near) and rule.similar else ()
    compared = "".join(f", p.{key.payment} AS p{at}, l.{key.line} AS l{at}" for at, key in enumerate(keys))
    return f"""
        SELECT p.pn, l.ln, p.payment_id, l.line_id, p.amount_minor AS books_minor, l.amount_minor AS channel_minor,
               p.fee_minor, ABS(p.pay_time_us - l.book_time_us) AS apart_us{compared}
        FROM near_p_{rule.id} AS p JOIN near_l_{rule.id} AS l
          ON {sql.equal(rule.keys)} AND p.stretch = l.stretch AND {more}
        WHERE ABS(p.pay_time_us - l.book_time_us) <= {rule.within_seconds * 1_000_000}
          AND {sql.condition(rule.where, aliases(rule, is_case=False))}"""


def _halves(rule: Near) -> list[str]:
    """One edit, or a cut, leaves a reference's head or tail whole: joins by equality find every candidate.

    Dense serials share their heads, so most are sorted out here already: one swap is two edits to LEVENSHTEIN.
    """
    if rule.similar is None:
        return ["TRUE"]
    return [_half(rule.similar, key, end) for key in rule.similar.keys for end in ("LEFT", "RIGHT")]


def _half(similar: Similar, key: Key, end: str) -> str:
    p, line, head = f"p.{key.payment}", f"l.{key.line}", similar.shortest - similar.tail
    size = head if end == "LEFT" else similar.tail
    return f"""{end}({p}, {size}) = {end}({line}, {size})
        AND LENGTH({p}) >= {similar.shortest} AND LENGTH({line}) >= {head}
        AND (LEVENSHTEIN({p}, {line}) <= 2 OR LEFT({p}, LENGTH({line})) = {line})"""


def _alone(rule: Alone) -> Statement:
    t, row, own = columns.TABLE[rule.side], columns.ROW[rule.side], columns.ID[rule.side]
    return statement(
        rule.id,
        f"""{_into(rule.side)}
        SELECT {t}.{row}, {t}.{own}, {sql.literal(rule.id)}, {sql.literal(rule.stage)}, '{rule.disposition}',
               {sql.literal(rule.exception_class)}, '', CAST(NULL AS BIGINT), 'no counterpart',
               ABS({t}.amount_minor), ABS({t}.amount_minor)
        FROM live_{t} AS {t} WHERE {sql.condition(rule.where, aliases(rule, is_case=False))}""",
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


def _into(side: Side) -> str:
    return f"INSERT INTO placed_{columns.TABLE[side]} ({columns.ROW[side]}, group_id, {sql.PLACED})"


def _list(alias: str, names: Iterable[str]) -> str:
    return ", ".join(f"{alias}.{name}" for name in names)
