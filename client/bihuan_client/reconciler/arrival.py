"""Arrival: its messages.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from .exception import ExceptionClass
from .run import Disposition

# How far it is.
ArrivalMatchState: TypeAlias = Literal[
    # Never sent.
    "STATE_UNSPECIFIED",
    # Nothing that came so far is its pair.
    "STATE_OPEN",
    # What came so far makes a pair.
    "STATE_PAIRED",
    # A run has found the same pair.
    "STATE_CLOSED",
    # A run has found otherwise; the run's own results tell what.
    "STATE_REVISED",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivalMatch:
    """What is known of a payment or refund before its day is closed: a cache, of which the day's run has the
    last word.
    """

    payment_id: str = ""
    """Ours: the payment or refund."""

    state: ArrivalMatchState = "STATE_UNSPECIFIED"
    """How far it is."""

    line_id: str = ""
    """The statement line of the pair; empty while it is open."""

    rule_id: str = ""
    """The rule that joined them."""

    disposition: Disposition = "DISPOSITION_UNSPECIFIED"
    """Whether it would be posted as it stands."""

    exception_class: ExceptionClass = "EXCEPTION_CLASS_UNSPECIFIED"
    """What is wrong with the pair; unspecified when nothing is."""

    reason: str = ""
    """What joined them, for a person to read."""

    run_id: str = ""
    """The run that closed or revised it; empty before."""

    at_time: datetime | None = None
    """When the pair was found or revised."""
