"""Red-letter confirmation forms: applied for, confirmed, refused, withdrawn, and void when nobody confirms in time."""

import uuid

from chassis.database import Sessions
from services.tax_sandbox.domain.document import Refusal
from services.tax_sandbox.domain.place import Place
from services.tax_sandbox.domain.red_form import Application, Move, Party, apply, move, void
from services.tax_sandbox.domain.reply import Reply, refused
from services.tax_sandbox.steered import Steered
from services.tax_sandbox.store.main_book import MainBookStore
from services.tax_sandbox.store.red_form import RedFormStore


class RedFormActions:
    """A red invoice itself is submitted as any other."""

    def __init__(self, sessions: Sessions, steered: Steered) -> None:
        self._sessions = sessions
        self._steered = steered

    async def apply_for_form(self, place: Place, application: Application) -> Reply:
        """Open a form for an invoice that is booked, unless one is active."""
        async with self._sessions.begin() as session:
            forms = RedFormStore(session)
            await forms.lock_blue(application.blue_number)
            blue = await MainBookStore(session).find(place, application.blue_number)
            now = self._steered.now()
            earlier = await forms.of_blue(place, application.blue_number)
            taken_back_minor = sum(form.amount_minor for form in earlier if form.red_number)
            active = next((form for form in earlier if form.at(now).is_active()), None)
            made = apply(application, blue, active, taken_back_minor, (uuid.uuid4().hex, place, now))
            if isinstance(made, Reply):
                return made
            for form in earlier:
                if form.is_active():
                    await forms.set_state(form.at(now))
            await forms.add(made)
        return Reply(201, made.described())

    async def move_form(self, place: Place, red_form_id: str, verb: Move, by: Party) -> Reply:
        """Take a party's word on a form."""
        async with self._sessions.begin() as session:
            forms = RedFormStore(session)
            found = await forms.hold(place, red_form_id)
            if found is None:
                return _no_such_form()
            now = self._steered.now()
            moved = move(found.at(now), verb, by, now)
            if isinstance(moved, Reply):
                return moved
            await forms.set_state(moved)
        return Reply(200, moved.described())

    async def get_form(self, place: Place, red_form_id: str) -> Reply:
        """Where a form stands."""
        async with self._sessions() as session:
            found = await RedFormStore(session).find(place, red_form_id)
        return Reply(200, found.at(self._steered.now()).described()) if found else _no_such_form()

    async def forms_of(self, place: Place, blue_number: str) -> Reply:
        """Every form that an invoice ever had, the oldest first."""
        async with self._sessions() as session:
            found = await RedFormStore(session).of_blue(place, blue_number)
        now = self._steered.now()
        return Reply(200, {"forms": [form.at(now).described() for form in found]})

    async def forms_of_seller(self, place: Place, seller_tax_id: str, after: str, limit: int) -> Reply:
        """A page of the forms about a seller's invoices, in the order of application."""
        async with self._sessions() as session:
            found = await RedFormStore(session).of_seller(place, seller_tax_id, after, limit)
        now = self._steered.now()
        more = found[-1].red_form_id if len(found) == limit else ""
        return Reply(200, {"forms": [form.at(now).described() for form in found], "next": more})

    async def void_form(self, red_form_id: str) -> bool:
        """Void a form as the authority does with abnormal invoices; false when none of this id is active."""
        await self._steered.ready()
        async with self._sessions.begin() as session:
            forms = RedFormStore(session)
            found = await forms.hold_by_id(red_form_id)
            now = self._steered.now()
            voided = void(found.at(now), now) if found else None
            if voided:
                await forms.set_state(voided)
        return voided is not None


def _no_such_form() -> Reply:
    return refused(404, Refusal("E4046", "there is no such red-letter form here"))
