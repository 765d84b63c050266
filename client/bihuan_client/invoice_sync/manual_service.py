"""Manual service: its messages and its calls.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass

from bihuan_client.calls import Operation
from bihuan_client.content import Content
from bihuan_client.paging import async_pages, pages
from bihuan_client.transport import AsyncCalls, Calls

from .manual import Abandonment, ManualItem, ManualPackage


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideAbandonmentResponse:
    """The proposal as it was decided."""

    abandonment: Abandonment | None = None
    """The proposal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportManualPackageResponse:
    """The package."""

    package: ManualPackage | None = None
    """The package."""

    content: bytes = b""
    """The file, XML in UTF-8."""

    checklist: str = ""
    """What goes with it on paper, in English and Chinese: who, when, how many, how much, and the hash."""

    replayed: bool = False
    """True when it had been exported before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetManualPackageResponse:
    """One package."""

    package: ManualPackage | None = None
    """The package."""

    items: Sequence[ManualItem] = ()
    """Its invoices in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportManualReceiptResponse:
    """What it says."""

    package: ManualPackage | None = None
    """The package."""

    taken_count: int = 0
    """How many it says were taken."""

    refused_count: int = 0
    """How many it says were refused."""

    replayed: bool = False
    """True when it had been imported before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListManualPackagesResponse:
    """A page of packages."""

    packages: Sequence[ManualPackage] = ()
    """Newest first, without their steps."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeAbandonmentResponse:
    """The proposal."""

    abandonment: Abandonment | None = None
    """The proposal."""

    replayed: bool = False
    """True when it had been made before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseManualPackageResponse:
    """The package."""

    package: ManualPackage | None = None
    """The package."""

    released_count: int = 0
    """How many were given back by this call."""


_DECIDE_ABANDONMENT = Operation(
    name="decide_abandonment",
    verb="POST",
    template="/v1/abandonments/{abandonment_id}:decide",
    body="*",
    answer=DecideAbandonmentResponse,
    variables=("abandonment_id",),
    mutates=True,
)
_EXPORT_MANUAL_PACKAGE = Operation(
    name="export_manual_package",
    verb="POST",
    template="/v1/manual-packages",
    body="*",
    answer=ExportManualPackageResponse,
    takes_key=True,
    mutates=True,
)
_GET_MANUAL_PACKAGE = Operation(
    name="get_manual_package",
    verb="GET",
    template="/v1/manual-packages/{package_id}",
    body="",
    answer=GetManualPackageResponse,
    variables=("package_id",),
)
_IMPORT_MANUAL_RECEIPT = Operation(
    name="import_manual_receipt",
    verb="POST",
    template="/v1/manual-receipts",
    body="chunk",
    answer=ImportManualReceiptResponse,
    mutates=True,
    is_upload=True,
)
_LIST_MANUAL_PACKAGES = Operation(
    name="list_manual_packages", verb="GET", template="/v1/manual-packages", body="", answer=ListManualPackagesResponse
)
_PROPOSE_ABANDONMENT = Operation(
    name="propose_abandonment",
    verb="POST",
    template="/v1/abandonments",
    body="*",
    answer=ProposeAbandonmentResponse,
    takes_key=True,
    mutates=True,
)
_RELEASE_MANUAL_PACKAGE = Operation(
    name="release_manual_package",
    verb="POST",
    template="/v1/manual-packages/{package_id}:release",
    body="*",
    answer=ReleaseManualPackageResponse,
    variables=("package_id",),
    mutates=True,
)


class ManualService(Calls):
    """What people do where the way to the authority does not: carry invoices there by hand, or leave one for
    good. Blocking.
    """

    def decide_abandonment(
        self, abandonment_id: str, *, reason: str, approve: bool = False, timeout_seconds: float | None = None
    ) -> DecideAbandonmentResponse:
        """Decides a proposal: approves it, which leaves the invoice for good, or declines it. Never by who
        proposed it, which is SECOND_PERSON_REQUIRED. The same decision again changes nothing.

        abandonment_id: The proposal.
        reason: Why.
        approve: True to leave the invoice for good, false to decline.
        """
        return self._transport.send(
            _DECIDE_ABANDONMENT,
            {"abandonment_id": abandonment_id, "reason": reason, "approve": approve},
            "",
            timeout_seconds,
        )

    def export_manual_package(
        self,
        *,
        seller_tax_id: str,
        reason: str,
        limit: int = 0,
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> ExportManualPackageResponse:
        """Exports what waits to be sent for a seller, in the authority's format, with its checklist. What is
        exported is MANUAL from then on: nothing sends it, and it counts as booked when the authority shows
        it. Idempotent by request_id, which gives the same file again. NOT_FOUND when nothing waits.

        seller_tax_id: The seller.
        reason: Why it cannot go the usual way.
        limit: How many invoices at most, the oldest first; 0 means 1,000, which is the most.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _EXPORT_MANUAL_PACKAGE,
            {"seller_tax_id": seller_tax_id, "reason": reason, "limit": limit},
            idempotency_key,
            timeout_seconds,
        )

    def get_manual_package(self, package_id: str, *, timeout_seconds: float | None = None) -> GetManualPackageResponse:
        """Gets one package with its invoices and steps.

        package_id: Ours.
        """
        return self._transport.send(_GET_MANUAL_PACKAGE, {"package_id": package_id}, "", timeout_seconds)

    def import_manual_receipt(
        self, content: Content, *, package_id: str, timeout_seconds: float | None = None
    ) -> ImportManualReceiptResponse:
        """Imports the receipt of a package: each of its invoices is asked for at the authority at once. A
        receipt proves nothing and books nothing. RECEIPT_REFUSED for one that is not of this package, not
        whole, or names another file; then nothing changes. The same receipt again changes nothing either.
        Over HTTP the body is the receipt's raw bytes and the header's fields are query parameters.

        content: the bytes, a file's path, or a binary file that is open; read as it is sent.
        package_id: The package.
        """
        return self._transport.upload(_IMPORT_MANUAL_RECEIPT, content, {"package_id": package_id}, "", timeout_seconds)

    def list_manual_packages(
        self, *, page_size: int = 0, page_token: str = "", timeout_seconds: float | None = None
    ) -> ListManualPackagesResponse:
        """Lists packages, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        """
        return self._transport.send(
            _LIST_MANUAL_PACKAGES, {"page_size": page_size, "page_token": page_token}, "", timeout_seconds
        )

    def list_all_manual_packages(
        self, *, page_size: int = 0, timeout_seconds: float | None = None
    ) -> Iterator[ManualPackage]:
        """What all pages of `list_manual_packages` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        """
        for page in pages(
            lambda token: self.list_manual_packages(
                page_size=page_size, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            yield from page.packages

    def propose_abandonment(
        self, *, invoice_id: str, reason: str, idempotency_key: str = "", timeout_seconds: float | None = None
    ) -> ProposeAbandonmentResponse:
        """Proposes to leave an invoice for good; another person decides. Idempotent by request_id.
        NOT_ABANDONABLE for what is in the books, being sent, or ended already.

        invoice_id: The invoice.
        reason: Why.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _PROPOSE_ABANDONMENT, {"invoice_id": invoice_id, "reason": reason}, idempotency_key, timeout_seconds
        )

    def release_manual_package(
        self, package_id: str, *, reason: str, timeout_seconds: float | None = None
    ) -> ReleaseManualPackageResponse:
        """Gives a package back: what of it is MANUAL still is UNKNOWN from then on, asked for, and sent again by
        itself only when its absence is proved. Repeating it does no harm.

        package_id: The package.
        reason: Why.
        """
        return self._transport.send(
            _RELEASE_MANUAL_PACKAGE, {"package_id": package_id, "reason": reason}, "", timeout_seconds
        )


class AsyncManualService(AsyncCalls):
    """What people do where the way to the authority does not: carry invoices there by hand, or leave one for
    good. For asyncio.
    """

    async def decide_abandonment(
        self, abandonment_id: str, *, reason: str, approve: bool = False, timeout_seconds: float | None = None
    ) -> DecideAbandonmentResponse:
        """Decides a proposal: approves it, which leaves the invoice for good, or declines it. Never by who
        proposed it, which is SECOND_PERSON_REQUIRED. The same decision again changes nothing.

        abandonment_id: The proposal.
        reason: Why.
        approve: True to leave the invoice for good, false to decline.
        """
        return await self._transport.send(
            _DECIDE_ABANDONMENT,
            {"abandonment_id": abandonment_id, "reason": reason, "approve": approve},
            "",
            timeout_seconds,
        )

    async def export_manual_package(
        self,
        *,
        seller_tax_id: str,
        reason: str,
        limit: int = 0,
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> ExportManualPackageResponse:
        """Exports what waits to be sent for a seller, in the authority's format, with its checklist. What is
        exported is MANUAL from then on: nothing sends it, and it counts as booked when the authority shows
        it. Idempotent by request_id, which gives the same file again. NOT_FOUND when nothing waits.

        seller_tax_id: The seller.
        reason: Why it cannot go the usual way.
        limit: How many invoices at most, the oldest first; 0 means 1,000, which is the most.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _EXPORT_MANUAL_PACKAGE,
            {"seller_tax_id": seller_tax_id, "reason": reason, "limit": limit},
            idempotency_key,
            timeout_seconds,
        )

    async def get_manual_package(
        self, package_id: str, *, timeout_seconds: float | None = None
    ) -> GetManualPackageResponse:
        """Gets one package with its invoices and steps.

        package_id: Ours.
        """
        return await self._transport.send(_GET_MANUAL_PACKAGE, {"package_id": package_id}, "", timeout_seconds)

    async def import_manual_receipt(
        self, content: Content, *, package_id: str, timeout_seconds: float | None = None
    ) -> ImportManualReceiptResponse:
        """Imports the receipt of a package: each of its invoices is asked for at the authority at once. A
        receipt proves nothing and books nothing. RECEIPT_REFUSED for one that is not of this package, not
        whole, or names another file; then nothing changes. The same receipt again changes nothing either.
        Over HTTP the body is the receipt's raw bytes and the header's fields are query parameters.

        content: the bytes, a file's path, or a binary file that is open; read as it is sent.
        package_id: The package.
        """
        return await self._transport.upload(
            _IMPORT_MANUAL_RECEIPT, content, {"package_id": package_id}, "", timeout_seconds
        )

    async def list_manual_packages(
        self, *, page_size: int = 0, page_token: str = "", timeout_seconds: float | None = None
    ) -> ListManualPackagesResponse:
        """Lists packages, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        """
        return await self._transport.send(
            _LIST_MANUAL_PACKAGES, {"page_size": page_size, "page_token": page_token}, "", timeout_seconds
        )

    async def list_all_manual_packages(
        self, *, page_size: int = 0, timeout_seconds: float | None = None
    ) -> AsyncIterator[ManualPackage]:
        """What all pages of `list_manual_packages` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        """
        async for page in async_pages(
            lambda token: self.list_manual_packages(
                page_size=page_size, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            for one in page.packages:
                yield one

    async def propose_abandonment(
        self, *, invoice_id: str, reason: str, idempotency_key: str = "", timeout_seconds: float | None = None
    ) -> ProposeAbandonmentResponse:
        """Proposes to leave an invoice for good; another person decides. Idempotent by request_id.
        NOT_ABANDONABLE for what is in the books, being sent, or ended already.

        invoice_id: The invoice.
        reason: Why.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _PROPOSE_ABANDONMENT, {"invoice_id": invoice_id, "reason": reason}, idempotency_key, timeout_seconds
        )

    async def release_manual_package(
        self, package_id: str, *, reason: str, timeout_seconds: float | None = None
    ) -> ReleaseManualPackageResponse:
        """Gives a package back: what of it is MANUAL still is UNKNOWN from then on, asked for, and sent again by
        itself only when its absence is proved. Repeating it does no harm.

        package_id: The package.
        reason: Why.
        """
        return await self._transport.send(
            _RELEASE_MANUAL_PACKAGE, {"package_id": package_id, "reason": reason}, "", timeout_seconds
        )
