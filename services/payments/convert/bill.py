"""Bills and what explains them, between contract and domain. It decides nothing."""

import hashlib

from bihuan.payments.v1 import bill_pb2, bill_service_pb2, payment_pb2
from google.protobuf.message import Message

from chassis.errors import FieldFault
from chassis.validation import invalid
from services.payments.convert.basics import from_instant, from_money, to_day, to_money
from services.payments.domain.bill import Bill, BillContent, BillState, Category
from services.payments.domain.bill_answer import JudgedPart, Near
from services.payments.domain.bill_payment import counted
from services.payments.domain.bill_words import Answer, part_words
from services.payments.store.bill import BillFilter


def to_contents(request: bill_service_pb2.BatchCreateBillsRequest) -> list[BillContent]:
    """What the request tells. Raises Fault UNKNOWN_CURRENCY, INVALID_FIELD also for a number that stands twice."""
    contents = [to_content(f"bills[{index}]", bill) for index, bill in enumerate(request.bills)]
    first = {content.key: index for index, content in reversed(list(enumerate(contents)))}
    twice = tuple(
        FieldFault(
            f"bills[{index}].bill_no",
            "BILL_ONCE",
            f"is the number of bills[{first[content.key]}] too",
            f"与 bills[{first[content.key]}] 的账单号重复",
        )
        for index, content in enumerate(contents)
        if first[content.key] != index
    )
    if twice:
        raise invalid(twice)
    return contents


def to_content(field: str, bill: bill_service_pb2.BillContent) -> BillContent:
    """The bill in a field. Raises Fault UNKNOWN_CURRENCY, INVALID_FIELD."""
    return BillContent(
        merchant_id=bill.merchant_id,
        bill_no=bill.bill_no,
        category=Category(bill_pb2.Bill.Category.Name(bill.category).removeprefix("CATEGORY_")),
        description=bill.description,
        amount=to_money(f"{field}.amount", bill.amount),
        due_date=to_day(f"{field}.due_date", bill.due_date) if bill.due_date else None,
        payer_account=bill.payer_account,
        payer_name=bill.payer_name,
    )


def to_fingerprint(bills: Message) -> bytes:
    """SHA-256 of the bills that are asked for, without the key they are asked under."""
    asked = type(bills)()
    asked.CopyFrom(bills)
    asked.DiscardUnknownFields()
    asked.ClearField("request_id")
    return hashlib.sha256(asked.SerializeToString(deterministic=True)).digest()


def to_filter(request: bill_service_pb2.ListBillsRequest) -> BillFilter:
    """Which bills the list wants. Raises Fault INVALID_FIELD."""
    state = bill_pb2.Bill.State.Name(request.state).removeprefix("STATE_")
    category = bill_pb2.Bill.Category.Name(request.category).removeprefix("CATEGORY_")
    return BillFilter(
        merchant_id=request.merchant_id,
        state=BillState(state) if request.state else None,
        category=Category(category) if request.category else None,
        overdue_on=to_day("overdue_on", request.overdue_on) if request.overdue_on else None,
    )


def from_bill(bill: Bill) -> bill_pb2.Bill:
    """The contract's bill."""
    content = bill.content
    return bill_pb2.Bill(
        merchant_id=content.merchant_id,
        bill_no=content.bill_no,
        category=bill_pb2.Bill.Category.Value(f"CATEGORY_{content.category}"),
        description=content.description,
        amount=from_money(content.amount),
        due_date=content.due_date.isoformat() if content.due_date else "",
        payer_account=content.payer_account,
        payer_name=content.payer_name,
        state=bill_pb2.Bill.State.Value(f"STATE_{bill.state}"),
        paid_amount=from_money(bill.paid),
        reconciled_amount=from_money(bill.reconciled),
        create_time=from_instant(bill.create_time),
        cancel_time=from_instant(bill.cancel_time) if bill.cancel_time else None,
        cancel_reason=bill.cancel_reason,
        version=bill.version,
    )


def from_judged(judged: JudgedPart, currency_code: str) -> bill_pb2.BillPayment:
    """The contract's payment of a bill in this currency."""
    part, words, since = judged.part, part_words(judged), judged.not_reconciled_since
    return bill_pb2.BillPayment(
        payment_id=part.payment_id,
        merchant_order_no=part.merchant_order_no,
        channel=part.channel,
        channel_txn_no=part.channel_txn_no,
        amount=from_money(part.amount),
        counted_amount=from_money(counted(part, currency_code)),
        state=payment_pb2.Payment.State.Value(f"STATE_{part.state}"),
        standing=bill_pb2.BillPayment.Standing.Value(f"STANDING_{judged.standing}"),
        pay_time=from_instant(part.pay_time) if part.pay_time else None,
        not_reconciled_since=from_instant(since) if since else None,
        exception_class=judged.exception_class,
        fact=words.text,
        fact_zh=words.text_zh,
    )


def from_near(near: Near) -> bill_pb2.NearPayment:
    """The contract's payment under a near number."""
    part = near.part
    return bill_pb2.NearPayment(
        payment_id=part.payment_id,
        bill_no=part.bill_no,
        slip=bill_pb2.NearPayment.Slip.Value(f"SLIP_{near.slip}"),
        amount=from_money(part.amount),
        fits=near.fits,
        channel=part.channel,
        pay_time=from_instant(part.pay_time) if part.pay_time else None,
    )


def from_answer(answer: Answer) -> bill_pb2.BillAnswer:
    """The contract's answer."""
    return bill_pb2.BillAnswer(
        verdict=bill_pb2.BillAnswer.Verdict.Value(f"VERDICT_{answer.verdict}"),
        fact=answer.fact.text,
        fact_zh=answer.fact.text_zh,
        remedy=answer.remedy.text,
        remedy_zh=answer.remedy.text_zh,
    )
