"""Files that ask for many invoices, through a real server, a real reader process and a real database."""

import asyncio
import csv
import io
from dataclasses import replace

import grpc
import pytest
from bihuan.invoice_sync.v1 import bulk_request_pb2, bulk_request_service_pb2, confirmation_service_pb2
from openpyxl import load_workbook
from sqlalchemy import text

from chassis.errors import Fault, Kind, from_rpc_error
from services.invoice_sync.actions import bulk_intake
from services.invoice_sync.actions.bulk_work import BulkWork
from services.invoice_sync.domain.invoice import Party
from services.invoice_sync.domain.payment import PaymentState
from services.invoice_sync.domain.policy import IssuePolicy
from services.invoice_sync.store import bulk_requests
from tests.invoice_sync.builders import a_payment, a_profile
from tests.invoice_sync.bulk_files import (
    ACCEPT_GOOD,
    FIRM,
    HOLD_ALL,
    KEEP_SECONDS,
    USCC,
    a_row,
    bulk_work,
    csv_of,
    parts_of,
    xlsx_of,
)
from tests.support.eventually import eventually

WAITS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
STATE = bulk_request_pb2.BulkRequest
OUTCOME = bulk_request_pb2.BulkRequestRow


@pytest.fixture
async def payments(system):
    """Ten payments that were made, of a merchant who invoices on request."""
    await system.issue.set_merchant_profile(a_profile(IssuePolicy.ON_REQUEST))
    made = [a_payment() for _ in range(10)]
    await system.follow(*made)
    return made


@pytest.fixture
def work(system) -> BulkWork:
    return bulk_work(system)


async def sent(door, content: bytes, mode: int = ACCEPT_GOOD, **said):
    return await door.bulk.UploadBulkRequest(parts_of(content, mode, **said))


async def got(door, bulk):
    request = bulk_request_service_pb2.GetBulkRequestRequest(bulk_request_id=bulk.bulk_request_id)
    return (await door.bulk.GetBulkRequest(request)).bulk_request


async def rows_of(door, bulk, **wanted):
    request = bulk_request_service_pb2.ListBulkRequestRowsRequest(bulk_request_id=bulk.bulk_request_id, **wanted)
    return list((await door.bulk.ListBulkRequestRows(request)).rows)


async def fault_of(call) -> Fault:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call
    return from_rpc_error(raised.value)


async def until_done(work: BulkWork) -> None:
    while await work.request_slice():
        pass


@pytest.mark.parametrize("written", [csv_of, xlsx_of])
async def test_each_row_of_a_file_gets_its_invoice(system, door, work, payments, written):
    by_id, by_order, person = payments[:3]
    rows = [
        a_row(by_id.payment_id),
        a_row(order_no=by_order.merchant_order_no, tax_id=f" {USCC[:9].lower()}-{USCC[9:].lower()} ", amount="123.45"),
        a_row(person.payment_id, title="张三", tax_id="", natural="是"),
    ]

    answer = await sent(door, written(rows))
    await until_done(work)

    done = await got(door, answer.bulk_request)
    assert (answer.replayed, answer.bulk_request.state) == (False, STATE.STATE_REQUESTING)
    assert (done.state, done.row_count, done.invoiced_count, done.wrong_count) == (STATE.STATE_DONE, 3, 3, 0)
    invoices = [await system.of_payment(each.payment_id) for each in (by_id, by_order, person)]
    assert [each.buyer for each in invoices] == [Party(FIRM, USCC), Party(FIRM, USCC), Party("张三", "")]
    found = await rows_of(door, answer.bulk_request)
    assert [(each.row_no, each.invoice_id) for each in found] == [
        (no, each.invoice_id) for no, each in enumerate(invoices, 2)
    ]


async def test_wrong_rows_are_told_by_row_column_rule_and_cure_and_the_good_ones_go_on(system, door, work, payments):
    other = a_payment(merchant_id="city-gas")
    failed = a_payment(state=PaymentState.FAILED)
    given_back = a_payment(refunded_minor=12_345)
    undecided = a_payment(refund_reserved_minor=1)
    await system.follow(other, failed, given_back, undecided)
    invoiced = payments[9]
    await system.issue.request_invoice("request-0001", invoiced.payment_id, Party("汉口商贸有限公司", ""))
    wrong = {
        ("支付单号", "NO_PAYMENT", ""): a_row(),
        ("支付单号", "UNKNOWN_PAYMENT", "pay_nowhere"): a_row("pay_nowhere"),
        ("支付单号", "UNKNOWN_PAYMENT", other.payment_id): a_row(other.payment_id),
        ("支付单号", "NOT_SUCCEEDED", failed.payment_id): a_row(failed.payment_id),
        ("支付单号", "REFUNDED", given_back.payment_id): a_row(given_back.payment_id),
        ("支付单号", "REFUND_UNDER_WAY", undecided.payment_id): a_row(undecided.payment_id),
        ("支付单号", "ROW_TWICE", payments[0].payment_id): a_row(payments[0].payment_id),
        ("发票抬头", "OTHER_BUYER", "江**"): a_row(invoiced.payment_id),
        ("发票抬头", "BUYER_TITLE", ""): a_row(payments[1].payment_id, title=""),
        ("发票抬头", "BUYER_COMPANY", "个**"): a_row(payments[2].payment_id, title="个人"),
        ("税号", "BUYER_TAX_ID", "****"): a_row(payments[3].payment_id, tax_id="123"),
        ("税号", "PERSON_ID", "9111****341L"): a_row(payments[4].payment_id, natural="yes"),
        ("自然人", "NATURAL_PERSON", "maybe"): a_row(payments[5].payment_id, natural="maybe"),
        ("邮箱", "BUYER_EMAIL", "x**@****"): a_row(payments[6].payment_id, email="xiao@"),
        ("金额", "AMOUNT_FORM", "1.234"): a_row(payments[7].payment_id, amount="1.234"),
        ("金额", "AMOUNT_OVER", "123.46 CNY"): a_row(payments[8].payment_id, amount="123.46"),
        ("", "ROW_WIDTH", ""): (*a_row(payments[8].payment_id), "more"),
    }

    answer = await sent(door, csv_of([a_row(payments[0].payment_id), *wrong.values()]))
    await until_done(work)

    done = await got(door, answer.bulk_request)
    refused = await rows_of(door, answer.bulk_request, outcome=OUTCOME.OUTCOME_REFUSED)
    told = [(each.findings[0].column, each.findings[0].finding.rule, each.findings[0].value) for each in refused]
    assert told == list(wrong)
    assert [each.row_no for each in refused] == list(range(3, 3 + len(wrong)))
    assert all(each.findings[0].finding.cure and each.findings[0].finding.cure_zh for each in refused)
    assert (done.state, done.invoiced_count, done.wrong_count) == (STATE.STATE_DONE, 1, len(wrong))
    assert len(await system.invoices_of(payments[0].payment_id)) == 1


async def test_a_file_with_a_wrong_row_is_held_whole_by_choice_until_it_is_released(system, door, work, payments):
    content = csv_of([a_row(payments[0].payment_id), a_row(payments[1].payment_id, tax_id="1")])

    held = (await sent(door, content, HOLD_ALL)).bulk_request
    await until_done(work)
    before = await system.invoices_of(payments[0].payment_id)
    request = bulk_request_service_pb2.ReleaseBulkRequestRequest(bulk_request_id=held.bulk_request_id, operator="wang")
    released = (await door.bulk.ReleaseBulkRequest(request)).bulk_request
    await until_done(work)
    again = (await door.bulk.ReleaseBulkRequest(request)).bulk_request

    assert (held.state, held.wrong_count, before) == (STATE.STATE_HELD, 1, [])
    assert (released.state, released.decided_by) == (STATE.STATE_REQUESTING, "wang")
    assert (again.state, again.invoiced_count, again.refused_count) == (STATE.STATE_DONE, 1, 1)


async def test_a_held_file_that_is_cancelled_asks_for_nothing(system, door, work, payments):
    content = csv_of([a_row(payments[0].payment_id), a_row(payments[1].payment_id, tax_id="1")])
    held = (await sent(door, content, HOLD_ALL)).bulk_request
    which = {"bulk_request_id": held.bulk_request_id, "operator": "wang"}

    cancel = bulk_request_service_pb2.CancelBulkRequestRequest(**which)
    first = (await door.bulk.CancelBulkRequest(cancel)).bulk_request
    again = (await door.bulk.CancelBulkRequest(cancel)).bulk_request
    fault = await fault_of(door.bulk.ReleaseBulkRequest(bulk_request_service_pb2.ReleaseBulkRequestRequest(**which)))
    await until_done(work)

    assert first == again
    assert (first.state, fault.reason) == (STATE.STATE_CANCELLED, "NOT_HELD")
    assert await system.invoices_of(payments[0].payment_id) == []


async def test_a_held_file_is_released_or_cancelled_whoever_comes_first(system, door, work, payments):
    content = csv_of([a_row(payments[0].payment_id), a_row(payments[1].payment_id, tax_id="1")])
    held = (await sent(door, content, HOLD_ALL)).bulk_request
    release = bulk_request_service_pb2.ReleaseBulkRequestRequest(bulk_request_id=held.bulk_request_id, operator="li")
    cancel = bulk_request_service_pb2.CancelBulkRequestRequest(bulk_request_id=held.bulk_request_id, operator="wang")

    ended = await asyncio.gather(
        *(door.bulk.ReleaseBulkRequest(release) for _ in range(2)),
        *(door.bulk.CancelBulkRequest(cancel) for _ in range(2)),
        return_exceptions=True,
    )
    await until_done(work)

    done = {one.bulk_request.decided_by for one in ended if not isinstance(one, BaseException)}
    refused = [from_rpc_error(one).reason for one in ended if isinstance(one, grpc.aio.AioRpcError)]
    assert len(done) == 1
    assert refused == ["NOT_HELD"] * 2
    assert len(await system.invoices_of(payments[0].payment_id)) == (done == {"li"})


async def test_a_file_without_a_wrong_row_is_not_held(door, payments):
    answer = await sent(door, csv_of([a_row(payments[0].payment_id)]), HOLD_ALL)

    assert answer.bulk_request.state == STATE.STATE_REQUESTING


async def test_the_same_file_twice_changes_nothing_and_gets_the_answer_of_the_first(system, door, work, payments):
    content = csv_of([a_row(payments[0].payment_id), a_row(payments[1].payment_id, tax_id="1")])
    first = await sent(door, content)
    await until_done(work)

    again = await sent(door, content, HOLD_ALL, file_name="renamed.csv", operator="wang")
    of_another = await sent(door, content, merchant_id="city-gas")

    assert (first.replayed, again.replayed, of_another.replayed) == (False, True, False)
    assert again.bulk_request == await got(door, first.bulk_request)
    assert again.bulk_request.file_name == "一季度.csv"
    assert of_another.bulk_request.wrong_count == 2


async def test_the_same_file_sent_at_once_is_taken_once(system, door, payments, monkeypatch):
    monkeypatch.setattr(bulk_intake, "_FILES_MAX", 2)
    content = csv_of([a_row(each.payment_id) for each in payments])

    answers = await asyncio.gather(*(sent(door, content) for _ in range(2)))

    assert {each.bulk_request.bulk_request_id for each in answers} == {answers[0].bulk_request.bulk_request_id}
    assert sorted(each.replayed for each in answers) == [False, True]


async def test_risky_rows_await_a_second_person_and_follow_the_decision(system, door, work, payments):
    rows = [
        a_row(payments[0].payment_id, title="张三丰", tax_id=""),
        a_row(payments[1].payment_id, tax_id="911100006000373410"),
    ]
    bulk = (await sent(door, csv_of(rows))).bulk_request
    await until_done(work)
    before = await got(door, bulk)
    short, mistyped = await rows_of(door, bulk)

    await door.confirmations.ConfirmInvoiceRequest(
        confirmation_service_pb2.ConfirmInvoiceRequestRequest(
            confirmation_id=short.confirmation_id, operator="wang", reason="a firm of that name"
        )
    )
    await door.confirmations.RefuseInvoiceRequest(
        confirmation_service_pb2.RefuseInvoiceRequestRequest(
            confirmation_id=mistyped.confirmation_id, operator="wang", reason="mistyped"
        )
    )
    own = await fault_of(
        door.confirmations.ConfirmInvoiceRequest(
            confirmation_service_pb2.ConfirmInvoiceRequestRequest(
                confirmation_id=mistyped.confirmation_id, operator="li", reason="mine"
            )
        )
    )

    after = await got(door, bulk)
    outcomes = [each.outcome for each in await rows_of(door, bulk)]
    assert (before.state, before.awaiting_count, before.invoiced_count) == (STATE.STATE_DONE, 2, 0)
    assert [each.findings[0].finding.rule for each in (short, mistyped)] == ["SHORT_NAME", "TAX_ID_CHECK_DIGIT"]
    assert (after.awaiting_count, after.invoiced_count, after.refused_count) == (0, 1, 1)
    assert outcomes == [OUTCOME.OUTCOME_INVOICED, OUTCOME.OUTCOME_REFUSED]
    assert own.reason == "SECOND_PERSON_REQUIRED"
    assert (await system.of_payment(payments[0].payment_id)).buyer == Party("张三丰", "")
    assert await system.invoices_of(payments[1].payment_id) == []


async def test_who_confirms_a_row_waits_for_the_files_work_before_it_holds_what_that_may_want(
    system, door, work, payments
):
    bulk = (await sent(door, csv_of([a_row(payments[0].payment_id, title="张三丰", tax_id="")]))).bulk_request
    await until_done(work)
    (row,) = await rows_of(door, bulk)
    request = confirmation_service_pb2.ConfirmInvoiceRequestRequest(
        confirmation_id=row.confirmation_id, operator="wang", reason="a firm of that name"
    )

    async with system.sessions.begin() as at_work:  # a slice of the same file
        await at_work.execute(text("SELECT FROM bulk_request FOR UPDATE"))
        confirming = asyncio.ensure_future(door.confirmations.ConfirmInvoiceRequest(request))
        await eventually(lambda: waits_for_a_lock(system))
        await at_work.execute(text("SELECT FROM payment_follow FOR UPDATE NOWAIT"))

    assert (await confirming).confirmation.invoice_id


async def waits_for_a_lock(system) -> bool:
    """Whether anybody waits for what another transaction holds."""
    asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    async with system.sessions() as session:
        return bool(await session.scalar(text(asked)))


async def test_a_row_that_went_wrong_since_its_check_is_refused_in_its_turn(system, door, work, payments):
    bulk = (await sent(door, csv_of([a_row(each.payment_id) for each in payments[:3]]))).bulk_request
    await system.issue.request_invoice("request-0001", payments[0].payment_id, Party("汉口商贸有限公司", ""))
    await system.issue.request_invoice("request-0002", payments[1].payment_id, Party(FIRM, USCC))
    await system.follow(a_payment(payment_id=payments[2].payment_id, version=2, refunded_minor=12_345))

    await until_done(work)

    other, same, gone = await rows_of(door, bulk)
    assert [each.findings[0].finding.rule for each in (other, gone)] == ["OTHER_BUYER", "REFUNDED"]
    assert same.invoice_id == (await system.of_payment(payments[1].payment_id)).invoice_id


async def test_workers_at_once_ask_for_no_row_twice_and_a_lost_slice_is_asked_for_again(system, door, work, payments):
    bulk = (await sent(door, csv_of([a_row(each.payment_id) for each in payments]))).bulk_request

    async def dies():
        async with system.sessions.begin() as session:
            await session.execute(text("SET LOCAL statement_timeout = '2s'"))
            await session.execute(text("SELECT 1 FROM bulk_request FOR UPDATE"))
            assert await bulk_work(system).request_slice() == 0
            await session.rollback()

    await dies()
    await asyncio.gather(*(until_done(bulk_work(system)) for _ in range(4)))

    done = await got(door, bulk)
    assert (done.state, done.invoiced_count) == (STATE.STATE_DONE, 10)
    for each in payments:
        assert len(await system.invoices_of(each.payment_id)) == 1


@pytest.mark.parametrize("content", [b"payment_id,buyer_title\n", b"payment_id,colour\npay_1,red\n", b"a\nb\n"])
async def test_a_file_whose_header_says_no_known_table_is_refused_and_not_kept(system, door, payments, content):
    fault = await fault_of(sent(door, content))

    listed = await door.bulk.ListBulkRequests(bulk_request_service_pb2.ListBulkRequestsRequest())
    assert fault.reason == "BULK_FILE_REFUSED"
    assert fault.metadata["code"] in ("EMPTY", "HEADER")
    assert list(listed.bulk_requests) == []


async def test_a_file_that_is_too_large_or_did_not_come_whole_is_refused(system, door, payments):
    large = await fault_of(sent(door, b"a" * (8 * 1024 * 1024 + 1)))
    parts = list(parts_of(csv_of([a_row(payments[0].payment_id)])))
    cut = await fault_of(door.bulk.UploadBulkRequest(iter(parts[:-1])))

    assert (large.reason, large.metadata["code"]) == ("BULK_FILE_REFUSED", "TOO_MANY_BYTES")
    assert (cut.reason, cut.fields[0].rule) == ("INVALID_FIELD", "SIZE")


@pytest.mark.parametrize("kind", ["FORMAT_CSV", "FORMAT_XLSX"])
async def test_the_results_can_be_taken_as_a_file(system, door, work, payments, kind):
    content = csv_of([a_row(payments[0].payment_id), a_row("'pay-2", tax_id="1")])
    bulk = (await sent(door, content)).bulk_request
    await until_done(work)

    answer = await door.bulk.GetBulkRequestFile(
        bulk_request_service_pb2.GetBulkRequestFileRequest(
            bulk_request_id=bulk.bulk_request_id,
            format=bulk_request_service_pb2.GetBulkRequestFileRequest.Format.Value(kind),
        )
    )

    if kind == "FORMAT_CSV":
        lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    else:
        lines = [[cell or "" for cell in row] for row in load_workbook(io.BytesIO(answer.content)).active.values]
    assert answer.file_name == f"{bulk.bulk_request_id}.{kind.removeprefix('FORMAT_').lower()}"
    invoice = await system.of_payment(payments[0].payment_id)
    assert lines[1][:5] == ["2", payments[0].payment_id, "", "INVOICED 已开票", invoice.invoice_id]
    assert lines[2][0] == "3"
    assert lines[2][6:10] == ["税号", "****", "BROKEN", "BUYER_TAX_ID"]


async def test_the_invoice_of_a_row_is_sent_once_to_the_address_that_it_names(system, door, work, payments):
    risky, plain, without = (each.payment_id for each in payments[:3])
    rows = [
        a_row(risky, title="张三丰", tax_id="", email="zsf@jiangcheng.com.cn"),
        a_row(plain, email="caiwu@jiangcheng.com.cn"),
        a_row(without),
    ]
    bulk = (await sent(door, csv_of(rows))).bulk_request
    await until_done(work)
    before = await addresses(system)
    first, *_ = await rows_of(door, bulk)
    for _ in range(2):
        await door.confirmations.ConfirmInvoiceRequest(
            confirmation_service_pb2.ConfirmInvoiceRequestRequest(
                confirmation_id=first.confirmation_id, operator="wang", reason="a person"
            )
        )

    after = await addresses(system)

    invoices = {each: (await system.of_payment(each)).invoice_id for each in (risky, plain)}
    assert before == {invoices[plain]: "c***@jiangcheng.com.cn"}
    assert after == before | {invoices[risky]: "z***@jiangcheng.com.cn"}


async def addresses(system) -> dict[str, str]:
    """Where which invoice is to be sent."""
    async with system.sessions() as session:
        found = await session.execute(text("SELECT invoice_id, masked_address FROM delivery"))
        return {row.invoice_id: row.masked_address for row in found}


async def test_what_a_row_says_of_a_buyer_is_kept_sealed(system, door, payments):
    await sent(door, csv_of([a_row(payments[0].payment_id, email="caiwu@jiangcheng.com.cn")]))

    async with system.sessions() as session:
        kept = [bytes(row.sealed) for row in await session.execute(text("SELECT sealed FROM bulk_row"))]
        dump = str((await session.execute(text("SELECT to_jsonb(bulk_row) FROM bulk_row"))).all())
    assert len(kept) == 1
    for secret in (FIRM, USCC, "caiwu"):
        assert secret.encode() not in kept[0]
        assert secret not in dump


async def test_a_file_is_forgotten_with_its_rows_when_it_was_kept_long_enough_and_its_invoices_stay(
    door, system, payments, work
):
    done = await sent(door, csv_of([a_row(payments[0].payment_id)]))
    while await work.request_slice():
        pass
    held = await sent(door, csv_of([a_row(payments[1].payment_id), a_row("pay_none")]), HOLD_ALL)

    system.clock.advance(KEEP_SECONDS - 60)
    too_early = await work.forget_files()
    system.clock.advance(120)
    forgotten = await work.forget_files()

    assert (too_early, forgotten) == (0, 1)
    assert (await fault_of(got(door, done.bulk_request))).kind is Kind.NOT_FOUND
    assert (await got(door, held.bulk_request)).state == STATE.STATE_HELD
    assert len(await system.invoices_of(payments[0].payment_id)) == 1
    async with system.sessions() as session:
        left = await session.scalar(text("SELECT count(*) FROM body JOIN bulk_request ON file_sha256 = sha256"))
        rows = await session.scalar(text("SELECT count(DISTINCT bulk_request_id) FROM bulk_row"))
        bytes_gone = await session.scalar(
            text("SELECT count(*) FROM body WHERE sha256 = :sha256"), {"sha256": done.bulk_request.file_sha256}
        )
    assert (left, rows, bytes_gone) == (1, 1, 0)


async def test_a_file_that_comes_while_the_same_bytes_of_another_merchant_are_forgotten_keeps_them(
    system, door, work, payments
):
    old = (await sent(door, csv_of([a_row(payments[0].payment_id)]))).bulk_request
    await until_done(work)
    system.clock.advance(KEEP_SECONDS + 60)

    async def waits_or_is_done() -> bool:
        async with system.sessions() as session:
            return forgetting.done() or await session.scalar(text(WAITS)) > 0

    async with system.sessions.begin() as session:
        same = await bulk_requests.of_file(session, old.merchant_id, old.file_sha256)
        now = system.clock.now()
        other = replace(same, bulk_request_id="blk_other", merchant_id="city-gas", create_time=now, update_time=now)
        await bulk_requests.add(session, other)
        await bulk_requests.keep_file(session, old.file_sha256, b"sealed anew")
        forgetting = asyncio.create_task(work.forget_files())
        await eventually(waits_or_is_done)
    forgotten = await forgetting

    async with system.sessions() as session:
        kept = await session.scalar(
            text("SELECT count(*) FROM body WHERE sha256 = :sha256"), {"sha256": old.file_sha256}
        )
    assert (forgotten, kept) == (1, 1)
