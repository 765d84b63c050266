"""A gRPC server: health, reflection, limits, loops, a graceful stop. What each call must pass stands in guard.py."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import grpc
import structlog
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from chassis import guard, probes, tls
from chassis.loop import Loop

RpcContext = guard.RpcContext
MESSAGE_BYTES_MAX = 4 * 1024 * 1024
_CALLS_IN_FLIGHT_MAX = 256
# Beyond its own 1,000 gRPC would cut off calls that nobody has looked at, at random and without a word of ours.
_CALLS_UNREAD_MAX = 10_000
_STOP_SECONDS = 10.0
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Servicer:
    """One service of a contract: its full name, the generated function that adds it, and what answers."""

    full_name: str
    add: Callable[[Any, grpc.aio.Server], None]
    implementation: Any

    @classmethod
    def of(cls, implementation: object) -> "Servicer":
        """The service of the contract whose generated class this object inherits."""
        kind = next(each for each in type(implementation).__mro__ if each.__module__.endswith("_pb2_grpc"))
        package, service = kind.__module__.rpartition(".")[0], kind.__name__.removesuffix("Servicer")
        add = getattr(sys.modules[kind.__module__], f"add_{kind.__name__}_to_server")
        return cls(f"{package}.{service}", add, implementation)


@dataclass(slots=True)
class Running:
    """A server that listens at `port` on the host that it was given."""

    server: grpc.aio.Server
    port: int
    health: health.aio.HealthServicer
    loops: list[asyncio.Task[None]] = field(default_factory=list)
    stop_loops: asyncio.Event = field(default_factory=asyncio.Event)
    probed: probes.Probes | None = None
    probes_port: int = 0

    async def stop(self) -> None:
        """Say that no more is taken, let loops end their turn and calls their work, then close."""
        await self.health.enter_graceful_shutdown()
        self.stop_loops.set()
        if self.loops:
            _, late = await asyncio.wait(self.loops, timeout=_STOP_SECONDS)
            for loop in late:
                loop.cancel()
        await self.server.stop(_STOP_SECONDS)
        if self.probed is not None:
            await self.probed.stop()


async def start(
    listen: str,
    servicers: Sequence[Servicer],
    loops: Sequence[Loop] = (),
    *,
    calls_in_flight_max: int | None = None,
    callers: Collection[str] = (),
) -> Running:
    """Listen at host:port (port 0 takes a free one) and start the loops. Raises OSError when the port is taken.

    Each call must come with a deadline; one further away than 10 minutes counts as 10 minutes. Of more calls at once
    than `calls_in_flight_max` (256 when None) each further one is told OVERLOADED, and when to come again.

    With BIHUAN_PROBES_LISTEN in the environment, GET /livez and /readyz are answered there.
    With BIHUAN_TLS_* in the environment, only the services named in `callers` may call, known by their certificates.
    """
    known = tls.of_environment()
    calls_in_flight_max = calls_in_flight_max or _CALLS_IN_FLIGHT_MAX
    server = grpc.aio.server(
        options=[
            ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX),
            ("grpc.so_reuseport", 0),
            ("grpc.server.max_pending_requests", _CALLS_UNREAD_MAX),
            ("grpc.server.max_pending_requests_hard_limit", _CALLS_UNREAD_MAX),
            ("grpc.max_connection_age_ms", 300_000),
            ("grpc.max_connection_age_grace_ms", 30_000),
        ],
        maximum_concurrent_rpcs=calls_in_flight_max * 2,
    )
    handlers = guard.Guard(calls_in_flight_max, None if known is None else frozenset(callers))
    server.add_generic_rpc_handlers((handlers,))
    guarded = cast("grpc.aio.Server", handlers)
    states = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(states, guarded)
    names = [servicer.full_name for servicer in servicers]
    for servicer in servicers:
        servicer.add(servicer.implementation, guarded)
    reflection.enable_server_reflection([*names, health.SERVICE_NAME, reflection.SERVICE_NAME], guarded)
    try:
        port = (
            server.add_insecure_port(listen)
            if known is None
            else server.add_secure_port(listen, known.server_credentials())
        )
    except RuntimeError as fault:
        raise OSError(f"cannot listen at {listen}") from fault
    await server.start()
    for name in ["", *names]:
        await states.set(name, health_pb2.HealthCheckResponse.SERVING)
    running = Running(server, port, states)
    if listen_for_probes := probes.of_environment().listen:
        running.probed = probes.Probes(lambda: _is_serving(states))
        running.probes_port = await running.probed.start(listen_for_probes)
    running.loops = [asyncio.create_task(loop.run(running.stop_loops), name=loop.name) for loop in loops]
    return running


async def _is_serving(states: health.aio.HealthServicer) -> bool:
    # The context is only for services that are not known; "" always is.
    answer = await states.Check(health_pb2.HealthCheckRequest(), None)  # type: ignore[arg-type]
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


async def until_stopped(
    running: Running,
    also: Callable[[], Awaitable[None]] | None = None,
    before: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Wait for SIGTERM or SIGINT, then stop gracefully; `before` (a door that leads here) first, `also` last."""
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    _log.info("serving", port=running.port)
    await told.wait()
    _log.info("stopping")
    if before is not None:
        await before()
    await running.stop()
    if also is not None:
        await also()
