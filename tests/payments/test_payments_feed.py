"""The feed's promise: every change once, in order, and none is skipped, however late it commits."""

import asyncio
import hashlib

import grpc
import pytest
from bihuan.payments.v1 import payment_feed_service_pb2 as feed_pb
from bihuan.payments.v1 import payment_pb2
from bihuan.payments.v1 import payment_service_pb2 as payment_pb
from bihuan.type.v1 import money_pb2
from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy import text

from chassis.errors import from_rpc_error
from services.payments.store import feed
from tests.payments.builders import NOON, a_payment, a_request, take_in
from tests.support.eventually import eventually


async def test_a_change_that_commits_late_is_not_lost_to_a_consumer_that_read_past_it(system):
    late, early = sorted((a_payment(), a_payment()), key=lambda payment: payment.payment_id)

    async with system.sessions() as slow:
        await take_in(slow, late)  # has its row and its id, and stays open
        async with system.sessions.begin() as quick:
            await take_in(quick, early)
        first_read = await system.read_feed()
        cursor = first_read[-1].sequence + 1
        await slow.commit()
    second_read = await system.read_feed(from_sequence=cursor)

    assert [change.payment.payment_id for change in first_read] == [early.payment_id]
    assert [change.payment.payment_id for change in second_read] == [late.payment_id]
    assert [change.sequence for change in first_read + second_read] == [1, 2]
    # A cursor over what a row has inside its transaction, such as the id of its payment, would have passed it by.
    assert [one for one in (late, early) if one.payment_id > early.payment_id] == []


async def test_two_numberers_at_once_leave_no_gap_and_number_nothing_twice(system):
    payments = [a_payment() for _ in range(6)]
    for payment in payments[:3]:
        async with system.sessions.begin() as session:
            await take_in(session, payment)

    async with system.sessions() as first:
        await feed.lock_head(first)
        assert (await feed.number_changes(first, 2)).change_count == 2
        second = asyncio.create_task(system.actions.feed.number_feed())
        await eventually(lambda: is_waiting(system))  # for the head, which the first has not given back
        for payment in payments[3:]:
            async with system.sessions.begin() as session:
                await take_in(session, payment)
        await first.commit()
    numbered_count = await second

    assert numbered_count == 4
    assert [change.sequence for change in await system.read_feed()] == [1, 2, 3, 4, 5, 6]


async def test_writers_and_numberers_together_make_one_dense_feed(system):
    async def take_in() -> str:
        answer = await system.payments.RecordPayment(a_request())
        return answer.payment.payment_id

    takers = [take_in() for _ in range(30)]
    numberers = [system.actions.feed.number_feed() for _ in range(10)]
    done = await asyncio.gather(*takers, *numberers)
    changes = await system.read_feed()

    assert [change.sequence for change in changes] == list(range(1, 31))
    assert sorted(change.payment.payment_id for change in changes) == sorted(done[:30])


async def test_numbering_ends_although_payments_keep_coming(system, monkeypatch):
    feed_actions, turns = system.actions.feed, []
    one_turn = feed_actions.number_changes

    async def turn_while_another_comes() -> int:
        turns.append(await one_turn())
        await system.payments.RecordPayment(a_request())
        return turns[-1]

    monkeypatch.setattr(feed_actions, "number_changes", turn_while_another_comes)
    await system.payments.RecordPayment(a_request())
    numbered_count = await feed_actions.number_feed()

    assert (numbered_count, turns) == (1, [1])


async def test_a_day_whose_sum_is_beyond_64_bits_holds_up_no_change(system):
    largest = money_pb2.Money(currency_code="CNY", amount_minor=2**63 - 1)
    for _ in range(2):
        await system.payments.RecordPayment(a_request(amount=largest))
    await system.read_feed()
    await system.payments.RecordPayment(a_request())

    assert [change.sequence for change in await system.read_feed()] == [1, 2, 3]


async def test_a_numberer_that_dies_gives_back_what_it_took(system):
    async with system.sessions.begin() as session:
        await take_in(session, a_payment())
    async with system.sessions() as session:
        await feed.lock_head(session)
        await feed.number_changes(session, 10)
        await session.rollback()

    assert [change.sequence for change in await system.read_feed()] == [1]


async def test_a_change_that_was_undone_leaves_no_gap(system):
    async with system.sessions() as session:
        await take_in(session, a_payment())
        await session.rollback()
    recorded = await system.payments.RecordPayment(a_request())

    changes = await system.read_feed()

    assert [(change.sequence, change.payment) for change in changes] == [(1, recorded.payment)]


async def test_the_feed_comes_in_batches_that_say_where_to_go_on(system):
    for _ in range(5):
        await system.payments.RecordPayment(a_request())

    asked = feed_pb.StreamPaymentChangesRequest(from_sequence=2, batch_size=2)
    answers = [answer async for answer in system.feed.StreamPaymentChanges(asked)]

    assert [[change.sequence for change in answer.changes] for answer in answers] == [[2, 3], [4, 5]]
    assert [answer.next_sequence for answer in answers] == [4, 6]


async def test_a_consumer_that_has_all_gets_an_empty_stream(system):
    await system.payments.RecordPayment(a_request())

    assert await system.read_feed(from_sequence=2) == []
    assert await system.read_feed(from_sequence=10**15) == []


async def test_each_change_tells_the_payment_as_that_change_left_it(system):
    recorded = await system.payments.RecordPayment(a_request())
    fact = payment_pb.ReconciliationFact(
        payment_id=recorded.payment.payment_id,
        run_id="run_1",
        outcome=payment_pb2.Payment.RECONCILIATION_STATE_MATCHED,
        decide_time=Timestamp(seconds=int(NOON.timestamp())),
    )
    await system.payments.RecordReconciliations(payment_pb.RecordReconciliationsRequest(facts=[fact]))

    taken, matched = await system.read_feed()

    assert (taken.payment, taken.run_id) == (recorded.payment, "")
    assert (matched.payment.version, matched.run_id) == (2, "run_1")
    assert matched.payment.reconciliation_state == payment_pb2.Payment.RECONCILIATION_STATE_MATCHED
    assert matched.traceparent == taken.traceparent


async def test_a_manifest_counts_and_sums_the_day_and_its_digest_can_be_recomputed(system):
    of_the_day = [
        (
            await system.payments.RecordPayment(
                a_request(amount=money_pb2.Money(currency_code=code, amount_minor=minor))
            )
        ).payment
        for code, minor in (("CNY", 1_00), ("CNY", 2_50), ("USD", 7_00))
    ]
    await system.payments.RecordPayment(a_request(channel="alipay"))
    await system.payments.RecordPayment(a_request(pay_time=Timestamp(seconds=int(NOON.timestamp()) - 86_400)))

    answer = await system.feed.GetSliceManifest(
        feed_pb.GetSliceManifestRequest(channel="wechat_pay", business_date="2026-03-01")
    )

    told = answer.manifest
    assert told.payment_count == 3
    assert [(money.currency_code, money.amount_minor) for money in told.amount_sums] == [("CNY", 350), ("USD", 700)]
    assert told.digest == digest_of(of_the_day)
    assert told.max_sequence == 5


async def test_a_mirror_that_read_up_to_the_manifests_sequence_holds_what_the_manifest_counted(system):
    asked = feed_pb.GetSliceManifestRequest(channel="wechat_pay", business_date="2026-03-01")

    async def take_in() -> None:
        for _ in range(10):
            await system.payments.RecordPayment(a_request())

    async def count() -> list:
        return [(await system.feed.GetSliceManifest(asked)).manifest for _ in range(10)]

    counted = await asyncio.gather(take_in(), take_in(), count())
    changes = await system.read_feed()

    for told in counted[-1]:
        mirror = [change.payment for change in changes if change.sequence <= told.max_sequence]
        assert (told.payment_count, told.digest) == (len(mirror), digest_of(mirror))


async def test_a_manifest_counts_what_the_feed_has_told_and_no_more(system):
    asked = feed_pb.GetSliceManifestRequest(channel="wechat_pay", business_date="2026-03-01")
    told = await system.payments.RecordPayment(a_request())

    async with system.sessions() as slow:
        await take_in(slow, a_payment())  # has its row and stays open
        counted = (await system.feed.GetSliceManifest(asked)).manifest
        await slow.commit()
    counted_later = (await system.feed.GetSliceManifest(asked)).manifest

    assert (counted.payment_count, counted.max_sequence) == (1, 1)
    assert counted.digest == digest_of([told.payment])
    assert (counted_later.payment_count, counted_later.max_sequence) == (2, 2)


async def test_a_day_without_payments_has_an_empty_manifest(system):
    answer = await system.feed.GetSliceManifest(
        feed_pb.GetSliceManifestRequest(channel="wechat_pay", business_date="2026-03-01")
    )

    assert (answer.manifest.payment_count, list(answer.manifest.amount_sums)) == (0, [])
    assert answer.manifest.digest == bytes(32)


@pytest.mark.parametrize(
    ("channel", "day", "field"),
    [("", "2026-03-01", "channel"), ("alipay", "2026-02-29", "business_date"), ("alipay", "", "business_date")],
)
async def test_a_manifest_of_nothing_or_never_is_refused(system, channel, day, field):
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await system.feed.GetSliceManifest(feed_pb.GetSliceManifestRequest(channel=channel, business_date=day))

    assert [fault.field for fault in from_rpc_error(refused.value).fields] == [field]


def digest_of(payments) -> bytes:
    """The contract's words, read anew."""
    total = 0
    for one in payments:
        parts = (one.payment_id, one.merchant_order_no, one.channel_txn_no, one.amount.currency_code)
        line = "\x1f".join((*parts, str(one.amount.amount_minor)))
        total += int(hashlib.sha256(line.encode("utf-8")).hexdigest(), 16)
    return (total % 2**256).to_bytes(32, "big")


async def is_waiting(system) -> bool:
    query = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    async with system.engine.connect() as connection:
        return await connection.scalar(query) > 0
