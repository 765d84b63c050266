"""The contract's five services, a file for each, and what answers them. It decides nothing."""

from dataclasses import dataclass

from bihuan.invoice_sync.v1 import (
    attempt_service_pb2_grpc,
    gate_service_pb2_grpc,
    invoice_service_pb2_grpc,
    merchant_service_pb2_grpc,
    sweep_service_pb2_grpc,
)

from chassis.server import Servicer
from services.invoice_sync.actions.audit import AuditActions
from services.invoice_sync.actions.correct import CorrectActions
from services.invoice_sync.actions.diagnose import DiagnoseActions
from services.invoice_sync.actions.gate_admin import GateAdminActions
from services.invoice_sync.actions.issue import IssueActions
from services.invoice_sync.actions.numbers import NumberActions
from services.invoice_sync.actions.probe import ProbeActions
from services.invoice_sync.actions.read import ReadActions
from services.invoice_sync.actions.sweep import SweepActions
from services.invoice_sync.rpc.attempts import AttemptServicer
from services.invoice_sync.rpc.gates import GateServicer
from services.invoice_sync.rpc.invoices import InvoiceServicer
from services.invoice_sync.rpc.merchants import MerchantServicer
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


def servicers(actions: Actions) -> list[Servicer]:
    """What the server answers."""
    return [
        Servicer(
            "bihuan.invoice_sync.v1.InvoiceService",
            invoice_service_pb2_grpc.add_InvoiceServiceServicer_to_server,
            InvoiceServicer(actions.issue, actions.numbers, actions.correct, actions.read, actions.diagnose),
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
            "bihuan.invoice_sync.v1.AttemptService",
            attempt_service_pb2_grpc.add_AttemptServiceServicer_to_server,
            AttemptServicer(actions.audit),
        ),
    ]
