"""The file of fee rules, read once at the start. It names every fault at once, and knows no payment.

[[rule]]
fee_rule_id = "wechat-2026"
channel = "wechat_pay"
rate_ppm = 6000          # 0.6 %, in millionths
merchant_id = "wuhan-water"   # left out: every merchant without a rule of its own
currency_code = "CNY"         # left out: every currency
min_minor = 1                 # the least that is kept, in minor units; left out: 0
max_minor = 5000              # the most; left out: none
"""

import dataclasses
import tomllib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chassis.money import UnknownCurrency, exponent
from services.payments.domain.fee import FeeRule, FeeRules

_PPM = 1_000_000
_MINOR_MAX = 2**53
_FIELDS = {field.name: field for field in dataclasses.fields(FeeRule)}


def read(path: Path) -> FeeRules:
    """The rules of a file. Raises ValueError with a sentence for every fault, and OSError when it cannot be read."""
    try:
        told = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise ValueError(f"is no TOML: {fault}") from None
    entries = told.pop("rule", [])
    if told or not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError("must hold [[rule]] tables and nothing else")
    faults = [f"rule {no}: {fault}" for no, entry in enumerate(entries, 1) for fault in _faults(entry)]
    faults += _repeated(entries)
    if faults:
        raise ValueError("; ".join(faults))
    return FeeRules(FeeRule(**entry) for entry in entries)


def check_file(path: str) -> None:
    """A `check` for a setting that names a file of fee rules, or nothing: it reads it, so that a bad one is told."""
    if not path:
        return
    try:
        read(Path(path))
    except OSError as fault:
        raise ValueError(f"cannot be read: {fault.strerror}") from None


def _faults(entry: Mapping[str, Any]) -> list[str]:
    if unknown := sorted(entry.keys() - _FIELDS.keys()):
        return [f"has no field {', '.join(unknown)}"]
    if missing := sorted({"fee_rule_id", "channel", "rate_ppm"} - entry.keys()):
        return [f"lacks {', '.join(missing)}"]
    return [
        *(f"{name} must be text that is not empty" for name in _texts(entry) if not _is_text(entry[name])),
        *(f"{name} must be a whole number of 0 or more" for name in _numbers(entry) if not _is_count(entry[name])),
    ] or _contradictions(entry)


def _contradictions(entry: Mapping[str, Any]) -> list[str]:
    faults = []
    if entry["rate_ppm"] > _PPM:
        faults.append(f"rate_ppm must be at most {_PPM}")
    if "max_minor" in entry and entry["max_minor"] < entry.get("min_minor", 0):
        faults.append("max_minor must not be below min_minor")
    try:
        exponent(entry.get("currency_code", "CNY"))
    except UnknownCurrency as fault:
        faults.append(f"currency_code: {fault}")
    return faults


def _repeated(entries: list[dict[str, Any]]) -> list[str]:
    ids = Counter(str(entry.get("fee_rule_id")) for entry in entries)
    keys = Counter(tuple(str(entry.get(name, "")) for name in _KEY) for entry in entries)
    return [f"fee_rule_id {each} stands more than once" for each, count in ids.items() if count > 1] + [
        f"more than one rule for {', '.join(key)}" for key, count in keys.items() if count > 1
    ]


_KEY = ("channel", "merchant_id", "currency_code")


def _texts(entry: Mapping[str, Any]) -> list[str]:
    return [name for name in entry if name in ("fee_rule_id", *_KEY)]


def _numbers(entry: Mapping[str, Any]) -> list[str]:
    return [name for name in entry if name in ("rate_ppm", "min_minor", "max_minor")]


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MINOR_MAX
