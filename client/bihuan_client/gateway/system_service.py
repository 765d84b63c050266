"""System service: its messages and its calls.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bihuan_client.calls import Operation
from bihuan_client.transport import AsyncCalls, Calls


@dataclass(frozen=True, slots=True, kw_only=True)
class GetSystemResponse:
    """How the system is."""

    version: str = ""
    """The version of the gateway."""

    services: Sequence[ServiceHealth] = ()
    """Each service that stands behind the gateway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceHealth:
    """How one service is."""

    service: str = ""
    """Its name: payments, reconciler, invoice_sync."""

    serving: bool = False
    """Whether it answers and is ready for calls."""


_GET_SYSTEM = Operation(name="get_system", verb="GET", template="/v1/system", body="", answer=GetSystemResponse)


class SystemService(Calls):
    """Tells how the system is. Blocking."""

    def get_system(self, *, timeout_seconds: float | None = None) -> GetSystemResponse:
        """Asks each service for its health and answers with all of them. Always safe to repeat."""
        return self._transport.send(_GET_SYSTEM, {}, "", timeout_seconds)


class AsyncSystemService(AsyncCalls):
    """Tells how the system is. For asyncio."""

    async def get_system(self, *, timeout_seconds: float | None = None) -> GetSystemResponse:
        """Asks each service for its health and answers with all of them. Always safe to repeat."""
        return await self._transport.send(_GET_SYSTEM, {}, "", timeout_seconds)
