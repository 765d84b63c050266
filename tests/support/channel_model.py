"""A payment channel in memory, with a book of its own: behind the seam as any other, but its weather is the test's.

What a call does is done in the book or not; whether its answer arrives is another matter: `lost` makes the next call's
answer Unknown, before or after the book was changed.
"""

import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from chassis.clock import Clock
from chassis.money import Money
from services.payments.channels import (
    CallbackReply,
    CallbackTold,
    ChannelPayment,
    CloseAnswer,
    Closed,
    Failed,
    Forged,
    ForgedCause,
    NotFound,
    Order,
    PaymentTold,
    PrepayAnswer,
    Processing,
    RefundAbout,
    RefundAnswer,
    RefundFound,
    RefundOrder,
    RefundProcessing,
    RefundSucceeded,
    RefundTold,
    Refused,
    Succeeded,
    Unfit,
    Unknown,
    UnknownCause,
)

_SECRET = b"only the model knows it"
_LOST = Unknown(UnknownCause.TIMEOUT, "the model lost it")


@dataclass(frozen=True)
class BookedOrder:
    amount: Money
    state: Literal["OPEN", "PAID", "FAILED", "CLOSED"]
    channel_txn_no: str = ""
    pay_time: datetime | None = None


@dataclass(frozen=True)
class BookedRefund:
    merchant_order_no: str
    channel_refund_no: str
    amount: Money
    state: Literal["PROCESSING", "DONE", "FAILED"]
    finish_time: datetime | None = None


class ModelChannel:
    """`next_refund` is what becomes of the next new refund; `lost` whether an answer is lost, and on which side."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.orders: dict[str, BookedOrder] = {}
        self.refunds: dict[str, BookedRefund] = {}
        self.next_refund: Literal["DONE", "PROCESSING", "REFUSED"] = "DONE"
        self.lost: Literal["", "BEFORE", "AFTER"] = ""
        self.calls: list[str] = []
        self.asked_too_much: list[str] = []
        self.refused: set[str] = set()
        self.events: dict[str, PaymentTold | RefundTold] = {}

    # What the payer and the bank do.

    def book_paid(self, merchant_order_no: str, amount: Money, channel_txn_no: str) -> None:
        """An order that was paid without us; the platform tells of it."""
        self.orders[merchant_order_no] = BookedOrder(amount, "PAID", channel_txn_no, self.clock.now())

    def pay(self, merchant_order_no: str) -> None:
        order = self.orders[merchant_order_no]
        assert order.state == "OPEN"
        paid = replace(order, state="PAID", channel_txn_no=f"txn-{merchant_order_no}", pay_time=self.clock.now())
        self.orders[merchant_order_no] = paid

    def fail(self, merchant_order_no: str) -> None:
        assert self.orders[merchant_order_no].state == "OPEN"
        self.orders[merchant_order_no] = replace(self.orders[merchant_order_no], state="FAILED")

    def refuse(self, merchant_order_no: str) -> None:
        """The channel turns down whoever asks for the order anew."""
        self.refused.add(merchant_order_no)

    def end_refund(self, merchant_refund_no: str, state: Literal["DONE", "FAILED"]) -> None:
        refund = self.refunds[merchant_refund_no]
        assert refund.state == "PROCESSING"
        self.refunds[merchant_refund_no] = replace(refund, state=state, finish_time=self.clock.now())

    def given_back(self, merchant_order_no: str) -> int:
        """What went back of an order, in minor units."""
        return self._refunded(merchant_order_no, "DONE")

    def callback(self, merchant_order_no: str) -> tuple[dict[str, str], bytes]:
        """What the channel calls back with about an order as it stands now, whenever that arrives."""
        told = self._told(merchant_order_no)
        assert not isinstance(told, NotFound)
        return self._signed(lambda event_id: PaymentTold(event_id, merchant_order_no, told))

    def refund_callback(self, merchant_refund_no: str) -> tuple[dict[str, str], bytes]:
        """What the channel calls back with about a refund as it stands now, whenever that arrives."""
        told, order_no = self._refund_told(merchant_refund_no), self.refunds[merchant_refund_no].merchant_order_no
        return self._signed(lambda event_id: RefundTold(event_id, merchant_refund_no, order_no, told))

    # The seam.

    def unfit(self, order: Order) -> Unfit | None:
        return None

    async def prepay(self, order: Order) -> PrepayAnswer:
        if self._loses("prepay", "BEFORE"):
            return _LOST
        if order.merchant_order_no in self.refused:
            return Refused("PARAM_ERROR", "the model refuses")
        booked = self.orders.setdefault(order.merchant_order_no, BookedOrder(order.amount, "OPEN"))
        if self._loses("", "AFTER"):
            return _LOST
        if booked.state == "OPEN":
            return Processing(f"model://{order.merchant_order_no}")
        told = self._told(order.merchant_order_no)
        assert not isinstance(told, Processing | NotFound)
        return told

    async def query(self, order: Order) -> ChannelPayment:
        if self._loses("query", "BEFORE", "AFTER"):
            return _LOST
        return self._told(order.merchant_order_no)

    async def close(self, order: Order) -> CloseAnswer:
        if self._loses("close", "BEFORE"):
            return _LOST
        booked = self.orders.get(order.merchant_order_no)
        if booked is not None and booked.state == "OPEN":
            self.orders[order.merchant_order_no] = replace(booked, state="CLOSED")
        if self._loses("", "AFTER"):
            return _LOST
        told = self._told(order.merchant_order_no)
        assert not isinstance(told, Processing | Unknown)
        return told

    async def refund(self, refund: RefundOrder) -> RefundAnswer:
        if self._loses("refund", "BEFORE"):
            return _LOST
        answer = self._refund(refund)
        return _LOST if self._loses("", "AFTER") else answer

    async def query_refund(self, refund: RefundOrder) -> RefundFound:
        if self._loses("query_refund", "BEFORE", "AFTER"):
            return _LOST
        if refund.merchant_refund_no not in self.refunds:
            return NotFound()
        return self._refund_told(refund.merchant_refund_no)

    def read_callback(self, headers: Mapping[str, str], body: bytes, now: datetime) -> CallbackTold:
        if not hmac.compare_digest(headers.get("signature", ""), _sign(body)):
            return Forged(ForgedCause.BAD_SIGNATURE)
        return self.events[json.loads(body)["event_id"]]

    def reply(self, *, taken: bool) -> CallbackReply:
        return CallbackReply(200 if taken else 500, "text/plain", b"OK" if taken else b"NO")

    async def close_connections(self) -> None:
        return

    def _loses(self, call: str, *sides: str) -> bool:
        if call:
            self.calls.append(call)
        if self.lost not in sides:
            return False
        self.lost = ""
        return True

    def _told(self, merchant_order_no: str) -> Succeeded | Processing | Failed | Closed | NotFound:
        order = self.orders.get(merchant_order_no)
        if order is None:
            return NotFound()
        match order.state:
            case "OPEN":
                return Processing()
            case "PAID":
                assert order.pay_time is not None
                return Succeeded(merchant_order_no, order.channel_txn_no, order.amount, order.pay_time)
            case "FAILED":
                return Failed("PAYERROR", "the payer's bank refused")
            case "CLOSED":
                return Closed()

    def _refund(self, refund: RefundOrder) -> RefundAnswer:
        number = refund.merchant_refund_no
        if number not in self.refunds:
            order = self.orders.get(refund.merchant_order_no)
            if order is None or order.state != "PAID":
                return Refused("NO_PAID_ORDER")
            gone = self._refunded(refund.merchant_order_no, "DONE", "PROCESSING")
            if gone + refund.amount.amount_minor > order.amount.amount_minor:
                self.asked_too_much.append(number)
                return Refused("MORE_THAN_PAID")
            if self.next_refund == "REFUSED":
                return Refused("NOT_ENOUGH", "the merchant's account is empty")
            ended = self.clock.now() if self.next_refund == "DONE" else None
            booked = BookedRefund(refund.merchant_order_no, f"ch-{number}", refund.amount, self.next_refund, ended)
            self.refunds[number] = booked
        if self.refunds[number].amount != refund.amount:
            return Refused("OTHER_AMOUNT", "the number is another refund's")
        return self._refund_told(number)

    def _refund_told(self, number: str) -> RefundSucceeded | RefundProcessing | Refused:
        booked = self.refunds[number]
        txn_no = self.orders[booked.merchant_order_no].channel_txn_no
        about = RefundAbout(number, booked.merchant_order_no, txn_no, booked.amount)
        match booked.state:
            case "DONE":
                return RefundSucceeded(about, booked.channel_refund_no, booked.finish_time)
            case "PROCESSING":
                return RefundProcessing(about, booked.channel_refund_no)
            case "FAILED":
                return Refused("REFUND_CLOSED", "the payer's card is closed", about)

    def _refunded(self, merchant_order_no: str, *states: str) -> int:
        return sum(
            refund.amount.amount_minor
            for refund in self.refunds.values()
            if refund.merchant_order_no == merchant_order_no and refund.state in states
        )

    def _signed(self, telling: Callable[[str], PaymentTold | RefundTold]) -> tuple[dict[str, str], bytes]:
        event_id = f"event-{len(self.events) + 1:06}"
        self.events[event_id] = telling(event_id)
        body = json.dumps({"event_id": event_id}).encode()
        return {"signature": _sign(body)}, body


def _sign(body: bytes) -> str:
    return hmac.new(_SECRET, body, "sha256").hexdigest()
