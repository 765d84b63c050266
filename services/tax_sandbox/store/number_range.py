"""The SQL of the numbers that were handed to sellers before their invoices were."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ARRAY, Text, and_, bindparam, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.tax_sandbox.domain.place import Place
from services.tax_sandbox.tables import RANGE_NUMBER_SEQUENCE, NumberRangeRow


@dataclass(frozen=True, slots=True)
class NumberRange:
    """`count` numbers in sequence; both ends belong to it."""

    place: Place
    seller_tax_id: str
    first_number: str
    last_number: str
    count: int
    assigned_at: datetime


class NumberRangeStore:
    """`number_range`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def lock(self) -> None:
        """Let one who takes a range follow another; ends with the transaction."""
        await self._session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("number_range", 0))))

    async def take_sequences(self, count: int) -> int:
        """The first of so many places in a row in the sequence; whoever calls holds the lock."""
        first = int((await self._session.execute(select(RANGE_NUMBER_SEQUENCE.next_value()))).scalar_one())
        if count > 1:
            await self._session.execute(select(func.setval(RANGE_NUMBER_SEQUENCE.name, first + count - 1)))
        return first

    async def add(self, made: NumberRange, key: str) -> None:
        """Write a range down."""
        await self._session.execute(
            insert(NumberRangeRow).values(
                first_number=made.first_number,
                last_number=made.last_number,
                count=made.count,
                place=made.place,
                seller_tax_id=made.seller_tax_id,
                idempotency_key=key,
                assigned_at=made.assigned_at,
            )
        )

    async def find(self, place: Place, key: str) -> NumberRange | None:
        """The range that was given under a key."""
        rows = await self._session.scalars(
            select(NumberRangeRow).where(NumberRangeRow.idempotency_key == key, NumberRangeRow.place == place)
        )
        row = rows.one_or_none()
        return _range(row) if row else None

    async def of_seller(self, place: Place, seller_tax_id: str) -> list[NumberRange]:
        """All ranges of a seller in a place, in the order of their numbers."""
        rows = await self._session.scalars(
            select(NumberRangeRow)
            .where(NumberRangeRow.place == place, NumberRangeRow.seller_tax_id == seller_tax_id)
            .order_by(NumberRangeRow.first_number)
        )
        return [_range(row) for row in rows]

    async def owned(self, asked: Collection[tuple[Place, str, str]]) -> set[tuple[Place, str, str]]:
        """Which of these (place, seller, number) lie in a range of that seller there."""
        wanted = (
            func.unnest(
                *(
                    bindparam(name, [str(one[column]) for one in asked], type_=ARRAY(Text))
                    for column, name in enumerate(("places", "sellers", "numbers"))
                )
            )
            .table_valued("place", "seller", "number", name="asked")
            .render_derived()
        )
        rows = await self._session.execute(
            select(wanted.c.place, wanted.c.seller, wanted.c.number)
            .select_from(wanted)
            .join(
                NumberRangeRow,
                and_(
                    NumberRangeRow.place == wanted.c.place,
                    NumberRangeRow.seller_tax_id == wanted.c.seller,
                    wanted.c.number.between(NumberRangeRow.first_number, NumberRangeRow.last_number),
                ),
            )
        )
        return {(Place(row[0]), row[1], row[2]) for row in rows}


def _range(row: NumberRangeRow) -> NumberRange:
    return NumberRange(
        Place(row.place), row.seller_tax_id, row.first_number, row.last_number, row.count, row.assigned_at
    )
