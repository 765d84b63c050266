"""Compares the numbers and the amount of a refund with what a channel tells. It asks no channel and decides nothing.

On an account that several merchants share an order's number may be another's, and what is asked of a channel goes by
one number alone. So the channel's number is proved to be the order's before money goes back, and a word is taken for
the refund's own only when all that it names is.
"""

from services.payments.channels import ChannelPayment, RefundAbout, RefundOrder, Refused, Succeeded, Unknown


def wrong_payment(refund: RefundOrder, found: ChannelPayment | Refused) -> Refused | Unknown | None:
    """Why a refund is not asked for, `found` being how its `channel_txn_no` stands at the channel; None when it may be.

    It names no other order: that one may be another merchant's.
    """
    match found:
        case Succeeded(merchant_order_no=order_no, channel_txn_no=txn_no, amount=amount):
            told, asked = (order_no, txn_no, amount), _payment_of(refund)
            return None if told == asked else Refused("OTHER_PAYMENT", "the transaction is not this order's")
        case Refused() | Unknown():
            return found
        case _:
            return Refused("NOT_PAID_THERE", "the channel has no such payment")


def difference(asked: RefundOrder, about: RefundAbout) -> str:
    """Where a word about a refund differs from what was asked, for people; empty when all that it tells agrees."""
    pairs = (
        ("merchant_refund_no", about.merchant_refund_no, asked.merchant_refund_no),
        ("merchant_order_no", about.merchant_order_no, asked.merchant_order_no),
        ("channel_txn_no", about.channel_txn_no, asked.channel_txn_no),
        ("amount", about.amount, asked.amount),
    )
    differing = [f"{name} told {told}, asked {ours}" for name, told, ours in pairs if told is not None and told != ours]
    return "; ".join(differing)


def _payment_of(refund: RefundOrder) -> tuple[str, str, object]:
    return refund.merchant_order_no, refund.channel_txn_no, refund.payment_amount
