"""Two people who change a merchant's profile at once: nobody undoes unseen what the other did."""

import asyncio

import grpc
import pytest
from bihuan.invoice_sync.v1 import invoice_pb2, invoice_service_pb2, merchant_pb2, merchant_service_pb2

from chassis.errors import from_rpc_error
from tests.invoice_sync.builders import a_payment


def _profile(name: str, version: int = 0, merchant_id: str = "city-water") -> merchant_pb2.MerchantProfile:
    return merchant_pb2.MerchantProfile(
        merchant_id=merchant_id,
        issue_policy=invoice_pb2.ISSUE_POLICY_ON_REQUEST,
        seller_name=name,
        seller_tax_id="91420100MA4KXYZ123",
        version=version,
    )


async def _set(door, profile) -> merchant_pb2.MerchantProfile:
    request = merchant_service_pb2.SetMerchantProfileRequest(profile=profile)
    return (await door.merchants.SetMerchantProfile(request)).profile


async def _get(door) -> merchant_pb2.MerchantProfile:
    asked = merchant_service_pb2.GetMerchantProfileRequest(merchant_id="city-water")
    return (await door.merchants.GetMerchantProfile(asked)).profile


async def test_a_profile_counts_its_changes_and_the_same_again_is_none(system, door):
    first = await _set(door, _profile("水务一"))
    same = await _set(door, _profile("水务一"))
    second = await _set(door, _profile("水务二", version=1))

    assert [first.version, same.version, second.version] == [1, 1, 2]
    assert await _get(door) == second


async def test_what_somebody_else_changed_meanwhile_is_not_undone(system, door):
    await _set(door, _profile("水务一"))
    await _set(door, _profile("水务二", version=1))

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await _set(door, _profile("水务三", version=1))

    fault = from_rpc_error(refused.value)
    assert (fault.reason, dict(fault.metadata)) == ("VERSION_MISMATCH", {"current_version": "2"})
    assert (await _get(door)).seller_name == "水务二"


async def test_a_repeat_of_a_change_that_was_done_is_answered_as_the_first_was(system, door):
    await _set(door, _profile("水务一"))

    done = await _set(door, _profile("水务二", version=1))
    again = await _set(door, _profile("水务二", version=1))

    assert again == done


async def test_a_version_of_a_profile_that_was_never_set_is_none(system, door):
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await _set(door, _profile("水务一", version=1))

    assert from_rpc_error(refused.value).reason == "VERSION_MISMATCH"


async def test_of_many_that_race_from_one_version_exactly_one_gets_through(system, door):
    await _set(door, _profile("水务"))

    ended = await asyncio.gather(
        *(_set(door, _profile(f"水务{number}", version=1)) for number in range(8)), return_exceptions=True
    )

    won = [one for one in ended if not isinstance(one, Exception)]
    lost = [from_rpc_error(one).reason for one in ended if isinstance(one, Exception)]
    assert [one.version for one in won] == [2]
    assert lost == ["VERSION_MISMATCH"] * 7
    assert await _get(door) == won[0]


async def test_an_invoice_is_corrected_from_the_version_that_was_seen(system, door):
    payment = a_payment()
    await system.follow(payment)
    await _set(door, _profile("武汉水务集团有限公司", merchant_id=payment.merchant_id))
    asked = invoice_service_pb2.RequestInvoiceRequest(
        request_id="request-0001", payment_id=payment.payment_id, buyer_title="个人"
    )
    invoice = (await door.invoices.RequestInvoice(asked)).invoice

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await door.invoices.CorrectInvoice(
            invoice_service_pb2.CorrectInvoiceRequest(
                request_id="correct-0001", invoice_id=invoice.invoice_id, buyer_title="张三", expected_version=7
            )
        )

    fault = from_rpc_error(refused.value)
    assert (fault.reason, fault.metadata["current_version"]) == ("VERSION_MISMATCH", str(invoice.version))
