"""The SQL of what was accepted, and of the log of what came."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, Row, Select, Text, and_, bindparam, func, insert, select, true, union, union_all, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.tax_sandbox.domain.acceptance import Acceptance, Booking, Record, Schedule
from services.tax_sandbox.domain.document import Kind
from services.tax_sandbox.domain.fault import FaultName
from services.tax_sandbox.domain.place import Place
from services.tax_sandbox.tables import INVOICE_NUMBER_SEQUENCE, AcceptanceRow, MainBookRow, SubmitLogRow

PlaceAndKey = tuple[Place, str]


@dataclass(frozen=True, slots=True)
class Accepted:
    """An acceptance as it is written: with the bytes, and the trace of the submit that asked for it."""

    acceptance: Acceptance
    document: bytes
    traceparent: str


@dataclass(frozen=True, slots=True)
class Logged:
    """A submit that came, and what was made of it; `faults` are the names of those that struck, with commas between."""

    place: Place
    key: str
    document_sha256: str
    received_at: datetime
    outcome: str
    faults: str


class AcceptanceStore:
    """`acceptance`, read together with its row in the main book, and `submit_log`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, asked: Collection[PlaceAndKey]) -> dict[PlaceAndKey, Record]:
        """What a place has under a key: accepted there, or else booked there although it was sent elsewhere."""
        wanted = _pairs(asked)
        here = select(AcceptanceRow.invoice_number).join(
            wanted, and_(wanted.c.key == AcceptanceRow.idempotency_key, wanted.c.place == AcceptanceRow.place)
        )
        elsewhere = select(AcceptanceRow.invoice_number).join(
            wanted,
            and_(
                wanted.c.key == AcceptanceRow.idempotency_key,
                wanted.c.place == AcceptanceRow.book_place,
                AcceptanceRow.book_place != AcceptanceRow.place,
            ),
        )
        # By the primary key at last, so that no plan reads a table whole, whatever the statistics are.
        meant = AcceptanceRow.invoice_number.in_(union_all(here, elsewhere))
        rows = await self._session.execute(records().where(meant))
        found: dict[PlaceAndKey, Record] = {}
        for record in map(read_record, rows):
            acceptance, booking = record.acceptance, record.booking
            found[acceptance.place, acceptance.idempotency_key] = record
            if booking and booking.place is not acceptance.place:
                found.setdefault((booking.place, acceptance.idempotency_key), record)
        return found

    async def find_by_number(self, numbers: Collection[str]) -> dict[str, Record]:
        """The same by number: the one that was answered, or the one in the main book."""
        wanted = bindparam("numbers", list(numbers), type_=ARRAY(Text))
        meant = union(
            select(func.unnest(wanted)),
            select(MainBookRow.invoice_number).where(MainBookRow.book_number == func.any(wanted)),
        )
        rows = await self._session.execute(records().where(AcceptanceRow.invoice_number.in_(meant)))
        found: dict[str, Record] = {}
        for row in rows:
            record = read_record(row)
            found.setdefault(row.invoice_number, record)
            if record.booking:
                found[record.booking.book_number] = record
        return found

    async def used_numbers(self, numbers: Collection[str]) -> set[str]:
        """Which of these numbers an acceptance bears already."""
        wanted = bindparam("numbers", list(numbers), type_=ARRAY(Text))
        rows = await self._session.scalars(
            select(AcceptanceRow.invoice_number).where(AcceptanceRow.invoice_number == func.any(wanted))
        )
        return set(rows)

    async def newest(self, place: Place, limit: int) -> list[tuple[str, str]]:
        """The key and the number of those in a place whose numbers are the highest."""
        rows = await self._session.execute(
            select(AcceptanceRow.idempotency_key, AcceptanceRow.invoice_number)
            .where(AcceptanceRow.place == place)
            .order_by(AcceptanceRow.invoice_number.desc())
            .limit(limit)
        )
        return [(row[0], row[1]) for row in rows]

    async def next_sequences(self, count: int) -> list[int]:
        """The next places in the sequence of invoice numbers; never given twice, and it may leave gaps."""
        rows = await self._session.scalars(
            select(INVOICE_NUMBER_SEQUENCE.next_value()).select_from(func.generate_series(1, count))
        )
        return list(rows)

    async def add(self, accepted: Sequence[Accepted]) -> None:
        """Write acceptances down."""
        if accepted:
            await self._session.execute(insert(AcceptanceRow), [_values(one) for one in accepted])

    async def reschedule(self, accepted: Accepted) -> None:
        """Give an accepted one its way into the main book anew, under the trace of the submit that asked for it."""
        await self._session.execute(
            update(AcceptanceRow)
            .where(AcceptanceRow.invoice_number == accepted.acceptance.invoice_number)
            .values(_schedule(accepted.acceptance) | {"traceparent": accepted.traceparent})
        )

    async def log(self, logged: Sequence[Logged]) -> None:
        """Remember which submits came and what was made of them."""
        rows = [
            {
                "place": one.place,
                "idempotency_key": one.key,
                "document_sha256": one.document_sha256,
                "received_at": one.received_at,
                "outcome": one.outcome,
                "faults": one.faults,
            }
            for one in logged
        ]
        await self._session.execute(insert(SubmitLogRow), rows)

    async def earlier_submits(self, asked: Collection[PlaceAndKey]) -> dict[PlaceAndKey, tuple[int, int]]:
        """How often a key came to a place before, and how often of these it was throttled."""
        wanted = _pairs(asked)
        # Lateral, so that each key is looked up in the index, whatever the statistics are.
        came = (
            select(
                func.count().label("count"),
                func.count().filter(SubmitLogRow.faults == FaultName.THROTTLE).label("throttled"),
            )
            .where(SubmitLogRow.idempotency_key == wanted.c.key, SubmitLogRow.place == wanted.c.place)
            .lateral()
        )
        rows = await self._session.execute(
            select(wanted.c.place, wanted.c.key, came.c.count, came.c.throttled).select_from(wanted.join(came, true()))
        )
        return {(Place(row[0]), row[1]): (row[2], row[3]) for row in rows}


def read_record(row: Row[*tuple[Any, ...]]) -> Record:
    """A row of `records()` as a value."""
    acceptance = Acceptance(
        invoice_number=row.invoice_number,
        place=Place(row.place),
        idempotency_key=row.idempotency_key,
        seller_tax_id=row.seller_tax_id,
        buyer_tax_id=row.buyer_tax_id,
        order_no=row.order_no,
        kind=Kind(row.kind),
        amount_minor=row.amount_minor,
        issue_date=row.issue_date,
        red_of=row.red_of,
        red_form_id=row.red_form_id,
        document_sha256=row.document_sha256,
        accepted_at=row.accepted_at,
        schedule=Schedule(
            row.book_at,
            Place(row.book_place),
            row.hidden_from,
            row.hidden_until,
            FaultName(row.twist) if row.twist else None,
            row.void_after_seconds,
            row.pending,
        ),
        seal_failed_at=row.seal_failed_at,
    )
    if row.book_number is None:
        return Record(acceptance, None)
    booking = Booking(
        row.book_number,
        Place(row.booked_place),
        row.booked_amount_minor,
        row.booked_sha256,
        row.booked_at,
        row.void_at,
        row.red_flushed_at,
        row.red_number,
    )
    return Record(acceptance, booking)


def records() -> Select[*tuple[Any, ...]]:
    """Acceptances with their rows in the main book, for `read_record`."""
    return select(
        AcceptanceRow.invoice_number,
        AcceptanceRow.place,
        AcceptanceRow.idempotency_key,
        AcceptanceRow.seller_tax_id,
        AcceptanceRow.buyer_tax_id,
        AcceptanceRow.order_no,
        AcceptanceRow.kind,
        AcceptanceRow.amount_minor,
        AcceptanceRow.issue_date,
        AcceptanceRow.red_of,
        AcceptanceRow.red_form_id,
        AcceptanceRow.document_sha256,
        AcceptanceRow.accepted_at,
        AcceptanceRow.book_at,
        AcceptanceRow.pending,
        AcceptanceRow.book_place,
        AcceptanceRow.hidden_from,
        AcceptanceRow.hidden_until,
        AcceptanceRow.twist,
        AcceptanceRow.void_after_seconds,
        AcceptanceRow.seal_failed_at,
        MainBookRow.book_number,
        MainBookRow.place.label("booked_place"),
        MainBookRow.amount_minor.label("booked_amount_minor"),
        MainBookRow.document_sha256.label("booked_sha256"),
        MainBookRow.booked_at,
        MainBookRow.void_at,
        MainBookRow.red_flushed_at,
        MainBookRow.red_number,
    ).outerjoin(MainBookRow, MainBookRow.invoice_number == AcceptanceRow.invoice_number)


def _pairs(asked: Collection[PlaceAndKey]) -> Any:
    places = bindparam("places", [str(place) for place, _ in asked], type_=ARRAY(Text))
    keys = bindparam("keys", [key for _, key in asked], type_=ARRAY(Text))
    return func.unnest(places, keys).table_valued("place", "key", name="asked").render_derived()


def _values(accepted: Accepted) -> dict[str, Any]:
    acceptance = accepted.acceptance
    return _schedule(acceptance) | {
        "invoice_number": acceptance.invoice_number,
        "place": acceptance.place,
        "idempotency_key": acceptance.idempotency_key,
        "seller_tax_id": acceptance.seller_tax_id,
        "buyer_tax_id": acceptance.buyer_tax_id,
        "order_no": acceptance.order_no,
        "kind": acceptance.kind,
        "amount_minor": acceptance.amount_minor,
        "issue_date": acceptance.issue_date,
        "red_of": acceptance.red_of,
        "red_form_id": acceptance.red_form_id,
        "document": accepted.document,
        "document_sha256": acceptance.document_sha256,
        "accepted_at": acceptance.accepted_at,
        "traceparent": accepted.traceparent,
        "seal_tries": 0,
    }


def _schedule(acceptance: Acceptance) -> dict[str, Any]:
    schedule = acceptance.schedule
    return {
        "book_at": schedule.book_at,
        "book_place": schedule.book_place,
        "pending": schedule.is_awaited,
        "hidden_from": schedule.hidden_from,
        "hidden_until": schedule.hidden_until,
        "twist": schedule.twist or "",
        "void_after_seconds": schedule.void_after_seconds,
    }
