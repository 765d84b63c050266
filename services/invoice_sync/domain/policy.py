"""When a payment's invoice is due without being asked for. It issues nothing itself."""

from dataclasses import dataclass, replace
from enum import StrEnum

from services.invoice_sync.domain.invoice import Party
from services.invoice_sync.domain.payment import Payment, PaymentState, ReconciliationState


class IssuePolicy(StrEnum):
    """The contract's IssuePolicy."""

    ON_SUCCESS = "ON_SUCCESS"
    ON_RECONCILIATION = "ON_RECONCILIATION"
    ON_REQUEST = "ON_REQUEST"


@dataclass(frozen=True, slots=True)
class Profile:
    """How a merchant's invoices are issued, and the seller that stands on them.

    `version` counts its changes; of one that is to be set, it is the version that it takes the place of, 0 for any.
    """

    merchant_id: str
    issue_policy: IssuePolicy
    seller: Party
    version: int = 0

    def says_the_same(self, other: "Profile") -> bool:
        """Whether another one is equal in content."""
        return replace(self, version=other.version) == other


@dataclass(frozen=True, slots=True)
class IssueNow:
    """The invoice is due: for what is left of this payment, by this policy and with this seller."""

    payment: Payment
    profile: Profile


class NotDue(StrEnum):
    """Why no invoice is due."""

    NOT_SUCCEEDED = "NOT_SUCCEEDED"
    REFUNDED = "REFUNDED"  # all of it went back: there never will be anything to invoice
    REFUND_UNDER_WAY = "REFUND_UNDER_WAY"  # what is left is known when the refund is decided
    NO_PROFILE = "NO_PROFILE"
    NOT_RECONCILED = "NOT_RECONCILED"
    ONLY_ON_REQUEST = "ONLY_ON_REQUEST"


def judge_due(payment: Payment, profile: Profile | None) -> IssueNow | NotDue:
    """Whether the policy wants the invoice now. Without a profile the seller is not known, so none can be issued."""
    if kept_back := why_not_invoiceable(payment):
        return kept_back
    if profile is None:
        return NotDue.NO_PROFILE
    if profile.issue_policy is IssuePolicy.ON_REQUEST:
        return NotDue.ONLY_ON_REQUEST
    matched = payment.reconciliation_state is ReconciliationState.MATCHED
    if profile.issue_policy is IssuePolicy.ON_RECONCILIATION and not matched:
        return NotDue.NOT_RECONCILED
    return IssueNow(payment, profile)


def why_not_invoiceable(payment: Payment) -> NotDue | None:
    """Why the payment's money gives no invoice now, also to one who asks for it; None when it gives one.

    A frozen document cannot follow a refund, neither one that succeeds after it nor one that fails: so an undecided
    refund is waited for.
    """
    if payment.state is not PaymentState.SUCCEEDED:
        return NotDue.NOT_SUCCEEDED
    if payment.refund_reserved_minor:
        return NotDue.REFUND_UNDER_WAY
    return None if payment.left.amount_minor > 0 else NotDue.REFUNDED
