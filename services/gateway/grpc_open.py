"""What anybody may ask by gRPC without a key: whether the gateway serves, and its public contract. It proves nobody.

Whoever asks holds a place for seconds at most, few for each address, and each answer counts against the address as an
open page over HTTP does.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any, Final, TypeVar

import grpc
import structlog
from google.protobuf.message import DecodeError, Message
from grpc_health.v1 import health, health_pb2
from grpc_reflection.v1alpha import reflection, reflection_pb2
from grpc_status import rpc_status

from chassis.errors import Kind, plain_fault, to_status
from chassis.guard import RpcContext, fault_of
from services.gateway.address import suspect_of
from services.gateway.contract import Operation
from services.gateway.domain.rate import MethodClass
from services.gateway.grpc_contract import public_pool, public_services
from services.gateway.grpc_messages import only
from services.gateway.grpc_metadata import head_of
from services.gateway.guard import Guard
from services.gateway.strict_json import malformed
from services.gateway.suspension import Origin

CALL_SECONDS: Final = 5.0
# Who asks may have gRPC hold a whole message of his: all of them together some 34 MiB.
_PLACES: Final = 32
_PLACES_OF_ADDRESS: Final = 8
_ANSWERS_KEPT_MAX: Final = 64
_CHECK: Final = f"/{health.SERVICE_NAME}/Check"
_INFO: Final = f"/{reflection.SERVICE_NAME}/ServerReflectionInfo"
_log = structlog.get_logger()
M = TypeVar("M", bound=Message)


class OpenCalls(grpc.GenericRpcHandler):
    """Health and reflection. Of health there is Check alone: who watched would hold a place without an end."""

    def __init__(self, guard: Guard, states: health.aio.HealthServicer, operations: Sequence[Operation]) -> None:
        self._guard = guard
        self._states = states
        self._places = Places(_PLACES, _PLACES_OF_ADDRESS)
        self._contract = Contract(operations)
        self._handlers: dict[str, Any] = {
            _CHECK: grpc.stream_unary_rpc_method_handler(self._check),
            _INFO: grpc.stream_stream_rpc_method_handler(self._info),
        }

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        """What handles a method; None for all others."""
        return self._handlers.get(handler_call_details.method)

    async def _check(self, contents: AsyncIterator[bytes], context: RpcContext) -> bytes:
        async with self._held(_CHECK, context) as origin:
            self._guard.read_from(origin.address, MethodClass.READ)
            request = _parsed(health_pb2.HealthCheckRequest(), await only(contents))
            answer: Any = await self._states.Check(request, context)
        return bytes(answer.SerializeToString())

    async def _info(self, contents: AsyncIterator[bytes], context: RpcContext) -> AsyncIterator[bytes]:
        async with self._held(_INFO, context) as origin:
            async for content in contents:
                self._guard.read_from(origin.address, MethodClass.BULK)
                yield await self._contract.answer(_parsed(reflection_pb2.ServerReflectionRequest(), content))

    @contextlib.asynccontextmanager
    async def _held(self, path: str, context: RpcContext) -> AsyncIterator[Origin]:
        """A place for a while, for who is not suspended; what is raised meanwhile becomes the answer."""
        head = head_of(path, context)
        try:
            origin = self._guard.origin_behind(head.peer, head.forwarded, head.authorization)
            with self._places.held(suspect_of(origin.address)):
                async with asyncio.timeout(min(CALL_SECONDS, head.seconds)):
                    yield origin
        except grpc.aio.BaseError:  # it was told already, or its caller is gone
            raise
        except Exception as raised:  # noqa: BLE001  the edge: whatever is raised becomes one shape of answer
            fault = fault_of(raised, path)
            _log.info("call", rpc_method=path, reason=fault.reason)
            await context.abort_with_status(rpc_status.to_status(to_status(fault)))


class Places:
    """Places for who proves no key, so many in all and so many for one address."""

    def __init__(self, total: int, of_address: int) -> None:
        self._total = total
        self._of_address = of_address
        self._taken: Counter[str] = Counter()

    @contextlib.contextmanager
    def held(self, address: str) -> Iterator[None]:
        """Hold a place. Raises OVERLOADED."""
        if self._taken.total() >= self._total or self._taken[address] >= self._of_address:
            raise plain_fault(Kind.OVERLOADED)
        self._taken[address] += 1
        try:
            yield
        finally:
            self._taken[address] -= 1
            self._taken += Counter()  # keeps none of whom nothing is held


class Contract:
    """Answers of reflection; the dear ones are kept as they are sent."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        served = [*public_services(operations), health.SERVICE_NAME, reflection.SERVICE_NAME]
        self._servicer: Any = reflection.aio.ReflectionServicer(served, pool=public_pool(operations))
        self._kept: dict[bytes, bytes] = {}

    async def answer(self, request: reflection_pb2.ServerReflectionRequest) -> bytes:
        """The answer to a request; what it names as its host is no part of what it asks, and is not told back."""
        request.ClearField("host")
        request.DiscardUnknownFields()
        asked = request.SerializeToString(deterministic=True)
        if (kept := self._kept.get(asked)) is not None:
            return kept
        answer = await anext(self._servicer.ServerReflectionInfo(_alone(request), None))
        told: bytes = answer.SerializeToString()
        if answer.HasField("file_descriptor_response") and len(self._kept) < _ANSWERS_KEPT_MAX:
            self._kept[asked] = told
        return told


async def _alone(request: Message) -> AsyncIterator[Message]:
    yield request


def _parsed(message: M, content: bytes) -> M:
    try:
        message.ParseFromString(content)
    except DecodeError as fault:
        raise malformed("the message is not what the method takes", "消息不符合该方法的定义") from fault
    return message
