"""What one version of a rule set says otherwise than another, rule by rule. It judges nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any

from services.reconciler.rules.rule_set import Calendar, Case, Ignore, Rule, RuleSet

_NOT_SAID = ("id", "name", "name_zh")
_FIRST = "first 首条"


class ChangeKind(StrEnum):
    """What happened to a rule; MOVED is a rule that says the same at another place in the order."""

    ADDED = "ADDED"
    REMOVED = "REMOVED"
    CHANGED = "CHANGED"
    MOVED = "MOVED"


_WORDS = {
    ChangeKind.ADDED: ("is new", "新增"),
    ChangeKind.REMOVED: ("is gone", "删除"),
    ChangeKind.CHANGED: ("says something else", "修改"),
    ChangeKind.MOVED: ("comes at another place", "调整顺序"),
}


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A key with what it said and says, "" where it was not there."""

    field: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A rule that differs, or with `rule_id` "" a setting of the whole set."""

    kind: ChangeKind
    rule_id: str
    name: str
    name_zh: str
    fields: tuple[FieldChange, ...]

    @property
    def said(self) -> str:
        """What happened, for people."""
        return self._said(f"rule {self._called(self.name)}" if self.rule_id else "the set", _WORDS[self.kind][0], ": ")

    @property
    def said_zh(self) -> str:
        """The same in Chinese."""
        called = f"规则 {self._called(self.name_zh)} " if self.rule_id else "整套规则"
        return self._said(called, _WORDS[self.kind][1], "：", "、", "")

    def _called(self, name: str) -> str:
        return f"{self.rule_id} ({name})" if name else self.rule_id

    def _said(self, what: str, happened: str, colon: str, comma: str = ", ", space: str = " ") -> str:
        which = colon + comma.join(change.field for change in self.fields) if self.kind is ChangeKind.CHANGED else ""
        return f"{what}{space}{happened}{which}"


def diff(old: RuleSet, new: RuleSet) -> tuple[RuleChange, ...]:
    """All changes: rules in the order of the new version, those that are gone, then settings of the whole set."""
    return (
        *_of_rules(old.rules, new.rules),
        *_of_rules(old.ignore, new.ignore, ordered=False),
        *_of_settings(old, new),
    )


def _of_rules(
    old: Sequence[Rule | Ignore], new: Sequence[Rule | Ignore], *, ordered: bool = True
) -> Iterator[RuleChange]:
    before, moved = {rule.id: rule for rule in old}, _moved(old, new) if ordered else {}
    for rule in new:
        was = before.pop(rule.id, None)
        if was is None:
            yield _change(ChangeKind.ADDED, rule, _of_fields({}, _said(rule)))
            continue
        place = moved.get(rule.id, ())
        if found := _of_fields(_named(was), _named(rule)):
            yield _change(ChangeKind.CHANGED, rule, (*found, *place))
        elif place:
            yield _change(ChangeKind.MOVED, rule, place)
    for rule in before.values():
        yield _change(ChangeKind.REMOVED, rule, _of_fields(_said(rule), {}))


def _change(kind: ChangeKind, rule: Rule | Ignore, found: tuple[FieldChange, ...]) -> RuleChange:
    return RuleChange(kind, rule.id, rule.name, rule.name_zh, found)


def _moved(old: Sequence[Rule | Ignore], new: Sequence[Rule | Ignore]) -> dict[str, tuple[FieldChange, ...]]:
    """The rules that both have and that are not in the longest row of them that keeps its order."""
    common = {rule.id for rule in old} & {rule.id for rule in new}
    before, after = ([rule.id for rule in rules if rule.id in common] for rules in (old, new))
    kept: set[str] = set()
    for block in SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks():
        kept.update(before[block.a : block.a + block.size])
    places, places_new = _behind(before), _behind(after)
    return {
        one: (FieldChange("order", f"behind {places[one]}", f"behind {places_new[one]}"),)
        for one in after
        if one not in kept
    }


def _behind(ids: Sequence[str]) -> dict[str, str]:
    return dict(zip(ids, (_FIRST, *ids), strict=False))


def _of_settings(old: RuleSet, new: RuleSet) -> Iterator[RuleChange]:
    said_old, said_new = dict(_settings(old)), dict(_settings(new))
    if found := _of_fields(said_old, said_new):
        yield RuleChange(ChangeKind.CHANGED, "", "", "", found)


def _settings(rule_set: RuleSet) -> Iterator[tuple[str, str]]:
    yield "effective_from", rule_set.effective_from
    if rule_set.second_confirmation:
        yield "second_confirmation", _text(rule_set.second_confirmation)
    for channel, calendar in rule_set.calendars.items():
        yield f"calendars.{channel}", _text(calendar)


def _of_fields(old: dict[str, str], new: dict[str, str]) -> tuple[FieldChange, ...]:
    return tuple(
        FieldChange(name, old.get(name, ""), new.get(name, ""))
        for name in [*new, *(name for name in old if name not in new)]
        if old.get(name, "") != new.get(name, "")
    )


def _named(rule: Rule | Ignore) -> dict[str, str]:
    return _said(rule) | {"name": rule.name, "name_zh": rule.name_zh}


def _said(rule: Rule | Ignore) -> dict[str, str]:
    """Every key that is more than its default, as people write it."""
    return {
        field.name: _text(value)
        for field in fields(rule)
        if field.name not in _NOT_SAID and (value := getattr(rule, field.name)) != field.default
    }


def _text(value: Any) -> str:
    match value:
        case Case(when, exception_class):
            return f"{exception_class} when {when}"
        case Calendar(zone, cutoff, close, slack):
            return f"{zone}, cutoff {cutoff:%H:%M}, close {close:%H:%M}, slack {slack} s"
        case tuple():
            return ("\n" if value and isinstance(value[0], Case) else ", ").join(map(_text, value))
        case _ if is_dataclass(value) and type(value).__str__ is object.__str__:
            return ", ".join(f"{field.name} {_text(getattr(value, field.name))}" for field in fields(value))
    return str(value)
