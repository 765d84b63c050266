"""Audit service: its messages and its calls.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bihuan_client.calls import Operation
from bihuan_client.paging import async_pages, pages
from bihuan_client.transport import AsyncCalls, Calls

from .audit_record import AuditRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class ListAuditRecordsResponse:
    """A page of records."""

    records: Sequence[AuditRecord] = ()
    """Newest first."""

    next_page_token: str = ""
    """For the next page; empty at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyAuditResponse:
    """What the walk found."""

    intact: bool = False
    """Whether everything fits so far."""

    record_count: int = 0
    """How many records this walk went over."""

    next_link_no: int = 0
    """Where to go on; 0 at the end."""

    broken_link_no: int = 0
    """The first link that does not fit; 0 when all do."""

    broken_record_id: str = ""
    """The record at that link; empty when it is not known."""

    why: str = ""
    """What gives it away: GAP, REMOVED, CHANGED, BATCH, SIGNATURE, ANCHOR, TAIL, SEAL or UNLINKED; empty when
    all fits.
    """


_LIST_AUDIT_RECORDS = Operation(
    name="list_audit_records", verb="GET", template="/v1/auditRecords", body="", answer=ListAuditRecordsResponse
)
_VERIFY_AUDIT = Operation(
    name="verify_audit", verb="GET", template="/v1/auditRecords:verify", body="", answer=VerifyAuditResponse
)


class AuditService(Calls):
    """Shows what was done and by whom, and proves that nothing of it was changed. Blocking."""

    def list_audit_records(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        caller_id: str = "",
        method: str = "",
        resource_id: str = "",
        outcome: str = "",
        unmasked_only: bool = False,
        from_time: datetime | None = None,
        to_time: datetime | None = None,
        timeout_seconds: float | None = None,
    ) -> ListAuditRecordsResponse:
        """Lists records, newest first. Always safe to repeat.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        caller_id: Only of this caller.
        method: Only of this method, by its full name.
        resource_id: Only about this thing.
        outcome: Only with this outcome, such as PERMISSION_DENIED.
        unmasked_only: Only those that showed unmasked data.
        from_time: Came at or after this instant.
        to_time: Came before this instant.
        """
        return self._transport.send(
            _LIST_AUDIT_RECORDS,
            {
                "page_size": page_size,
                "page_token": page_token,
                "caller_id": caller_id,
                "method": method,
                "resource_id": resource_id,
                "outcome": outcome,
                "unmasked_only": unmasked_only,
                "from_time": from_time,
                "to_time": to_time,
            },
            "",
            timeout_seconds,
        )

    def list_all_audit_records(
        self,
        *,
        page_size: int = 0,
        caller_id: str = "",
        method: str = "",
        resource_id: str = "",
        outcome: str = "",
        unmasked_only: bool = False,
        from_time: datetime | None = None,
        to_time: datetime | None = None,
        timeout_seconds: float | None = None,
    ) -> Iterator[AuditRecord]:
        """What all pages of `list_audit_records` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        caller_id: Only of this caller.
        method: Only of this method, by its full name.
        resource_id: Only about this thing.
        outcome: Only with this outcome, such as PERMISSION_DENIED.
        unmasked_only: Only those that showed unmasked data.
        from_time: Came at or after this instant.
        to_time: Came before this instant.
        """
        for page in pages(
            lambda token: self.list_audit_records(
                page_size=page_size,
                caller_id=caller_id,
                method=method,
                resource_id=resource_id,
                outcome=outcome,
                unmasked_only=unmasked_only,
                from_time=from_time,
                to_time=to_time,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            yield from page.records

    def verify_audit(self, *, from_link_no: int = 0, timeout_seconds: float | None = None) -> VerifyAuditResponse:
        """Walks a part of the chain over the records, beside the heads and seals that the gateway keeps outside
        its database. Call again with next_link_no until it is 0. Always safe to repeat.

        from_link_no: The link to begin with; 0 means the first.
        """
        return self._transport.send(_VERIFY_AUDIT, {"from_link_no": from_link_no}, "", timeout_seconds)


class AsyncAuditService(AsyncCalls):
    """Shows what was done and by whom, and proves that nothing of it was changed. For asyncio."""

    async def list_audit_records(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        caller_id: str = "",
        method: str = "",
        resource_id: str = "",
        outcome: str = "",
        unmasked_only: bool = False,
        from_time: datetime | None = None,
        to_time: datetime | None = None,
        timeout_seconds: float | None = None,
    ) -> ListAuditRecordsResponse:
        """Lists records, newest first. Always safe to repeat.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        caller_id: Only of this caller.
        method: Only of this method, by its full name.
        resource_id: Only about this thing.
        outcome: Only with this outcome, such as PERMISSION_DENIED.
        unmasked_only: Only those that showed unmasked data.
        from_time: Came at or after this instant.
        to_time: Came before this instant.
        """
        return await self._transport.send(
            _LIST_AUDIT_RECORDS,
            {
                "page_size": page_size,
                "page_token": page_token,
                "caller_id": caller_id,
                "method": method,
                "resource_id": resource_id,
                "outcome": outcome,
                "unmasked_only": unmasked_only,
                "from_time": from_time,
                "to_time": to_time,
            },
            "",
            timeout_seconds,
        )

    async def list_all_audit_records(
        self,
        *,
        page_size: int = 0,
        caller_id: str = "",
        method: str = "",
        resource_id: str = "",
        outcome: str = "",
        unmasked_only: bool = False,
        from_time: datetime | None = None,
        to_time: datetime | None = None,
        timeout_seconds: float | None = None,
    ) -> AsyncIterator[AuditRecord]:
        """What all pages of `list_audit_records` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        caller_id: Only of this caller.
        method: Only of this method, by its full name.
        resource_id: Only about this thing.
        outcome: Only with this outcome, such as PERMISSION_DENIED.
        unmasked_only: Only those that showed unmasked data.
        from_time: Came at or after this instant.
        to_time: Came before this instant.
        """
        async for page in async_pages(
            lambda token: self.list_audit_records(
                page_size=page_size,
                caller_id=caller_id,
                method=method,
                resource_id=resource_id,
                outcome=outcome,
                unmasked_only=unmasked_only,
                from_time=from_time,
                to_time=to_time,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            for one in page.records:
                yield one

    async def verify_audit(self, *, from_link_no: int = 0, timeout_seconds: float | None = None) -> VerifyAuditResponse:
        """Walks a part of the chain over the records, beside the heads and seals that the gateway keeps outside
        its database. Call again with next_link_no until it is 0. Always safe to repeat.

        from_link_no: The link to begin with; 0 means the first.
        """
        return await self._transport.send(_VERIFY_AUDIT, {"from_link_no": from_link_no}, "", timeout_seconds)
