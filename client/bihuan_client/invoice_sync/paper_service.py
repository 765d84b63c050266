"""Paper service: its messages and its calls.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bihuan_client.calls import Operation
from bihuan_client.transport import AsyncCalls, Calls

from .paper import ArchiveTotal, Paper


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPapersResponse:
    """The files of an invoice."""

    papers: Sequence[Paper] = ()
    """Empty until it is in the books."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SummarizeArchiveResponse:
    """How the archive is."""

    totals: Sequence[ArchiveTotal] = ()
    """By place, then state; what has none is left out."""


_LIST_PAPERS = Operation(
    name="list_papers",
    verb="GET",
    template="/v1/invoices/{invoice_id}/papers",
    body="",
    answer=ListPapersResponse,
    variables=("invoice_id",),
)
_SUMMARIZE_ARCHIVE = Operation(
    name="summarize_archive", verb="GET", template="/v1/archive", body="", answer=SummarizeArchiveResponse
)


class PaperService(Calls):
    """Tells of the files of invoices and of their copies in the archive, which are made and kept by themselves.
    Blocking.
    """

    def list_papers(self, invoice_id: str, *, timeout_seconds: float | None = None) -> ListPapersResponse:
        """Lists the files of an invoice, the newest version first, with their copies.

        invoice_id: The invoice.
        """
        return self._transport.send(_LIST_PAPERS, {"invoice_id": invoice_id}, "", timeout_seconds)

    def summarize_archive(self, *, timeout_seconds: float | None = None) -> SummarizeArchiveResponse:
        """Counts the copies in each place of the archive by state, with when the oldest of them was last read
        whole.
        """
        return self._transport.send(_SUMMARIZE_ARCHIVE, {}, "", timeout_seconds)


class AsyncPaperService(AsyncCalls):
    """Tells of the files of invoices and of their copies in the archive, which are made and kept by themselves.
    For asyncio.
    """

    async def list_papers(self, invoice_id: str, *, timeout_seconds: float | None = None) -> ListPapersResponse:
        """Lists the files of an invoice, the newest version first, with their copies.

        invoice_id: The invoice.
        """
        return await self._transport.send(_LIST_PAPERS, {"invoice_id": invoice_id}, "", timeout_seconds)

    async def summarize_archive(self, *, timeout_seconds: float | None = None) -> SummarizeArchiveResponse:
        """Counts the copies in each place of the archive by state, with when the oldest of them was last read
        whole.
        """
        return await self._transport.send(_SUMMARIZE_ARCHIVE, {}, "", timeout_seconds)
