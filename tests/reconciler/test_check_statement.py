"""A check tells all that loading would find, and stores nothing."""

import asyncio
import gzip
import hashlib
import io
import threading

import pytest
from bihuan.reconciler.v1 import statement_pb2, statement_service_pb2

from chassis.errors import Fault
from services.reconciler.actions.file_reader import FileReader, Wanted
from services.reconciler.statements import Limits, Source, load_profiles
from services.reconciler.tables import StatementFileRow, StatementRow, StatementUploadRow
from tests.reconciler.builders import System, a_bill, a_bill_row
from tests.support.eventually import eventually

BILL = a_bill(a_bill_row(1), a_bill_row(2, is_refund=True, channel_refund_no="50000", merchant_refund_no="r-2"))


async def check(system: System, content: bytes, **said: str) -> statement_pb2.StatementReport:
    of = statement_service_pb2.CheckStatementRequest
    end = statement_service_pb2.StatementEnd(size_bytes=len(content))
    sent = [of(header=statement_service_pb2.CheckHeader(**said)), of(chunk=content), of(end=end)]
    return (await system.statements.CheckStatement(iter(sent))).report


async def test_a_good_file_is_told_with_its_sums_its_totals_and_its_columns(system: System):
    report = await check(system, BILL)

    assert report.loadable
    assert (report.profile_id, report.channel, report.encoding) == ("wechat_pay.trade", "wechat_pay", "utf-8-sig")
    assert (report.first_date, report.last_date) == ("2026-03-01", "2026-03-01")
    assert (report.rows.booked, report.rows.frame) == (2, 3)
    assert [money.amount_minor for money in (*report.sums_in, *report.sums_out)] == [1200, 1200]
    assert (report.first.amount.amount_minor, report.last.amount.amount_minor) == (1200, -1200)
    assert all(control.ties for control in report.controls)
    assert report.controls
    assert {column.field: column.header for column in report.columns}["merchant_order_no"] == "商户订单号"
    assert not report.errors


async def test_a_bad_file_is_told_with_every_error_its_place_its_rule_and_its_cure_in_both_languages(system: System):
    report = await check(system, BILL.replace(b"`12.00", b"`12.0x", 1))

    assert not report.loadable
    error = report.errors[0]
    assert (error.code, error.line, error.column, error.value) == ("E-AMOUNT", 2, "应结订单金额", "12.0x")
    assert error.rule
    assert error.cure
    assert "金额" in error.rule_zh
    assert error.cure_zh
    assert report.error_count >= len(report.errors)


async def test_a_file_that_no_profile_knows_gets_a_draft_for_a_person_to_confirm(system: System):
    rows = "".join(f"2026-03-0{day};T{day};{day}0,50\n" for day in range(1, 9))

    report = await check(system, f"Datum;Nummer;Betrag\n{rows}".encode())

    assert [error.code for error in report.errors] == ["E-PROFILE-NONE"]
    assert "status: draft" in report.draft


async def test_a_check_stores_nothing(system: System):
    await check(system, BILL)

    assert [await system.count(table) for table in (StatementFileRow, StatementRow, StatementUploadRow)] == [0, 0, 0]


async def test_a_check_reads_by_the_profile_that_is_asked_for(system: System):
    report = await check(system, BILL, profile_id="boc.debit")

    assert not report.loadable
    assert report.errors[0].code == "E-PROFILE-NONE"


async def test_a_file_that_takes_too_long_is_refused_and_the_reading_ends():
    reader = FileReader(load_profiles(), Limits(), seconds_max=-1)
    source = Source(io.BytesIO(BILL), len(BILL), hashlib.sha256(BILL).hexdigest())

    report = await reader.report(source, Wanted())
    with pytest.raises(Fault) as refused:
        await reader.open(source, Wanted())

    assert [fault.code for fault in report.summary.faults] == ["E-TIME"]
    assert refused.value.metadata["code"] == "E-TIME"


async def test_an_archive_has_a_smaller_limit_than_a_text():
    content = gzip.compress(BILL)
    reader = FileReader(load_profiles(), Limits(packed_bytes_max=len(content) - 1), seconds_max=30)

    packed = await reader.report(Source.of_bytes(content), Wanted())
    plain = await reader.report(Source.of_bytes(BILL), Wanted())

    assert [fault.code for fault in packed.summary.faults] == ["E-TOO-LARGE"]
    assert plain.summary.loadable


async def test_a_check_tells_what_loading_would_say_of_the_channel(system: System):
    export = b"Buchungstag;Verwendungszweck;Betrag;CCY\n2026-04-09;Kaffee;-4,50;EUR\n"

    nameless = await check(system, export)
    named = await check(system, export, channel="my_bank")
    of_another = await check(system, BILL, channel="alipay")

    assert (nameless.loadable, nameless.channel) == (True, "")
    assert [warning.code for warning in nameless.warnings] == ["E-CHANNEL-NEEDED"]
    assert (named.loadable, named.channel, len(named.warnings)) == (True, "my_bank", 0)
    assert (of_another.loadable, of_another.errors[0].code) == (False, "E-CHANNEL")


async def test_a_reading_that_nobody_waits_for_ends_and_leaves_its_thread_to_others():
    reader = FileReader(load_profiles(), Limits(), seconds_max=60)
    looks, left = 0, threading.Event()

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            nonlocal looks
            looks += 1
            left.wait(10)
            return super().read(size)

    source = Source(Slow(BILL), len(BILL), "")
    waiting = [asyncio.create_task(reader.report(source, Wanted())) for _ in range(2)]
    await eventually(lambda: looks)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    left.set()

    report = await asyncio.wait_for(reader.report(Source.of_bytes(BILL), Wanted()), 60)

    assert report.summary.loadable
    assert looks <= 4
