"""InvoiceApplicationService of the contract, translated into actions and back. It decides nothing."""

from bihuan.invoice_sync.v1 import invoice_application_service_pb2 as pb
from bihuan.invoice_sync.v1 import invoice_application_service_pb2_grpc

from chassis.server import RpcContext
from services.invoice_sync.actions.applications import ApplicationActions, Filing, ProofFile
from services.invoice_sync.convert.application import (
    application_to_proto,
    kind_from_proto,
    proof_to_proto,
    remedy_from_proto,
    state_from_proto,
    steps_to_proto,
)
from services.invoice_sync.domain.invoice import Party


class InvoiceApplicationServicer(invoice_application_service_pb2_grpc.InvoiceApplicationServiceServicer):
    """InvoiceApplicationService of the contract."""

    def __init__(self, applications: ApplicationActions) -> None:
        self._applications = applications

    async def FileInvoiceApplication(
        self, request: pb.FileInvoiceApplicationRequest, context: RpcContext
    ) -> pb.FileInvoiceApplicationResponse:
        filing = Filing(
            request.invoice_id,
            kind_from_proto(request.kind),
            Party(request.buyer_title, request.buyer_tax_id),
            request.amount_minor,
            request.why,
            request.operator,
            [ProofFile(each.file_name, each.media_type, each.content) for each in request.proofs],
        )
        made, replayed = await self._applications.file_application(request.request_id, filing)
        if replayed:
            context.set_trailing_metadata((("idempotent-replayed", "true"),))
        return pb.FileInvoiceApplicationResponse(application=application_to_proto(made), replayed=replayed)

    async def ReviewInvoiceApplication(
        self, request: pb.ReviewInvoiceApplicationRequest, context: RpcContext
    ) -> pb.ReviewInvoiceApplicationResponse:
        remedy = remedy_from_proto(request.remedy)
        done = await self._applications.review_application(
            request.application_id, remedy, request.why, request.operator
        )
        return pb.ReviewInvoiceApplicationResponse(application=application_to_proto(done))

    async def WithdrawInvoiceApplication(
        self, request: pb.WithdrawInvoiceApplicationRequest, context: RpcContext
    ) -> pb.WithdrawInvoiceApplicationResponse:
        done = await self._applications.withdraw_application(request.application_id, request.why, request.operator)
        return pb.WithdrawInvoiceApplicationResponse(application=application_to_proto(done))

    async def GetInvoiceApplication(
        self, request: pb.GetInvoiceApplicationRequest, context: RpcContext
    ) -> pb.GetInvoiceApplicationResponse:
        found, proofs, steps = await self._applications.get_application(request.application_id)
        return pb.GetInvoiceApplicationResponse(
            application=application_to_proto(found),
            proofs=[proof_to_proto(each) for each in proofs],
            steps=steps_to_proto(steps),
        )

    async def ListInvoiceApplications(
        self, request: pb.ListInvoiceApplicationsRequest, context: RpcContext
    ) -> pb.ListInvoiceApplicationsResponse:
        page, token = await self._applications.list_applications(
            request.page_size,
            request.page_token,
            request.merchant_id,
            request.invoice_id,
            state_from_proto(request.state),
        )
        return pb.ListInvoiceApplicationsResponse(
            applications=[application_to_proto(each) for each in page], next_page_token=token
        )

    async def ReadApplicationProof(
        self, request: pb.ReadApplicationProofRequest, context: RpcContext
    ) -> pb.ReadApplicationProofResponse:
        proof, content = await self._applications.read_proof(request.application_id, request.sha256)
        return pb.ReadApplicationProofResponse(proof=proof_to_proto(proof), content=content)

    async def ReadReplacementCopy(
        self, request: pb.ReadReplacementCopyRequest, context: RpcContext
    ) -> pb.ReadReplacementCopyResponse:
        invoice, document = await self._applications.read_copy(request.application_id)
        return pb.ReadReplacementCopyResponse(
            invoice_id=invoice.invoice_id,
            invoice_number=invoice.standing.invoice_number,
            document_sha256=invoice.document_sha256,
            document=document,
        )
