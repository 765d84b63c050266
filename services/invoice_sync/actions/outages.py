"""Keeps the outages that an authority announces, so that they are known when they are over. It asks nobody."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.ids import new_id
from services.invoice_sync.domain.hold import announced_outage
from services.invoice_sync.domain.route import Route
from services.invoice_sync.store import gates
from services.invoice_sync.tax import Outage


async def note_outage(session: AsyncSession, route: Route, outage: Outage, now: datetime) -> None:
    """Hold the route for the span that was announced; the same span is held once, however often it is told."""
    if not now < outage.end_time or not outage.start_time < outage.end_time:
        return
    hold = announced_outage(new_id("hld"), route, outage.start_time, outage.end_time, gates.ANNOUNCED)
    span = f"{outage.start_time.isoformat()}/{outage.end_time.isoformat()}"
    await gates.add_hold(session, hold, f"{gates.ANNOUNCED}/{route.key}/{span}")
