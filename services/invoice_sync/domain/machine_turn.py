"""One decision of the machine: what it knows, and the ways to put its result. It knows no event."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from services.invoice_sync.domain.attempt import TaxAnswer
from services.invoice_sync.domain.backoff import next_look
from services.invoice_sync.domain.command import CaseCode, Command, Decision, Hold, Ignore, OpenCase
from services.invoice_sync.domain.hold import HoldKind
from services.invoice_sync.domain.lookup import Finding
from services.invoice_sync.domain.outcome_policy import hold_of
from services.invoice_sync.domain.standing import ParkedReason, Standing, SyncState, work_of
from services.invoice_sync.domain.timers import Timers

# Whatever an authority asks us to wait, what was sent is asked for at least once a day.
WAIT_SECONDS_MAX = 86_400


@dataclass(frozen=True, slots=True)
class Turn:
    """What every part of a decision needs; `dice` is a share in [0, 1]."""

    was: Standing
    now: datetime
    dice: float
    timers: Timers

    def to(self, state: SyncState, *commands: Command, due_at: datetime | None = None, **changes: Any) -> Decision:
        """Enter a state with its usual work, unless `changes` say otherwise; nothing stays parked by that."""
        entered = {"work": work_of(state), "parked_reason": ParkedReason.NOT_PARKED, **changes}
        if state is not self.was.sync_state:
            entered["state_time"] = self.now
        return Decision(replace(self.was, sync_state=state, due_at=due_at, **entered), commands)

    def stay(self, *commands: Command, **changes: Any) -> Decision:
        """Remain in the state, with these changes."""
        return Decision(replace(self.was, **changes), commands)

    def ignore(self, reason: str) -> Decision:
        """Change nothing, and say why."""
        return Decision(self.was, (Ignore(reason),))

    def mismatch(self, finding: Finding) -> Decision:
        """Something else stands there, or it stands elsewhere: nothing goes on before a person has decided."""
        code = CaseCode.ELSEWHERE if finding is Finding.ELSEWHERE else CaseCode.MISMATCH
        return self.to(SyncState.MISMATCH, OpenCase(code))

    def voided(self, answers: Sequence[TaxAnswer]) -> Decision:
        """It was cancelled or reversed at the authority; it is never sent again."""
        return self.to(SyncState.VOIDED, OpenCase(CaseCode.VOIDED), **self.told(answers))

    def next_look(self, look: int, answers: Sequence[TaxAnswer]) -> datetime:
        """When to ask again after `look` questions, these being the answers to the last."""
        return next_look(look, self.now, self.dice, wait_seconds(answers), self.timers)

    def afresh(self, own_number: str) -> dict[str, Any]:
        """What counts from the start again, and what is forgotten, when it is to be sent as if never sent before.

        A number that the authority gave is forgotten: it may give another to the same bytes. One of our own is not.
        """
        return {
            "tries": 0,
            "look_count": 0,
            "seal_count": 0,
            "settle_from": self.now,
            "invoice_number": own_number,
            "ack_time": None,
        }

    def told(self, answers: Sequence[TaxAnswer]) -> dict[str, Any]:
        """What the answers tell about the invoice, where it was not known; times as the authority gave them."""
        was = self.was
        return {
            "invoice_number": was.invoice_number or next((a.invoice_number for a in answers if a.invoice_number), ""),
            "red_number": next((a.red_number for a in answers if a.red_number), was.red_number),
            "ack_time": was.ack_time or next((a.ack_time for a in answers if a.ack_time), None),
            "book_time": next((a.book_time for a in answers if a.book_time), was.book_time),
        }

    def holds(self, answers: Sequence[TaxAnswer]) -> list[Command]:
        """The gates that the answers close, each once."""
        held: dict[HoldKind, TaxAnswer] = {}
        for answer in answers:
            if kind := hold_of(answer):
                held.setdefault(kind, answer)
        return [
            Hold(kind, kind is HoldKind.QUOTA, self._until(answer), answer.authority_code)
            for kind, answer in held.items()
        ]

    def _until(self, answer: TaxAnswer) -> datetime | None:
        return self.now + timedelta(seconds=answer.retry_after_seconds) if answer.retry_after_seconds else None


def wait_seconds(answers: Sequence[TaxAnswer]) -> int:
    """What these answers ask us to wait before the next question, within bounds."""
    return min(max((answer.retry_after_seconds for answer in answers), default=0), WAIT_SECONDS_MAX)
