"""Import service: its messages and its calls.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass

from bihuan_client.calls import Operation
from bihuan_client.content import Content
from bihuan_client.paging import async_pages, pages
from bihuan_client.transport import AsyncCalls, Calls

from .import_ import Import, ImportRefusal


@dataclass(frozen=True, slots=True, kw_only=True)
class GetImportResponse:
    """One import."""

    progress: Import | None = None
    """The import."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPaymentsResponse:
    """The import after the last batch of the stream."""

    progress: Import | None = None
    """The import."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListImportRefusalsResponse:
    """A page of refused rows."""

    refusals: Sequence[ImportRefusal] = ()
    """By batch and row."""

    next_page_token: str = ""
    """Empty on the last page."""


_GET_IMPORT = Operation(
    name="get_import",
    verb="GET",
    template="/v1/imports/{import_id}",
    body="",
    answer=GetImportResponse,
    variables=("import_id",),
)
_IMPORT_PAYMENTS = Operation(
    name="import_payments",
    verb="POST",
    template="/v1/imports",
    body="chunk",
    answer=ImportPaymentsResponse,
    mutates=True,
    is_upload=True,
)
_LIST_IMPORT_REFUSALS = Operation(
    name="list_import_refusals",
    verb="GET",
    template="/v1/imports/{import_id}/refusals",
    body="",
    answer=ListImportRefusalsResponse,
    variables=("import_id",),
)


class ImportService(Calls):
    """Takes payments in by the hundred thousand, each row with its own result. Blocking."""

    def get_import(self, import_id: str, *, timeout_seconds: float | None = None) -> GetImportResponse:
        """Tells how far an import has come, also while it runs.

        import_id: The importer's.
        """
        return self._transport.send(_GET_IMPORT, {"import_id": import_id}, "", timeout_seconds)

    def import_payments(
        self,
        content: Content,
        *,
        import_id: str,
        first_batch_no: int = 0,
        total_row_count: int = 0,
        timeout_seconds: float | None = None,
    ) -> ImportPaymentsResponse:
        """Records the payments of an Arrow IPC stream, batch after batch, each batch in a transaction of its
        own. Columns: merchant_id, merchant_order_no, channel, channel_txn_no, currency_code: utf8;
        amount_minor: int64; pay_time: timestamp with a time zone; bill_no, payer_name: utf8 and may be left
        out. The rules of a row are those of RecordPayment. A row that is refused never stops another; a batch
        that cannot be read ends the call, and the batches before it are in. Over HTTP the body is the stream
        and the header's fields are query parameters. Idempotent by (import_id, batch) and by (merchant_id,
        merchant_order_no). After a cut: GetImport tells next_batch_no; send the stream's schema and its
        batches from there on. Batches that are in are only compared.

        content: the bytes, a file's path, or a binary file that is open; read as it is sent.
        import_id: Chosen by the importer and repeated whenever it goes on.
        first_batch_no: The number of the first batch of this stream; at most the import's next_batch_no.
        total_row_count: Rows of the whole import, to tell progress; 0 when not known.
        """
        return self._transport.upload(
            _IMPORT_PAYMENTS,
            content,
            {"import_id": import_id, "first_batch_no": first_batch_no, "total_row_count": total_row_count},
            "",
            timeout_seconds,
        )

    def list_import_refusals(
        self, import_id: str, *, page_size: int = 0, page_token: str = "", timeout_seconds: float | None = None
    ) -> ListImportRefusalsResponse:
        """Lists the rows that were refused, in the order of the import, by page.

        import_id: The importer's.
        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        """
        return self._transport.send(
            _LIST_IMPORT_REFUSALS,
            {"import_id": import_id, "page_size": page_size, "page_token": page_token},
            "",
            timeout_seconds,
        )

    def list_all_import_refusals(
        self, import_id: str, *, page_size: int = 0, timeout_seconds: float | None = None
    ) -> Iterator[ImportRefusal]:
        """What all pages of `list_import_refusals` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        import_id: The importer's.
        page_size: How many at most; 0 means 50, the most is 1,000.
        """
        for page in pages(
            lambda token: self.list_import_refusals(
                import_id=import_id, page_size=page_size, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            yield from page.refusals


class AsyncImportService(AsyncCalls):
    """Takes payments in by the hundred thousand, each row with its own result. For asyncio."""

    async def get_import(self, import_id: str, *, timeout_seconds: float | None = None) -> GetImportResponse:
        """Tells how far an import has come, also while it runs.

        import_id: The importer's.
        """
        return await self._transport.send(_GET_IMPORT, {"import_id": import_id}, "", timeout_seconds)

    async def import_payments(
        self,
        content: Content,
        *,
        import_id: str,
        first_batch_no: int = 0,
        total_row_count: int = 0,
        timeout_seconds: float | None = None,
    ) -> ImportPaymentsResponse:
        """Records the payments of an Arrow IPC stream, batch after batch, each batch in a transaction of its
        own. Columns: merchant_id, merchant_order_no, channel, channel_txn_no, currency_code: utf8;
        amount_minor: int64; pay_time: timestamp with a time zone; bill_no, payer_name: utf8 and may be left
        out. The rules of a row are those of RecordPayment. A row that is refused never stops another; a batch
        that cannot be read ends the call, and the batches before it are in. Over HTTP the body is the stream
        and the header's fields are query parameters. Idempotent by (import_id, batch) and by (merchant_id,
        merchant_order_no). After a cut: GetImport tells next_batch_no; send the stream's schema and its
        batches from there on. Batches that are in are only compared.

        content: the bytes, a file's path, or a binary file that is open; read as it is sent.
        import_id: Chosen by the importer and repeated whenever it goes on.
        first_batch_no: The number of the first batch of this stream; at most the import's next_batch_no.
        total_row_count: Rows of the whole import, to tell progress; 0 when not known.
        """
        return await self._transport.upload(
            _IMPORT_PAYMENTS,
            content,
            {"import_id": import_id, "first_batch_no": first_batch_no, "total_row_count": total_row_count},
            "",
            timeout_seconds,
        )

    async def list_import_refusals(
        self, import_id: str, *, page_size: int = 0, page_token: str = "", timeout_seconds: float | None = None
    ) -> ListImportRefusalsResponse:
        """Lists the rows that were refused, in the order of the import, by page.

        import_id: The importer's.
        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        """
        return await self._transport.send(
            _LIST_IMPORT_REFUSALS,
            {"import_id": import_id, "page_size": page_size, "page_token": page_token},
            "",
            timeout_seconds,
        )

    async def list_all_import_refusals(
        self, import_id: str, *, page_size: int = 0, timeout_seconds: float | None = None
    ) -> AsyncIterator[ImportRefusal]:
        """What all pages of `list_import_refusals` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        import_id: The importer's.
        page_size: How many at most; 0 means 50, the most is 1,000.
        """
        async for page in async_pages(
            lambda token: self.list_import_refusals(
                import_id=import_id, page_size=page_size, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            for one in page.refusals:
                yield one
