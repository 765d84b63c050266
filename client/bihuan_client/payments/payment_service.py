"""Payment service: its messages and its calls.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bihuan_client.basics import Money
from bihuan_client.calls import Operation
from bihuan_client.paging import async_pages, pages
from bihuan_client.transport import AsyncCalls, Calls

from .payment import Payment, PaymentSplit


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchCreatePaymentsResponse:
    """The payments as they stand."""

    results: Sequence[RecordPaymentResponse] = ()
    """One for each that was asked, in the same order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosePaymentResponse:
    """The payment as it stands."""

    payment: Payment | None = None
    """The payment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmPaymentResponse:
    """The payment as it stands."""

    payment: Payment | None = None
    """The payment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatePaymentResponse:
    """The payment as it stands."""

    payment: Payment | None = None
    """The payment."""

    replayed: bool = False
    """True when it had been created before."""

    code_url: str = ""
    """What the payer opens to pay, for a QR code; empty when it is not known or there is nothing to pay any
    more.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class GetPaymentResponse:
    """One payment."""

    payment: Payment | None = None
    """The payment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPaymentsResponse:
    """A page of payments."""

    payments: Sequence[Payment] = ()
    """Newest first."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPaymentRequest:
    """Asks to record one payment."""

    request_id: str = ""
    """Chosen by the caller and repeated on each retry; the gateway fills it from Idempotency-Key."""

    merchant_id: str
    """The merchant that is paid."""

    merchant_order_no: str
    """The merchant's order number."""

    bill_no: str = ""
    """The bill that is paid; empty when the order is the bill."""

    channel: str
    """The channel."""

    channel_txn_no: str
    """The channel's own number for the transaction."""

    amount: Money
    """What was paid; above zero."""

    pay_time: datetime
    """When the channel says it succeeded."""

    payer_name: str = field(default="", repr=False)
    """Who paid; may be empty."""

    splits: Sequence[PaymentSplit] = ()
    """The bills that it pays, when they are several: then bill_no is empty, no bill stands twice, and the
    amounts sum up to the payment's. At most 100.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPaymentResponse:
    """The payment as it stands."""

    payment: Payment | None = None
    """The payment."""

    replayed: bool = False
    """True when it had been recorded before and nothing was changed."""


_BATCH_CREATE_PAYMENTS = Operation(
    name="batch_create_payments",
    verb="POST",
    template="/v1/payments:batchCreate",
    body="*",
    answer=BatchCreatePaymentsResponse,
    mutates=True,
)
_CLOSE_PAYMENT = Operation(
    name="close_payment",
    verb="POST",
    template="/v1/payments/{payment_id}:close",
    body="*",
    answer=ClosePaymentResponse,
    variables=("payment_id",),
    takes_key=True,
    mutates=True,
)
_CONFIRM_PAYMENT = Operation(
    name="confirm_payment",
    verb="POST",
    template="/v1/payments/{payment_id}:confirm",
    body="*",
    answer=ConfirmPaymentResponse,
    variables=("payment_id",),
    mutates=True,
)
_CREATE_PAYMENT = Operation(
    name="create_payment",
    verb="POST",
    template="/v1/payments:create",
    body="*",
    answer=CreatePaymentResponse,
    takes_key=True,
    mutates=True,
)
_GET_PAYMENT = Operation(
    name="get_payment",
    verb="GET",
    template="/v1/payments/{payment_id}",
    body="",
    answer=GetPaymentResponse,
    variables=("payment_id",),
)
_LIST_PAYMENTS = Operation(
    name="list_payments", verb="GET", template="/v1/payments", body="", answer=ListPaymentsResponse
)
_RECORD_PAYMENT = Operation(
    name="record_payment",
    verb="POST",
    template="/v1/payments",
    body="*",
    answer=RecordPaymentResponse,
    takes_key=True,
    mutates=True,
)


class PaymentService(Calls):
    """Takes payments in, once each, and tells what it has. Blocking."""

    def batch_create_payments(
        self, *, payments: Sequence[RecordPaymentRequest], timeout_seconds: float | None = None
    ) -> BatchCreatePaymentsResponse:
        """Records up to 1,000 payments that have succeeded, all or none: one that is refused refuses the batch,
        and the error names its place. Each is idempotent by its own keys, as with RecordPayment, so the batch
        may be repeated.

        payments: 1 to 1,000, each with its own request_id. A key that stands twice must have the same content
          both times.
        """
        return self._transport.send(_BATCH_CREATE_PAYMENTS, {"payments": payments}, "", timeout_seconds)

    def close_payment(
        self, payment_id: str, *, idempotency_key: str = "", timeout_seconds: float | None = None
    ) -> ClosePaymentResponse:
        """Lets nobody pay a payment any more that was started here. It is closed at the channel first, so the
        answer may have it SUCCEEDED, when it was paid before, or still open, when the channel could not close
        it yet: then closing is tried again until the channel says how it ended. It does nothing to one that
        is final or was recorded. Idempotent by request_id and by nature. May be retried on UNAVAILABLE and
        after a deadline.

        payment_id: Ours.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(_CLOSE_PAYMENT, {"payment_id": payment_id}, idempotency_key, timeout_seconds)

    def confirm_payment(self, payment_id: str, *, timeout_seconds: float | None = None) -> ConfirmPaymentResponse:
        """Asks the channel now how a payment stands that was started here, also when it was given up; the answer
        has the payment as it stands then. It does nothing to one that is final or was recorded. May be
        repeated at will.

        payment_id: Ours.
        """
        return self._transport.send(_CONFIRM_PAYMENT, {"payment_id": payment_id}, "", timeout_seconds)

    def create_payment(
        self,
        *,
        merchant_id: str,
        merchant_order_no: str,
        bill_no: str = "",
        channel: str,
        amount: Money,
        description: str,
        expire_time: datetime | None = None,
        payer_name: str = "",
        splits: Sequence[PaymentSplit] = (),
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> CreatePaymentResponse:
        """Starts a payment at its channel: the payment is kept first, then the channel is asked, and the answer
        has the payment as it stands then with what the payer opens to pay. UNKNOWN when the channel's answer
        was lost: it is asked until it is known, and the payer may have nothing to open yet. Idempotent by
        request_id and by (merchant_id, merchant_order_no): the same again gives the payment that exists, and
        asks the channel once more for what the payer opens when that is not known. May be retried on
        UNAVAILABLE and after a deadline. CHANNEL_NOT_CONFIGURED when the merchant has no account at the
        channel here.

        merchant_id: The merchant that is to be paid.
        merchant_order_no: The merchant's order number; it is the order's number at the channel too, which may
          narrow its form.
        bill_no: The bill that is paid; empty when the order is the bill.
        channel: The channel.
        amount: What is to be paid; above zero.
        description: What the payer reads at the channel.
        expire_time: Until when the payer may pay, 1 minute to 15 days ahead; unset means two hours.
        payer_name: Who is to pay; may be empty.
        splits: The bills that it pays, when they are several: then bill_no is empty, and their amounts sum up
          to the amount.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _CREATE_PAYMENT,
            {
                "merchant_id": merchant_id,
                "merchant_order_no": merchant_order_no,
                "bill_no": bill_no,
                "channel": channel,
                "amount": amount,
                "description": description,
                "expire_time": expire_time,
                "payer_name": payer_name,
                "splits": splits,
            },
            idempotency_key,
            timeout_seconds,
        )

    def get_payment(self, payment_id: str, *, timeout_seconds: float | None = None) -> GetPaymentResponse:
        """Gets one payment. Reads its own writes.

        payment_id: Ours.
        """
        return self._transport.send(_GET_PAYMENT, {"payment_id": payment_id}, "", timeout_seconds)

    def list_payments(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        merchant_id: str = "",
        merchant_order_no: str = "",
        channel: str = "",
        business_date: str = "",
        timeout_seconds: float | None = None,
    ) -> ListPaymentsResponse:
        """Lists payments, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        merchant_id: Only of this merchant.
        merchant_order_no: Only this order; needs merchant_id.
        channel: Only of this channel.
        business_date: Only of this business day, YYYY-MM-DD.
        """
        return self._transport.send(
            _LIST_PAYMENTS,
            {
                "page_size": page_size,
                "page_token": page_token,
                "merchant_id": merchant_id,
                "merchant_order_no": merchant_order_no,
                "channel": channel,
                "business_date": business_date,
            },
            "",
            timeout_seconds,
        )

    def list_all_payments(
        self,
        *,
        page_size: int = 0,
        merchant_id: str = "",
        merchant_order_no: str = "",
        channel: str = "",
        business_date: str = "",
        timeout_seconds: float | None = None,
    ) -> Iterator[Payment]:
        """What all pages of `list_payments` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        merchant_id: Only of this merchant.
        merchant_order_no: Only this order; needs merchant_id.
        channel: Only of this channel.
        business_date: Only of this business day, YYYY-MM-DD.
        """
        for page in pages(
            lambda token: self.list_payments(
                page_size=page_size,
                merchant_id=merchant_id,
                merchant_order_no=merchant_order_no,
                channel=channel,
                business_date=business_date,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            yield from page.payments

    def record_payment(
        self,
        *,
        merchant_id: str,
        merchant_order_no: str,
        bill_no: str = "",
        channel: str,
        channel_txn_no: str,
        amount: Money,
        pay_time: datetime,
        payer_name: str = "",
        splits: Sequence[PaymentSplit] = (),
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> RecordPaymentResponse:
        """Records a payment that has succeeded at the channel. Idempotent by request_id and by (merchant_id,
        merchant_order_no): the same content again gives the payment that exists and marks it replayed. May be
        retried on UNAVAILABLE and after a deadline.

        merchant_id: The merchant that is paid.
        merchant_order_no: The merchant's order number.
        bill_no: The bill that is paid; empty when the order is the bill.
        channel: The channel.
        channel_txn_no: The channel's own number for the transaction.
        amount: What was paid; above zero.
        pay_time: When the channel says it succeeded.
        payer_name: Who paid; may be empty.
        splits: The bills that it pays, when they are several: then bill_no is empty, no bill stands twice,
          and the amounts sum up to the payment's. At most 100.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _RECORD_PAYMENT,
            {
                "merchant_id": merchant_id,
                "merchant_order_no": merchant_order_no,
                "bill_no": bill_no,
                "channel": channel,
                "channel_txn_no": channel_txn_no,
                "amount": amount,
                "pay_time": pay_time,
                "payer_name": payer_name,
                "splits": splits,
            },
            idempotency_key,
            timeout_seconds,
        )


class AsyncPaymentService(AsyncCalls):
    """Takes payments in, once each, and tells what it has. For asyncio."""

    async def batch_create_payments(
        self, *, payments: Sequence[RecordPaymentRequest], timeout_seconds: float | None = None
    ) -> BatchCreatePaymentsResponse:
        """Records up to 1,000 payments that have succeeded, all or none: one that is refused refuses the batch,
        and the error names its place. Each is idempotent by its own keys, as with RecordPayment, so the batch
        may be repeated.

        payments: 1 to 1,000, each with its own request_id. A key that stands twice must have the same content
          both times.
        """
        return await self._transport.send(_BATCH_CREATE_PAYMENTS, {"payments": payments}, "", timeout_seconds)

    async def close_payment(
        self, payment_id: str, *, idempotency_key: str = "", timeout_seconds: float | None = None
    ) -> ClosePaymentResponse:
        """Lets nobody pay a payment any more that was started here. It is closed at the channel first, so the
        answer may have it SUCCEEDED, when it was paid before, or still open, when the channel could not close
        it yet: then closing is tried again until the channel says how it ended. It does nothing to one that
        is final or was recorded. Idempotent by request_id and by nature. May be retried on UNAVAILABLE and
        after a deadline.

        payment_id: Ours.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(_CLOSE_PAYMENT, {"payment_id": payment_id}, idempotency_key, timeout_seconds)

    async def confirm_payment(self, payment_id: str, *, timeout_seconds: float | None = None) -> ConfirmPaymentResponse:
        """Asks the channel now how a payment stands that was started here, also when it was given up; the answer
        has the payment as it stands then. It does nothing to one that is final or was recorded. May be
        repeated at will.

        payment_id: Ours.
        """
        return await self._transport.send(_CONFIRM_PAYMENT, {"payment_id": payment_id}, "", timeout_seconds)

    async def create_payment(
        self,
        *,
        merchant_id: str,
        merchant_order_no: str,
        bill_no: str = "",
        channel: str,
        amount: Money,
        description: str,
        expire_time: datetime | None = None,
        payer_name: str = "",
        splits: Sequence[PaymentSplit] = (),
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> CreatePaymentResponse:
        """Starts a payment at its channel: the payment is kept first, then the channel is asked, and the answer
        has the payment as it stands then with what the payer opens to pay. UNKNOWN when the channel's answer
        was lost: it is asked until it is known, and the payer may have nothing to open yet. Idempotent by
        request_id and by (merchant_id, merchant_order_no): the same again gives the payment that exists, and
        asks the channel once more for what the payer opens when that is not known. May be retried on
        UNAVAILABLE and after a deadline. CHANNEL_NOT_CONFIGURED when the merchant has no account at the
        channel here.

        merchant_id: The merchant that is to be paid.
        merchant_order_no: The merchant's order number; it is the order's number at the channel too, which may
          narrow its form.
        bill_no: The bill that is paid; empty when the order is the bill.
        channel: The channel.
        amount: What is to be paid; above zero.
        description: What the payer reads at the channel.
        expire_time: Until when the payer may pay, 1 minute to 15 days ahead; unset means two hours.
        payer_name: Who is to pay; may be empty.
        splits: The bills that it pays, when they are several: then bill_no is empty, and their amounts sum up
          to the amount.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _CREATE_PAYMENT,
            {
                "merchant_id": merchant_id,
                "merchant_order_no": merchant_order_no,
                "bill_no": bill_no,
                "channel": channel,
                "amount": amount,
                "description": description,
                "expire_time": expire_time,
                "payer_name": payer_name,
                "splits": splits,
            },
            idempotency_key,
            timeout_seconds,
        )

    async def get_payment(self, payment_id: str, *, timeout_seconds: float | None = None) -> GetPaymentResponse:
        """Gets one payment. Reads its own writes.

        payment_id: Ours.
        """
        return await self._transport.send(_GET_PAYMENT, {"payment_id": payment_id}, "", timeout_seconds)

    async def list_payments(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        merchant_id: str = "",
        merchant_order_no: str = "",
        channel: str = "",
        business_date: str = "",
        timeout_seconds: float | None = None,
    ) -> ListPaymentsResponse:
        """Lists payments, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        merchant_id: Only of this merchant.
        merchant_order_no: Only this order; needs merchant_id.
        channel: Only of this channel.
        business_date: Only of this business day, YYYY-MM-DD.
        """
        return await self._transport.send(
            _LIST_PAYMENTS,
            {
                "page_size": page_size,
                "page_token": page_token,
                "merchant_id": merchant_id,
                "merchant_order_no": merchant_order_no,
                "channel": channel,
                "business_date": business_date,
            },
            "",
            timeout_seconds,
        )

    async def list_all_payments(
        self,
        *,
        page_size: int = 0,
        merchant_id: str = "",
        merchant_order_no: str = "",
        channel: str = "",
        business_date: str = "",
        timeout_seconds: float | None = None,
    ) -> AsyncIterator[Payment]:
        """What all pages of `list_payments` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        merchant_id: Only of this merchant.
        merchant_order_no: Only this order; needs merchant_id.
        channel: Only of this channel.
        business_date: Only of this business day, YYYY-MM-DD.
        """
        async for page in async_pages(
            lambda token: self.list_payments(
                page_size=page_size,
                merchant_id=merchant_id,
                merchant_order_no=merchant_order_no,
                channel=channel,
                business_date=business_date,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            for one in page.payments:
                yield one

    async def record_payment(
        self,
        *,
        merchant_id: str,
        merchant_order_no: str,
        bill_no: str = "",
        channel: str,
        channel_txn_no: str,
        amount: Money,
        pay_time: datetime,
        payer_name: str = "",
        splits: Sequence[PaymentSplit] = (),
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> RecordPaymentResponse:
        """Records a payment that has succeeded at the channel. Idempotent by request_id and by (merchant_id,
        merchant_order_no): the same content again gives the payment that exists and marks it replayed. May be
        retried on UNAVAILABLE and after a deadline.

        merchant_id: The merchant that is paid.
        merchant_order_no: The merchant's order number.
        bill_no: The bill that is paid; empty when the order is the bill.
        channel: The channel.
        channel_txn_no: The channel's own number for the transaction.
        amount: What was paid; above zero.
        pay_time: When the channel says it succeeded.
        payer_name: Who paid; may be empty.
        splits: The bills that it pays, when they are several: then bill_no is empty, no bill stands twice,
          and the amounts sum up to the payment's. At most 100.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _RECORD_PAYMENT,
            {
                "merchant_id": merchant_id,
                "merchant_order_no": merchant_order_no,
                "bill_no": bill_no,
                "channel": channel,
                "channel_txn_no": channel_txn_no,
                "amount": amount,
                "pay_time": pay_time,
                "payer_name": payer_name,
                "splits": splits,
            },
            idempotency_key,
            timeout_seconds,
        )
