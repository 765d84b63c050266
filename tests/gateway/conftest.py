"""A gateway on real sockets before a real gRPC server that has every service of the contract."""

import asyncio
import contextlib
import importlib
import ssl
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from bihuan.type.v1 import batch_pb2
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from chassis import server
from chassis.errors import Fault, to_status
from chassis.validation import validate
from services.gateway import access, app, contract
from services.gateway.batched import batch_method
from services.gateway.config import Config
from services.gateway.quick import Quick

# The gateway's side of the door is plain HTTP; reading all the world's certificates for each client takes a while.
TRUSTS_NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
UPLOAD_BYTES_MAX = 16 * 1024 * 1024  # of this gateway, so that a test need not send more
AREAS = ("payments", "reconciler", "invoice_sync")
# The method that takes many calls, to the one whose calls they are.
BATCHED = {
    many.full_name: operation.method
    for operation in contract.load().operations
    if (many := batch_method(operation.method))
}


@dataclass
class Upstream:
    """Answers with what `answers` has for a method, or with an empty message; `calls` is what it was asked."""

    answers: dict[str, Callable[[Any, server.RpcContext], Awaitable[Message]]] = field(default_factory=dict)
    calls: list[tuple[str, Any, dict[str, str]]] = field(default_factory=list)
    batches: list[Any] = field(default_factory=list)
    port: int = 0

    def last(self) -> Any:
        return self.calls[-1][1]

    def _servicer(self, service: Any) -> Any:
        return type(service.name, (), {method.name: staticmethod(self._handler(method)) for method in service.methods})

    def _handler(self, method: Any) -> Any:
        if single := BATCHED.get(method.full_name):
            return self._handler_of_many(single, method)

        async def handle(request: Any, context: server.RpcContext) -> Message:
            metadata = {key: value for key, value in context.invocation_metadata() if isinstance(value, str)}
            self.calls.append((method.name, request, metadata))
            if answer := self.answers.get(method.name):
                return await answer(request, context)
            return GetMessageClass(method.output_type)()

        return handle

    def _handler_of_many(self, single: Any, method: Any) -> Any:
        """Each call of a batch gets what it would get if it came alone; `batches` is how many came together."""
        alone = self._handler(single)
        request_type, answer_type = GetMessageClass(single.input_type), GetMessageClass(method.output_type)

        async def one(call: Any, context: server.RpcContext) -> batch_pb2.BatchedAnswer:
            try:
                request = request_type.FromString(call.request)
                validate(request)
                answer = await alone(request, context)
            except Fault as fault:
                return batch_pb2.BatchedAnswer(status=to_status(fault).SerializeToString())
            return batch_pb2.BatchedAnswer(answer=answer.SerializeToString())

        async def handle(request: Any, context: server.RpcContext) -> Message:
            self.batches.append(request)
            if answer := self.answers.get(method.name):
                return await answer(request, context)
            return answer_type(answers=await asyncio.gather(*(one(call, context) for call in request.calls)))

        return handle

    async def start(self) -> server.Running:
        with_routes = {operation.method.containing_service.full_name for operation in contract.load().operations}
        services = [one for one in contract.load().services if one.full_name in with_routes]
        servicers = []
        for service in services:
            module = importlib.import_module(service.file.name.removesuffix(".proto").replace("/", ".") + "_pb2_grpc")
            add = getattr(module, f"add_{service.name}Servicer_to_server")
            servicers.append(server.Servicer(service.full_name, add, self._servicer(service)))
        running = await server.start("127.0.0.1:0", servicers)
        self.port = running.port
        return running


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    one = Upstream()
    running = await one.start()
    yield one
    await running.stop()


@dataclass
class Peer:
    """A gateway and two callers: `admin` may all, `plain` may what any key may."""

    gateway: app.Gateway
    admin: httpx.AsyncClient
    plain: httpx.AsyncClient
    admin_token: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.gateway.outside.port}"

    @property
    def grpc_target(self) -> str:
        assert self.gateway.outside_grpc is not None
        return f"127.0.0.1:{self.gateway.outside_grpc.port}"


@contextlib.asynccontextmanager
async def running_peer(upstream: Upstream, database_url: str, folder: Path, **settings: Any) -> AsyncIterator[Peer]:
    """A peer whose gateway has these settings beside the usual ones; several may share a database."""
    targets = {f"{area}_target": f"127.0.0.1:{upstream.port}" for area in AREAS}
    key_file = folder / f"{uuid.uuid4().hex}.key"
    usual = {
        "listen": "127.0.0.1:0",
        "http_listen": "127.0.0.1:0",
        "grpc_listen": "127.0.0.1:0",
        "database_url": database_url,
        "admin_key_file": str(key_file),
        "call_timeout_seconds": 20.0,
        "upload_bytes_max": UPLOAD_BYTES_MAX,
        "suspicion_points_max": 0.0,  # many tests are hostile on purpose
    }
    gateway = await app.start(Config(**(usual | targets | settings)))
    url = f"http://127.0.0.1:{gateway.outside.port}"
    token = key_file.read_text("ascii").strip()
    try:
        async with _caller(url, token) as admin:
            made = (await admin.post("/v1/apiKeys", json={"displayName": "a shop"})).json()
            async with _caller(url, made["token"]) as plain:
                yield Peer(gateway, admin, plain, token)
    finally:
        await gateway.shut()
        await gateway.inside.stop()
        await gateway.close()


@pytest.fixture
def start_peer(
    upstream: Upstream, fresh_database: Any, tmp_path: Path
) -> Callable[..., contextlib.AbstractAsyncContextManager[Peer]]:
    """`async with start_peer(rate_read_per_second=5.0) as peer`."""

    @contextlib.asynccontextmanager
    async def start(**settings: Any) -> AsyncIterator[Peer]:
        url = settings.pop("database_url", None) or await fresh_database("services.gateway")
        async with running_peer(upstream, url, tmp_path, **settings) as peer:
            yield peer

    return start


@pytest.fixture
async def peer(upstream: Upstream, fresh_database: Any, tmp_path: Path) -> AsyncIterator[Peer]:
    async with running_peer(upstream, await fresh_database("services.gateway"), tmp_path) as one:
        yield one


def _caller(url: str, token: str) -> httpx.AsyncClient:
    headers = {"authorization": f"Bearer {token}"}
    return httpx.AsyncClient(base_url=url, headers=headers, trust_env=False, timeout=60, verify=TRUSTS_NOBODY)


@pytest.fixture
def ways(monkeypatch):
    """Which way each request to a lane went, in their order; `ways.door` sends all of them through the door."""

    class Ways(list[str]):
        door = False

    taken, take = Ways(), Quick.take

    def watched(self, *arguments):
        went = not taken.door and take(self, *arguments)
        taken.append("quick" if went else "door")
        return went

    monkeypatch.setattr(Quick, "take", watched)
    monkeypatch.setattr(access, "CACHE_SECONDS", 60.0)  # else a slow minute sends some to the door
    return taken
