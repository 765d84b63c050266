"""The sandbox's clock: the machine's, moved by steering. Signatures alone go by the machine's own."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.clock import Clock
from services.channel_sandbox.store.steered import SteeredStore


async def sandbox_now(session: AsyncSession, clock: Clock) -> datetime:
    """The present instant at the channels, in UTC."""
    return clock.now() + timedelta(seconds=await SteeredStore(session).clock_offset_seconds())
