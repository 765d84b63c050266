"""What a statement of a day holds, read from the book."""

from datetime import date

from chassis.clock import Clock
from chassis.database import Sessions
from services.channel_sandbox.actions.clock import sandbox_now
from services.channel_sandbox.domain.order import Channel
from services.channel_sandbox.domain.refund import RefundState
from services.channel_sandbox.domain.statement import StatementDay, bounds_of, day_of
from services.channel_sandbox.store.order import OrderStore
from services.channel_sandbox.store.refund import RefundStore


class StatementActions:
    """Reads days; it keeps no file."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions = sessions
        self._clock = clock

    async def of_day(self, channel: Channel, day: date) -> StatementDay:
        """What moved on a day, as far as it has; today's is not complete."""
        start, end = bounds_of(day)
        async with self._sessions() as session:
            now = await sandbox_now(session, self._clock)
            paid = await OrderStore(session).paid_between(channel, start, end)
            accepted = await RefundStore(session).accepted_between(channel, start, end)
        refunded = [(order, refund) for order, refund in accepted if refund.state is RefundState.SUCCEEDED]
        return StatementDay(day, paid, refunded, now)

    async def of_past_day(self, channel: Channel, day: date) -> StatementDay | None:
        """A day that is over and on which something moved; None for any other."""
        found = await self.of_day(channel, day)
        return found if day < day_of(found.made_at) and not found.is_empty else None
