"""What comes of changes of the feed, one after the other: what is kept of each payment, and which invoices fall due.

It reads and issues nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from services.invoice_sync.domain.payment import Payment, PaymentChange
from services.invoice_sync.domain.policy import IssueNow, Profile, judge_due


@dataclass(frozen=True, slots=True)
class Step:
    """One change, the payment as it is known after it, and whether its invoice is due by it."""

    change: PaymentChange
    payment: Payment
    due: IssueNow | None


def follow(
    kept: Mapping[str, Payment],
    invoiced: Collection[str],
    profiles: Mapping[str, Profile],
    changes: Sequence[PaymentChange],
    told: Sequence[PaymentChange],
) -> list[Step]:
    """The steps of some changes in order, by what is known of their payments (by id) and of the merchants.

    `invoiced` are the payments that have an invoice. An invoice falls due once: by the first change that makes it so,
    and only for what the newest of all that is `told` leaves of its payment: a refund may stand behind that change.
    """
    known, newest, done = dict(kept), dict(kept), set(invoiced)
    for change in told:
        payment_id = change.payment.payment_id
        newest[payment_id] = _told(newest.get(payment_id), change.payment)
    steps = []
    for change in changes:
        payment_id = change.payment.payment_id
        payment = known[payment_id] = _told(known.get(payment_id), change.payment)
        decided = judge_due(_with_money(payment, newest[payment_id]), profiles.get(payment.merchant_id))
        due = decided if isinstance(decided, IssueNow) and payment_id not in done else None
        if due:
            done.add(payment_id)
        steps.append(Step(change, payment, due))
    return steps


def _told(kept: Payment | None, told: Payment) -> Payment:
    """The higher version counts; whose payment it is, its order number and its trace stay what they were at first."""
    if kept is None:
        return told
    if told.version <= kept.version:
        return kept
    return replace(
        kept,
        amount=told.amount,
        state=told.state,
        reconciliation_state=told.reconciliation_state,
        version=told.version,
        refunded_minor=told.refunded_minor,
        refund_reserved_minor=told.refund_reserved_minor,
    )


def _with_money(payment: Payment, newest: Payment) -> Payment:
    return replace(
        payment,
        amount=newest.amount,
        refunded_minor=newest.refunded_minor,
        refund_reserved_minor=newest.refund_reserved_minor,
    )
