"""Faults that any call may meet, whatever it asks: they are counted in a transaction of their own."""

from collections.abc import Awaitable, Callable

from chassis.database import Sessions
from services.tax_sandbox.domain import reply
from services.tax_sandbox.domain.fault import FaultName, FaultPlan, Occasion, Phase
from services.tax_sandbox.domain.reply import Reply
from services.tax_sandbox.domain.seller import SellerStanding
from services.tax_sandbox.steered import Steered, Strikes
from services.tax_sandbox.store.steered import SteeredStore


class GateActions:
    """Stands before the actions that let no faults strike themselves."""

    def __init__(self, sessions: Sessions, steered: Steered) -> None:
        self._sessions = sessions
        self._steered = steered

    async def strike(self, phase: Phase, occasion: Occasion) -> FaultPlan | None:
        """The fault of a phase that falls on a call, counted as used."""
        strikes = Strikes()
        plan = self._steered.strike(strikes, phase, occasion)
        if strikes:
            try:
                async with self._sessions.begin() as session:
                    await SteeredStore(session).count_strikes(strikes)
            except BaseException:
                self._steered.give_back(strikes)
                raise
        return plan

    async def stopped(self, occasion: Occasion) -> Reply | None:
        """The answer to a call that a fault of the gate stops, if one does."""
        plan = await self.strike(Phase.GATE, occasion)
        return reply.stopped(plan, self._steered.now()) if plan else None

    async def queried(self, occasion: Occasion, said: Reply) -> Reply:
        """What a fault of queries makes of an answer from the book that has no single invoice."""
        return reply.on_its_way(said, await self.strike(Phase.QUERY, occasion))

    async def passed(self, occasion: Occasion, act: Callable[[], Awaitable[Reply]], *last: Phase) -> Reply:
        """What an action says, unless a fault at the door keeps the call from it; one of `last` or ANSWER may follow.

        The faults are those for the whole call; DUPLICATE is about a single document and passes.
        """
        ahead = self._steered.look(Phase.DOOR, occasion)
        if ahead and ahead.fault is not FaultName.DUPLICATE and (at_door := await self.strike(Phase.DOOR, occasion)):
            return reply.turned_away(at_door, 0, SellerStanding().quota(self._steered.now()))
        said = await act()
        for phase in (*last, Phase.ANSWER):
            if in_answer := await self.strike(phase, occasion):
                return reply.on_its_way(said, in_answer)
        return said

    def closed(self, occasion: Occasion) -> Reply | None:
        """The answer to a probe while an outage is on for everyone; looking does not use the fault up."""
        plan = self._steered.look(Phase.DOOR, occasion)
        if plan is None or plan.fault is not FaultName.OUTAGE:
            return None
        return reply.turned_away(plan, 0, SellerStanding().quota(self._steered.now()))
