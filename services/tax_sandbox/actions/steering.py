"""The second witness and the hand on the faults, for tests and demonstrations. No part of the protocol."""

from dataclasses import dataclass

from chassis.database import Sessions
from services.tax_sandbox.domain.acceptance import Record
from services.tax_sandbox.domain.fault import FaultPlan
from services.tax_sandbox.store import BookCounts, Store


@dataclass(frozen=True, slots=True)
class Counts:
    """How many submits came, by what was made of them; how often each fault struck; how far the accepted have come."""

    submits: dict[str, int]
    faults: dict[str, int]
    book: BookCounts


class SteeringActions:
    """Looks at everything and plans what shall go wrong."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def plan_fault(self, plan: FaultPlan) -> FaultPlan:
        """Keep a fault to come; returns it with its id."""
        async with self._sessions.begin() as session:
            return await Store(session).plan(plan)

    async def planned_faults(self) -> list[FaultPlan]:
        """Every fault that was asked for, with how often it struck."""
        async with self._sessions() as session:
            return await Store(session).plans()

    async def clear_faults(self) -> int:
        """Take every fault back; what they have done stays done. Returns how many there were."""
        async with self._sessions.begin() as session:
            return await Store(session).clear_plans()

    async def page_of_book(self, after: str, limit: int) -> list[tuple[Record, int]]:
        """Everything accepted, booked or not, by number above `after`, with how often each key was submitted."""
        async with self._sessions() as session:
            return await Store(session).page(after, limit)

    async def counts(self) -> Counts:
        """How much came, was accepted, was booked, and will not be booked."""
        async with self._sessions() as session:
            store = Store(session)
            return Counts(await store.count_submits(), await store.count_strikes(), await store.count_book())

    async def ping(self) -> None:
        """Return when the database answers; raises what its driver raises when it does not."""
        async with self._sessions() as session:
            await Store(session).ping()
