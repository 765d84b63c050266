"""The SQL of rules that join one payment and one line. It runs nothing."""

# ruff: noqa: S608  # SQL is what this module is for; every name in it is ours or was checked when the rules were read

from collections.abc import Iterator

from services.reconciler.matching.frames import Side
from services.reconciler.rules import columns
from services.reconciler.rules import fragments as sql
from services.reconciler.rules.plan import Apart, Step, WhenAny, statement
from services.reconciler.rules.rule_files import aliases
from services.reconciler.rules.rule_set import INFORMATIVE, Case, Pair

_MOVED_ON_ONE_SIDE = (
    Case("p.state <> 'SUCCEEDED'", "STATUS_CHANNEL_SUCCESS"),
    Case("l.status NOT IN ('SUCCEEDED', '')", "STATUS_PLATFORM_SUCCESS"),
)


def pair_steps(rule: Pair) -> Iterator[Step]:
    """All pairs that the keys join, then those of which neither row is in another pair."""
    query = joined(rule, "live_p", "live_l") if rule.many == "leave" else _in_order(rule)
    yield statement(rule.id, f"CREATE TABLE joined_{rule.id} AS {query}")
    pairs = f"CREATE TABLE pairs_{rule.id} AS {each_once(f'joined_{rule.id}')}"
    placed = Apart(rule.id, tuple(statement(rule.id, f"{sql.into(side)} {_placed(rule, side)}") for side in Side))
    yield WhenAny(rule.id, f"joined_{rule.id}", (statement(rule.id, pairs), placed))


def joined(rule: Pair, payments: str, lines: str) -> str:
    """All pairs that the rule's keys join, each with its class; where no side says that money moved, there is none."""
    return f"""
        SELECT p.pn, l.ln, p.payment_id, l.line_id, p.amount_minor AS books_minor, l.amount_minor AS channel_minor,
               p.currency_code, {_class_of(rule)} AS exception_class
        FROM {payments} AS p JOIN {lines} AS l ON {sql.equal(rule.keys)}
        WHERE {sql.of_kinds("p", rule.payments)} AND {sql.of_kinds("l", rule.lines)}
          AND (p.state = 'SUCCEEDED' OR l.status IN ('SUCCEEDED', ''))
          AND {sql.condition(rule.where, aliases(rule, is_case=False))}"""


def _class_of(rule: Pair) -> str:
    """Whatever a rule set forgets: what moved on one side only is no match, before a class that would let it be one."""
    good = next((at for at, case in enumerate(rule.cases) if case.exception_class in INFORMATIVE), len(rule.cases))
    cases = (*rule.cases[:good], *_MOVED_ON_ONE_SIDE, *rule.cases[good:])
    return sql.class_of(cases, aliases(rule, is_case=True))


def each_once(joined_rows: str) -> str:
    """Of joined pairs those of which neither row is in another."""
    alone = (
        f"NOT EXISTS (SELECT 1 FROM (SELECT {row} FROM {joined_rows} GROUP BY {row} HAVING COUNT(*) > 1) AS m "
        f"WHERE m.{row} = j.{row})"
        for row in columns.ROW.values()
    )
    return f"SELECT j.* FROM {joined_rows} AS j WHERE {' AND '.join(alone)}"


def _in_order(rule: Pair) -> str:
    """The first payment with the first line, the second with the second, among those that share all keys.

    Only rows whose keys are on the other side are put in order.
    """
    ranked = (f"ranked_{columns.TABLE[side]} AS ({_ranked(rule, side)})" for side in Side)
    return f"WITH {', '.join(ranked)} {joined(rule, 'ranked_p', 'ranked_l')} AND p.place = l.place"


def _ranked(rule: Pair, side: Side) -> str:
    t, is_payment = columns.TABLE[side], side is Side.PAYMENT
    keys = [key.payment if is_payment else key.line for key in rule.keys]
    live = "live_l" if is_payment else "live_p"
    same = sql.equal(rule.keys, t, "o") if is_payment else sql.equal(rule.keys, "o", t)
    texts = (rule.where, *(case.when for case in rule.cases))
    needed = {
        columns.ID[side],
        "amount_minor",
        "currency_code",
        "kind",
        "state" if is_payment else "status",
        *keys,
        *sql.named(t, texts, columns.KNOWN[side]),
    }
    return f"""
        SELECT {sql.listed(t, [columns.ROW[side], *sorted(needed)])}, ROW_NUMBER() OVER (
            PARTITION BY {sql.listed(t, keys)} ORDER BY {sql.listed(t, columns.ORDER[side])}) AS place
        FROM live_{t} AS {t}
        WHERE {sql.of_kinds(t, rule.payments if is_payment else rule.lines)} AND {sql.there(keys, t)}
          AND EXISTS (SELECT 1 FROM {live} AS o WHERE {same})"""


def _placed(rule: Pair, side: Side) -> str:
    return f"""
        SELECT j.{columns.ROW[side]}, {sql.least("j.payment_id", "j.line_id")}, {sql.literal(rule.id)},
               {sql.literal(rule.stage)}, {sql.disposition(rule.commit, "j.exception_class")}, j.exception_class, '',
               CAST(NULL AS BIGINT), {sql.literal(sql.by(rule.keys))},
               CASE WHEN ABS(j.books_minor) >= ABS(j.channel_minor) THEN ABS(j.books_minor)
                    ELSE ABS(j.channel_minor) END,
               ABS(j.channel_minor - j.books_minor)
        FROM pairs_{rule.id} AS j"""
