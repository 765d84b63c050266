from collections.abc import AsyncIterator

import grpc
import pytest
from bihuan.payments.v1 import payment_feed_service_pb2, payment_service_pb2

from chassis import channel, database, server
from chassis.clock import ManualClock
from services.payments import rpc
from services.payments.app import make_actions
from tests.payments.builders import NOON, PaymentsSystem


@pytest.fixture
async def system(fresh_database) -> AsyncIterator[PaymentsSystem]:
    """The payments service on a free port, with a database of its own."""
    engine = database.connect(await fresh_database("services.payments"), "test")
    sessions, clock = database.sessions(engine), ManualClock(NOON)
    actions = make_actions(engine, clock)
    running = await server.start("127.0.0.1:0", rpc.servicers(actions))
    target = f"127.0.0.1:{running.port}"
    services = [
        *payment_service_pb2.DESCRIPTOR.services_by_name.values(),
        *payment_feed_service_pb2.DESCRIPTOR.services_by_name.values(),
    ]
    connected, bare = channel.connect(target, services, timeout_seconds=20), grpc.aio.insecure_channel(target)
    try:
        yield PaymentsSystem(engine, sessions, clock, actions, connected, bare)
    finally:
        await connected.close()
        await bare.close()
        await running.stop()
        await engine.dispose()
