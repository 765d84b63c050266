"""The contract's services, a file for each, and what answers them. It decides nothing."""

from dataclasses import dataclass

from bihuan.invoice_sync.v1 import (
    attempt_service_pb2_grpc,
    bulk_request_service_pb2_grpc,
    confirmation_service_pb2_grpc,
    delivery_service_pb2_grpc,
    gate_service_pb2_grpc,
    invoice_application_service_pb2_grpc,
    invoice_service_pb2_grpc,
    link_service_pb2_grpc,
    manual_service_pb2_grpc,
    merchant_service_pb2_grpc,
    paper_service_pb2_grpc,
    parity_service_pb2_grpc,
    recognition_service_pb2_grpc,
    red_letter_service_pb2_grpc,
    sweep_service_pb2_grpc,
)

from chassis.server import Servicer
from services.invoice_sync.actions.abandon import AbandonActions
from services.invoice_sync.actions.applications import ApplicationActions
from services.invoice_sync.actions.archive import ArchiveActions
from services.invoice_sync.actions.audit import AuditActions
from services.invoice_sync.actions.bulk_intake import BulkIntake
from services.invoice_sync.actions.bulk_read import BulkReadActions
from services.invoice_sync.actions.confirm import ConfirmActions
from services.invoice_sync.actions.correct import CorrectActions
from services.invoice_sync.actions.deliver import DeliverActions
from services.invoice_sync.actions.diagnose import DiagnoseActions
from services.invoice_sync.actions.gate_admin import GateAdminActions
from services.invoice_sync.actions.issue import IssueActions
from services.invoice_sync.actions.links import LinkActions
from services.invoice_sync.actions.manual import ManualActions
from services.invoice_sync.actions.numbers import NumberActions
from services.invoice_sync.actions.papers import PaperActions
from services.invoice_sync.actions.parity import ParityActions
from services.invoice_sync.actions.probe import ProbeActions
from services.invoice_sync.actions.read import ReadActions
from services.invoice_sync.actions.recognize import RecognizeActions
from services.invoice_sync.actions.red_letters import RedLetterActions
from services.invoice_sync.actions.reissue import ReissueActions
from services.invoice_sync.actions.request import RequestActions
from services.invoice_sync.actions.sweep import SweepActions
from services.invoice_sync.rpc.applications import InvoiceApplicationServicer
from services.invoice_sync.rpc.attempts import AttemptServicer
from services.invoice_sync.rpc.bulk_requests import BulkRequestServicer
from services.invoice_sync.rpc.confirmations import ConfirmationServicer
from services.invoice_sync.rpc.deliveries import DeliveryServicer
from services.invoice_sync.rpc.gates import GateServicer
from services.invoice_sync.rpc.invoices import InvoiceServicer
from services.invoice_sync.rpc.links import LinkServicer
from services.invoice_sync.rpc.manual import ManualServicer
from services.invoice_sync.rpc.merchants import MerchantServicer
from services.invoice_sync.rpc.papers import PaperServicer
from services.invoice_sync.rpc.parity import ParityServicer
from services.invoice_sync.rpc.recognition import RecognitionServicer
from services.invoice_sync.rpc.red_letters import RedLetterServicer
from services.invoice_sync.rpc.sweeps import SweepServicer


@dataclass(frozen=True, slots=True)
class Actions:
    """What the handlers call."""

    issue: IssueActions
    numbers: NumberActions
    correct: CorrectActions
    read: ReadActions
    diagnose: DiagnoseActions
    audit: AuditActions
    gates: GateAdminActions
    probe: ProbeActions
    sweep: SweepActions
    papers: PaperActions
    archive: ArchiveActions
    deliver: DeliverActions
    links: LinkActions
    parity: ParityActions
    manual: ManualActions
    abandon: AbandonActions
    recognize: RecognizeActions
    request: RequestActions
    confirm: ConfirmActions
    bulk_intake: BulkIntake
    bulk_read: BulkReadActions
    letters: RedLetterActions
    reissue: ReissueActions
    applications: ApplicationActions


def servicers(actions: Actions) -> list[Servicer]:
    """What the server answers."""
    return [
        Servicer(
            "bihuan.invoice_sync.v1.InvoiceService",
            invoice_service_pb2_grpc.add_InvoiceServiceServicer_to_server,
            InvoiceServicer(actions.request, actions.numbers, actions.correct, actions.read, actions.diagnose),
        ),
        Servicer(
            "bihuan.invoice_sync.v1.MerchantService",
            merchant_service_pb2_grpc.add_MerchantServiceServicer_to_server,
            MerchantServicer(actions.issue, actions.read),
        ),
        Servicer(
            "bihuan.invoice_sync.v1.SweepService",
            sweep_service_pb2_grpc.add_SweepServiceServicer_to_server,
            SweepServicer(actions.sweep, actions.read, actions.audit),
        ),
        Servicer(
            "bihuan.invoice_sync.v1.GateService",
            gate_service_pb2_grpc.add_GateServiceServicer_to_server,
            GateServicer(actions.gates, actions.probe),
        ),
        Servicer(
            "bihuan.invoice_sync.v1.PaperService",
            paper_service_pb2_grpc.add_PaperServiceServicer_to_server,
            PaperServicer(actions.papers, actions.archive),
        ),
        Servicer(
            "bihuan.invoice_sync.v1.DeliveryService",
            delivery_service_pb2_grpc.add_DeliveryServiceServicer_to_server,
            DeliveryServicer(actions.deliver),
        ),
        Servicer(
            "bihuan.invoice_sync.v1.LinkService",
            link_service_pb2_grpc.add_LinkServiceServicer_to_server,
            LinkServicer(actions.links),
        ),
        Servicer(
            "bihuan.invoice_sync.v1.AttemptService",
            attempt_service_pb2_grpc.add_AttemptServiceServicer_to_server,
            AttemptServicer(actions.audit),
        ),
        Servicer(
            "bihuan.invoice_sync.v1.ParityService",
            parity_service_pb2_grpc.add_ParityServiceServicer_to_server,
            ParityServicer(actions.parity),
        ),
        Servicer(
            "bihuan.invoice_sync.v1.ManualService",
            manual_service_pb2_grpc.add_ManualServiceServicer_to_server,
            ManualServicer(actions.manual, actions.abandon),
        ),
        Servicer(
            "bihuan.invoice_sync.v1.RecognitionService",
            recognition_service_pb2_grpc.add_RecognitionServiceServicer_to_server,
            RecognitionServicer(actions.recognize),
        ),
        Servicer(
            "bihuan.invoice_sync.v1.ConfirmationService",
            confirmation_service_pb2_grpc.add_ConfirmationServiceServicer_to_server,
            ConfirmationServicer(actions.confirm),
        ),
        Servicer(
            "bihuan.invoice_sync.v1.BulkRequestService",
            bulk_request_service_pb2_grpc.add_BulkRequestServiceServicer_to_server,
            BulkRequestServicer(actions.bulk_intake, actions.bulk_read),
        ),
        Servicer(
            "bihuan.invoice_sync.v1.RedLetterService",
            red_letter_service_pb2_grpc.add_RedLetterServiceServicer_to_server,
            RedLetterServicer(actions.letters, actions.reissue, actions.read),
        ),
        Servicer(
            "bihuan.invoice_sync.v1.InvoiceApplicationService",
            invoice_application_service_pb2_grpc.add_InvoiceApplicationServiceServicer_to_server,
            InvoiceApplicationServicer(actions.applications),
        ),
    ]
