"""Invoice service: its messages and its calls.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass

from bihuan_client.basics import Money
from bihuan_client.calls import Operation
from bihuan_client.paging import async_pages, pages
from bihuan_client.transport import AsyncCalls, Calls

from .attempt import Attempt
from .confirmation import Confirmation
from .diagnosis import Diagnosis
from .invoice import Invoice, SyncState


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectInvoiceResponse:
    """The invoice as it stands."""

    invoice: Invoice | None = None
    """The invoice."""

    replayed: bool = False
    """True when this correction had been made before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnoseBuyerResponse:
    """The answers."""

    diagnoses: Sequence[Diagnosis] = ()
    """What is not in the system first, then newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnoseInvoiceResponse:
    """The answer."""

    diagnosis: Diagnosis | None = None
    """Why, with proof and the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetInvoiceResponse:
    """One invoice."""

    invoice: Invoice | None = None
    """The invoice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListAttemptsResponse:
    """The attempts of an invoice."""

    attempts: Sequence[Attempt] = ()
    """Oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListInvoicesResponse:
    """A page of invoices."""

    invoices: Sequence[Invoice] = ()
    """Newest first."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListNotInSystemResponse:
    """A page."""

    diagnoses: Sequence[Diagnosis] = ()
    """The invoices, oldest first, then the payments without one, which have no invoice_id."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestInvoiceResponse:
    """The invoice as it stands."""

    invoice: Invoice | None = None
    """The invoice; unset while a second person has to confirm what was asked for, or after it was refused."""

    replayed: bool = False
    """True when it had been asked for before."""

    confirmation: Confirmation | None = None
    """What a second person has to confirm, or decided; unset when nothing was risky."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StateTotal:
    """The invoices in one state."""

    sync_state: SyncState = "SYNC_STATE_UNSPECIFIED"
    """The state."""

    invoice_count: int = 0
    """How many."""

    amount_sums: Sequence[Money] = ()
    """Their money, by currency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SummarizeInvoicesResponse:
    """Counts by state."""

    totals: Sequence[StateTotal] = ()
    """In order of state; a state without invoices is left out."""


_CORRECT_INVOICE = Operation(
    name="correct_invoice",
    verb="POST",
    template="/v1/invoices/{invoice_id}:correct",
    body="*",
    answer=CorrectInvoiceResponse,
    variables=("invoice_id",),
    takes_key=True,
    mutates=True,
)
_DIAGNOSE_BUYER = Operation(
    name="diagnose_buyer", verb="POST", template="/v1/diagnoses:buyer", body="*", answer=DiagnoseBuyerResponse
)
_DIAGNOSE_INVOICE = Operation(
    name="diagnose_invoice",
    verb="GET",
    template="/v1/diagnoses/{reference}",
    body="",
    answer=DiagnoseInvoiceResponse,
    variables=("reference",),
)
_GET_INVOICE = Operation(
    name="get_invoice",
    verb="GET",
    template="/v1/invoices/{invoice_id}",
    body="",
    answer=GetInvoiceResponse,
    variables=("invoice_id",),
)
_LIST_ATTEMPTS = Operation(
    name="list_attempts",
    verb="GET",
    template="/v1/invoices/{invoice_id}/attempts",
    body="",
    answer=ListAttemptsResponse,
    variables=("invoice_id",),
)
_LIST_INVOICES = Operation(
    name="list_invoices", verb="GET", template="/v1/invoices", body="", answer=ListInvoicesResponse
)
_LIST_NOT_IN_SYSTEM = Operation(
    name="list_not_in_system", verb="GET", template="/v1/diagnoses", body="", answer=ListNotInSystemResponse
)
_REQUEST_INVOICE = Operation(
    name="request_invoice",
    verb="POST",
    template="/v1/invoices",
    body="*",
    answer=RequestInvoiceResponse,
    takes_key=True,
    mutates=True,
)
_SUMMARIZE_INVOICES = Operation(
    name="summarize_invoices", verb="GET", template="/v1/invoices:summarize", body="", answer=SummarizeInvoicesResponse
)


class InvoiceService(Calls):
    """Gets each invoice into the tax authority's system and tells where it stands. Blocking."""

    def correct_invoice(
        self,
        invoice_id: str,
        *,
        buyer_title: str,
        buyer_tax_id: str = "",
        expected_version: int = 0,
        natural_person: bool = False,
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> CorrectInvoiceResponse:
        """Corrects an invoice that was refused or breaks a rule: freezes the next version of its document and
        sends that. Idempotent by request_id. NOT_CORRECTABLE when it stands anywhere else, VERSION_MISMATCH
        when another correction was made since the version that is named.

        invoice_id: The invoice.
        buyer_title: The buyer's name as it shall stand on the invoice.
        buyer_tax_id: The buyer's tax number, 15 to 20 capitals and digits; empty for a person.
        expected_version: The version that the caller saw; 0 for whatever there is.
        natural_person: Whether the buyer is a natural person. Another buyer that is risky is refused: a short
          title without this, a tax id that fails its check digit.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _CORRECT_INVOICE,
            {
                "invoice_id": invoice_id,
                "buyer_title": buyer_title,
                "buyer_tax_id": buyer_tax_id,
                "expected_version": expected_version,
                "natural_person": natural_person,
            },
            idempotency_key,
            timeout_seconds,
        )

    def diagnose_buyer(
        self,
        *,
        buyer_tax_id: str = "",
        buyer_title: str = "",
        merchant_id: str = "",
        limit: int = 0,
        timeout_seconds: float | None = None,
    ) -> DiagnoseBuyerResponse:
        """Tells the same for every invoice of a buyer, those that are not in the system first. A call with a
        body, since a buyer's number has no place in an address.

        buyer_tax_id: The buyer's tax number.
        buyer_title: The buyer's name as it stands on the invoice.
        merchant_id: Only of this merchant.
        limit: How many at most; 0 means 20, the most is 100.
        """
        return self._transport.send(
            _DIAGNOSE_BUYER,
            {"buyer_tax_id": buyer_tax_id, "buyer_title": buyer_title, "merchant_id": merchant_id, "limit": limit},
            "",
            timeout_seconds,
        )

    def diagnose_invoice(
        self,
        reference: str,
        *,
        buyer_tax_id: str = "",
        issue_date: str = "",
        amount_minor: int = 0,
        timeout_seconds: float | None = None,
    ) -> DiagnoseInvoiceResponse:
        """Tells why an invoice is not in the tax system, or that it is, with the rows that prove it. The
        reference may be our invoice id, the authority's number, a payment id or an order number; one that was
        mistyped is told with the right one.

        reference: Our invoice id, the authority's number, a payment id or an order number.
        buyer_tax_id: What the asker says about it, as far as known: the buyer's tax number,
        issue_date: the day that stands on it, YYYY-MM-DD,
        amount_minor: and its amount in minor units, tax included; 0 when not told.
        """
        return self._transport.send(
            _DIAGNOSE_INVOICE,
            {
                "reference": reference,
                "buyer_tax_id": buyer_tax_id,
                "issue_date": issue_date,
                "amount_minor": amount_minor,
            },
            "",
            timeout_seconds,
        )

    def get_invoice(self, invoice_id: str, *, timeout_seconds: float | None = None) -> GetInvoiceResponse:
        """Gets one invoice.

        invoice_id: Ours.
        """
        return self._transport.send(_GET_INVOICE, {"invoice_id": invoice_id}, "", timeout_seconds)

    def list_attempts(self, invoice_id: str, *, timeout_seconds: float | None = None) -> ListAttemptsResponse:
        """Lists every attempt for an invoice, oldest first; at most 1,000.

        invoice_id: The invoice.
        """
        return self._transport.send(_LIST_ATTEMPTS, {"invoice_id": invoice_id}, "", timeout_seconds)

    def list_invoices(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        merchant_id: str = "",
        payment_id: str = "",
        sync_state: SyncState = "SYNC_STATE_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> ListInvoicesResponse:
        """Lists invoices, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        merchant_id: Only of this merchant.
        payment_id: Only of this payment.
        sync_state: Only in this state.
        """
        return self._transport.send(
            _LIST_INVOICES,
            {
                "page_size": page_size,
                "page_token": page_token,
                "merchant_id": merchant_id,
                "payment_id": payment_id,
                "sync_state": sync_state,
            },
            "",
            timeout_seconds,
        )

    def list_all_invoices(
        self,
        *,
        page_size: int = 0,
        merchant_id: str = "",
        payment_id: str = "",
        sync_state: SyncState = "SYNC_STATE_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> Iterator[Invoice]:
        """What all pages of `list_invoices` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        merchant_id: Only of this merchant.
        payment_id: Only of this payment.
        sync_state: Only in this state.
        """
        for page in pages(
            lambda token: self.list_invoices(
                page_size=page_size,
                merchant_id=merchant_id,
                payment_id=payment_id,
                sync_state=sync_state,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            yield from page.invoices

    def list_not_in_system(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        merchant_id: str = "",
        cause: str = "",
        timeout_seconds: float | None = None,
    ) -> ListNotInSystemResponse:
        """Lists what is not in the tax system, each with its cause, by page: the invoices, oldest first, and
        after them, by merchant, the payments that succeeded and have no invoice yet, save those that wait for
        their reconciliation. What was abandoned on purpose is left out.

        page_size: How many at most; 0 means 50, the most is 200.
        page_token: From the page before; empty for the first.
        merchant_id: Only of this merchant.
        cause: Only with this cause; a page may then be short, or empty, before the last.
        """
        return self._transport.send(
            _LIST_NOT_IN_SYSTEM,
            {"page_size": page_size, "page_token": page_token, "merchant_id": merchant_id, "cause": cause},
            "",
            timeout_seconds,
        )

    def list_all_not_in_system(
        self, *, page_size: int = 0, merchant_id: str = "", cause: str = "", timeout_seconds: float | None = None
    ) -> Iterator[Diagnosis]:
        """What all pages of `list_not_in_system` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        page_size: How many at most; 0 means 50, the most is 200.
        merchant_id: Only of this merchant.
        cause: Only with this cause; a page may then be short, or empty, before the last.
        """
        for page in pages(
            lambda token: self.list_not_in_system(
                page_size=page_size,
                merchant_id=merchant_id,
                cause=cause,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            yield from page.diagnoses

    def request_invoice(
        self,
        *,
        payment_id: str,
        buyer_title: str,
        buyer_tax_id: str = "",
        natural_person: bool = False,
        amount_minor: int = 0,
        buyer_email: str = "",
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> RequestInvoiceResponse:
        """Asks for the invoice of a payment. Idempotent by request_id and by payment: a payment has one invoice,
        and asking again with the same buyer gives it. NOT_INVOICEABLE when the payment has not succeeded or
        is not known here yet. What is risky (a short title, a tax id that fails its check digit, a large
        amount) is not issued: the answer has a confirmation, for ConfirmationService.

        payment_id: The payment.
        buyer_title: The buyer's name as it shall stand on the invoice.
        buyer_tax_id: The buyer's tax number, 15 to 20 capitals and digits; empty for a person.
        natural_person: Whether the buyer is a natural person. A short title without it has to be confirmed by
          a second person.
        amount_minor: What the applicant thinks is left of the payment, in minor units; 0 when not told.
          Another amount is refused.
        buyer_email: Where the invoice is sent by mail when it is in the books; empty for nowhere.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _REQUEST_INVOICE,
            {
                "payment_id": payment_id,
                "buyer_title": buyer_title,
                "buyer_tax_id": buyer_tax_id,
                "natural_person": natural_person,
                "amount_minor": amount_minor,
                "buyer_email": buyer_email,
            },
            idempotency_key,
            timeout_seconds,
        )

    def summarize_invoices(
        self, *, merchant_id: str = "", timeout_seconds: float | None = None
    ) -> SummarizeInvoicesResponse:
        """Counts invoices and their money by state.

        merchant_id: Only of this merchant; empty means all.
        """
        return self._transport.send(_SUMMARIZE_INVOICES, {"merchant_id": merchant_id}, "", timeout_seconds)


class AsyncInvoiceService(AsyncCalls):
    """Gets each invoice into the tax authority's system and tells where it stands. For asyncio."""

    async def correct_invoice(
        self,
        invoice_id: str,
        *,
        buyer_title: str,
        buyer_tax_id: str = "",
        expected_version: int = 0,
        natural_person: bool = False,
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> CorrectInvoiceResponse:
        """Corrects an invoice that was refused or breaks a rule: freezes the next version of its document and
        sends that. Idempotent by request_id. NOT_CORRECTABLE when it stands anywhere else, VERSION_MISMATCH
        when another correction was made since the version that is named.

        invoice_id: The invoice.
        buyer_title: The buyer's name as it shall stand on the invoice.
        buyer_tax_id: The buyer's tax number, 15 to 20 capitals and digits; empty for a person.
        expected_version: The version that the caller saw; 0 for whatever there is.
        natural_person: Whether the buyer is a natural person. Another buyer that is risky is refused: a short
          title without this, a tax id that fails its check digit.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _CORRECT_INVOICE,
            {
                "invoice_id": invoice_id,
                "buyer_title": buyer_title,
                "buyer_tax_id": buyer_tax_id,
                "expected_version": expected_version,
                "natural_person": natural_person,
            },
            idempotency_key,
            timeout_seconds,
        )

    async def diagnose_buyer(
        self,
        *,
        buyer_tax_id: str = "",
        buyer_title: str = "",
        merchant_id: str = "",
        limit: int = 0,
        timeout_seconds: float | None = None,
    ) -> DiagnoseBuyerResponse:
        """Tells the same for every invoice of a buyer, those that are not in the system first. A call with a
        body, since a buyer's number has no place in an address.

        buyer_tax_id: The buyer's tax number.
        buyer_title: The buyer's name as it stands on the invoice.
        merchant_id: Only of this merchant.
        limit: How many at most; 0 means 20, the most is 100.
        """
        return await self._transport.send(
            _DIAGNOSE_BUYER,
            {"buyer_tax_id": buyer_tax_id, "buyer_title": buyer_title, "merchant_id": merchant_id, "limit": limit},
            "",
            timeout_seconds,
        )

    async def diagnose_invoice(
        self,
        reference: str,
        *,
        buyer_tax_id: str = "",
        issue_date: str = "",
        amount_minor: int = 0,
        timeout_seconds: float | None = None,
    ) -> DiagnoseInvoiceResponse:
        """Tells why an invoice is not in the tax system, or that it is, with the rows that prove it. The
        reference may be our invoice id, the authority's number, a payment id or an order number; one that was
        mistyped is told with the right one.

        reference: Our invoice id, the authority's number, a payment id or an order number.
        buyer_tax_id: What the asker says about it, as far as known: the buyer's tax number,
        issue_date: the day that stands on it, YYYY-MM-DD,
        amount_minor: and its amount in minor units, tax included; 0 when not told.
        """
        return await self._transport.send(
            _DIAGNOSE_INVOICE,
            {
                "reference": reference,
                "buyer_tax_id": buyer_tax_id,
                "issue_date": issue_date,
                "amount_minor": amount_minor,
            },
            "",
            timeout_seconds,
        )

    async def get_invoice(self, invoice_id: str, *, timeout_seconds: float | None = None) -> GetInvoiceResponse:
        """Gets one invoice.

        invoice_id: Ours.
        """
        return await self._transport.send(_GET_INVOICE, {"invoice_id": invoice_id}, "", timeout_seconds)

    async def list_attempts(self, invoice_id: str, *, timeout_seconds: float | None = None) -> ListAttemptsResponse:
        """Lists every attempt for an invoice, oldest first; at most 1,000.

        invoice_id: The invoice.
        """
        return await self._transport.send(_LIST_ATTEMPTS, {"invoice_id": invoice_id}, "", timeout_seconds)

    async def list_invoices(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        merchant_id: str = "",
        payment_id: str = "",
        sync_state: SyncState = "SYNC_STATE_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> ListInvoicesResponse:
        """Lists invoices, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        merchant_id: Only of this merchant.
        payment_id: Only of this payment.
        sync_state: Only in this state.
        """
        return await self._transport.send(
            _LIST_INVOICES,
            {
                "page_size": page_size,
                "page_token": page_token,
                "merchant_id": merchant_id,
                "payment_id": payment_id,
                "sync_state": sync_state,
            },
            "",
            timeout_seconds,
        )

    async def list_all_invoices(
        self,
        *,
        page_size: int = 0,
        merchant_id: str = "",
        payment_id: str = "",
        sync_state: SyncState = "SYNC_STATE_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> AsyncIterator[Invoice]:
        """What all pages of `list_invoices` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        merchant_id: Only of this merchant.
        payment_id: Only of this payment.
        sync_state: Only in this state.
        """
        async for page in async_pages(
            lambda token: self.list_invoices(
                page_size=page_size,
                merchant_id=merchant_id,
                payment_id=payment_id,
                sync_state=sync_state,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            for one in page.invoices:
                yield one

    async def list_not_in_system(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        merchant_id: str = "",
        cause: str = "",
        timeout_seconds: float | None = None,
    ) -> ListNotInSystemResponse:
        """Lists what is not in the tax system, each with its cause, by page: the invoices, oldest first, and
        after them, by merchant, the payments that succeeded and have no invoice yet, save those that wait for
        their reconciliation. What was abandoned on purpose is left out.

        page_size: How many at most; 0 means 50, the most is 200.
        page_token: From the page before; empty for the first.
        merchant_id: Only of this merchant.
        cause: Only with this cause; a page may then be short, or empty, before the last.
        """
        return await self._transport.send(
            _LIST_NOT_IN_SYSTEM,
            {"page_size": page_size, "page_token": page_token, "merchant_id": merchant_id, "cause": cause},
            "",
            timeout_seconds,
        )

    async def list_all_not_in_system(
        self, *, page_size: int = 0, merchant_id: str = "", cause: str = "", timeout_seconds: float | None = None
    ) -> AsyncIterator[Diagnosis]:
        """What all pages of `list_not_in_system` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        page_size: How many at most; 0 means 50, the most is 200.
        merchant_id: Only of this merchant.
        cause: Only with this cause; a page may then be short, or empty, before the last.
        """
        async for page in async_pages(
            lambda token: self.list_not_in_system(
                page_size=page_size,
                merchant_id=merchant_id,
                cause=cause,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            for one in page.diagnoses:
                yield one

    async def request_invoice(
        self,
        *,
        payment_id: str,
        buyer_title: str,
        buyer_tax_id: str = "",
        natural_person: bool = False,
        amount_minor: int = 0,
        buyer_email: str = "",
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> RequestInvoiceResponse:
        """Asks for the invoice of a payment. Idempotent by request_id and by payment: a payment has one invoice,
        and asking again with the same buyer gives it. NOT_INVOICEABLE when the payment has not succeeded or
        is not known here yet. What is risky (a short title, a tax id that fails its check digit, a large
        amount) is not issued: the answer has a confirmation, for ConfirmationService.

        payment_id: The payment.
        buyer_title: The buyer's name as it shall stand on the invoice.
        buyer_tax_id: The buyer's tax number, 15 to 20 capitals and digits; empty for a person.
        natural_person: Whether the buyer is a natural person. A short title without it has to be confirmed by
          a second person.
        amount_minor: What the applicant thinks is left of the payment, in minor units; 0 when not told.
          Another amount is refused.
        buyer_email: Where the invoice is sent by mail when it is in the books; empty for nowhere.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _REQUEST_INVOICE,
            {
                "payment_id": payment_id,
                "buyer_title": buyer_title,
                "buyer_tax_id": buyer_tax_id,
                "natural_person": natural_person,
                "amount_minor": amount_minor,
                "buyer_email": buyer_email,
            },
            idempotency_key,
            timeout_seconds,
        )

    async def summarize_invoices(
        self, *, merchant_id: str = "", timeout_seconds: float | None = None
    ) -> SummarizeInvoicesResponse:
        """Counts invoices and their money by state.

        merchant_id: Only of this merchant; empty means all.
        """
        return await self._transport.send(_SUMMARIZE_INVOICES, {"merchant_id": merchant_id}, "", timeout_seconds)
