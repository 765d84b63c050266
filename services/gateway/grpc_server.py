"""The gRPC server for callers outside: its bounds, its health, and the door behind. It knows no method."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import grpc
from grpc_health.v1 import health, health_pb2

from chassis.tls import Tls
from services.gateway.contract import Operation
from services.gateway.grpc_contract import public_services
from services.gateway.grpc_door import GrpcDoor
from services.gateway.grpc_open import OpenCalls
from services.gateway.guard import Guard
from services.gateway.limits import BODY_BYTES_MAX

_CONNECTIONS_MAX: Final = 2_000
_CALLS_OF_CONNECTION_MAX: Final = 100
# Beyond its own 1,000 gRPC would cut off calls that nobody has looked at, at random and without a word of ours.
_CALLS_UNREAD_MAX: Final = 10_000
_MESSAGE_BYTES_MAX: Final = BODY_BYTES_MAX + 64 * 1024
_METADATA_BYTES_MAX: Final = 16 * 1024
_STOP_SECONDS: Final = 10.0
# Messages that are not compressed, and no others: what is small on the way is not large once it is here.
_IDENTITY_ALONE: Final = 1


@dataclass(frozen=True, slots=True)
class Running:
    """A server that listens at `port` on the host that it was given."""

    port: int
    server: grpc.aio.Server
    door: GrpcDoor
    states: health.aio.HealthServicer

    async def stop(self) -> None:
        """Take no more, let calls have their answers, then close."""
        until = asyncio.get_running_loop().time() + _STOP_SECONDS
        await self.states.enter_graceful_shutdown()
        await self.server.stop(_STOP_SECONDS)
        await self.door.close(max(0.0, until - asyncio.get_running_loop().time()))


@dataclass(frozen=True, slots=True)
class Listen:
    """Where to listen, host:port; with files in PEM, a chain and its key, under TLS. `upload_seconds` lasts a call."""

    address: str
    cert_file: str
    key_file: str
    calls_in_flight_max: int
    upload_seconds: float


async def start(listen: Listen, door: GrpcDoor, guard: Guard, operations: Sequence[Operation]) -> Running:
    """Listen; port 0 takes a free one. Raises OSError when the port is taken or a file is not there."""
    states = health.aio.HealthServicer()
    server = grpc.aio.server(options=_bounds(listen), maximum_concurrent_rpcs=listen.calls_in_flight_max * 2)
    server.add_generic_rpc_handlers((OpenCalls(guard, states, operations), door))
    try:
        if listen.cert_file:
            # Nobody outside shows a certificate, so no authority is asked; the chain stands in its place.
            ours = Tls(cert_file=listen.cert_file, key_file=listen.key_file, ca_file=listen.cert_file)
            port = server.add_secure_port(listen.address, ours.server_credentials(asks_callers=False))
        else:
            port = server.add_insecure_port(listen.address)
    except RuntimeError as fault:
        raise OSError(f"cannot listen at {listen.address}") from fault
    await server.start()
    for name in ["", *public_services(operations)]:
        await states.set(name, health_pb2.HealthCheckResponse.SERVING)
    return Running(port, server, door, states)


def _bounds(listen: Listen) -> list[tuple[str, Any]]:
    return [
        ("grpc.so_reuseport", 0),
        # What is a little larger than a message may be gets our words, what is larger than that gRPC's own.
        ("grpc.max_receive_message_length", _MESSAGE_BYTES_MAX),
        # Of a call that nobody reads 64 KiB are taken in. To measure the line, gRPC would let in whole mebibytes ahead.
        ("grpc.http2.bdp_probe", 0),
        ("grpc.compression_enabled_algorithms_bitset", _IDENTITY_ALONE),
        ("grpc.max_metadata_size", _METADATA_BYTES_MAX),
        ("grpc.absolute_max_metadata_size", 2 * _METADATA_BYTES_MAX),
        ("grpc.max_allowed_incoming_connections", _CONNECTIONS_MAX),
        ("grpc.max_concurrent_streams", _CALLS_OF_CONNECTION_MAX),
        ("grpc.server.max_pending_requests", _CALLS_UNREAD_MAX),
        ("grpc.server.max_pending_requests_hard_limit", _CALLS_UNREAD_MAX),
        ("grpc.server_handshake_timeout_ms", 10_000),
        # Who is gone without a word is found, and who asks too often whether we are there is sent away.
        ("grpc.keepalive_time_ms", 30_000),
        ("grpc.keepalive_timeout_ms", 10_000),
        ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
        ("grpc.http2.max_ping_strikes", 3),
        ("grpc.max_connection_idle_ms", 300_000),
        ("grpc.max_connection_age_ms", 1_800_000),
        ("grpc.max_connection_age_grace_ms", int((listen.upload_seconds + 30) * 1_000)),
    ]
