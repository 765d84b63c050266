"""The SQL of red-letter confirmation forms."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import ARRAY, Text, bindparam, func, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.tax_sandbox.domain.place import Place
from services.tax_sandbox.domain.red_form import USABLE, FormState, Party, RedForm
from services.tax_sandbox.tables import MainBookRow, RedFormRow

# A form of a place, the blue invoice that it is for, and the seller of that.
FormAsked = tuple[Place, str, str, str]


class RedFormStore:
    """`red_form`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def usable_amounts(self, form_ids: Collection[str]) -> Mapping[FormAsked, int]:
        """The amounts of those forms that are confirmed and that no red invoice has used; held until the end."""
        wanted = bindparam("forms", list(form_ids), type_=ARRAY(Text))
        rows = await self._session.execute(
            select(
                RedFormRow.place,
                RedFormRow.red_form_id,
                RedFormRow.blue_number,
                MainBookRow.seller_tax_id,
                RedFormRow.amount_minor,
            )
            .join(MainBookRow, MainBookRow.book_number == RedFormRow.blue_number)
            .where(
                RedFormRow.red_form_id == func.any(wanted),
                RedFormRow.state.in_(USABLE),
                RedFormRow.red_number == "",
            )
            .order_by(RedFormRow.red_form_id)
            .with_for_update(of=RedFormRow)
        )
        return {(Place(row[0]), row[1], row[2], row[3]): row[4] for row in rows}

    async def use(self, red_form_id: str, red_number: str) -> None:
        """Bind a form to the red invoice that it was confirmed for."""
        await self._session.execute(
            update(RedFormRow).where(RedFormRow.red_form_id == red_form_id).values(red_number=red_number)
        )

    async def lock_blue(self, book_number: str) -> None:
        """Let one who applies for a form of an invoice follow another; ends with the transaction."""
        await self._session.execute(
            select(MainBookRow.book_number).where(MainBookRow.book_number == book_number).with_for_update()
        )

    async def hold(self, place: Place, red_form_id: str) -> RedForm | None:
        """A form of a place, held until the transaction ends."""
        rows = await self._session.scalars(
            select(RedFormRow).where(RedFormRow.red_form_id == red_form_id, RedFormRow.place == place).with_for_update()
        )
        row = rows.one_or_none()
        return _form(row) if row else None

    async def find(self, place: Place, red_form_id: str) -> RedForm | None:
        """A form of a place."""
        rows = await self._session.scalars(
            select(RedFormRow).where(RedFormRow.red_form_id == red_form_id, RedFormRow.place == place)
        )
        row = rows.one_or_none()
        return _form(row) if row else None

    async def of_blue(self, place: Place, blue_number: str) -> Sequence[RedForm]:
        """Every form that an invoice ever had, the oldest first."""
        rows = await self._session.scalars(
            select(RedFormRow)
            .where(RedFormRow.blue_number == blue_number, RedFormRow.place == place)
            .order_by(RedFormRow.applied_at, RedFormRow.red_form_id)
        )
        return [_form(row) for row in rows]

    async def hold_by_id(self, red_form_id: str) -> RedForm | None:
        """A form of whatever place, held until the transaction ends."""
        rows = await self._session.scalars(
            select(RedFormRow).where(RedFormRow.red_form_id == red_form_id).with_for_update()
        )
        row = rows.one_or_none()
        return _form(row) if row else None

    async def of_seller(self, place: Place, seller_tax_id: str, after: str, limit: int) -> Sequence[RedForm]:
        """The forms about a seller's invoices in the order of application, after one of them ('' for the first)."""
        asked = (
            select(RedFormRow)
            .join(MainBookRow, MainBookRow.book_number == RedFormRow.blue_number)
            .where(RedFormRow.place == place, MainBookRow.seller_tax_id == seller_tax_id)
        )
        if after:
            applied_at = select(RedFormRow.applied_at).where(RedFormRow.red_form_id == after).scalar_subquery()
            asked = asked.where(tuple_(RedFormRow.applied_at, RedFormRow.red_form_id) > tuple_(applied_at, after))
        rows = await self._session.scalars(asked.order_by(RedFormRow.applied_at, RedFormRow.red_form_id).limit(limit))
        return [_form(row) for row in rows]

    async def add(self, form: RedForm) -> None:
        """Write a form down."""
        await self._session.execute(
            insert(RedFormRow).values(
                red_form_id=form.red_form_id,
                place=form.place,
                blue_number=form.blue_number,
                amount_minor=form.amount_minor,
                reason=form.reason,
                applied_by=form.applied_by,
                state=form.state,
                applied_at=form.applied_at,
                decided_at=form.decided_at,
                red_number=form.red_number,
            )
        )

    async def set_state(self, form: RedForm) -> None:
        """Write down where a form stands, and since when."""
        await self._session.execute(
            update(RedFormRow)
            .where(RedFormRow.red_form_id == form.red_form_id)
            .values(state=form.state, decided_at=form.decided_at)
        )


def _form(row: RedFormRow) -> RedForm:
    return RedForm(
        row.red_form_id,
        Place(row.place),
        row.blue_number,
        row.amount_minor,
        row.reason,
        Party(row.applied_by),
        FormState(row.state),
        row.applied_at,
        row.decided_at,
        row.red_number,
    )
