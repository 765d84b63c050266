"""Rule sets from YAML: every fault of a file is named at once, by its key. It reads the disk once."""

import contextlib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, time
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from services.reconciler.matching.frames import Disposition, Side
from services.reconciler.rules import columns
from services.reconciler.rules.condition import ConditionRefused, columns_of, parse_condition
from services.reconciler.rules.rule_fault import RuleFault, Said, fault, of_yaml
from services.reconciler.rules.rule_set import (
    EXCEPTION_CLASSES,
    Again,
    Alone,
    Commit,
    Exceeds,
    Group,
    Ignore,
    Key,
    Near,
    Net,
    Pair,
    Repeat,
    Rule,
    RuleSet,
    Sums,
)
from services.reconciler.typed_yaml import Readers, YamlFault, read_yaml, yaml_nodes

DEFAULT = Path(__file__).parent / "shipped" / "default.yaml"
TEXT_LENGTH_MAX = 200_000
RULES_MAX = 100
NAME_LENGTH_MAX = 120
VERSION_MAX = 1_000_000
_SET_ID = re.compile("[a-z0-9_]{1,32}")
# What is wrong, at which key, and what its words name.
_Found = tuple[Said, str, dict[str, Any]]
_SHARED = {"channel", "kind", "currency_code", "business_date", "merchant_id", "state", "status"}


class RuleSetInvalid(Exception):
    """A rule set says something that the compiler does not take; `found` lists all of it, `faults` its sentences."""

    def __init__(self, name: str, found: Sequence[RuleFault]) -> None:
        self.found = tuple(found)
        self.faults = [str(each) for each in found]
        super().__init__(f"{name}: " + "; ".join(self.faults))


def load_rule_set(path: Path = DEFAULT) -> RuleSet:
    """The rule set of a file, by default the shipped one. Raises RuleSetInvalid; OSError if it cannot be read."""
    try:
        return parse_rule_set(path.name, path.read_text("utf-8"))
    except UnicodeDecodeError as unreadable:
        raise RuleSetInvalid(path.name, [fault(Said.NOT_UTF8)]) from unreadable


def parse_rule_set(name: str, text: str) -> RuleSet:
    """One rule set from its YAML. Raises RuleSetInvalid, which names the file and every fault in it."""
    if len(text) > TEXT_LENGTH_MAX:
        raise RuleSetInvalid(name, [fault(Said.TOO_LONG, length=len(text), most=TEXT_LENGTH_MAX)])
    rule_set, unreadable = read_yaml(RuleSet, text, "the rule set", _READERS, aliases=False)
    found = _of_yaml(text, unreadable) if unreadable else list(_contradictions(rule_set))
    if found:
        raise RuleSetInvalid(name, found)
    assert isinstance(rule_set, RuleSet)
    return rule_set


def _of_yaml(text: str, unreadable: Sequence[YamlFault]) -> list[RuleFault]:
    """The same faults, by the ids of the rules where these can be told."""
    ids = {}
    with contextlib.suppress(ValueError):
        for at, rule in enumerate(yaml_nodes(text, "rules")):
            if isinstance(rule, dict) and isinstance(rule.get("id"), str):
                ids[f"rules[{at}]"] = rule["id"]
    return [of_yaml(each, ids) for each in unreadable]


def _contradictions(rule_set: RuleSet) -> Iterator[RuleFault]:
    """What no single key shows."""
    ids = [rule.id for rule in (*rule_set.rules, *rule_set.ignore)]
    yield from (fault(Said.RULE_TWICE, "id", found=each) for each in sorted({i for i in ids if ids.count(i) > 1}))
    yield from _set_faults(rule_set)
    for at, rule in enumerate(rule_set.rules):
        known = columns.GIVEN if at == 0 else columns.KNOWN
        yield from (fault(said, field, rule=rule.id, **values) for said, field, values in _rule_faults(rule, known))
    for ignore in rule_set.ignore:
        yield from _ignore_faults(ignore)
    first = rule_set.rules[0]
    if not isinstance(first, Pair) or first.commit is not Commit.AUTO or first.many != "leave":
        yield fault(Said.FIRST_RULE, "rules")
    elif Key("currency_code", "currency_code") not in first.keys:
        yield fault(Said.FIRST_RULE_CURRENCY, "rules")


def _set_faults(rule_set: RuleSet) -> Iterator[RuleFault]:
    if not (_SET_ID.fullmatch(rule_set.id)):
        yield fault(Said.SET_ID, "id", found=rule_set.id)
    if not 1 <= rule_set.version <= VERSION_MAX:
        yield fault(Said.SET_VERSION, "version", found=rule_set.version)
    if "default" not in rule_set.calendars:
        yield fault(Said.NO_DEFAULT_CALENDAR, "calendars")
    if len(rule_set.rules) > RULES_MAX:
        yield fault(Said.TOO_MANY_RULES, "rules", found=len(rule_set.rules), most=RULES_MAX)
    if not _is_date(rule_set.effective_from):
        yield fault(Said.NOT_A_DATE, "effective_from", found=rule_set.effective_from)
    if rule_set.second_confirmation and rule_set.second_confirmation.minor < 1:
        yield fault(Said.CONFIRMATION, "second_confirmation")


def _ignore_faults(ignore: Ignore) -> Iterator[RuleFault]:
    for name in ignore.exception_classes:
        if name not in EXCEPTION_CLASSES:
            yield fault(Said.NO_CLASS, "exception_classes", rule=ignore.id, prefix="ignore", found=name, near="")
    if min(ignore.below.minor, ignore.count_max, ignore.sum_minor_max) < 1:
        yield fault(Said.CAPS, "below", rule=ignore.id, prefix="ignore")


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _rule_faults(rule: Rule, known: Mapping[Side, Collection[str]]) -> Iterator[_Found]:
    if not (rule.id.isascii() and rule.id.replace("_", "").isalnum() and len(rule.id) <= 40):
        yield Said.RULE_ID, "id", {}
    for field, name in (("name", rule.name), ("name_zh", rule.name_zh)):
        if len(name) > NAME_LENGTH_MAX:
            yield Said.NAME_LENGTH, field, {"found": field, "most": NAME_LENGTH_MAX}
    for name in (getattr(rule, "exception_class", ""), *(case.exception_class for case in getattr(rule, "cases", ()))):
        if name and name not in EXCEPTION_CLASSES:
            near = get_close_matches(name, EXCEPTION_CLASSES, n=1)
            told = f", did you mean {near[0]}?" if near else ""
            yield Said.NO_CLASS, "exception_class", {"found": name, "near": told}
    yield from _key_faults(rule, known)
    yield from _condition_faults(rule, known)
    match rule:
        case Near():
            yield from _near_faults(rule)
        case Sums():
            yield from _sums_faults(rule)
        case Alone(disposition=Disposition.MATCHED | Disposition.SUGGESTED):
            yield Said.ALONE, "disposition", {}
        case Net(disposition=Disposition.MATCHED | Disposition.SUGGESTED | Disposition.BUFFERED):
            yield Said.NET, "disposition", {}


def _key_faults(rule: Rule, known: Mapping[Side, Collection[str]]) -> Iterator[_Found]:
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
                yield Said.KEY_UNKNOWN, "keys", {"found": name, "table": columns.BASE[side]}
    if not isinstance(rule, Sums) and not any(_identifies(key) for key in keys):
        yield Said.KEY_SHARED, "keys", {}


def _identifies(key: Key) -> bool:
    return not {key.payment, key.line} & _SHARED


def _condition_faults(rule: Rule, known: Mapping[Side, Collection[str]]) -> Iterator[_Found]:
    texts = [("where", getattr(rule, "where", ""))]
    texts += [(f"cases {case.exception_class}", case.when) for case in getattr(rule, "cases", ())]
    for where, text in texts:
        if not text:
            continue
        try:
            tree = parse_condition(text, aliases(rule, where != "where", known))
        except ConditionRefused as refused:
            yield Said.CONDITION, where, {"where": where, "why": str(refused)}
        else:
            if isinstance(rule, Group) and where == "where" and len({alias for alias, _ in columns_of(tree)}) > 1:
                yield Said.GROUP_WHERE, "where", {}


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


def _near_faults(rule: Near) -> Iterator[_Found]:
    if rule.commit is Commit.AUTO:
        yield Said.NEAR_POSTS, "commit", {}
    if not 1 <= rule.within_seconds <= 7 * 86_400:
        yield Said.NEAR_WITHIN, "within_seconds", {}
    if not 0 <= rule.margin_seconds <= rule.within_seconds:
        yield Said.NEAR_MARGIN, "margin_seconds", {}
    if not any("amount_minor" in (key.payment, key.line) for key in rule.keys):
        yield Said.NEAR_AMOUNT, "keys", {}
    if rule.similar and not (8 <= rule.similar.shortest <= 64 and 4 <= rule.similar.tail <= rule.similar.shortest // 2):
        yield Said.SIMILAR, "similar", {}


def _sums_faults(rule: Sums) -> Iterator[_Found]:
    if not any("currency_code" in (key.payment, key.line) for key in rule.keys):
        yield Said.SUM_CURRENCY, "keys", {}
    if not 1 <= rule.within_seconds <= 86_400:
        yield Said.SUM_WITHIN, "within_seconds", {}
    if not (2 <= rule.parts_max <= 6 and 2 <= rule.pool_max <= 40):
        yield Said.SUM_SIZE, "parts_max", {}


_READERS: Readers = {
    Key: ("a column, or payment column = line column", Key.of),
    ZoneInfo: ("a time zone of the IANA database", ZoneInfo),
    time: ("a time of day in quotes, such as '23:00'", time.fromisoformat),
}
