"""Which bill's part of a payment goes back: the one that a refund names, and else by one order. It moves no money.

What names no bill, as no reversal and no chargeback does, is taken first from a part that was found to be too much for
its bill, and then from the last part on; never from what refunds that name a bill have taken or reserved of it. The
store's SQL of what payments are to bills says the same (store/bill_payment.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from services.payments.domain.payment import PaymentContent


@dataclass(frozen=True, slots=True)
class PartTaken:
    """The part of a payment that pays one bill: `named_minor` is what refunds that name the bill took or reserved."""

    bill_no: str
    amount_minor: int
    named_minor: int
    is_too_much: bool


@dataclass(frozen=True, slots=True)
class NotOfPayment:
    """The payment pays no bill by that number; it pays these."""

    bill_nos: tuple[str, ...]


def judge_bill(content: PaymentContent, bill_no: str) -> NotOfPayment | None:
    """Whether a payment pays the bill: by a split, by its bill_no, or, naming none, by the number of its order."""
    if content.splits:
        bill_nos = tuple(split.bill_no for split in content.splits)
    else:
        bill_nos = (content.bill_no or content.merchant_order_no,)
    return None if bill_no in bill_nos else NotOfPayment(bill_nos)


def share_left_minor(parts: Sequence[PartTaken], left_minor: int, bill_no: str) -> int:
    """What of `left_minor`, which is left of a payment, is left of the part for one of its bills.

    `parts` are in the payment's order. What is left belongs to the first parts first.
    """
    for part in sorted(parts, key=lambda one: one.is_too_much):  # it keeps their order otherwise
        free_minor = part.amount_minor - part.named_minor
        assert free_minor >= 0, f"more than its part was given back of {part.bill_no}"
        kept_minor = min(free_minor, left_minor)
        if part.bill_no == bill_no:
            return kept_minor
        left_minor -= kept_minor
    raise AssertionError(f"{bill_no} is no bill of the payment")
