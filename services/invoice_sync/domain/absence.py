"""The proof that an authority does not have an invoice. Only after it may the same bytes be sent again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from services.invoice_sync.domain.timers import Timers

ROUNDS_NEEDED = 2
# A canary shows the eyesight of its moment: the negatives of its round are no older, and no younger.
_FRESH = timedelta(seconds=60)
# Without one booked invoice to ask for, nothing shows that the query service finds what is there: one round more.
ROUNDS_NEEDED_WITHOUT_CANARY = 3


class Canary(StrEnum):
    """What a question for an invoice that is known to be booked came back with, in the same round."""

    SEEN = "SEEN"
    NOT_SEEN = "NOT_SEEN"  # the query service is blind or down: the round proves nothing
    NONE_BOOKED = "NONE_BOOKED"  # no invoice was ever seen booked, so there is none to ask for


@dataclass(frozen=True, slots=True)
class Round:
    """One round of negative answers: by our key, and by number when one is known."""

    round_id: str
    round_time: datetime
    canary: Canary


class Absence(StrEnum):
    """How far the proof has come."""

    OPEN = "OPEN"
    SUSPECTED = "SUSPECTED"
    PROVED = "PROVED"


def is_fresh(canary_time: datetime, moment: datetime) -> bool:
    """Whether a canary that was asked for then says anything about an answer of that moment."""
    return abs(moment - canary_time) <= _FRESH


def next_round_time(settle_from: datetime, rounds: Sequence[Round], timers: Timers) -> datetime:
    """The first instant at which a negative answer counts as the next round."""
    settle = timedelta(seconds=timers.settle_seconds)
    if not rounds:
        return settle_from + settle
    return rounds[-1].round_time + max(settle, timedelta(seconds=timers.absence_round_seconds))


def weigh(rounds: Sequence[Round]) -> Absence:
    """How far these rounds prove the absence; they were each counted by `next_round_time`."""
    counted = [each for each in rounds if each.canary is not Canary.NOT_SEEN]
    if not counted:
        return Absence.OPEN
    seen = all(each.canary is Canary.SEEN for each in counted)
    needed = ROUNDS_NEEDED if seen else ROUNDS_NEEDED_WITHOUT_CANARY
    return Absence.PROVED if len(counted) >= needed else Absence.SUSPECTED
