from collections.abc import AsyncIterator

import pytest
from bihuan.payments.v1 import payment_service_pb2
from bihuan.reconciler.v1 import (
    exception_service_pb2,
    explanation_service_pb2,
    run_service_pb2,
    statement_fetch_service_pb2,
    statement_service_pb2,
    suggestion_service_pb2,
)

from chassis import channel, database, server
from chassis.clock import ManualClock
from chassis.crypto import KeyRing
from services.payments import rpc as payments_rpc
from services.payments.app import make_actions
from services.reconciler import rpc
from services.reconciler.actions.exception import ExceptionActions
from services.reconciler.actions.explanation import ExplanationActions
from services.reconciler.actions.fetch import FetchActions
from services.reconciler.actions.file_reader import FileReader
from services.reconciler.actions.ingest import IngestActions
from services.reconciler.actions.mirror import MirrorActions
from services.reconciler.actions.run import RunActions
from services.reconciler.actions.sealing import SealingActions
from services.reconciler.actions.statement import StatementActions
from services.reconciler.actions.suggestion import SuggestionActions
from services.reconciler.actions.upload import UploadActions
from services.reconciler.clients import PaymentsClient
from services.reconciler.fetch import FetchLimits
from services.reconciler.rpc import clearing_servicers
from services.reconciler.statements import Limits, load_profiles
from services.reconciler.upload import Uploads
from tests.reconciler.builders import FILE_BYTES_MAX, NOON, System, a_worker, connect_stubs


@pytest.fixture
def clock() -> ManualClock:
    """The evening after the day that the tests are about."""
    manual = ManualClock(NOON)
    manual.advance(86_400)
    return manual


@pytest.fixture
async def payments_target(fresh_database, clock: ManualClock) -> AsyncIterator[str]:
    """The real payments service, on a free port."""
    engine = database.connect(await fresh_database("services.payments"), "test")
    actions = make_actions(engine, clock)
    running = await server.start("127.0.0.1:0", payments_rpc.servicers(actions))
    yield f"127.0.0.1:{running.port}"
    await running.stop()
    await actions.intake.close(5)
    await actions.exports.close()
    await engine.dispose()


@pytest.fixture
async def system(fresh_database, clock: ManualClock, payments_target: str) -> AsyncIterator[System]:
    """The reconciler on a free port, without its loops, beside the real payments service."""
    engine = database.connect(await fresh_database("services.reconciler"), "test")
    sessions = database.sessions(engine)
    payments = PaymentsClient(payments_target, timeout_seconds=20)
    mirror = MirrorActions(sessions, payments, clock)
    ring = KeyRing({"key_1": bytes(32)})
    reader = FileReader(load_profiles(), Limits(), seconds_max=30)
    ingest = IngestActions(sessions, reader, ring, clock)
    kept = UploadActions(sessions, ring, clock, keep_seconds=86_400)
    uploads = Uploads(FILE_BYTES_MAX)
    statements = rpc.StatementServicer(StatementActions(sessions), ingest, kept, reader, uploads)
    clearing = clearing_servicers(
        ExceptionActions(sessions, clock), SuggestionActions(sessions, clock), ExplanationActions(sessions)
    )
    fetches = FetchActions(sessions, (), {}, ingest, clock, FetchLimits(FILE_BYTES_MAX, 30), 30)
    others = rpc.servicers(statements, RunActions(sessions, clock), fetches)
    running = await server.start("127.0.0.1:0", [*others, *clearing])
    services = [
        *statement_fetch_service_pb2.DESCRIPTOR.services_by_name.values(),
        *statement_service_pb2.DESCRIPTOR.services_by_name.values(),
        *run_service_pb2.DESCRIPTOR.services_by_name.values(),
        *exception_service_pb2.DESCRIPTOR.services_by_name.values(),
        *suggestion_service_pb2.DESCRIPTOR.services_by_name.values(),
        *explanation_service_pb2.DESCRIPTOR.services_by_name.values(),
    ]
    to_reconciler = channel.connect(f"127.0.0.1:{running.port}", services, timeout_seconds=30)
    to_payments = channel.connect(
        payments_target, [*payment_service_pb2.DESCRIPTOR.services_by_name.values()], timeout_seconds=30
    )
    yield System(
        engine=engine,
        sessions=sessions,
        clock=clock,
        ring=ring,
        loading=ingest,
        kept=kept,
        sealing=SealingActions(sessions, ring),
        mirror=mirror,
        reconciliation=a_worker(sessions, payments, mirror, clock),
        **connect_stubs(to_reconciler, to_payments),  # type: ignore[arg-type]
    )
    await to_reconciler.close()
    await to_payments.close()
    await running.stop()
    await payments.close()
    await engine.dispose()
