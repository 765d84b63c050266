"""A file of ten thousand rows goes through the real service, which dies on the way, in bounded memory."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import psutil
import pytest
from bihuan.invoice_sync.v1 import bulk_request_pb2, bulk_request_service_pb2, bulk_request_service_pb2_grpc

from tests.invoice_sync.bulk_files import USCC, a_row, parts_of, xlsx_of
from tests.support.eventually import eventually
from tests.support.processes import Processes, running_processes
from tests.support.tax_sandbox import SELLER_TAX_ID

ROWS = 10_000
WRONG = 137
MIB = 1024 * 1024
# What the service may grow by, and what the program that reads a file may have at most.
GROWTH_BYTES_MAX = 160 * MIB
READER_BYTES_MAX = 200 * MIB
_PAYMENTS = """
    INSERT INTO payment_follow (payment_id, merchant_id, merchant_order_no, currency_code, amount_minor, state,
        reconciliation_state, version, traceparent, create_time, update_time)
    SELECT 'pay_' || no, 'city-water', 'NO' || no, 'CNY', 1000 + no, 'SUCCEEDED', 'PENDING', 1, '', now(), now()
    FROM generate_series(0, $1 - 1) AS no
"""
# Each way in which a row can be wrong by itself or by what it names.
WAYS = (
    lambda no: a_row(),
    lambda no: a_row(f"pay_nowhere_{no}"),
    lambda no: a_row(order_no=f"NONE{no}"),
    lambda no: a_row(f"pay_{no}", title=" "),
    lambda no: a_row(f"pay_{no}", title="长" * 101),
    lambda no: a_row(f"pay_{no}", title="个人"),
    lambda no: a_row(f"pay_{no}", tax_id="91110000"),
    lambda no: a_row(f"pay_{no}", natural="是"),
    lambda no: a_row(f"pay_{no}", natural="或许"),
    lambda no: a_row(f"pay_{no}", email="caiwu.cn"),
    lambda no: a_row(f"pay_{no}", amount="12.345"),
    lambda no: a_row(f"pay_{no}", amount="-1"),
    lambda no: a_row(f"pay_{no}", amount="999999.00"),
    lambda no: a_row(f"pay_{no}", amount="0.01"),
    lambda no: a_row("pay_1"),
)


def ten_thousand() -> list:
    """Rows of which every 72nd is wrong, in each way by turns."""
    rows = [a_row(f"pay_{no}") if no % 2 else a_row(order_no=f"NO{no}") for no in range(ROWS)]
    for at in range(WRONG):
        no = 72 * (at + 1)
        rows[no] = WAYS[at % len(WAYS)](no)
    return rows


@pytest.fixture
async def processes(fresh_database, tmp_path) -> AsyncIterator[Processes]:
    async with running_processes(fresh_database, tmp_path) as made:
        yield made


@contextlib.asynccontextmanager
async def bulk_of(processes: Processes) -> AsyncIterator[bulk_request_service_pb2_grpc.BulkRequestServiceStub]:
    async with grpc.aio.insecure_channel(processes.target("invoice_sync")) as channel:
        yield bulk_request_service_pb2_grpc.BulkRequestServiceStub(channel)


def start(processes: Processes) -> psutil.Process:
    """The service alone: who tells of payments and who takes invoices is not there, and nothing hurries."""
    processes.start_invoice_sync(
        RATE_PER_SECOND="0.01", BURST="1", SWEEP_INTERVAL_SECONDS="3600", PROBE_INTERVAL_SECONDS="3600"
    )
    return psutil.Process(processes.running["invoice_sync"].pid)


async def peak_of_children(process: psutil.Process, until: asyncio.Task) -> int:
    """The most that a program which the service runs was seen to hold."""
    peak = 0
    while not until.done():
        for child in process.children():
            with contextlib.suppress(psutil.Error):
                peak = max(peak, child.memory_info().rss)
        await asyncio.wait([until], timeout=0.02)
    return peak


def peak_bytes(process: psutil.Process) -> int:
    """The most that it ever held, as Linux counts it."""
    status = Path(f"/proc/{process.pid}/status").read_text("ascii")
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


@pytest.mark.timeout(240)
async def test_ten_thousand_rows_go_through_a_crash_with_progress_in_bounded_memory(processes):
    process = start(processes)
    await processes.set_profile("city-water", SELLER_TAX_ID)
    await processes.fetch("invoice_sync", "UPDATE merchant_profile SET issue_policy = 'ON_REQUEST'")
    await processes.fetch("invoice_sync", _PAYMENTS, ROWS)
    before = peak_bytes(process)
    content = xlsx_of(ten_thousand())

    async with bulk_of(processes) as bulk:
        sending = asyncio.ensure_future(_sent(bulk, content))
        reader_peak = await peak_of_children(process, sending)
        sent = (await sending).bulk_request
        seen = [sent.done_count]
        await _moved(bulk, sent, seen, 1_500)
        grown = peak_bytes(process) - before
    processes.kill("invoice_sync")
    process = start(processes)
    await processes.answers()
    fresh = peak_bytes(process)
    async with bulk_of(processes) as bulk:
        await _moved(bulk, sent, seen, ROWS)
        done = await _got(bulk, sent)
        refused = await _rows(bulk, sent, bulk_request_pb2.BulkRequestRow.OUTCOME_REFUSED)
        replayed = await _sent(bulk, content)
    grown = max(grown, peak_bytes(process) - fresh)

    assert (sent.row_count, sent.wrong_count, sent.done_count) == (ROWS, WRONG, WRONG)
    assert (done.invoiced_count, done.refused_count, done.awaiting_count) == (ROWS - WRONG, WRONG, 0)
    assert (replayed.replayed, replayed.bulk_request) == (True, done)
    assert [each.row_no for each in refused] == [72 * (at + 1) + 2 for at in range(WRONG)]
    assert all(each.findings[0].finding.rule and each.findings[0].finding.cure_zh for each in refused)
    assert seen == sorted(seen)
    assert len(set(seen)) >= 5, f"progress was seen: {seen}"
    assert await processes.count("SELECT count(*) FROM invoice") == ROWS - WRONG
    assert await processes.count("SELECT count(DISTINCT payment_id) FROM invoice") == ROWS - WRONG
    assert await processes.count("SELECT count(*) FROM invoice WHERE buyer_tax_id <> $1", USCC) == 0
    assert 0 < reader_peak < READER_BYTES_MAX, f"{reader_peak / MIB:.0f} MiB"
    assert grown < GROWTH_BYTES_MAX, f"{grown / MIB:.0f} MiB"


async def _sent(bulk, content: bytes):
    return await bulk.UploadBulkRequest(parts_of(content), timeout=120, wait_for_ready=True)


async def _got(bulk, sent):
    request = bulk_request_service_pb2.GetBulkRequestRequest(bulk_request_id=sent.bulk_request_id)
    return (await bulk.GetBulkRequest(request, timeout=30, wait_for_ready=True)).bulk_request


async def _moved(bulk, sent, seen: list[int], count: int) -> None:
    """Wait until so many rows have their result, and note each step that is seen."""

    async def has_moved() -> bool:
        done_count = (await _got(bulk, sent)).done_count
        if done_count != seen[-1]:
            seen.append(done_count)
        return done_count >= count

    await eventually(has_moved, timeout_seconds=180)


async def _rows(bulk, sent, outcome) -> list:
    request = bulk_request_service_pb2.ListBulkRequestRowsRequest(
        bulk_request_id=sent.bulk_request_id, page_size=1_000, outcome=outcome
    )
    return list((await bulk.ListBulkRequestRows(request, timeout=30)).rows)
