"""The gateway as a process: read top to bottom. Nothing else wires anything."""

import asyncio
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import grpc
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis import database, garbage, server, telemetry
from chassis.clock import SystemClock
from chassis.config import ConfigError, read_config
from chassis.loop import Loop
from services.gateway import batched, clients, contract, grpc_server, openapi, web, webhooks
from services.gateway.access import Access, leave_admin_key
from services.gateway.actions import ApiKeyActions
from services.gateway.actions.audit import AuditActions
from services.gateway.actions.security import SecurityActions
from services.gateway.address import Addresses, read_networks
from services.gateway.audit import Audit
from services.gateway.audit_found import FoundLater
from services.gateway.audit_key import read_signer
from services.gateway.audit_payments import PaymentDeeds
from services.gateway.callbacks import CallbackDoor
from services.gateway.calls import OWN_AREA, Calls
from services.gateway.conditions import Conditions
from services.gateway.config import PREFIX, Config
from services.gateway.cors import Cors, read_origins
from services.gateway.domain.rate import MethodClass
from services.gateway.door import Door
from services.gateway.grpc_door import GrpcDoor, Times
from services.gateway.guard import Guard
from services.gateway.issuers import read_issuers
from services.gateway.limits import InFlight
from services.gateway.links import LinkDoor
from services.gateway.peers import Peers
from services.gateway.policy import table
from services.gateway.quick import Quick
from services.gateway.rates import RateLimits
from services.gateway.routes import Routes
from services.gateway.rpc.api_key import ApiKeyServicer
from services.gateway.rpc.audit import AuditServicer
from services.gateway.rpc.security import SecurityServicer
from services.gateway.rpc.system import SystemServicer
from services.gateway.scope import Scope
from services.gateway.suspension import Suspensions
from services.gateway.transcode import Transcoder
from services.gateway.worker import AuditWorker

_CLOSE_SECONDS = 5.0


async def run() -> None:
    """Serve until told to stop; a configuration that does not read ends the process with status 2."""
    try:
        config = read_config(Config, PREFIX, os.environ)
    except ConfigError as error:
        sys.stderr.write("\n".join(error.faults) + "\n")
        raise SystemExit(2) from None
    garbage.collect_seldom()
    end_traces = telemetry.set_up("gateway", config.traces, config.trace_sample_ratio)
    gateway = await start(config)
    await server.until_stopped(gateway.inside, before=gateway.shut, also=gateway.close)
    end_traces()


@dataclass(frozen=True, slots=True)
class Brakes:
    """What stands around the calls, and what goes on behind them for it."""

    guard: Guard
    audit: Audit
    rates: RateLimits
    audit_actions: AuditActions
    security_actions: SecurityActions
    loops: list[Loop]

    async def close(self) -> None:
        """Write what waits for it."""
        await asyncio.gather(self.audit.close(_CLOSE_SECONDS), self.rates.close(_CLOSE_SECONDS))


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway at work: its servers, and what they use; `outside_grpc` where callers come by gRPC."""

    inside: server.Running
    outside: web.Running
    outside_grpc: grpc_server.Running | None
    engine: AsyncEngine
    channels: dict[str, grpc.aio.Channel]
    together: dict[str, batched.Together]
    brakes: Brakes
    hooks: webhooks.Webhooks

    async def shut(self) -> None:
        """Take nothing more from outside, and let what was taken have its answer."""
        stopping = [self.outside.stop(), *([self.outside_grpc.stop()] if self.outside_grpc else [])]
        await asyncio.gather(*stopping)

    async def close(self) -> None:
        """Let go of channels and database, once all servers have stopped."""
        await asyncio.gather(*(one.close(_CLOSE_SECONDS) for one in self.together.values()))
        await self.brakes.close()
        await self.hooks.http.close()
        for channel in self.channels.values():
            await channel.close()
        await self.engine.dispose()


async def start(config: Config) -> Gateway:
    """Wire and start; port 0 takes a free one. Raises OSError when a port is taken or the database is not there."""
    known = contract.load()
    engine = database.connect(config.database_url, "gateway")
    actions = ApiKeyActions(database.sessions(engine), SystemClock())
    permits = table.load()
    access = Access(actions, permits, issuers=read_issuers(config.issuers_file))
    if config.admin_key_file:
        await leave_admin_key(Path(config.admin_key_file), actions)

    targets = {
        "payments": config.payments_target,
        "reconciler": config.reconciler_target,
        "invoice_sync": config.invoice_sync_target,
    }
    upstreams = clients.connect(known, targets, config.call_timeout_seconds)
    brakes = _brakes(config, engine, upstreams)
    hooks = webhooks.make(config, database.sessions(engine), SystemClock(), upstreams, access)
    inside = await server.start(
        config.listen,
        [
            server.Servicer.of(ApiKeyServicer(actions, access)),
            server.Servicer.of(SystemServicer(upstreams)),
            server.Servicer.of(AuditServicer(brakes.audit_actions, access)),
            server.Servicer.of(SecurityServicer(brakes.security_actions, access)),
            hooks.servicer,
        ],
        [*brakes.loops, *hooks.loops],
        callers=("gateway",),
    )
    own = clients.connect(known, {OWN_AREA: _here(config.listen, inside.port)}, config.call_timeout_seconds)

    channels = upstreams | own
    together = batched.connect(known.operations, channels)
    scope = Scope(known.operations, channels)
    calls = Calls(channels, together, scope, permits)
    transcoder = Transcoder(
        calls,
        permits,
        Conditions(known.operations, channels, scope, permits),
        config.call_timeout_seconds,
        config.upload_timeout_seconds,
        config.upload_bytes_max,
    )
    callback_door = CallbackDoor(upstreams["payments"], config.call_timeout_seconds)
    link_door = LinkDoor(upstreams["invoice_sync"], config.call_timeout_seconds)
    in_flight = InFlight(config.in_flight_max, config.shed_latency_seconds)
    document = openapi.document(known)
    cors = Cors(read_origins(config.cors_origins), {operation.verb for operation in known.operations})
    routes = Routes(known.operations)
    door = Door(routes, access, transcoder, callback_door, link_door, document, brakes.guard, in_flight, cors)
    quick = Quick(
        known.operations, together, access, brakes.guard, in_flight, scope, permits, config.call_timeout_seconds
    )
    peers = Peers(Addresses(read_networks(config.trusted_proxies)), config.connections_of_address_max)
    outside = await web.start(config.http_listen, door, quick, peers)
    outside_grpc = await _by_grpc(config, known, access, calls, brakes.guard, in_flight) if config.grpc_listen else None
    return Gateway(inside, outside, outside_grpc, engine, channels, together, brakes, hooks)


async def _by_grpc(
    config: Config, known: contract.Contract, access: Access, calls: Calls, guard: Guard, in_flight: InFlight
) -> grpc_server.Running:
    times = Times(config.call_timeout_seconds, config.upload_timeout_seconds)
    door = GrpcDoor(known.operations, access, calls, guard, in_flight, times, config.upload_bytes_max)
    listen = grpc_server.Listen(
        config.grpc_listen,
        config.grpc_cert_file,
        config.grpc_key_file,
        config.in_flight_max,
        config.upload_timeout_seconds,
    )
    return await grpc_server.start(listen, door, guard, known.operations)


def _brakes(config: Config, engine: AsyncEngine, upstreams: Mapping[str, grpc.aio.Channel]) -> Brakes:
    sessions, clock = database.sessions(engine), SystemClock()
    addresses = Addresses(read_networks(config.trusted_proxies))
    suspensions = Suspensions(sessions, clock, addresses, config.suspicion_points_max)
    limits = {
        MethodClass.READ: config.rate_read_per_second,
        MethodClass.WRITE: config.rate_write_per_second,
        MethodClass.BULK: config.rate_bulk_per_second,
    }
    rates = RateLimits(sessions, clock, limits)
    signer = read_signer(config.audit_key_file)
    audit = Audit(engine, clock, signer)
    folder = Path(config.audit_folder) if config.audit_folder else None
    worker = AuditWorker(sessions, clock, audit, signer, folder, config.audit_anchor_seconds)
    payments = PaymentDeeds(upstreams["payments"])
    found_later = FoundLater(sessions, clock, signer, payments, config.audit_found_after_seconds)
    return Brakes(
        Guard(addresses, suspensions, rates, audit),
        audit,
        rates,
        AuditActions(sessions, folder, signer.verifier()),
        SecurityActions(sessions, clock, suspensions, rates),
        [*worker.loops(), found_later.loop(), suspensions.loop(), rates.loop()],
    )


def _here(listen: str, port: int) -> str:
    """Where this process reaches its own server: an address for everyone is no address to call."""
    host = listen.rpartition(":")[0]
    return f"127.0.0.1:{port}" if host in ("", "0.0.0.0", "[::]") else f"{host}:{port}"  # noqa: S104
