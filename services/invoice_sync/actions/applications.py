"""Customers' applications about lost and wrong invoices: filed with proof, reviewed by a second person, carried out.

The copy is the frozen document; a new invoice comes after the red letter of the old one is in the books.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from chassis import paging, telemetry
from chassis.errors import Fault, Kind
from chassis.ids import new_id
from services.invoice_sync.actions.attempt_log import body_context
from services.invoice_sync.actions.buyer_fit import refuse_broken
from services.invoice_sync.actions.issue import request_id_reused
from services.invoice_sync.actions.red_letters import RedLetterActions, Wish, not_possible
from services.invoice_sync.actions.red_steps import OURSELVES
from services.invoice_sync.actions.reissue import ReissueActions
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.domain.application import (
    Application,
    ApplicationKind,
    ApplicationState,
    ApplicationStep,
    Proof,
    Remedy,
)
from services.invoice_sync.domain.buyer_check import Applicant
from services.invoice_sync.domain.invoice import Invoice, InvoiceKind, Party
from services.invoice_sync.domain.policy import NotDue
from services.invoice_sync.domain.red_letter import RedReason, RedState, is_gone, left_to_take_back
from services.invoice_sync.domain.red_words import WORDS
from services.invoice_sync.store import applications, attempts, invoiceable, invoices, payments, red_letters

_PAGE_SIZE = 50
_REISSUED_MAX = 20
# A new invoice that waits for a refund to be decided is tried for again after this.
_TRY_AGAIN = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class ProofFile:
    """A file as it came."""

    file_name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Filing:
    """What is applied for. An empty `buyer` name keeps the buyer; `amount_minor` 0 keeps the amount."""

    invoice_id: str
    kind: ApplicationKind
    buyer: Party
    amount_minor: int
    why: str
    operator: str
    proofs: Sequence[ProofFile]


class ApplicationActions:
    """Each method is one transaction, save that each reissue of a turn has its own."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._letters = RedLetterActions(tools)
        self._reissue = ReissueActions(tools)

    @telemetry.traced
    async def file_application(self, request_id: str, filing: Filing) -> tuple[Application, bool]:
        """Keep an application with its proof; whether the request_id had filed it before.

        Raises Fault NOT_FOUND, REQUEST_ID_REUSED, and INVALID_FIELD for a buyer that breaks a rule.
        """
        if filing.buyer.name:
            refuse_broken(Applicant(filing.buyer.name, filing.buyer.tax_id), self._tools.checks)
        proofs = [_proof(each) for each in filing.proofs]
        async with self._tools.sessions.begin() as session:
            if before := await applications.asked_by(session, request_id):
                kept = await applications.proofs(session, before.application_id)
                return _same(before, filing, {each.sha256 for each in kept}), True
            invoice = await _invoice(session, filing.invoice_id)
            ring = self._tools.ring
            sealed = [
                (proof.sha256, ring.seal(each.content, body_context(proof.sha256)))
                for proof, each in zip(proofs, filing.proofs, strict=True)
            ]
            await attempts.keep_bodies(session, sealed)
            made = self._new(invoice, filing)
            if not await applications.add(session, made, request_id, proofs):
                raise request_id_reused()
            await applications.move_on(session, made, filing.operator, filing.why)
            return made, False

    @telemetry.traced
    async def review_application(
        self, application_id: str, remedy: Remedy | None, why: str, operator: str
    ) -> Application:
        """Decide an application: what is to be done, or None to refuse it. The same decision again changes nothing.

        Raises Fault NOT_FOUND, SECOND_PERSON_REQUIRED, APPLICATION_STATE, and RED_NOT_POSSIBLE.
        """
        async with self._tools.sessions.begin() as session:
            filed = await self._held(session, application_id)
            if filed.filed_by == operator:
                raise _second_person(filed)
            if (filed.reviewed_by, filed.remedy) == (operator, remedy):
                return filed
            if filed.state is not ApplicationState.AWAITS_REVIEW:
                raise _wrong_state(filed)
            now = self._tools.clock.now()
            reviewed = replace(filed, reviewed_by=operator, remedy=remedy, state_time=now)
            match remedy:
                case None:
                    done = replace(reviewed, state=ApplicationState.REFUSED)
                case Remedy.COPY:
                    done = replace(reviewed, state=ApplicationState.COPIED)
                case Remedy.REISSUE:
                    done = await self._begin_reissue(session, reviewed, why, operator)
            due_at = now if done.state is ApplicationState.REISSUING else None
            await applications.move_on(session, done, operator, why, due_at)
            return done

    @telemetry.traced
    async def withdraw_application(self, application_id: str, why: str, operator: str) -> Application:
        """Take an application back before it is reviewed. Raises Fault NOT_FOUND and APPLICATION_STATE."""
        async with self._tools.sessions.begin() as session:
            filed = await self._held(session, application_id)
            if filed.state is ApplicationState.WITHDRAWN:
                return filed
            if filed.state is not ApplicationState.AWAITS_REVIEW:
                raise _wrong_state(filed)
            done = replace(filed, state=ApplicationState.WITHDRAWN, state_time=self._tools.clock.now())
            await applications.move_on(session, done, operator, why)
            return done

    async def reissue_due(self) -> int:
        """Carry on the applications whose red letter has come to its end; how many were."""
        now, lease = self._tools.clock.now(), self._tools.timers.lease_seconds
        async with self._tools.sessions.begin() as session:
            due = await applications.to_reissue(session, now, lease, _REISSUED_MAX)
        for application_id in due:
            await self.reissue(application_id)
        return len(due)

    @telemetry.traced
    async def reissue(self, application_id: str) -> None:
        """Issue the new invoice of an application whose red letter is in the books, or say why there is none."""
        try:
            async with self._tools.sessions.begin() as session:
                await self._reissue_held(session, await self._held(session, application_id))
        except Fault as fault:
            async with self._tools.sessions.begin() as session:
                held = await self._held(session, application_id)
                if held.state is ApplicationState.REISSUING:
                    await self._not_reissued(session, held, fault)

    async def get_application(
        self, application_id: str
    ) -> tuple[Application, Sequence[Proof], Sequence[ApplicationStep]]:
        """An application with its proof and every step. Raises Fault NOT_FOUND."""
        async with self._tools.sessions() as session:
            found = await applications.get(session, application_id)
            if found is None:
                raise _unknown(application_id)
            kept = await applications.proofs(session, application_id)
            return found, kept, await applications.steps(session, application_id)

    async def list_applications(
        self, page_size: int, page_token: str, merchant_id: str, invoice_id: str, state: ApplicationState | None
    ) -> tuple[Sequence[Application], str]:
        """A page, newest first, and the token of the next. Raises Fault INVALID_PAGE_TOKEN."""
        size, filters = page_size or _PAGE_SIZE, f"applications\x1f{merchant_id}\x1f{invoice_id}\x1f{state or ''}"
        async with self._tools.sessions() as session:
            before = paging.last_id(filters, page_token)
            rows = await applications.page(session, size + 1, before, merchant_id, invoice_id, state)
        page = rows[:size]
        return page, paging.encode(filters, (page[-1].application_id,)) if len(rows) > size else ""

    async def read_proof(self, application_id: str, sha256: str) -> tuple[Proof, bytes]:
        """A file of an application, as it came. Raises Fault NOT_FOUND."""
        async with self._tools.sessions() as session:
            kept = {each.sha256: each for each in await applications.proofs(session, application_id)}
            sealed = await attempts.sealed_body(session, sha256) if sha256 in kept else None
        if sealed is None:
            raise Fault(Kind.NOT_FOUND, "NOT_FOUND", "the application has no such file", "该申请没有此文件")
        return kept[sha256], self._tools.ring.open(sealed, body_context(sha256))

    async def read_copy(self, application_id: str) -> tuple[Invoice, bytes]:
        """The replacement copy: the frozen document as it was sent. Raises Fault NOT_FOUND and APPLICATION_STATE."""
        async with self._tools.sessions() as session:
            found = await applications.get(session, application_id)
            if found is None:
                raise _unknown(application_id)
            if found.state is not ApplicationState.COPIED:
                raise _wrong_state(found)
            invoice = await _invoice(session, found.invoice_id)
            sealed = await attempts.sealed_body(session, invoice.document_sha256)
        assert sealed is not None, "a frozen document is kept"
        return invoice, self._tools.ring.open(sealed, body_context(invoice.document_sha256))

    def _new(self, invoice: Invoice, filing: Filing) -> Application:
        now = self._tools.clock.now()
        return Application(
            new_id("app"),
            invoice.invoice_id,
            invoice.payment_id,
            invoice.merchant_id,
            filing.kind,
            filing.buyer if filing.buyer.name else invoice.buyer,
            filing.amount_minor,
            filing.why,
            filing.operator,
            now,
            ApplicationState.AWAITS_REVIEW,
            now,
        )

    async def _begin_reissue(
        self, session: AsyncSession, reviewed: Application, why: str, operator: str
    ) -> Application:
        """Ask for the red letter of all that is left of the old invoice; one that is gone needs none."""
        await payments.lock(session, reviewed.payment_id)
        blue = await _invoice(session, reviewed.invoice_id)
        if is_gone(blue.standing):
            left_minor = await self._left_of_gone(session, blue)
            await invoiceable.give_back(session, blue.payment_id, left_minor)
            return await self._reissued(session, reviewed, left_minor)
        wish = Wish(blue.invoice_id, 0, RedReason.MISTAKE, why, operator, reviewed.application_id)
        letter = await self._letters.begin(session, f"application:{reviewed.application_id}", wish)
        return replace(reviewed, state=ApplicationState.REISSUING, red_letter_id=letter.red_letter_id)

    async def _left_of_gone(self, session: AsyncSession, blue: Invoice) -> int:
        """What an invoice that is gone holds still, with its payment locked: nobody else gives the same money back."""
        if blue.kind is not InvoiceKind.BLUE:
            raise not_possible(blue, "NOT_BLUE", "it is a red letter itself", "该发票本身为红字发票")
        if await red_letters.is_active(session, blue.invoice_id):
            raise not_possible(blue, "ACTIVE", "it has a red letter under way", "该发票已有进行中的红字流程")
        taken_back = await red_letters.taken_back_minor(session, blue.invoice_id)
        left = left_to_take_back(blue.amount, taken_back)
        if left.amount_minor == 0 or await applications.is_reissued(session, blue.invoice_id):
            raise not_possible(blue, "EXCEEDS", "its money was given back before", "其金额此前已释放或重开")
        return left.amount_minor

    async def _reissue_held(self, session: AsyncSession, held: Application) -> None:
        if held.state is not ApplicationState.REISSUING:
            return
        letter = await red_letters.get(session, held.red_letter_id)
        assert letter is not None, "what is reissued has its red letter"
        now = self._tools.clock.now()
        if letter.state is not RedState.BOOKED:
            ended = replace(held, state=ApplicationState.NOT_REISSUED, state_time=now)
            await applications.move_on(session, ended, OURSELVES, f"{letter.state.value}: {WORDS[letter.state][0]}")
            return
        done = await self._reissued(session, replace(held, state_time=now), -letter.amount.amount_minor)
        await applications.move_on(session, done, OURSELVES, f"new invoice {done.new_invoice_id}")

    async def _reissued(self, session: AsyncSession, held: Application, taken_back_minor: int) -> Application:
        wanted_minor = min(held.amount_minor or taken_back_minor, taken_back_minor)
        invoice_id = await self._reissue.issue_rest(session, held.payment_id, held.buyer, wanted_minor)
        return replace(held, state=ApplicationState.REISSUED, new_invoice_id=invoice_id)

    async def _not_reissued(self, session: AsyncSession, held: Application, fault: Fault) -> None:
        """While a refund is not decided it is tried again; for every other reason people have to look."""
        now = self._tools.clock.now()
        if fault.metadata.get("cause") == NotDue.REFUND_UNDER_WAY.value:
            await applications.put_off(session, held.application_id, now + _TRY_AGAIN)
            return
        ended = replace(held, state=ApplicationState.NOT_REISSUED, state_time=now)
        await applications.move_on(session, ended, OURSELVES, fault.message)

    async def _held(self, session: AsyncSession, application_id: str) -> Application:
        held = await applications.hold(session, application_id)
        if held is None:
            raise _unknown(application_id)
        return held


async def _invoice(session: AsyncSession, invoice_id: str) -> Invoice:
    invoice = await invoices.get(session, invoice_id)
    if invoice is None:
        raise Fault(Kind.NOT_FOUND, "NOT_FOUND", f"no invoice {invoice_id}", f"没有发票 {invoice_id}")
    return invoice


def _proof(came: ProofFile) -> Proof:
    sha256 = hashlib.sha256(came.content).hexdigest()
    return Proof(sha256, came.file_name, came.media_type, len(came.content))


def _same(before: Application, filing: Filing, kept: set[str]) -> Application:
    asked = (filing.invoice_id, filing.kind, filing.amount_minor, filing.why, filing.operator)
    same_files = {_proof(each).sha256 for each in filing.proofs} == kept
    same_buyer = not filing.buyer.name or filing.buyer == before.buyer
    was = (before.invoice_id, before.kind, before.amount_minor, before.why, before.filed_by)
    if was != asked or not same_files or not same_buyer:
        raise request_id_reused()
    return before


def _unknown(application_id: str) -> Fault:
    return Fault(Kind.NOT_FOUND, "NOT_FOUND", f"no application {application_id}", f"没有申请 {application_id}")


def _second_person(filed: Application) -> Fault:
    return Fault(
        Kind.PRECONDITION,
        "SECOND_PERSON_REQUIRED",
        f"application {filed.application_id} was filed by {filed.filed_by}: somebody else has to review it",
        f"申请 {filed.application_id} 由 {filed.filed_by} 提交，须由他人复核",
        metadata={"application_id": filed.application_id, "created_by": filed.filed_by},
    )


def _wrong_state(found: Application) -> Fault:
    return Fault(
        Kind.PRECONDITION,
        "APPLICATION_STATE",
        f"application {found.application_id} is {found.state.value}, so this cannot be done with it",
        f"申请 {found.application_id} 当前状态 {found.state.value}，不能执行此操作",
        metadata={"application_id": found.application_id, "state": found.state.value},
    )
