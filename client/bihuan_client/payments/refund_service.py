"""Refund service: its messages and its calls.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bihuan_client.basics import Money
from bihuan_client.calls import Operation
from bihuan_client.paging import async_pages, pages
from bihuan_client.transport import AsyncCalls, Calls

from .refund import Refund, RefundState
from .takeback import Takeback, TakebackKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmRefundResponse:
    """The refund as it stands after that."""

    refund: Refund | None = None
    """The refund."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateRefundResponse:
    """The refund as it stands."""

    refund: Refund | None = None
    """The refund."""

    replayed: bool = False
    """True when it had been asked before and nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetRefundResponse:
    """One refund."""

    refund: Refund | None = None
    """The refund."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRefundsResponse:
    """A page of refunds."""

    refunds: Sequence[Refund] = ()
    """Newest first."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTakebacksResponse:
    """A page of facts."""

    takebacks: Sequence[Takeback] = ()
    """Newest first."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordChargebackResponse:
    """The fact."""

    takeback: Takeback | None = None
    """The chargeback."""

    replayed: bool = False
    """True when it had been recorded before and nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRefundResponse:
    """The refund."""

    refund: Refund | None = None
    """The refund."""

    replayed: bool = False
    """True when it had been recorded before and nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordReversalResponse:
    """The fact."""

    takeback: Takeback | None = None
    """The reversal."""

    replayed: bool = False
    """True when it had been recorded before and nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordWonChargebackResponse:
    """The fact."""

    takeback: Takeback | None = None
    """The won chargeback."""

    replayed: bool = False
    """True when it had been recorded before and nothing was changed."""


_CONFIRM_REFUND = Operation(
    name="confirm_refund",
    verb="POST",
    template="/v1/refunds/{refund_id}:confirm",
    body="*",
    answer=ConfirmRefundResponse,
    variables=("refund_id",),
    mutates=True,
)
_CREATE_REFUND = Operation(
    name="create_refund",
    verb="POST",
    template="/v1/refunds",
    body="*",
    answer=CreateRefundResponse,
    takes_key=True,
    mutates=True,
)
_GET_REFUND = Operation(
    name="get_refund",
    verb="GET",
    template="/v1/refunds/{refund_id}",
    body="",
    answer=GetRefundResponse,
    variables=("refund_id",),
)
_LIST_REFUNDS = Operation(name="list_refunds", verb="GET", template="/v1/refunds", body="", answer=ListRefundsResponse)
_LIST_TAKEBACKS = Operation(
    name="list_takebacks", verb="GET", template="/v1/takebacks", body="", answer=ListTakebacksResponse
)
_RECORD_CHARGEBACK = Operation(
    name="record_chargeback",
    verb="POST",
    template="/v1/chargebacks",
    body="*",
    answer=RecordChargebackResponse,
    takes_key=True,
    mutates=True,
)
_RECORD_REFUND = Operation(
    name="record_refund",
    verb="POST",
    template="/v1/refunds:record",
    body="*",
    answer=RecordRefundResponse,
    takes_key=True,
    mutates=True,
)
_RECORD_REVERSAL = Operation(
    name="record_reversal",
    verb="POST",
    template="/v1/reversals",
    body="*",
    answer=RecordReversalResponse,
    takes_key=True,
    mutates=True,
)
_RECORD_WON_CHARGEBACK = Operation(
    name="record_won_chargeback",
    verb="POST",
    template="/v1/chargebacks:won",
    body="*",
    answer=RecordWonChargebackResponse,
    takes_key=True,
    mutates=True,
)


class RefundService(Calls):
    """Gives money back, never more than was paid, and keeps what channels took back. Blocking."""

    def confirm_refund(self, refund_id: str, *, timeout_seconds: float | None = None) -> ConfirmRefundResponse:
        """Asks the channel now about a refund whose outcome is open, also when it was given up; does nothing to
        a final one. May be repeated at will.

        refund_id: Ours.
        """
        return self._transport.send(_CONFIRM_REFUND, {"refund_id": refund_id}, "", timeout_seconds)

    def create_refund(
        self,
        *,
        payment_id: str,
        merchant_refund_no: str,
        amount: Money,
        reason: str = "",
        bill_no: str = "",
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> CreateRefundResponse:
        """Gives a part or all of a payment back. The amount is reserved first, then the channel is asked; the
        answer has the refund as it stands then, which may be PROCESSING or UNKNOWN: GetRefund tells how it
        ended. Idempotent by request_id and by (merchant of the payment, merchant_refund_no). May be retried
        on UNAVAILABLE and after a deadline. REFUND_EXCEEDS when less is left, NOT_REFUNDABLE when the payment
        has not succeeded, CHANNEL_NOT_CONFIGURED when its channel cannot be asked here: RecordRefund is for
        that.

        payment_id: The payment.
        merchant_refund_no: The merchant's refund number.
        amount: What goes back; above zero, in the payment's currency.
        reason: Why; the payer may see it.
        bill_no: The bill whose part of the payment goes back, one that the payment pays; INVALID_FIELD when
          it is none of its, and REFUND_EXCEEDS when less of that bill's part is left. Empty: where the
          payment is for several bills, it is taken from a part that was too much for its bill, and then from
          the last part on.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _CREATE_REFUND,
            {
                "payment_id": payment_id,
                "merchant_refund_no": merchant_refund_no,
                "amount": amount,
                "reason": reason,
                "bill_no": bill_no,
            },
            idempotency_key,
            timeout_seconds,
        )

    def get_refund(self, refund_id: str, *, timeout_seconds: float | None = None) -> GetRefundResponse:
        """Gets one refund. Reads its own writes.

        refund_id: Ours.
        """
        return self._transport.send(_GET_REFUND, {"refund_id": refund_id}, "", timeout_seconds)

    def list_refunds(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        payment_id: str = "",
        merchant_id: str = "",
        merchant_refund_no: str = "",
        state: RefundState = "STATE_UNSPECIFIED",
        needs_attention: bool = False,
        timeout_seconds: float | None = None,
    ) -> ListRefundsResponse:
        """Lists refunds, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        payment_id: Only of this payment.
        merchant_id: Only of this merchant.
        merchant_refund_no: Only this refund; needs merchant_id.
        state: Only in this state.
        needs_attention: Only those that a person must look at.
        """
        return self._transport.send(
            _LIST_REFUNDS,
            {
                "page_size": page_size,
                "page_token": page_token,
                "payment_id": payment_id,
                "merchant_id": merchant_id,
                "merchant_refund_no": merchant_refund_no,
                "state": state,
                "needs_attention": needs_attention,
            },
            "",
            timeout_seconds,
        )

    def list_all_refunds(
        self,
        *,
        page_size: int = 0,
        payment_id: str = "",
        merchant_id: str = "",
        merchant_refund_no: str = "",
        state: RefundState = "STATE_UNSPECIFIED",
        needs_attention: bool = False,
        timeout_seconds: float | None = None,
    ) -> Iterator[Refund]:
        """What all pages of `list_refunds` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        payment_id: Only of this payment.
        merchant_id: Only of this merchant.
        merchant_refund_no: Only this refund; needs merchant_id.
        state: Only in this state.
        needs_attention: Only those that a person must look at.
        """
        for page in pages(
            lambda token: self.list_refunds(
                page_size=page_size,
                payment_id=payment_id,
                merchant_id=merchant_id,
                merchant_refund_no=merchant_refund_no,
                state=state,
                needs_attention=needs_attention,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            yield from page.refunds

    def list_takebacks(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        payment_id: str = "",
        merchant_id: str = "",
        kind: TakebackKind = "KIND_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> ListTakebacksResponse:
        """Lists reversals, chargebacks, and those that were won, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        payment_id: Only of this payment.
        merchant_id: Only of this merchant.
        kind: Only of this kind.
        """
        return self._transport.send(
            _LIST_TAKEBACKS,
            {
                "page_size": page_size,
                "page_token": page_token,
                "payment_id": payment_id,
                "merchant_id": merchant_id,
                "kind": kind,
            },
            "",
            timeout_seconds,
        )

    def list_all_takebacks(
        self,
        *,
        page_size: int = 0,
        payment_id: str = "",
        merchant_id: str = "",
        kind: TakebackKind = "KIND_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> Iterator[Takeback]:
        """What all pages of `list_takebacks` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        payment_id: Only of this payment.
        merchant_id: Only of this merchant.
        kind: Only of this kind.
        """
        for page in pages(
            lambda token: self.list_takebacks(
                page_size=page_size,
                payment_id=payment_id,
                merchant_id=merchant_id,
                kind=kind,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            yield from page.takebacks

    def record_chargeback(
        self,
        *,
        payment_id: str,
        channel_takeback_no: str,
        amount: Money,
        reason: str = "",
        take_time: datetime,
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> RecordChargebackResponse:
        """Records that a payer got money back by a dispute: a new fact, the payment stays as it was paid.
        Idempotent by request_id and by (merchant of the payment, channel_takeback_no). 拒付

        payment_id: The payment.
        channel_takeback_no: The channel's own number for the dispute.
        amount: What was taken; above zero, in the payment's currency, at most what was paid.
        reason: Why, in the channel's words; may be empty.
        take_time: When the channel says that it took it.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _RECORD_CHARGEBACK,
            {
                "payment_id": payment_id,
                "channel_takeback_no": channel_takeback_no,
                "amount": amount,
                "reason": reason,
                "take_time": take_time,
            },
            idempotency_key,
            timeout_seconds,
        )

    def record_refund(
        self,
        *,
        payment_id: str,
        merchant_refund_no: str,
        amount: Money,
        reason: str = "",
        channel_refund_no: str = "",
        finish_time: datetime,
        bill_no: str = "",
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> RecordRefundResponse:
        """Records a refund that the platform had its channel do: a finished fact, under the same rule for what
        is left. Idempotent as CreateRefund is. REFUND_EXCEEDS and NOT_REFUNDABLE as there.

        payment_id: The payment.
        merchant_refund_no: The merchant's refund number.
        amount: What went back; above zero, in the payment's currency.
        reason: Why; may be empty.
        channel_refund_no: The channel's own number for the refund; empty at a channel that numbers none.
        finish_time: When the channel says the money went back.
        bill_no: The bill whose part of the payment goes back, one that the payment pays; INVALID_FIELD when
          it is none of its, and REFUND_EXCEEDS when less of that bill's part is left. Empty: where the
          payment is for several bills, it is taken from a part that was too much for its bill, and then from
          the last part on.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _RECORD_REFUND,
            {
                "payment_id": payment_id,
                "merchant_refund_no": merchant_refund_no,
                "amount": amount,
                "reason": reason,
                "channel_refund_no": channel_refund_no,
                "finish_time": finish_time,
                "bill_no": bill_no,
            },
            idempotency_key,
            timeout_seconds,
        )

    def record_reversal(
        self,
        *,
        payment_id: str,
        channel_takeback_no: str,
        amount: Money,
        reason: str = "",
        take_time: datetime,
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> RecordReversalResponse:
        """Records that a channel or a bank undid a payment, or a part of it: a new fact, the payment stays as it
        was paid. Idempotent by request_id and by (merchant of the payment, channel_takeback_no). 冲正

        payment_id: The payment.
        channel_takeback_no: The channel's own number for the reversal.
        amount: What was taken; above zero, in the payment's currency, at most what was paid.
        reason: Why, in the channel's words; may be empty.
        take_time: When the channel says that it took it.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _RECORD_REVERSAL,
            {
                "payment_id": payment_id,
                "channel_takeback_no": channel_takeback_no,
                "amount": amount,
                "reason": reason,
                "take_time": take_time,
            },
            idempotency_key,
            timeout_seconds,
        )

    def record_won_chargeback(
        self,
        *,
        payment_id: str,
        channel_takeback_no: str,
        amount: Money,
        reason: str = "",
        return_time: datetime,
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> RecordWonChargebackResponse:
        """Records that the merchant won the dispute of a chargeback and has money of it again: a new fact beside
        the chargeback, which stays as it is, once for each. INVALID_FIELD when the payment has no such
        chargeback, or less was taken by it. Idempotent by request_id and by (merchant of the payment,
        channel_takeback_no). 拒付申诉成功

        payment_id: The payment.
        channel_takeback_no: The number of the chargeback, as it was told.
        amount: What was given again; above zero, in the payment's currency, at most what the chargeback took.
        reason: Why, in the channel's words; may be empty.
        return_time: When the channel says that it gave it again.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _RECORD_WON_CHARGEBACK,
            {
                "payment_id": payment_id,
                "channel_takeback_no": channel_takeback_no,
                "amount": amount,
                "reason": reason,
                "return_time": return_time,
            },
            idempotency_key,
            timeout_seconds,
        )


class AsyncRefundService(AsyncCalls):
    """Gives money back, never more than was paid, and keeps what channels took back. For asyncio."""

    async def confirm_refund(self, refund_id: str, *, timeout_seconds: float | None = None) -> ConfirmRefundResponse:
        """Asks the channel now about a refund whose outcome is open, also when it was given up; does nothing to
        a final one. May be repeated at will.

        refund_id: Ours.
        """
        return await self._transport.send(_CONFIRM_REFUND, {"refund_id": refund_id}, "", timeout_seconds)

    async def create_refund(
        self,
        *,
        payment_id: str,
        merchant_refund_no: str,
        amount: Money,
        reason: str = "",
        bill_no: str = "",
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> CreateRefundResponse:
        """Gives a part or all of a payment back. The amount is reserved first, then the channel is asked; the
        answer has the refund as it stands then, which may be PROCESSING or UNKNOWN: GetRefund tells how it
        ended. Idempotent by request_id and by (merchant of the payment, merchant_refund_no). May be retried
        on UNAVAILABLE and after a deadline. REFUND_EXCEEDS when less is left, NOT_REFUNDABLE when the payment
        has not succeeded, CHANNEL_NOT_CONFIGURED when its channel cannot be asked here: RecordRefund is for
        that.

        payment_id: The payment.
        merchant_refund_no: The merchant's refund number.
        amount: What goes back; above zero, in the payment's currency.
        reason: Why; the payer may see it.
        bill_no: The bill whose part of the payment goes back, one that the payment pays; INVALID_FIELD when
          it is none of its, and REFUND_EXCEEDS when less of that bill's part is left. Empty: where the
          payment is for several bills, it is taken from a part that was too much for its bill, and then from
          the last part on.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _CREATE_REFUND,
            {
                "payment_id": payment_id,
                "merchant_refund_no": merchant_refund_no,
                "amount": amount,
                "reason": reason,
                "bill_no": bill_no,
            },
            idempotency_key,
            timeout_seconds,
        )

    async def get_refund(self, refund_id: str, *, timeout_seconds: float | None = None) -> GetRefundResponse:
        """Gets one refund. Reads its own writes.

        refund_id: Ours.
        """
        return await self._transport.send(_GET_REFUND, {"refund_id": refund_id}, "", timeout_seconds)

    async def list_refunds(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        payment_id: str = "",
        merchant_id: str = "",
        merchant_refund_no: str = "",
        state: RefundState = "STATE_UNSPECIFIED",
        needs_attention: bool = False,
        timeout_seconds: float | None = None,
    ) -> ListRefundsResponse:
        """Lists refunds, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        payment_id: Only of this payment.
        merchant_id: Only of this merchant.
        merchant_refund_no: Only this refund; needs merchant_id.
        state: Only in this state.
        needs_attention: Only those that a person must look at.
        """
        return await self._transport.send(
            _LIST_REFUNDS,
            {
                "page_size": page_size,
                "page_token": page_token,
                "payment_id": payment_id,
                "merchant_id": merchant_id,
                "merchant_refund_no": merchant_refund_no,
                "state": state,
                "needs_attention": needs_attention,
            },
            "",
            timeout_seconds,
        )

    async def list_all_refunds(
        self,
        *,
        page_size: int = 0,
        payment_id: str = "",
        merchant_id: str = "",
        merchant_refund_no: str = "",
        state: RefundState = "STATE_UNSPECIFIED",
        needs_attention: bool = False,
        timeout_seconds: float | None = None,
    ) -> AsyncIterator[Refund]:
        """What all pages of `list_refunds` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        payment_id: Only of this payment.
        merchant_id: Only of this merchant.
        merchant_refund_no: Only this refund; needs merchant_id.
        state: Only in this state.
        needs_attention: Only those that a person must look at.
        """
        async for page in async_pages(
            lambda token: self.list_refunds(
                page_size=page_size,
                payment_id=payment_id,
                merchant_id=merchant_id,
                merchant_refund_no=merchant_refund_no,
                state=state,
                needs_attention=needs_attention,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            for one in page.refunds:
                yield one

    async def list_takebacks(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        payment_id: str = "",
        merchant_id: str = "",
        kind: TakebackKind = "KIND_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> ListTakebacksResponse:
        """Lists reversals, chargebacks, and those that were won, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        payment_id: Only of this payment.
        merchant_id: Only of this merchant.
        kind: Only of this kind.
        """
        return await self._transport.send(
            _LIST_TAKEBACKS,
            {
                "page_size": page_size,
                "page_token": page_token,
                "payment_id": payment_id,
                "merchant_id": merchant_id,
                "kind": kind,
            },
            "",
            timeout_seconds,
        )

    async def list_all_takebacks(
        self,
        *,
        page_size: int = 0,
        payment_id: str = "",
        merchant_id: str = "",
        kind: TakebackKind = "KIND_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> AsyncIterator[Takeback]:
        """What all pages of `list_takebacks` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        payment_id: Only of this payment.
        merchant_id: Only of this merchant.
        kind: Only of this kind.
        """
        async for page in async_pages(
            lambda token: self.list_takebacks(
                page_size=page_size,
                payment_id=payment_id,
                merchant_id=merchant_id,
                kind=kind,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            for one in page.takebacks:
                yield one

    async def record_chargeback(
        self,
        *,
        payment_id: str,
        channel_takeback_no: str,
        amount: Money,
        reason: str = "",
        take_time: datetime,
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> RecordChargebackResponse:
        """Records that a payer got money back by a dispute: a new fact, the payment stays as it was paid.
        Idempotent by request_id and by (merchant of the payment, channel_takeback_no). 拒付

        payment_id: The payment.
        channel_takeback_no: The channel's own number for the dispute.
        amount: What was taken; above zero, in the payment's currency, at most what was paid.
        reason: Why, in the channel's words; may be empty.
        take_time: When the channel says that it took it.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _RECORD_CHARGEBACK,
            {
                "payment_id": payment_id,
                "channel_takeback_no": channel_takeback_no,
                "amount": amount,
                "reason": reason,
                "take_time": take_time,
            },
            idempotency_key,
            timeout_seconds,
        )

    async def record_refund(
        self,
        *,
        payment_id: str,
        merchant_refund_no: str,
        amount: Money,
        reason: str = "",
        channel_refund_no: str = "",
        finish_time: datetime,
        bill_no: str = "",
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> RecordRefundResponse:
        """Records a refund that the platform had its channel do: a finished fact, under the same rule for what
        is left. Idempotent as CreateRefund is. REFUND_EXCEEDS and NOT_REFUNDABLE as there.

        payment_id: The payment.
        merchant_refund_no: The merchant's refund number.
        amount: What went back; above zero, in the payment's currency.
        reason: Why; may be empty.
        channel_refund_no: The channel's own number for the refund; empty at a channel that numbers none.
        finish_time: When the channel says the money went back.
        bill_no: The bill whose part of the payment goes back, one that the payment pays; INVALID_FIELD when
          it is none of its, and REFUND_EXCEEDS when less of that bill's part is left. Empty: where the
          payment is for several bills, it is taken from a part that was too much for its bill, and then from
          the last part on.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _RECORD_REFUND,
            {
                "payment_id": payment_id,
                "merchant_refund_no": merchant_refund_no,
                "amount": amount,
                "reason": reason,
                "channel_refund_no": channel_refund_no,
                "finish_time": finish_time,
                "bill_no": bill_no,
            },
            idempotency_key,
            timeout_seconds,
        )

    async def record_reversal(
        self,
        *,
        payment_id: str,
        channel_takeback_no: str,
        amount: Money,
        reason: str = "",
        take_time: datetime,
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> RecordReversalResponse:
        """Records that a channel or a bank undid a payment, or a part of it: a new fact, the payment stays as it
        was paid. Idempotent by request_id and by (merchant of the payment, channel_takeback_no). 冲正

        payment_id: The payment.
        channel_takeback_no: The channel's own number for the reversal.
        amount: What was taken; above zero, in the payment's currency, at most what was paid.
        reason: Why, in the channel's words; may be empty.
        take_time: When the channel says that it took it.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _RECORD_REVERSAL,
            {
                "payment_id": payment_id,
                "channel_takeback_no": channel_takeback_no,
                "amount": amount,
                "reason": reason,
                "take_time": take_time,
            },
            idempotency_key,
            timeout_seconds,
        )

    async def record_won_chargeback(
        self,
        *,
        payment_id: str,
        channel_takeback_no: str,
        amount: Money,
        reason: str = "",
        return_time: datetime,
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> RecordWonChargebackResponse:
        """Records that the merchant won the dispute of a chargeback and has money of it again: a new fact beside
        the chargeback, which stays as it is, once for each. INVALID_FIELD when the payment has no such
        chargeback, or less was taken by it. Idempotent by request_id and by (merchant of the payment,
        channel_takeback_no). 拒付申诉成功

        payment_id: The payment.
        channel_takeback_no: The number of the chargeback, as it was told.
        amount: What was given again; above zero, in the payment's currency, at most what the chargeback took.
        reason: Why, in the channel's words; may be empty.
        return_time: When the channel says that it gave it again.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _RECORD_WON_CHARGEBACK,
            {
                "payment_id": payment_id,
                "channel_takeback_no": channel_takeback_no,
                "amount": amount,
                "reason": reason,
                "return_time": return_time,
            },
            idempotency_key,
            timeout_seconds,
        )
