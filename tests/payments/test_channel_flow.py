"""A payment's whole way on every channel: started, paid at the stand-in, called back through the gateway, and known."""

import contextlib
import socket
from dataclasses import dataclass

import pytest
from bihuan.payments.v1 import payment_service_pb2, payment_service_pb2_grpc

from chassis import channel, database, server
from chassis.clock import SystemClock
from chassis.crypto import KeyRing
from services.gateway import app as gateway
from services.gateway.config import Config
from services.payments import rpc
from services.payments.app import make_actions
from services.payments.channels.accounts import Accounts, read_accounts
from tests.payments.starting import PROCESSING, SUCCEEDED, a_close, a_start, rows
from tests.support.channel_bench import ACCOUNT, KINDS, MERCHANT, account_file
from tests.support.channel_sandbox import ChannelSteering, running_channel_sandbox
from tests.support.eventually import eventually


@dataclass
class Flow:
    """The stand-in channels, payments and the gateway, each on a socket of its own."""

    kind: str
    steering: ChannelSteering
    payments: payment_service_pb2_grpc.PaymentServiceStub
    actions: rpc.Actions
    engine: object

    async def standing(self, payment_id: str):
        request = payment_service_pb2.GetPaymentRequest(payment_id=payment_id)
        return (await self.payments.GetPayment(request)).payment

    async def comes_to(self, payment_id: str, state):
        async def there():
            payment = await self.standing(payment_id)
            return payment if payment.state == state else None

        return await eventually(there)


@pytest.fixture(params=KINDS)
async def flow(request, fresh_database, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        door = f"127.0.0.1:{taken.getsockname()[1]}"
    async with contextlib.AsyncExitStack() as stack:
        steering = await stack.enter_async_context(
            running_channel_sandbox(await fresh_database("services.channel_sandbox"))
        )
        notify_url = f"http://{door}/v1/callbacks/{ACCOUNT}"
        accounts = read_accounts(account_file(tmp_path, request.param, steering, notify_url), SystemClock())
        stack.push_async_callback(accounts.close)
        yield await _wired(stack, request.param, steering, accounts, fresh_database, door, tmp_path)


async def _wired(stack, kind: str, steering, accounts: Accounts, fresh_database, door: str, tmp_path) -> Flow:
    engine = database.connect(await fresh_database("services.payments"), "test")
    actions = make_actions(engine, SystemClock(), accounts, ring=KeyRing({"of_the_test": bytes(32)}))
    running = await server.start("127.0.0.1:0", rpc.servicers(actions))
    target = f"127.0.0.1:{running.port}"
    config = Config(
        listen="127.0.0.1:0",
        http_listen=door,
        database_url=await fresh_database("services.gateway"),
        admin_key_file=str(tmp_path / "admin.key"),
        **{f"{area}_target": target for area in ("payments", "reconciler", "invoice_sync")},
    )
    outside = await gateway.start(config)
    connected = channel.connect(target, payment_service_pb2.DESCRIPTOR.services_by_name.values(), timeout_seconds=20)

    async def stop() -> None:
        await outside.outside.stop()
        await outside.inside.stop()
        await outside.close()
        await connected.close()
        await running.stop()
        await actions.exports.close()
        await engine.dispose()

    stack.push_async_callback(stop)
    return Flow(kind, steering, payment_service_pb2_grpc.PaymentServiceStub(connected), actions, engine)


async def test_a_payment_is_paid_and_known_by_the_callback_alone_whatever_else_calls_back(flow):
    request = a_start(channel=flow.kind, merchant_id=MERCHANT)
    no = request.merchant_order_no
    for fault in ("FORGED_CALLBACK", "WRONG_AMOUNT_CALLBACK", "DUPLICATE_CALLBACK"):
        await flow.steering.plan(fault, merchant_order_no=no, times=1)

    started = await flow.payments.CreatePayment(request)
    await flow.steering.scan(flow.kind, no)
    await flow.steering.pay(flow.kind, no)
    known = await flow.comes_to(started.payment.payment_id, SUCCEEDED)

    assert started.payment.state == PROCESSING
    assert started.code_url
    book = await flow.steering.order(flow.kind, no)
    assert (known.channel_txn_no, known.amount) == (book["channel_txn_no"], request.amount)
    # Nobody asked: the callback was enough.
    assert book["calls"].get("QUERY", 0) == 0
    assert [row["payment_id"] for row in await rows(flow, "callbacks")] == [known.payment_id]


async def test_a_payment_whose_first_answer_and_callback_are_lost_is_found_by_asking(flow):
    request = a_start(channel=flow.kind, merchant_id=MERCHANT)
    no = request.merchant_order_no
    await flow.steering.plan("LOSE_ANSWER", merchant_order_no=no, on="CREATE", times=1)
    await flow.steering.plan("LOST_CALLBACK", merchant_order_no=no)

    first = await flow.payments.CreatePayment(request)
    again = await flow.payments.CreatePayment(request)
    await flow.steering.scan(flow.kind, no)
    await flow.steering.pay(flow.kind, no)
    confirm = payment_service_pb2.ConfirmPaymentRequest(payment_id=first.payment.payment_id)
    known = (await flow.payments.ConfirmPayment(confirm)).payment
    closed = (await flow.payments.ClosePayment(a_close(known.payment_id))).payment

    assert (again.payment.state, bool(again.code_url), again.replayed) == (PROCESSING, True, True)
    assert known.state == closed.state == SUCCEEDED
    assert (await flow.steering.order(flow.kind, no))["calls"]["CREATE"] == 2
