"""Invoice application service: its messages and its calls.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass

from bihuan_client.calls import Operation
from bihuan_client.paging import async_pages, pages
from bihuan_client.transport import AsyncCalls, Calls

from .invoice_application import (
    ApplicationKind,
    ApplicationProof,
    ApplicationState,
    ApplicationStep,
    InvoiceApplication,
    Remedy,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileInvoiceApplicationResponse:
    """The application as it stands."""

    application: InvoiceApplication | None = None
    """The application."""

    replayed: bool = False
    """True when it had been filed before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetInvoiceApplicationResponse:
    """One application."""

    application: InvoiceApplication | None = None
    """The application."""

    proofs: Sequence[ApplicationProof] = ()
    """Its proof."""

    steps: Sequence[ApplicationStep] = ()
    """Every step, the first one first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListInvoiceApplicationsResponse:
    """A page of applications."""

    applications: Sequence[InvoiceApplication] = ()
    """Newest first."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofFile:
    """A file that proves an application."""

    file_name: str
    """As it is called, without a folder."""

    media_type: str
    """What it is."""

    content: bytes
    """Its bytes, half a MiB at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadApplicationProofResponse:
    """A file."""

    proof: ApplicationProof | None = None
    """What it is called."""

    content: bytes = b""
    """Its bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadReplacementCopyResponse:
    """The copy."""

    invoice_id: str = ""
    """The invoice."""

    invoice_number: str = ""
    """The authority's number."""

    document_sha256: str = ""
    """SHA-256 of the document, 64 hex digits."""

    document: bytes = b""
    """The document as it was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewInvoiceApplicationResponse:
    """The application as it stands."""

    application: InvoiceApplication | None = None
    """The application."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawInvoiceApplicationResponse:
    """The application as it stands."""

    application: InvoiceApplication | None = None
    """The application."""


_FILE_INVOICE_APPLICATION = Operation(
    name="file_invoice_application",
    verb="POST",
    template="/v1/invoice-applications",
    body="*",
    answer=FileInvoiceApplicationResponse,
    takes_key=True,
    mutates=True,
)
_GET_INVOICE_APPLICATION = Operation(
    name="get_invoice_application",
    verb="GET",
    template="/v1/invoice-applications/{application_id}",
    body="",
    answer=GetInvoiceApplicationResponse,
    variables=("application_id",),
)
_LIST_INVOICE_APPLICATIONS = Operation(
    name="list_invoice_applications",
    verb="GET",
    template="/v1/invoice-applications",
    body="",
    answer=ListInvoiceApplicationsResponse,
)
_READ_APPLICATION_PROOF = Operation(
    name="read_application_proof",
    verb="GET",
    template="/v1/invoice-applications/{application_id}/proofs/{sha256}",
    body="",
    answer=ReadApplicationProofResponse,
    variables=("application_id", "sha256"),
)
_READ_REPLACEMENT_COPY = Operation(
    name="read_replacement_copy",
    verb="GET",
    template="/v1/invoice-applications/{application_id}/copy",
    body="",
    answer=ReadReplacementCopyResponse,
    variables=("application_id",),
)
_REVIEW_INVOICE_APPLICATION = Operation(
    name="review_invoice_application",
    verb="POST",
    template="/v1/invoice-applications/{application_id}:review",
    body="*",
    answer=ReviewInvoiceApplicationResponse,
    variables=("application_id",),
    mutates=True,
)
_WITHDRAW_INVOICE_APPLICATION = Operation(
    name="withdraw_invoice_application",
    verb="POST",
    template="/v1/invoice-applications/{application_id}:withdraw",
    body="*",
    answer=WithdrawInvoiceApplicationResponse,
    variables=("application_id",),
    mutates=True,
)


class InvoiceApplicationService(Calls):
    """Takes customers' applications about lost and wrong invoices, which a second person reviews. Blocking."""

    def file_invoice_application(
        self,
        *,
        invoice_id: str,
        kind: ApplicationKind,
        buyer_title: str = "",
        buyer_tax_id: str = "",
        amount_minor: int = 0,
        why: str,
        proofs: Sequence[ProofFile],
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> FileInvoiceApplicationResponse:
        """Files an application with its proof. Idempotent by request_id.

        invoice_id: The invoice.
        kind: What is the matter.
        buyer_title: The buyer's name as it shall be; empty when it stays.
        buyer_tax_id: The buyer's tax number as it shall be, with buyer_title; empty for a person.
        amount_minor: The amount as it shall be, in minor units; 0 when it stays. Never more than the old
          invoice's.
        why: Why, in the customer's words.
        proofs: What proves it; one file at least.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _FILE_INVOICE_APPLICATION,
            {
                "invoice_id": invoice_id,
                "kind": kind,
                "buyer_title": buyer_title,
                "buyer_tax_id": buyer_tax_id,
                "amount_minor": amount_minor,
                "why": why,
                "proofs": proofs,
            },
            idempotency_key,
            timeout_seconds,
        )

    def get_invoice_application(
        self, application_id: str, *, timeout_seconds: float | None = None
    ) -> GetInvoiceApplicationResponse:
        """Gets an application with its proof and every step.

        application_id: Ours.
        """
        return self._transport.send(_GET_INVOICE_APPLICATION, {"application_id": application_id}, "", timeout_seconds)

    def list_invoice_applications(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        merchant_id: str = "",
        invoice_id: str = "",
        state: ApplicationState = "APPLICATION_STATE_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> ListInvoiceApplicationsResponse:
        """Lists applications, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        merchant_id: Only of this merchant.
        invoice_id: Only of this invoice.
        state: Only in this state.
        """
        return self._transport.send(
            _LIST_INVOICE_APPLICATIONS,
            {
                "page_size": page_size,
                "page_token": page_token,
                "merchant_id": merchant_id,
                "invoice_id": invoice_id,
                "state": state,
            },
            "",
            timeout_seconds,
        )

    def list_all_invoice_applications(
        self,
        *,
        page_size: int = 0,
        merchant_id: str = "",
        invoice_id: str = "",
        state: ApplicationState = "APPLICATION_STATE_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> Iterator[InvoiceApplication]:
        """What all pages of `list_invoice_applications` have, fetched as it is walked; `timeout_seconds` is of
        each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        merchant_id: Only of this merchant.
        invoice_id: Only of this invoice.
        state: Only in this state.
        """
        for page in pages(
            lambda token: self.list_invoice_applications(
                page_size=page_size,
                merchant_id=merchant_id,
                invoice_id=invoice_id,
                state=state,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            yield from page.applications

    def read_application_proof(
        self, application_id: str, sha256: str, *, timeout_seconds: float | None = None
    ) -> ReadApplicationProofResponse:
        """Reads a file that proves an application, for who reviews it.

        application_id: The application.
        sha256: Of the file.
        """
        return self._transport.send(
            _READ_APPLICATION_PROOF, {"application_id": application_id, "sha256": sha256}, "", timeout_seconds
        )

    def read_replacement_copy(
        self, application_id: str, *, timeout_seconds: float | None = None
    ) -> ReadReplacementCopyResponse:
        """Reads the replacement copy that was granted: the frozen document as the authority has it.
        APPLICATION_STATE when none was.

        application_id: The application.
        """
        return self._transport.send(_READ_REPLACEMENT_COPY, {"application_id": application_id}, "", timeout_seconds)

    def review_invoice_application(
        self,
        application_id: str,
        *,
        remedy: Remedy = "REMEDY_UNSPECIFIED",
        why: str,
        timeout_seconds: float | None = None,
    ) -> ReviewInvoiceApplicationResponse:
        """Decides an application. Idempotent. SECOND_PERSON_REQUIRED for who filed it, APPLICATION_STATE when it
        was decided, RED_NOT_POSSIBLE when the invoice cannot be taken back.

        application_id: The application.
        remedy: What is to be done; unset to refuse it.
        why: Why.
        """
        return self._transport.send(
            _REVIEW_INVOICE_APPLICATION,
            {"application_id": application_id, "remedy": remedy, "why": why},
            "",
            timeout_seconds,
        )

    def withdraw_invoice_application(
        self, application_id: str, *, why: str, timeout_seconds: float | None = None
    ) -> WithdrawInvoiceApplicationResponse:
        """Takes an application back before it is reviewed. Idempotent. APPLICATION_STATE afterwards.

        application_id: The application.
        why: Why.
        """
        return self._transport.send(
            _WITHDRAW_INVOICE_APPLICATION, {"application_id": application_id, "why": why}, "", timeout_seconds
        )


class AsyncInvoiceApplicationService(AsyncCalls):
    """Takes customers' applications about lost and wrong invoices, which a second person reviews. For asyncio."""

    async def file_invoice_application(
        self,
        *,
        invoice_id: str,
        kind: ApplicationKind,
        buyer_title: str = "",
        buyer_tax_id: str = "",
        amount_minor: int = 0,
        why: str,
        proofs: Sequence[ProofFile],
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> FileInvoiceApplicationResponse:
        """Files an application with its proof. Idempotent by request_id.

        invoice_id: The invoice.
        kind: What is the matter.
        buyer_title: The buyer's name as it shall be; empty when it stays.
        buyer_tax_id: The buyer's tax number as it shall be, with buyer_title; empty for a person.
        amount_minor: The amount as it shall be, in minor units; 0 when it stays. Never more than the old
          invoice's.
        why: Why, in the customer's words.
        proofs: What proves it; one file at least.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _FILE_INVOICE_APPLICATION,
            {
                "invoice_id": invoice_id,
                "kind": kind,
                "buyer_title": buyer_title,
                "buyer_tax_id": buyer_tax_id,
                "amount_minor": amount_minor,
                "why": why,
                "proofs": proofs,
            },
            idempotency_key,
            timeout_seconds,
        )

    async def get_invoice_application(
        self, application_id: str, *, timeout_seconds: float | None = None
    ) -> GetInvoiceApplicationResponse:
        """Gets an application with its proof and every step.

        application_id: Ours.
        """
        return await self._transport.send(
            _GET_INVOICE_APPLICATION, {"application_id": application_id}, "", timeout_seconds
        )

    async def list_invoice_applications(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        merchant_id: str = "",
        invoice_id: str = "",
        state: ApplicationState = "APPLICATION_STATE_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> ListInvoiceApplicationsResponse:
        """Lists applications, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        merchant_id: Only of this merchant.
        invoice_id: Only of this invoice.
        state: Only in this state.
        """
        return await self._transport.send(
            _LIST_INVOICE_APPLICATIONS,
            {
                "page_size": page_size,
                "page_token": page_token,
                "merchant_id": merchant_id,
                "invoice_id": invoice_id,
                "state": state,
            },
            "",
            timeout_seconds,
        )

    async def list_all_invoice_applications(
        self,
        *,
        page_size: int = 0,
        merchant_id: str = "",
        invoice_id: str = "",
        state: ApplicationState = "APPLICATION_STATE_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> AsyncIterator[InvoiceApplication]:
        """What all pages of `list_invoice_applications` have, fetched as it is walked; `timeout_seconds` is of
        each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        merchant_id: Only of this merchant.
        invoice_id: Only of this invoice.
        state: Only in this state.
        """
        async for page in async_pages(
            lambda token: self.list_invoice_applications(
                page_size=page_size,
                merchant_id=merchant_id,
                invoice_id=invoice_id,
                state=state,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            for one in page.applications:
                yield one

    async def read_application_proof(
        self, application_id: str, sha256: str, *, timeout_seconds: float | None = None
    ) -> ReadApplicationProofResponse:
        """Reads a file that proves an application, for who reviews it.

        application_id: The application.
        sha256: Of the file.
        """
        return await self._transport.send(
            _READ_APPLICATION_PROOF, {"application_id": application_id, "sha256": sha256}, "", timeout_seconds
        )

    async def read_replacement_copy(
        self, application_id: str, *, timeout_seconds: float | None = None
    ) -> ReadReplacementCopyResponse:
        """Reads the replacement copy that was granted: the frozen document as the authority has it.
        APPLICATION_STATE when none was.

        application_id: The application.
        """
        return await self._transport.send(
            _READ_REPLACEMENT_COPY, {"application_id": application_id}, "", timeout_seconds
        )

    async def review_invoice_application(
        self,
        application_id: str,
        *,
        remedy: Remedy = "REMEDY_UNSPECIFIED",
        why: str,
        timeout_seconds: float | None = None,
    ) -> ReviewInvoiceApplicationResponse:
        """Decides an application. Idempotent. SECOND_PERSON_REQUIRED for who filed it, APPLICATION_STATE when it
        was decided, RED_NOT_POSSIBLE when the invoice cannot be taken back.

        application_id: The application.
        remedy: What is to be done; unset to refuse it.
        why: Why.
        """
        return await self._transport.send(
            _REVIEW_INVOICE_APPLICATION,
            {"application_id": application_id, "remedy": remedy, "why": why},
            "",
            timeout_seconds,
        )

    async def withdraw_invoice_application(
        self, application_id: str, *, why: str, timeout_seconds: float | None = None
    ) -> WithdrawInvoiceApplicationResponse:
        """Takes an application back before it is reviewed. Idempotent. APPLICATION_STATE afterwards.

        application_id: The application.
        why: Why.
        """
        return await self._transport.send(
            _WITHDRAW_INVOICE_APPLICATION, {"application_id": application_id, "why": why}, "", timeout_seconds
        )
