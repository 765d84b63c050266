"""Invoices by mail, against a real SMTP server: tries to an end, an unknown outcome, reports that come back."""

import asyncio
import contextlib
import email
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email.message import EmailMessage
from email.policy import default

import pytest
from aiosmtpd.smtp import SMTP, Envelope
from bihuan.invoice_sync.v1 import delivery_pb2, delivery_service_pb2

from chassis.errors import Fault
from services.invoice_sync.domain.delivery import DeliveryState, MailPolicy, NotAnAddress, mail_address
from services.invoice_sync.domain.notice import read_report
from services.invoice_sync.paper.mail import NO_TLS, Relay
from services.invoice_sync.store import deliveries
from tests.invoice_sync.builders import InvoiceSync, a_payment, a_profile
from tests.invoice_sync.paper_bench import PaperBench, paper_bench

SENDER = "闭环 <invoices@bihuan.example>"
POLICY = MailPolicy(retry_seconds=60, retry_seconds_max=600, tries_max=3)


@dataclass
class Mailbox:
    """A relay on a real socket: what it took, and how it answers; `silent` takes a mail and says nothing.

    `together` answers none before so many came.
    """

    port: int = 0
    taken: list[EmailMessage] = field(default_factory=list)
    on_recipient: Callable[[str], str] = lambda address: "250 OK"
    on_data: Callable[[], str] = lambda: "250 2.0.0 queued"
    silent: bool = False
    together: asyncio.Barrier | None = None

    async def handle_RCPT(self, server, session, envelope: Envelope, address: str, options) -> str:
        answer = self.on_recipient(address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope: Envelope) -> str:
        answer = self.on_data()
        if answer.startswith("250"):
            self.taken.append(email.message_from_bytes(envelope.original_content, policy=default))
        if self.silent:
            await asyncio.sleep(60)
        if self.together:
            await self.together.wait()
        return answer


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    box = Mailbox()
    connections: set[SMTP] = set()

    def connected() -> SMTP:
        made = SMTP(box, enable_SMTPUTF8=True, loop=asyncio.get_running_loop())
        connections.add(made)
        return made

    server = await asyncio.get_running_loop().create_server(connected, "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    yield box
    server.close()
    for each in connections:
        if each._handler_coroutine is not None:
            each._handler_coroutine.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await each._handler_coroutine


def _bench(system: InvoiceSync, port: int, *, with_pdf: bool = False, timeout_seconds: float = 30.0) -> PaperBench:
    relay = Relay("127.0.0.1", port, NO_TLS, SENDER, "", timeout_seconds)
    return paper_bench(system.tools, relay=relay, mail=POLICY, with_pdf=with_pdf)


async def _asked(system: InvoiceSync, bench: PaperBench, request_id: str = "request-1"):
    """A booked invoice with its papers, and a delivery of them."""
    invoice = await system.booked()
    await bench.papers.make_papers(invoice.invoice_id)
    shown = await bench.deliver.deliver_invoice(request_id, invoice.invoice_id, "Li@Example.com", "wang", "asked for")
    return invoice, shown.delivery


async def test_a_buyer_gets_a_mail_in_two_languages_with_the_xml_the_pdf_and_a_link(system: InvoiceSync, mailbox):
    bench = _bench(system, mailbox.port, with_pdf=True)
    invoice, asked = await _asked(system, bench)

    assert await bench.deliver.send_due() == 1

    (mail,) = mailbox.taken
    number = invoice.standing.invoice_number
    assert mail["To"] == "Li@example.com"
    assert mail["Subject"] == f"您的发票 {number} / Your invoice {number}"
    assert mail["Message-ID"] == f"<{asked.delivery_id}@bihuan.example>"
    text = mail.get_body(("plain",)).get_content()
    for words in (
        "已入税务系统",
        "stands in the tax authority's system",
        "https://pay.example/i/k1.S.inv_",
        "123.45 CNY",
    ):
        assert words in text
    assert 'rel="noreferrer noopener"' in mail.get_body(("html",)).get_content()
    files = {each.get_filename(): each.get_content() for each in mail.iter_attachments()}
    assert files[f"{number}.xml"].startswith(b"<?xml")
    assert files[f"{number}.pdf"].startswith(b"%PDF-")
    shown = await bench.deliver.get_delivery(asked.delivery_id)
    assert (shown.delivery.state, shown.delivery.due_at) == (DeliveryState.SENT, None)
    assert [each.kind for each in shown.steps] == ["QUEUED", "TAKEN"]
    assert (await system.again(invoice)).standing.sync_state == "BOOKED"  # the one does not move the other


async def test_the_same_request_sends_once_and_another_content_under_it_is_refused(system: InvoiceSync, mailbox):
    bench = _bench(system, mailbox.port)
    invoice, asked = await _asked(system, bench)

    again = await bench.deliver.deliver_invoice("request-1", invoice.invoice_id, "Li@example.com", "wang", "again")

    assert (again.replayed, again.delivery.delivery_id) == (True, asked.delivery_id)
    with pytest.raises(Fault, match="no e-mail address") as wrong:
        await bench.deliver.deliver_invoice("request-2", invoice.invoice_id, "nobody", "wang", "again")
    assert wrong.value.fields[0].field == "email"
    with pytest.raises(Fault, match="another request"):
        await bench.deliver.deliver_invoice("request-1", invoice.invoice_id, "other@example.com", "wang", "again")
    await bench.deliver.send_due()
    await bench.deliver.send_due()
    assert len(mailbox.taken) == 1


async def test_it_is_sent_again_by_a_person_who_says_why_as_a_delivery_of_its_own(system: InvoiceSync, mailbox):
    bench = _bench(system, mailbox.port)
    _, asked = await _asked(system, bench)
    await bench.deliver.send_due()

    second = await bench.deliver.resend_delivery("request-2", asked.delivery_id, "zhao", "the buyer lost it")
    await bench.deliver.send_due()

    assert [each["To"] for each in mailbox.taken] == ["Li@example.com", "Li@example.com"]
    assert len({each["Message-ID"] for each in mailbox.taken}) == 2
    assert (second.delivery.operator, second.delivery.reason) == ("zhao", "the buyer lost it")


async def test_a_delivery_waits_for_the_papers_and_goes_when_they_are_there(system: InvoiceSync, mailbox):
    bench = _bench(system, mailbox.port)
    (invoice,) = await system.issued()
    asked = (await bench.deliver.deliver_invoice("request-1", invoice.invoice_id, "li@example.com", "w", "r")).delivery
    await bench.deliver.send_due()
    waiting = (await bench.deliver.get_delivery(asked.delivery_id)).delivery
    await system.upload.upload_due()
    await system.until_booked(invoice)

    await bench.papers.make_due()
    await bench.deliver.send_due()

    assert (waiting.state, waiting.tries) == (DeliveryState.QUEUED, 0)
    assert len(mailbox.taken) == 1


async def test_a_mail_whose_invoice_is_cancelled_before_there_were_papers_ends_at_once(system: InvoiceSync, mailbox):
    bench, payment = _bench(system, mailbox.port), a_payment()
    await system.issue.set_merchant_profile(a_profile())
    await system.follow(payment)
    invoice = await system.of_payment(payment.payment_id)
    asked = await bench.deliver.deliver_invoice("request-1", invoice.invoice_id, "li@example.com", "wang", "asked for")
    await system.follow(replace(payment, version=2, refunded_minor=payment.amount.amount_minor))

    await bench.deliver.send_due()

    ended = await bench.deliver.get_delivery(asked.delivery.delivery_id)
    assert (ended.delivery.state, ended.delivery.due_at, ended.delivery.tries) == (DeliveryState.GIVEN_UP, None, 0)
    assert ended.delivery.last_answer == "its invoice is CANCELLED: there will be no papers"
    assert [each.kind for each in ended.steps] == ["QUEUED", "NO_PAPER_EVER"]


async def test_the_days_of_a_mail_are_counted_from_its_first_try_and_not_from_its_wait_for_papers(
    system: InvoiceSync, mailbox
):
    bench = _bench(system, mailbox.port)
    mailbox.on_recipient = lambda address: "451 4.7.1 greylisted"
    invoice = await system.booked()
    asked = await bench.deliver.deliver_invoice("request-1", invoice.invoice_id, "li@example.com", "wang", "asked for")
    await bench.deliver.send_due()
    system.clock.advance(POLICY.age_seconds_max + 60)
    await bench.papers.make_papers(invoice.invoice_id)

    await bench.deliver.send_due()
    first = (await bench.deliver.get_delivery(asked.delivery.delivery_id)).delivery
    system.clock.advance(POLICY.age_seconds_max)
    await bench.deliver.send_due()
    last = (await bench.deliver.get_delivery(asked.delivery.delivery_id)).delivery

    assert (first.state, first.tries) == (DeliveryState.RETRY_WAIT, 1)
    assert (last.state, last.tries) == (DeliveryState.GIVEN_UP, 2)


async def test_what_is_not_taken_is_tried_again_later_and_to_an_end(system: InvoiceSync, mailbox):
    bench = _bench(system, mailbox.port)
    mailbox.on_recipient = lambda address: "451 4.7.1 greylisted"
    _, asked = await _asked(system, bench)
    seen = []

    for _ in range(4):
        await bench.deliver.send_due()
        shown = (await bench.deliver.get_delivery(asked.delivery_id)).delivery
        seen.append((shown.state, shown.tries))
        await bench.deliver.send_due()  # not due before its time
        system.clock.advance(601)

    waits = DeliveryState.RETRY_WAIT
    assert seen == [(waits, 1), (waits, 2), (DeliveryState.GIVEN_UP, 3), (DeliveryState.GIVEN_UP, 3)]
    assert shown.last_answer == "451 4.7.1 greylisted"
    assert mailbox.taken == []


async def test_a_relay_that_is_away_took_nothing(system: InvoiceSync):
    with contextlib.closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    bench = _bench(system, port)
    _, asked = await _asked(system, bench)

    await bench.deliver.send_due()

    shown = (await bench.deliver.get_delivery(asked.delivery_id)).delivery
    assert shown.state is DeliveryState.RETRY_WAIT
    assert shown.last_answer.startswith("no connection")


async def test_an_address_that_is_refused_for_good_is_not_tried_again(system: InvoiceSync, mailbox):
    bench = _bench(system, mailbox.port)
    mailbox.on_recipient = lambda address: f"550 5.1.1 <{address}>: no such user"
    _, asked = await _asked(system, bench)

    await bench.deliver.send_due()

    shown = (await bench.deliver.get_delivery(asked.delivery_id)).delivery
    assert (shown.state, shown.due_at) == (DeliveryState.REFUSED, None)
    assert shown.last_answer == "550 5.1.1 <L***@example.com>: no such user"
    steps = (await bench.deliver.get_delivery(asked.delivery_id)).steps
    assert not [each for each in steps if "li@example.com" in each.detail.lower()]


async def test_no_answer_after_the_whole_mail_is_unknown_and_the_next_try_bears_the_same_message_id(
    system: InvoiceSync, mailbox
):
    bench, hurried = _bench(system, mailbox.port), _bench(system, mailbox.port, timeout_seconds=1.5)
    mailbox.silent = True
    _, asked = await _asked(system, bench)

    await hurried.deliver.send_due()
    unknown = (await bench.deliver.get_delivery(asked.delivery_id)).delivery
    mailbox.silent = False
    system.clock.advance(601)
    await bench.deliver.send_due()

    assert unknown.state is DeliveryState.UNKNOWN
    assert (await bench.deliver.get_delivery(asked.delivery_id)).delivery.state is DeliveryState.SENT
    assert len({each["Message-ID"] for each in mailbox.taken}) == 1


async def test_a_try_that_nobody_finished_is_unknown_and_made_again_when_its_lease_is_over(
    system: InvoiceSync, mailbox
):
    bench = _bench(system, mailbox.port)
    _, asked = await _asked(system, bench)
    async with system.sessions.begin() as session:  # a worker claims it, and is killed
        now = system.clock.now()
        await deliveries.claim_due(session, now, now + timedelta(seconds=180), 10)
    assert await bench.deliver.send_due() == 0

    system.clock.advance(181)
    await bench.deliver.send_due()

    shown = await bench.deliver.get_delivery(asked.delivery_id)
    assert [each.kind for each in shown.steps] == ["QUEUED", "UNKNOWN", "TAKEN"]
    assert (shown.delivery.state, shown.delivery.tries) == (DeliveryState.SENT, 2)


async def test_a_slow_relay_does_not_keep_the_next_mail_waiting_until_its_lease_is_over(system: InvoiceSync, mailbox):
    bench = _bench(system, mailbox.port, timeout_seconds=30)
    mailbox.together = asyncio.Barrier(2)
    invoice, first = await _asked(system, bench)
    second = await bench.deliver.deliver_invoice("request-2", invoice.invoice_id, "zhao@example.com", "wang", "asked")

    await bench.deliver.send_due()

    shown = [await bench.deliver.get_delivery(each) for each in (first.delivery_id, second.delivery.delivery_id)]
    assert [each.delivery.state for each in shown] == [DeliveryState.SENT] * 2


async def test_a_mail_that_cannot_be_made_keeps_no_other_back_and_its_tries_end(system: InvoiceSync, mailbox):
    bench = _bench(system, mailbox.port)
    invoice, broken = await _asked(system, bench)
    await system.execute("UPDATE delivery SET sealed_address = 'no seal of ours'")
    other = await bench.deliver.deliver_invoice("request-2", invoice.invoice_id, "zhao@example.com", "wang", "asked")

    for _ in range(POLICY.tries_max):
        await bench.deliver.send_due()
        system.clock.advance(601)

    assert (await bench.deliver.get_delivery(other.delivery.delivery_id)).delivery.state is DeliveryState.SENT
    ended = await bench.deliver.get_delivery(broken.delivery_id)
    assert (ended.delivery.state, ended.delivery.due_at) == (DeliveryState.GIVEN_UP, None)
    assert len(mailbox.taken) == 1


async def test_a_bounce_that_comes_back_is_recorded_once_and_ends_the_delivery(system: InvoiceSync, door, mailbox):
    bench = _bench(system, mailbox.port)
    invoice, asked = await _asked(system, bench)
    await bench.deliver.send_due()
    report = delivery_service_pb2.RecordDeliveryReportRequest(message=_report(mailbox.taken[0]), operator="postmaster")

    first = (await door.deliveries.RecordDeliveryReport(report)).delivery
    again = (await door.deliveries.RecordDeliveryReport(report)).delivery

    assert first.delivery_id == asked.delivery_id
    assert first.state == delivery_pb2.DELIVERY_STATE_BOUNCED
    assert first.last_answer == "5.1.1 smtp; 550 5.1.1 <l***@example.com>: no such user"
    assert [each.kind for each in again.steps] == ["QUEUED", "TAKEN", "REPORTED_FAILED"]
    listed = delivery_service_pb2.ListDeliveriesRequest(invoice_id=invoice.invoice_id)
    (shown,) = (await door.deliveries.ListDeliveries(listed)).deliveries
    assert shown.masked_address == "L***@example.com"


async def test_a_report_that_a_mail_arrived_says_delivered_and_never_undoes_a_bounce(system: InvoiceSync, mailbox):
    bench = _bench(system, mailbox.port)
    await _asked(system, bench)
    await bench.deliver.send_due()

    arrived = await bench.deliver.record_report(_report(mailbox.taken[0], "delivered", "2.0.0").encode(), "postmaster")
    failed = await bench.deliver.record_report(_report(mailbox.taken[0]).encode(), "postmaster")
    late = await bench.deliver.record_report(_report(mailbox.taken[0], "delivered", "2.0.1").encode(), "postmaster")

    states = [each.delivery.state for each in (arrived, failed, late)]
    assert states == [DeliveryState.DELIVERED, DeliveryState.BOUNCED, DeliveryState.BOUNCED]


async def test_what_is_no_report_about_a_mail_of_ours_is_refused(system: InvoiceSync):
    bench = paper_bench(system.tools)
    stranger = EmailMessage()
    stranger["Message-ID"] = f"<dlv_{'0' * 32}@bihuan.example>"

    for raw in (b"Subject: hello\r\n\r\nno report", _report(stranger).encode()):
        with pytest.raises(Fault) as raised:
            await bench.deliver.record_report(raw, "postmaster")
        assert raised.value.reason == "NOT_A_REPORT"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\nContent-Type: message/delivery-status\r\n\r\n--x--\r\n",  # noqa: E501
        b"\xff\xfe" * 100,
        b"Message-ID: <dlv_00000000000000000000000000000000@a>\r\n" * 40_000,
    ],
    ids=["nothing", "an empty report", "no mail", "too large"],
)
def test_whatever_comes_as_a_report_is_read_without_harm(raw: bytes):
    assert read_report(raw) is None


@pytest.mark.parametrize("address", ["nobody", "a@b", "a@b.example\r\nBcc: c@d.example", "李@例子.中国", ""])
def test_what_is_no_address_is_refused(address: str):
    with pytest.raises(NotAnAddress):
        mail_address(address)


async def test_where_no_relay_is_set_it_says_so(system: InvoiceSync):
    bench = paper_bench(system.tools)

    with pytest.raises(Fault) as raised:
        await bench.deliver.deliver_invoice("request-1", "inv_1", "li@example.com", "wang", "asked for")

    assert raised.value.reason == "MAIL_OFF"
    assert await bench.deliver.send_due() == 0


def _report(mail: EmailMessage, action: str = "failed", status: str = "5.1.1") -> str:
    """A report as RFC 3464 has it, with the headers of the mail that it is about."""
    return (
        "From: MAILER-DAEMON@example.com\r\nTo: invoices@bihuan.example\r\nSubject: Undelivered\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary="b1"\r\n\r\n'
        "--b1\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        "--b1\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.example.com\r\n\r\n"
        f"Final-Recipient: rfc822; li@example.com\r\nAction: {action}\r\nStatus: {status}\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 <li@example.com>:\r\n no such user\r\n\r\n"
        "--b1\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        f"Message-ID: {mail['Message-ID']}\r\nSubject: hello\r\n\r\n--b1--\r\n"
    )
