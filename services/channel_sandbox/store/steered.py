"""The SQL of what steering sets, the clock and the faults, and of the witness of calls."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, insert, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from services.channel_sandbox.domain.fault import FaultName, FaultPlan, Occasion
from services.channel_sandbox.tables import CallLogRow, ClockRow, FaultPlanRow

_THE_CLOCK = 1


class SteeredStore:
    """`clock`, `fault_plan` and `call_log`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def clock_offset_seconds(self) -> float:
        """How far the sandbox's clock is ahead of the machine's."""
        return await self._session.scalar(select(ClockRow.offset_seconds)) or 0.0

    async def set_clock(self, offset_seconds: float) -> None:
        """Set how far it is ahead."""
        fresh = upsert(ClockRow).values(clock_id=_THE_CLOCK, offset_seconds=offset_seconds)
        await self._session.execute(
            fresh.on_conflict_do_update(index_elements=["clock_id"], set_={"offset_seconds": offset_seconds})
        )

    async def plan(self, plan: FaultPlan, now: datetime) -> int:
        """Keep a fault that was asked for; returns its id."""
        added = await self._session.execute(
            insert(FaultPlanRow)
            .values(
                fault=plan.fault,
                times=plan.times,
                channel=plan.channel,
                merchant_order_no=plan.merchant_order_no,
                subject=plan.on,
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

    async def plans_for(self, occasion: Occasion) -> Sequence[FaultPlan]:
        """Those that may fall on an order and are not spent, the oldest first."""
        rows = await self._session.scalars(
            select(FaultPlanRow)
            .where(
                FaultPlanRow.active,
                FaultPlanRow.channel.in_(["", occasion.channel]),
                FaultPlanRow.merchant_order_no.in_(["", occasion.merchant_order_no]),
                or_(FaultPlanRow.times == 0, FaultPlanRow.struck_count < FaultPlanRow.times),
            )
            .order_by(FaultPlanRow.fault_id)
        )
        return [_plan(row) for row in rows]

    async def count_strike(self, fault_id: int) -> bool:
        """Count a strike of a plan; false when another has spent it meanwhile."""
        struck = await self._session.execute(
            update(FaultPlanRow)
            .where(
                FaultPlanRow.fault_id == fault_id,
                FaultPlanRow.active,
                or_(FaultPlanRow.times == 0, FaultPlanRow.struck_count < FaultPlanRow.times),
            )
            .values(struck_count=FaultPlanRow.struck_count + 1)
            .returning(FaultPlanRow.fault_id)
        )
        return struck.first() is not None

    async def clear_plans(self) -> int:
        """Take every fault back; returns how many there were."""
        cleared = await self._session.execute(
            update(FaultPlanRow).where(FaultPlanRow.active).values(active=False).returning(FaultPlanRow.fault_id)
        )
        return len(cleared.all())

    async def count_calls(self, channel: str, merchant_order_no: str, subject: str) -> int:
        """How often an order was called about before."""
        query = select(func.count()).where(
            CallLogRow.channel == channel,
            CallLogRow.merchant_order_no == merchant_order_no,
            CallLogRow.subject == subject,
        )
        return int((await self._session.execute(query)).scalar_one())

    async def log_call(self, occasion: Occasion, now: datetime, faults: str) -> None:
        """Bear witness of a call."""
        await self._session.execute(
            insert(CallLogRow).values(
                channel=occasion.channel,
                merchant_order_no=occasion.merchant_order_no,
                subject=occasion.subject,
                received_at=now,
                faults=faults,
            )
        )

    async def calls(self, channel: str, merchant_order_no: str) -> dict[str, int]:
        """How often each call was made about an order."""
        rows = await self._session.execute(
            select(CallLogRow.subject, func.count().label("call_count"))
            .where(CallLogRow.channel == channel, CallLogRow.merchant_order_no == merchant_order_no)
            .group_by(CallLogRow.subject)
        )
        return {row.subject: row.call_count for row in rows}

    async def ping(self) -> None:
        """Return when the database answers."""
        await self._session.execute(text("SELECT 1"))


def _plan(row: FaultPlanRow) -> FaultPlan:
    return FaultPlan(
        fault=FaultName(row.fault),
        times=row.times,
        channel=row.channel,
        merchant_order_no=row.merchant_order_no,
        on=row.subject,
        rate_ppm=row.rate_ppm,
        seed=row.seed,
        seconds=row.seconds,
        code=row.code,
        fault_id=row.fault_id,
        struck_count=row.struck_count,
    )
