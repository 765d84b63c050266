"""Arrival service: its messages and its calls.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from dataclasses import dataclass

from bihuan_client.calls import Operation
from bihuan_client.transport import AsyncCalls, Calls

from .arrival import ArrivalMatch


@dataclass(frozen=True, slots=True, kw_only=True)
class GetArrivalMatchResponse:
    """What is known of it."""

    arrival_match: ArrivalMatch | None = None
    """What stands."""


_GET_ARRIVAL_MATCH = Operation(
    name="get_arrival_match",
    verb="GET",
    template="/v1/payments/{payment_id}/arrivalMatch",
    body="",
    answer=GetArrivalMatchResponse,
    variables=("payment_id",),
)


class ArrivalService(Calls):
    """Tells what is known of a payment as rows come, before its day is closed. Blocking."""

    def get_arrival_match(self, payment_id: str, *, timeout_seconds: float | None = None) -> GetArrivalMatchResponse:
        """Gets what is known of one payment or refund. One that never came is open as one is that has no pair.

        payment_id: Ours.
        """
        return self._transport.send(_GET_ARRIVAL_MATCH, {"payment_id": payment_id}, "", timeout_seconds)


class AsyncArrivalService(AsyncCalls):
    """Tells what is known of a payment as rows come, before its day is closed. For asyncio."""

    async def get_arrival_match(
        self, payment_id: str, *, timeout_seconds: float | None = None
    ) -> GetArrivalMatchResponse:
        """Gets what is known of one payment or refund. One that never came is open as one is that has no pair.

        payment_id: Ours.
        """
        return await self._transport.send(_GET_ARRIVAL_MATCH, {"payment_id": payment_id}, "", timeout_seconds)
