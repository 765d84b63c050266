"""The seam to payment channels: what payments needs of one, and a file for each that it can talk to. It keeps nothing.

An answer is a value and never an exception, whatever the channel or the network does. What is not certain is Unknown:
a time-out, a broken connection, a status of the 5xx kind, and an answer whose signature or form does not hold.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from chassis.money import Money


class UnknownCause(StrEnum):
    """Why it is not known what the channel did."""

    TIMEOUT = "TIMEOUT"
    UNREACHABLE = "UNREACHABLE"
    CHANNEL_FAULT = "CHANNEL_FAULT"
    THROTTLED = "THROTTLED"
    BAD_SIGNATURE = "BAD_SIGNATURE"
    UNREADABLE = "UNREADABLE"


class ForgedCause(StrEnum):
    """Why a callback is not taken for the channel's word."""

    NO_SIGNATURE = "NO_SIGNATURE"
    UNKNOWN_KEY = "UNKNOWN_KEY"
    BAD_SIGNATURE = "BAD_SIGNATURE"
    OUT_OF_TIME = "OUT_OF_TIME"
    UNREADABLE = "UNREADABLE"
    OTHER_ACCOUNT = "OTHER_ACCOUNT"


@dataclass(frozen=True, slots=True)
class Order:
    """A payment as its channel knows it: by `merchant_order_no`, the channel's out_trade_no.

    `channel_txn_no` is empty until the channel has told it. After `expire_time` the channel lets nobody pay it.
    """

    merchant_order_no: str
    amount: Money
    description: str
    expire_time: datetime
    channel_txn_no: str = ""


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """A refund as its channel knows it: by `merchant_refund_no` (out_refund_no, out_request_no), of a paid order.

    The same number again is the same refund to the channel, so a refund whose outcome is unknown may be asked again.
    `payment_amount` is the whole amount of the payment, `reason` is shown to the payer and may be empty. The
    order's number alone may be another's at an account that merchants share: it goes by `channel_txn_no`, after that
    was proved to be of the order.
    """

    merchant_refund_no: str
    merchant_order_no: str
    channel_txn_no: str
    amount: Money
    payment_amount: Money
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Succeeded:
    """The channel has the payer's money: how much, of which order, and since when (by the channel's clock).

    Who asks compares `merchant_order_no` and `amount` with the local order; the seam has compared the account.
    """

    merchant_order_no: str
    channel_txn_no: str
    amount: Money
    succeed_time: datetime


@dataclass(frozen=True, slots=True)
class Processing:
    """The channel has the order and it is not paid yet; `code_url` is what the payer opens, only told by `prepay`."""

    code_url: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Failed:
    """The payer's attempt failed for good, and nobody can pay the order any more: why, in the channel's words."""

    code: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class RefundAbout:
    """Which refund a word is about, by what the channel tells of it; None is what it does not tell.

    Who asked compares each with what was asked: a word that is proved may still be another's.
    """

    merchant_refund_no: str | None = None
    merchant_order_no: str | None = None
    channel_txn_no: str | None = None
    amount: Money | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The channel turned an ask down, and nothing came of it: its code and its words, capped, for people.

    `about` is told where it is a refund's end that the channel has, and not the refusal of an ask.
    """

    code: str
    message: str = ""
    about: RefundAbout = RefundAbout()


@dataclass(frozen=True, slots=True)
class Closed:
    """The order is closed at the channel and was not paid: nobody can pay it any more."""


@dataclass(frozen=True, slots=True)
class NotFound:
    """The channel knows nothing by that number now. What is still on its way to it may become known later."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """It is not known what the channel did. `retry_after_seconds` is its wish when it told one, else 0."""

    cause: UnknownCause
    detail: str = ""
    retry_after_seconds: int = 0


@dataclass(frozen=True, slots=True)
class RefundSucceeded:
    """The channel gave the money back: of which refund, under which number, and when (by the channel's clock).

    `channel_refund_no` is empty at a channel that numbers no refunds. `succeed_time` is None where it tells none.
    """

    about: RefundAbout
    channel_refund_no: str
    succeed_time: datetime | None


@dataclass(frozen=True, slots=True)
class RefundProcessing:
    """The channel took the refund and has not finished it."""

    about: RefundAbout
    channel_refund_no: str = ""


@dataclass(frozen=True, slots=True)
class RefundMoved:
    """The channel tells by itself that money of the refund went back, and not how much: its query tells that."""

    about: RefundAbout


PrepayAnswer = Processing | Succeeded | Failed | Closed | Refused | Unknown
ChannelPayment = Succeeded | Processing | Failed | Closed | NotFound | Unknown
# Succeeded or Failed, of a close: it had ended before, so it is not closed. Refused: it stays open.
CloseAnswer = Closed | Succeeded | Failed | NotFound | Refused | Unknown
# What a refund is told to be is about the refund asked for only if all that `about` tells agrees with it.
# Refused, of a refund: this ask moved no money; what an earlier ask did under the same number, only its query tells.
# Refused, of a refund's query: no money moved under this number, and none will.
RefundAnswer = RefundSucceeded | RefundProcessing | Refused | Unknown
RefundFound = RefundAnswer | NotFound
RefundEvent = RefundSucceeded | RefundProcessing | RefundMoved | Refused


@dataclass(frozen=True, slots=True)
class PaymentTold:
    """A callback, verified: how a payment stands. `event_id` is the channel's, or the SHA-256 where it has none."""

    event_id: str
    merchant_order_no: str
    told: Succeeded | Failed | Closed | Processing


@dataclass(frozen=True, slots=True)
class RefundTold:
    """A callback, verified: how a refund stands; `merchant_order_no` is the order's that it is told of."""

    event_id: str
    merchant_refund_no: str
    merchant_order_no: str
    told: RefundEvent


@dataclass(frozen=True, slots=True)
class OtherTold:
    """A callback, verified, of a kind that nothing here follows from; it is kept, and the channel is thanked."""

    event_id: str
    kind: str


@dataclass(frozen=True, slots=True)
class Forged:
    """Not proved to be the channel's word, or not meant for our account: nothing in it is believed."""

    cause: ForgedCause


CallbackTold = PaymentTold | RefundTold | OtherTold | Forged


@dataclass(frozen=True, slots=True)
class CallbackReply:
    """What the channel wants to be answered."""

    status: int
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Unfit:
    """The channel's contract does not let this be asked: the field that breaks it, and how, in both languages."""

    field: str
    rule: str
    message: str
    message_zh: str


class Channel(Protocol):
    """One merchant account at one channel. No method raises for what the channel or the network does.

    Each method that asks does so once, within its deadline; who calls decides whether to ask again.
    """

    def unfit(self, order: Order) -> Unfit | None:
        """Whether the channel's contract rules the order out before it is asked: its number's form, its currency."""
        ...

    async def prepay(self, order: Order) -> PrepayAnswer:
        """Let the payer pay the order. The same order again is the same order, and its code_url may be a new one."""
        ...

    async def query(self, order: Order) -> ChannelPayment:
        """How the order stands at the channel now."""
        ...

    async def close(self, order: Order) -> CloseAnswer:
        """Let nobody pay the order any more. May be repeated."""
        ...

    async def refund(self, refund: RefundOrder) -> RefundAnswer:
        """Give money back. The same merchant_refund_no again moves no more money."""
        ...

    async def query_refund(self, refund: RefundOrder) -> RefundFound:
        """How the refund stands at the channel now."""
        ...

    def read_callback(self, headers: Mapping[str, str], body: bytes, now: datetime) -> CallbackTold:
        """What a callback tells, once its signature, its time and its account are proved; header names in lower case.

        Reading is pure, so a callback that was recorded can be read again at the `now` of its arrival.
        """
        ...

    def reply(self, *, taken: bool) -> CallbackReply:
        """The channel's own words for "taken", upon which it stops repeating, or for "not taken"."""
        ...

    async def close_connections(self) -> None:
        """Let go of the connections."""
        ...
