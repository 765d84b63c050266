"""The door for payment channels: a callback goes to payments as it came, and its answer back word for word.

It needs no API key, since a channel proves itself by its signature, and payments alone can tell whether that holds. No
one else's word is in the answer; what goes wrong on the way is told as any fault, and has the channel call again.
"""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import grpc
from bihuan.payments.v1 import channel_service_pb2, channel_service_pb2_grpc
from starlette.requests import Request
from starlette.responses import Response

from chassis.channel import deadline_scope
from chassis.errors import Fault, Kind, from_rpc_error
from services.gateway import limits

TEMPLATE: Final = "/v1/callbacks/{account_id}"
BODY_BYTES_MAX: Final = 256 * 1024
_PATH: Final = re.compile(r"/v1/callbacks/([a-z0-9_]{1,64})")
_HEADER_NAME: Final = re.compile(r"[a-z0-9_-]{1,128}")
_HEADERS_MAX: Final = 100
_HEADER_CHARS_MAX: Final = 8_192
# They are between the caller and this door, and no part of a signature.
_NOT_HANDED_ON: Final = frozenset({"authorization", "cookie", "proxy-authorization"})


@dataclass(frozen=True, slots=True)
class CalledBack:
    """A request that is a callback, to a merchant account."""

    account_id: str


class CallbackDoor:
    """Hands callbacks to payments. No call lasts longer than its timeout."""

    def __init__(self, payments: grpc.aio.Channel, call_timeout_seconds: float) -> None:
        self._channels = channel_service_pb2_grpc.ChannelServiceStub(payments)
        self._call_timeout_seconds = call_timeout_seconds

    async def answer(self, called_back: CalledBack, request: Request) -> Response:
        """What the channel is to be answered. Raises Fault, or TimeoutError at the end."""
        async with asyncio.timeout(self._call_timeout_seconds):
            with deadline_scope(self._call_timeout_seconds):
                parts = [part async for part in limits.bounded_stream(request, BODY_BYTES_MAX)]
                ingest = channel_service_pb2.IngestCallbackRequest(
                    account_id=called_back.account_id, headers=_headers(request.headers), body=b"".join(parts)
                )
                try:
                    told = await self._channels.IngestCallback(ingest)
                except grpc.aio.AioRpcError as error:
                    raise from_rpc_error(error) from error
        return Response(told.body, told.http_status, media_type=told.content_type)


def find(method: str, path: str) -> CalledBack | None:
    """Whether a request is a callback."""
    found = _PATH.fullmatch(path) if method == "POST" else None
    return None if found is None else CalledBack(found[1])


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    """What is handed on, names in lower case. Raises Fault TOO_LARGE for more than a signature needs."""
    kept = {name.lower(): value for name, value in headers.items() if name.lower() not in _NOT_HANDED_ON}
    if len(kept) > _HEADERS_MAX or any(len(value) > _HEADER_CHARS_MAX for value in kept.values()):
        raise Fault(Kind.INVALID, "TOO_LARGE", "the headers are too many or too long", "请求头过多或过长")
    return {name: value for name, value in kept.items() if _HEADER_NAME.fullmatch(name)}
