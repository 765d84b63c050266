"""The reconciler as a process of its own, with its loops turning, beside a real payments service."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

from bihuan.payments.v1 import payment_service_pb2, payment_service_pb2_grpc
from bihuan.reconciler.v1 import (
    run_pb2,
    run_service_pb2,
    run_service_pb2_grpc,
    statement_service_pb2,
    statement_service_pb2_grpc,
)
from bihuan.type.v1 import money_pb2

from chassis import channel
from chassis.crypto import new_key_line
from tests.reconciler.builders import DAY, NOON, a_bill, a_bill_row, parts
from tests.support.eventually import eventually

_SECONDS = 60
_ROOT = Path(__file__).parents[2]


async def start(**settings: str) -> asyncio.subprocess.Process:
    """The process, with these settings and no others."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("BIHUAN_")}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.reconciler",
        env={**environ, **{f"BIHUAN_RECONCILER_{name}": value for name, value in settings.items()}},
        cwd=_ROOT,
        stderr=asyncio.subprocess.PIPE,
    )


def written(folder: Path) -> str:
    """All that stands in a folder's files."""
    return "".join(file.read_text() for file in folder.iterdir())


async def test_the_process_follows_runs_tells_traces_and_stops_when_it_is_told(
    fresh_database, payments_target: str, tmp_path: Path
):
    to_payments = channel.connect(
        payments_target, [*payment_service_pb2.DESCRIPTOR.services_by_name.values()], timeout_seconds=_SECONDS
    )
    payments = payment_service_pb2_grpc.PaymentServiceStub(to_payments)
    recorded = await payments.RecordPayment(
        payment_service_pb2.RecordPaymentRequest(
            request_id="request-0001",
            merchant_id="city-water",
            merchant_order_no="order-1",
            channel="wechat_pay",
            channel_txn_no="4200000001",
            amount=money_pb2.Money(currency_code="CNY", amount_minor=1200),
            pay_time=NOON,
            payer_name="王小明",
        )
    )
    keys, traces_folder = tmp_path / "body.key", tmp_path / "traces"
    keys.write_text(f"{new_key_line()}\n", "ascii")
    traces_folder.mkdir()
    process = await start(
        LISTEN="127.0.0.1:0",
        BODY_KEY_FILE=str(keys),
        DATABASE_URL=await fresh_database("services.reconciler"),
        PAYMENTS_TARGET=payments_target,
        TRACES=f"file:{traces_folder}",
    )
    try:
        told = json.loads(await asyncio.wait_for(process.stderr.readline(), _SECONDS))
        services = [
            *statement_service_pb2.DESCRIPTOR.services_by_name.values(),
            *run_service_pb2.DESCRIPTOR.services_by_name.values(),
        ]
        connected = channel.connect(f"127.0.0.1:{told['port']}", services, timeout_seconds=_SECONDS)
        statements = statement_service_pb2_grpc.StatementServiceStub(connected)
        await statements.IngestStatement(iter(parts(a_bill(a_bill_row(1)))))
        runs = run_service_pb2_grpc.RunServiceStub(connected)
        request = run_service_pb2.StartRunRequest(
            request_id="run-00001", channel="wechat_pay", business_date=DAY.isoformat()
        )
        run = (await runs.StartRun(request)).run

        async def ended() -> run_pb2.Run | None:
            now = (await runs.GetRun(run_service_pb2.GetRunRequest(run_id=run.run_id))).run
            return now if now.HasField("end_time") else None

        async def told_to_payments() -> bool:
            request = payment_service_pb2.GetPaymentRequest(payment_id=recorded.payment.payment_id)
            return (await payments.GetPayment(request)).payment.version == 2

        result = await eventually(ended, timeout_seconds=_SECONDS)
        await eventually(told_to_payments, timeout_seconds=_SECONDS)
        await connected.close()
        process.send_signal(signal.SIGTERM)
        _, words = await asyncio.wait_for(process.communicate(), _SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        await to_payments.close()

    assert result.state == run_pb2.Run.STATE_SUCCEEDED
    assert result.totals.matched_count == 1
    assert process.returncode == 0, words.decode()
    traces = written(traces_folder)
    for name in ("ingest_statement", "start_run", "run_reconciliation", "tell_payments"):
        assert f'"{name}"' in traces
    assert "王小明" not in traces


async def test_a_process_without_a_database_says_so_and_ends():
    process = await start(LISTN="127.0.0.1:0")

    _, words = await asyncio.wait_for(process.communicate(), _SECONDS)

    assert process.returncode == 2
    assert "BIHUAN_RECONCILER_DATABASE_URL is not set" in words.decode()
    assert "did you mean BIHUAN_RECONCILER_LISTEN?" in words.decode()
