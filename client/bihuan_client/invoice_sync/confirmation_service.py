"""Confirmation service: its messages and its calls.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass

from bihuan_client.calls import Operation
from bihuan_client.paging import async_pages, pages
from bihuan_client.transport import AsyncCalls, Calls

from .confirmation import Confirmation, ConfirmationState


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmInvoiceRequestResponse:
    """As it stands now."""

    confirmation: Confirmation | None = None
    """With its invoice_id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetConfirmationResponse:
    """One."""

    confirmation: Confirmation | None = None
    """It."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListConfirmationsResponse:
    """A page."""

    confirmations: Sequence[Confirmation] = ()
    """Newest first."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseInvoiceRequestResponse:
    """As it stands now."""

    confirmation: Confirmation | None = None
    """Refused."""


_CONFIRM_INVOICE_REQUEST = Operation(
    name="confirm_invoice_request",
    verb="POST",
    template="/v1/invoice-confirmations/{confirmation_id}:confirm",
    body="*",
    answer=ConfirmInvoiceRequestResponse,
    variables=("confirmation_id",),
    mutates=True,
)
_GET_CONFIRMATION = Operation(
    name="get_confirmation",
    verb="GET",
    template="/v1/invoice-confirmations/{confirmation_id}",
    body="",
    answer=GetConfirmationResponse,
    variables=("confirmation_id",),
)
_LIST_CONFIRMATIONS = Operation(
    name="list_confirmations",
    verb="GET",
    template="/v1/invoice-confirmations",
    body="",
    answer=ListConfirmationsResponse,
)
_REFUSE_INVOICE_REQUEST = Operation(
    name="refuse_invoice_request",
    verb="POST",
    template="/v1/invoice-confirmations/{confirmation_id}:refuse",
    body="*",
    answer=RefuseInvoiceRequestResponse,
    variables=("confirmation_id",),
    mutates=True,
)


class ConfirmationService(Calls):
    """Has a second person confirm what is risky about an invoice that was asked for. Blocking."""

    def confirm_invoice_request(
        self, confirmation_id: str, *, reason: str, timeout_seconds: float | None = None
    ) -> ConfirmInvoiceRequestResponse:
        """Confirms what was asked for, and issues the invoice in the same moment. May be repeated by the same
        person. SECOND_PERSON_REQUIRED when who asked wants to confirm; NOT_INVOICEABLE as RequestInvoice has
        it.

        confirmation_id: Ours.
        reason: Why, such as what it was compared with.
        """
        return self._transport.send(
            _CONFIRM_INVOICE_REQUEST, {"confirmation_id": confirmation_id, "reason": reason}, "", timeout_seconds
        )

    def get_confirmation(
        self, confirmation_id: str, *, timeout_seconds: float | None = None
    ) -> GetConfirmationResponse:
        """Gets one.

        confirmation_id: Ours.
        """
        return self._transport.send(_GET_CONFIRMATION, {"confirmation_id": confirmation_id}, "", timeout_seconds)

    def list_confirmations(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        merchant_id: str = "",
        state: ConfirmationState = "STATE_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> ListConfirmationsResponse:
        """Lists them, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        merchant_id: Only of this merchant.
        state: Only in this state.
        """
        return self._transport.send(
            _LIST_CONFIRMATIONS,
            {"page_size": page_size, "page_token": page_token, "merchant_id": merchant_id, "state": state},
            "",
            timeout_seconds,
        )

    def list_all_confirmations(
        self,
        *,
        page_size: int = 0,
        merchant_id: str = "",
        state: ConfirmationState = "STATE_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> Iterator[Confirmation]:
        """What all pages of `list_confirmations` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        merchant_id: Only of this merchant.
        state: Only in this state.
        """
        for page in pages(
            lambda token: self.list_confirmations(
                page_size=page_size,
                merchant_id=merchant_id,
                state=state,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            yield from page.confirmations

    def refuse_invoice_request(
        self, confirmation_id: str, *, reason: str, timeout_seconds: float | None = None
    ) -> RefuseInvoiceRequestResponse:
        """Refuses what was asked for, so that the payment may be asked for again. May be repeated by the same
        person. SECOND_PERSON_REQUIRED when who asked wants to refuse.

        confirmation_id: Ours.
        reason: Why.
        """
        return self._transport.send(
            _REFUSE_INVOICE_REQUEST, {"confirmation_id": confirmation_id, "reason": reason}, "", timeout_seconds
        )


class AsyncConfirmationService(AsyncCalls):
    """Has a second person confirm what is risky about an invoice that was asked for. For asyncio."""

    async def confirm_invoice_request(
        self, confirmation_id: str, *, reason: str, timeout_seconds: float | None = None
    ) -> ConfirmInvoiceRequestResponse:
        """Confirms what was asked for, and issues the invoice in the same moment. May be repeated by the same
        person. SECOND_PERSON_REQUIRED when who asked wants to confirm; NOT_INVOICEABLE as RequestInvoice has
        it.

        confirmation_id: Ours.
        reason: Why, such as what it was compared with.
        """
        return await self._transport.send(
            _CONFIRM_INVOICE_REQUEST, {"confirmation_id": confirmation_id, "reason": reason}, "", timeout_seconds
        )

    async def get_confirmation(
        self, confirmation_id: str, *, timeout_seconds: float | None = None
    ) -> GetConfirmationResponse:
        """Gets one.

        confirmation_id: Ours.
        """
        return await self._transport.send(_GET_CONFIRMATION, {"confirmation_id": confirmation_id}, "", timeout_seconds)

    async def list_confirmations(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        merchant_id: str = "",
        state: ConfirmationState = "STATE_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> ListConfirmationsResponse:
        """Lists them, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        merchant_id: Only of this merchant.
        state: Only in this state.
        """
        return await self._transport.send(
            _LIST_CONFIRMATIONS,
            {"page_size": page_size, "page_token": page_token, "merchant_id": merchant_id, "state": state},
            "",
            timeout_seconds,
        )

    async def list_all_confirmations(
        self,
        *,
        page_size: int = 0,
        merchant_id: str = "",
        state: ConfirmationState = "STATE_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> AsyncIterator[Confirmation]:
        """What all pages of `list_confirmations` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        merchant_id: Only of this merchant.
        state: Only in this state.
        """
        async for page in async_pages(
            lambda token: self.list_confirmations(
                page_size=page_size,
                merchant_id=merchant_id,
                state=state,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            for one in page.confirmations:
                yield one

    async def refuse_invoice_request(
        self, confirmation_id: str, *, reason: str, timeout_seconds: float | None = None
    ) -> RefuseInvoiceRequestResponse:
        """Refuses what was asked for, so that the payment may be asked for again. May be repeated by the same
        person. SECOND_PERSON_REQUIRED when who asked wants to refuse.

        confirmation_id: Ours.
        reason: Why.
        """
        return await self._transport.send(
            _REFUSE_INVOICE_REQUEST, {"confirmation_id": confirmation_id, "reason": reason}, "", timeout_seconds
        )
