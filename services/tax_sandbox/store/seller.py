"""The SQL of sellers in a place: registration, permission, and how much of a month's quota is used."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import ARRAY, Text, and_, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.tax_sandbox.domain.place import Place
from services.tax_sandbox.domain.seller import Registration, SellerStanding
from services.tax_sandbox.tables import SellerMonthRow, SellerRow

PlaceAndSeller = tuple[Place, str]


class SellerStore:
    """`seller` and `seller_month`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def standings(
        self, asked: Collection[PlaceAndSeller], period: str
    ) -> Mapping[PlaceAndSeller, SellerStanding]:
        """What each of these sellers may do in its place, and what it has used of the month; each is answered.

        Registration counts as required where any seller is registered.
        """
        places = bindparam("places", [str(place) for place, _ in asked], type_=ARRAY(Text))
        sellers = bindparam("sellers", [seller for _, seller in asked], type_=ARRAY(Text))
        wanted = func.unnest(places, sellers).table_valued("place", "tax_id", name="asked").render_derived()
        someone = SellerRow.__table__.alias("someone")
        rows = await self._session.execute(
            select(
                wanted.c.place,
                wanted.c.tax_id,
                SellerRow.registered_at,
                SellerRow.suspended,
                SellerRow.limit_minor,
                SellerMonthRow.used_minor,
                select(someone.c.place)
                .where(someone.c.place == wanted.c.place, someone.c.registered_at.is_not(None))
                .exists()
                .label("required"),
            )
            .select_from(wanted)
            .outerjoin(SellerRow, and_(SellerRow.place == wanted.c.place, SellerRow.seller_tax_id == wanted.c.tax_id))
            .outerjoin(
                SellerMonthRow,
                and_(
                    SellerMonthRow.place == wanted.c.place,
                    SellerMonthRow.seller_tax_id == wanted.c.tax_id,
                    SellerMonthRow.period == period,
                ),
            )
        )
        return {
            (Place(row.place), row.tax_id): SellerStanding(
                is_registered=row.registered_at is not None,
                registration_is_required=row.required,
                is_suspended=bool(row.suspended),
                limit_minor=row.limit_minor,
                used_minor=int(row.used_minor or 0),
            )
            for row in rows
        }

    async def add_used(self, period: str, used: Mapping[PlaceAndSeller, int]) -> None:
        """Add to what was accepted of sellers in a month; in one order, so that two at once do no harm."""
        if not used:
            return
        rows = [
            {"place": place, "seller_tax_id": seller, "period": period, "used_minor": amount_minor}
            for (place, seller), amount_minor in sorted(used.items())
        ]
        fresh = insert(SellerMonthRow)
        await self._session.execute(
            fresh.on_conflict_do_update(
                index_elements=["place", "seller_tax_id", "period"],
                set_={"used_minor": SellerMonthRow.used_minor + fresh.excluded.used_minor},
            ),
            rows,
        )

    async def find(self, place: Place, seller_tax_id: str) -> Registration | None:
        """A seller's registration, if it has one."""
        rows = await self._session.scalars(
            select(SellerRow).where(
                SellerRow.place == place,
                SellerRow.seller_tax_id == seller_tax_id,
                SellerRow.registered_at.is_not(None),
            )
        )
        row = rows.one_or_none()
        return _registration(row) if row else None

    async def register(self, place: Place, seller_tax_id: str, name: str, now: datetime) -> Registration:
        """Register a seller, or change its name; the first instant stays."""
        fresh = insert(SellerRow).values(
            place=place, seller_tax_id=seller_tax_id, name=name, registered_at=now, suspended=False
        )
        rows = await self._session.scalars(
            fresh.on_conflict_do_update(
                index_elements=["place", "seller_tax_id"],
                set_={"name": name, "registered_at": func.coalesce(SellerRow.registered_at, now)},
            ).returning(SellerRow),
            execution_options={"populate_existing": True},
        )
        return _registration(rows.one())

    async def suspend(self, place: Place, seller_tax_id: str, *, suspended: bool) -> bool:
        """Take a registered seller's permission or give it back; false when it is not registered."""
        changed = await self._session.execute(
            update(SellerRow)
            .where(
                SellerRow.place == place,
                SellerRow.seller_tax_id == seller_tax_id,
                SellerRow.registered_at.is_not(None),
            )
            .values(suspended=suspended)
            .returning(SellerRow.seller_tax_id)
        )
        return changed.first() is not None

    async def set_limit(self, place: Place, seller_tax_id: str, limit_minor: int | None) -> None:
        """Set what a seller may issue in a month, or take the limit away."""
        fresh = insert(SellerRow).values(
            place=place, seller_tax_id=seller_tax_id, name="", suspended=False, limit_minor=limit_minor
        )
        await self._session.execute(
            fresh.on_conflict_do_update(index_elements=["place", "seller_tax_id"], set_={"limit_minor": limit_minor})
        )


def _registration(row: SellerRow) -> Registration:
    assert row.registered_at is not None, "only a registered seller has a registration"
    return Registration(row.place, row.seller_tax_id, row.name, row.registered_at, row.suspended)
