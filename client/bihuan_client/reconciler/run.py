"""Run: its messages.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from bihuan_client.basics import Money

from .exception import ExceptionClass

# What became of a row.
Disposition: TypeAlias = Literal[
    # Never sent; in a request it means every one.
    "DISPOSITION_UNSPECIFIED",
    # Posted without a person. 对平
    "DISPOSITION_MATCHED",
    # Waits for a person, with the likeliest counterpart. 待确认
    "DISPOSITION_SUGGESTED",
    # Waits for the channel's close, or for the next day's statement. 缓冲
    "DISPOSITION_BUFFERED",
    # Somebody has to clear it. 差异
    "DISPOSITION_EXCEPTION",
    # Owes nothing to anyone, as the rule says. 按规则忽略
    "DISPOSITION_IGNORED_BY_RULE",
]

# How the pair was found.
MatchKind: TypeAlias = Literal[
    # Never sent.
    "KIND_UNSPECIFIED",
    # Equal keys, amount, currency and business day.
    "KIND_EXACT",
    # Equal, but the channel booked it on the other side of the cut-off. 跨日
    "KIND_CROSS_DAY",
    # Several payments or several lines, whose sums are equal. 合并·拆分
    "KIND_GROUP",
    # Joined by a number that was written a little differently. 单号异常
    "KIND_REFERENCE_DAMAGED",
    # Suggested: nothing identifies both, and no other counterpart is as likely. 待确认
    "KIND_LIKELY",
]

# What becomes of what it decides.
RunMode: TypeAlias = Literal[
    # Never sent; in a request it means COMMIT.
    "MODE_UNSPECIFIED",
    # Its results are those of the day until a later run; payments is told. 正式
    "MODE_COMMIT",
    # Its results can be read, and nothing else comes of them. 试跑
    "MODE_DRY_RUN",
]

# Where it is.
RunState: TypeAlias = Literal[
    # Never sent.
    "STATE_UNSPECIFIED",
    # Waits for its turn.
    "STATE_PENDING",
    # At work.
    "STATE_RUNNING",
    # Done, and every row has its place.
    "STATE_SUCCEEDED",
    # Not done; failure_reason tells why and nothing was decided.
    "STATE_FAILED",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassTotal:
    """The exceptions of one class."""

    exception_class: ExceptionClass = "EXCEPTION_CLASS_UNSPECIFIED"
    """The class."""

    exception_count: int = 0
    """How many."""

    book_sums: Sequence[Money] = ()
    """The books' money in them, by currency."""

    channel_sums: Sequence[Money] = ()
    """The channel's money in them, signed, by currency."""

    payment_count: int = 0
    """The payments and refunds in them."""

    line_count: int = 0
    """The lines in them."""

    exception_class_zh: str = ""
    """The class in Chinese, with its viewpoint."""

    exception_class_en: str = ""
    """The class in English, with its viewpoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DispositionTotal:
    """The rows of one disposition."""

    disposition: Disposition = "DISPOSITION_UNSPECIFIED"
    """What became of them."""

    group_count: int = 0
    """Groups of rows that are the same money; a row alone is one."""

    payment_count: int = 0
    """Payments and refunds of the books."""

    payment_sums: Sequence[Money] = ()
    """Their money, by currency."""

    line_count: int = 0
    """Statement lines."""

    line_sums: Sequence[Money] = ()
    """Their money, signed, by currency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Payments and statement lines that are the same money: a pair, or a group of many. 匹配"""

    match_id: str = ""
    """Ours: the run's and the group's."""

    run_id: str = ""
    """The run."""

    payment_id: str = ""
    """The payment or refund; of a group the first."""

    line_id: str = ""
    """The statement line; of a group the first."""

    kind: MatchKind = "KIND_UNSPECIFIED"
    """How it was found."""

    key: str = ""
    """The number that joined them, such as channel_txn_no or merchant_order_no; empty when none did."""

    amount: Money | None = None
    """The books' money."""

    trace_id: str = ""
    """The trace of the payment."""

    group_id: str = ""
    """What all its rows share."""

    payment_ids: Sequence[str] = ()
    """All payments and refunds in it."""

    line_ids: Sequence[str] = ()
    """All lines in it."""

    rule_id: str = ""
    """The rule that joined them."""

    stage: str = ""
    """The stage that the rule belongs to."""

    disposition: Disposition = "DISPOSITION_UNSPECIFIED"
    """MATCHED, or SUGGESTED while a person has to decide."""

    reason: str = ""
    """What joined them, as the rule says it."""

    runner_up_id: str = ""
    """The counterpart that came second; empty without one."""

    margin_us: int = 0
    """How much further off the runner-up was, in microseconds; unset without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorGap:
    """What the mirror had otherwise than payments, of a channel's business day. Ids are in order, 1,000 of each
    at most.
    """

    missing_count: int = 0
    """Payments that the mirror had not."""

    wrong_count: int = 0
    """Payments that it had otherwise, such as with another amount."""

    unknown_count: int = 0
    """Payments that it alone has; they stay there, for a person to look at."""

    missing_payment_ids: Sequence[str] = ()
    """Payments that the mirror had not."""

    wrong_payment_ids: Sequence[str] = ()
    """Payments that it had otherwise."""

    unknown_payment_ids: Sequence[str] = ()
    """Payments that it alone has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pins:
    """The inputs of a run."""

    statement_sha256s: Sequence[str] = ()
    """The statements, in order of loading."""

    payments_manifest_digest: bytes = b""
    """The digest that payments gave for the day."""

    rule_set_version: str = ""
    """The number of the rule set's version; of runs before rule sets the name of the rules."""

    neighbours_digest: bytes = b""
    """A digest of what is not of the day's statements and payments: refunds of the books, rows that earlier days
    left buffered, payments of the days beside that its lines lead to, its own rows that a run of another day
    holds; and of the day's payments the times, bills and fees, which their manifest does not tell.
    """

    rule_set_id: str = ""
    """The rule set."""

    rule_set_hash: str = ""
    """SHA-256 of what the version says, in hexadecimal."""

    as_of: datetime | None = None
    """The moment for which it was decided: the last close of the channel before it was made, by the rule set's
    calendar.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One comparison of the books with a channel's statements for one business day. 对账批次"""

    run_id: str = ""
    """Ours."""

    channel: str = ""
    """The channel."""

    business_date: str = ""
    """The channel's business day, YYYY-MM-DD."""

    state: RunState = "STATE_UNSPECIFIED"
    """Where it is."""

    pins: Pins | None = None
    """What it was made from; equal pins give an equal digest."""

    output_digest: bytes = b""
    """SHA-256 over every outcome in a fixed order; empty until it has succeeded."""

    totals: RunTotals | None = None
    """What came out."""

    failure_reason: str = ""
    """An ErrorReason without its prefix; empty unless it failed."""

    failure_message: str = ""
    """A sentence for people; empty unless it failed."""

    create_time: datetime | None = None
    """When it was asked for."""

    end_time: datetime | None = None
    """When it ended."""

    rows_done: int = 0
    """Rows with a place so far."""

    rows_total: int = 0
    """Rows in all; 0 until they are counted."""

    mode: RunMode = "MODE_UNSPECIFIED"
    """What becomes of what it decides."""

    same_as_run_id: str = ""
    """The run whose results stand, when a COMMIT was asked for with pins equal to those of the day's current
    run: this one decided nothing anew, and lists by its id give that run's results. Empty otherwise.
    """

    superseded_by_run_id: str = ""
    """The later run of the day that took its place; empty while it stands."""

    mirror_gap: MirrorGap | None = None
    """What the mirror of payments had otherwise than payments when the run began, and was repaired from
    payments; unset if nothing. A run that still fails with MIRROR_GAP could not be repaired so.
    """

    results_forget_time: datetime | None = None
    """When its matches were let go of, since it was a dry run or another took its place long ago; its totals,
    digest and exceptions are kept. Unset while all of it can be listed.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTotals:
    """Counts and money of a run. Each row has exactly one disposition, so both sides add up: payment_count and
    line_count are the sums over `dispositions`, currency by currency also of the money.
    """

    payment_count: int = 0
    """Payments and refunds of the books in the run."""

    payment_sums: Sequence[Money] = ()
    """Their money, by currency; refunds are negative."""

    line_count: int = 0
    """Statement lines in the run."""

    line_sums: Sequence[Money] = ()
    """Their money, signed, by currency."""

    matched_count: int = 0
    """Matches: pairs and groups that agree."""

    matched_sums: Sequence[Money] = ()
    """The books' money in them, by currency."""

    cross_day_count: int = 0
    """Those of them that crossed the cut-off. 跨日"""

    exceptions: Sequence[ClassTotal] = ()
    """The exceptions, by class, in order of class."""

    dispositions: Sequence[DispositionTotal] = ()
    """All rows, by what became of them, in order of disposition; one that has none is left out."""
