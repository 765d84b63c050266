"""A suggestion, and what a person may do with it. It knows no clock and no table."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from chassis.money import Money
from services.reconciler.domain.clearing import Refusal, is_same_person
from services.reconciler.domain.exception_class import ExceptionClass


class SuggestionState(StrEnum):
    """Where a suggestion is; the names are those of the contract's Suggestion.State."""

    OPEN = "OPEN"
    PENDING_CONFIRMATION = "PENDING_CONFIRMATION"
    CONFIRMED = "CONFIRMED"
    DECLINED = "DECLINED"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a suggestion stands: its run and its group there. Its id is both."""

    run_id: str
    group_id: str

    @classmethod
    def of(cls, suggestion_id: str) -> "Place":
        """The place that an id names; a run's id has no dot, a group's may."""
        run_id, _, group_id = suggestion_id.partition(".")
        return cls(run_id, group_id)

    def __str__(self) -> str:
        return f"{self.run_id}.{self.group_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """Rows that a run suggests to be the same money. Amounts are the sums of each side, in minor units."""

    place: Place
    channel: str
    business_date: date
    rule_set_id: str  # "" in runs of releases before rule sets
    rule_set_version: str
    is_current: bool  # of a run that succeeded, was no dry run and stands
    rule_id: str
    stage: str
    reason: str
    runner_up_id: str
    margin_us: int | None
    payment_ids: tuple[str, ...]
    line_ids: tuple[str, ...]
    currency_code: str
    book_minor: int
    channel_minor: int
    state: SuggestionState = SuggestionState.OPEN
    maker: str = ""
    checker: str = ""
    declined_by: str = ""

    @property
    def row_ids(self) -> tuple[str, ...]:
        """All its rows."""
        return (*self.payment_ids, *self.line_ids)


@dataclass(frozen=True, slots=True)
class DeclinedRow:
    """One side of a declined suggestion: a payment, a refund of the books, or a line, alone from now on."""

    row_id: str
    is_line: bool
    is_refund: bool
    merchant_order_no: str
    amount: Money
    traceparent: str  # "" of lines

    @property
    def exception_class(self) -> ExceptionClass:
        """What it is without a counterpart."""
        if self.is_line:
            return ExceptionClass.REFUND_CHANNEL_ONLY if self.is_refund else ExceptionClass.CHANNEL_ONLY
        return ExceptionClass.REFUND_PLATFORM_ONLY if self.is_refund else ExceptionClass.PLATFORM_ONLY


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody did about a suggestion, and what it became."""

    state: SuggestionState
    operator: str
    request_id: str
    note: str
    create_time: datetime


def confirm(suggestion: Suggestion, people_needed: int, operator: str) -> SuggestionState | Refusal:
    """What a confirmation by a person makes of it."""
    if refusal := _ended(suggestion):
        return refusal
    if suggestion.state is SuggestionState.OPEN:
        return SuggestionState.PENDING_CONFIRMATION if people_needed > 1 else SuggestionState.CONFIRMED
    return Refusal.SAME_PERSON if is_same_person(suggestion.maker, operator) else SuggestionState.CONFIRMED


def decline(suggestion: Suggestion, operator: str) -> SuggestionState | Refusal:
    """What it becomes when a person declines it; who confirmed it first leaves that to somebody else."""
    if refusal := _ended(suggestion):
        return refusal
    return Refusal.SAME_PERSON if is_same_person(suggestion.maker, operator) else SuggestionState.DECLINED


def words_of_declined(row: DeclinedRow, rule_id: str, operator: str) -> tuple[str, str]:
    """Why a row of a declined suggestion is an exception, in English and Chinese."""
    side, side_zh = ("the channel has", "渠道") if row.is_line else ("the books have", "平台")
    amount_zh = str(row.amount).replace(" CNY", " 元")
    return (
        f"{side} {row.amount}; {operator} declined the counterpart that rule {rule_id} had suggested",
        f"{side_zh} {amount_zh}；规则 {rule_id} 建议的对应记录已被 {operator} 拒绝",
    )


def _ended(suggestion: Suggestion) -> Refusal | None:
    if not suggestion.is_current:
        return Refusal.SUPERSEDED
    if suggestion.state is SuggestionState.CONFIRMED:
        return Refusal.ALREADY_CONFIRMED
    return Refusal.ALREADY_DECLINED if suggestion.state is SuggestionState.DECLINED else None
