"""What a diagnosis comes to: one cause, how sure, what to do, and the rows that prove it. It decides nothing."""

from dataclasses import dataclass
from enum import StrEnum

from services.invoice_sync.domain.diagnosis.words import Words
from services.invoice_sync.domain.evidence import Evidence


class Confidence(StrEnum):
    """The contract's Diagnosis.Confidence."""

    PROVED = "PROVED"
    LIKELY = "LIKELY"
    OPEN = "OPEN"


class Action(StrEnum):
    """The contract's Diagnosis.Action."""

    NONE = "NONE"
    WAIT = "WAIT"
    REQUEST_INVOICE = "REQUEST_INVOICE"
    CORRECT_AND_REISSUE = "CORRECT_AND_REISSUE"
    CHECK_OPERATION = "CHECK_OPERATION"
    ESCALATE = "ESCALATE"
    REVERSE_AND_REISSUE = "REVERSE_AND_REISSUE"
    OPEN_GATE = "OPEN_GATE"
    DELIVER_AGAIN = "DELIVER_AGAIN"
    ASK_AGAIN = "ASK_AGAIN"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A cause by its code in the taxonomy, with its words filled in; evidence is oldest first and never empty.

    `suggestion` is the reference that was probably meant; empty when the one that was given is right.
    """

    cause: str
    confidence: Confidence
    action: Action
    evidence: tuple[Evidence, ...]
    words: Words
    suggestion: str = ""

    def __post_init__(self) -> None:
        """A cause without a row that proves it is a mistake of ours."""
        assert self.evidence, f"{self.cause} without evidence"

    @property
    def automatic(self) -> bool:
        """Whether the system goes on without a person."""
        return self.action is Action.WAIT

    @property
    def owner(self) -> str:
        """Who does what the remedy says: AUTOMATIC, OPERATOR, FINANCE or CUSTOMER."""
        return "AUTOMATIC" if self.action in (Action.WAIT, Action.NONE) else self.words.owner
