"""Profiles from YAML: every fault of a file is named at once, by its key. It reads the disk once, at the start."""

import re
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, is_dataclass
from datetime import time
from difflib import get_close_matches
from enum import EnumType
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

import yaml

from services.reconciler.statements.localtime import TimeFormat
from services.reconciler.statements.profile import Profile

_SHIPPED = Path(__file__).parent.parent / "profiles"
_FACTS = ("account_no", "period_start", "period_end")


class ProfileInvalid(Exception):
    """A profile says something that the engine does not understand; `faults` lists all of it."""

    def __init__(self, name: str, faults: list[str]) -> None:
        self.faults = faults
        super().__init__(f"{name}: " + "; ".join(faults))


@cache
def load_profiles() -> tuple[Profile, ...]:
    """The profiles that are shipped, in the order of their names. Raises ProfileInvalid."""
    profiles = tuple(parse_profile(path.name, path.read_text("utf-8")) for path in sorted(_SHIPPED.glob("*.yaml")))
    keys = [(profile.id, profile.version) for profile in profiles]
    if repeated := sorted({key for key in keys if keys.count(key) > 1}):
        raise ProfileInvalid("profiles", [f"{name} version {version} is there twice" for name, version in repeated])
    return profiles


def parse_profile(name: str, text: str) -> Profile:
    """One profile from its YAML. Raises ProfileInvalid, which names the file and every fault in it."""
    try:
        node = yaml.safe_load(text)
    except yaml.YAMLError as fault:
        raise ProfileInvalid(name, [f"is not YAML: {fault}"]) from fault
    faults: list[str] = []
    profile = _build(Profile, node, "", faults)
    if not faults:
        faults = list(_contradictions(profile))
    if faults:
        raise ProfileInvalid(name, faults)
    assert isinstance(profile, Profile)
    return profile


def _contradictions(profile: Profile) -> Iterator[str]:
    """What no single key shows: names that refer to nothing, and choices that exclude each other."""
    currency = profile.currency
    facts = {name for pattern in profile.table.above for name in pattern.groupindex}
    totals = {name for pattern in profile.table.below for name in pattern.groupindex}
    yield from (f"table.above states {name}, which nobody reads" for name in sorted(facts.difference(_FACTS)))
    if not profile.dialect.delimiter:
        yield "dialect.delimiter must not be empty"
    if bool(currency.fixed) == bool(currency.header):
        yield "currency must be either fixed or from a header"
    if (profile.day.stated_by == "period") != (profile.day.period_format is not None):
        yield "day.period_format belongs to day.stated_by: period, and to it alone"
    if profile.day.stated_by == "period" and not facts.issuperset(("period_start", "period_end")):
        yield "day.stated_by: period needs period_start and period_end in table.above"
    if "account_no" in facts and profile.columns.account_no is not None:
        yield "account_no must come from table.above or from columns, not from both"
    for status, case in profile.amount.cases.items():
        unknown = [field for field in case.needs if getattr(profile.columns, field, None) is None]
        yield from (f"amount.cases.{status}.needs {field}, which columns does not have" for field in unknown)
    yield from _control_contradictions(profile, totals)


def _control_contradictions(profile: Profile, totals: set[str]) -> Iterator[str]:
    for control in profile.controls:
        if not profile.table.totals_row and control.declared not in totals:
            yield f"control {control.name}: no group of table.below is called {control.declared}"
        unknown = [status for status in control.where if status not in profile.amount.cases]
        yield from (f"control {control.name}: where names {status}, which is no case" for status in unknown)
    names = [control.name for control in profile.controls]
    yield from (f"control {name} is there twice" for name in sorted({n for n in names if names.count(n) > 1}))


def _build(kind: Any, node: Any, where: str, faults: list[str]) -> Any:
    """The value of type `kind` that the YAML node means; what is wrong with it is added to `faults`."""
    if is_dataclass(kind) and isinstance(kind, type) and kind is not TimeFormat:
        return _build_dataclass(kind, node, where, faults)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is tuple and isinstance(node, list) and node:
        return tuple(_build(arguments[0], item, f"{where}[{at}]", faults) for at, item in enumerate(node))
    if origin is dict and isinstance(node, dict) and node and all(isinstance(key, str) for key in node):
        return {key: _build(arguments[1], item, f"{where}.{key}", faults) for key, item in node.items()}
    if origin is UnionType:
        return _build(next(argument for argument in arguments if argument is not NoneType), node, where, faults)
    return _build_scalar(kind, node, where, faults)


def _build_dataclass(kind: type, node: Any, where: str, faults: list[str]) -> Any:
    if not isinstance(node, dict):
        faults.append(f"{where or 'the profile'} must be a mapping, is {node!r}")
        return None
    hints, known = get_type_hints(kind), {field.name: field for field in fields(kind)}
    dot = f"{where}." if where else ""
    for key in sorted(node.keys() - known.keys(), key=str):
        near = get_close_matches(str(key), known, n=1)
        faults.append(f"unknown key {dot}{key}" + (f", did you mean {near[0]}?" if near else ""))
    before = len(faults)
    values = {}
    for name, field in known.items():
        if name in node:
            values[name] = _build(hints[name], node[name], f"{dot}{name}", faults)
        elif field.default is MISSING:
            faults.append(f"{dot}{name} is missing")
    return kind(**values) if len(faults) == before else None


def _build_scalar(kind: Any, node: Any, where: str, faults: list[str]) -> Any:
    if get_origin(kind) is Literal:
        if node in get_args(kind):
            return node
        expected = f"one of {', '.join(get_args(kind))}"
    elif kind in (str, int, bool):
        if type(node) is kind:
            return node
        expected = {str: "a text", int: "a whole number", bool: "true or false"}[kind]
    elif isinstance(kind, EnumType):
        if isinstance(node, str) and node in kind.__members__:
            return kind[node]
        expected = f"one of {', '.join(kind.__members__)}"
    else:
        expected, read = _READ_FROM_TEXT.get(
            get_origin(kind) or kind, ("a list or mapping of texts that is not empty", None)
        )
        if read is not None and isinstance(node, str):
            try:
                return read(node)
            except (ValueError, LookupError, re.error) as fault:
                expected = f"{expected} ({fault})"
    faults.append(f"{where} must be {expected}, is {node!r}")
    return None


_COLLECTION = ("a list or mapping of texts that is not empty", None)
_READ_FROM_TEXT: dict[Any, tuple[str, Callable[[str], Any] | None]] = {
    re.Pattern: ("a regular expression", re.compile),
    TimeFormat: ("a time format", TimeFormat.of),
    ZoneInfo: ("a time zone of the IANA database", ZoneInfo),
    time: ("a time of day in quotes, such as '23:00'", time.fromisoformat),
}
