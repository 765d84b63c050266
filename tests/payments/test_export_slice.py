"""Payments leave in bulk as record batches: all of them, once, however they are cut and wherever one goes on."""

import asyncio

import grpc
import pyarrow as pa
import pytest
from bihuan.payments.v1 import payment_feed_service_pb2 as pb
from sqlalchemy import text

from chassis.errors import from_rpc_error
from services.payments.actions import export
from tests.payments.builders import NOON, a_request

DAY = "2026-03-01"


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch):
    monkeypatch.setattr(export, "PAGE_ROWS", 4)


async def exported(system, **slice_) -> list[dict]:
    answers = [answer async for answer in system.feed.ExportSlice(pb.ExportSliceRequest(**slice_))]
    return [row for answer in answers for row in rows_of(answer)]


def rows_of(answer: pb.ExportSliceResponse) -> list[dict]:
    rows = pa.ipc.open_stream(answer.record_batch).read_all().to_pylist()
    assert len(rows) == answer.row_count
    return rows


async def recorded(system, count: int, **changes) -> list:
    return [(await system.payments.RecordPayment(a_request(**changes))).payment for _ in range(count)]


@pytest.mark.parametrize("count", [0, 1, 4, 9])
async def test_a_day_is_exported_whole_and_as_it_stands(system, count):
    payments = await recorded(system, count)
    await recorded(system, 1, channel="alipay")

    rows = await exported(system, day=pb.DaySlice(channel="wechat_pay", business_date=DAY))

    assert [row["payment_id"] for row in rows] == sorted(payment.payment_id for payment in payments)
    for row, payment in zip(rows, sorted(payments, key=lambda one: one.payment_id), strict=True):
        assert "payer_name" not in row
        for name in ("merchant_id", "merchant_order_no", "bill_no", "channel", "channel_txn_no", "version"):
            assert row[name] == getattr(payment, name)
        assert (row["currency_code"], row["amount_minor"]) == ("CNY", payment.amount.amount_minor)
        assert (row["pay_time"], row["business_date"].isoformat()) == (NOON, DAY)
        assert (row["state"], row["reconciliation_state"]) == ("SUCCEEDED", "PENDING")


async def test_an_export_goes_on_where_it_was_cut(system):
    await recorded(system, 9)
    asked = pb.DaySlice(channel="wechat_pay", business_date=DAY)
    whole = await exported(system, day=asked)

    call = system.feed.ExportSlice(pb.ExportSliceRequest(day=asked))
    first = await call.read()
    call.cancel()
    asked.after_payment_id = first.after_payment_id
    rest = await exported(system, day=asked)

    assert rows_of(first) + rest == whole
    assert (len(whole), first.max_sequence) == (9, 9)


async def test_changes_are_exported_in_order_as_each_left_its_payment(system):
    await recorded(system, 6)
    fed = await system.read_feed()

    rows = await exported(system, changes=pb.ChangeSlice())
    rest = await exported(system, changes=pb.ChangeSlice(from_sequence=5))

    assert [(row["sequence"], row["payment_id"], row["version"]) for row in rows] == [
        (change.sequence, change.payment.payment_id, change.payment.version) for change in fed
    ]
    assert [row["traceparent"] for row in rows] == [change.traceparent for change in fed]
    assert rest == rows[4:]


async def test_an_export_holds_all_that_its_manifest_counts(system):
    await recorded(system, 5)
    asked = pb.GetSliceManifestRequest(channel="wechat_pay", business_date=DAY)
    manifest = (await system.feed.GetSliceManifest(asked)).manifest

    answers = [
        answer
        async for answer in system.feed.ExportSlice(
            pb.ExportSliceRequest(day=pb.DaySlice(channel="wechat_pay", business_date=DAY))
        )
    ]

    assert {answer.max_sequence for answer in answers} == {manifest.max_sequence}
    amounts = [row["amount_minor"] for answer in answers for row in rows_of(answer)]
    assert (len(amounts), sum(amounts)) == (manifest.payment_count, manifest.amount_sums[0].amount_minor)


async def test_no_transaction_stays_open_while_the_consumer_takes_its_time(system, monkeypatch):
    monkeypatch.setattr(export, "PAGE_ROWS", 2)
    await recorded(system, 9)
    asked = pb.ExportSliceRequest(day=pb.DaySlice(channel="wechat_pay", business_date=DAY))

    call = system.feed.ExportSlice(asked)
    await call.read()
    await asyncio.gather(*(system.payments.RecordPayment(a_request()) for _ in range(4)))
    query = text(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'payments:bulk' AND state LIKE '%transaction%'"
        " AND datname = current_database() AND state_change < clock_timestamp() - interval '1 second'"
    )
    async with system.engine.connect() as connection:
        open_count = await connection.scalar(query)
    left = [answer async for answer in call]

    assert open_count == 0
    assert sum(answer.row_count for answer in left) >= 7


@pytest.mark.parametrize(
    ("asked", "fields"),
    [
        (pb.ExportSliceRequest(), ["slice"]),
        (pb.ExportSliceRequest(day=pb.DaySlice(channel="x'; DROP TABLE payments", business_date=DAY)), ["day.channel"]),
        (pb.ExportSliceRequest(day=pb.DaySlice(channel="x", business_date="2026-02-30")), ["day.business_date"]),
        (pb.ExportSliceRequest(changes=pb.ChangeSlice(from_sequence=-1)), ["changes.from_sequence"]),
    ],
)
async def test_what_cannot_be_exported_is_named(system, asked, fields):
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await system.feed.ExportSlice(asked).read()

    fault = from_rpc_error(refused.value)
    assert fault.reason == "INVALID_FIELD"
    assert [field.field for field in fault.fields] == fields
