"""Registers sellers in a place, tells their quota, and hands them numbers beforehand."""

from chassis.database import Sessions
from services.tax_sandbox.domain.acceptance import range_number_of
from services.tax_sandbox.domain.calendar import day_of, period_of
from services.tax_sandbox.domain.document import Refusal
from services.tax_sandbox.domain.place import Place
from services.tax_sandbox.domain.reply import Reply, instant, refused
from services.tax_sandbox.domain.seller import Registration
from services.tax_sandbox.steered import Steered
from services.tax_sandbox.store.number_range import NumberRange, NumberRangeStore
from services.tax_sandbox.store.seller import SellerStore


class SellerActions:
    """What a seller may ask for itself."""

    def __init__(self, sessions: Sessions, steered: Steered) -> None:
        self._sessions = sessions
        self._steered = steered

    async def register_seller(self, place: Place, tax_id: str, name: str) -> Reply:
        """Make a seller known in a place; again, it may change its name."""
        async with self._sessions.begin() as session:
            store = SellerStore(session)
            known = await store.find(place, tax_id)
            registration = await store.register(place, tax_id, name, self._steered.now())
        return Reply(200 if known else 201, _registration(registration))

    async def get_registration(self, place: Place, tax_id: str) -> Reply:
        """Whether a seller is known in a place."""
        async with self._sessions() as session:
            found = await SellerStore(session).find(place, tax_id)
        if found is None:
            return refused(404, Refusal("E4045", "the seller is not registered in this region"))
        return Reply(200, _registration(found))

    async def get_quota(self, place: Place, seller_tax_id: str) -> Reply:
        """What a seller may issue in this calendar month, and what it has."""
        now = self._steered.now()
        async with self._sessions() as session:
            standings = await SellerStore(session).standings([(place, seller_tax_id)], period_of(now))
        return Reply(200, standings[place, seller_tax_id].quota(now))

    async def take_numbers(self, place: Place, key: str, seller_tax_id: str, count: int) -> Reply:
        """Hand a seller invoice numbers in a row, once for each key."""
        now = self._steered.now()
        async with self._sessions.begin() as session:
            store = NumberRangeStore(session)
            await store.lock()
            found = await store.find(place, key)
            if found and (found.seller_tax_id, found.count) != (seller_tax_id, count):
                return refused(409, Refusal("E4090", "something else was asked for under this key"))
            if found is None:
                first = await store.take_sequences(count)
                year, region = day_of(now).year, place.region
                numbers = range_number_of(year, region, first), range_number_of(year, region, first + count - 1)
                found = NumberRange(place, seller_tax_id, *numbers, count, now)
                await store.add(found, key)
        return Reply(200, _range(found))

    async def get_numbers(self, place: Place, seller_tax_id: str) -> Reply:
        """Every range of a seller in a place."""
        async with self._sessions() as session:
            ranges = await NumberRangeStore(session).of_seller(place, seller_tax_id)
        return Reply(200, {"ranges": [_range(one) for one in ranges]})


def _registration(registration: Registration) -> dict[str, object]:
    return {
        "tax_id": registration.seller_tax_id,
        "name": registration.name,
        "registered_at": instant(registration.registered_at),
        "suspended": registration.is_suspended,
    }


def _range(numbers: NumberRange) -> dict[str, object]:
    return {
        "seller_tax_id": numbers.seller_tax_id,
        "first": numbers.first_number,
        "last": numbers.last_number,
        "count": numbers.count,
        "assigned_at": instant(numbers.assigned_at),
    }
