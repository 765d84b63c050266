"""Which faults fall on an occasion; each that does is counted in the same transaction."""

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from services.channel_sandbox.domain.fault import FaultPlan, Occasion, Phase, candidates
from services.channel_sandbox.store.steered import SteeredStore


async def strike(session: AsyncSession, occasion: Occasion, *phases: Phase) -> Mapping[Phase, FaultPlan]:
    """The first fault of each of these phases that falls on this and is not spent."""
    store = SteeredStore(session)
    plans = await store.plans_for(occasion)
    struck: dict[Phase, FaultPlan] = {}
    for phase in phases:
        for plan in candidates(plans, phase, occasion):
            if await store.count_strike(plan.fault_id):
                struck[phase] = plan
                break
    return struck
