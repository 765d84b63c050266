"""The reconciler as a process of its own, whose loops fetch what its file of sources names."""

import asyncio
import json
import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bihuan.reconciler.v1 import statement_fetch_service_pb2, statement_fetch_service_pb2_grpc
from starlette.responses import Response

from chassis import channel
from chassis.crypto import new_key_line
from tests.reconciler.builders import a_bill, a_bill_row
from tests.support.eventually import eventually
from tests.support.statement_servers import TOKEN, https_peer

_SECONDS = 60
_ROOT = Path(__file__).parents[2]


async def test_a_process_with_sources_fetches_loads_and_never_tells_the_secret(fresh_database, tmp_path: Path):
    yesterday = datetime.now(UTC).replace(hour=4, minute=0, second=0, microsecond=0) - timedelta(days=1)
    bill = a_bill(a_bill_row(1, create_time=yesterday, book_time=yesterday))
    keys, sources, traces = tmp_path / "body.key", tmp_path / "sources.yaml", tmp_path / "traces"
    keys.write_text(f"{new_key_line()}\n", "ascii")
    traces.mkdir()
    async with https_peer(tmp_path) as peer:
        peer.answer = lambda _: Response(bill)
        sources.write_text(
            f"""
sources:
- id: city_water
  channel: wechat_pay
  tz: UTC
  first_date: {yesterday.date()}
  available_from: T+1 00:00
  deadline: T+2 00:00
  give_up: T+3 00:00
  every_seconds: 5
  https: {{url: "{peer.url}/{{date}}.csv", secret_file: token, ca_file: {peer.ca_file.name}}}
"""
        )
        settings = {
            "LISTEN": "127.0.0.1:0",
            "BODY_KEY_FILE": str(keys),
            "DATABASE_URL": await fresh_database("services.reconciler"),
            "PAYMENTS_TARGET": "127.0.0.1:9",
            "SOURCES": str(sources),
            "FETCH_INTERVAL_SECONDS": "0.05",
            "TRACES": f"file:{traces}",
        }
        environ = {name: value for name, value in os.environ.items() if not name.startswith("BIHUAN_")}
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "services.reconciler",
            env={**environ, **{f"BIHUAN_RECONCILER_{name}": value for name, value in settings.items()}},
            cwd=_ROOT,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            log = await asyncio.wait_for(process.stderr.readline(), _SECONDS)
            while "port" not in (started := json.loads(log.splitlines()[-1])):
                log += await asyncio.wait_for(process.stderr.readline(), _SECONDS)
            services = [*statement_fetch_service_pb2.DESCRIPTOR.services_by_name.values()]
            to_it = channel.connect(f"127.0.0.1:{started['port']}", services, timeout_seconds=_SECONDS)
            stub = statement_fetch_service_pb2_grpc.StatementFetchServiceStub(to_it)

            async def loaded() -> list[statement_fetch_service_pb2.StatementFetch]:
                request = statement_fetch_service_pb2.ListStatementFetchesRequest(
                    state=statement_fetch_service_pb2.StatementFetch.STATE_LOADED
                )
                return list((await stub.ListStatementFetches(request)).statement_fetches)

            (one,) = await eventually(loaded, timeout_seconds=_SECONDS)
            await to_it.close()
        finally:
            process.send_signal(signal.SIGTERM)
            _, rest = await asyncio.wait_for(process.communicate(), _SECONDS)

    assert (one.source_id, one.business_date) == ("city_water", str(yesterday.date()))
    assert process.returncode == 0
    traced = "".join(file.read_text() for file in traces.iterdir())
    assert '"fetch_statement"' in traced
    assert TOKEN not in (log + rest).decode() + traced
