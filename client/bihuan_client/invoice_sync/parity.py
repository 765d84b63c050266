"""Parity: its messages.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

# How.
ParityDifferenceDifferenceClass: TypeAlias = Literal[
    # Never sent.
    "DIFFERENCE_CLASS_UNSPECIFIED",
    # In the books by our knowledge, and not in the authority's.
    "DIFFERENCE_CLASS_OURS_ONLY",
    # In the authority's books, and nothing of ours.
    "DIFFERENCE_CLASS_THEIRS_ONLY",
    # On both sides, with another amount or colour.
    "DIFFERENCE_CLASS_AMOUNT_DIFFERS",
    # It counts on one side, and on the other it is void, refused or otherwise.
    "DIFFERENCE_CLASS_STATE_DIFFERS",
    # On both sides, under another day.
    "DIFFERENCE_CLASS_DAY_DIFFERS",
]

# What it came to.
ParityRunState: TypeAlias = Literal[
    # Never sent.
    "STATE_UNSPECIFIED",
    # Equal, blue and red, counts and sums, on each day.
    "STATE_AGREES",
    # What differs is on its way, and nothing else is.
    "STATE_UNSETTLED",
    # Different, and each difference has its invoice.
    "STATE_DIFFERS",
    # Different, and the authority's list did not lead to all of the invoices.
    "STATE_NOT_NAMED",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParityDay:
    """A day on both sides."""

    day: str = ""
    """YYYY-MM-DD."""

    ours: ParitySums | None = None
    """Ours."""

    theirs: ParitySums | None = None
    """The authority's."""

    equal: bool = False
    """Whether they are equal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParityDifference:
    """An invoice that makes the sides differ."""

    difference_class: ParityDifferenceDifferenceClass = "DIFFERENCE_CLASS_UNSPECIFIED"
    """How."""

    issue_date: str = ""
    """The date on it, YYYY-MM-DD: ours where we have it."""

    kind: str = ""
    """BLUE or RED."""

    invoice_id: str = ""
    """Ours; empty for what the authority alone has."""

    invoice_number: str = ""
    """The authority's number, if there is one."""

    ours_minor: int = 0
    """Our amount in minor units; unset where we have none."""

    theirs_minor: int = 0
    """The authority's; unset where it has none."""

    ours_state: str = ""
    """Where it stands with us; empty where we have none."""

    theirs_state: str = ""
    """Where it stands with the authority, in its words; empty where it has none."""

    remedy: str = ""
    """What cures it, in English."""

    remedy_zh: str = ""
    """The same in Chinese."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParityRun:
    """A comparison of a seller's control totals with the authority's, of a day or a month. 控制总额核对"""

    run_id: str = ""
    """Ours."""

    seller_tax_id: str = field(default="", repr=False)
    """The seller."""

    period: str = ""
    """The day (YYYY-MM-DD) or the month (YYYY-MM), by the date on the invoices."""

    state: ParityRunState = "STATE_UNSPECIFIED"
    """What it came to."""

    complete: bool = False
    """Whether the authority's book was complete up to the end of the period: nothing accepted in it is still to
    come. An invoice of the period that is sent late is accepted after it, and changes its totals still.
    """

    watermark: datetime | None = None
    """Up to which instant the authority's book was complete, as it told."""

    waiting_count: int = 0
    """Of the period and in no book yet."""

    difference_count: int = 0
    """Invoices that make the sides differ."""

    ours: ParitySums | None = None
    """Our sums of the period, counted out of the invoices."""

    theirs: ParitySums | None = None
    """The authority's."""

    days: Sequence[ParityDay] = ()
    """The days on which either side has anything, in order."""

    start_time: datetime | None = None
    """When it was made."""

    check_time: datetime | None = None
    """When a comparison last came to the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParitySums:
    """Counts and sums in minor units, tax included; of red letters the sum is negative. No tax alone is
    compared: the authority's control totals do not tell it.
    """

    blue_count: int = 0
    """Blue invoices."""

    blue_minor: int = 0
    """Their sum."""

    red_count: int = 0
    """Red letters."""

    red_minor: int = 0
    """Their sum."""
