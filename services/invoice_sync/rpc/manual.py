"""ManualService of the contract, translated into actions and back. It decides nothing."""

from collections.abc import AsyncIterator

from bihuan.invoice_sync.v1 import manual_service_pb2, manual_service_pb2_grpc

from chassis.server import RpcContext
from services.invoice_sync.actions.abandon import AbandonActions
from services.invoice_sync.actions.manual import ManualActions, too_large
from services.invoice_sync.convert.manual import abandonment_to_proto, item_to_proto, package_to_proto
from services.invoice_sync.domain.manual_package import RECEIPT_BYTES_MAX
from services.invoice_sync.rpc.parts import bytes_into


class ManualServicer(manual_service_pb2_grpc.ManualServiceServicer):
    """ManualService of the contract."""

    def __init__(self, manual: ManualActions, abandon: AbandonActions) -> None:
        self._manual = manual
        self._abandon = abandon

    async def ExportManualPackage(
        self, request: manual_service_pb2.ExportManualPackageRequest, context: RpcContext
    ) -> manual_service_pb2.ExportManualPackageResponse:
        made = await self._manual.export_package(
            request.request_id, request.seller_tax_id, request.operator, request.reason, request.limit
        )
        if made.replayed:
            context.set_trailing_metadata((("idempotent-replayed", "true"),))
        return manual_service_pb2.ExportManualPackageResponse(
            package=package_to_proto(made.shown),
            content=made.content,
            checklist=made.checklist,
            replayed=made.replayed,
        )

    async def ImportManualReceipt(
        self, request_iterator: AsyncIterator[manual_service_pb2.ImportManualReceiptRequest], context: RpcContext
    ) -> manual_service_pb2.ImportManualReceiptResponse:
        content = bytearray()
        header = await bytes_into(content, request_iterator, RECEIPT_BYTES_MAX, too_large())
        made = await self._manual.import_receipt(header.package_id, header.operator, bytes(content))
        return manual_service_pb2.ImportManualReceiptResponse(
            package=package_to_proto(made.shown),
            taken_count=made.receipt.taken_count,
            refused_count=made.receipt.refused_count,
            replayed=made.replayed,
        )

    async def ReleaseManualPackage(
        self, request: manual_service_pb2.ReleaseManualPackageRequest, context: RpcContext
    ) -> manual_service_pb2.ReleaseManualPackageResponse:
        shown, released = await self._manual.release_package(request.package_id, request.operator, request.reason)
        return manual_service_pb2.ReleaseManualPackageResponse(package=package_to_proto(shown), released_count=released)

    async def GetManualPackage(
        self, request: manual_service_pb2.GetManualPackageRequest, context: RpcContext
    ) -> manual_service_pb2.GetManualPackageResponse:
        shown, items = await self._manual.get_package(request.package_id)
        return manual_service_pb2.GetManualPackageResponse(
            package=package_to_proto(shown), items=[item_to_proto(each) for each in items]
        )

    async def ListManualPackages(
        self, request: manual_service_pb2.ListManualPackagesRequest, context: RpcContext
    ) -> manual_service_pb2.ListManualPackagesResponse:
        page, token = await self._manual.list_packages(request.page_size, request.page_token)
        return manual_service_pb2.ListManualPackagesResponse(
            packages=[package_to_proto(each) for each in page], next_page_token=token
        )

    async def ProposeAbandonment(
        self, request: manual_service_pb2.ProposeAbandonmentRequest, context: RpcContext
    ) -> manual_service_pb2.ProposeAbandonmentResponse:
        made = await self._abandon.propose_abandonment(
            request.request_id, request.invoice_id, request.operator, request.reason
        )
        if made.replayed:
            context.set_trailing_metadata((("idempotent-replayed", "true"),))
        return manual_service_pb2.ProposeAbandonmentResponse(
            abandonment=abandonment_to_proto(made.abandonment), replayed=made.replayed
        )

    async def DecideAbandonment(
        self, request: manual_service_pb2.DecideAbandonmentRequest, context: RpcContext
    ) -> manual_service_pb2.DecideAbandonmentResponse:
        decided = await self._abandon.decide_abandonment(
            request.abandonment_id, request.operator, request.reason, approve=request.approve
        )
        return manual_service_pb2.DecideAbandonmentResponse(abandonment=abandonment_to_proto(decided))
