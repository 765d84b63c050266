"""The contract's three services, translated into actions and back. It decides nothing."""

from bihuan.invoice_sync.v1 import (
    invoice_service_pb2,
    invoice_service_pb2_grpc,
    merchant_service_pb2,
    merchant_service_pb2_grpc,
    sweep_service_pb2,
    sweep_service_pb2_grpc,
)

from chassis.server import RpcContext, Servicer
from services.invoice_sync import convert
from services.invoice_sync.actions.issue import IssueActions
from services.invoice_sync.actions.read import InvoiceFilter, ReadActions
from services.invoice_sync.actions.sweep import SweepActions
from services.invoice_sync.domain.invoice import Party


def servicers(issue: IssueActions, read: ReadActions, sweep: SweepActions) -> list[Servicer]:
    """What the server answers."""
    return [
        Servicer(
            "bihuan.invoice_sync.v1.InvoiceService",
            invoice_service_pb2_grpc.add_InvoiceServiceServicer_to_server,
            InvoiceServicer(issue, read),
        ),
        Servicer(
            "bihuan.invoice_sync.v1.MerchantService",
            merchant_service_pb2_grpc.add_MerchantServiceServicer_to_server,
            MerchantServicer(issue, read),
        ),
        Servicer(
            "bihuan.invoice_sync.v1.SweepService",
            sweep_service_pb2_grpc.add_SweepServiceServicer_to_server,
            SweepServicer(sweep, read),
        ),
    ]


class InvoiceServicer(invoice_service_pb2_grpc.InvoiceServiceServicer):
    """InvoiceService of the contract."""

    def __init__(self, issue: IssueActions, read: ReadActions) -> None:
        self._issue = issue
        self._read = read

    async def RequestInvoice(
        self, request: invoice_service_pb2.RequestInvoiceRequest, context: RpcContext
    ) -> invoice_service_pb2.RequestInvoiceResponse:
        buyer = Party(request.buyer_title, request.buyer_tax_id)
        requested = await self._issue.request_invoice(request.request_id, request.payment_id, buyer)
        shown = await self._read.get_invoice(requested.invoice_id)
        if requested.replayed:
            context.set_trailing_metadata((("idempotent-replayed", "true"),))
        return invoice_service_pb2.RequestInvoiceResponse(
            invoice=convert.invoice_to_proto(shown),
            replayed=requested.replayed,
        )

    async def GetInvoice(
        self, request: invoice_service_pb2.GetInvoiceRequest, context: RpcContext
    ) -> invoice_service_pb2.GetInvoiceResponse:
        shown = await self._read.get_invoice(request.invoice_id)
        return invoice_service_pb2.GetInvoiceResponse(invoice=convert.invoice_to_proto(shown))

    async def ListInvoices(
        self, request: invoice_service_pb2.ListInvoicesRequest, context: RpcContext
    ) -> invoice_service_pb2.ListInvoicesResponse:
        wanted = InvoiceFilter(request.merchant_id, request.payment_id, convert.state_from_proto(request.sync_state))
        page, token = await self._read.list_invoices(wanted, request.page_size, request.page_token)
        return invoice_service_pb2.ListInvoicesResponse(
            invoices=[convert.invoice_to_proto(each) for each in page],
            next_page_token=token,
        )

    async def SummarizeInvoices(
        self, request: invoice_service_pb2.SummarizeInvoicesRequest, context: RpcContext
    ) -> invoice_service_pb2.SummarizeInvoicesResponse:
        rows = await self._read.summarize_invoices(request.merchant_id)
        return invoice_service_pb2.SummarizeInvoicesResponse(totals=convert.totals_to_proto(rows))

    async def ListAttempts(
        self, request: invoice_service_pb2.ListAttemptsRequest, context: RpcContext
    ) -> invoice_service_pb2.ListAttemptsResponse:
        log = await self._read.list_attempts(request.invoice_id)
        return invoice_service_pb2.ListAttemptsResponse(attempts=[convert.attempt_to_proto(each) for each in log])

    async def DiagnoseInvoice(
        self, request: invoice_service_pb2.DiagnoseInvoiceRequest, context: RpcContext
    ) -> invoice_service_pb2.DiagnoseInvoiceResponse:
        found = await self._read.diagnose_invoice(request.reference, convert.claim_from_proto(request))
        return invoice_service_pb2.DiagnoseInvoiceResponse(
            diagnosis=convert.diagnosis_to_proto(
                found.verdict, found.invoice_id, found.payment_id, found.invoice_number
            )
        )


class MerchantServicer(merchant_service_pb2_grpc.MerchantServiceServicer):
    """MerchantService of the contract."""

    def __init__(self, issue: IssueActions, read: ReadActions) -> None:
        self._issue = issue
        self._read = read

    async def SetMerchantProfile(
        self, request: merchant_service_pb2.SetMerchantProfileRequest, context: RpcContext
    ) -> merchant_service_pb2.SetMerchantProfileResponse:
        await self._issue.set_merchant_profile(convert.profile_from_proto(request.profile))
        profile = await self._read.get_merchant_profile(request.profile.merchant_id)
        return merchant_service_pb2.SetMerchantProfileResponse(profile=convert.profile_to_proto(profile))

    async def GetMerchantProfile(
        self, request: merchant_service_pb2.GetMerchantProfileRequest, context: RpcContext
    ) -> merchant_service_pb2.GetMerchantProfileResponse:
        profile = await self._read.get_merchant_profile(request.merchant_id)
        return merchant_service_pb2.GetMerchantProfileResponse(profile=convert.profile_to_proto(profile))


class SweepServicer(sweep_service_pb2_grpc.SweepServiceServicer):
    """SweepService of the contract."""

    def __init__(self, sweep: SweepActions, read: ReadActions) -> None:
        self._sweep = sweep
        self._read = read

    async def RunSweep(
        self, request: sweep_service_pb2.RunSweepRequest, context: RpcContext
    ) -> sweep_service_pb2.RunSweepResponse:
        return sweep_service_pb2.RunSweepResponse(sweep=convert.sweep_to_proto(await self._sweep.sweep()))

    async def ListSweeps(
        self, request: sweep_service_pb2.ListSweepsRequest, context: RpcContext
    ) -> sweep_service_pb2.ListSweepsResponse:
        page, token = await self._read.list_sweeps(request.page_size, request.page_token)
        return sweep_service_pb2.ListSweepsResponse(
            sweeps=[convert.sweep_to_proto(each) for each in page], next_page_token=token
        )
