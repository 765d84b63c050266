"""Delivery service: its messages and its calls.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bihuan_client.calls import Operation
from bihuan_client.transport import AsyncCalls, Calls

from .delivery import Delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverInvoiceResponse:
    """The delivery as it stands."""

    delivery: Delivery | None = None
    """The delivery."""

    replayed: bool = False
    """True when it had been asked for before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDeliveriesResponse:
    """The deliveries of an invoice."""

    deliveries: Sequence[Delivery] = ()
    """Newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDeliveryReportResponse:
    """The delivery that it was about, as it stands."""

    delivery: Delivery | None = None
    """The delivery."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResendDeliveryResponse:
    """The new delivery as it stands."""

    delivery: Delivery | None = None
    """The delivery."""

    replayed: bool = False
    """True when it had been asked for before."""


_DELIVER_INVOICE = Operation(
    name="deliver_invoice",
    verb="POST",
    template="/v1/invoices/{invoice_id}/deliveries",
    body="*",
    answer=DeliverInvoiceResponse,
    variables=("invoice_id",),
    takes_key=True,
    mutates=True,
)
_LIST_DELIVERIES = Operation(
    name="list_deliveries",
    verb="GET",
    template="/v1/invoices/{invoice_id}/deliveries",
    body="",
    answer=ListDeliveriesResponse,
    variables=("invoice_id",),
)
_RECORD_DELIVERY_REPORT = Operation(
    name="record_delivery_report",
    verb="POST",
    template="/v1/deliveryReports",
    body="*",
    answer=RecordDeliveryReportResponse,
    mutates=True,
)
_RESEND_DELIVERY = Operation(
    name="resend_delivery",
    verb="POST",
    template="/v1/deliveries/{delivery_id}:resend",
    body="*",
    answer=ResendDeliveryResponse,
    variables=("delivery_id",),
    takes_key=True,
    mutates=True,
)


class DeliveryService(Calls):
    """Sends the papers of invoices to people by mail, and takes in what is reported about those mails. Blocking."""

    def deliver_invoice(
        self,
        invoice_id: str,
        *,
        email: str,
        reason: str,
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> DeliverInvoiceResponse:
        """Has the papers of an invoice sent to an address, as soon as there are any. Idempotent by request_id.
        MAIL_OFF where no relay is set.

        invoice_id: The invoice.
        email: Where to.
        reason: Why, in the asker's words.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _DELIVER_INVOICE,
            {"invoice_id": invoice_id, "email": email, "reason": reason},
            idempotency_key,
            timeout_seconds,
        )

    def list_deliveries(self, invoice_id: str, *, timeout_seconds: float | None = None) -> ListDeliveriesResponse:
        """Lists the newest deliveries of an invoice, at most 100, newest first.

        invoice_id: The invoice.
        """
        return self._transport.send(_LIST_DELIVERIES, {"invoice_id": invoice_id}, "", timeout_seconds)

    def record_delivery_report(
        self, *, message: str, timeout_seconds: float | None = None
    ) -> RecordDeliveryReportResponse:
        """Takes in a delivery report (DSN, RFC 3464) about a mail of ours. The same report again changes
        nothing. NOT_A_REPORT for anything else.

        message: The whole message as it came; what is no UTF-8 in it may be replaced.
        """
        return self._transport.send(_RECORD_DELIVERY_REPORT, {"message": message}, "", timeout_seconds)

    def resend_delivery(
        self, delivery_id: str, *, reason: str, idempotency_key: str = "", timeout_seconds: float | None = None
    ) -> ResendDeliveryResponse:
        """Sends the same to the same address once more, as a delivery of its own. Idempotent by request_id.
        MAIL_OFF where no relay is set.

        delivery_id: What was sent, or was to be.
        reason: Why, in the asker's words.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _RESEND_DELIVERY, {"delivery_id": delivery_id, "reason": reason}, idempotency_key, timeout_seconds
        )


class AsyncDeliveryService(AsyncCalls):
    """Sends the papers of invoices to people by mail, and takes in what is reported about those mails. For
    asyncio.
    """

    async def deliver_invoice(
        self,
        invoice_id: str,
        *,
        email: str,
        reason: str,
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> DeliverInvoiceResponse:
        """Has the papers of an invoice sent to an address, as soon as there are any. Idempotent by request_id.
        MAIL_OFF where no relay is set.

        invoice_id: The invoice.
        email: Where to.
        reason: Why, in the asker's words.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _DELIVER_INVOICE,
            {"invoice_id": invoice_id, "email": email, "reason": reason},
            idempotency_key,
            timeout_seconds,
        )

    async def list_deliveries(self, invoice_id: str, *, timeout_seconds: float | None = None) -> ListDeliveriesResponse:
        """Lists the newest deliveries of an invoice, at most 100, newest first.

        invoice_id: The invoice.
        """
        return await self._transport.send(_LIST_DELIVERIES, {"invoice_id": invoice_id}, "", timeout_seconds)

    async def record_delivery_report(
        self, *, message: str, timeout_seconds: float | None = None
    ) -> RecordDeliveryReportResponse:
        """Takes in a delivery report (DSN, RFC 3464) about a mail of ours. The same report again changes
        nothing. NOT_A_REPORT for anything else.

        message: The whole message as it came; what is no UTF-8 in it may be replaced.
        """
        return await self._transport.send(_RECORD_DELIVERY_REPORT, {"message": message}, "", timeout_seconds)

    async def resend_delivery(
        self, delivery_id: str, *, reason: str, idempotency_key: str = "", timeout_seconds: float | None = None
    ) -> ResendDeliveryResponse:
        """Sends the same to the same address once more, as a delivery of its own. Idempotent by request_id.
        MAIL_OFF where no relay is set.

        delivery_id: What was sent, or was to be.
        reason: Why, in the asker's words.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _RESEND_DELIVERY, {"delivery_id": delivery_id, "reason": reason}, idempotency_key, timeout_seconds
        )
