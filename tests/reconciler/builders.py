"""Rows for the reconciler's tests: each test names what it cares about, the rest is one plain payment of one day."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import grpc
import pytest
from bihuan.payments.v1 import payment_service_pb2, payment_service_pb2_grpc
from bihuan.reconciler.v1 import (
    exception_pb2,
    exception_service_pb2,
    exception_service_pb2_grpc,
    explanation_service_pb2_grpc,
    run_pb2,
    run_service_pb2,
    run_service_pb2_grpc,
    statement_fetch_service_pb2_grpc,
    statement_service_pb2,
    statement_service_pb2_grpc,
    suggestion_service_pb2_grpc,
)
from bihuan.type.v1 import money_pb2
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis import telemetry
from chassis.clock import ManualClock
from chassis.crypto import KeyRing
from chassis.database import Sessions
from chassis.errors import Fault, from_rpc_error
from chassis.money import Money
from demo.plan import BillRow
from demo.wechat_pay_bill import write
from services.reconciler.actions.ingest import IngestActions
from services.reconciler.actions.mirror import MirrorActions
from services.reconciler.actions.reconciliation import ReconciliationActions
from services.reconciler.actions.run_inputs import RunInputsActions
from services.reconciler.actions.sealing import SealingActions
from services.reconciler.actions.upload import UploadActions
from services.reconciler.clients import PaymentsClient
from services.reconciler.domain.payment import MirroredPayment
from services.reconciler.matcher import Matcher, MatchLimits
from services.reconciler.tables import Base

DAY = date(2026, 3, 1)
FILE_BYTES_MAX = 16 * 1024 * 1024  # of this server, so that a test need not send more
NOON = datetime(2026, 3, 1, 4, tzinfo=UTC)  # 12:00 in Shanghai


def a_payment(no: int = 1, **changed: object) -> MirroredPayment:
    """Payment `no` of 12.00 CNY, made in the order of the numbers."""
    values: dict[str, object] = {
        "payment_id": f"pay_{no:04}",
        "merchant_id": "city-water",
        "merchant_order_no": f"order-{no}",
        "bill_no": "",
        "channel": "wechat_pay",
        "channel_txn_no": f"txn-{no}",
        "amount": Money("CNY", 1200),
        "pay_time": NOON + timedelta(minutes=no),
        "business_date": DAY,
        "version": 1,
        "traceparent": "",
    }
    return MirroredPayment(**{**values, **changed})  # type: ignore[arg-type]


def a_bill_row(no: int = 1, **changed: object) -> BillRow:
    """A row of a bill that agrees with `record(no)`."""
    values: dict[str, object] = {
        "channel_txn_no": f"42000{no:05}",
        "merchant_order_no": f"order-{no}",
        "amount": Money("CNY", 1200),
        "create_time": NOON + timedelta(minutes=no),
        "book_time": NOON + timedelta(minutes=no),
        "is_refund": False,
        "channel_refund_no": "",
        "merchant_refund_no": "",
        "subject": "水费",
        "payer": "oUpF8u",
        "bank": "CMB_DEBIT",
    }
    return BillRow(**{**values, **changed})  # type: ignore[arg-type]


def a_bill(*rows: BillRow) -> bytes:
    """A WeChat Pay bill of these rows."""
    return write(rows)


MATCH_LIMITS = MatchLimits(seconds_max=60, memory_mib=256, threads=1)


def a_worker(
    sessions: Sessions,
    payments: PaymentsClient,
    mirror: MirrorActions,
    clock: ManualClock,
    lease_seconds: float = 60,
    matcher: Matcher | None = None,
) -> ReconciliationActions:
    """What makes runs."""
    inputs = RunInputsActions(sessions, payments, mirror, clock, seconds_max=60)
    return ReconciliationActions(sessions, inputs, matcher or Matcher(MATCH_LIMITS), clock, lease_seconds)


@dataclass(frozen=True, slots=True)
class System:
    """The reconciler on a real socket, beside a real payments service; loops turn only when a test says so."""

    engine: AsyncEngine
    sessions: Sessions
    clock: ManualClock
    ring: KeyRing
    loading: IngestActions
    kept: UploadActions
    sealing: SealingActions
    mirror: MirrorActions
    reconciliation: ReconciliationActions
    statements: statement_service_pb2_grpc.StatementServiceStub
    fetches: statement_fetch_service_pb2_grpc.StatementFetchServiceStub
    runs: run_service_pb2_grpc.RunServiceStub
    exceptions: exception_service_pb2_grpc.ExceptionServiceStub
    suggestions: suggestion_service_pb2_grpc.SuggestionServiceStub
    explanations: explanation_service_pb2_grpc.ExplanationServiceStub
    payments: payment_service_pb2_grpc.PaymentServiceStub

    async def record(self, no: int = 1, *, traceparent: str = "", **changed: object) -> str:
        """Record a payment that succeeded; returns its id."""
        values: dict[str, object] = {
            "request_id": f"request-{no:04}",
            "merchant_id": "city-water",
            "merchant_order_no": f"order-{no}",
            "channel": "wechat_pay",
            "channel_txn_no": f"42000{no:05}",
            "amount": money_pb2.Money(currency_code="CNY", amount_minor=1200),
            "pay_time": NOON + timedelta(minutes=no),
            "payer_name": "张三",
        }
        request = payment_service_pb2.RecordPaymentRequest(**{**values, **changed})  # type: ignore[arg-type]
        with telemetry.span("record", parent=traceparent):
            answer = await self.payments.RecordPayment(request)
        return answer.payment.payment_id

    async def ingest(
        self, content: bytes, request_id: str = "ingest-0001"
    ) -> statement_service_pb2.IngestStatementResponse:
        """Send a file in one part."""
        return await self.statements.IngestStatement(iter(parts(content, request_id)))

    async def start_run(
        self, request_id: str = "run-00001", channel: str = "wechat_pay", day: date = DAY
    ) -> run_pb2.Run:
        """Ask for a run."""
        request = run_service_pb2.StartRunRequest(request_id=request_id, channel=channel, business_date=day.isoformat())
        return (await self.runs.StartRun(request)).run

    async def run(self, request_id: str = "run-00001", channel: str = "wechat_pay", day: date = DAY) -> run_pb2.Run:
        """Ask for a run, make it, and tell how it ended."""
        run = await self.start_run(request_id, channel, day)
        claim = await self.reconciliation.claim_run()
        assert claim is not None, "the run was not due"
        await self.reconciliation.run_reconciliation(claim)
        return await self.get_run(run.run_id)

    async def get_run(self, run_id: str) -> run_pb2.Run:
        """The run as it is now."""
        return (await self.runs.GetRun(run_service_pb2.GetRunRequest(run_id=run_id))).run

    async def count(self, table: type[Base]) -> int:
        """How many rows a table has."""
        async with self.sessions() as session:
            return (await session.execute(select(func.count()).select_from(table))).scalar_one()


def parts(
    content: bytes, request_id: str = "ingest-0001", chunk_bytes: int = 256 * 1024, **said: object
) -> list[statement_service_pb2.IngestStatementRequest]:
    """The parts of an upload."""
    header = statement_service_pb2.StatementHeader(request_id=request_id, file_name="bill.csv", **said)  # type: ignore[arg-type]
    chunks = [content[start : start + chunk_bytes] for start in range(0, len(content), chunk_bytes)]
    return [
        statement_service_pb2.IngestStatementRequest(header=header),
        *(statement_service_pb2.IngestStatementRequest(chunk=chunk) for chunk in chunks),
        statement_service_pb2.IngestStatementRequest(end=statement_service_pb2.StatementEnd(size_bytes=len(content))),
    ]


def connect_stubs(channel: grpc.aio.Channel, payments: grpc.aio.Channel) -> dict[str, object]:
    """The stubs that a System has."""
    return {
        "statements": statement_service_pb2_grpc.StatementServiceStub(channel),
        "fetches": statement_fetch_service_pb2_grpc.StatementFetchServiceStub(channel),
        "runs": run_service_pb2_grpc.RunServiceStub(channel),
        "exceptions": exception_service_pb2_grpc.ExceptionServiceStub(channel),
        "suggestions": suggestion_service_pb2_grpc.SuggestionServiceStub(channel),
        "explanations": explanation_service_pb2_grpc.ExplanationServiceStub(channel),
        "payments": payment_service_pb2_grpc.PaymentServiceStub(payments),
    }


async def refused(call: grpc.aio.UnaryUnaryCall) -> Fault:
    """The fault that a call ends with."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return from_rpc_error(caught.value)


async def matches_of(system: System, run: run_pb2.Run, **wanted: object) -> list[run_pb2.Match]:
    """The matches and suggestions of a run, in order of group."""
    request = run_service_pb2.ListMatchesRequest(run_id=run.run_id, page_size=1_000, **wanted)  # type: ignore[arg-type]
    return list((await system.runs.ListMatches(request)).matches)


def dispositions(run: run_pb2.Run) -> dict[str, tuple[int, int]]:
    """How many payments and lines of a run have which disposition."""
    return {
        run_pb2.Disposition.Name(each.disposition).removeprefix("DISPOSITION_"): (each.payment_count, each.line_count)
        for each in run.totals.dispositions
    }


async def exceptions_of(system: System, **wanted: object) -> list[exception_pb2.Exception]:
    """The exceptions that a filter lets through, newest first."""
    request = exception_service_pb2.ListExceptionsRequest(page_size=1_000, **wanted)  # type: ignore[arg-type]
    return list((await system.exceptions.ListExceptions(request)).exceptions)


async def class_names(system: System, **wanted: object) -> list[str]:
    """Their classes."""
    names = [exception_pb2.ExceptionClass.Name(each.exception_class) for each in await exceptions_of(system, **wanted)]
    return sorted(name.removeprefix("EXCEPTION_CLASS_") for name in names)
