"""What a person may do with an exception or a suggestion, and what it becomes. It knows no clock and no table.

A refusal is a value that names why: of a thousand rows one that was cleared meanwhile stops none of the others.
"""

from dataclasses import dataclass
from enum import StrEnum

from services.reconciler.rules.rule_set import Threshold


class ExceptionState(StrEnum):
    """Where an exception is; the names are those of the contract's Exception.State."""

    OPEN = "OPEN"
    ASSIGNED = "ASSIGNED"
    PENDING_CONFIRMATION = "PENDING_CONFIRMATION"
    CONFIRMED = "CONFIRMED"
    RESOLVED = "RESOLVED"


class Refusal(StrEnum):
    """Why nothing was done to a row; the contract names them at ExceptionResult and SuggestionResult."""

    NOT_FOUND = "NOT_FOUND"
    DRY_RUN = "DRY_RUN"
    RESOLVED = "RESOLVED"
    ALREADY_CONFIRMED = "ALREADY_CONFIRMED"
    ALREADY_DECLINED = "ALREADY_DECLINED"
    SAME_PERSON = "SAME_PERSON"
    SUPERSEDED = "SUPERSEDED"
    ALREADY_MATCHED = "ALREADY_MATCHED"
    RUN_IN_PROGRESS = "RUN_IN_PROGRESS"

    @property
    def sentences(self) -> tuple[str, str]:
        """For people, in English and Chinese."""
        return _SENTENCES[self]


_SENTENCES = {
    Refusal.NOT_FOUND: ("there is none by that id", "没有该编号的记录"),
    Refusal.DRY_RUN: ("a dry run found it, which decides nothing", "试运行的结果，不能处理"),
    Refusal.RESOLVED: ("a later run has resolved it", "后续对账批次已消解该差异"),
    Refusal.ALREADY_CONFIRMED: ("it is confirmed already", "已经确认"),
    Refusal.ALREADY_DECLINED: ("it is declined already", "已经拒绝"),
    Refusal.SAME_PERSON: ("a second person has to confirm it", "须由另一人复核"),
    Refusal.SUPERSEDED: ("a later run of the day has taken the place of this one", "该日已有新的对账批次取代本批次"),
    Refusal.ALREADY_MATCHED: ("one of its rows is matched meanwhile", "其中的记录已另行对平"),
    Refusal.RUN_IN_PROGRESS: (
        "a run of its channel is at work: decide once it has ended",
        "该渠道正在对账，请待完成后再确认",
    ),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How far an exception is: its state, who has confirmed it, and how many have to."""

    state: ExceptionState
    maker: str  # "" for nobody
    people_needed: int


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A confirmation that counts, as the first or the second, and the state that it leads to."""

    step: int
    state: ExceptionState


@dataclass(frozen=True, slots=True)
class Asked:
    """Who acts, by which request, and why."""

    request_id: str
    operator: str
    note: str

    @classmethod
    def of(cls, request_id: str, operator: str, note: str) -> "Asked":
        """The same with the name as it is kept: blanks around it make no other person."""
        return cls(request_id, operator.strip(), note)


@dataclass(frozen=True, slots=True)
class RowResult:
    """What came of one row: its state afterwards ("" when there is no such row), or why nothing was done.

    `named_row_id` is the payment or line that the refusal is about, where it is about one.
    """

    row_id: str
    state: str
    refusal: str = ""
    named_row_id: str = ""

    @classmethod
    def refused(cls, row_id: str, state: str, refusal: Refusal) -> "RowResult":
        """Nothing was done."""
        return cls(row_id, state, refusal.value)


@dataclass(frozen=True, slots=True)
class Cleared:
    """What came of each row in order of id, and whether the same request had done it before."""

    results: tuple[RowResult, ...]
    replayed: bool


def people_needed(threshold: Threshold | None, book_minor: int | None, channel_minor: int | None) -> int:
    """How many people have to confirm: two from the threshold on, by the money or by what it is apart.

    Amounts are minor units, None where that side has nothing: then the whole of the other is the difference.
    """
    if threshold is None:
        return 1
    book, channel = book_minor or 0, channel_minor or 0
    basis = max(abs(book), abs(channel)) if threshold.basis == "amount" else abs(channel - book)
    return 2 if basis >= threshold.minor else 1


def assign(state: ExceptionState, assignee: str) -> ExceptionState | Refusal:
    """What an exception becomes that is given to somebody, or to nobody with an empty name."""
    if refusal := _ended(state):
        return refusal
    if state is ExceptionState.PENDING_CONFIRMATION:
        return state
    return ExceptionState.ASSIGNED if assignee else ExceptionState.OPEN


def confirm(standing: Standing, operator: str) -> Confirmed | Refusal:
    """What a confirmation by a person does."""
    if refusal := _ended(standing.state):
        return refusal
    if standing.state is not ExceptionState.PENDING_CONFIRMATION:
        waits = standing.people_needed > 1
        return Confirmed(1, ExceptionState.PENDING_CONFIRMATION if waits else ExceptionState.CONFIRMED)
    if is_same_person(standing.maker, operator):
        return Refusal.SAME_PERSON
    return Confirmed(2, ExceptionState.CONFIRMED)


def is_same_person(one: str, other: str) -> bool:
    """Whether two names are one person's: case and blanks around them make no second person."""
    return one.strip().casefold() == other.strip().casefold()


def _ended(state: ExceptionState) -> Refusal | None:
    if state is ExceptionState.RESOLVED:
        return Refusal.RESOLVED
    return Refusal.ALREADY_CONFIRMED if state is ExceptionState.CONFIRMED else None
