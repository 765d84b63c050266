"""The SQL of what steering sets: faults, credentials, the clock, announcements."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from services.tax_sandbox.domain.fault import FaultName, FaultPlan
from services.tax_sandbox.tables import AnnouncementRow, ClockRow, CredentialRow, FaultPlanRow

_THE_CLOCK = 1


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential by its SHA-256; without `expires_at` it holds for ever."""

    sha256: str
    expires_at: datetime | None
    added_at: datetime


@dataclass(frozen=True, slots=True)
class Announcement:
    """A planned outage; no place means everywhere."""

    place: str
    begins_at: datetime
    ends_at: datetime
    words: str
    announcement_id: int = 0


class SteeredStore:
    """Small tables that are read whole."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def plan(self, plan: FaultPlan, now: datetime) -> int:
        """Keep a fault that was asked for; returns its id."""
        added = await self._session.execute(
            insert(FaultPlanRow)
            .values(
                fault=plan.fault,
                times=plan.times,
                place=plan.place,
                idempotency_key=plan.key,
                order_no=plan.order_no,
                seller_tax_id=plan.seller_tax_id,
                rate_ppm=plan.rate_ppm,
                seed=plan.seed,
                seconds=plan.seconds,
                code=plan.code,
                planned_at=now,
                struck_count=0,
                active=True,
            )
            .returning(FaultPlanRow.fault_id)
        )
        return int(added.scalar_one())

    async def plans(self) -> list[FaultPlan]:
        """Every fault that was asked for and not taken back, the oldest first, spent ones too."""
        rows = await self._session.scalars(
            select(FaultPlanRow).where(FaultPlanRow.active).order_by(FaultPlanRow.fault_id)
        )
        return [_plan(row) for row in rows]

    async def count_strikes(self, counts: Mapping[int, int]) -> None:
        """Add to how often each plan struck, always in the order of their ids so that two at once do no harm."""
        for fault_id, count in sorted(counts.items()):
            await self._session.execute(
                update(FaultPlanRow)
                .where(FaultPlanRow.fault_id == fault_id)
                .values(struck_count=FaultPlanRow.struck_count + count)
            )

    async def clear_plans(self) -> int:
        """Take every fault back; returns how many there were."""
        cleared = await self._session.execute(
            update(FaultPlanRow).where(FaultPlanRow.active).values(active=False).returning(FaultPlanRow.fault_id)
        )
        return len(cleared.all())

    async def add_credential(self, credential: Credential) -> None:
        """Keep a credential as the newest; one that was there before gets its new end and becomes the newest."""
        await self._session.execute(delete(CredentialRow).where(CredentialRow.credential_sha256 == credential.sha256))
        await self._session.execute(
            insert(CredentialRow).values(
                credential_sha256=credential.sha256, expires_at=credential.expires_at, added_at=credential.added_at
            )
        )

    async def credentials(self) -> list[Credential]:
        """All of them, the newest last."""
        rows = await self._session.scalars(select(CredentialRow).order_by(CredentialRow.credential_id))
        return [Credential(row.credential_sha256, row.expires_at, row.added_at) for row in rows]

    async def clock_offset_seconds(self) -> float:
        """How far the sandbox's clock is ahead of the machine's."""
        return (await self._session.scalars(select(ClockRow.offset_seconds))).one_or_none() or 0.0

    async def set_clock(self, offset_seconds: float) -> None:
        """Move the clock."""
        fresh = upsert(ClockRow).values(clock_id=_THE_CLOCK, offset_seconds=offset_seconds)
        await self._session.execute(
            fresh.on_conflict_do_update(index_elements=["clock_id"], set_={"offset_seconds": offset_seconds})
        )

    async def announce(self, announcement: Announcement) -> None:
        """Keep an announcement."""
        await self._session.execute(
            insert(AnnouncementRow).values(
                place=announcement.place,
                begins_at=announcement.begins_at,
                ends_at=announcement.ends_at,
                words=announcement.words,
            )
        )

    async def announcements(self) -> list[Announcement]:
        """All of them, the earliest first."""
        rows = await self._session.scalars(
            select(AnnouncementRow).order_by(AnnouncementRow.begins_at, AnnouncementRow.announcement_id)
        )
        return [Announcement(row.place, row.begins_at, row.ends_at, row.words, row.announcement_id) for row in rows]


def _plan(row: FaultPlanRow) -> FaultPlan:
    return FaultPlan(
        fault=FaultName(row.fault),
        times=row.times,
        place=row.place,
        key=row.idempotency_key,
        order_no=row.order_no,
        seller_tax_id=row.seller_tax_id,
        rate_ppm=row.rate_ppm,
        seed=row.seed,
        seconds=row.seconds,
        code=row.code,
        fault_id=row.fault_id,
        struck_count=row.struck_count,
        planned_at=row.planned_at,
    )
