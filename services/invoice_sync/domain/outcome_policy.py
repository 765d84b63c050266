"""What each class of answer to a submit leads to, as data: one row for each Outcome. It decides nothing itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from services.invoice_sync.domain.attempt import Outcome, TaxAnswer
from services.invoice_sync.domain.hold import HoldKind


class Next(StrEnum):
    """What to do after an answer to a submit."""

    RETRY = "RETRY"  # it was not taken: send the same bytes again, later
    ASK = "ASK"  # it may be there: only ask for it
    STOP = "STOP"  # no sending helps: a person must look
    HOLD = "HOLD"  # nothing of this route or seller is taken now: send again when the gate is open


@dataclass(frozen=True, slots=True)
class Policy:
    """A row. `counts_as_try`: towards the caps; `breaker_failure`: as a sign that the authority is ill."""

    next: Next
    counts_as_try: bool = True
    breaker_failure: bool = False
    hold: HoldKind | None = None


# Section 6.5 of the specification. An answer that belongs to a question cannot be one to a submit; but something was
# sent then, so that only asking is safe.
POLICY: Mapping[Outcome, Policy] = {
    Outcome.OK: Policy(Next.ASK),
    Outcome.ACCEPTED: Policy(Next.ASK),
    # Something stands under our key, not necessarily ours: only a compare can tell.
    Outcome.DUPLICATE: Policy(Next.ASK),
    Outcome.NOT_RECEIVED: Policy(Next.RETRY, breaker_failure=True),
    Outcome.UNKNOWN: Policy(Next.ASK, breaker_failure=True),
    # The rate budget shrinks instead of the breaker opening.
    Outcome.THROTTLED: Policy(Next.RETRY),
    Outcome.AUTH: Policy(Next.HOLD, counts_as_try=False, hold=HoldKind.LOGIN),
    Outcome.QUOTA: Policy(Next.HOLD, counts_as_try=False, hold=HoldKind.QUOTA),
    Outcome.OUTAGE: Policy(Next.HOLD, counts_as_try=False, hold=HoldKind.OUTAGE),
    Outcome.AUTHORITY_FAULT: Policy(Next.ASK, breaker_failure=True),
    Outcome.REJECTED: Policy(Next.STOP),
    Outcome.REJECTED_SYNTAX: Policy(Next.STOP),
    Outcome.REJECTED_BUSINESS: Policy(Next.STOP),
    Outcome.NOT_FOUND: Policy(Next.ASK),
    Outcome.MISMATCH: Policy(Next.STOP),
    Outcome.NOT_YET: Policy(Next.ASK),
    Outcome.SEAL_FAILED: Policy(Next.ASK),
    Outcome.VOIDED: Policy(Next.ASK),
}
# What an adapter says in `code_detail` when AUTH is about the certificate and not about the login.
CERTIFICATE_DETAIL = "CERTIFICATE"


def telling_of(answers: Sequence[TaxAnswer]) -> int:
    """The place of the answer that tells how the authority is, of those that came in one call.

    One call is one sign, however many it carried; and whoever answered one of them properly is well.
    """
    assert answers, "a call has an answer"
    return next((place for place, each in enumerate(answers) if not POLICY[each.outcome].breaker_failure), 0)


def hold_of(answer: TaxAnswer) -> HoldKind | None:
    """The gate that an answer closes, to a submit or to a question; None when it closes none."""
    kind = POLICY[answer.outcome].hold
    if kind is HoldKind.LOGIN and answer.code_detail.startswith(CERTIFICATE_DETAIL):
        return HoldKind.CERTIFICATE
    return kind
