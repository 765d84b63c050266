"""Imports over a real socket: each row once and with its own result, whatever is cut, repeated or wrong."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import grpc
import pyarrow as pa
import pytest
from bihuan.payments.v1 import import_service_pb2 as pb
from bihuan.payments.v1 import import_service_pb2_grpc, payment_feed_service_pb2
from bihuan.payments.v1 import payment_service_pb2 as payment_pb
from bihuan.type.v1 import money_pb2

from chassis.errors import Fault, Kind, from_rpc_error
from services.payments.domain.fee import FeeRules
from services.payments.domain.import_batch import as_columns
from services.payments.domain.import_columns import staged
from services.payments.store import imports as imports_store
from services.payments.store.columnar import Columnar
from tests.payments.arrow_rows import NOON, a_batch, a_row, an_arrow_stream
from tests.payments.builders import NOTHING, a_request

ID = "import-0001"


def parts(batches: Sequence[pa.RecordBatch], *, first_batch_no: int = 0, import_id: str = ID, total: int = 0):
    content = an_arrow_stream(batches)
    yield pb.ImportPaymentsRequest(
        header=pb.ImportHeader(import_id=import_id, first_batch_no=first_batch_no, total_row_count=total)
    )
    for at in range(0, len(content), 1_000):
        yield pb.ImportPaymentsRequest(chunk=content[at : at + 1_000])
    yield pb.ImportPaymentsRequest(end=pb.ImportEnd(size_bytes=len(content)))


def imports(system) -> import_service_pb2_grpc.ImportServiceStub:
    return import_service_pb2_grpc.ImportServiceStub(system.channel)


async def refusal(call) -> Fault:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call
    return from_rpc_error(refused.value)


async def results(system, from_batch_no: int = 0) -> list[list[dict]]:
    asked = pb.StreamImportResultsRequest(import_id=ID, from_batch_no=from_batch_no)
    return [
        pa.ipc.open_stream(answer.results).read_all().to_pylist()
        async for answer in imports(system).StreamImportResults(asked)
    ]


def counts(progress) -> tuple[int, int, int, int]:
    return progress.row_count, progress.recorded_count, progress.replayed_count, progress.refused_count


async def test_imported_payments_are_there_as_if_each_had_been_recorded_alone(system):
    rows = [a_row(), a_row(channel="alipay", currency_code="JPY", amount_minor=7, bill_no="", payer_name="")]

    done = await imports(system).ImportPayments(parts([a_batch(rows)], total=2))

    ((first, second),) = await results(system)
    assert [first["outcome"], second["outcome"]] == ["RECORDED", "RECORDED"]
    assert counts(done.progress) == (2, 2, 0, 0)
    assert (done.progress.next_batch_no, done.progress.total_row_count) == (1, 2)
    for row, result in zip(rows, (first, second), strict=True):
        read = await system.payments.GetPayment(payment_pb.GetPaymentRequest(payment_id=result["payment_id"]))
        alone = a_request(
            **{name: row[name] for name in row if name not in ("currency_code", "amount_minor", "pay_time")},
            amount=money_pb2.Money(currency_code=row["currency_code"], amount_minor=row["amount_minor"]),
        )
        recorded = await system.payments.RecordPayment(alone)  # the same content: a replay, digest and all
        assert recorded.replayed
        assert recorded.payment == read.payment


async def test_what_is_imported_is_told_by_the_feed_and_counted_by_the_manifest(system):
    await imports(system).ImportPayments(parts([a_batch([a_row(), a_row()]), a_batch([a_row()])]))
    await system.payments.RecordPayment(a_request())

    changes = await system.read_feed()
    asked = payment_feed_service_pb2.GetSliceManifestRequest(channel="wechat_pay", business_date="2026-03-01")
    manifest = (await system.feed.GetSliceManifest(asked)).manifest

    assert [change.sequence for change in changes] == [1, 2, 3, 4]
    assert (manifest.payment_count, manifest.amount_sums[0].amount_minor) == (4, 4 * 12_30)


async def test_bad_rows_never_stop_good_ones_and_each_says_why(system):
    kept = await system.payments.RecordPayment(a_request(merchant_order_no="KEPT"))
    rows = [
        a_row(),
        a_row(amount_minor=-1),
        a_row(pay_time=NOON + timedelta(hours=1)),
        a_row(merchant_order_no="KEPT"),
        a_row(merchant_order_no="TWIN", channel_txn_no="1", bill_no=""),
        a_row(merchant_order_no="TWIN", channel_txn_no="1", bill_no=""),
        a_row(merchant_order_no="TWIN", channel_txn_no="2", bill_no=""),
        a_row(currency_code="XAU"),
        a_row(merchant_id=None),
    ]

    done = await imports(system).ImportPayments(parts([a_batch(rows)]))

    (told,) = await results(system)
    assert counts(done.progress) == (9, 2, 1, 6)
    assert [row["outcome"] for row in told] == [
        "RECORDED", "REFUSED", "REFUSED", "REFUSED", "RECORDED", "REPLAYED", "REFUSED", "REFUSED", "REFUSED",
    ]  # fmt: skip
    assert [(row["reason"], row["field"], row["rule"]) for row in told if row["outcome"] == "REFUSED"] == [
        ("INVALID_FIELD", "amount", "AMOUNT_POSITIVE"),
        ("INVALID_FIELD", "pay_time", "PAY_TIME_AHEAD"),
        ("BUSINESS_KEY_REUSED", "bill_no,channel_txn_no", ""),
        ("BUSINESS_KEY_REUSED", "channel_txn_no", ""),
        ("UNKNOWN_CURRENCY", "amount.currency_code", "ISO_4217"),
        ("INVALID_FIELD", "merchant_id", "STRING_MIN_LEN"),
    ]
    assert told[3]["payment_id"] == kept.payment.payment_id
    assert told[4]["payment_id"] == told[5]["payment_id"] == told[6]["payment_id"]
    assert all(row["message"] and row["message_zh"] and row["cure"] and row["cure_zh"] for row in told if row["reason"])
    assert (await system.row_counts())["payments"] == 3


async def test_refused_rows_are_listed_page_by_page_over_batches(system):
    good, bad = a_batch([a_row()]), a_batch([a_row(), a_row(amount_minor=0), a_row(channel="")])
    await imports(system).ImportPayments(parts([bad, good, bad, bad]))

    listed, token = [], ""
    while True:
        asked = pb.ListImportRefusalsRequest(import_id=ID, page_size=2, page_token=token)
        page = await imports(system).ListImportRefusals(asked)
        listed += page.refusals
        if not (token := page.next_page_token):
            break

    # The first row of `bad` is new once and replayed twice; it is no refusal.
    places = [(refusal.batch_no, refusal.row_no) for refusal in listed]
    assert places == [(0, 1), (0, 2), (2, 1), (2, 2), (3, 1), (3, 2)]
    assert all(refusal.message_zh and refusal.cure_zh for refusal in listed)


async def test_an_import_goes_on_after_a_cut_and_repeats_change_nothing(system):
    batches = [a_batch([a_row() for _ in range(3)]) for _ in range(3)]
    cut = list(parts(batches))[:-2]  # the last bytes and the end never come
    refused = await refusal(imports(system).ImportPayments(iter(cut)))
    stands = (await imports(system).GetImport(pb.GetImportRequest(import_id=ID))).progress

    done = await imports(system).ImportPayments(parts(batches[2:], first_batch_no=stands.next_batch_no))
    once = await system.row_counts()
    before = await results(system)
    again = await imports(system).ImportPayments(parts(batches))

    assert [(fault.field, fault.rule) for fault in refused.fields] == [("end", "REQUIRED")]
    assert stands.next_batch_no == 2
    assert counts(done.progress) == counts(again.progress) == (9, 9, 0, 0)
    assert await system.row_counts() == once
    assert await results(system) == before
    assert {row["outcome"] for batch in before for row in batch} == {"RECORDED"}


async def test_the_same_rows_in_another_import_are_replays(system):
    batch = a_batch([a_row(), a_row()])
    await imports(system).ImportPayments(parts([batch]))
    (first,) = await results(system)

    done = await imports(system).ImportPayments(parts([batch], import_id="import-0002"))

    assert counts(done.progress) == (2, 0, 2, 0)
    assert (await system.row_counts())["payments"] == 2
    assert len({row["payment_id"] for row in first}) == 2


async def test_ids_follow_the_rows_so_that_they_go_to_the_end_of_every_index(system):
    await imports(system).ImportPayments(parts([a_batch([a_row() for _ in range(50)])]))

    (rows,) = await results(system)

    told = [row["payment_id"] for row in rows]
    assert told == sorted(told)


async def test_each_batch_has_its_answers_where_new_and_repeated_ones_take_turns(system):
    known, twins, unknown = a_row(), [a_row(), a_row()], [[a_row()], [a_row(), a_row()], [a_row()]]
    twins[1] = {**twins[0], "amount_minor": twins[0]["amount_minor"] + 1}
    await imports(system).ImportPayments(parts([a_batch([known])], import_id="import-0002"))

    sent = [unknown[0], [unknown[1][0], known, unknown[1][1]], unknown[2], twins, [a_row() for _ in range(3)]]
    done = await imports(system).ImportPayments(parts([a_batch(rows) for rows in sent]))

    outcomes = [[row["outcome"] for row in batch] for batch in await results(system)]
    assert counts(done.progress) == (10, 8, 1, 1)
    assert outcomes == [
        ["RECORDED"],
        ["RECORDED", "REPLAYED", "RECORDED"],
        ["RECORDED"],
        ["RECORDED", "REFUSED"],
        ["RECORDED"] * 3,
    ]
    assert (await system.row_counts())["payments"] == 9


async def test_keys_that_are_not_all_new_leave_nothing_behind_and_the_connection_goes_on(system):
    told = staged(as_columns(a_batch([a_row(), a_row()])), [0, 1], ["pay_new_1", "pay_new_2"], FeeRules().fee_of)
    columnar = Columnar(system.engine.url, pool_size=1)
    try:
        async with columnar.begin() as work:
            await imports_store.take_new_orders(work, told.slice(1))
        with pytest.raises(imports_store.NotAllNew):
            async with columnar.begin() as work:
                await imports_store.take_new_orders(work, told)
        async with columnar.begin() as work:
            kept = await work.execute("SELECT payment_id FROM order_key")
    finally:
        await columnar.close()

    assert kept == [("pay_new_2",)]


@pytest.mark.parametrize(
    ("first_batch_no", "reason", "field"),
    [(0, "REQUEST_ID_REUSED", None), (2, "INVALID_FIELD", "header.first_batch_no")],
)
async def test_a_batch_that_does_not_belong_there_is_refused_and_nothing_of_it_is_stored(
    system, first_batch_no, reason, field
):
    await imports(system).ImportPayments(parts([a_batch([a_row()])]))
    before = await system.row_counts()

    other = parts([a_batch([a_row()])], first_batch_no=first_batch_no)
    refused = await refusal(imports(system).ImportPayments(other))

    assert refused.reason == reason
    assert [fault.field for fault in refused.fields] == ([field] if field else [])
    assert await system.row_counts() == before


@pytest.mark.parametrize(
    ("sent", "field", "rule"),
    [
        (list(parts([a_batch([a_row()])]))[1:], "header", "FIRST"),
        ([*list(parts([a_batch([a_row()])]))[:1] * 2], "header", "ONCE"),
        ([*parts([a_batch([a_row()])]), pb.ImportPaymentsRequest(chunk=b"x")], "end", "LAST"),
        ([next(parts([a_batch([a_row()])])), pb.ImportPaymentsRequest()], "part", "REQUIRED"),
        (
            [next(parts([a_batch([a_row()])])), pb.ImportPaymentsRequest(chunk=b"amount\n1000\n")],
            "chunk",
            "ARROW",
        ),
        ([next(parts([a_batch([a_row()])])), pb.ImportPaymentsRequest(end=pb.ImportEnd(size_bytes=9))], "end", "SIZE"),
    ],
)
async def test_a_stream_that_is_none_is_refused_whole(system, sent, field, rule):
    refused = await refusal(imports(system).ImportPayments(iter(sent)))

    assert (refused.kind, refused.reason) == (Kind.INVALID, "INVALID_FIELD")
    assert (field, rule) in [(fault.field, fault.rule) for fault in refused.fields]
    if rule != "LAST":
        assert await system.row_counts() == NOTHING


async def test_two_who_send_the_same_import_at_once_take_it_in_once(system):
    batches = [a_batch([a_row() for _ in range(20)]) for _ in range(4)]

    answers = await asyncio.gather(*(imports(system).ImportPayments(parts(batches)) for _ in range(2)))

    assert {counts(answer.progress) for answer in answers} == {(80, 80, 0, 0)}
    assert (await system.row_counts())["payments"] == 80


async def test_an_import_and_single_calls_for_the_same_orders_make_each_payment_once(system):
    rows = [a_row(merchant_order_no=f"BOTH-{number}", channel_txn_no="1", bill_no="") for number in range(40)]
    requests = [
        a_request(merchant_order_no=row["merchant_order_no"], channel_txn_no="1", bill_no="") for row in reversed(rows)
    ]

    done, *alone = await asyncio.gather(
        imports(system).ImportPayments(parts([a_batch(rows[:20]), a_batch(rows[20:])])),
        *(system.payments.RecordPayment(request) for request in requests),
    )

    assert done.progress.recorded_count + [one.replayed for one in alone].count(False) == 40
    assert done.progress.refused_count == 0
    assert (await system.row_counts())["payments"] == 40


async def test_an_import_that_nothing_came_of_is_not_found(system):
    for asked in (
        imports(system).GetImport(pb.GetImportRequest(import_id="import-none")),
        imports(system).ListImportRefusals(pb.ListImportRefusalsRequest(import_id="import-none")),
    ):
        assert (await refusal(asked)).reason == "NOT_FOUND"
