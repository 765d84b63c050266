"""The second witness, and the hand on the faults and the clock. No part of the protocol."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from chassis.database import Sessions
from services.tax_sandbox.domain.acceptance import Record
from services.tax_sandbox.domain.fault import FaultPlan
from services.tax_sandbox.domain.place import Place
from services.tax_sandbox.domain.standing import status_of
from services.tax_sandbox.steered import Steered
from services.tax_sandbox.store.book_view import BookCounts, BookViewStore
from services.tax_sandbox.store.seller import SellerStore
from services.tax_sandbox.store.steered import Announcement, Credential, SteeredStore


@dataclass(frozen=True, slots=True)
class Counts:
    """How many submits came, by what was made of them; how often each fault struck; how far each place has come."""

    submits: dict[str, int]
    faults: dict[str, int]
    places: dict[str, BookCounts]

    def book(self) -> BookCounts:
        """All places together."""
        every = self.places.values()
        return BookCounts(
            sum(one.accepted for one in every), sum(one.booked for one in every), sum(one.not_due for one in every)
        )


@dataclass(frozen=True, slots=True)
class BookEntry:
    """A row of the second witness. `status` is ACCEPTED or SWALLOWED before it is booked, or as the protocol has it."""

    record: Record
    submit_count: int
    status: str


class SteeringActions:
    """Looks at everything and plans what shall go wrong."""

    def __init__(self, sessions: Sessions, steered: Steered) -> None:
        self._sessions = sessions
        self._steered = steered

    async def plan_fault(self, plan: FaultPlan) -> FaultPlan:
        """Keep a fault to come; returns it with its id."""
        await self._steered.ready()
        now = self._steered.now()
        async with self._sessions.begin() as session:
            fault_id = await SteeredStore(session).plan(plan, now)
        planned = replace(plan, fault_id=fault_id, planned_at=now)
        self._steered.add_plan(planned)
        return planned

    async def planned_faults(self) -> Collection[FaultPlan]:
        """Every fault that was asked for, with how often it struck."""
        await self._steered.ready()
        return self._steered.plans()

    async def clear_faults(self) -> int:
        """Take every fault back; what they have done stays done. Returns how many there were."""
        async with self._sessions.begin() as session:
            cleared = await SteeredStore(session).clear_plans()
        self._steered.clear_plans()
        return cleared

    async def page_of_book(
        self, after: str, limit: int, place: str, seller_tax_id: str, status: str
    ) -> tuple[list[BookEntry], str]:
        """A page of everything accepted, booked or not, by number above `after`, and the number to go on after.

        With a `status` a page may be shorter than `limit` and there may yet be more.
        """
        await self._steered.ready()
        async with self._sessions() as session:
            page = await BookViewStore(session).page(after, limit, place, seller_tax_id)
        entries = [BookEntry(record, count, self._status(record)) for record, count in page]
        more = page[-1][0].acceptance.invoice_number if len(page) == limit else ""
        return [entry for entry in entries if not status or entry.status == status], more

    async def counts(self) -> Counts:
        """How much came, was accepted, was booked, and will not be booked."""
        async with self._sessions() as session:
            store = BookViewStore(session)
            return Counts(await store.count_submits(), await store.count_strikes(), await store.count_book())

    async def add_credential(self, sha256: str, expires_at: datetime | None) -> Credential:
        """Keep a credential as the newest; from the first one on the protocol asks for one."""
        await self._steered.ready()
        credential = Credential(sha256, expires_at, self._steered.now())
        async with self._sessions.begin() as session:
            store = SteeredStore(session)
            await store.add_credential(credential)
            credentials = await store.credentials()
        self._steered.set_credentials(credentials)
        return credential

    async def credentials(self) -> list[Credential]:
        """All of them, the newest last."""
        async with self._sessions() as session:
            return await SteeredStore(session).credentials()

    async def clock(self) -> tuple[datetime, float]:
        """The sandbox's instant, and how far it is ahead of the machine's in seconds."""
        await self._steered.ready()
        async with self._sessions() as session:
            return self._steered.now(), await SteeredStore(session).clock_offset_seconds()

    async def move_clock(self, *, shift_seconds: float | None, offset_seconds: float) -> tuple[datetime, float]:
        """Move the clock on by a shift, or to an offset from the machine's. What fell due happens at the next turn."""
        async with self._sessions.begin() as session:
            store = SteeredStore(session)
            if shift_seconds is not None:
                offset_seconds = await store.clock_offset_seconds() + shift_seconds
            await store.set_clock(offset_seconds)
        self._steered.set_offset(offset_seconds)
        return await self.clock()

    async def announce(self, announcement: Announcement) -> None:
        """Let the authority tell of a planned outage."""
        async with self._sessions.begin() as session:
            await SteeredStore(session).announce(announcement)

    async def set_quota(self, place: Place, seller_tax_id: str, limit_minor: int | None) -> None:
        """Limit what a seller may issue in a month in a place, or take the limit away."""
        async with self._sessions.begin() as session:
            await SellerStore(session).set_limit(place, seller_tax_id, limit_minor)

    async def suspend_seller(self, place: Place, seller_tax_id: str, *, suspended: bool) -> bool:
        """Take a seller's permission or give it back; false when it is not registered there."""
        async with self._sessions.begin() as session:
            return await SellerStore(session).suspend(place, seller_tax_id, suspended=suspended)

    async def ping(self) -> None:
        """Return when the database answers; raises what its driver raises when it does not."""
        async with self._sessions() as session:
            await BookViewStore(session).ping()

    def _status(self, record: Record) -> str:
        if record.booking is None and record.acceptance.seal_failed_at is None:
            return "SWALLOWED" if record.is_swallowed() else "ACCEPTED"
        return status_of(record, self._steered.now(), 0)
