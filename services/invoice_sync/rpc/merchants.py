"""MerchantService of the contract, translated into actions and back. It decides nothing."""

from bihuan.invoice_sync.v1 import merchant_service_pb2, merchant_service_pb2_grpc

from chassis.server import RpcContext
from services.invoice_sync.actions.issue import IssueActions
from services.invoice_sync.actions.read import ReadActions
from services.invoice_sync.convert.merchant import profile_from_proto, profile_to_proto


class MerchantServicer(merchant_service_pb2_grpc.MerchantServiceServicer):
    """MerchantService of the contract."""

    def __init__(self, issue: IssueActions, read: ReadActions) -> None:
        self._issue = issue
        self._read = read

    async def SetMerchantProfile(
        self, request: merchant_service_pb2.SetMerchantProfileRequest, context: RpcContext
    ) -> merchant_service_pb2.SetMerchantProfileResponse:
        profile = await self._issue.set_merchant_profile(profile_from_proto(request.profile))
        return merchant_service_pb2.SetMerchantProfileResponse(profile=profile_to_proto(profile))

    async def GetMerchantProfile(
        self, request: merchant_service_pb2.GetMerchantProfileRequest, context: RpcContext
    ) -> merchant_service_pb2.GetMerchantProfileResponse:
        profile = await self._read.get_merchant_profile(request.merchant_id)
        return merchant_service_pb2.GetMerchantProfileResponse(profile=profile_to_proto(profile))
