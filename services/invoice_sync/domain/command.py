"""What the machine decides, as values that the actions carry out. They do nothing themselves."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.invoice_sync.domain.backoff import GiveUp
from services.invoice_sync.domain.hold import HoldKind
from services.invoice_sync.domain.standing import Standing


class CaseCode(StrEnum):
    """What a case is opened for. It closes by itself when that is no longer so, where that can be told."""

    MISMATCH = "MISMATCH"  # something else stands there (D4, D5)
    ELSEWHERE = "ELSEWHERE"  # it stands in another region or environment (D3)
    MISSING = "MISSING"  # the authority said that it had it, and it is not found any more
    VOIDED = "VOIDED"  # it was cancelled or reversed (D6)
    GIVEN_UP = "GIVEN_UP"  # nothing more is done for it before a person asks again


@dataclass(frozen=True, slots=True)
class Hold:
    """Close the gate of the invoice's route, or of its seller there alone.

    `until` is what the authority said; None when it did not. `code` is the authority's own.
    """

    kind: HoldKind
    seller_only: bool
    until: datetime | None
    code: str


@dataclass(frozen=True, slots=True)
class VoidRounds:
    """A sign that the authority holds the invoice: every negative answer before it proves nothing."""


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A person must decide."""

    code: CaseCode


@dataclass(frozen=True, slots=True)
class Ignore:
    """The event cannot happen here; nothing changes. The reason is for the log."""

    reason: str


Command = Hold | VoidRounds | OpenCase | GiveUp | Ignore


@dataclass(frozen=True, slots=True)
class Decision:
    """The next standing, and what is to be done in the transaction that stores it."""

    standing: Standing
    commands: tuple[Command, ...] = ()


def case_code_of(command: Command) -> CaseCode | None:
    """The case that a command opens; None when it opens none. What is given up is a person's to see."""
    match command:
        case OpenCase(code=code):
            return code
        case GiveUp():
            return CaseCode.GIVEN_UP
        case _:
            return None
