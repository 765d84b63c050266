"""The contract's services, a file for each, and what answers them. It decides nothing."""

from dataclasses import dataclass

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
    answering = (
        InvoiceServicer(actions.request, actions.numbers, actions.correct, actions.read, actions.diagnose),
        MerchantServicer(actions.issue, actions.read),
        SweepServicer(actions.sweep, actions.read, actions.audit),
        GateServicer(actions.gates, actions.probe),
        PaperServicer(actions.papers, actions.archive),
        DeliveryServicer(actions.deliver),
        LinkServicer(actions.links),
        AttemptServicer(actions.audit),
        ParityServicer(actions.parity),
        ManualServicer(actions.manual, actions.abandon),
        RecognitionServicer(actions.recognize),
        ConfirmationServicer(actions.confirm),
        BulkRequestServicer(actions.bulk_intake, actions.bulk_read),
        RedLetterServicer(actions.letters, actions.reissue, actions.read),
        InvoiceApplicationServicer(actions.applications),
    )
    return [Servicer.of(each) for each in answering]
