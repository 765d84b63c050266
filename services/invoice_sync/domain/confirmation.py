"""A request for an invoice that a second person has to confirm, and who may decide it. It issues nothing."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chassis.money import Money
from services.invoice_sync.domain.buyer_check import Applicant, Finding
from services.invoice_sync.domain.invoice import Party, request_fingerprint


class ConfirmationState(StrEnum):
    """The contract's Confirmation.State."""

    AWAITS_CONFIRMATION = "AWAITS_CONFIRMATION"
    CONFIRMED = "CONFIRMED"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True)
class Decided:
    """Who decided, why and when; `invoice_id` is empty when it was refused."""

    decided_by: str
    reason: str
    decide_time: datetime
    invoice_id: str = ""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What was asked for, by whom, and what has to be confirmed. `amount` was left of the payment then.

    `fingerprint` is what its request_id stands for. `bulk_request_id` is empty when it was asked for alone.
    """

    confirmation_id: str
    request_id: str
    fingerprint: str
    payment_id: str
    merchant_id: str
    amount: Money
    applicant: Applicant
    findings: tuple[Finding, ...]
    requested_by: str
    create_time: datetime
    state: ConfirmationState = ConfirmationState.AWAITS_CONFIRMATION
    decided: Decided | None = None
    bulk_request_id: str = ""

    @property
    def is_remainder(self) -> bool:
        """Whether it was asked for what no invoice of the payment holds, as its fingerprint tells."""
        return self.fingerprint == remainder_fingerprint(self.payment_id, self.applicant.buyer)

    def outgrown_by(self, left: Money) -> bool:
        """Whether more is left of the payment by now than was set aside to be confirmed."""
        assert left.currency_code == self.amount.currency_code, "a payment keeps its currency"
        return left.amount_minor > self.amount.amount_minor


class Judged(StrEnum):
    """Whether somebody may decide a confirmation as they want to."""

    MAY = "MAY"
    IS_SO = "IS_SO"  # the same person decided the same before: nothing is left to do
    SAME_PERSON = "SAME_PERSON"
    DECIDED = "DECIDED"


def judge_decision(confirmation: Confirmation, operator: str, wanted: ConfirmationState) -> Judged:
    """Whether `operator` may bring it to the state that is wanted."""
    if operator == confirmation.requested_by:
        return Judged.SAME_PERSON
    if confirmation.state is ConfirmationState.AWAITS_CONFIRMATION:
        return Judged.MAY
    assert confirmation.decided is not None, "what awaits nobody was decided by somebody"
    repeated = confirmation.state is wanted and confirmation.decided.decided_by == operator
    return Judged.IS_SO if repeated else Judged.DECIDED


def fingerprint_of(payment_id: str, applicant: Applicant) -> str:
    """What a confirmation stands for: SHA-256 over all that was asked for, in hex."""
    asked = [payment_id, applicant.title, applicant.tax_id, applicant.email, applicant.is_natural_person]
    return hashlib.sha256(json.dumps(asked, ensure_ascii=False).encode()).hexdigest()


def remainder_fingerprint(payment_id: str, buyer: Party) -> str:
    """What a request for the remainder of a payment stands for; it never equals one for an invoice of its own."""
    return request_fingerprint(f"{payment_id} remainder", buyer)
