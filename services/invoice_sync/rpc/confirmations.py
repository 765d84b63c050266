"""ConfirmationService of the contract, translated into actions and back. It decides nothing."""

from bihuan.invoice_sync.v1 import confirmation_service_pb2, confirmation_service_pb2_grpc

from chassis.server import RpcContext
from services.invoice_sync.actions.confirm import ConfirmActions
from services.invoice_sync.convert.confirmation import confirmation_to_proto, state_from_proto


class ConfirmationServicer(confirmation_service_pb2_grpc.ConfirmationServiceServicer):
    """ConfirmationService of the contract."""

    def __init__(self, confirm: ConfirmActions) -> None:
        self._confirm = confirm

    async def GetConfirmation(
        self, request: confirmation_service_pb2.GetConfirmationRequest, context: RpcContext
    ) -> confirmation_service_pb2.GetConfirmationResponse:
        known = await self._confirm.get_confirmation(request.confirmation_id)
        return confirmation_service_pb2.GetConfirmationResponse(confirmation=confirmation_to_proto(known))

    async def ListConfirmations(
        self, request: confirmation_service_pb2.ListConfirmationsRequest, context: RpcContext
    ) -> confirmation_service_pb2.ListConfirmationsResponse:
        page, token = await self._confirm.list_confirmations(
            request.merchant_id, state_from_proto(request.state), request.page_size, request.page_token
        )
        return confirmation_service_pb2.ListConfirmationsResponse(
            confirmations=[confirmation_to_proto(each) for each in page], next_page_token=token
        )

    async def ConfirmInvoiceRequest(
        self, request: confirmation_service_pb2.ConfirmInvoiceRequestRequest, context: RpcContext
    ) -> confirmation_service_pb2.ConfirmInvoiceRequestResponse:
        known = await self._confirm.confirm(request.confirmation_id, request.operator, request.reason)
        return confirmation_service_pb2.ConfirmInvoiceRequestResponse(confirmation=confirmation_to_proto(known))

    async def RefuseInvoiceRequest(
        self, request: confirmation_service_pb2.RefuseInvoiceRequestRequest, context: RpcContext
    ) -> confirmation_service_pb2.RefuseInvoiceRequestResponse:
        known = await self._confirm.refuse(request.confirmation_id, request.operator, request.reason)
        return confirmation_service_pb2.RefuseInvoiceRequestResponse(confirmation=confirmation_to_proto(known))
