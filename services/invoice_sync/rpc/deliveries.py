"""DeliveryService of the contract, translated into actions and back. It decides nothing."""

from bihuan.invoice_sync.v1 import delivery_service_pb2, delivery_service_pb2_grpc

from chassis.server import RpcContext
from services.invoice_sync.actions.deliver import DeliverActions
from services.invoice_sync.convert.delivery import delivery_to_proto


class DeliveryServicer(delivery_service_pb2_grpc.DeliveryServiceServicer):
    """DeliveryService of the contract."""

    def __init__(self, deliver: DeliverActions) -> None:
        self._deliver = deliver

    async def DeliverInvoice(
        self, request: delivery_service_pb2.DeliverInvoiceRequest, context: RpcContext
    ) -> delivery_service_pb2.DeliverInvoiceResponse:
        shown = await self._deliver.deliver_invoice(
            request.request_id, request.invoice_id, request.email, request.operator, request.reason
        )
        return delivery_service_pb2.DeliverInvoiceResponse(delivery=delivery_to_proto(shown), replayed=shown.replayed)

    async def ResendDelivery(
        self, request: delivery_service_pb2.ResendDeliveryRequest, context: RpcContext
    ) -> delivery_service_pb2.ResendDeliveryResponse:
        shown = await self._deliver.resend_delivery(
            request.request_id, request.delivery_id, request.operator, request.reason
        )
        return delivery_service_pb2.ResendDeliveryResponse(delivery=delivery_to_proto(shown), replayed=shown.replayed)

    async def ListDeliveries(
        self, request: delivery_service_pb2.ListDeliveriesRequest, context: RpcContext
    ) -> delivery_service_pb2.ListDeliveriesResponse:
        found = await self._deliver.list_deliveries(request.invoice_id)
        return delivery_service_pb2.ListDeliveriesResponse(deliveries=[delivery_to_proto(each) for each in found])

    async def RecordDeliveryReport(
        self, request: delivery_service_pb2.RecordDeliveryReportRequest, context: RpcContext
    ) -> delivery_service_pb2.RecordDeliveryReportResponse:
        shown = await self._deliver.record_report(request.message.encode("utf-8"), request.operator)
        return delivery_service_pb2.RecordDeliveryReportResponse(delivery=delivery_to_proto(shown))
