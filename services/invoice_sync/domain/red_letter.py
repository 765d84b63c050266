"""A red letter: what takes back of one blue invoice, from the application to the authority's books. It asks nobody.

The authority decides about its form; the states here follow what it tells. People ask for moves, which are carried out
after, since the answer to a move may get lost as any other.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from chassis.money import Money
from services.invoice_sync.domain.red_form import FormMove, FormState, RedForm, Side
from services.invoice_sync.domain.standing import IN_BOOKS, Standing, SyncState


class RedState(StrEnum):
    """The contract's RedState. The first ten are the form's, the last three are of the red invoice."""

    APPLYING = "APPLYING"  # 15: asked for here; whether the authority has it is not known yet
    APPLY_FAILED = "APPLY_FAILED"  # 16: the authority refused the application
    NO_CONFIRMATION_NEEDED = "NO_CONFIRMATION_NEEDED"  # 01
    AWAITING_BUYER = "AWAITING_BUYER"  # 02
    AWAITING_SELLER = "AWAITING_SELLER"  # 03
    CONFIRMED = "CONFIRMED"  # 04
    REFUSED_BY_BUYER = "REFUSED_BY_BUYER"  # 05
    REFUSED_BY_SELLER = "REFUSED_BY_SELLER"  # 06
    EXPIRED = "EXPIRED"  # 07: nobody confirmed within 72 hours
    WITHDRAWN = "WITHDRAWN"  # 08
    WITHDRAWN_AFTER_CONFIRMATION = "WITHDRAWN_AFTER_CONFIRMATION"  # 09
    ABNORMAL = "ABNORMAL"  # 10
    ISSUED = "ISSUED"  # the red invoice is frozen and on its way
    RED_REFUSED = "RED_REFUSED"  # the authority refused the red invoice; its form can be withdrawn
    BOOKED = "BOOKED"  # the red invoice was read back from the main database


class RedReason(StrEnum):
    """Why an invoice is taken back, in the four words of the authority."""

    RETURN = "RETURN"
    MISTAKE = "MISTAKE"
    SERVICE_ENDED = "SERVICE_ENDED"
    ALLOWANCE = "ALLOWANCE"


REASON_ZH = {
    RedReason.RETURN: "销货退回",
    RedReason.MISTAKE: "开票有误",
    RedReason.SERVICE_ENDED: "服务中止",
    RedReason.ALLOWANCE: "销售折让",
}
# The form stands as both sides want it, and the red invoice may be issued.
ISSUABLE = frozenset({RedState.NO_CONFIRMATION_NEEDED, RedState.CONFIRMED})
AWAITING = frozenset({RedState.AWAITING_BUYER, RedState.AWAITING_SELLER})
# A blue invoice has one letter in these states at most.
ACTIVE = ISSUABLE | AWAITING | {RedState.APPLYING, RedState.ISSUED, RedState.RED_REFUSED}
_OF_FORM = {
    FormState.NO_CONFIRMATION_NEEDED: RedState.NO_CONFIRMATION_NEEDED,
    FormState.AWAITING_BUYER: RedState.AWAITING_BUYER,
    FormState.AWAITING_SELLER: RedState.AWAITING_SELLER,
    FormState.CONFIRMED: RedState.CONFIRMED,
    FormState.VOID_72H: RedState.EXPIRED,
    FormState.WITHDRAWN: RedState.WITHDRAWN,
    FormState.WITHDRAWN_CONFIRMED: RedState.WITHDRAWN_AFTER_CONFIRMATION,
    FormState.VOID_ABNORMAL: RedState.ABNORMAL,
}


@dataclass(frozen=True, slots=True)
class RedLetter:
    """One letter. `amount` is below zero; `note` is what the person wrote who asked for it.

    `form_id` is the authority's, empty before it has one; `expire_time` is when the form is void unless it is
    confirmed. `red_invoice_id` is the red invoice, once there is one. `wanted_move` is what a person asked for and
    was not carried out yet. `application_id` is the customer's application that it serves; empty when it serves none.
    """

    red_letter_id: str
    invoice_id: str
    payment_id: str
    merchant_id: str
    amount: Money
    reason: RedReason
    note: str = field(repr=False)
    applied_by: Side
    state: RedState
    operator: str
    create_time: datetime
    state_time: datetime
    form_id: str = ""
    expire_time: datetime | None = None
    red_invoice_id: str = ""
    wanted_move: FormMove | None = None
    application_id: str = ""
    try_count: int = 0

    @property
    def form_reason(self) -> str:
        """What the application says: the reason, and the id by which we know the form for this letter's."""
        return f"{REASON_ZH[self.reason]} {self.red_letter_id}"


@dataclass(frozen=True, slots=True)
class RedStep:
    """One step of a letter, never changed: who, when, why; `to_state` is the state after it.

    `response_sha256` is of the authority's answer that led to it; empty where no call did.
    """

    red_letter_id: str
    step_no: int
    step_time: datetime
    operator: str
    to_state: RedState
    move: FormMove | None
    why: str = field(repr=False)
    authority_code: str = ""
    response_sha256: str = ""


def reason_of(words: str) -> RedReason:
    """The reason that a form gives in its own words; a mistake where they are none of the four."""
    found = (reason for reason, reason_zh in REASON_ZH.items() if words.startswith(reason_zh))
    return next(found, RedReason.MISTAKE)


def state_by_form(form: RedForm) -> RedState:
    """The state of a letter whose form no red invoice has used yet."""
    if form.state is FormState.REFUSED:
        return RedState.REFUSED_BY_BUYER if form.applied_by is Side.SELLER else RedState.REFUSED_BY_SELLER
    return _OF_FORM[form.state]


def state_by_red_invoice(red: SyncState) -> RedState:
    """The state of a letter whose red invoice stands so."""
    if red in IN_BOOKS:
        return RedState.BOOKED
    refused = red in (SyncState.REJECTED, SyncState.ABANDONED)
    return RedState.RED_REFUSED if refused else RedState.ISSUED


def is_move_allowed(letter: RedLetter, move: FormMove) -> bool:
    """Whether the seller may ask for the move now: it confirms what the buyer applied for, and withdraws its own."""
    if letter.wanted_move is not None:
        return False
    if move is FormMove.WITHDRAW:
        mine = letter.applied_by is Side.SELLER
        return mine and letter.state in ISSUABLE | {RedState.AWAITING_BUYER, RedState.RED_REFUSED}
    return letter.state is RedState.AWAITING_SELLER


def is_gone(blue: Standing) -> bool:
    """Whether the authority holds nothing of a blue invoice that a red letter could take back.

    It was voided there by hand, or abandoned here before it was ever sent.
    """
    if blue.sync_state is SyncState.VOIDED:
        return not blue.red_number
    return blue.sync_state is SyncState.ABANDONED and blue.submit_count == 0


def left_to_take_back(blue: Money, taken_back_minor: int) -> Money:
    """What of a blue invoice no red letter in the books took back; `taken_back_minor` is zero or above."""
    return Money(blue.currency_code, blue.amount_minor - taken_back_minor)
