"""Statement service: its messages and its calls.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bihuan_client.calls import Operation
from bihuan_client.content import Content
from bihuan_client.paging import async_pages, pages
from bihuan_client.transport import AsyncCalls, Calls

from .statement import Statement, StatementLine, StatementReport


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckStatementResponse:
    """What the check found."""

    report: StatementReport | None = None
    """What the file says, and what is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetStatementResponse:
    """One statement."""

    statement: Statement | None = None
    """The statement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetUploadResponse:
    """How far an upload is."""

    received_bytes: int = 0
    """The bytes that are kept of it: what resume_from_bytes has to say. 0 when it begins anew."""

    expire_time: datetime | None = None
    """Until when they are kept; unset when there are none."""

    statement_id: str = ""
    """The statement, once the upload has ended well; empty before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestStatementResponse:
    """The statement as loaded."""

    statement: Statement | None = None
    """The statement."""

    replayed: bool = False
    """True when this request had loaded it before and nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListStatementLinesResponse:
    """A page of lines."""

    lines: Sequence[StatementLine] = ()
    """In the order of the file."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListStatementsResponse:
    """A page of statements."""

    statements: Sequence[Statement] = ()
    """Newest first."""

    next_page_token: str = ""
    """Empty on the last page."""


_CHECK_STATEMENT = Operation(
    name="check_statement",
    verb="POST",
    template="/v1/statements:check",
    body="chunk",
    answer=CheckStatementResponse,
    is_upload=True,
)
_GET_STATEMENT = Operation(
    name="get_statement",
    verb="GET",
    template="/v1/statements/{statement_id}",
    body="",
    answer=GetStatementResponse,
    variables=("statement_id",),
)
_GET_UPLOAD = Operation(
    name="get_upload",
    verb="GET",
    template="/v1/statement-uploads/{request_id}",
    body="",
    answer=GetUploadResponse,
    variables=("request_id",),
)
_INGEST_STATEMENT = Operation(
    name="ingest_statement",
    verb="POST",
    template="/v1/statements:ingest",
    body="chunk",
    answer=IngestStatementResponse,
    takes_key=True,
    mutates=True,
    is_upload=True,
)
_LIST_STATEMENT_LINES = Operation(
    name="list_statement_lines",
    verb="GET",
    template="/v1/statements/{statement_id}/lines",
    body="",
    answer=ListStatementLinesResponse,
    variables=("statement_id",),
)
_LIST_STATEMENTS = Operation(
    name="list_statements", verb="GET", template="/v1/statements", body="", answer=ListStatementsResponse
)


class StatementService(Calls):
    """Takes in what channels and banks say. Blocking."""

    def check_statement(
        self,
        content: Content,
        *,
        file_name: str = "",
        channel: str = "",
        profile_id: str = "",
        account_no: str = "",
        timeout_seconds: float | None = None,
    ) -> CheckStatementResponse:
        """Reads a file as IngestStatement would and tells all that it finds; it stores nothing. Over HTTP the
        body is the file's raw bytes and the header's fields are query parameters.

        content: the bytes, a file's path, or a binary file that is open; read as it is sent.
        file_name: The file's name, for people; may be empty.
        channel: The channel; needed when the layout is of no one channel, and else empty or the one that the
          layout is of.
        profile_id: The profile that has to read it; empty to find the one that claims the file.
        account_no: The account; of a file that does not tell it, and else empty or the one that the file
          tells.
        """
        return self._transport.upload(
            _CHECK_STATEMENT,
            content,
            {"file_name": file_name, "channel": channel, "profile_id": profile_id, "account_no": account_no},
            "",
            timeout_seconds,
        )

    def get_statement(self, statement_id: str, *, timeout_seconds: float | None = None) -> GetStatementResponse:
        """Gets one statement.

        statement_id: Ours.
        """
        return self._transport.send(_GET_STATEMENT, {"statement_id": statement_id}, "", timeout_seconds)

    def get_upload(self, request_id: str, *, timeout_seconds: float | None = None) -> GetUploadResponse:
        """Tells how much has come of an upload that has not ended, so that it can go on from there.

        request_id: The request_id of its header.
        """
        return self._transport.send(_GET_UPLOAD, {"request_id": request_id}, "", timeout_seconds)

    def ingest_statement(
        self,
        content: Content,
        *,
        file_name: str = "",
        channel: str = "",
        profile_id: str = "",
        resume_from_bytes: int = 0,
        file_sha256: str = "",
        account_no: str = "",
        keep_equal_lines: bool = False,
        vouched_by: str = "",
        reason: str = "",
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> IngestStatementResponse:
        """Reads a file and loads it whole, or refuses it whole with the line and the reason. Over HTTP the body
        is the file's raw bytes and the header's fields are query parameters. Idempotent by request_id; the
        same bytes under another request_id are refused as DUPLICATE_FILE.

        content: the bytes, a file's path, or a binary file that is open; read as it is sent.
        file_name: The file's name, for people; may be empty.
        channel: The channel; needed when the layout is of no one channel, and else empty or the one that the
          layout is of.
        profile_id: The profile that has to read it; empty to find the one that claims the file.
        resume_from_bytes: How many of the file's bytes came before, as GetUpload tells; 0 to send the file
          from its beginning.
        file_sha256: The SHA-256 of the whole file in lower-case hex, which what came must have. Needed with
          resume_from_bytes, since parts of two files could else be taken for one; else it may be empty.
        account_no: The account; of a file that does not tell it, and else empty or the one that the file
          tells. Many banks' exports tell none, so that two cards without it are one account.
        keep_equal_lines: Whether a person vouches that lines which nothing tells from loaded ones, such as a
          second equal fee, are new: without a number or a balance they else make the file overlap. It is of
          all such lines of the file.
        vouched_by: Who vouches for it; needed with keep_equal_lines.
        reason: Why; needed with keep_equal_lines.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.upload(
            _INGEST_STATEMENT,
            content,
            {
                "file_name": file_name,
                "channel": channel,
                "profile_id": profile_id,
                "resume_from_bytes": resume_from_bytes,
                "file_sha256": file_sha256,
                "account_no": account_no,
                "keep_equal_lines": keep_equal_lines,
                "vouched_by": vouched_by,
                "reason": reason,
            },
            idempotency_key,
            timeout_seconds,
        )

    def list_statement_lines(
        self, statement_id: str, *, page_size: int = 0, page_token: str = "", timeout_seconds: float | None = None
    ) -> ListStatementLinesResponse:
        """Lists the lines of a statement in the order of the file, by page.

        statement_id: The statement.
        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        """
        return self._transport.send(
            _LIST_STATEMENT_LINES,
            {"statement_id": statement_id, "page_size": page_size, "page_token": page_token},
            "",
            timeout_seconds,
        )

    def list_all_statement_lines(
        self, statement_id: str, *, page_size: int = 0, timeout_seconds: float | None = None
    ) -> Iterator[StatementLine]:
        """What all pages of `list_statement_lines` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        statement_id: The statement.
        page_size: How many at most; 0 means 50, the most is 1,000.
        """
        for page in pages(
            lambda token: self.list_statement_lines(
                statement_id=statement_id, page_size=page_size, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            yield from page.lines

    def list_statements(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        channel: str = "",
        business_date: str = "",
        timeout_seconds: float | None = None,
    ) -> ListStatementsResponse:
        """Lists statements, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        channel: Only of this channel.
        business_date: Only those that cover this business day, YYYY-MM-DD.
        """
        return self._transport.send(
            _LIST_STATEMENTS,
            {"page_size": page_size, "page_token": page_token, "channel": channel, "business_date": business_date},
            "",
            timeout_seconds,
        )

    def list_all_statements(
        self, *, page_size: int = 0, channel: str = "", business_date: str = "", timeout_seconds: float | None = None
    ) -> Iterator[Statement]:
        """What all pages of `list_statements` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        channel: Only of this channel.
        business_date: Only those that cover this business day, YYYY-MM-DD.
        """
        for page in pages(
            lambda token: self.list_statements(
                page_size=page_size,
                channel=channel,
                business_date=business_date,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            yield from page.statements


class AsyncStatementService(AsyncCalls):
    """Takes in what channels and banks say. For asyncio."""

    async def check_statement(
        self,
        content: Content,
        *,
        file_name: str = "",
        channel: str = "",
        profile_id: str = "",
        account_no: str = "",
        timeout_seconds: float | None = None,
    ) -> CheckStatementResponse:
        """Reads a file as IngestStatement would and tells all that it finds; it stores nothing. Over HTTP the
        body is the file's raw bytes and the header's fields are query parameters.

        content: the bytes, a file's path, or a binary file that is open; read as it is sent.
        file_name: The file's name, for people; may be empty.
        channel: The channel; needed when the layout is of no one channel, and else empty or the one that the
          layout is of.
        profile_id: The profile that has to read it; empty to find the one that claims the file.
        account_no: The account; of a file that does not tell it, and else empty or the one that the file
          tells.
        """
        return await self._transport.upload(
            _CHECK_STATEMENT,
            content,
            {"file_name": file_name, "channel": channel, "profile_id": profile_id, "account_no": account_no},
            "",
            timeout_seconds,
        )

    async def get_statement(self, statement_id: str, *, timeout_seconds: float | None = None) -> GetStatementResponse:
        """Gets one statement.

        statement_id: Ours.
        """
        return await self._transport.send(_GET_STATEMENT, {"statement_id": statement_id}, "", timeout_seconds)

    async def get_upload(self, request_id: str, *, timeout_seconds: float | None = None) -> GetUploadResponse:
        """Tells how much has come of an upload that has not ended, so that it can go on from there.

        request_id: The request_id of its header.
        """
        return await self._transport.send(_GET_UPLOAD, {"request_id": request_id}, "", timeout_seconds)

    async def ingest_statement(
        self,
        content: Content,
        *,
        file_name: str = "",
        channel: str = "",
        profile_id: str = "",
        resume_from_bytes: int = 0,
        file_sha256: str = "",
        account_no: str = "",
        keep_equal_lines: bool = False,
        vouched_by: str = "",
        reason: str = "",
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> IngestStatementResponse:
        """Reads a file and loads it whole, or refuses it whole with the line and the reason. Over HTTP the body
        is the file's raw bytes and the header's fields are query parameters. Idempotent by request_id; the
        same bytes under another request_id are refused as DUPLICATE_FILE.

        content: the bytes, a file's path, or a binary file that is open; read as it is sent.
        file_name: The file's name, for people; may be empty.
        channel: The channel; needed when the layout is of no one channel, and else empty or the one that the
          layout is of.
        profile_id: The profile that has to read it; empty to find the one that claims the file.
        resume_from_bytes: How many of the file's bytes came before, as GetUpload tells; 0 to send the file
          from its beginning.
        file_sha256: The SHA-256 of the whole file in lower-case hex, which what came must have. Needed with
          resume_from_bytes, since parts of two files could else be taken for one; else it may be empty.
        account_no: The account; of a file that does not tell it, and else empty or the one that the file
          tells. Many banks' exports tell none, so that two cards without it are one account.
        keep_equal_lines: Whether a person vouches that lines which nothing tells from loaded ones, such as a
          second equal fee, are new: without a number or a balance they else make the file overlap. It is of
          all such lines of the file.
        vouched_by: Who vouches for it; needed with keep_equal_lines.
        reason: Why; needed with keep_equal_lines.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.upload(
            _INGEST_STATEMENT,
            content,
            {
                "file_name": file_name,
                "channel": channel,
                "profile_id": profile_id,
                "resume_from_bytes": resume_from_bytes,
                "file_sha256": file_sha256,
                "account_no": account_no,
                "keep_equal_lines": keep_equal_lines,
                "vouched_by": vouched_by,
                "reason": reason,
            },
            idempotency_key,
            timeout_seconds,
        )

    async def list_statement_lines(
        self, statement_id: str, *, page_size: int = 0, page_token: str = "", timeout_seconds: float | None = None
    ) -> ListStatementLinesResponse:
        """Lists the lines of a statement in the order of the file, by page.

        statement_id: The statement.
        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        """
        return await self._transport.send(
            _LIST_STATEMENT_LINES,
            {"statement_id": statement_id, "page_size": page_size, "page_token": page_token},
            "",
            timeout_seconds,
        )

    async def list_all_statement_lines(
        self, statement_id: str, *, page_size: int = 0, timeout_seconds: float | None = None
    ) -> AsyncIterator[StatementLine]:
        """What all pages of `list_statement_lines` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        statement_id: The statement.
        page_size: How many at most; 0 means 50, the most is 1,000.
        """
        async for page in async_pages(
            lambda token: self.list_statement_lines(
                statement_id=statement_id, page_size=page_size, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            for one in page.lines:
                yield one

    async def list_statements(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        channel: str = "",
        business_date: str = "",
        timeout_seconds: float | None = None,
    ) -> ListStatementsResponse:
        """Lists statements, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        channel: Only of this channel.
        business_date: Only those that cover this business day, YYYY-MM-DD.
        """
        return await self._transport.send(
            _LIST_STATEMENTS,
            {"page_size": page_size, "page_token": page_token, "channel": channel, "business_date": business_date},
            "",
            timeout_seconds,
        )

    async def list_all_statements(
        self, *, page_size: int = 0, channel: str = "", business_date: str = "", timeout_seconds: float | None = None
    ) -> AsyncIterator[Statement]:
        """What all pages of `list_statements` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        channel: Only of this channel.
        business_date: Only those that cover this business day, YYYY-MM-DD.
        """
        async for page in async_pages(
            lambda token: self.list_statements(
                page_size=page_size,
                channel=channel,
                business_date=business_date,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            for one in page.statements:
                yield one
