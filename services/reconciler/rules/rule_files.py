"""Rule sets from YAML: every fault of a file is named at once, by its key. It reads the disk once."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date, time
from difflib import get_close_matches
from pathlib import Path
from zoneinfo import ZoneInfo

from services.reconciler.matching.frames import Disposition, Side
from services.reconciler.rules import columns
from services.reconciler.rules.condition import ConditionRefused, columns_of, parse_condition
from services.reconciler.rules.rule_set import (
    EXCEPTION_CLASSES,
    Again,
    Alone,
    Commit,
    Exceeds,
    Group,
    Key,
    Near,
    Net,
    Pair,
    Repeat,
    Rule,
    RuleSet,
    Sums,
)
from services.reconciler.typed_yaml import Readers, read_yaml

DEFAULT = Path(__file__).parent / "shipped" / "default.yaml"
TEXT_LENGTH_MAX = 200_000
RULES_MAX = 100
_SHARED = {"channel", "kind", "currency_code", "business_date", "merchant_id", "state", "status"}


class RuleSetInvalid(Exception):
    """A rule set says something that the compiler does not take; `faults` lists all of it."""

    def __init__(self, name: str, faults: list[str]) -> None:
        self.faults = faults
        super().__init__(f"{name}: " + "; ".join(faults))


def load_rule_set(path: Path = DEFAULT) -> RuleSet:
    """The rule set of a file, by default the shipped one. Raises RuleSetInvalid; OSError if it cannot be read."""
    try:
        return parse_rule_set(path.name, path.read_text("utf-8"))
    except UnicodeDecodeError as fault:
        raise RuleSetInvalid(path.name, ["is not UTF-8"]) from fault


def parse_rule_set(name: str, text: str) -> RuleSet:
    """One rule set from its YAML. Raises RuleSetInvalid, which names the file and every fault in it."""
    if len(text) > TEXT_LENGTH_MAX:
        raise RuleSetInvalid(name, [f"has {len(text)} characters, {TEXT_LENGTH_MAX} at most"])
    rule_set, faults = read_yaml(RuleSet, text, "the rule set", _READERS, aliases=False)
    faults = faults or list(_contradictions(rule_set))
    if faults:
        raise RuleSetInvalid(name, faults)
    assert isinstance(rule_set, RuleSet)
    return rule_set


def _contradictions(rule_set: RuleSet) -> Iterator[str]:
    """What no single key shows."""
    ids = [rule.id for rule in (*rule_set.rules, *rule_set.ignore)]
    yield from (f"rule {each} is there twice" for each in sorted({i for i in ids if ids.count(i) > 1}))
    if "default" not in rule_set.calendars:
        yield "calendars.default is missing: the calendar of every channel without its own"
    if len(rule_set.rules) > RULES_MAX:
        yield f"there are {len(rule_set.rules)} rules, {RULES_MAX} at most"
    if not _is_date(rule_set.effective_from):
        yield f"effective_from must be a date in quotes, such as '2026-01-01', is {rule_set.effective_from!r}"
    for at, rule in enumerate(rule_set.rules):
        known = columns.GIVEN if at == 0 else columns.KNOWN
        yield from (f"rule {rule.id}: {fault}" for fault in _rule_faults(rule, known))
    for ignore in rule_set.ignore:
        unknown = [name for name in ignore.exception_classes if name not in EXCEPTION_CLASSES]
        yield from (f"ignore {ignore.id}: knows no class {name}" for name in unknown)
        if min(ignore.below.minor, ignore.count_max, ignore.sum_minor_max) < 1:
            yield f"ignore {ignore.id}: the threshold and both caps must be above 0"
    first = rule_set.rules[0]
    if not isinstance(first, Pair) or first.commit is not Commit.AUTO or first.many != "leave":
        yield "the first rule is the one for the bulk of rows: kind pair, commit auto, many leave"
    elif Key("currency_code", "currency_code") not in first.keys:
        yield "the first rule must have currency_code among its keys"


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _rule_faults(rule: Rule, known: Mapping[Side, Collection[str]]) -> Iterator[str]:
    if not (rule.id.isascii() and rule.id.replace("_", "").isalnum() and len(rule.id) <= 40):
        yield "its id must be letters, digits and _, 40 at most"
    for name in (getattr(rule, "exception_class", ""), *(case.exception_class for case in getattr(rule, "cases", ()))):
        if name and name not in EXCEPTION_CLASSES:
            near = get_close_matches(name, EXCEPTION_CLASSES, n=1)
            yield f"knows no class {name}" + (f", did you mean {near[0]}?" if near else "")
    yield from _key_faults(rule, known)
    yield from _condition_faults(rule, known)
    match rule:
        case Near():
            yield from _near_faults(rule)
        case Sums():
            yield from _sums_faults(rule)
        case Alone(disposition=Disposition.MATCHED | Disposition.SUGGESTED):
            yield "a row alone can be BUFFERED, EXCEPTION or IGNORED_BY_RULE"
        case Net(disposition=Disposition.MATCHED | Disposition.SUGGESTED | Disposition.BUFFERED):
            yield "lines that sum to nothing can be EXCEPTION or IGNORED_BY_RULE"


def _key_faults(rule: Rule, known: Mapping[Side, Collection[str]]) -> Iterator[str]:
    if isinstance(rule, Alone):
        return
    keys = [key if isinstance(key, Key) else Key(key, key) for key in rule.keys]
    sides = {Again: (Side.PAYMENT,), Exceeds: (Side.PAYMENT,), Net: (Side.LINE,)}.get(
        type(rule), (Side.PAYMENT, Side.LINE)
    )
    if isinstance(rule, Repeat):
        sides = (rule.side,)
    similar = rule.similar.keys if isinstance(rule, Near) and rule.similar else ()
    for side in sides:
        names = [key.payment if side is Side.PAYMENT else key.line for key in (*keys, *similar)]
        for name in names:
            if name not in known[side] or name in columns.FLAGS or name in ("fee_minor", columns.TIME[side]):
                yield f"{name} is no column of {columns.BASE[side]} that can be a key"
    if not isinstance(rule, Sums) and not any(_identifies(key) for key in keys):
        yield "it has no key that tells rows apart (a reference, an amount, a bill, a batch): it would join everything"


def _identifies(key: Key) -> bool:
    return not {key.payment, key.line} & _SHARED


def _condition_faults(rule: Rule, known: Mapping[Side, Collection[str]]) -> Iterator[str]:
    texts = [("where", getattr(rule, "where", ""))]
    texts += [(f"cases {case.exception_class}", case.when) for case in getattr(rule, "cases", ())]
    for where, text in texts:
        if not text:
            continue
        try:
            tree = parse_condition(text, aliases(rule, where != "where", known))
        except ConditionRefused as refused:
            yield f"{where} {refused}"
        else:
            if isinstance(rule, Group) and where == "where" and len({alias for alias, _ in columns_of(tree)}) > 1:
                yield "where speaks of p or of l, not of both: a group has many of each"


def aliases(
    rule: Rule, is_case: bool, known: Mapping[Side, Collection[str]] = columns.KNOWN
) -> dict[str, Collection[str]]:
    """What a condition of the rule can name: `p` the payment, `l` the line, `g` a group, `this` and `first` repeats."""
    match rule:
        case Repeat(side=side):
            return {"this": columns.GIVEN[side], "first": columns.GIVEN[side]}
        case Alone(side=side):
            return {columns.TABLE[side]: known[side]}
        case Group() if is_case:
            return {"g": columns.GROUP}
        case _:
            return {"p": known[Side.PAYMENT], "l": known[Side.LINE]}


def _near_faults(rule: Near) -> Iterator[str]:
    if rule.commit is Commit.AUTO:
        yield "what is only near is never posted by itself: commit must be suggest"
    if not 1 <= rule.within_seconds <= 7 * 86_400:
        yield "within_seconds must be from 1 to 604800"
    if not 0 <= rule.margin_seconds <= rule.within_seconds:
        yield "margin_seconds must be from 0 to within_seconds"
    if not any("amount_minor" in (key.payment, key.line) for key in rule.keys):
        yield "what is only near needs amount_minor among its keys"
    if rule.similar and not (8 <= rule.similar.shortest <= 64 and 4 <= rule.similar.tail <= rule.similar.shortest // 2):
        yield "similar.shortest must be from 8 to 64, similar.tail from 4 to half of it"


def _sums_faults(rule: Sums) -> Iterator[str]:
    if not any("currency_code" in (key.payment, key.line) for key in rule.keys):
        yield "a sum is of one currency: currency_code must be among its keys"
    if not 1 <= rule.within_seconds <= 86_400:
        yield "within_seconds must be from 1 to 86400"
    if not (2 <= rule.parts_max <= 6 and 2 <= rule.pool_max <= 40):
        yield "parts_max must be from 2 to 6, pool_max from 2 to 40"


_READERS: Readers = {
    Key: ("a column, or payment column = line column", Key.of),
    ZoneInfo: ("a time zone of the IANA database", ZoneInfo),
    time: ("a time of day in quotes, such as '23:00'", time.fromisoformat),
}
