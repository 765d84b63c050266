"""Payments are kept by month: a month is there before it begins, and goes only when nothing in it is open."""

import asyncio
import dataclasses
import itertools
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from bihuan.payments.v1 import import_service_pb2_grpc, payment_pb2
from bihuan.payments.v1 import payment_service_pb2 as pb
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from chassis import ids
from chassis.errors import Fault, Kind, from_rpc_error
from services.payments.actions import storage as storage_actions
from services.payments.actions.storage import StorageActions
from services.payments.domain.storage_month import (
    MayGo,
    Month,
    MonthFacts,
    MustStay,
    is_old,
    judge_month,
    months_wanted,
)
from services.payments.store import storage_month
from tests.payments.arrow_rows import a_batch, a_row
from tests.payments.builders import a_request
from tests.payments.refunding import a_done_refund, a_refund
from tests.payments.starting import rows, standing
from tests.payments.test_import_payments import counts, parts, results
from tests.payments.test_takebacks import a_chargeback
from tests.support.eventually import eventually

QUIET = MonthFacts(0, 0, 0, 0, 0, last_sequence=7, recent_sequence=8, followed_sequence=7)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_the_months_ahead_follow_each_other_from_this_one(now):
    months = months_wanted(now)

    assert months[0] == Month(now.year, now.month)
    assert len(months) == 4
    for month, after in itertools.pairwise(months):
        assert (month.first_day.replace(day=28) + timedelta(days=4)).replace(day=1) == after.first_day
        assert Month.of_partition(month.partition_of("payments")) == month


@pytest.mark.parametrize(
    ("month", "months_kept", "old"),
    [
        (Month(2026, 2), 3, True),
        (Month(2026, 3), 3, False),
        (Month(2025, 12), 6, False),
        (Month(2025, 11), 6, True),
        (Month(1999, 1), 0, False),
    ],
)
def test_a_month_is_old_when_as_many_have_gone_by_as_are_kept(month, months_kept, old):
    assert is_old(month, datetime(2026, 6, 30, tzinfo=UTC), months_kept) == old


def test_a_month_in_which_nothing_is_open_may_go():
    assert judge_month(QUIET) == MayGo(last_sequence=7)


@pytest.mark.parametrize(
    ("change", "count"),
    [
        *(({name: 2}, 2) for name in ("moving_count", "unreconciled_count", "refund_count", "duplicate_count")),
        ({"waiting_count": 1}, 1),
        ({"last_sequence": 9, "followed_sequence": 9}, 1),
        ({"recent_sequence": None}, 1),
        ({"followed_sequence": 4}, 3),
    ],
)
def test_a_month_stays_while_anything_in_it_is_open(change, count):
    judged = judge_month(dataclasses.replace(QUIET, **change))

    assert isinstance(judged, MustStay)
    assert [found for _, found in judged.causes] == [count]


async def test_months_are_made_ahead_for_every_table_that_is_kept_by_month(system):
    storage = await at_first_month(system)
    before = await partitions(system)

    made_now = await storage.make_months()
    system.clock.advance(62 * 86_400)
    made_later = await storage.make_months()
    again = await storage.make_months()

    tables = {name[: -len("_2026_11")] for name in before}
    assert {"payments", "feed", "reconciliations", "refunds"} <= tables
    assert (made_now, made_later, again) == (0, 2 * len(tables), 0)
    assert len(await partitions(system)) == len(before) + 2 * len(tables)


async def test_an_old_month_goes_and_its_orders_stay_known(system):
    storage = await at_first_month(system)
    request, recent = a_request(), a_request()
    old = await paid_and_reconciled(system, request)
    await months_go_by(system, storage, 3)
    kept = await paid_and_reconciled(system, recent)
    await months_go_by(system, storage, 1)

    gone = await storage.drop_month()
    request.request_id = "another-request"

    assert gone == 1
    assert (await refusal(system.payments.GetPayment(pb.GetPaymentRequest(payment_id=old)))).reason == "NOT_FOUND"
    archived = await refusal(system.payments.RecordPayment(request))
    assert (archived.reason, archived.metadata["payment_id"]) == ("PAYMENT_ARCHIVED", old)
    request.amount.amount_minor += 1
    assert (await refusal(system.payments.RecordPayment(request))).reason == "BUSINESS_KEY_REUSED"
    assert (await system.payments.RecordPayment(recent)).payment.payment_id == kept
    assert {change.payment.payment_id for change in await system.read_feed()} == {kept}
    assert not [name for name in await partitions(system) if name.endswith(first_suffix(system))]
    assert await storage.drop_month() == 0


async def test_money_of_a_payment_that_is_archived_is_not_given_back_here_and_the_answer_says_what_to_do(system):
    storage = await at_first_month(system)
    old = await paid_and_reconciled(system, a_request())
    await months_go_by(system, storage, 3)
    kept = await paid_and_reconciled(system, a_request())
    await months_go_by(system, storage, 1)
    never = ids.new_id("pay", system.clock.now())
    before = await refusal(system.refunds.CreateRefund(a_refund(f"pay_{0:032x}", 1_00)))
    assert await storage.drop_month() == 1

    asked = a_refund(old, 1_00)
    told = [
        await refusal(call)
        for call in (
            system.refunds.CreateRefund(asked),
            system.refunds.RecordRefund(a_done_refund(old, 1_00)),
            system.refunds.RecordChargeback(a_chargeback(old, 1_00)),
        )
    ]

    assert before.reason == "NOT_FOUND"
    assert [fault.reason for fault in told] == ["PAYMENT_ARCHIVED"] * 3
    (field,) = told[0].fields
    assert (told[0].kind, told[0].metadata["payment_id"]) == (Kind.PRECONDITION, old)
    assert (field.field, field.rule) == ("payment_id", "PAYMENT_ARCHIVED")
    assert "do at the channel" in field.message
    assert "请直接在渠道办理" in field.message_zh
    assert (await refusal(system.refunds.CreateRefund(a_refund(never, 1_00)))).reason == "NOT_FOUND"
    # Nothing was changed, and both keys are free.
    assert [await rows(system, name) for name in ("refunds", "refund_keys", "takebacks")] == [[], [], []]
    asked.payment_id = kept
    system.book_paid((await standing(system, kept)).merchant_order_no, ("CNY", 12_30), "txn")
    assert (await refusal(system.refunds.CreateRefund(asked))).reason == "CHANNEL_NOT_CONFIGURED"


async def test_an_imported_row_of_a_payment_that_is_gone_says_so(system):
    storage = await at_first_month(system)
    row = a_row()
    imports = import_service_pb2_grpc.ImportServiceStub(system.channel)
    await imports.ImportPayments(parts([a_batch([row])], import_id="import-old1"))
    await reconciled(system, (await system.read_feed())[0].payment.payment_id)
    await months_go_by(system, storage, 3)
    await paid_and_reconciled(system, a_request())
    await months_go_by(system, storage, 1)
    assert await storage.drop_month() == 1

    done = await imports.ImportPayments(parts([a_batch([row, a_row()])]))

    (told,) = await results(system)
    assert counts(done.progress) == (2, 1, 0, 1)
    assert (told[0]["reason"], told[1]["outcome"]) == ("PAYMENT_ARCHIVED", "RECORDED")
    assert told[0]["payment_id"].startswith("pay_")
    assert told[0]["cure_zh"]


async def test_a_month_with_a_payment_that_no_statement_confirms_stays(system):
    storage = await at_first_month(system)
    await system.payments.RecordPayment(request := a_request())
    await months_go_by(system, storage, 3)
    await paid_and_reconciled(system, a_request())
    await months_go_by(system, storage, 1)

    gone = await storage.drop_month()

    assert gone == 0
    assert (await system.payments.RecordPayment(request)).replayed


async def test_a_month_in_which_something_changed_of_late_stays(system):
    storage = await at_first_month(system)
    await system.payments.RecordPayment(request := a_request())
    await months_go_by(system, storage, 3)
    await paid_and_reconciled(system, a_request())
    await months_go_by(system, storage, 1)
    await reconciled(system, (await system.payments.RecordPayment(request)).payment.payment_id)

    assert await storage.drop_month() == 0


async def test_a_month_that_changed_after_it_was_judged_is_not_dropped(system):
    await at_first_month(system)
    await paid_and_reconciled(system, a_request())
    before = await partitions(system)

    async with system.sessions.begin() as session:
        month = await storage_month.oldest(session)
        is_dropped = await storage_month.drop(session, month, last_sequence=1)  # the reconciliation is the 2nd

    assert not is_dropped
    assert await partitions(system) == before


async def test_payments_that_come_in_while_a_month_goes_are_not_refused(system):
    storage = await at_first_month(system)
    await paid_and_reconciled(system, a_request())
    await months_go_by(system, storage, 3)
    await paid_and_reconciled(system, a_request())
    await months_go_by(system, storage, 1)

    async def gone() -> bool:
        try:
            return await storage.drop_month() == 1
        except DBAPIError:  # the tables were in use all the time; the loop tries again
            return False

    *answers, is_gone = await asyncio.gather(
        *(system.payments.RecordPayment(a_request()) for _ in range(150)), eventually(gone)
    )

    assert is_gone
    assert not any(answer.replayed for answer in answers)


async def test_request_ids_are_forgotten_after_30_days_and_orders_never(system, monkeypatch):
    monkeypatch.setattr(storage_actions, "_REQUESTS_AT_ONCE", 2)
    storage = StorageActions(system.sessions, system.clock)
    requests = [a_request() for _ in range(3)]
    await asyncio.gather(*map(system.payments.RecordPayment, requests))

    system.clock.advance(30 * 86_400)
    too_early = await storage.forget_requests()
    system.clock.advance(1)
    forgotten = [await storage.forget_requests() for _ in range(3)]
    again = await system.payments.RecordPayment(requests[0])
    other = await system.payments.RecordPayment(a_request(request_id=requests[1].request_id))

    assert (too_early, forgotten) == (0, [2, 1, 0])
    assert again.replayed
    assert not other.replayed


async def test_the_results_of_an_import_are_forgotten_30_days_after_its_last_batch(system):
    storage = StorageActions(system.sessions, system.clock)
    imports = import_service_pb2_grpc.ImportServiceStub(system.channel)
    batch = a_batch([a_row()])
    await imports.ImportPayments(parts([batch]))

    system.clock.advance(30 * 86_400 + 1)
    forgotten = [await storage.forget_imports() for _ in range(2)]
    again = await imports.ImportPayments(parts([batch]))

    assert forgotten == [1, 0]
    assert counts(again.progress) == (1, 0, 1, 0)


async def at_first_month(system) -> StorageActions:
    """The clock in the middle of the oldest month that there is, and the upkeep that keeps three months."""
    async with system.sessions.begin() as session:
        month = await storage_month.oldest(session)
    system.clock.advance((datetime(month.year, month.number, 15, tzinfo=UTC) - system.clock.now()).total_seconds())
    return StorageActions(system.sessions, system.clock, retention_months=3)


async def months_go_by(system, storage: StorageActions, count: int) -> None:
    for _ in range(count):
        now = system.clock.now()
        then = Month.of(now).plus(1)
        system.clock.advance((datetime(then.year, then.number, 15, tzinfo=UTC) - now).total_seconds())
        await storage.make_months()


async def paid_and_reconciled(system, request: pb.RecordPaymentRequest) -> str:
    payment_id = (await system.payments.RecordPayment(request)).payment.payment_id
    await reconciled(system, payment_id)
    return payment_id


async def reconciled(system, payment_id: str) -> None:
    """As far as payments' own followers: the statement confirms it, the feed tells it, and the bills have followed."""
    fact = pb.ReconciliationFact(
        payment_id=payment_id,
        run_id="run-1",
        outcome=payment_pb2.Payment.RECONCILIATION_STATE_MATCHED,
        decide_time=Timestamp(seconds=int(system.clock.now().timestamp())),
    )
    await system.payments.RecordReconciliations(pb.RecordReconciliationsRequest(facts=[fact]))
    while await system.actions.bill_follow.follow_feed():
        pass


async def partitions(system) -> set[str]:
    async with system.engine.connect() as connection:
        return set(
            await connection.scalars(text("SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'"))
        )


def first_suffix(system) -> str:
    """Of the month four before the clock's, in which the tests begin."""
    return Month.of(system.clock.now()).plus(-4).partition_of("")


async def refusal(call) -> Fault:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call
    return from_rpc_error(refused.value)
