"""Profiles from YAML: every fault of a file is named at once, by its key. It reads the disk once, at the start."""

import re
from collections.abc import Iterator
from datetime import time
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from services.reconciler.statements.localtime import TimeFormat
from services.reconciler.statements.profile import Profile
from services.reconciler.statements.profile_columns import Amount, BookTime
from services.reconciler.statements.profile_table import Table
from services.reconciler.typed_yaml import Readers, read_yaml

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
    profiles = tuple(parse_profile(path.name, _text_of(path)) for path in sorted(_SHIPPED.glob("*.yaml")))
    keys = [(profile.id, profile.version) for profile in profiles]
    if repeated := sorted({key for key in keys if keys.count(key) > 1}):
        raise ProfileInvalid("profiles", [f"{name} version {version} is there twice" for name, version in repeated])
    return profiles


def _text_of(path: Path) -> str:
    content = path.read_bytes()
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as fault:
        line = content.count(b"\n", 0, fault.start) + 1
        raise ProfileInvalid(path.name, [f"line {line}: is not UTF-8, in which every profile is written"]) from None


def parse_profile(name: str, text: str) -> Profile:
    """One profile from its YAML. Raises ProfileInvalid, which names the file and every fault in it."""
    profile, unreadable = read_yaml(Profile, text, "the profile", _READERS)
    faults: list[str] = [*unreadable] if unreadable else list(_contradictions(profile))
    if faults:
        raise ProfileInvalid(name, faults)
    assert isinstance(profile, Profile)
    return profile


def _contradictions(profile: Profile) -> Iterator[str]:
    """What no single key shows: names that refer to nothing, and choices that exclude each other."""
    detect = profile.detect
    if not (detect.first_line or detect.head or detect.header or detect.record_bytes):
        yield "detect must name at least one anchor"
    if profile.format in ("delimited", "fixed_width", "workbook"):
        yield from _table_contradictions(profile)
    yield from _day_contradictions(profile)


def _table_contradictions(profile: Profile) -> Iterator[str]:
    table, currency, fixed = profile.table, profile.currency, profile.fixed
    facts = {name for pattern in _patterns(table) for name in pattern.groupindex}
    if not profile.dialect.delimiter:
        yield "dialect.delimiter must not be empty"
    if (profile.format == "fixed_width") != (fixed is not None):
        yield "fixed belongs to format: fixed_width, and to it alone"
    if fixed and (len(fixed.names) != len(fixed.widths) or fixed.names != table.names):
        yield "fixed.names, fixed.widths and table.names must be of one length and speak of the same columns"
    if sum(map(bool, (table.header_first_cell, table.header, table.names))) != 1:
        yield "table must have one of header_first_cell, header and names"
    if table.end is None and (table.totals_row or table.end_row or table.below):
        yield "table.totals_row, table.end_row and table.below need table.end"
    if (table.preamble and table.above) or (table.footer and table.below):
        yield "table has either above or preamble, and either below or footer"
    if bool(currency.fixed) == bool(currency.header):
        yield "currency must be either fixed or from a header"
    if "account_no" in facts and profile.columns.account_no is not None:
        yield "account_no must come from a line of the table or from columns, not from both"
    read = {*_FACTS, *(name for c in profile.controls for name in (c.declared, c.opening, c.closing))}
    yield from (f"table states {name}, which nobody reads" for name in sorted(facts.difference(read)))
    yield from _time_contradictions(profile.columns.book_time)
    yield from _amount_contradictions(profile)
    yield from _control_contradictions(profile, facts)


def _patterns(table: Table) -> Iterator[re.Pattern[str]]:
    yield from (*table.above, *table.below)
    yield from table.preamble.facts if table.preamble else ()
    yield from table.footer.facts if table.footer else ()


def _day_contradictions(profile: Profile) -> Iterator[str]:
    day = profile.day
    if (day.stated_by == "period") != bool(day.period_format):
        yield "day.period_format belongs to day.stated_by: period, and to it alone"
    facts = {name for pattern in _patterns(profile.table) for name in pattern.groupindex}
    if day.stated_by == "period" and not facts.issuperset(("period_start", "period_end")):
        yield "day.stated_by: period needs period_start and period_end in a line of the table"


def _time_contradictions(time: BookTime | None) -> Iterator[str]:
    if time is None:
        yield "columns.book_time is missing"
        return
    if bool(time.header) == bool(time.join):
        yield "columns.book_time must have either header or join"
    if any(not form.has_year for form in time.format) != (time.year is not None):
        yield "columns.book_time.year belongs to a format without a year, and to it alone"


def _amount_contradictions(profile: Profile) -> Iterator[str]:
    amount = profile.amount
    if amount == Amount():
        yield "amount is missing: amount must be one of status_header, signed, in with out, and indicator"
        return
    ways = (amount.status_header, amount.indicator, amount.signed, not amount.indicator and amount.in_)
    if sum(map(bool, ways)) != 1:
        yield "amount must be one of status_header, signed, in with out, and indicator"
    if bool(amount.status_header) != bool(amount.cases):
        yield "amount.status_header and amount.cases belong together"
    if bool(amount.indicator) != bool(amount.amount) or bool(amount.in_) != bool(amount.out):
        yield "amount.indicator needs amount.amount, and in needs out"
    for status, case in amount.cases.items():
        if (case.kind == "NEUTRAL") == bool(case.header):
            yield f"amount.cases.{status} must have a header, unless it is NEUTRAL"
        unknown = [field for field in case.needs if getattr(profile.columns, field, None) is None]
        yield from (f"amount.cases.{status}.needs {field}, which columns does not have" for field in unknown)


def _control_contradictions(profile: Profile, facts: set[str]) -> Iterator[str]:
    table, amount = profile.table, profile.amount
    words = (*amount.cases, *amount.neutral, *(amount.kinds.map if amount.kinds else ()))
    words += (*amount.in_, *amount.out) if amount.indicator else ()
    for control in profile.controls:
        ways = (control.declared, control.opening, control.balance_chain, control.net, control.nets_to_zero)
        if sum(map(bool, ways)) != 1 or bool(control.opening) != bool(control.closing):
            yield f"control {control.name}: one of declared, opening with closing, balance_chain, net and nets_to_zero"
        stated = [name for name in (control.declared, control.opening, control.closing) if name]
        if not (table.totals_row or table.end_row):
            unknown = [name for name in stated if name not in facts]
            yield from (f"control {control.name}: no group of a line is called {name}" for name in unknown)
        strange = [word for word in control.where if word not in words]
        yield from (f"control {control.name}: where names {word}, which is no case" for word in strange)
    names = [control.name for control in profile.controls]
    yield from (f"control {name} is there twice" for name in sorted({n for n in names if names.count(n) > 1}))


_READERS: Readers = {
    re.Pattern: ("a regular expression", re.compile),
    TimeFormat: ("a time format", TimeFormat.of),
    ZoneInfo: ("a time zone of the IANA database", ZoneInfo),
    time: ("a time of day in quotes, such as '23:00'", time.fromisoformat),
}
