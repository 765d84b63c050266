"""What an admin can do about suspensions and limits: one method, one transaction, one span of its name."""

from chassis import telemetry
from chassis.clock import Clock
from chassis.database import Sessions
from chassis.errors import Kind, plain_fault
from services.gateway.domain.rate import MethodClass
from services.gateway.rates import RateLimits
from services.gateway.store import brakes as store
from services.gateway.store.brakes import KeptSuspension, RateOverride
from services.gateway.suspension import Suspensions


class SecurityActions:
    """Lists and lifts suspensions, lists and sets limits. What is set counts at this gateway at once."""

    def __init__(self, sessions: Sessions, clock: Clock, suspensions: Suspensions, rates: RateLimits) -> None:
        self._sessions = sessions
        self._clock = clock
        self._suspensions = suspensions
        self._rates = rates

    @telemetry.traced
    async def list_security_alerts(self, before_id: str, limit: int, *, suspended_only: bool) -> list[KeptSuspension]:
        """Suspensions, newest first, from before one on."""
        async with self._sessions.begin() as session:
            now = self._clock.now() if suspended_only else None
            return await store.suspensions_page(session, now, before_id, limit)

    @telemetry.traced
    async def lift_suspension(self, suspension_id: str, lifted_by: str, reason: str) -> KeptSuspension:
        """End a suspension; one that was lifted stays as it is. Raises NOT_FOUND."""
        async with self._sessions.begin() as session:
            kept = await store.lift(session, suspension_id, self._clock.now(), lifted_by, reason)
        if kept is None:
            raise plain_fault(Kind.NOT_FOUND)
        self._suspensions.lift(kept)
        return kept

    @telemetry.traced
    async def list_rate_limits(self) -> list[RateOverride]:
        """The limits that were set for keys and tenants."""
        async with self._sessions.begin() as session:
            return await store.overrides(session)

    @telemetry.traced
    async def set_rate_limit(
        self, subject: str, method_class: MethodClass, calls_per_second: int, set_by: str
    ) -> RateOverride | None:
        """Set a limit; None when that of the settings holds again, which 0 calls a second ask for."""
        limit = RateOverride(
            subject=subject,
            method_class=method_class.value,
            per_second=float(calls_per_second),
            set_by=set_by,
            set_time=self._clock.now(),
        )
        async with self._sessions.begin() as session:
            if calls_per_second:
                await store.set_override(session, limit)
            else:
                await store.clear_override(session, subject, method_class.value)
        await self._rates.turn()
        return limit if calls_per_second else None
