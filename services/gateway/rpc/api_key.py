"""API keys over gRPC, for admins only."""

from bihuan.gateway.v1 import api_key_service_pb2, api_key_service_pb2_grpc

from chassis.server import RpcContext
from services.gateway.access import Access
from services.gateway.actions import ApiKeyActions
from services.gateway.convert.api_key import api_key_to_proto, grant_from_proto
from services.gateway.convert.basics import time_from_proto
from services.gateway.rpc.permit import permitted

_SERVICE = "bihuan.gateway.v1.ApiKeyService"


class ApiKeyServicer(api_key_service_pb2_grpc.ApiKeyServiceServicer):
    """Keys, for admins only."""

    def __init__(self, actions: ApiKeyActions, access: Access) -> None:
        self._actions = actions
        self._access = access

    async def CreateApiKey(
        self, request: api_key_service_pb2.CreateApiKeyRequest, context: RpcContext
    ) -> api_key_service_pb2.CreateApiKeyResponse:
        maker = await permitted(self._access, context, f"{_SERVICE}.CreateApiKey")
        made = await self._actions.create_api_key(grant_from_proto(request), maker)
        return api_key_service_pb2.CreateApiKeyResponse(api_key=api_key_to_proto(made.api_key), token=made.token)

    async def ListApiKeys(
        self, request: api_key_service_pb2.ListApiKeysRequest, context: RpcContext
    ) -> api_key_service_pb2.ListApiKeysResponse:
        caller = await permitted(self._access, context, f"{_SERVICE}.ListApiKeys")
        keys = await self._actions.list_api_keys(caller)
        return api_key_service_pb2.ListApiKeysResponse(api_keys=map(api_key_to_proto, keys))

    async def RotateApiKey(
        self, request: api_key_service_pb2.RotateApiKeyRequest, context: RpcContext
    ) -> api_key_service_pb2.RotateApiKeyResponse:
        caller = await permitted(self._access, context, f"{_SERVICE}.RotateApiKey")
        rotated = await self._actions.rotate_api_key(
            request.key_id, request.overlap_seconds, time_from_proto(request, "expire_time"), caller
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
        caller = await permitted(self._access, context, f"{_SERVICE}.RevokeApiKey")
        key = await self._actions.revoke_api_key(request.key_id, caller)
        self._access.forget(key.key_id)
        return api_key_service_pb2.RevokeApiKeyResponse(api_key=api_key_to_proto(key))
