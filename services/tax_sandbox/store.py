"""Every SQL statement of the stand-in authority. It opens no transaction and decides nothing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.tax_sandbox.domain.acceptance import Acceptance, Booking, Record, Schedule
from services.tax_sandbox.domain.fault import FaultName, FaultPlan
from services.tax_sandbox.tables import (
    INVOICE_NUMBER_SEQUENCE,
    AcceptanceRow,
    FaultPlanRow,
    MainBookRow,
    SubmitLogRow,
)


@dataclass(frozen=True, slots=True)
class BookCounts:
    """How many were accepted, how many of these are in the main book, and how many are neither booked nor due."""

    accepted: int
    booked: int
    not_due: int


class Store:
    """The tables, within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def lock_key(self, key: str) -> None:
        """Let one submit of a key follow another; ends with the transaction."""
        await self._session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))

    async def find(self, key: str) -> Record | None:
        """What was accepted under a key, and its row in the main book."""
        return _record((await self._session.execute(_records().where(AcceptanceRow.idempotency_key == key))).first())

    async def find_by_number(self, number: str) -> Record | None:
        """The same by a number: the one that was answered, or the one in the main book."""
        asked = or_(AcceptanceRow.invoice_number == number, MainBookRow.book_number == number)
        return _record((await self._session.execute(_records().where(asked))).first())

    async def next_sequence(self) -> int:
        """The next place in the sequence of invoice numbers; never given twice, and it may leave gaps."""
        return int((await self._session.execute(select(INVOICE_NUMBER_SEQUENCE.next_value()))).scalar_one())

    async def add(self, acceptance: Acceptance, document: bytes, traceparent: str) -> None:
        """Write an acceptance down."""
        values = {
            "invoice_number": acceptance.invoice_number,
            "idempotency_key": acceptance.idempotency_key,
            "seller_tax_id": acceptance.seller_tax_id,
            "order_no": acceptance.order_no,
            "amount_minor": acceptance.amount_minor,
            "document": document,
            "document_sha256": acceptance.document_sha256,
            "accepted_at": acceptance.accepted_at,
            "traceparent": traceparent,
        }
        await self._session.execute(insert(AcceptanceRow).values(values | _schedule(acceptance)))

    async def reschedule(self, acceptance: Acceptance, traceparent: str) -> None:
        """Give an accepted one its way into the main book anew, under the trace of the submit that asked for it."""
        await self._session.execute(
            update(AcceptanceRow)
            .where(AcceptanceRow.invoice_number == acceptance.invoice_number)
            .values(_schedule(acceptance) | {"traceparent": traceparent})
        )

    async def due(self, now: datetime, limit: int) -> list[tuple[str, str]]:
        """The numbers whose booking is due, with the trace of their submit, the longest due first."""
        rows = await self._session.execute(
            select(AcceptanceRow.invoice_number, AcceptanceRow.traceparent)
            .where(AcceptanceRow.book_at <= now)
            .order_by(AcceptanceRow.book_at)
            .limit(limit)
        )
        return [(row[0], row[1]) for row in rows]

    async def take_due(self, number: str, now: datetime) -> tuple[Acceptance, bytes] | None:
        """Hold an acceptance that is still due and that no one else holds, with its document."""
        row = (
            await self._session.execute(
                _records()
                .add_columns(AcceptanceRow.document)
                .where(AcceptanceRow.invoice_number == number, AcceptanceRow.book_at <= now)
                .with_for_update(of=AcceptanceRow, skip_locked=True)
            )
        ).first()
        record = _record(row)
        return (record.acceptance, row.document) if row and record else None

    async def book(self, key: str, booking: Booking, document: bytes) -> None:
        """Write a row of the main book, and take the acceptance off what is due."""
        await self._session.execute(
            insert(MainBookRow).values(
                book_number=booking.book_number,
                idempotency_key=key,
                document=document,
                document_sha256=booking.document_sha256,
                booked_at=booking.booked_at,
            )
        )
        await self._session.execute(
            update(AcceptanceRow).where(AcceptanceRow.idempotency_key == key).values(book_at=None)
        )

    async def log_submit(self, key: str, document_sha256: str, at: datetime, outcome: str, faults: str) -> None:
        """Remember that a submit came and what was made of it."""
        values = {"idempotency_key": key, "document_sha256": document_sha256, "received_at": at}
        await self._session.execute(insert(SubmitLogRow).values(values | {"outcome": outcome, "faults": faults}))

    async def earlier_submits(self, key: str) -> tuple[int, int]:
        """How often a key came before, and how often of these it was throttled."""
        throttled = func.count().filter(SubmitLogRow.faults == FaultName.THROTTLE)
        row = (
            await self._session.execute(select(func.count(), throttled).where(SubmitLogRow.idempotency_key == key))
        ).one()
        return row[0], row[1]

    async def plan(self, plan: FaultPlan) -> FaultPlan:
        """Keep a fault that was asked for; returns it with its id."""
        row = FaultPlanRow(
            fault=plan.fault,
            times=plan.times,
            idempotency_key=plan.key,
            order_no=plan.order_no,
            rate_ppm=plan.rate_ppm,
            seed=plan.seed,
            seconds=plan.seconds,
            code=plan.code,
            struck_count=0,
            active=True,
        )
        self._session.add(row)
        await self._session.flush()
        return _plan(row)

    async def plans(self) -> list[FaultPlan]:
        """Every fault that was asked for and not taken back, the oldest first, spent ones too."""
        rows = await self._session.scalars(
            select(FaultPlanRow).where(FaultPlanRow.active).order_by(FaultPlanRow.fault_id)
        )
        return [_plan(row) for row in rows]

    async def strike(self, plan: FaultPlan) -> bool:
        """Count one use of a plan; false when it was spent or taken back meanwhile."""
        struck = await self._session.execute(
            update(FaultPlanRow)
            .where(
                FaultPlanRow.fault_id == plan.fault_id,
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

    async def count_strikes(self) -> dict[str, int]:
        """How often each fault struck, by those taken back too."""
        rows = await self._session.execute(
            select(FaultPlanRow.fault, func.sum(FaultPlanRow.struck_count)).group_by(FaultPlanRow.fault)
        )
        return {row[0]: int(row[1]) for row in rows}

    async def page(self, after: str, limit: int) -> list[tuple[Record, int]]:
        """Records by number above `after`, each with how often its key was submitted."""
        submits = (
            select(func.count())
            .where(SubmitLogRow.idempotency_key == AcceptanceRow.idempotency_key)
            .scalar_subquery()
            .label("submit_count")
        )
        rows = await self._session.execute(
            _records()
            .add_columns(submits)
            .where(AcceptanceRow.invoice_number > after)
            .order_by(AcceptanceRow.invoice_number)
            .limit(limit)
        )
        return [(record, row.submit_count) for row in rows if (record := _record(row))]

    async def count_book(self) -> "BookCounts":
        """How far what was accepted has come."""
        row = (
            await self._session.execute(
                select(
                    func.count(),
                    func.count(MainBookRow.book_number),
                    func.count().filter(and_(MainBookRow.book_number.is_(None), AcceptanceRow.book_at.is_(None))),
                )
                .select_from(AcceptanceRow)
                .outerjoin(MainBookRow, MainBookRow.idempotency_key == AcceptanceRow.idempotency_key)
            )
        ).one()
        return BookCounts(*row)

    async def ping(self) -> None:
        """Ask the database for nothing."""
        await self._session.execute(select(1))

    async def count_submits(self) -> dict[str, int]:
        """How many submits came, by what was made of them."""
        rows = await self._session.execute(select(SubmitLogRow.outcome, func.count()).group_by(SubmitLogRow.outcome))
        return {row[0]: row[1] for row in rows}


def _records() -> Select[*tuple[Any, ...]]:
    return select(
        AcceptanceRow.invoice_number,
        AcceptanceRow.idempotency_key,
        AcceptanceRow.seller_tax_id,
        AcceptanceRow.order_no,
        AcceptanceRow.amount_minor,
        AcceptanceRow.document_sha256,
        AcceptanceRow.accepted_at,
        AcceptanceRow.book_at,
        AcceptanceRow.hidden_from,
        AcceptanceRow.hidden_until,
        AcceptanceRow.twist,
        MainBookRow.book_number,
        MainBookRow.document_sha256.label("booked_sha256"),
        MainBookRow.booked_at,
    ).outerjoin(MainBookRow, MainBookRow.idempotency_key == AcceptanceRow.idempotency_key)


def _record(row: Row[*tuple[Any, ...]] | None) -> Record | None:
    if row is None:
        return None
    acceptance = Acceptance(
        invoice_number=row.invoice_number,
        idempotency_key=row.idempotency_key,
        seller_tax_id=row.seller_tax_id,
        order_no=row.order_no,
        amount_minor=row.amount_minor,
        document_sha256=row.document_sha256,
        accepted_at=row.accepted_at,
        schedule=Schedule(row.book_at, row.hidden_from, row.hidden_until),
        twist=FaultName(row.twist) if row.twist else None,
    )
    booking = Booking(row.book_number, row.booked_sha256, row.booked_at) if row.book_number else None
    return Record(acceptance, booking)


def _schedule(acceptance: Acceptance) -> dict[str, Any]:
    return {
        "book_at": acceptance.schedule.book_at,
        "hidden_from": acceptance.schedule.hidden_from,
        "hidden_until": acceptance.schedule.hidden_until,
        "twist": acceptance.twist or "",
    }


def _plan(row: FaultPlanRow) -> FaultPlan:
    return FaultPlan(
        fault=FaultName(row.fault),
        times=row.times,
        key=row.idempotency_key,
        order_no=row.order_no,
        rate_ppm=row.rate_ppm,
        seed=row.seed,
        seconds=row.seconds,
        code=row.code,
        fault_id=row.fault_id,
        struck_count=row.struck_count,
    )
