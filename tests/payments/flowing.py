"""Payments, the gateway's door for callbacks and a stand-in channel, each on a socket of its own, for tests of all."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import grpc
from bihuan.payments.v1 import (
    payment_service_pb2,
    payment_service_pb2_grpc,
    refund_service_pb2,
    refund_service_pb2_grpc,
)
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis import channel, database, server
from chassis.clock import SystemClock
from chassis.crypto import KeyRing
from chassis.free_ports import free_ports
from services.gateway import app as gateway
from services.gateway.config import Config
from services.payments import rpc
from services.payments.app import make_actions
from services.payments.channels.accounts import ANY_MERCHANT, Accounts, read_accounts
from tests.support.channel_bench import ACCOUNT, account_file
from tests.support.channel_sandbox import ChannelSteering, running_channel_sandbox
from tests.support.eventually import eventually


@dataclass
class Flow:
    """A channel by its kind, with one account that every merchant shares."""

    kind: str
    steering: ChannelSteering
    connected: grpc.aio.Channel
    actions: rpc.Actions
    engine: AsyncEngine

    @property
    def payments(self):
        return payment_service_pb2_grpc.PaymentServiceStub(self.connected)

    @property
    def refunds(self):
        return refund_service_pb2_grpc.RefundServiceStub(self.connected)

    async def standing(self, payment_id: str):
        request = payment_service_pb2.GetPaymentRequest(payment_id=payment_id)
        return (await self.payments.GetPayment(request)).payment

    async def comes_to(self, payment_id: str, state):
        async def there():
            payment = await self.standing(payment_id)
            return payment if payment.state == state else None

        return await eventually(there)

    async def booked(self, merchant_order_no: str):
        """The order in the channel's own book."""
        return await self.steering.order(self.kind, merchant_order_no)


@contextlib.asynccontextmanager
async def flow_at(kind: str, fresh_database, folder) -> AsyncIterator[Flow]:
    """All of it, while the block lasts."""
    door = f"127.0.0.1:{free_ports(1)[0]}"
    async with contextlib.AsyncExitStack() as stack:
        steering = await stack.enter_async_context(
            running_channel_sandbox(await fresh_database("services.channel_sandbox"))
        )
        told = account_file(
            folder, kind, steering, f"http://{door}/v1/callbacks/{ACCOUNT}", merchant_ids=[ANY_MERCHANT]
        )
        accounts = read_accounts(told, SystemClock())
        stack.push_async_callback(accounts.close)
        yield await _wired(stack, kind, steering, accounts, fresh_database, door, folder)


async def _wired(stack, kind: str, steering, accounts: Accounts, fresh_database, door: str, folder) -> Flow:
    engine = database.connect(await fresh_database("services.payments"), "test")
    actions = make_actions(engine, SystemClock(), accounts, ring=KeyRing({"of_the_test": bytes(32)}))
    running = await server.start("127.0.0.1:0", rpc.servicers(actions))

    async def stop() -> None:
        await running.stop()
        await actions.intake.close(5)
        await actions.exports.close()
        await engine.dispose()

    stack.push_async_callback(stop)
    target = f"127.0.0.1:{running.port}"
    config = Config(
        listen="127.0.0.1:0",
        http_listen=door,
        database_url=await fresh_database("services.gateway"),
        admin_key_file=str(folder / "admin.key"),
        **{f"{area}_target": target for area in ("payments", "reconciler", "invoice_sync")},
    )
    outside = await gateway.start(config)
    services = (
        *payment_service_pb2.DESCRIPTOR.services_by_name.values(),
        *refund_service_pb2.DESCRIPTOR.services_by_name.values(),
    )
    connected = channel.connect(target, services, timeout_seconds=20)

    for close in (outside.close, outside.inside.stop, outside.outside.stop, connected.close):
        stack.push_async_callback(close)
    return Flow(kind, steering, connected, actions, engine)
