"""InvoiceService of the contract, translated into actions and back. It decides nothing."""

from bihuan.invoice_sync.v1 import invoice_service_pb2, invoice_service_pb2_grpc

from chassis.server import RpcContext
from services.invoice_sync.actions.correct import CorrectActions
from services.invoice_sync.actions.diagnose import DiagnoseActions
from services.invoice_sync.actions.numbers import NumberActions
from services.invoice_sync.actions.read import InvoiceFilter, ReadActions
from services.invoice_sync.actions.request import Asked, RequestActions, SetAside
from services.invoice_sync.convert.attempt import attempt_to_proto
from services.invoice_sync.convert.confirmation import confirmation_to_proto
from services.invoice_sync.convert.diagnosis import claim_from_proto, diagnosis_to_proto
from services.invoice_sync.convert.invoice import invoice_to_proto, state_from_proto, totals_to_proto
from services.invoice_sync.domain.buyer_check import Applicant
from services.invoice_sync.domain.invoice import Party


class InvoiceServicer(invoice_service_pb2_grpc.InvoiceServiceServicer):
    """InvoiceService of the contract."""

    def __init__(
        self,
        request: RequestActions,
        numbers: NumberActions,
        correct: CorrectActions,
        read: ReadActions,
        diagnose: DiagnoseActions,
    ) -> None:
        self._request = request
        self._numbers = numbers
        self._correct = correct
        self._read = read
        self._diagnose = diagnose

    async def RequestInvoice(
        self, request: invoice_service_pb2.RequestInvoiceRequest, context: RpcContext
    ) -> invoice_service_pb2.RequestInvoiceResponse:
        applicant = Applicant(request.buyer_title, request.buyer_tax_id, request.buyer_email, request.natural_person)
        asked = Asked(request.request_id, request.payment_id, applicant, request.amount_minor, request.operator)
        requested = await self._request.request(asked)
        if isinstance(requested, SetAside):
            return invoice_service_pb2.RequestInvoiceResponse(
                confirmation=confirmation_to_proto(requested.confirmation), replayed=requested.replayed
            )
        shown = await self._read.get_invoice(requested.invoice_id)
        await self._numbers.hand_over(shown.invoice)
        if requested.replayed:
            context.set_trailing_metadata((("idempotent-replayed", "true"),))
        return invoice_service_pb2.RequestInvoiceResponse(
            invoice=invoice_to_proto(shown),
            replayed=requested.replayed,
        )

    async def GetInvoice(
        self, request: invoice_service_pb2.GetInvoiceRequest, context: RpcContext
    ) -> invoice_service_pb2.GetInvoiceResponse:
        shown = await self._read.get_invoice(request.invoice_id)
        await self._numbers.hand_over(shown.invoice)
        return invoice_service_pb2.GetInvoiceResponse(invoice=invoice_to_proto(shown))

    async def ListInvoices(
        self, request: invoice_service_pb2.ListInvoicesRequest, context: RpcContext
    ) -> invoice_service_pb2.ListInvoicesResponse:
        wanted = InvoiceFilter(request.merchant_id, request.payment_id, state_from_proto(request.sync_state))
        page, token = await self._read.list_invoices(wanted, request.page_size, request.page_token)
        for each in page:
            await self._numbers.hand_over(each.invoice)
        return invoice_service_pb2.ListInvoicesResponse(
            invoices=[invoice_to_proto(each) for each in page],
            next_page_token=token,
        )

    async def SummarizeInvoices(
        self, request: invoice_service_pb2.SummarizeInvoicesRequest, context: RpcContext
    ) -> invoice_service_pb2.SummarizeInvoicesResponse:
        rows = await self._read.summarize_invoices(request.merchant_id)
        return invoice_service_pb2.SummarizeInvoicesResponse(totals=totals_to_proto(rows))

    async def ListAttempts(
        self, request: invoice_service_pb2.ListAttemptsRequest, context: RpcContext
    ) -> invoice_service_pb2.ListAttemptsResponse:
        log = await self._read.list_attempts(request.invoice_id)
        return invoice_service_pb2.ListAttemptsResponse(attempts=[attempt_to_proto(each) for each in log])

    async def DiagnoseInvoice(
        self, request: invoice_service_pb2.DiagnoseInvoiceRequest, context: RpcContext
    ) -> invoice_service_pb2.DiagnoseInvoiceResponse:
        found = await self._diagnose.diagnose_invoice(request.reference, claim_from_proto(request))
        return invoice_service_pb2.DiagnoseInvoiceResponse(diagnosis=diagnosis_to_proto(found))

    async def DiagnoseBuyer(
        self, request: invoice_service_pb2.DiagnoseBuyerRequest, context: RpcContext
    ) -> invoice_service_pb2.DiagnoseBuyerResponse:
        found = await self._diagnose.diagnose_buyer(
            request.buyer_tax_id, request.buyer_title, request.merchant_id, request.limit
        )
        return invoice_service_pb2.DiagnoseBuyerResponse(diagnoses=[diagnosis_to_proto(each) for each in found])

    async def ListNotInSystem(
        self, request: invoice_service_pb2.ListNotInSystemRequest, context: RpcContext
    ) -> invoice_service_pb2.ListNotInSystemResponse:
        page, token = await self._diagnose.list_not_in_system(
            request.page_size, request.page_token, request.merchant_id, request.cause
        )
        return invoice_service_pb2.ListNotInSystemResponse(
            diagnoses=[diagnosis_to_proto(each) for each in page], next_page_token=token
        )

    async def CorrectInvoice(
        self, request: invoice_service_pb2.CorrectInvoiceRequest, context: RpcContext
    ) -> invoice_service_pb2.CorrectInvoiceResponse:
        buyer = Party(request.buyer_title, request.buyer_tax_id)
        made = await self._correct.correct_invoice(
            request.request_id,
            request.invoice_id,
            buyer,
            request.expected_version,
            is_natural_person=request.natural_person,
        )
        shown = await self._read.get_invoice(made.invoice_id)
        await self._numbers.hand_over(shown.invoice)
        if made.replayed:
            context.set_trailing_metadata((("idempotent-replayed", "true"),))
        return invoice_service_pb2.CorrectInvoiceResponse(invoice=invoice_to_proto(shown), replayed=made.replayed)
