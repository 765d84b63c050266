"""The service's five services through a real server and a real channel."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bihuan.invoice_sync.v1 import (
    attempt_service_pb2,
    attempt_service_pb2_grpc,
    bulk_request_service_pb2,
    bulk_request_service_pb2_grpc,
    confirmation_service_pb2,
    confirmation_service_pb2_grpc,
    delivery_service_pb2,
    delivery_service_pb2_grpc,
    gate_service_pb2,
    gate_service_pb2_grpc,
    invoice_application_service_pb2,
    invoice_application_service_pb2_grpc,
    invoice_service_pb2,
    invoice_service_pb2_grpc,
    link_service_pb2,
    link_service_pb2_grpc,
    manual_service_pb2,
    manual_service_pb2_grpc,
    merchant_service_pb2,
    merchant_service_pb2_grpc,
    paper_service_pb2,
    paper_service_pb2_grpc,
    parity_service_pb2,
    parity_service_pb2_grpc,
    recognition_service_pb2,
    recognition_service_pb2_grpc,
    red_letter_service_pb2,
    red_letter_service_pb2_grpc,
    sweep_service_pb2,
    sweep_service_pb2_grpc,
)

from chassis import channel, server
from services.invoice_sync import rpc
from tests.invoice_sync.builders import InvoiceSync, actions_of


@dataclass
class Door:
    invoices: invoice_service_pb2_grpc.InvoiceServiceStub
    merchants: merchant_service_pb2_grpc.MerchantServiceStub
    sweeps: sweep_service_pb2_grpc.SweepServiceStub
    gates: gate_service_pb2_grpc.GateServiceStub
    attempts: attempt_service_pb2_grpc.AttemptServiceStub
    confirmations: confirmation_service_pb2_grpc.ConfirmationServiceStub
    bulk: bulk_request_service_pb2_grpc.BulkRequestServiceStub
    parities: parity_service_pb2_grpc.ParityServiceStub
    manuals: manual_service_pb2_grpc.ManualServiceStub
    recognitions: recognition_service_pb2_grpc.RecognitionServiceStub
    reds: red_letter_service_pb2_grpc.RedLetterServiceStub
    applications: invoice_application_service_pb2_grpc.InvoiceApplicationServiceStub
    papers: paper_service_pb2_grpc.PaperServiceStub
    deliveries: delivery_service_pb2_grpc.DeliveryServiceStub
    links: link_service_pb2_grpc.LinkServiceStub

    async def why(self, reference: str, **claim):
        """The diagnosis of a reference."""
        asked = invoice_service_pb2.DiagnoseInvoiceRequest(reference=reference, **claim)
        return (await self.invoices.DiagnoseInvoice(asked)).diagnosis


@asynccontextmanager
async def open_door(system: InvoiceSync) -> AsyncIterator[Door]:
    """Serve while the block lasts."""
    running = await server.start("127.0.0.1:0", rpc.servicers(actions_of(system)))
    described = [
        invoice_service_pb2.DESCRIPTOR.services_by_name["InvoiceService"],
        merchant_service_pb2.DESCRIPTOR.services_by_name["MerchantService"],
        sweep_service_pb2.DESCRIPTOR.services_by_name["SweepService"],
        gate_service_pb2.DESCRIPTOR.services_by_name["GateService"],
        attempt_service_pb2.DESCRIPTOR.services_by_name["AttemptService"],
        confirmation_service_pb2.DESCRIPTOR.services_by_name["ConfirmationService"],
        bulk_request_service_pb2.DESCRIPTOR.services_by_name["BulkRequestService"],
        parity_service_pb2.DESCRIPTOR.services_by_name["ParityService"],
        manual_service_pb2.DESCRIPTOR.services_by_name["ManualService"],
        recognition_service_pb2.DESCRIPTOR.services_by_name["RecognitionService"],
        red_letter_service_pb2.DESCRIPTOR.services_by_name["RedLetterService"],
        invoice_application_service_pb2.DESCRIPTOR.services_by_name["InvoiceApplicationService"],
        paper_service_pb2.DESCRIPTOR.services_by_name["PaperService"],
        delivery_service_pb2.DESCRIPTOR.services_by_name["DeliveryService"],
        link_service_pb2.DESCRIPTOR.services_by_name["LinkService"],
    ]
    connected = channel.connect(f"127.0.0.1:{running.port}", described, timeout_seconds=60)
    yield Door(
        invoice_service_pb2_grpc.InvoiceServiceStub(connected),
        merchant_service_pb2_grpc.MerchantServiceStub(connected),
        sweep_service_pb2_grpc.SweepServiceStub(connected),
        gate_service_pb2_grpc.GateServiceStub(connected),
        attempt_service_pb2_grpc.AttemptServiceStub(connected),
        confirmation_service_pb2_grpc.ConfirmationServiceStub(connected),
        bulk_request_service_pb2_grpc.BulkRequestServiceStub(connected),
        parity_service_pb2_grpc.ParityServiceStub(connected),
        manual_service_pb2_grpc.ManualServiceStub(connected),
        recognition_service_pb2_grpc.RecognitionServiceStub(connected),
        red_letter_service_pb2_grpc.RedLetterServiceStub(connected),
        invoice_application_service_pb2_grpc.InvoiceApplicationServiceStub(connected),
        paper_service_pb2_grpc.PaperServiceStub(connected),
        delivery_service_pb2_grpc.DeliveryServiceStub(connected),
        link_service_pb2_grpc.LinkServiceStub(connected),
    )
    await connected.close()
    await running.stop()
