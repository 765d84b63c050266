"""The SQL of red-letter confirmation forms."""

from collections.abc import Collection, Mapping

from sqlalchemy import ARRAY, Text, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.tax_sandbox.domain.place import Place
from services.tax_sandbox.tables import RedFormRow

# A form of a place, and the blue invoice that it is for.
FormAsked = tuple[Place, str, str]


class RedFormStore:
    """`red_form`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def usable_amounts(self, form_ids: Collection[str]) -> Mapping[FormAsked, int]:
        """The amounts of those forms that are confirmed and that no red invoice has used."""
        wanted = bindparam("forms", list(form_ids), type_=ARRAY(Text))
        rows = await self._session.execute(
            select(RedFormRow.place, RedFormRow.red_form_id, RedFormRow.blue_number, RedFormRow.amount_minor).where(
                RedFormRow.red_form_id == func.any(wanted),
                RedFormRow.state == "CONFIRMED",
                RedFormRow.red_number == "",
            )
        )
        return {(Place(row[0]), row[1], row[2]): row[3] for row in rows}

    async def use(self, red_form_id: str, red_number: str) -> None:
        """Bind a form to the red invoice that it was confirmed for."""
        await self._session.execute(
            update(RedFormRow).where(RedFormRow.red_form_id == red_form_id).values(red_number=red_number)
        )
