"""The confirmation form that stands before a red letter: who may move it, and where to. It reads no clock."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from services.tax_sandbox.domain.document import AMOUNT_MINOR_MAX, Kind, Refusal
from services.tax_sandbox.domain.place import Place
from services.tax_sandbox.domain.reply import Reply, instant, refused
from services.tax_sandbox.domain.standing import BookRow

# 国家税务总局: a form that the other side has not confirmed after 72 hours is void.
CONFIRMED_WITHIN = timedelta(hours=72)
_REASON_MAX = 100


class Party(StrEnum):
    """Either may apply; the other confirms or refuses."""

    SELLER = "SELLER"
    BUYER = "BUYER"

    def other(self) -> "Party":
        """The one across the table."""
        return Party.BUYER if self is Party.SELLER else Party.SELLER


class FormState(StrEnum):
    """Where a form stands."""

    NO_CONFIRMATION_NEEDED = "NO_CONFIRMATION_NEEDED"
    AWAITING_BUYER = "AWAITING_BUYER"
    AWAITING_SELLER = "AWAITING_SELLER"
    CONFIRMED = "CONFIRMED"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"
    WITHDRAWN_CONFIRMED = "WITHDRAWN_CONFIRMED"
    VOID_72H = "VOID_72H"
    VOID_ABNORMAL = "VOID_ABNORMAL"


AWAITING = (FormState.AWAITING_BUYER, FormState.AWAITING_SELLER)
# A red invoice may use a form in these.
USABLE = (FormState.NO_CONFIRMATION_NEEDED, FormState.CONFIRMED)
ENDED = (
    FormState.REFUSED,
    FormState.WITHDRAWN,
    FormState.WITHDRAWN_CONFIRMED,
    FormState.VOID_72H,
    FormState.VOID_ABNORMAL,
)


class Move(StrEnum):
    """What a party may do with a form; the value is the word in the address."""

    CONFIRM = "confirm"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


_STATE_AFTER = {
    Move.CONFIRM: FormState.CONFIRMED,
    Move.REFUSE: FormState.REFUSED,
    Move.WITHDRAW: FormState.WITHDRAWN,
}


@dataclass(frozen=True, slots=True)
class RedForm:
    """A form as it was written down last; `amount_minor` is below zero. `red_number` is of the invoice that used it."""

    red_form_id: str
    place: Place
    blue_number: str
    amount_minor: int
    reason: str
    applied_by: Party
    state: FormState
    applied_at: datetime
    decided_at: datetime | None = None
    red_number: str = ""

    def at(self, now: datetime) -> "RedForm":
        """The form as it is at an instant: what nobody confirmed in time is void."""
        void_at = self.applied_at + CONFIRMED_WITHIN
        if self.state in AWAITING and now >= void_at:
            return replace(self, state=FormState.VOID_72H, decided_at=void_at)
        return self

    def is_active(self) -> bool:
        """Whether it keeps its blue invoice from having another form."""
        return not self.red_number and self.state not in ENDED

    def described(self) -> dict[str, Any]:
        """The form as the protocol tells it."""
        return {
            "form_id": self.red_form_id,
            "state": self.state,
            "blue_number": self.blue_number,
            "amount_minor": self.amount_minor,
            "reason": self.reason,
            "applied_by": self.applied_by,
            "applied_at": instant(self.applied_at),
            "decided_at": instant(self.decided_at) if self.decided_at else None,
            "red_number": self.red_number,
        }


@dataclass(frozen=True, slots=True)
class Application:
    """What is asked for when a form is applied for."""

    blue_number: str
    amount_minor: int
    reason: str
    applied_by: Party


def read_application(asked: Mapping[str, Any]) -> Application | Refusal:
    """`{"blue_number", "amount_minor", "reason", "applied_by"}`."""
    number, amount_minor, reason = asked.get("blue_number"), asked.get("amount_minor"), asked.get("reason")
    if not isinstance(number, str) or not (len(number) == 20 and number.isdecimal()):
        return Refusal("E4005", "blue_number must be an invoice number of 20 digits", "blue_number")
    if not isinstance(amount_minor, int) or not -AMOUNT_MINOR_MAX <= amount_minor < 0:
        return Refusal("E4003", f"amount_minor must be from -{AMOUNT_MINOR_MAX} to -1", "amount_minor")
    if not isinstance(reason, str) or not 0 < len(reason) <= _REASON_MAX or not reason.isprintable():
        return Refusal("E4005", f"reason must be text of 1 to {_REASON_MAX} printable characters", "reason")
    party = read_party(asked, "applied_by")
    return party if isinstance(party, Refusal) else Application(number, amount_minor, reason, party)


def read_party(asked: Mapping[str, Any], field: str) -> Party | Refusal:
    """SELLER or BUYER."""
    if asked.get(field) not in list(Party):
        return Refusal("E4005", f"{field} must be SELLER or BUYER", field)
    return Party(asked[field])


def apply(
    application: Application,
    blue: BookRow | None,
    active: RedForm | None,
    taken_back_minor: int,
    fresh: tuple[str, Place, datetime],
) -> RedForm | Reply:
    """A new form with the id, place and instant of `fresh`, or why there is none.

    `taken_back_minor` is the sum, zero or below, of the red letters that were accepted against the blue invoice.
    """
    red_form_id, place, now = fresh
    if blue is None:
        return refused(404, Refusal("E4040", "the main book has no such invoice", "blue_number"))
    if blue.kind is not Kind.BLUE or (status := blue.status(now)) != "BOOKED":
        sentence = "a red letter cannot be taken back" if blue.kind is Kind.RED else f"the invoice is {status}"
        return refused(422, Refusal("E9405", sentence, "blue_number"))
    if active:
        said = refused(409, Refusal("E9407", "the invoice has an active form", "blue_number"))
        return replace(said, body={**said.body, "form_id": active.red_form_id})
    if blue.amount_minor + taken_back_minor + application.amount_minor < 0:
        left = blue.amount_minor + taken_back_minor
        return refused(422, Refusal("E9406", f"only {left} of the invoice is left to be taken back", "amount_minor"))
    return RedForm(
        red_form_id,
        place,
        application.blue_number,
        application.amount_minor,
        application.reason,
        application.applied_by,
        _begins_as(application.applied_by, blue),
        now,
    )


def _begins_as(applied_by: Party, blue: BookRow) -> FormState:
    """A buyer without a taxpayer number keeps no books that the invoice could stand in, so none has to confirm."""
    if applied_by is Party.BUYER:
        return FormState.AWAITING_SELLER
    return FormState.AWAITING_BUYER if blue.buyer_tax_id else FormState.NO_CONFIRMATION_NEEDED


def move(form: RedForm, verb: Move, by: Party, now: datetime) -> RedForm | Reply:
    """The form after a party's word, or why it does not count. The same word again changes nothing and is no fault."""
    may = form.applied_by if verb is Move.WITHDRAW else form.applied_by.other()
    if by is not may:
        return refused(403, Refusal("E9408", f"it is for the {may} to {verb} this form", "by"))
    was_usable = form.state in (*USABLE, FormState.WITHDRAWN_CONFIRMED)
    after = FormState.WITHDRAWN_CONFIRMED if verb is Move.WITHDRAW and was_usable else _STATE_AFTER[verb]
    if form.state is after and not form.red_number:
        return form
    from_states = (*AWAITING, *USABLE) if verb is Move.WITHDRAW else AWAITING
    if form.state not in from_states or form.red_number:
        stands = f"used by {form.red_number}" if form.red_number else form.state
        return refused(409, Refusal("E9409", f"the form is {stands}"))
    return replace(form, state=after, decided_at=now)


def void(form: RedForm, now: datetime) -> RedForm | None:
    """The form after the authority voided it, since the blue invoice is abnormal; None when it is not active."""
    return replace(form, state=FormState.VOID_ABNORMAL, decided_at=now) if form.is_active() else None
