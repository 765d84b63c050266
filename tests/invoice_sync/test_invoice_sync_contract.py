"""The contract through a real server and a real channel: bad input gets a clear error and stores nothing."""

import grpc
import pytest
from bihuan.invoice_sync.v1 import (
    invoice_pb2,
    invoice_service_pb2,
    merchant_pb2,
    merchant_service_pb2,
    sweep_service_pb2,
)

from chassis.errors import from_rpc_error
from tests.invoice_sync.builders import a_payment, a_profile


async def test_an_invoice_from_profile_to_diagnosis(system, door):
    profile = merchant_pb2.MerchantProfile(
        merchant_id="city-water",
        issue_policy=invoice_pb2.ISSUE_POLICY_ON_REQUEST,
        seller_name="武汉水务集团有限公司",
        seller_tax_id="91420100MA4KXYZ123",
    )
    payment = a_payment()
    await system.follow(payment)

    set_profile = await door.merchants.SetMerchantProfile(
        merchant_service_pb2.SetMerchantProfileRequest(profile=profile)
    )
    requested = await door.invoices.RequestInvoice(
        invoice_service_pb2.RequestInvoiceRequest(
            request_id="request-0001", payment_id=payment.payment_id, buyer_title="个人"
        )
    )
    await system.upload.upload_due()
    await system.until_booked(await system.of_payment(payment.payment_id))
    got = await door.invoices.GetInvoice(invoice_service_pb2.GetInvoiceRequest(invoice_id=requested.invoice.invoice_id))
    log = await door.invoices.ListAttempts(
        invoice_service_pb2.ListAttemptsRequest(invoice_id=requested.invoice.invoice_id)
    )
    why = await door.invoices.DiagnoseInvoice(
        invoice_service_pb2.DiagnoseInvoiceRequest(reference=got.invoice.invoice_number)
    )
    totals = await door.invoices.SummarizeInvoices(invoice_service_pb2.SummarizeInvoicesRequest())

    profile.version = 1
    assert set_profile.profile == profile
    assert not requested.replayed
    assert requested.invoice.HasField("next_attempt_time")
    assert got.invoice.sync_state == invoice_pb2.SYNC_STATE_BOOKED
    # What is booked is read back once more before it is confirmed.
    assert got.invoice.HasField("next_attempt_time")
    assert not got.invoice.HasField("confirm_time")
    assert [each.attempt_no for each in log.attempts] == list(range(1, len(log.attempts) + 1))
    assert why.diagnosis.cause == "IN_SYSTEM"
    assert why.diagnosis.payment_id == payment.payment_id
    (total,) = totals.totals
    assert (total.sync_state, total.invoice_count) == (invoice_pb2.SYNC_STATE_BOOKED, 1)
    assert [(each.currency_code, each.amount_minor) for each in total.amount_sums] == [("CNY", 12_345)]


async def test_a_list_goes_on_where_its_page_ended_and_in_no_other_list(system, door):
    invoices = await system.issued(count=5)
    first = await door.invoices.ListInvoices(invoice_service_pb2.ListInvoicesRequest(page_size=3))

    second = await door.invoices.ListInvoices(
        invoice_service_pb2.ListInvoicesRequest(page_size=3, page_token=first.next_page_token)
    )
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await door.invoices.ListInvoices(
            invoice_service_pb2.ListInvoicesRequest(merchant_id="other", page_token=first.next_page_token)
        )

    listed = [each.invoice_id for each in [*first.invoices, *second.invoices]]
    assert listed == [each.invoice_id for each in reversed(invoices)]
    assert second.next_page_token == ""
    assert from_rpc_error(refused.value).reason == "INVALID_PAGE_TOKEN"


async def test_a_sweep_that_found_something_is_listed(system, door):
    await system.follow(a_payment())
    await system.issue.set_merchant_profile(a_profile())

    ran = await door.sweeps.RunSweep(sweep_service_pb2.RunSweepRequest())
    listed = await door.sweeps.ListSweeps(sweep_service_pb2.ListSweepsRequest())

    assert ran.sweep.issued_count == 1
    assert list(listed.sweeps) == [ran.sweep]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"request_id": "short"}, "INVALID_FIELD"),
        ({"payment_id": ""}, "INVALID_FIELD"),
        ({"buyer_title": ""}, "INVALID_FIELD"),
        ({"buyer_tax_id": "not a tax id"}, "INVALID_FIELD"),
        ({"payment_id": "pay_unknown"}, "NOT_INVOICEABLE"),
    ],
)
async def test_a_bad_request_is_told_so_and_stores_nothing(system, door, changes, reason):
    payment = a_payment()
    await system.follow(payment)
    asked = {"request_id": "request-0001", "payment_id": payment.payment_id, "buyer_title": "个人", **changes}

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await door.invoices.RequestInvoice(invoice_service_pb2.RequestInvoiceRequest(**asked))

    assert from_rpc_error(refused.value).reason == reason
    assert from_rpc_error(refused.value).message_zh
    assert await system.invoices_of(payment.payment_id) == []


async def test_what_is_not_there_is_not_found(door):
    calls = [
        door.invoices.GetInvoice(invoice_service_pb2.GetInvoiceRequest(invoice_id="inv_none")),
        door.invoices.ListAttempts(invoice_service_pb2.ListAttemptsRequest(invoice_id="inv_none")),
        door.invoices.DiagnoseInvoice(invoice_service_pb2.DiagnoseInvoiceRequest(reference="none")),
        door.merchants.GetMerchantProfile(merchant_service_pb2.GetMerchantProfileRequest(merchant_id="none")),
    ]

    for call in calls:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await call
        assert from_rpc_error(refused.value).reason == "NOT_FOUND"


async def test_an_order_number_of_two_merchants_is_not_guessed(system, door):
    await system.follow(
        a_payment(merchant_order_no="SAME"), a_payment(merchant_order_no="SAME", merchant_id="city-gas")
    )

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await door.invoices.DiagnoseInvoice(invoice_service_pb2.DiagnoseInvoiceRequest(reference="SAME"))

    assert from_rpc_error(refused.value).reason == "INVALID_FIELD"


async def test_an_order_number_is_not_guessed_to_be_the_one_that_has_an_invoice(system, door):
    await system.issue.set_merchant_profile(a_profile())
    with_invoice, without = a_payment(merchant_order_no="SAME"), a_payment(merchant_order_no="SAME", merchant_id="gas")
    named_like_an_id = a_payment(merchant_order_no=without.payment_id, merchant_id="heat")
    await system.follow(with_invoice, without, named_like_an_id)

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await door.invoices.DiagnoseInvoice(invoice_service_pb2.DiagnoseInvoiceRequest(reference="SAME"))
    candidates = [with_invoice.payment_id, without.payment_id]
    chosen = [
        (await door.invoices.DiagnoseInvoice(invoice_service_pb2.DiagnoseInvoiceRequest(reference=each))).diagnosis
        for each in candidates
    ]

    fault = from_rpc_error(refused.value)
    assert fault.reason == "INVALID_FIELD"
    assert [each.field for each in fault.fields] == ["reference"]
    assert set(fault.metadata["payment_ids"].split(",")) == set(candidates)
    assert all(each in fault.message and each in fault.message_zh for each in candidates)
    assert [each.payment_id for each in chosen] == candidates
    assert [bool(each.invoice_id) for each in chosen] == [True, False]
