"""Says of a payment that cannot be taken, not be invoiced, or is invoiced too high, what a person should see.

It takes none.
"""

from datetime import datetime

from chassis.ids import new_id
from services.invoice_sync.domain.payment import PaymentChange
from services.invoice_sync.store.cases import Case


def untaken(payment_id: str, fault: Exception, now: datetime) -> Case:
    """The case of a payment whose invoice is wanted and cannot be issued; open until it has one or all went back."""
    fact = f"the invoice of payment {payment_id} cannot be issued: {type(fault).__name__}"
    fact_zh = f"支付单 {payment_id} 无法开具发票：{type(fault).__name__}"
    return Case(new_id("cse"), "PAYMENT_UNTAKEN", "", "", "", payment_id, fact, fact_zh, now)


def red_required(payment_id: str, invoice_id: str, now: datetime) -> Case:
    """The case of a payment of which more went back than its invoices leave; open until red letters took it back."""
    fact = f"money of payment {payment_id} went back after it was invoiced: a red letter has to take it back"
    fact_zh = f"支付单 {payment_id} 开票后发生退款，需开具红字发票冲减"
    return Case(new_id("cse"), "RED_REQUIRED", invoice_id, "", "", payment_id, fact, fact_zh, now)


def not_made_again(payment_id: str, fault: Exception, now: datetime) -> Case:
    """The case of a payment whose unsent invoices cannot be made again; open until they hold no more than is left."""
    name = type(fault).__name__
    fact = f"the unsent invoices of payment {payment_id} cannot be made again for what refunds left of it: {name}"
    fact_zh = f"支付单 {payment_id} 退款后，未上传发票无法按剩余金额重新开具：{name}"
    return Case(new_id("cse"), "NOT_MADE_AGAIN", "", "", "", payment_id, fact, fact_zh, now)


def feed_held(change: PaymentChange, fault: Exception, now: datetime) -> Case:
    """The case of a change that cannot be taken and that all after it wait for; open until the feed is past it."""
    sequence, payment_id, name = change.sequence, change.payment.payment_id, type(fault).__name__
    fact = f"change {sequence} of the payments, of payment {payment_id}, cannot be taken and holds up the rest: {name}"
    fact_zh = f"支付变更 {sequence}（支付单 {payment_id}）无法处理，其后的变更均在等待：{name}"
    return Case(new_id("cse"), "FEED_HELD", "", "", "", str(sequence), fact, fact_zh, now)
