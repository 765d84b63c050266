"""The statements about limits that gateways keep together, and about suspensions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from services.gateway.tables.brakes import RateBucketRow, RateOverrideRow, SuspensionRow

_OVERRIDES_MAX = 10_000
_SUSPENSIONS_MAX = 10_000
# The database's clock fills the buckets, so that gateways need not agree on the time. What is asked for stands in the
# column that tells what was granted: only columns of the table can be read of a row that was there before.
_LEASE = text(
    """
    INSERT INTO rate_bucket AS held (subject, method_class, per_second, tokens, granted, refresh_time)
    SELECT subject, method_class, per_second,
        per_second_at_least_1 - least(want, floor(per_second_at_least_1)),
        least(want, floor(per_second_at_least_1)), clock_timestamp()
    FROM unnest(:subjects ::text[], :classes ::text[], :limits ::float8[], :wants ::float8[])
        AS asked (subject, method_class, per_second, want),
        LATERAL (SELECT greatest(per_second, 1) AS per_second_at_least_1) AS size
    ORDER BY subject, method_class
    ON CONFLICT (subject, method_class) DO UPDATE SET
        granted = least(excluded.granted, floor(FULL_NOW)),
        tokens = FULL_NOW - least(excluded.granted, floor(FULL_NOW)),
        per_second = excluded.per_second,
        refresh_time = greatest(held.refresh_time, excluded.refresh_time)
    RETURNING subject, method_class, granted, tokens
""".replace(
        "FULL_NOW",
        "least(greatest(excluded.per_second, 1), held.tokens + excluded.per_second"
        " * greatest(0, extract(epoch FROM excluded.refresh_time - held.refresh_time)))",
    )
)


@dataclass(frozen=True, slots=True)
class LeaseAsked:
    """So many tokens of a bucket whose limit is `per_second`."""

    subject: str
    method_class: str
    per_second: float
    want: int


@dataclass(frozen=True, slots=True)
class LeaseGiven:
    """What was given, and what the bucket still has."""

    granted: int
    left: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RateOverride:
    """A limit of its own, for a key or a tenant."""

    subject: str
    method_class: str
    per_second: float
    set_by: str
    set_time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptSuspension:
    """A suspension as people see it. No `key_id`: of the address; no `address`: of the key, wherever it is used."""

    suspension_id: str
    address: str
    key_id: str
    offence: str
    level: int
    start_time: datetime
    until_time: datetime
    trace_id: str = ""
    lift_time: datetime | None = None
    lifted_by: str = ""
    lift_reason: str = ""


async def lease(session: AsyncSession, asked: Sequence[LeaseAsked]) -> dict[tuple[str, str], LeaseGiven]:
    """Take tokens out of buckets, each once, for all who ask; whole ones, and never more than there are."""
    rows = await session.execute(
        _LEASE,
        {
            "subjects": [one.subject for one in asked],
            "classes": [one.method_class for one in asked],
            "limits": [float(one.per_second) for one in asked],
            "wants": [float(one.want) for one in asked],
        },
    )
    return {(row.subject, row.method_class): LeaseGiven(int(row.granted), row.tokens) for row in rows}


async def forget_buckets(session: AsyncSession, before: datetime) -> None:
    """Remove buckets that nobody used since; they would be full."""
    await session.execute(delete(RateBucketRow).where(RateBucketRow.refresh_time < before))


async def overrides(session: AsyncSession) -> list[RateOverride]:
    """All limits of their own."""
    statement = select(RateOverrideRow).order_by(RateOverrideRow.subject, RateOverrideRow.method_class)
    return [
        RateOverride(
            subject=row.subject,
            method_class=row.method_class,
            per_second=row.per_second,
            set_by=row.set_by,
            set_time=row.set_time,
        )
        for row in await session.scalars(statement.limit(_OVERRIDES_MAX))
    ]


async def set_override(session: AsyncSession, one: RateOverride) -> None:
    """Set a limit, in place of the one before."""
    values = {"per_second": one.per_second, "set_by": one.set_by, "set_time": one.set_time}
    await session.execute(
        upsert(RateOverrideRow)
        .values(subject=one.subject, method_class=one.method_class, **values)
        .on_conflict_do_update(index_elements=["subject", "method_class"], set_=values)
    )


async def clear_override(session: AsyncSession, subject: str, method_class: str) -> None:
    """Let the limit of the settings hold again."""
    await session.execute(
        delete(RateOverrideRow).where(RateOverrideRow.subject == subject, RateOverrideRow.method_class == method_class)
    )


async def add_suspension(session: AsyncSession, one: KeptSuspension) -> None:
    """Write a suspension that has begun."""
    await session.execute(
        insert(SuspensionRow).values(
            suspension_id=one.suspension_id,
            address=one.address,
            key_id=one.key_id,
            offence=one.offence,
            level=one.level,
            start_time=one.start_time,
            until_time=one.until_time,
            trace_id=one.trace_id,
            lifted_by="",
            lift_reason="",
        )
    )


async def recent_suspensions(session: AsyncSession, now: datetime, lifted_after: datetime) -> list[KeptSuspension]:
    """Those that last, longest first, and those that were lifted lately, so that each gateway learns of both."""
    statement = (
        select(SuspensionRow)
        .where(SuspensionRow.until_time > now, or_(_LASTS, SuspensionRow.lift_time > lifted_after))
        .order_by(SuspensionRow.until_time.desc())
        .limit(_SUSPENSIONS_MAX)
    )
    return [_suspension(row) for row in await session.scalars(statement)]


async def suspensions_page(
    session: AsyncSession, now: datetime | None, before_id: str, limit: int
) -> list[KeptSuspension]:
    """Suspensions, newest first, from before one on; only those that last at `now` unless it is None."""
    statement = select(SuspensionRow).order_by(SuspensionRow.suspension_id.desc()).limit(limit)
    if now is not None:
        statement = statement.where(SuspensionRow.until_time > now, _LASTS)
    if before_id:
        statement = statement.where(SuspensionRow.suspension_id < before_id)
    return [_suspension(row) for row in await session.scalars(statement)]


async def lift(
    session: AsyncSession, suspension_id: str, now: datetime, lifted_by: str, reason: str
) -> KeptSuspension | None:
    """End a suspension; one that was lifted stays as it is. None when there is none by that id."""
    statement = (
        update(SuspensionRow)
        .where(SuspensionRow.suspension_id == suspension_id, _LASTS)
        .values(lift_time=now, lifted_by=lifted_by, lift_reason=reason)
    )
    await session.execute(statement)
    row = await session.get(SuspensionRow, suspension_id, populate_existing=True)
    return None if row is None else _suspension(row)


async def suspended_count(session: AsyncSession, now: datetime) -> int:
    """How many suspensions last."""
    counted = select(func.count()).select_from(SuspensionRow).where(SuspensionRow.until_time > now, _LASTS)
    return await session.scalar(counted) or 0


_LASTS = SuspensionRow.lift_time.is_(None)


def _suspension(row: SuspensionRow) -> KeptSuspension:
    return KeptSuspension(
        suspension_id=row.suspension_id,
        address=row.address,
        key_id=row.key_id,
        offence=row.offence,
        level=row.level,
        start_time=row.start_time,
        until_time=row.until_time,
        trace_id=row.trace_id,
        lift_time=row.lift_time,
        lifted_by=row.lifted_by,
        lift_reason=row.lift_reason,
    )
