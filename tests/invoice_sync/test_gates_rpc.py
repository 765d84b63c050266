"""GateService: people close and open the ways to the authority, and everyone sees what holds what."""

import grpc
import pytest
from bihuan.invoice_sync.v1 import gate_pb2, gate_service_pb2, invoice_pb2, invoice_service_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.errors import from_rpc_error
from tests.support.tax_sandbox import ROUTE, SELLER_TAX_ID

BREAK = {"route": ROUTE.key, "reason": "rate card is being changed", "set_by": "zhang", "request_id": "request-0001"}


async def set_hold(door, **changes) -> gate_pb2.Hold:
    answer = await door.gates.SetHold(gate_service_pb2.SetHoldRequest(**{**BREAK, **changes}))
    return answer.hold


async def gate_of(door) -> gate_pb2.Gate:
    listed = await door.gates.ListGates(gate_service_pb2.ListGatesRequest())
    return next(each for each in listed.gates if each.route == ROUTE.key)


async def state_of(door, invoice) -> invoice_pb2.Invoice:
    asked = invoice_service_pb2.GetInvoiceRequest(invoice_id=invoice.invoice_id)
    return (await door.invoices.GetInvoice(asked)).invoice


async def test_what_a_person_closes_holds_invoices_until_it_is_lifted(system, door):
    hold = await set_hold(door)
    (invoice,) = await system.issued()

    sent = await system.upload.upload_due()
    held, gate, why = await state_of(door, invoice), await gate_of(door), await door.why(invoice.invoice_id)
    lifted = await door.gates.LiftHold(gate_service_pb2.LiftHoldRequest(hold_id=hold.hold_id))
    again = await door.gates.LiftHold(gate_service_pb2.LiftHoldRequest(hold_id=hold.hold_id))
    await system.upload.upload_due()
    after = await state_of(door, invoice)

    assert sent == 0
    assert (held.sync_state, held.held_by) == (invoice_pb2.SYNC_STATE_HELD, "MANUAL")
    assert (list(gate.holds), gate.waiting_count) == ([hold], 1)
    assert (hold.kind, hold.set_by, hold.reason) == (gate_pb2.Hold.KIND_MANUAL, "zhang", BREAK["reason"])
    assert (why.cause, why.confidence) == ("A4", why.CONFIDENCE_PROVED)
    assert (why.owner, why.remedy_call) == ("OPERATOR", f"POST /v1/holds/{hold.hold_id}:lift")
    assert hold.hold_id in {row.row_id for row in why.evidence}
    assert (lifted.lifted, again.lifted) == (True, False)
    assert (after.sync_state, after.held_by) == (invoice_pb2.SYNC_STATE_ACKED, "")
    assert (await gate_of(door)).holds == []


async def test_a_quota_that_is_used_up_is_the_cause_and_not_only_a_closed_gate(system, door):
    await system.steering.http.post(
        f"/steering/sellers/{SELLER_TAX_ID}/quota", json={"place": "production/42", "limit_minor": 1}
    )
    (first,) = await system.issued()
    await system.upload.upload_due()
    (second,) = await system.issued()

    causes = [await door.why(each.invoice_id) for each in (first, second)]
    held = await state_of(door, second)

    assert [each.cause for each in causes] == ["C4", "C4"]
    assert held.held_by == "QUOTA"
    assert [each.kind for each in (await gate_of(door)).holds] == [gate_pb2.Hold.KIND_QUOTA]


async def test_a_hold_of_one_seller_is_no_hold_of_another(system, door):
    await set_hold(door, seller_tax_id="91420100MA4KABC999")
    (invoice,) = await system.issued()

    assert await system.upload.upload_due() == 1
    assert (await state_of(door, invoice)).held_by == ""


async def test_a_hold_with_an_end_opens_by_itself(system, door):
    end = Timestamp()
    end.FromDatetime(system.clock.now())
    end.seconds += 60
    await set_hold(door, end_time=end)
    await system.issued()

    before = await system.upload.upload_due()
    system.clock.advance(61)
    gate, after = await gate_of(door), await system.upload.upload_due()

    assert (before, after) == (0, 1)
    assert gate.holds == []


async def test_setting_a_hold_again_gives_the_first_and_another_needs_another_request_id(door):
    first = await set_hold(door)

    again = await set_hold(door)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await set_hold(door, reason="something else")

    assert again == first
    assert from_rpc_error(refused.value).reason == "REQUEST_ID_REUSED"
    assert list((await gate_of(door)).holds) == [first]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"route": "sandbox/production/99/default"}, "NOT_FOUND"),
        ({"end_time": Timestamp(seconds=1)}, "INVALID_FIELD"),
        ({"reason": ""}, "INVALID_FIELD"),
    ],
)
async def test_a_hold_that_makes_no_sense_is_refused_and_closes_nothing(door, changes, reason):
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await set_hold(door, **changes)

    assert from_rpc_error(refused.value).reason == reason
    assert (await gate_of(door)).holds == []


async def test_a_hold_that_never_was_is_not_found(door):
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await door.gates.LiftHold(gate_service_pb2.LiftHoldRequest(hold_id="hld_none"))

    assert from_rpc_error(refused.value).reason == "NOT_FOUND"


async def test_a_probe_tells_whether_each_interface_is_up_and_is_kept(system, door):
    up = await door.gates.ProbeInterface(gate_service_pb2.ProbeInterfaceRequest())
    await system.steering.plan("OUTAGE", seconds=60)
    down = await door.gates.ProbeInterface(gate_service_pb2.ProbeInterfaceRequest(route=ROUTE.key))
    first = await door.gates.ListProbes(gate_service_pb2.ListProbesRequest(page_size=2))
    rest = await door.gates.ListProbes(
        gate_service_pb2.ListProbesRequest(page_size=2, page_token=first.next_page_token)
    )
    of_route = await door.gates.ListProbes(gate_service_pb2.ListProbesRequest(route=ROUTE.key))

    assert {each.route for each in up.probes} == {route.key for route in system.tools.routing.routes()}
    assert [each.up for each in up.probes] == [True, True]
    assert [(each.up, each.kind) for each in down.probes] == [(False, "PING")]
    assert first.probes[0] == down.probes[0]
    assert len([*first.probes, *rest.probes]) == 3
    assert rest.next_page_token == ""
    assert {each.route for each in of_route.probes} == {ROUTE.key}
