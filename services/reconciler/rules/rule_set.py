"""What a rule set says, as frozen values with one canonical form and hash. It reads no file and makes no SQL."""

import hashlib
import json
from dataclasses import dataclass, fields, is_dataclass
from datetime import time
from enum import StrEnum
from typing import Any, Literal
from zoneinfo import ZoneInfo

from services.reconciler.matching.frames import Disposition, Kind, Side


class Commit(StrEnum):
    """What a rule may do with a pair that is unique and agrees: post it, or lay it before a person."""

    AUTO = "auto"
    SUGGEST = "suggest"


@dataclass(frozen=True, slots=True)
class Key:
    """A column of the payment that must equal one of the line; text that is "" on either side joins nothing."""

    payment: str
    line: str

    @classmethod
    def of(cls, text: str) -> "Key":
        """A key as YAML has it: `channel`, or `bill_no = merchant_order_no`, the payment's first."""
        payment, _, line = (part.strip() for part in text.partition("="))
        return cls(payment, line or payment)

    def __str__(self) -> str:
        return self.payment if self.payment == self.line else f"{self.payment} = {self.line}"


@dataclass(frozen=True, slots=True)
class Case:
    """If `when` holds for a pair, it is of this class; the first case that holds counts."""

    when: str
    exception_class: str


@dataclass(frozen=True, slots=True)
class Pair:
    """One payment and one line with equal keys. `many: leave` takes only keys that are there once on both sides.

    `many: in_order` pairs the first with the first among rows that share all keys, by time and id: for keys under
    which rows are interchangeable. A class that `cases` gives makes the pair an exception, save the two that only
    tell how it was found (`INFORMATIVE`).
    """

    id: str
    stage: str
    kind: Literal["pair"]
    keys: tuple[Key, ...]
    payments: tuple[Kind, ...]
    lines: tuple[Kind, ...]
    commit: Commit
    where: str = ""
    many: Literal["leave", "in_order"] = "leave"
    cases: tuple[Case, ...] = ()
    name: str = ""
    name_zh: str = ""


@dataclass(frozen=True, slots=True)
class Repeat:
    """A row whose keys another row of its side has, which is placed already or stands before it.

    `where` compares `this` with `first`, for columns that may both be empty.
    """

    id: str
    stage: str
    kind: Literal["repeat"]
    side: Side
    keys: tuple[str, ...]
    exception_class: str
    where: str = ""
    rows: tuple[Kind, ...] = (Kind.PAYMENT, Kind.REFUND)
    name: str = ""
    name_zh: str = ""


@dataclass(frozen=True, slots=True)
class Again:
    """Of the matched payments that share the keys, those paid after the first: one bill paid twice, on any channel."""

    id: str
    stage: str
    kind: Literal["again"]
    keys: tuple[str, ...]
    exception_class: str
    name: str = ""
    name_zh: str = ""


@dataclass(frozen=True, slots=True)
class Net:
    """Lines with equal keys, not all of one sign, that sum to nothing: money that came and went."""

    id: str
    stage: str
    kind: Literal["net"]
    keys: tuple[str, ...]
    disposition: Disposition
    exception_class: str = ""
    name: str = ""
    name_zh: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """All payments and all lines with equal keys, whose sums are equal: a split, a merged deposit, a batch.

    `shape` says which side may have many. `fees: net` takes the payments' fees off their sum. Without `cases` a
    group whose sums differ is left; with them the first that holds classes it (columns of `g`).
    """

    id: str
    stage: str
    kind: Literal["group"]
    keys: tuple[Key, ...]
    payments: tuple[Kind, ...]
    lines: tuple[Kind, ...]
    commit: Commit
    shape: Literal["one_payment", "one_line", "any"] = "any"
    fees: Literal["gross", "net"] = "gross"
    where: str = ""
    cases: tuple[Case, ...] = ()
    name: str = ""
    name_zh: str = ""


@dataclass(frozen=True, slots=True)
class Similar:
    """References that are nearly equal: one character changed, lost, added or swapped, or the line's cut off.

    A single edit leaves the last `tail` characters whole, or else all before them: candidates are joined by either.
    """

    keys: tuple[Key, ...]
    shortest: int  # characters that the payment's reference must have; a cut one keeps all of these but `tail`
    tail: int  # the end that tells numbers apart best


@dataclass(frozen=True, slots=True)
class Near:
    """Pairs with equal keys within a time, taken only where nothing else comes as close by the margin.

    What is not decided is left to the rules below, or with `doubt: show` is AMBIGUOUS_MATCH with all candidates.
    """

    id: str
    stage: str
    kind: Literal["near"]
    keys: tuple[Key, ...]
    payments: tuple[Kind, ...]
    lines: tuple[Kind, ...]
    within_seconds: int
    margin_seconds: int
    doubt: Literal["leave", "show"]
    commit: Commit = Commit.SUGGEST
    similar: Similar | None = None
    where: str = ""
    exception_class: str = ""
    name: str = ""
    name_zh: str = ""


@dataclass(frozen=True, slots=True)
class Sums:
    """A row of side `whole` that is the sum of two or more of the other side, within a time, with no key to say so.

    Only one possible set of parts is ever suggested; with `doubt: show` several are AMBIGUOUS_MATCH, all of them.
    A block with more than `pool_max` possible parts is not searched: among so many anything adds up.
    """

    id: str
    stage: str
    kind: Literal["sums"]
    whole: Side
    keys: tuple[Key, ...]
    payments: tuple[Kind, ...]
    lines: tuple[Kind, ...]
    within_seconds: int
    doubt: Literal["leave", "show"]
    parts_max: int = 4
    pool_max: int = 20
    where: str = ""
    name: str = ""
    name_zh: str = ""


@dataclass(frozen=True, slots=True)
class Exceeds:
    """Refunds of the books that share the keys with their payment and together are more than it."""

    id: str
    stage: str
    kind: Literal["exceeds"]
    keys: tuple[str, ...]
    exception_class: str
    name: str = ""
    name_zh: str = ""


@dataclass(frozen=True, slots=True)
class Alone:
    """A row of one side that no rule above placed, or with the first rules: that needs no counterpart."""

    id: str
    stage: str
    kind: Literal["alone"]
    side: Side
    disposition: Disposition
    exception_class: str = ""
    where: str = ""
    name: str = ""
    name_zh: str = ""


# Each has a `name` and a `name_zh` for people, which may be "", and an `id` for the results.
Rule = Pair | Repeat | Again | Exceeds | Net | Group | Near | Sums | Alone


@dataclass(frozen=True, slots=True)
class Calendar:
    """When a channel's business day ends, and until when its lines may still come."""

    time_zone: ZoneInfo
    cutoff: time  # local; the business date ends at this time, of the next day when it is before noon
    close: time  # local, of the day after the business date; what misses until then is an exception
    slack_seconds: int  # this near to the cut-off a row may be in the next day's statement


@dataclass(frozen=True, slots=True)
class Threshold:
    """A bound in minor units on the amount of a row or on the difference of its group, whichever `basis` names."""

    basis: Literal["amount", "difference"]
    minor: int


@dataclass(frozen=True, slots=True)
class Ignore:
    """Exceptions of these classes below the threshold are not shown, as long as the day's caps are not used up.

    Rows are taken in the order of their ids, so that the same rows are ignored in every run.
    """

    id: str
    below: Threshold
    exception_classes: tuple[str, ...]
    count_max: int  # groups a business date and currency
    sum_minor_max: int  # of the basis, a business date and currency
    name: str = ""
    name_zh: str = ""


@dataclass(frozen=True, slots=True)
class RuleSet:
    """One version; immutable once used, named by `id`, `version` and the hash of its canonical form."""

    id: str
    version: int
    effective_from: str  # YYYY-MM-DD, the first business date
    calendars: dict[str, Calendar]  # by channel; `default` is for the others
    rules: tuple[Rule, ...]
    ignore: tuple[Ignore, ...] = ()
    second_confirmation: Threshold | None = None  # from here on two people confirm an exception or a suggestion

    @property
    def content_hash(self) -> str:
        """SHA-256 of the canonical form, in hexadecimal; the order of keys and white space of the YAML do not count."""
        text = json.dumps(_plain(self), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def again(self) -> tuple[Again, ...]:
        """The rules that name what is paid again."""
        return tuple(rule for rule in self.rules if isinstance(rule, Again))

    def calendar(self, channel: str) -> Calendar:
        """The channel's own, or the one for all others."""
        return self.calendars.get(channel, self.calendars["default"])


# They say how a pair was found, not that something is wrong with it: the pair stays matched.
INFORMATIVE = frozenset({"CROSS_DAY", "REFERENCE_DAMAGED"})

EXCEPTION_CLASSES = frozenset(
    {
        *("CHANNEL_ONLY", "PLATFORM_ONLY", "STATUS_CHANNEL_SUCCESS", "STATUS_PLATFORM_SUCCESS"),
        *("AMOUNT_CHANNEL_OVER", "AMOUNT_CHANNEL_SHORT", "CURRENCY_MISMATCH", "ROUNDING_DIFFERENCE"),
        *("FEE_MISMATCH", "FEE_MISSING", "NET_SETTLEMENT_BREAK", "SPLIT_INCOMPLETE", "MERGED_UNRESOLVED"),
        *("DUPLICATE_PAYMENT", "DUPLICATE_LINE", "DUPLICATE_BOOKING", "AMBIGUOUS_MATCH", "CHARGEBACK"),
        *("REFUND_CHANNEL_ONLY", "REFUND_PLATFORM_ONLY", "REFUND_AMOUNT_MISMATCH", "REFUND_STATUS_SNAPSHOT"),
        *("REFUND_EXCEEDS_PAYMENT", "CROSS_DAY", "TIME_OUT_OF_WINDOW", "REFERENCE_DAMAGED", "REFERENCE_CONFLICT"),
        *("UNKNOWN_MERCHANT", "STATEMENT_MISSING", "ENTRY_CHANNEL_ONLY"),
    }
)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        # What has its default is left out, so that a field which comes later leaves older versions their hash.
        said = ((field, getattr(value, field.name)) for field in fields(value))
        return {field.name: _plain(found) for field, found in said if found != field.default}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return str(value) if isinstance(value, ZoneInfo | time) else value
