"""Suggestion: its messages.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from bihuan_client.basics import Money

# Where it is.
SuggestionState: TypeAlias = Literal[
    # Never sent; in a request it means every one.
    "STATE_UNSPECIFIED",
    # Nobody has decided. 待确认
    "STATE_OPEN",
    # One person has confirmed it, and its money is such that a second one has to. 待复核
    "STATE_PENDING_CONFIRMATION",
    # Posted to payments as an automatic match is. 已确认
    "STATE_CONFIRMED",
    # Not the same money: each of its rows is an exception. 已拒绝
    "STATE_DECLINED",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """Rows that are probably the same money, by a rule that may not post: a person confirms or declines.
    待确认匹配
    """

    suggestion_id: str = ""
    """Ours: the run's and the group's."""

    run_id: str = ""
    """The run that made it."""

    channel: str = ""
    """The channel of the run."""

    business_date: str = ""
    """The channel's business day, YYYY-MM-DD."""

    state: SuggestionState = "STATE_UNSPECIFIED"
    """Where it is."""

    rule_id: str = ""
    """The rule that found it."""

    stage: str = ""
    """The stage that the rule belongs to."""

    payment_ids: Sequence[str] = ()
    """Payments and refunds of the books."""

    line_ids: Sequence[str] = ()
    """Statement lines."""

    book_amount: Money | None = None
    """What the books have."""

    channel_amount: Money | None = None
    """What the channel has, signed."""

    reason: str = ""
    """What joined them, as the rule says it."""

    runner_up_id: str = ""
    """The counterpart that came second; empty without one."""

    margin_us: int = 0
    """How much further off the runner-up was, in microseconds; unset without one."""

    confirmed_by: str = ""
    """Who confirmed it first; empty for nobody."""

    second_confirmed_by: str = ""
    """Who confirmed it second, never the same person; empty for nobody."""

    declined_by: str = ""
    """Who declined it; empty for nobody."""

    people_needed: int = 0
    """How many people have to confirm it, by the rule set of its run: 1 or 2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestionAction:
    """What somebody decided about a suggestion. Nothing is ever taken back or changed."""

    state: SuggestionState = "STATE_UNSPECIFIED"
    """What it became."""

    operator: str = ""
    """Who did it."""

    note: str = ""
    """Why, by who did it."""

    create_time: datetime | None = None
    """When."""
