"""Link service: its messages and its calls.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from bihuan_client.calls import Operation
from bihuan_client.transport import AsyncCalls, Calls

# What a link is for.
LinkPurpose: TypeAlias = Literal[
    # Never sent.
    "LINK_PURPOSE_UNSPECIFIED",
    # The state and the expected time, with masked data alone.
    "LINK_PURPOSE_STATUS",
    # The same, and the files.
    "LINK_PURPOSE_DOWNLOAD",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateLinkResponse:
    """A link."""

    url: str = ""
    """The whole of it; whoever has it may open it."""

    expire_time: datetime | None = None
    """Until when."""


_CREATE_LINK = Operation(
    name="create_link",
    verb="POST",
    template="/v1/invoices/{invoice_id}/links",
    body="*",
    answer=CreateLinkResponse,
    variables=("invoice_id",),
    is_repeatable=False,
    mutates=True,
)


class LinkService(Calls):
    """Makes signed links for people without a login, and opens them. Blocking."""

    def create_link(
        self,
        invoice_id: str,
        *,
        purpose: LinkPurpose,
        valid_seconds: int = 0,
        reason: str,
        timeout_seconds: float | None = None,
    ) -> CreateLinkResponse:
        """Makes a link to an invoice. Each is another; none is kept, and none can be called back but by its key.
        LINKS_OFF where the settings name no public address or no key.

        invoice_id: The invoice.
        purpose: What it is for.
        valid_seconds: How long it opens, at most 400 days; 0 for as long as the settings say.
        reason: Why, in the asker's words.
        """
        return self._transport.send(
            _CREATE_LINK,
            {"invoice_id": invoice_id, "purpose": purpose, "valid_seconds": valid_seconds, "reason": reason},
            "",
            timeout_seconds,
        )


class AsyncLinkService(AsyncCalls):
    """Makes signed links for people without a login, and opens them. For asyncio."""

    async def create_link(
        self,
        invoice_id: str,
        *,
        purpose: LinkPurpose,
        valid_seconds: int = 0,
        reason: str,
        timeout_seconds: float | None = None,
    ) -> CreateLinkResponse:
        """Makes a link to an invoice. Each is another; none is kept, and none can be called back but by its key.
        LINKS_OFF where the settings name no public address or no key.

        invoice_id: The invoice.
        purpose: What it is for.
        valid_seconds: How long it opens, at most 400 days; 0 for as long as the settings say.
        reason: Why, in the asker's words.
        """
        return await self._transport.send(
            _CREATE_LINK,
            {"invoice_id": invoice_id, "purpose": purpose, "valid_seconds": valid_seconds, "reason": reason},
            "",
            timeout_seconds,
        )
