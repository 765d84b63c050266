"""A booked invoice to a firm, and the buyer's hand at the authority's portal: what tests of red letters stand on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bihuan.invoice_sync.v1 import red_letter_pb2
from bihuan.invoice_sync.v1 import red_letter_service_pb2 as pb

from services.invoice_sync.actions.applications import ApplicationActions
from services.invoice_sync.actions.red_adoption import RedAdoption
from services.invoice_sync.actions.red_work import RedWork
from services.invoice_sync.domain.invoice import Invoice, Party
from services.invoice_sync.domain.payment import Payment
from services.invoice_sync.domain.policy import IssuePolicy
from tests.invoice_sync.builders import InvoiceSync, a_payment, a_profile
from tests.invoice_sync.door import Door, open_door
from tests.support.eventually import eventually

FIRM = Party("江城科技有限公司", "91420100MA4K00000Q")
ALL, PART = 12_345, 2_345
HOUR_SECONDS = 3_600
FORMS = "/production/42/v1/red-forms"


@dataclass
class RedBench:
    system: InvoiceSync
    door: Door
    work: RedWork
    adoption: RedAdoption
    applications: ApplicationActions

    async def booked(self, buyer: Party = FIRM, payment: Payment | None = None) -> Invoice:
        """A blue invoice to this buyer that the authority has in its books."""
        paid = payment or a_payment()
        await self.system.issue.set_merchant_profile(a_profile(IssuePolicy.ON_REQUEST))
        await self.system.follow(paid)
        made = await self.system.issue.request_invoice(f"request-{paid.payment_id}", paid.payment_id, buyer)
        await self.system.upload.upload_due()
        return await self.system.until_booked((await self.system.read.get_invoice(made.invoice_id)).invoice)

    async def asked(self, blue: Invoice, amount_minor: int = 0, request_id: str = "request-red-1") -> str:
        """A red letter that was asked for, by its id."""
        wish = pb.RequestRedLetterRequest(
            request_id=request_id,
            invoice_id=blue.invoice_id,
            amount_minor=amount_minor,
            reason=red_letter_pb2.RED_REASON_RETURN,
            note="customer moved away",
            operator="zhang",
        )
        return (await self.door.reds.RequestRedLetter(wish)).red_letter.red_letter_id

    async def step(self) -> int:
        """Let the time of a look go by, and do what is due."""
        self.system.clock.advance(61)
        return await self.work.step_due()

    async def state(self, red_letter_id: str) -> str:
        return red_letter_pb2.RedState.Name((await self.told(red_letter_id)).red_letter.state).removeprefix(
            "RED_STATE_"
        )

    async def told(self, red_letter_id: str) -> pb.GetRedLetterResponse:
        return await self.door.reds.GetRedLetter(pb.GetRedLetterRequest(red_letter_id=red_letter_id))

    async def until(self, red_letter_id: str, state: str) -> None:
        """Carry everything on until the letter stands so."""

        async def reached() -> bool:
            await self.step()
            await self.system.upload.upload_due()
            await self.system.verify.verify_due()
            return await self.state(red_letter_id) == state

        await eventually(reached)

    async def move(self, red_letter_id: str, move: str, operator: str = "zhang") -> None:
        """A person's word."""
        wanted = red_letter_pb2.RedMove.Value(f"RED_MOVE_{move}")
        await self.door.reds.MoveRedLetter(
            pb.MoveRedLetterRequest(red_letter_id=red_letter_id, move=wanted, why="as agreed", operator=operator)
        )

    async def buyer_says(self, red_letter_id: str, verb: str) -> None:
        """The buyer's word at the portal."""
        form_id = (await self.told(red_letter_id)).red_letter.form_id
        (await self.system.steering.http.post(f"{FORMS}/{form_id}/{verb}", json={"by": "BUYER"})).raise_for_status()

    async def buyer_applies(self, blue: Invoice, amount_minor: int = -ALL) -> str:
        """The buyer applies at the portal; our letter that follows the form."""
        asked = {
            "blue_number": blue.standing.invoice_number,
            "amount_minor": amount_minor,
            "reason": "销货退回",
            "applied_by": "BUYER",
        }
        (await self.system.steering.http.post(FORMS, json=asked)).raise_for_status()
        assert await self.adoption.adopt_forms() == 1
        listed = await self.door.reds.ListRedLetters(pb.ListRedLettersRequest(invoice_id=blue.invoice_id))
        return listed.red_letters[0].red_letter_id

    async def money(self, payment_id: str) -> tuple[int, int, int, int]:
        """Invoiced, taken back, still to be taken back, and left, in minor units."""
        asked = pb.GetInvoiceableAmountRequest(payment_id=payment_id)
        told = (await self.door.reds.GetInvoiceableAmount(asked)).invoiceable
        sums = (told.invoiced_amount, told.red_amount, told.red_required_amount, told.left_amount)
        invoiced, red, required, left = (each.amount_minor for each in sums)
        return invoiced, red, required, left


@asynccontextmanager
async def red_bench(system: InvoiceSync) -> AsyncIterator[RedBench]:
    async with open_door(system) as door:
        work, adoption = RedWork(system.tax, system.tools), RedAdoption(system.tax, system.tools)
        yield RedBench(system, door, work, adoption, ApplicationActions(system.tools))
