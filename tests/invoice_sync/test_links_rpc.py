"""Signed links: what a buyer without a login is told, and what none of them tells."""

import hashlib
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from bihuan.invoice_sync.v1 import link_service_pb2 as pb
from bihuan.invoice_sync.v1 import paper_pb2

from chassis.errors import from_rpc_error
from services.invoice_sync.domain.invoice import Party
from services.invoice_sync.domain.policy import IssuePolicy
from tests.invoice_sync.builders import InvoiceSync, a_payment, a_profile
from tests.invoice_sync.paper_bench import paper_bench

BUYER = Party("武汉某某科技有限公司", "91420100MA4KXYZ12X")


async def _link(door, invoice_id: str, purpose: int = pb.LINK_PURPOSE_STATUS, **changes) -> str:
    asked = pb.CreateLinkRequest(invoice_id=invoice_id, purpose=purpose, operator="wang", reason="asked for", **changes)
    url = (await door.links.CreateLink(asked)).url
    assert url.startswith("https://pay.example/i/")
    return url.rpartition("/")[2]


async def _refused(call) -> str:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call
    return from_rpc_error(raised.value).reason


async def test_a_buyer_sees_how_far_it_is_and_when_it_ends_and_nothing_that_names_the_buyer(system: InvoiceSync, door):
    await system.issue.set_merchant_profile(a_profile(IssuePolicy.ON_REQUEST))
    payment = a_payment()
    await system.follow(payment)
    asked = await system.issue.request_invoice("request-1", payment.payment_id, BUYER)
    invoice = (await system.read.get_invoice(asked.invoice_id)).invoice
    token = await _link(door, invoice.invoice_id)

    sent = await door.links.ViewLink(pb.ViewLinkRequest(token=token))
    await system.upload.upload_due()
    booking = await door.links.ViewLink(pb.ViewLinkRequest(token=token))
    await system.until_booked(invoice)
    booked = await door.links.ViewLink(pb.ViewLinkRequest(token=token))

    assert [(each.phase, each.title_zh) for each in (sent, booking, booked)] == [
        ("BEING_SENT", "正在上传"),
        ("BEING_BOOKED", "正在入账"),
        ("IN_SYSTEM", "已入税务系统"),
    ]
    due = datetime.fromtimestamp(booking.expected_time.seconds, UTC)
    assert timedelta(0) < due - invoice.create_time <= timedelta(seconds=700)
    assert (booked.HasField("book_time"), booked.HasField("expected_time")) == (True, False)
    number = (await system.again(invoice)).standing.invoice_number
    for view in (sent, booking, booked):
        assert view.masked_title == "武**"
        assert view.masked_number_of_buyer == "9142****Z12X"
        for secret in (BUYER.name, BUYER.tax_id, number, payment.merchant_order_no, payment.payment_id):
            assert not secret or secret not in str(view)
    assert booked.masked_invoice_number == f"{number[:4]}****{number[-4:]}"
    assert list(booked.papers) == []


async def test_a_link_for_downloads_hands_out_the_files_and_one_for_the_state_none(system: InvoiceSync, door):
    invoice = await system.booked()
    await paper_bench(system.tools).papers.make_papers(invoice.invoice_id)
    state = await _link(door, invoice.invoice_id)
    download = await _link(door, invoice.invoice_id, pb.LINK_PURPOSE_DOWNLOAD)

    view = await door.links.ViewLink(pb.ViewLinkRequest(token=download))
    file = await door.links.DownloadByLink(pb.DownloadByLinkRequest(token=download, kind=paper_pb2.PAPER_KIND_XML))

    assert list(view.papers) == [paper_pb2.PAPER_KIND_XML]
    assert file.sha256 == hashlib.sha256(file.body).hexdigest()
    assert (file.content_type, file.file_name) == ("application/xml", f"{invoice.invoice_id}.xml")
    missing = pb.DownloadByLinkRequest(token=download, kind=paper_pb2.PAPER_KIND_PDF)
    assert await _refused(door.links.DownloadByLink(missing)) == "NOT_FOUND"
    wrong = pb.DownloadByLinkRequest(token=state, kind=paper_pb2.PAPER_KIND_XML)
    assert await _refused(door.links.DownloadByLink(wrong)) == "LINK_REFUSED"


async def test_a_link_ends_when_it_says_and_a_forged_one_opens_nothing(system: InvoiceSync, door):
    (invoice,) = await system.issued()
    token = await _link(door, invoice.invoice_id, valid_seconds=60)
    assert (await door.links.ViewLink(pb.ViewLinkRequest(token=token))).phase == "BEING_SENT"

    system.clock.advance(60)

    assert await _refused(door.links.ViewLink(pb.ViewLinkRequest(token=token))) == "LINK_REFUSED"
    forged = token.rpartition(".")[0] + "." + "A" * 43
    assert await _refused(door.links.ViewLink(pb.ViewLinkRequest(token=forged))) == "LINK_REFUSED"
    unknown = pb.CreateLinkRequest(invoice_id="inv_0", purpose=pb.LINK_PURPOSE_STATUS, operator="w", reason="r")
    assert await _refused(door.links.CreateLink(unknown)) == "NOT_FOUND"
