"""Bulk request service: its messages and its calls.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

# ruff: noqa: A002  # the contract names the fields

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from bihuan_client.calls import Operation
from bihuan_client.content import Content
from bihuan_client.paging import async_pages, pages
from bihuan_client.transport import AsyncCalls, Calls

from .bulk_request import BulkRequest, BulkRequestMode, BulkRequestRow, BulkRequestRowOutcome

# What kind of file.
GetBulkRequestFileRequestFormat: TypeAlias = Literal[
    # CSV.
    "FORMAT_UNSPECIFIED",
    # UTF-8 with its mark, as spreadsheets need it.
    "FORMAT_CSV",
    # A workbook.
    "FORMAT_XLSX",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelBulkRequestResponse:
    """As it stands now."""

    bulk_request: BulkRequest | None = None
    """It."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetBulkRequestFileResponse:
    """The file."""

    file_name: str = ""
    """Its name."""

    media_type: str = ""
    """Its media type."""

    content: bytes = b""
    """Its bytes; at most 3 MiB. A CSV that is larger is refused as TOO_LARGE: take the workbook."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetBulkRequestResponse:
    """One."""

    bulk_request: BulkRequest | None = None
    """It."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListBulkRequestRowsResponse:
    """A page of rows."""

    rows: Sequence[BulkRequestRow] = ()
    """In the order of the file."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListBulkRequestsResponse:
    """A page."""

    bulk_requests: Sequence[BulkRequest] = ()
    """Newest first."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseBulkRequestResponse:
    """As it stands now."""

    bulk_request: BulkRequest | None = None
    """It."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadBulkRequestResponse:
    """What the file came to."""

    bulk_request: BulkRequest | None = None
    """With the count of its wrong rows; ListBulkRequestRows tells each."""

    replayed: bool = False
    """True when the merchant had sent the same bytes before, and nothing was changed."""


_CANCEL_BULK_REQUEST = Operation(
    name="cancel_bulk_request",
    verb="POST",
    template="/v1/bulk-requests/{bulk_request_id}:cancel",
    body="*",
    answer=CancelBulkRequestResponse,
    variables=("bulk_request_id",),
    mutates=True,
)
_GET_BULK_REQUEST = Operation(
    name="get_bulk_request",
    verb="GET",
    template="/v1/bulk-requests/{bulk_request_id}",
    body="",
    answer=GetBulkRequestResponse,
    variables=("bulk_request_id",),
)
_GET_BULK_REQUEST_FILE = Operation(
    name="get_bulk_request_file",
    verb="GET",
    template="/v1/bulk-requests/{bulk_request_id}:file",
    body="",
    answer=GetBulkRequestFileResponse,
    variables=("bulk_request_id",),
)
_LIST_BULK_REQUEST_ROWS = Operation(
    name="list_bulk_request_rows",
    verb="GET",
    template="/v1/bulk-requests/{bulk_request_id}/rows",
    body="",
    answer=ListBulkRequestRowsResponse,
    variables=("bulk_request_id",),
)
_LIST_BULK_REQUESTS = Operation(
    name="list_bulk_requests", verb="GET", template="/v1/bulk-requests", body="", answer=ListBulkRequestsResponse
)
_RELEASE_BULK_REQUEST = Operation(
    name="release_bulk_request",
    verb="POST",
    template="/v1/bulk-requests/{bulk_request_id}:release",
    body="*",
    answer=ReleaseBulkRequestResponse,
    variables=("bulk_request_id",),
    mutates=True,
)
_UPLOAD_BULK_REQUEST = Operation(
    name="upload_bulk_request",
    verb="POST",
    template="/v1/bulk-requests:upload",
    body="chunk",
    answer=UploadBulkRequestResponse,
    mutates=True,
    is_upload=True,
)


class BulkRequestService(Calls):
    """Asks for many invoices at once, by a file of rows. Blocking."""

    def cancel_bulk_request(
        self, bulk_request_id: str, *, timeout_seconds: float | None = None
    ) -> CancelBulkRequestResponse:
        """Gives one up that is held: nothing is asked for. May be repeated. NOT_HELD when its rows are asked for
        already.

        bulk_request_id: Ours.
        """
        return self._transport.send(_CANCEL_BULK_REQUEST, {"bulk_request_id": bulk_request_id}, "", timeout_seconds)

    def get_bulk_request(self, bulk_request_id: str, *, timeout_seconds: float | None = None) -> GetBulkRequestResponse:
        """Gets one, with its progress.

        bulk_request_id: Ours.
        """
        return self._transport.send(_GET_BULK_REQUEST, {"bulk_request_id": bulk_request_id}, "", timeout_seconds)

    def get_bulk_request_file(
        self,
        bulk_request_id: str,
        *,
        format: GetBulkRequestFileRequestFormat = "FORMAT_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> GetBulkRequestFileResponse:
        """Gives the results as a file for a spreadsheet, which no cell of can make it compute anything.

        bulk_request_id: Ours.
        format: What kind of file.
        """
        return self._transport.send(
            _GET_BULK_REQUEST_FILE, {"bulk_request_id": bulk_request_id, "format": format}, "", timeout_seconds
        )

    def list_bulk_request_rows(
        self,
        bulk_request_id: str,
        *,
        page_size: int = 0,
        page_token: str = "",
        outcome: BulkRequestRowOutcome = "OUTCOME_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> ListBulkRequestRowsResponse:
        """Lists the rows with their results in the order of the file, by page.

        bulk_request_id: Ours.
        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        outcome: Only with this outcome.
        """
        return self._transport.send(
            _LIST_BULK_REQUEST_ROWS,
            {"bulk_request_id": bulk_request_id, "page_size": page_size, "page_token": page_token, "outcome": outcome},
            "",
            timeout_seconds,
        )

    def list_all_bulk_request_rows(
        self,
        bulk_request_id: str,
        *,
        page_size: int = 0,
        outcome: BulkRequestRowOutcome = "OUTCOME_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> Iterator[BulkRequestRow]:
        """What all pages of `list_bulk_request_rows` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        bulk_request_id: Ours.
        page_size: How many at most; 0 means 50, the most is 1,000.
        outcome: Only with this outcome.
        """
        for page in pages(
            lambda token: self.list_bulk_request_rows(
                bulk_request_id=bulk_request_id,
                page_size=page_size,
                outcome=outcome,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            yield from page.rows

    def list_bulk_requests(
        self, *, page_size: int = 0, page_token: str = "", merchant_id: str = "", timeout_seconds: float | None = None
    ) -> ListBulkRequestsResponse:
        """Lists them, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        merchant_id: Only of this merchant.
        """
        return self._transport.send(
            _LIST_BULK_REQUESTS,
            {"page_size": page_size, "page_token": page_token, "merchant_id": merchant_id},
            "",
            timeout_seconds,
        )

    def list_all_bulk_requests(
        self, *, page_size: int = 0, merchant_id: str = "", timeout_seconds: float | None = None
    ) -> Iterator[BulkRequest]:
        """What all pages of `list_bulk_requests` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        merchant_id: Only of this merchant.
        """
        for page in pages(
            lambda token: self.list_bulk_requests(
                page_size=page_size, merchant_id=merchant_id, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            yield from page.bulk_requests

    def release_bulk_request(
        self, bulk_request_id: str, *, timeout_seconds: float | None = None
    ) -> ReleaseBulkRequestResponse:
        """Asks for the good rows of one that is held. May be repeated. NOT_HELD when it was cancelled.

        bulk_request_id: Ours.
        """
        return self._transport.send(_RELEASE_BULK_REQUEST, {"bulk_request_id": bulk_request_id}, "", timeout_seconds)

    def upload_bulk_request(
        self,
        content: Content,
        *,
        merchant_id: str,
        mode: BulkRequestMode,
        file_name: str = "",
        timeout_seconds: float | None = None,
    ) -> UploadBulkRequestResponse:
        """Takes a file (CSV or XLSX, at most 10,000 rows, 32 columns and 8 MiB), checks each row and keeps both.
        The first row names the columns, in English or Chinese: payment_id 支付单号 or merchant_order_no
        商户订单号; buyer_title 发票抬头; and, as wanted, buyer_tax_id 税号, natural_person 自然人,
        buyer_email 邮箱, amount 金额. What is no plain table is refused whole as BULK_FILE_REFUSED: formulas,
        macros, links out of the file, entities, archive paths, and what is larger than allowed. Wrong rows
        are told by row, column, rule and cure. Over HTTP the body is the file's raw bytes and the header's
        fields are query parameters. Idempotent by the file: the same bytes of a merchant give what became of
        the first, whatever else is said.

        content: the bytes, a file's path, or a binary file that is open; read as it is sent.
        merchant_id: The merchant whose payments the rows name.
        mode: What is done with the good rows of a file that has wrong ones.
        file_name: The file's name, for people; may be empty.
        """
        return self._transport.upload(
            _UPLOAD_BULK_REQUEST,
            content,
            {"merchant_id": merchant_id, "mode": mode, "file_name": file_name},
            "",
            timeout_seconds,
        )


class AsyncBulkRequestService(AsyncCalls):
    """Asks for many invoices at once, by a file of rows. For asyncio."""

    async def cancel_bulk_request(
        self, bulk_request_id: str, *, timeout_seconds: float | None = None
    ) -> CancelBulkRequestResponse:
        """Gives one up that is held: nothing is asked for. May be repeated. NOT_HELD when its rows are asked for
        already.

        bulk_request_id: Ours.
        """
        return await self._transport.send(
            _CANCEL_BULK_REQUEST, {"bulk_request_id": bulk_request_id}, "", timeout_seconds
        )

    async def get_bulk_request(
        self, bulk_request_id: str, *, timeout_seconds: float | None = None
    ) -> GetBulkRequestResponse:
        """Gets one, with its progress.

        bulk_request_id: Ours.
        """
        return await self._transport.send(_GET_BULK_REQUEST, {"bulk_request_id": bulk_request_id}, "", timeout_seconds)

    async def get_bulk_request_file(
        self,
        bulk_request_id: str,
        *,
        format: GetBulkRequestFileRequestFormat = "FORMAT_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> GetBulkRequestFileResponse:
        """Gives the results as a file for a spreadsheet, which no cell of can make it compute anything.

        bulk_request_id: Ours.
        format: What kind of file.
        """
        return await self._transport.send(
            _GET_BULK_REQUEST_FILE, {"bulk_request_id": bulk_request_id, "format": format}, "", timeout_seconds
        )

    async def list_bulk_request_rows(
        self,
        bulk_request_id: str,
        *,
        page_size: int = 0,
        page_token: str = "",
        outcome: BulkRequestRowOutcome = "OUTCOME_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> ListBulkRequestRowsResponse:
        """Lists the rows with their results in the order of the file, by page.

        bulk_request_id: Ours.
        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        outcome: Only with this outcome.
        """
        return await self._transport.send(
            _LIST_BULK_REQUEST_ROWS,
            {"bulk_request_id": bulk_request_id, "page_size": page_size, "page_token": page_token, "outcome": outcome},
            "",
            timeout_seconds,
        )

    async def list_all_bulk_request_rows(
        self,
        bulk_request_id: str,
        *,
        page_size: int = 0,
        outcome: BulkRequestRowOutcome = "OUTCOME_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> AsyncIterator[BulkRequestRow]:
        """What all pages of `list_bulk_request_rows` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        bulk_request_id: Ours.
        page_size: How many at most; 0 means 50, the most is 1,000.
        outcome: Only with this outcome.
        """
        async for page in async_pages(
            lambda token: self.list_bulk_request_rows(
                bulk_request_id=bulk_request_id,
                page_size=page_size,
                outcome=outcome,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            for one in page.rows:
                yield one

    async def list_bulk_requests(
        self, *, page_size: int = 0, page_token: str = "", merchant_id: str = "", timeout_seconds: float | None = None
    ) -> ListBulkRequestsResponse:
        """Lists them, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        merchant_id: Only of this merchant.
        """
        return await self._transport.send(
            _LIST_BULK_REQUESTS,
            {"page_size": page_size, "page_token": page_token, "merchant_id": merchant_id},
            "",
            timeout_seconds,
        )

    async def list_all_bulk_requests(
        self, *, page_size: int = 0, merchant_id: str = "", timeout_seconds: float | None = None
    ) -> AsyncIterator[BulkRequest]:
        """What all pages of `list_bulk_requests` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        merchant_id: Only of this merchant.
        """
        async for page in async_pages(
            lambda token: self.list_bulk_requests(
                page_size=page_size, merchant_id=merchant_id, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            for one in page.bulk_requests:
                yield one

    async def release_bulk_request(
        self, bulk_request_id: str, *, timeout_seconds: float | None = None
    ) -> ReleaseBulkRequestResponse:
        """Asks for the good rows of one that is held. May be repeated. NOT_HELD when it was cancelled.

        bulk_request_id: Ours.
        """
        return await self._transport.send(
            _RELEASE_BULK_REQUEST, {"bulk_request_id": bulk_request_id}, "", timeout_seconds
        )

    async def upload_bulk_request(
        self,
        content: Content,
        *,
        merchant_id: str,
        mode: BulkRequestMode,
        file_name: str = "",
        timeout_seconds: float | None = None,
    ) -> UploadBulkRequestResponse:
        """Takes a file (CSV or XLSX, at most 10,000 rows, 32 columns and 8 MiB), checks each row and keeps both.
        The first row names the columns, in English or Chinese: payment_id 支付单号 or merchant_order_no
        商户订单号; buyer_title 发票抬头; and, as wanted, buyer_tax_id 税号, natural_person 自然人,
        buyer_email 邮箱, amount 金额. What is no plain table is refused whole as BULK_FILE_REFUSED: formulas,
        macros, links out of the file, entities, archive paths, and what is larger than allowed. Wrong rows
        are told by row, column, rule and cure. Over HTTP the body is the file's raw bytes and the header's
        fields are query parameters. Idempotent by the file: the same bytes of a merchant give what became of
        the first, whatever else is said.

        content: the bytes, a file's path, or a binary file that is open; read as it is sent.
        merchant_id: The merchant whose payments the rows name.
        mode: What is done with the good rows of a file that has wrong ones.
        file_name: The file's name, for people; may be empty.
        """
        return await self._transport.upload(
            _UPLOAD_BULK_REQUEST,
            content,
            {"merchant_id": merchant_id, "mode": mode, "file_name": file_name},
            "",
            timeout_seconds,
        )
