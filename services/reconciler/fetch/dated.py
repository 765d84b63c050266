"""Names and addresses with a business date in them, such as bill_{date:%Y%m%d}.csv. It reads no clock."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

_FIELD = re.compile(r"\{([^{}]*)\}")
_DATE = re.compile(r"date(?:\+(\d))?(?::((?:[A-Za-z0-9_./-]|%[YymdjH])+))?", re.ASCII)
_ISO = "%Y-%m-%d"


def dated(template: str, day: date) -> str:
    """The template for a business date: {date}, {date:%Y%m%d}, or {date+1:…} for the day after it."""

    def written(found: re.Match[str]) -> str:
        field = _DATE.fullmatch(found[1])
        assert field, "a template that was checked has no other field"
        return (day + timedelta(days=int(field[1] or 0))).strftime(field[2] or _ISO)

    return _FIELD.sub(written, template)


def template_faults(template: str) -> Iterator[str]:
    """What is wrong with a template, each a sentence that goes on after its key."""
    for field in _FIELD.findall(template):
        if not _DATE.fullmatch(field):
            yield f"has {{{field}}}, where only {{date}}, {{date:%Y%m%d}} and {{date+1:%Y%m%d}} are known"
    if re.search(r"[{}]", _FIELD.sub("", template)):
        yield "has a brace that is alone"


def is_dated(template: str) -> bool:
    """Whether the business date stands in it."""
    return any(_DATE.fullmatch(field) for field in _FIELD.findall(template))
