"""Split order service: its messages and its calls.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bihuan_client.basics import Money
from bihuan_client.calls import Operation
from bihuan_client.transport import AsyncCalls, Calls

from .split_order import SplitOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateSplitOrderResponse:
    """The order as it stands."""

    split_order: SplitOrder | None = None
    """The order."""

    replayed: bool = False
    """True when it had been told before and nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetSplitOrderResponse:
    """One order."""

    split_order: SplitOrder | None = None
    """The order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitOrderPartContent:
    """A part of an order."""

    merchant_order_no: str
    """The order number that the part's payment has or will have."""

    amount: Money
    """What it is to bring; above zero."""


_CREATE_SPLIT_ORDER = Operation(
    name="create_split_order",
    verb="POST",
    template="/v1/splitOrders",
    body="*",
    answer=CreateSplitOrderResponse,
    takes_key=True,
    mutates=True,
)
_GET_SPLIT_ORDER = Operation(
    name="get_split_order",
    verb="GET",
    template="/v1/merchants/{merchant_id}/splitOrders/{split_order_no}",
    body="",
    answer=GetSplitOrderResponse,
    variables=("merchant_id", "split_order_no"),
)


class SplitOrderService(Calls):
    """Keeps which payments are parts of one order, and tells how far the order is paid. It starts no payment.
    Blocking.
    """

    def create_split_order(
        self,
        *,
        merchant_id: str,
        split_order_no: str,
        total: Money,
        parts: Sequence[SplitOrderPartContent],
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> CreateSplitOrderResponse:
        """Tells of an order and its parts; payments of the parts may come before or after it. Idempotent by
        request_id and by (merchant_id, split_order_no). May be retried on UNAVAILABLE and after a deadline.
        BUSINESS_KEY_REUSED also when an order number is a part of another order already.

        merchant_id: The merchant that is paid.
        split_order_no: The merchant's number of the whole order.
        total: What the parts sum up to; above zero.
        parts: The parts, 2 to 100, each with an order number of its own, all in the currency of the total.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _CREATE_SPLIT_ORDER,
            {"merchant_id": merchant_id, "split_order_no": split_order_no, "total": total, "parts": parts},
            idempotency_key,
            timeout_seconds,
        )

    def get_split_order(
        self, merchant_id: str, split_order_no: str, *, timeout_seconds: float | None = None
    ) -> GetSplitOrderResponse:
        """Gets one order with its parts as their payments stand now. Reads its own writes.

        merchant_id: The merchant.
        split_order_no: The merchant's number of the whole order.
        """
        return self._transport.send(
            _GET_SPLIT_ORDER, {"merchant_id": merchant_id, "split_order_no": split_order_no}, "", timeout_seconds
        )


class AsyncSplitOrderService(AsyncCalls):
    """Keeps which payments are parts of one order, and tells how far the order is paid. It starts no payment.
    For asyncio.
    """

    async def create_split_order(
        self,
        *,
        merchant_id: str,
        split_order_no: str,
        total: Money,
        parts: Sequence[SplitOrderPartContent],
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> CreateSplitOrderResponse:
        """Tells of an order and its parts; payments of the parts may come before or after it. Idempotent by
        request_id and by (merchant_id, split_order_no). May be retried on UNAVAILABLE and after a deadline.
        BUSINESS_KEY_REUSED also when an order number is a part of another order already.

        merchant_id: The merchant that is paid.
        split_order_no: The merchant's number of the whole order.
        total: What the parts sum up to; above zero.
        parts: The parts, 2 to 100, each with an order number of its own, all in the currency of the total.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _CREATE_SPLIT_ORDER,
            {"merchant_id": merchant_id, "split_order_no": split_order_no, "total": total, "parts": parts},
            idempotency_key,
            timeout_seconds,
        )

    async def get_split_order(
        self, merchant_id: str, split_order_no: str, *, timeout_seconds: float | None = None
    ) -> GetSplitOrderResponse:
        """Gets one order with its parts as their payments stand now. Reads its own writes.

        merchant_id: The merchant.
        split_order_no: The merchant's number of the whole order.
        """
        return await self._transport.send(
            _GET_SPLIT_ORDER, {"merchant_id": merchant_id, "split_order_no": split_order_no}, "", timeout_seconds
        )
