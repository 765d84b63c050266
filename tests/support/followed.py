"""A service's feed behind a real server, followed by the gateway's webhooks to a receiver on a real socket."""

import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc
from google.protobuf.descriptor import ServiceDescriptor

from chassis import channel, server
from services.gateway.webhook_feed import Feed, WebhookFollower
from tests.support.webhook_bench import Bench


@contextlib.asynccontextmanager
async def followed(
    servicer: server.Servicer, service: ServiceDescriptor, feed_of: Callable[[grpc.aio.Channel], Feed], bench: Bench
) -> AsyncIterator[tuple[WebhookFollower, str]]:
    """A follower that has been at the end of the feed, and where the service is."""
    running = await server.start("127.0.0.1:0", [servicer])
    target = f"127.0.0.1:{running.port}"
    connected = channel.connect(target, [service], timeout_seconds=60)
    follower = WebhookFollower(bench.sessions, bench.clock, feed_of(connected))
    await follower.follow_feed()
    yield follower, target
    await connected.close()
    await running.stop()


async def all_sent(bench: Bench, follower: WebhookFollower) -> list[dict[str, Any]]:
    """Read on to the end, send until nothing is due, and what arrived in all."""
    while await follower.follow_feed():
        pass
    while await bench.turn():
        pass
    return [got.json() for got in bench.receiver.got]
