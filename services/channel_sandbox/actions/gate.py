"""What befalls a call on its way in and out: it is witnessed, and faults may strike it."""

from collections.abc import Mapping

from chassis.clock import Clock
from chassis.database import Sessions
from services.channel_sandbox.actions.clock import sandbox_now
from services.channel_sandbox.actions.striking import strike
from services.channel_sandbox.domain.fault import FaultPlan, Occasion, Phase, Subject
from services.channel_sandbox.domain.order import Channel
from services.channel_sandbox.store.steered import SteeredStore


class GateActions:
    """Every call whose signature held passes here before anything of it is done."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions = sessions
        self._clock = clock

    async def pass_gate(self, channel: Channel, subject: Subject, merchant_order_no: str) -> Mapping[Phase, FaultPlan]:
        """Witness a call; returns the faults that fall on it."""
        async with self._sessions.begin() as session:
            store = SteeredStore(session)
            count = await store.count_calls(channel, merchant_order_no, subject)
            occasion = Occasion(channel, merchant_order_no, subject, count)
            struck = await strike(session, occasion, Phase.DOOR, Phase.WAY, Phase.ANSWER)
            faults = " ".join(plan.fault for plan in struck.values())
            await store.log_call(occasion, await sandbox_now(session, self._clock), faults)
        return struck
