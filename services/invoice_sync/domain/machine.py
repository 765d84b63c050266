"""How an invoice goes on: standing and event in, the next standing and commands out. Total; it does nothing itself."""

from datetime import datetime

from services.invoice_sync.domain import (
    machine_books,
    machine_look,
    machine_manual,
    machine_money,
    machine_person,
    machine_seal,
    machine_submit,
)
from services.invoice_sync.domain.command import Decision
from services.invoice_sync.domain.event import (
    Abandoned,
    AbsenceProved,
    AbsenceSuspected,
    Answered,
    AskedAgain,
    Cancelled,
    Claimed,
    Corrected,
    Event,
    HandedOver,
    LeaseExpired,
    LookedUp,
    Lowered,
    MoneySettled,
    Overtaken,
    PutBack,
    ReceiptRead,
    Released,
    Reread,
    SealAnswered,
)
from services.invoice_sync.domain.machine_turn import Turn
from services.invoice_sync.domain.standing import Standing
from services.invoice_sync.domain.timers import Timers


def decide(  # noqa: C901, PLR0911, PLR0912  a table of the events, one line each, that the type checker keeps whole
    standing: Standing, event: Event, now: datetime, dice: float, timers: Timers
) -> Decision:
    """What the event leads to. It has an answer to every event in every state; `dice` in [0, 1] is for its waits."""
    turn = Turn(standing, now, dice, timers)
    match event:
        case Claimed():
            return machine_submit.claimed(turn)
        case Answered():
            return machine_submit.answered(turn, event.answer)
        case LeaseExpired():
            return machine_submit.lease_expired(turn)
        case LookedUp():
            return machine_look.looked_up(turn, event)
        case AbsenceSuspected():
            return machine_look.absence_suspected(turn)
        case AbsenceProved():
            return machine_look.absence_proved(turn)
        case PutBack():
            return machine_submit.put_back(turn, event.sent_count, event.own_number)
        case Reread():
            return machine_books.reread(turn, event)
        case SealAnswered():
            return machine_seal.seal_answered(turn, event.answer)
        case AskedAgain():
            return machine_person.asked_again(turn, event.own_number)
        case Corrected():
            return machine_person.corrected(turn, event.version, event.own_number)
        case Abandoned():
            return machine_person.abandoned(turn)
        case Lowered():
            return machine_money.lowered(turn, event)
        case Cancelled():
            return machine_money.cancelled(turn)
        case Overtaken():
            return machine_money.overtaken(turn)
        case MoneySettled():
            return machine_money.money_settled(turn)
        case HandedOver():
            return machine_manual.handed_over(turn)
        case ReceiptRead():
            return machine_manual.receipt_read(turn)
        case Released():
            return machine_manual.released(turn)
