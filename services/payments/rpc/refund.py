"""RefundService: each handler translates, calls one action, and translates back."""

from bihuan.payments.v1 import refund_service_pb2 as pb
from bihuan.payments.v1 import refund_service_pb2_grpc

from chassis.server import RpcContext
from services.payments.actions.refund import RefundActions
from services.payments.actions.takeback import TakebackActions
from services.payments.convert import refund as convert
from services.payments.domain.takeback import TakebackKind

_PAGE_SIZE_DEFAULT = 50
_REPLAYED = (("idempotent-replayed", "true"),)


class RefundServicer(refund_service_pb2_grpc.RefundServiceServicer):
    """Gives money back, and keeps what channels took back."""

    def __init__(self, refunds: RefundActions, takebacks: TakebackActions) -> None:
        self._refunds = refunds
        self._takebacks = takebacks

    async def CreateRefund(self, request: pb.CreateRefundRequest, context: RpcContext) -> pb.CreateRefundResponse:
        content, fingerprint = convert.to_asked(request), convert.to_fingerprint(request)
        taken = await self._refunds.create_refund(request.request_id, fingerprint, content)
        _mark(context, replayed=taken.replayed)
        return pb.CreateRefundResponse(refund=convert.from_refund(taken.refund), replayed=taken.replayed)

    async def RecordRefund(self, request: pb.RecordRefundRequest, context: RpcContext) -> pb.RecordRefundResponse:
        content, fingerprint = convert.to_done(request), convert.to_fingerprint(request)
        taken = await self._refunds.record_refund(request.request_id, fingerprint, content)
        _mark(context, replayed=taken.replayed)
        return pb.RecordRefundResponse(refund=convert.from_refund(taken.refund), replayed=taken.replayed)

    async def ConfirmRefund(self, request: pb.ConfirmRefundRequest, context: RpcContext) -> pb.ConfirmRefundResponse:
        refund = await self._refunds.confirm_refund(request.refund_id)
        return pb.ConfirmRefundResponse(refund=convert.from_refund(refund))

    async def GetRefund(self, request: pb.GetRefundRequest, context: RpcContext) -> pb.GetRefundResponse:
        refund = await self._refunds.get_refund(request.refund_id)
        return pb.GetRefundResponse(refund=convert.from_refund(refund))

    async def ListRefunds(self, request: pb.ListRefundsRequest, context: RpcContext) -> pb.ListRefundsResponse:
        wanted, page_size = convert.to_refund_filter(request), request.page_size or _PAGE_SIZE_DEFAULT
        page, token = await self._refunds.list_refunds(wanted, page_size, request.page_token)
        return pb.ListRefundsResponse(refunds=map(convert.from_refund, page), next_page_token=token)

    async def RecordReversal(self, request: pb.RecordReversalRequest, context: RpcContext) -> pb.RecordReversalResponse:
        content = convert.to_takeback(request, TakebackKind.REVERSAL)
        fingerprint = convert.to_fingerprint(request)
        taken = await self._takebacks.record_takeback(request.request_id, fingerprint, content)
        _mark(context, replayed=taken.replayed)
        return pb.RecordReversalResponse(takeback=convert.from_takeback(taken.takeback), replayed=taken.replayed)

    async def RecordChargeback(
        self, request: pb.RecordChargebackRequest, context: RpcContext
    ) -> pb.RecordChargebackResponse:
        content = convert.to_takeback(request, TakebackKind.CHARGEBACK)
        fingerprint = convert.to_fingerprint(request)
        taken = await self._takebacks.record_takeback(request.request_id, fingerprint, content)
        _mark(context, replayed=taken.replayed)
        return pb.RecordChargebackResponse(takeback=convert.from_takeback(taken.takeback), replayed=taken.replayed)

    async def RecordWonChargeback(
        self, request: pb.RecordWonChargebackRequest, context: RpcContext
    ) -> pb.RecordWonChargebackResponse:
        content, fingerprint = convert.to_won(request), convert.to_fingerprint(request)
        taken = await self._takebacks.record_takeback(request.request_id, fingerprint, content)
        _mark(context, replayed=taken.replayed)
        return pb.RecordWonChargebackResponse(takeback=convert.from_takeback(taken.takeback), replayed=taken.replayed)

    async def ListTakebacks(self, request: pb.ListTakebacksRequest, context: RpcContext) -> pb.ListTakebacksResponse:
        wanted, page_size = convert.to_takeback_filter(request), request.page_size or _PAGE_SIZE_DEFAULT
        page, token = await self._takebacks.list_takebacks(wanted, page_size, request.page_token)
        return pb.ListTakebacksResponse(takebacks=map(convert.from_takeback, page), next_page_token=token)


def _mark(context: RpcContext, *, replayed: bool) -> None:
    if replayed:
        context.set_trailing_metadata(_REPLAYED)
