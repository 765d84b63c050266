from collections.abc import AsyncIterator

import grpc
import pytest
from bihuan.payments.v1 import (
    bill_service_pb2,
    channel_service_pb2,
    import_service_pb2,
    payment_feed_service_pb2,
    payment_service_pb2,
    refund_service_pb2,
    split_order_service_pb2,
)

from chassis import channel, database, server
from chassis.clock import ManualClock
from chassis.crypto import KeyRing
from services.payments import rpc
from services.payments.app import make_actions
from services.payments.channels.accounts import ANY_MERCHANT, Account, Accounts
from services.payments.domain.fee import FeeRule, FeeRules
from tests.payments.builders import NOON, PaymentsSystem
from tests.support.channel_model import ModelChannel


@pytest.fixture
async def system(fresh_database) -> AsyncIterator[PaymentsSystem]:
    """The payments service on a free port, with a database of its own and an account at the channel model_pay."""
    engine = database.connect(await fresh_database("services.payments"), "test")
    sessions, clock = database.sessions(engine), ManualClock(NOON)
    model = ModelChannel(clock)
    fees = FeeRules([FeeRule("model-2026", "model_pay", rate_ppm=6_000)])
    accounts = Accounts((Account("model", "model_pay", frozenset({ANY_MERCHANT}), model),))
    actions = make_actions(engine, clock, accounts, fees, ring=KeyRing({"of_the_test": bytes(32)}))
    running = await server.start("127.0.0.1:0", rpc.servicers(actions))
    target = f"127.0.0.1:{running.port}"
    services = [
        *payment_service_pb2.DESCRIPTOR.services_by_name.values(),
        *payment_feed_service_pb2.DESCRIPTOR.services_by_name.values(),
        *channel_service_pb2.DESCRIPTOR.services_by_name.values(),
        *bill_service_pb2.DESCRIPTOR.services_by_name.values(),
        *import_service_pb2.DESCRIPTOR.services_by_name.values(),
        *refund_service_pb2.DESCRIPTOR.services_by_name.values(),
        *split_order_service_pb2.DESCRIPTOR.services_by_name.values(),
    ]
    connected, bare = channel.connect(target, services, timeout_seconds=20), grpc.aio.insecure_channel(target)
    try:
        yield PaymentsSystem(engine, sessions, clock, actions, model, connected, bare)
    finally:
        await connected.close()
        await bare.close()
        await running.stop()
        await actions.intake.close(5)
        await actions.exports.close()
        await engine.dispose()
