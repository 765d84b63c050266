"""Rule set: its messages.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from bihuan_client.basics import Money

# Where it is.
RegressionState: TypeAlias = Literal[
    # Never sent.
    "STATE_UNSPECIFIED",
    # Waits for its turn.
    "STATE_PENDING",
    # At work.
    "STATE_RUNNING",
    # Done.
    "STATE_SUCCEEDED",
    # Not done; failure_reason tells why.
    "STATE_FAILED",
]

# What happened to it.
RuleChangeKind: TypeAlias = Literal[
    # Never sent.
    "KIND_UNSPECIFIED",
    # Only the new version has it.
    "KIND_ADDED",
    # Only the old version has it.
    "KIND_REMOVED",
    # Both have it, and it says something else.
    "KIND_CHANGED",
    # It says the same, at another place in the order.
    "KIND_MOVED",
]

# Where it is.
RuleSetVersionState: TypeAlias = Literal[
    # Never sent.
    "STATE_UNSPECIFIED",
    # Made, and decides nothing. 草稿
    "STATE_DRAFT",
    # Decides the business dates from effective_from on, until a later one does. 生效
    "STATE_ACTIVE",
    # Decides nothing any more; what it decided stands. 停用
    "STATE_RETIRED",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """From which threshold on a second person has to confirm. 双人复核"""

    basis: str = ""
    """What the threshold is of: `amount` or `difference`."""

    minor: int = 0
    """From this on, in minor units."""

    said: str = ""
    """As a sentence."""

    said_zh: str = ""
    """The same in Chinese."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One key of a rule with what it said and what it says."""

    field: str = ""
    """The key as in the YAML."""

    old: str = ""
    """As it was; empty when it was not there."""

    new: str = ""
    """As it is; empty when it is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IgnoreRule:
    """Differences below a threshold are not shown, as long as the caps of the day are not used up. 小额忽略"""

    rule_id: str = ""
    """Its id in the results."""

    name: str = ""
    """For people."""

    name_zh: str = ""
    """The same in Chinese."""

    basis: str = ""
    """What the threshold is of: `amount` of the row, or `difference` of its group."""

    below_minor: int = 0
    """Below this, in minor units."""

    exception_classes: Sequence[str] = ()
    """The classes of exceptions that it takes."""

    count_max: int = 0
    """At most as many groups for a business date and currency."""

    sum_minor_max: int = 0
    """At most this sum of the basis for a business date and currency, in minor units."""

    said: str = ""
    """All of it as a sentence."""

    said_zh: str = ""
    """The same in Chinese."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Regression:
    """A report of what a version would change against the one that it replaces. 回归报告"""

    regression_id: str = ""
    """Ours."""

    rule_set_id: str = ""
    """The set."""

    version: int = 0
    """The version that was tried."""

    content_hash: str = ""
    """Its hash; the report counts for exactly this."""

    baseline_rule_set_id: str = ""
    """The set of the version that it was held against."""

    baseline_version: int = 0
    """That version."""

    baseline_hash: str = ""
    """Its hash."""

    state: RegressionState = "STATE_UNSPECIFIED"
    """Where it is."""

    parts_done: int = 0
    """Slices and suites that are done."""

    parts_total: int = 0
    """Slices and suites in all; 0 until they are counted."""

    slices: Sequence[RegressionSlice] = ()
    """The past days that were decided again by both versions."""

    suites: Sequence[RegressionSuite] = ()
    """The sets of rows whose truth is known."""

    changed_rows: int = 0
    """Rows that end in another place."""

    kept_rows: int = 0
    """Those of them that the report keeps, by rows; the others are counted only."""

    wrong_auto_posts: int = 0
    """Groups that the new version posts though they are wrong, by the suites; with any it is not activated."""

    passes: bool = False
    """Whether the version may be activated by this report, as it stands."""

    verdict: str = ""
    """What stands in the way, or that nothing does."""

    verdict_zh: str = ""
    """The same in Chinese."""

    started_by: str = ""
    """Who asked for it."""

    create_time: datetime | None = None
    """When it was asked for."""

    end_time: datetime | None = None
    """When it ended."""

    failure_reason: str = ""
    """An ErrorReason without its prefix; empty unless it failed."""

    failure_message: str = ""
    """A sentence for people; empty unless it failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegressionPlace:
    """The place of a row in a run."""

    group_id: str = ""
    """The least id of the rows that are the same money."""

    rule_id: str = ""
    """The rule that decided."""

    disposition: str = ""
    """MATCHED, SUGGESTED, BUFFERED, EXCEPTION or IGNORED_BY_RULE."""

    exception_class: str = ""
    """Empty when nothing is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegressionRow:
    """A payment or a line that ends in another place."""

    row_no: int = 0
    """Counts from 1 within the report."""

    source: str = ""
    """`run:` and a run, or `suite:` and a suite."""

    side: str = ""
    """P for a payment or a refund, L for a line."""

    row_id: str = ""
    """The payment, the refund or the line."""

    amount: Money | None = None
    """Its money, signed."""

    old: RegressionPlace | None = None
    """Where it was."""

    new: RegressionPlace | None = None
    """Where it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegressionSlice:
    """A day of a channel that a run has decided, and that both versions decided again."""

    run_id: str = ""
    """The run."""

    channel: str = ""
    """The channel."""

    business_date: str = ""
    """The business date, YYYY-MM-DD."""

    inputs_changed: bool = False
    """Whether its statements or payments are not those of the run any more; then both versions decided what is
    there now.
    """

    inputs_said: str = ""
    """What of them; empty when they are the same."""

    inputs_said_zh: str = ""
    """The same in Chinese."""

    payment_count: int = 0
    """Payments and refunds."""

    line_count: int = 0
    """Statement lines."""

    changed_rows: int = 0
    """Rows that end in another place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegressionSuite:
    """A set of rows that was made from a seed, so that the truth of each row is known."""

    name: str = ""
    """Its name."""

    seed: int = 0
    """What it was made from."""

    payment_count: int = 0
    """Payments and refunds."""

    line_count: int = 0
    """Statement lines."""

    changed_rows: int = 0
    """Rows that end in another place."""

    wrong_auto_posts: int = 0
    """Groups that the new version posts though they are wrong."""

    baseline_wrong_auto_posts: int = 0
    """The same of the version that it was held against."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChange:
    """What differs between two versions in one rule, or in one setting of the set. 规则变更"""

    kind: RuleChangeKind = "KIND_UNSPECIFIED"
    """What happened."""

    rule_id: str = ""
    """The rule; empty for a setting of the whole set."""

    name: str = ""
    """Its name in the new version, or else in the old one."""

    name_zh: str = ""
    """The same in Chinese."""

    fields: Sequence[FieldChange] = ()
    """What of it differs."""

    said: str = ""
    """A sentence for people."""

    said_zh: str = ""
    """The same in Chinese."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSetFault:
    """One thing that is wrong with a rule set, and how to put it right. 规则错误"""

    rule_id: str = ""
    """The rule; empty for the set itself."""

    field: str = ""
    """The key; empty for the whole rule."""

    said: str = ""
    """What is wrong."""

    said_zh: str = ""
    """The same in Chinese."""

    cure: str = ""
    """What to do."""

    cure_zh: str = ""
    """The same in Chinese."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSetVersion:
    """One version of a rule set: what it says never changes. 对账规则版本"""

    rule_set_id: str = ""
    """The set: `default`, or a channel that has one of its own."""

    version: int = 0
    """Counts from 1 within the set."""

    content_hash: str = ""
    """SHA-256 over what it says, in hex; the order of keys and white space do not count."""

    state: RuleSetVersionState = "STATE_UNSPECIFIED"
    """Where it is."""

    effective_from: str = ""
    """The first business date that it decides, YYYY-MM-DD: as written until it is active, then as its activation
    said.
    """

    created_by: str = ""
    """Who made it; `system` for the one that is shipped."""

    note: str = ""
    """Why it was made."""

    create_time: datetime | None = None
    """When it was made."""

    activated_by: str = ""
    """Who activated it, another person; empty before."""

    activate_time: datetime | None = None
    """When it was activated."""

    regression_id: str = ""
    """The report that it was activated with; empty before, and for the one that is shipped."""

    retired_by: str = ""
    """Who retired it."""

    retire_time: datetime | None = None
    """When it was retired."""

    yaml: str = ""
    """The text that it was made from."""

    rules: Sequence[RuleSummary] = ()
    """Its rules in order: the first that takes a row decides it."""

    ignore_rules: Sequence[IgnoreRule] = ()
    """Small differences that are not shown."""

    second_confirmation: Confirmation | None = None
    """From which amount on two people confirm; unset when one is always enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSummary:
    """A rule, in short."""

    rule_id: str = ""
    """Its id in the results."""

    name: str = ""
    """For people."""

    name_zh: str = ""
    """The same in Chinese."""

    stage: str = ""
    """The stage that it belongs to."""

    kind: str = ""
    """pair, group, repeat, net, near, sums, again, exceeds or alone."""

    posts: bool = False
    """Whether it may post without a person."""
