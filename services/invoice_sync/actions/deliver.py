"""Sends invoices to people by mail, tries again, and takes in what is reported about it. It moves no invoice.

A delivery is SENDING in the database before a byte goes; whoever dies then leaves it to be tried again when its lease
is over, under the same Message-ID.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import telemetry
from chassis.errors import Fault, FieldFault, Kind
from chassis.ids import new_id
from chassis.side_by_side import side_by_side
from services.invoice_sync.actions.links import LinkActions
from services.invoice_sync.actions.papers import PaperActions
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.domain.archive import PaperKind
from services.invoice_sync.domain.delivery import (
    Delivery,
    DeliveryShown,
    DeliveryState,
    MailOutcome,
    MailPolicy,
    NotAnAddress,
    Step,
    after_report,
    after_try,
    delivery_fingerprint,
    first_tried,
    mail_address,
    masked_address,
    without_addresses,
)
from services.invoice_sync.domain.notice import Notice, mail_of, read_report
from services.invoice_sync.domain.original import decimal_text, read_xml
from services.invoice_sync.domain.standing import FINAL, SyncState
from services.invoice_sync.paper.mail import MailAnswer, Relay
from services.invoice_sync.store import deliveries, invoices

_AT_ONCE = 10
_LEASE = timedelta(seconds=180)
# A try ends before its lease does, however slow the relay is at each of its steps.
_TRY_SECONDS_MAX = 150.0
_LISTED_MAX = 100
_WITHOUT_PAPER = (MailOutcome.NO_PAPER, MailOutcome.NO_PAPER_EVER)
_log = structlog.get_logger()


class DeliverActions:
    """`relay` is None where no mail is sent: then nothing can be asked for."""

    def __init__(
        self,
        papers: PaperActions,
        links: LinkActions,
        relay: Relay | None,
        policy: MailPolicy,
        tools: Tools,
    ) -> None:
        self._papers = papers
        self._links = links
        self._relay = relay
        self._policy = policy
        self._tools = tools
        self._tried = telemetry.meter().create_counter("bihuan.delivery.tries", "{mail}", "Mails tried, by outcome.")

    @telemetry.traced
    async def deliver_invoice(
        self, request_id: str, invoice_id: str, email: str, operator: str, reason: str
    ) -> DeliveryShown:
        """Have an invoice's papers sent to an address, as soon as there are any. The same request_id sends once.

        Raises NOT_FOUND, INVALID_FIELD, REQUEST_ID_REUSED, and MAIL_OFF where no mail is sent.
        """
        self._must_offer()
        telemetry.annotate(invoice_id=invoice_id)
        async with self._tools.sessions.begin() as session:
            return await self.deliver_in(session, request_id, invoice_id, email, operator, reason)

    async def deliver_in(
        self, session: AsyncSession, request_id: str, invoice_id: str, email: str, operator: str, reason: str
    ) -> DeliveryShown:
        """As `deliver_invoice`, in its caller's transaction, which is to end when this raises.

        Where no mail is sent it waits until a relay is set.
        """
        address = _address_in(email)
        fingerprint, now = delivery_fingerprint(invoice_id, address), self._tools.clock.now()
        delivery_id = new_id("dlv")
        made = Delivery(
            delivery_id=delivery_id,
            invoice_id=invoice_id,
            request_id=request_id,
            fingerprint=fingerprint,
            sealed_address=self._tools.ring.seal(address.encode("ascii"), _context(delivery_id)),
            masked_address=masked_address(address),
            operator=operator,
            reason=reason,
            state=DeliveryState.QUEUED,
            tries=0,
            due_at=now,
            last_answer="",
            create_time=now,
            update_time=now,
        )
        if await invoices.get(session, invoice_id) is None:
            raise _no_invoice(invoice_id)
        if await deliveries.add(session, made):
            step = Step("QUEUED", reason, operator, now)
            await deliveries.tell(session, delivery_id, step)
            return DeliveryShown(made, [step])
        before = await deliveries.by_request(session, request_id)
        assert before is not None, "a request_id that is taken is somebody's"
        steps = await deliveries.steps(session, [before.delivery_id])
        if before.fingerprint != fingerprint:
            raise _reused()
        return DeliveryShown(before, steps[before.delivery_id], replayed=True)

    async def resend_delivery(self, request_id: str, delivery_id: str, operator: str, reason: str) -> DeliveryShown:
        """Have the same sent to the same address once more, as a delivery of its own. Raises as `deliver_invoice`."""
        async with self._tools.sessions() as session:
            before = await deliveries.get(session, delivery_id)
        if before is None:
            raise Fault(Kind.NOT_FOUND, "NOT_FOUND", f"no delivery {delivery_id}", f"没有投递 {delivery_id}")
        return await self.deliver_invoice(request_id, before.invoice_id, self._address_of(before), operator, reason)

    async def list_deliveries(self, invoice_id: str) -> Sequence[DeliveryShown]:
        """The newest deliveries of an invoice. Raises NOT_FOUND when there is no such invoice."""
        async with self._tools.sessions() as session:
            if await invoices.get(session, invoice_id) is None:
                raise _no_invoice(invoice_id)
            found = await deliveries.of_invoice(session, invoice_id, _LISTED_MAX)
            steps = await deliveries.steps(session, [each.delivery_id for each in found])
        return [DeliveryShown(each, steps[each.delivery_id]) for each in found]

    async def get_delivery(self, delivery_id: str) -> DeliveryShown:
        """One delivery. Raises NOT_FOUND."""
        async with self._tools.sessions() as session:
            found = await deliveries.get(session, delivery_id)
            steps = await deliveries.steps(session, [delivery_id])
        if found is None:
            raise Fault(Kind.NOT_FOUND, "NOT_FOUND", f"no delivery {delivery_id}", f"没有投递 {delivery_id}")
        return DeliveryShown(found, steps[delivery_id])

    async def send_due(self) -> int:
        """Send what is due; how many were tried."""
        relay = self._relay
        if relay is None:
            return 0
        now = self._tools.clock.now()
        async with self._tools.sessions.begin() as session:
            due, left = await deliveries.claim_due(session, now, now + _LEASE, _AT_ONCE)
            for delivery_id in left:
                why = "whoever tried it has not written what came of it"
                await deliveries.tell(session, delivery_id, Step(MailOutcome.UNKNOWN.value, why, "", now))
        # All at once: one after the other, the last would wait for slow relays until its lease is over, and go twice.
        await side_by_side(lambda each: self.send_mail(each, relay), due, _AT_ONCE)
        return len(due)

    @telemetry.traced
    async def send_mail(self, delivery: Delivery, relay: Relay) -> DeliveryState:
        """Try one mail, and write down what came of it."""
        telemetry.annotate(delivery_id=delivery.delivery_id, invoice_id=delivery.invoice_id)
        answer = await self._tried_once(delivery, relay)
        told = without_addresses(answer.told)
        now, waits = self._tools.clock.now(), answer.outcome in _WITHOUT_PAPER
        # To wait for papers is no try of the relay.
        tries = delivery.tries - 1 if waits else delivery.tries
        async with self._tools.sessions.begin() as session:
            held = await deliveries.hold(session, delivery.delivery_id)
            assert held is not None, "a delivery is never removed"
            if held.state is not DeliveryState.SENDING or held.tries != delivery.tries:
                _log.warning("answer after the lease", delivery_id=delivery.delivery_id, outcome=answer.outcome.value)
                return held.state
            since = delivery.create_time if waits else await self._first_tried(session, delivery, now)
            then = after_try(answer.outcome, delivery.tries, since, now, self._tools.jitter(), self._policy)
            await deliveries.move(session, delivery.delivery_id, then, tries, told, now)
            if not waits or then.due_at is None:
                await deliveries.tell(session, delivery.delivery_id, Step(answer.outcome.value, told, "", now))
        self._tried.add(1, {"outcome": answer.outcome.value})
        telemetry.annotate(outcome=answer.outcome.value)
        if answer.outcome is MailOutcome.NO_PAPER_EVER:
            _log.info("mail of an invoice that has ended", delivery_id=delivery.delivery_id)
        elif then.state in (DeliveryState.REFUSED, DeliveryState.GIVEN_UP):
            _log.error("mail not delivered", delivery_id=delivery.delivery_id, state=then.state.value)
        return then.state

    @telemetry.traced
    async def record_report(self, raw: bytes, operator: str) -> DeliveryShown:
        """Take in a report (DSN) about one of our mails. The same report twice changes nothing more.

        Raises NOT_A_REPORT when it is none, or is about none of ours.
        """
        report = read_report(raw)
        if report is None:
            raise _no_report()
        now = self._tools.clock.now()
        async with self._tools.sessions.begin() as session:
            held = await deliveries.hold(session, report.delivery_id)
            if held is None:
                raise _no_report()
            told = without_addresses(f"{report.status} {report.detail}".strip())
            then = after_report(held.state, held.due_at, report.reported)
            known = (await deliveries.steps(session, [held.delivery_id]))[held.delivery_id]
            kind = f"REPORTED_{report.reported.name}"
            if not any((each.kind, each.detail) == (kind, told) for each in known):
                await deliveries.move(session, held.delivery_id, then, held.tries, told, now)
                await deliveries.tell(session, held.delivery_id, Step(kind, told, operator, now))
        telemetry.annotate(delivery_id=report.delivery_id, outcome=report.reported.value)
        return await self.get_delivery(report.delivery_id)

    async def _tried_once(self, delivery: Delivery, relay: Relay) -> MailAnswer:
        try:
            async with asyncio.timeout(_TRY_SECONDS_MAX):
                return await self._handed_over(delivery, relay)
        except TimeoutError:
            return MailAnswer(MailOutcome.UNKNOWN, "no answer in time")

    async def _handed_over(self, delivery: Delivery, relay: Relay) -> MailAnswer:
        try:
            address = self._address_of(delivery)
            made = await self._made(delivery, relay.sender, address)
        except Exception as fault:  # noqa: BLE001  whatever it is: the others go on, and its own tries have an end
            _log.error("mail not made", delivery_id=delivery.delivery_id, error=type(fault).__name__)
            return MailAnswer(MailOutcome.DEFERRED, f"not made: {type(fault).__name__}")
        return made if isinstance(made, MailAnswer) else await relay.send(made, address)

    async def _made(self, delivery: Delivery, sender: str, address: str) -> EmailMessage | MailAnswer:
        """The mail, or why there is none: its papers are not there now, or never will be."""
        try:
            return await self._mail(delivery, sender, address)
        except Fault as fault:
            if fault.kind is Kind.NOT_FOUND and (ended := await self._ended_as(delivery.invoice_id)):
                return MailAnswer(MailOutcome.NO_PAPER_EVER, f"its invoice is {ended.value}: there will be no papers")
            return MailAnswer(MailOutcome.NO_PAPER, fault.message)

    async def _ended_as(self, invoice_id: str) -> SyncState | None:
        """The state of an invoice that nothing moves any more; None of another."""
        async with self._tools.sessions() as session:
            invoice = await invoices.get(session, invoice_id)
        assert invoice is not None, "an invoice is never removed"
        state = invoice.standing.sync_state
        return state if state in FINAL else None

    async def _first_tried(self, session: AsyncSession, delivery: Delivery, now: datetime) -> datetime:
        steps = await deliveries.steps(session, [delivery.delivery_id])
        return first_tried(steps[delivery.delivery_id], now)

    async def _mail(self, delivery: Delivery, sender: str, address: str) -> EmailMessage:
        """What is sent. Raises Fault while there are no papers."""
        xml = await self._papers.read_paper(delivery.invoice_id, PaperKind.XML)
        listed = await self._papers.list_papers(delivery.invoice_id)
        has_pdf = any(each.kind is PaperKind.PDF for each in listed)
        pdf = await self._papers.read_paper(delivery.invoice_id, PaperKind.PDF) if has_pdf else None
        said = read_xml(xml.content)
        notice = Notice(
            delivery_id=delivery.delivery_id,
            sender=sender,
            seller_name=said.seller_name,
            invoice_number=said.number,
            issue_date=said.issue_time[:10],
            amount=f"{decimal_text(said.total)} {said.total.currency_code}",
            red=said.is_red,
            link=self._links.status_url(delivery.invoice_id),
            xml=xml.content,
            pdf=pdf.content if pdf else None,
            now=self._tools.clock.now(),
        )
        return mail_of(notice, address)

    def _address_of(self, delivery: Delivery) -> str:
        return self._tools.ring.open(delivery.sealed_address, _context(delivery.delivery_id)).decode("ascii")

    def _must_offer(self) -> None:
        if self._relay is None:
            raise Fault(
                Kind.PRECONDITION,
                "MAIL_OFF",
                "no mail relay is set, so nothing is sent by mail",
                "未配置邮件服务器，无法发送邮件",
            )


def _address_in(email: str) -> str:
    try:
        return mail_address(email)
    except NotAnAddress as fault:
        wrong = FieldFault("email", "EMAIL", "is no e-mail address", "不是有效的电子邮箱地址")
        raise Fault(Kind.INVALID, "INVALID_FIELD", wrong.message, wrong.message_zh, fields=(wrong,)) from fault


def _context(delivery_id: str) -> bytes:
    """What a sealed address is bound to."""
    return f"delivery:{delivery_id}".encode()


def _no_invoice(invoice_id: str) -> Fault:
    return Fault(Kind.NOT_FOUND, "NOT_FOUND", f"no invoice {invoice_id}", f"没有发票 {invoice_id}")


def _reused() -> Fault:
    return Fault(
        Kind.CONFLICT,
        "REQUEST_ID_REUSED",
        "this request_id stands for another request",
        "该 request_id 已用于另一请求",
    )


def _no_report() -> Fault:
    return Fault(
        Kind.INVALID,
        "NOT_A_REPORT",
        "this is no delivery report about a mail of ours",
        "这不是关于我方邮件的投递报告",
    )
