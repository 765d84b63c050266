"""The gateway's own services over gRPC. They translate and check who calls, for here one comes without the door too."""

import asyncio
from collections.abc import Mapping
from importlib import metadata

import grpc
from bihuan.gateway.v1 import (
    api_key_service_pb2,
    api_key_service_pb2_grpc,
    system_service_pb2,
    system_service_pb2_grpc,
)

from chassis.errors import Kind, plain_fault
from chassis.server import RpcContext
from services.gateway import clients
from services.gateway.access import Access
from services.gateway.actions import ApiKeyActions
from services.gateway.convert import api_key_to_proto, grant_from_proto, time_from_proto
from services.gateway.domain.caller import Caller


class ApiKeyServicer(api_key_service_pb2_grpc.ApiKeyServiceServicer):
    """Keys, for admins only."""

    def __init__(self, actions: ApiKeyActions, access: Access) -> None:
        self._actions = actions
        self._access = access

    async def CreateApiKey(
        self, request: api_key_service_pb2.CreateApiKeyRequest, context: RpcContext
    ) -> api_key_service_pb2.CreateApiKeyResponse:
        maker = await _permitted(self._access, context, "CreateApiKey")
        made = await self._actions.create_api_key(grant_from_proto(request), maker)
        return api_key_service_pb2.CreateApiKeyResponse(api_key=api_key_to_proto(made.api_key), token=made.token)

    async def ListApiKeys(
        self, request: api_key_service_pb2.ListApiKeysRequest, context: RpcContext
    ) -> api_key_service_pb2.ListApiKeysResponse:
        await _permitted(self._access, context, "ListApiKeys")
        keys = await self._actions.list_api_keys()
        return api_key_service_pb2.ListApiKeysResponse(api_keys=map(api_key_to_proto, keys))

    async def RotateApiKey(
        self, request: api_key_service_pb2.RotateApiKeyRequest, context: RpcContext
    ) -> api_key_service_pb2.RotateApiKeyResponse:
        await _permitted(self._access, context, "RotateApiKey")
        rotated = await self._actions.rotate_api_key(
            request.key_id, request.overlap_seconds, time_from_proto(request, "expire_time")
        )
        self._access.forget(request.key_id)
        return api_key_service_pb2.RotateApiKeyResponse(
            api_key=api_key_to_proto(rotated.made.api_key),
            token=rotated.made.token,
            predecessor=api_key_to_proto(rotated.predecessor),
        )

    async def RevokeApiKey(
        self, request: api_key_service_pb2.RevokeApiKeyRequest, context: RpcContext
    ) -> api_key_service_pb2.RevokeApiKeyResponse:
        await _permitted(self._access, context, "RevokeApiKey")
        key = await self._actions.revoke_api_key(request.key_id)
        self._access.forget(key.key_id)
        return api_key_service_pb2.RevokeApiKeyResponse(api_key=api_key_to_proto(key))


class SystemServicer(system_service_pb2_grpc.SystemServiceServicer):
    """How the services behind the gateway are, by name."""

    def __init__(self, upstreams: Mapping[str, grpc.aio.Channel]) -> None:
        self._upstreams = upstreams

    async def GetSystem(
        self, request: system_service_pb2.GetSystemRequest, context: RpcContext
    ) -> system_service_pb2.GetSystemResponse:
        serving = await asyncio.gather(*map(clients.is_serving, self._upstreams.values()))
        return system_service_pb2.GetSystemResponse(
            version=metadata.version("bihuan"),
            services=[
                system_service_pb2.ServiceHealth(service=name, serving=is_serving)
                for name, is_serving in zip(self._upstreams, serving, strict=True)
            ],
        )


async def _permitted(access: Access, context: RpcContext, method: str) -> Caller:
    """Who calls, when its roles may: here one comes without the door too. No key has a merchant's scope here."""
    caller = await access.identify(_authorization(context))
    access.permit(caller, f"bihuan.gateway.v1.ApiKeyService.{method}")
    if not caller.is_of_platform:
        raise plain_fault(Kind.DENIED)
    return caller


def _authorization(context: RpcContext) -> str:
    for key, value in context.invocation_metadata() or ():
        if key == "authorization":
            return str(value)
    return ""
