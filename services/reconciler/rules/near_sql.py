"""The SQL of rules that only find candidates, near in time, of which Python decides. It runs nothing."""

# ruff: noqa: S608  # SQL is what this module is for; every name in it is ours or was checked when the rules were read

from collections.abc import Iterator

from services.reconciler.matching.frames import Side
from services.reconciler.rules import columns
from services.reconciler.rules import fragments as sql
from services.reconciler.rules.plan import Decide, DecideSums, Statement, Step, WhenAny, statement
from services.reconciler.rules.rule_files import aliases
from services.reconciler.rules.rule_set import Key, Near, Similar, Sums

_CROWD = 4  # three stretches hold up to so many times what is within the time of one row
_PAIRS_MAX = 10_000  # of equal keys in one stretch: a hundred payments and a hundred lines, of which nobody can tell


def near_steps(rule: Near) -> Iterator[Step]:
    """Payments and lines with equal keys within the time, and what is decided of them.

    Where too many are alike at one time they are left out before the join, which would pair each with each.
    """
    names = [key.payment for key in rule.keys]
    same = " AND ".join(f"c.{name} = p.{name}" for name in names)
    free = f"NOT EXISTS (SELECT 1 FROM crowded_{rule.id} AS c WHERE {same} AND c.stretch = p.stretch)"
    halves = " UNION ".join(f"{_candidates(rule, half)} AND {free}" for half in _halves(rule))
    found = statement(rule.id, f"CREATE TABLE candidates_{rule.id} AS {halves}")
    noted = (_crowded_out(rule, side, names, f"{_PAIRS_MAX} pairs alike") for side in Side)
    too_many = WhenAny(rule.id, f"crowded_{rule.id}", tuple(noted))
    decided = WhenAny(rule.id, f"candidates_{rule.id}", (Decide(rule.id, rule), *_decided(rule)))
    yield from _among_near(rule, _crowds(rule), too_many, found, decided)


def _crowds(rule: Near) -> Statement:
    payments = ", ".join(f"n.{key.payment} AS k{at}" for at, key in enumerate(rule.keys))
    lines = ", ".join(f"n.{key.line} AS k{at}" for at, key in enumerate(rule.keys))
    places = ", ".join(str(at + 1) for at in range(len(rule.keys) + 1))
    same = " AND ".join(f"p.k{at} = l.k{at}" for at in range(len(rule.keys)))
    named = ", ".join(f"p.k{at} AS {key.payment}" for at, key in enumerate(rule.keys))
    return statement(
        rule.id,
        f"""
        CREATE TABLE crowded_{rule.id} AS SELECT {named}, p.stretch
        FROM (SELECT {payments}, n.stretch, COUNT(*) AS n FROM near_p_{rule.id} AS n GROUP BY {places}) AS p
        JOIN (SELECT {lines}, n.stretch, COUNT(*) AS n FROM near_l_{rule.id} AS n GROUP BY {places}) AS l
          ON {same} AND p.stretch = l.stretch
        WHERE p.n * l.n > {_PAIRS_MAX}""",
    )


def sums_steps(rule: Sums) -> Iterator[Step]:
    """Each whole with its possible parts; blocks that have too many of them are left out before the join.

    A whole that was left out, or that has too many possible parts, is noted: if it stays alone, its reason says so.
    """
    part, key = ("p", "payment") if rule.whole is Side.LINE else ("l", "line")
    names = [getattr(one, key) for one in rule.keys]
    grouped = f"{sql.listed('n', names)}, n.stretch"
    crowded = statement(
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
    found = statement(
        rule.id,
        f"""
        CREATE TABLE candidates_{rule.id} AS {_candidates(rule, fitting)}
          AND NOT EXISTS (
            SELECT 1 FROM crowded_{rule.id} AS c WHERE {same} AND c.stretch = {part}.stretch)""",
    )
    told = f"{_CROWD * rule.pool_max} rows of a {_whole(rule)}"
    too_many = WhenAny(rule.id, f"crowded_{rule.id}", (_crowded_out(rule, rule.whole, names, told),))
    steps: tuple[Step, ...] = (*_too_many_parts(rule), DecideSums(rule.id, rule), *_decided(rule))
    yield from _among_near(rule, crowded, too_many, found, WhenAny(rule.id, f"candidates_{rule.id}", steps))


def _crowded_out(rule: Near | Sums, side: Side, names: list[str], told: str) -> Statement:
    """Rows of which all others at their time were too many to be looked at."""
    t, row = columns.TABLE[side], columns.ROW[side]
    own = [key.line if side is Side.LINE else key.payment for key in rule.keys]
    same = " AND ".join(f"c.{name} = {t}.{mine}" for name, mine in zip(names, own, strict=True))
    return statement(
        rule.id,
        f"""
        INSERT INTO unsearched_{t} SELECT DISTINCT {t}.{row}, {_unsearched(rule, told)}
        FROM near_{t}_{rule.id} AS {t} JOIN crowded_{rule.id} AS c ON {same} AND c.stretch = {t}.stretch""",
    )


def _too_many_parts(rule: Sums) -> Iterator[Statement]:
    """Wholes with more possible parts than a sum is looked for among, and those parts."""
    whole = columns.ROW[rule.whole]
    told = f"{rule.pool_max} possible parts of a {_whole(rule)}"
    large = f"SELECT {whole} FROM candidates_{rule.id} GROUP BY {whole} HAVING COUNT(*) > {rule.pool_max}"
    for side, t in columns.TABLE.items():
        yield statement(
            rule.id,
            f"""
            INSERT INTO unsearched_{t}
            SELECT DISTINCT c.{columns.ROW[side]}, {_unsearched(rule, told)}
            FROM candidates_{rule.id} AS c JOIN ({large}) AS g ON g.{whole} = c.{whole}""",
        )


def _unsearched(rule: Near | Sums, told: str) -> str:
    what = "counterpart" if isinstance(rule, Near) else "sum"
    within = f"{sql.by(rule.keys)} within {rule.within_seconds} s"
    return sql.literal(f"no counterpart; no {what} was looked for: more than {told} {within}")


def _whole(rule: Sums) -> str:
    return "deposit" if rule.whole is Side.LINE else "payment"


def _among_near(rule: Near | Sums, *steps: Step) -> Iterator[Step]:
    """Candidates share one of three adjoining stretches of time, so that the join has only equalities."""
    within_us = rule.within_seconds * 1_000_000
    shift = f"SELECT -{within_us} AS shift UNION ALL SELECT 0 UNION ALL SELECT {within_us}"
    payments = statement(
        rule.id,
        f"""
        CREATE TABLE near_p_{rule.id} AS
        SELECT {_needed(rule, Side.PAYMENT)}, p.pay_time_us - p.pay_time_us % {within_us} + s.shift AS stretch
        FROM live_p AS p CROSS JOIN ({shift}) AS s
        WHERE {sql.of_kinds("p", rule.payments)} AND p.state = 'SUCCEEDED'
          AND {sql.there([key.payment for key in rule.keys], "p")}""",
    )
    yield statement(
        rule.id,
        f"""
        CREATE TABLE near_l_{rule.id} AS
        SELECT {_needed(rule, Side.LINE)}, l.book_time_us - l.book_time_us % {within_us} AS stretch
        FROM live_l AS l
        WHERE {sql.of_kinds("l", rule.lines)} AND l.status IN ('SUCCEEDED', '') AND NOT l.book_time_us IS NULL
          AND {sql.there([key.line for key in rule.keys], "l")}""",
    )
    both = WhenAny(rule.id, f"near_p_{rule.id}", steps)
    yield WhenAny(rule.id, f"near_l_{rule.id}", (payments, both))


def _needed(rule: Near | Sums, side: Side) -> str:
    """The columns that the rule names, and those that a decision is made of."""
    t, is_payment = columns.TABLE[side], side is Side.PAYMENT
    keys = [*rule.keys, *(rule.similar.keys if isinstance(rule, Near) and rule.similar else ())]
    always = {columns.ID[side], columns.TIME[side], "amount_minor", "fee_minor"}
    needed = always | {key.payment if is_payment else key.line for key in keys}
    return sql.listed(t, [columns.ROW[side], *sorted(needed | sql.named(t, [rule.where], columns.KNOWN[side]))])


def _decided(rule: Near | Sums) -> Iterator[Statement]:
    told = ", ".join(f"d.{name}" for name in sql.PLACED.split(", "))
    for side, t in columns.TABLE.items():
        placed = f"SELECT d.{columns.ROW[side]}, d.group_id, {told} FROM decided_{t}_{rule.id} AS d"
        yield statement(rule.id, f"{sql.into(side)} {placed}")


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
