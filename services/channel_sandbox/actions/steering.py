"""The second witness, and the hand on the faults and the clock. No part of any protocol."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chassis.clock import Clock
from chassis.database import Sessions
from services.channel_sandbox.actions.clock import sandbox_now
from services.channel_sandbox.domain.callback import Callback
from services.channel_sandbox.domain.fault import FaultPlan
from services.channel_sandbox.domain.order import Channel, Order
from services.channel_sandbox.domain.refund import Refund
from services.channel_sandbox.store.callback import CallbackStore
from services.channel_sandbox.store.order import OrderStore
from services.channel_sandbox.store.refund import RefundStore
from services.channel_sandbox.store.steered import SteeredStore

_CALLBACKS_SHOWN_MAX = 1000


@dataclass(frozen=True, slots=True)
class BookEntry:
    """All that is known of an order: what came back of it, what the merchant was told and how often it asked."""

    order: Order
    refunds: list[Refund]
    callbacks: list[tuple[Callback, str]]
    calls: Mapping[str, int]


class SteeringActions:
    """Looks at everything and plans what shall go wrong."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions = sessions
        self._clock = clock

    async def plan_fault(self, plan: FaultPlan) -> FaultPlan:
        """Keep a fault to come; returns it with its id."""
        async with self._sessions.begin() as session:
            fault_id = await SteeredStore(session).plan(plan, await sandbox_now(session, self._clock))
        return replace(plan, fault_id=fault_id)

    async def planned_faults(self) -> list[FaultPlan]:
        """Every fault that was asked for, with how often it struck."""
        async with self._sessions() as session:
            return await SteeredStore(session).plans()

    async def clear_faults(self) -> int:
        """Take every fault back; what they have done stays done. Returns how many there were."""
        async with self._sessions.begin() as session:
            return await SteeredStore(session).clear_plans()

    async def page_of_book(self, channel: str, after: int, limit: int) -> tuple[list[Order], int]:
        """A page of all orders by id above `after`, and the id to go on after, 0 at the end."""
        async with self._sessions() as session:
            page = await OrderStore(session).page(channel, after, limit)
        return page, page[-1].order_id if len(page) == limit else 0

    async def entry(self, channel: Channel, merchant_order_no: str) -> BookEntry | None:
        """One order with all that belongs to it."""
        async with self._sessions() as session:
            order = await OrderStore(session).find(channel, merchant_order_no)
            if order is None:
                return None
            refunds = await RefundStore(session).of_orders([order.order_id])
            callbacks = await CallbackStore(session).page(order.order_id, 0, _CALLBACKS_SHOWN_MAX)
            calls = await SteeredStore(session).calls(channel, merchant_order_no)
            return BookEntry(order, refunds, callbacks, calls)

    async def now(self) -> datetime:
        """The sandbox's instant."""
        async with self._sessions() as session:
            return await sandbox_now(session, self._clock)

    async def clock(self) -> tuple[datetime, float]:
        """The sandbox's instant, and how far it is ahead of the machine's in seconds."""
        async with self._sessions() as session:
            offset_seconds = await SteeredStore(session).clock_offset_seconds()
        return self._clock.now() + timedelta(seconds=offset_seconds), offset_seconds

    async def move_clock(self, shift_seconds: float | None, offset_seconds: float) -> tuple[datetime, float]:
        """Move the clock on by a shift, or to an offset from the machine's. What fell due happens at the next turn."""
        async with self._sessions.begin() as session:
            store = SteeredStore(session)
            if shift_seconds is not None:
                offset_seconds = await store.clock_offset_seconds() + shift_seconds
            await store.set_clock(offset_seconds)
        return await self.clock()

    async def ping(self) -> None:
        """Return when the database answers; raises what its driver raises when it does not."""
        async with self._sessions() as session:
            await SteeredStore(session).ping()
