"""How the system is, over gRPC."""

import asyncio
from collections.abc import Mapping
from importlib import metadata

import grpc
from bihuan.gateway.v1 import system_service_pb2, system_service_pb2_grpc

from chassis.server import RpcContext
from services.gateway import clients


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
