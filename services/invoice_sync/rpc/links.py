"""LinkService of the contract, translated into actions and back. It decides nothing."""

from bihuan.invoice_sync.v1 import link_service_pb2, link_service_pb2_grpc

from chassis.server import RpcContext
from services.invoice_sync.actions.links import LinkActions
from services.invoice_sync.convert.basics import timestamp
from services.invoice_sync.convert.paper import CONTENT_TYPES, kind_from_proto, purpose_from_proto, view_to_proto


class LinkServicer(link_service_pb2_grpc.LinkServiceServicer):
    """LinkService of the contract."""

    def __init__(self, links: LinkActions) -> None:
        self._links = links

    async def CreateLink(
        self, request: link_service_pb2.CreateLinkRequest, context: RpcContext
    ) -> link_service_pb2.CreateLinkResponse:
        made = await self._links.create_link(
            request.invoice_id,
            purpose_from_proto(request.purpose),
            request.valid_seconds,
            request.operator,
            request.reason,
        )
        return link_service_pb2.CreateLinkResponse(url=made.url, expire_time=timestamp(made.expire_time))

    async def ViewLink(
        self, request: link_service_pb2.ViewLinkRequest, context: RpcContext
    ) -> link_service_pb2.ViewLinkResponse:
        view, link = await self._links.view_link(request.token)
        return view_to_proto(view, link, await self._links.downloads(link))

    async def DownloadByLink(
        self, request: link_service_pb2.DownloadByLinkRequest, context: RpcContext
    ) -> link_service_pb2.DownloadByLinkResponse:
        kind = kind_from_proto(request.kind)
        found = await self._links.download(request.token, kind)
        return link_service_pb2.DownloadByLinkResponse(
            content_type=CONTENT_TYPES[kind],
            file_name=f"{found.paper.invoice_id}.{kind.lower()}",
            sha256=found.paper.sha256,
            body=found.content,
        )
