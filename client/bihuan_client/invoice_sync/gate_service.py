"""Gate service: its messages and its calls.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bihuan_client.calls import Operation
from bihuan_client.paging import async_pages, pages
from bihuan_client.transport import AsyncCalls, Calls

from .gate import Gate, Hold, Probe


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftHoldResponse:
    """Done."""

    lifted: bool = False
    """True when it was still in force."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListGatesResponse:
    """Every gate."""

    gates: Sequence[Gate] = ()
    """In order of route."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListProbesResponse:
    """A page of probes."""

    probes: Sequence[Probe] = ()
    """Newest first."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeInterfaceResponse:
    """What the interfaces answered."""

    probes: Sequence[Probe] = ()
    """One for each route."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetHoldResponse:
    """The hold."""

    hold: Hold | None = None
    """As it stands."""


_LIFT_HOLD = Operation(
    name="lift_hold",
    verb="POST",
    template="/v1/holds/{hold_id}:lift",
    body="*",
    answer=LiftHoldResponse,
    variables=("hold_id",),
    mutates=True,
)
_LIST_GATES = Operation(name="list_gates", verb="GET", template="/v1/gates", body="", answer=ListGatesResponse)
_LIST_PROBES = Operation(name="list_probes", verb="GET", template="/v1/probes", body="", answer=ListProbesResponse)
_PROBE_INTERFACE = Operation(
    name="probe_interface",
    verb="POST",
    template="/v1/probes",
    body="*",
    answer=ProbeInterfaceResponse,
    is_repeatable=False,
    mutates=True,
)
_SET_HOLD = Operation(
    name="set_hold", verb="POST", template="/v1/holds", body="*", answer=SetHoldResponse, takes_key=True, mutates=True
)


class GateService(Calls):
    """Tells whether the ways to the authorities are open, and opens and closes them. Blocking."""

    def lift_hold(self, hold_id: str, *, timeout_seconds: float | None = None) -> LiftHoldResponse:
        """Lifts a hold. Idempotent; NOT_FOUND when there never was one of that id.

        hold_id: The hold.
        """
        return self._transport.send(_LIFT_HOLD, {"hold_id": hold_id}, "", timeout_seconds)

    def list_gates(self, *, timeout_seconds: float | None = None) -> ListGatesResponse:
        """Lists every route with what waits and what holds it; at most 1,000."""
        return self._transport.send(_LIST_GATES, {}, "", timeout_seconds)

    def list_probes(
        self, *, page_size: int = 0, page_token: str = "", route: str = "", timeout_seconds: float | None = None
    ) -> ListProbesResponse:
        """Lists probes, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        route: Only of this route.
        """
        return self._transport.send(
            _LIST_PROBES, {"page_size": page_size, "page_token": page_token, "route": route}, "", timeout_seconds
        )

    def list_all_probes(
        self, *, page_size: int = 0, route: str = "", timeout_seconds: float | None = None
    ) -> Iterator[Probe]:
        """What all pages of `list_probes` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        route: Only of this route.
        """
        for page in pages(
            lambda token: self.list_probes(
                page_size=page_size, route=route, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            yield from page.probes

    def probe_interface(self, *, route: str = "", timeout_seconds: float | None = None) -> ProbeInterfaceResponse:
        """Asks each interface whether it is up, now, and keeps the answers. Not idempotent: each call is a probe
        of its own.

        route: Only of this route; empty means every one.
        """
        return self._transport.send(_PROBE_INTERFACE, {"route": route}, "", timeout_seconds)

    def set_hold(
        self,
        *,
        route: str,
        seller_tax_id: str = "",
        reason: str,
        end_time: datetime | None = None,
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> SetHoldResponse:
        """Closes a route, for all or for one seller. Idempotent by request_id.

        route: The route, as ListGates tells it.
        seller_tax_id: Only for this seller; empty means all.
        reason: Why.
        end_time: Until when at most; unset when it has to be lifted.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _SET_HOLD,
            {"route": route, "seller_tax_id": seller_tax_id, "reason": reason, "end_time": end_time},
            idempotency_key,
            timeout_seconds,
        )


class AsyncGateService(AsyncCalls):
    """Tells whether the ways to the authorities are open, and opens and closes them. For asyncio."""

    async def lift_hold(self, hold_id: str, *, timeout_seconds: float | None = None) -> LiftHoldResponse:
        """Lifts a hold. Idempotent; NOT_FOUND when there never was one of that id.

        hold_id: The hold.
        """
        return await self._transport.send(_LIFT_HOLD, {"hold_id": hold_id}, "", timeout_seconds)

    async def list_gates(self, *, timeout_seconds: float | None = None) -> ListGatesResponse:
        """Lists every route with what waits and what holds it; at most 1,000."""
        return await self._transport.send(_LIST_GATES, {}, "", timeout_seconds)

    async def list_probes(
        self, *, page_size: int = 0, page_token: str = "", route: str = "", timeout_seconds: float | None = None
    ) -> ListProbesResponse:
        """Lists probes, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        route: Only of this route.
        """
        return await self._transport.send(
            _LIST_PROBES, {"page_size": page_size, "page_token": page_token, "route": route}, "", timeout_seconds
        )

    async def list_all_probes(
        self, *, page_size: int = 0, route: str = "", timeout_seconds: float | None = None
    ) -> AsyncIterator[Probe]:
        """What all pages of `list_probes` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        route: Only of this route.
        """
        async for page in async_pages(
            lambda token: self.list_probes(
                page_size=page_size, route=route, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            for one in page.probes:
                yield one

    async def probe_interface(self, *, route: str = "", timeout_seconds: float | None = None) -> ProbeInterfaceResponse:
        """Asks each interface whether it is up, now, and keeps the answers. Not idempotent: each call is a probe
        of its own.

        route: Only of this route; empty means every one.
        """
        return await self._transport.send(_PROBE_INTERFACE, {"route": route}, "", timeout_seconds)

    async def set_hold(
        self,
        *,
        route: str,
        seller_tax_id: str = "",
        reason: str,
        end_time: datetime | None = None,
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> SetHoldResponse:
        """Closes a route, for all or for one seller. Idempotent by request_id.

        route: The route, as ListGates tells it.
        seller_tax_id: Only for this seller; empty means all.
        reason: Why.
        end_time: Until when at most; unset when it has to be lifted.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _SET_HOLD,
            {"route": route, "seller_tax_id": seller_tax_id, "reason": reason, "end_time": end_time},
            idempotency_key,
            timeout_seconds,
        )
