"""What became of invoices, told by number: in order for each, none skipped however late it commits."""

import asyncio
import random
from dataclasses import replace

import pytest
from bihuan.invoice_sync.v1 import invoice_feed_service_pb2 as pb
from bihuan.invoice_sync.v1 import invoice_feed_service_pb2_grpc
from bihuan.invoice_sync.v1.feed_pb2 import InvoiceChange
from sqlalchemy import text

from chassis import channel, server
from services.invoice_sync.actions.correct import CorrectActions
from services.invoice_sync.actions.feed import FeedActions
from services.invoice_sync.domain import attempt_chain
from services.invoice_sync.domain.attempt import Outcome, TaxAnswer
from services.invoice_sync.domain.change import ChangeKind, change_of, change_of_new
from services.invoice_sync.domain.event import Answered
from services.invoice_sync.domain.invoice import BrokenRule, Party
from services.invoice_sync.domain.machine import decide
from services.invoice_sync.domain.number import NO_NUMBER
from services.invoice_sync.domain.standing import ParkedReason, SyncState, opened, work_of
from services.invoice_sync.rpc.feed import feed_servicer
from services.invoice_sync.store import submits
from tests.invoice_sync.builders import NOON, TIMERS, a_payment, a_profile, an_invoice

KEPT_SECONDS = 86_400.0
S, K = SyncState, ChangeKind


@pytest.fixture
def feed(system) -> FeedActions:
    return FeedActions(system.sessions, system.clock, KEPT_SECONDS)


async def told(feed: FeedActions, from_sequence: int = 1) -> list:
    return list((await feed.list_invoice_changes(from_sequence, 1_000)).changes)


async def refused(system) -> None:
    """Have the authority refuse what is claimed next."""
    claims = await system.upload.claim_due()
    answer = TaxAnswer(Outcome.REJECTED, "told")
    finished = []
    for claim in claims:
        decided = decide(claim.standing, Answered(answer), system.clock.now(), 0.5, TIMERS).standing
        ended = attempt_chain.end(claim.begun, answer, system.clock.now())
        finished.append((claim, submits.moved(decided, change_of(claim.standing, decided)), ended))
    async with system.sessions.begin() as session:
        await submits.finish(session, finished)


async def test_the_way_of_an_invoice_is_told_in_order_as_each_step_left_it(system, feed):
    booked = await system.booked()

    requested, accepted, in_books = await told(feed)

    assert [one.kind for one in (requested, accepted, in_books)] == [K.REQUESTED, K.ACCEPTED, K.BOOKED]
    assert [one.sync_state for one in (requested, accepted, in_books)] == [S.READY, S.ACKED, S.BOOKED]
    assert [one.sequence for one in (requested, accepted, in_books)] == [1, 2, 3]
    assert (requested.invoice_number, in_books.invoice_number) == ("", booked.standing.invoice_number)
    assert (requested.payment_id, requested.merchant_id, requested.amount) == (
        booked.payment_id,
        booked.merchant_id,
        booked.amount,
    )


async def test_what_was_refused_and_then_corrected_is_told_as_failed_and_corrected_with_its_version(system, feed):
    (invoice,) = await system.issued()
    await refused(system)
    correct = CorrectActions(system.tools)
    await correct.correct_invoice("correct-1", invoice.invoice_id, Party("王小明", ""), is_natural_person=True)

    changes = await told(feed)

    assert [(one.kind, one.sync_state, one.version) for one in changes] == [
        (K.REQUESTED, S.READY, 1),
        (K.FAILED, S.REJECTED, 1),
        (K.CORRECTED, S.READY, 2),
    ]


async def test_a_new_invoice_that_breaks_a_rule_is_told_as_failed_at_once(system, feed):
    await system.issue.set_merchant_profile(a_profile())
    await system.follow(a_payment(merchant_order_no="X" * 65))

    (change,) = await told(feed)

    assert (change.kind, change.sync_state) == (K.FAILED, S.INVALID)


async def test_an_uploader_that_lost_its_lease_tells_nothing(system, feed):
    await system.issued()
    (claim,) = await system.upload.claim_due()
    await system.execute("UPDATE outbox SET lease_id = 'lea_other'")
    answer = TaxAnswer(Outcome.REJECTED, "told")
    decided = decide(claim.standing, Answered(answer), system.clock.now(), 0.5, TIMERS).standing
    ended = attempt_chain.end(claim.begun, answer, system.clock.now())

    async with system.sessions.begin() as session:
        await submits.finish(session, [(claim, submits.moved(decided, K.FAILED), ended)])

    assert [one.kind for one in await told(feed)] == [K.REQUESTED]


async def test_what_is_undone_is_told_to_nobody_and_leaves_no_gap(system, feed):
    async with system.sessions() as session:
        await session.execute(text(_TELL), {"invoice_id": "inv_undone", "version": 1})
        await session.rollback()
    await system.issued()

    assert [(one.sequence, one.kind) for one in await told(feed)] == [(1, K.REQUESTED)]


@pytest.mark.parametrize("seed", range(4))
async def test_whoever_reads_on_by_number_misses_nothing_that_commits_late(system, feed, seed):
    invoices = [one.invoice_id for one in await system.issued(count=3)]
    dice, cursor = random.Random(seed), 4
    seen: list[tuple[int, str, int]] = []
    expected: dict[str, list[int]] = {one: [] for one in invoices}
    free, open_ones = list(invoices), {}
    assert len(await told(feed)) == 3

    for step in range(60):
        match dice.choice(["write", "write", "end", "end", "read"]):
            case "write" if free:
                invoice_id = free.pop(dice.randrange(len(free)))
                session = system.sessions()
                await session.execute(text(_TELL), {"invoice_id": invoice_id, "version": step})
                open_ones[invoice_id] = (session, step)
            case "end" if open_ones:
                invoice_id = dice.choice(sorted(open_ones))
                session, version = open_ones.pop(invoice_id)
                free.append(invoice_id)
                if dice.random() < 0.7:
                    await session.commit()
                    expected[invoice_id].append(version)
                else:
                    await session.rollback()
                await session.close()
            case "read":
                changes = await told(feed, cursor)
                seen += [(one.sequence, one.invoice_id, one.version) for one in changes]
                cursor += len(changes)
    for session, _ in open_ones.values():
        await session.close()
    seen += [(one.sequence, one.invoice_id, one.version) for one in await told(feed, cursor)]

    assert [sequence for sequence, _, _ in seen] == list(range(4, 4 + len(seen)))
    assert {one: [version for _, invoice_id, version in seen if invoice_id == one] for one in invoices} == expected
    assert sum(map(len, expected.values())) > 5


async def test_writers_readers_and_numberers_at_once_make_one_dense_feed_with_each_change_once(system, feed):
    await system.issue.set_merchant_profile(a_profile())
    read: list = []
    done = asyncio.Event()

    async def follow() -> None:
        cursor = 1
        while not (done.is_set() and cursor > 1 and not await told(feed, cursor)):
            changes = await told(feed, cursor)
            read.extend(changes)
            cursor += len(changes)

    async def issue(batch: int) -> None:
        for _ in range(batch):
            payment = a_payment()
            async with system.sessions.begin() as session:
                await session.execute(text(_FOLLOWED), {"payment_id": payment.payment_id, "no": payment.payment_id})
            await system.issue.issue_due(payment.payment_id)

    reader = asyncio.create_task(follow())
    other = FeedActions(system.sessions, system.clock, KEPT_SECONDS)
    await asyncio.gather(*(issue(10) for _ in range(4)), *(other.tend_feed() for _ in range(5)))
    done.set()
    await reader

    assert [one.sequence for one in read] == list(range(1, 41))
    assert len({one.invoice_id for one in read}) == 40
    assert {one.kind for one in read} == {K.REQUESTED}


async def test_what_is_older_than_what_is_kept_is_dropped_and_the_feed_says_so(system, feed):
    await system.issued(count=3)
    before = await feed.list_invoice_changes(1, 10)
    system.clock.advance(KEPT_SECONDS + 3_600)
    dropped = await feed.tend_feed()
    await system.execute("UPDATE feed_waiting SET change_time = now() + interval '2 days'")
    await system.issued()

    after = await feed.list_invoice_changes(1, 10)

    assert (len(before.changes), before.max_sequence, before.dropped_sequence) == (3, 3, 0)
    assert dropped == 3
    assert ([one.sequence for one in after.changes], after.max_sequence, after.dropped_sequence) == ([4], 4, 3)


async def test_the_feed_is_told_over_the_wire_page_by_page(system, feed):
    await system.booked()
    running = await server.start("127.0.0.1:0", [feed_servicer(feed)])
    described = [pb.DESCRIPTOR.services_by_name["InvoiceFeedService"]]
    connected = channel.connect(f"127.0.0.1:{running.port}", described, timeout_seconds=60)
    stub = invoice_feed_service_pb2_grpc.InvoiceFeedServiceStub(connected)

    first = await stub.ListInvoiceChanges(pb.ListInvoiceChangesRequest(from_sequence=1, batch_size=2))
    second = await stub.ListInvoiceChanges(pb.ListInvoiceChangesRequest(from_sequence=3))
    third = await stub.ListInvoiceChanges(pb.ListInvoiceChangesRequest(from_sequence=4))

    assert [one.kind for one in first.changes] == [InvoiceChange.KIND_REQUESTED, InvoiceChange.KIND_ACCEPTED]
    assert [one.kind for one in second.changes] == [InvoiceChange.KIND_BOOKED]
    assert (list(third.changes), third.max_sequence) == ([], 3)
    assert first.changes[0].trace_id == "4bf92f3577b34da6a3ce929d0e0e4736"
    await connected.close()
    await running.stop()


def test_the_kinds_are_those_of_the_contract():
    assert {f"KIND_{kind}" for kind in ChangeKind} | {"KIND_UNSPECIFIED"} == set(InvoiceChange.Kind.keys())


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        (S.SENDING, S.ACKED, K.ACCEPTED),
        (S.UNKNOWN, S.SUBMITTED, K.ACCEPTED),
        (S.SUBMITTED, S.ACKED, None),
        (S.SENDING, S.UNKNOWN, None),
        (S.SENDING, S.RETRY_WAIT, None),
        (S.UNKNOWN, S.READY, None),
        (S.MISSING, S.READY, K.RESUMED),
        (S.REJECTED, S.READY, K.RESUMED),
        (S.MISSING, S.BOOKED, K.BOOKED),
        (S.BOOKED, S.CONFIRMED, K.CONFIRMED),
        (S.CONFIRMED, S.CONFIRMED, None),
        (S.CONFIRMED, S.MISSING, K.MISSING),
        (S.CONFIRMED, S.VOIDED, K.VOIDED),
        (S.ACKED, S.MISMATCH, K.FAILED),
        (S.SENDING, S.REJECTED, K.FAILED),
    ],
)
def test_a_move_is_told_as_what_it_means_to_who_waits_for_the_invoice(was, now, expected):
    assert change_of(standing(was), standing(now)) is expected


def test_a_new_invoice_that_only_waits_for_a_number_goes_on_by_itself_and_one_that_breaks_a_rule_does_not():
    plain = an_invoice(a_payment())
    rule = BrokenRule("CURRENCY", "currency", "", "")

    assert change_of_new(plain) is K.REQUESTED
    assert change_of_new(replace(plain, broken_rules=(NO_NUMBER,))) is K.REQUESTED
    assert change_of_new(replace(plain, broken_rules=(rule,))) is K.FAILED
    assert change_of_new(replace(plain, broken_rules=(rule, NO_NUMBER))) is K.FAILED


@pytest.mark.parametrize("was", sorted(set(S) - {S.HELD}))
@pytest.mark.parametrize("now", sorted(set(S) - {S.HELD}))
def test_whoever_must_act_hears_of_it_and_of_sending_and_waiting_nobody_does(was, now):
    told = change_of(standing(was), standing(now))

    if now in (S.REJECTED, S.MISMATCH, S.INVALID) and was is not now:
        assert told is K.FAILED
    if now in (S.SENDING, S.UNKNOWN, S.ABSENT) or was is now:
        assert told is None


def test_what_is_given_up_is_told_once_and_that_it_goes_on_too():
    waits, parked = standing(S.RETRY_WAIT), replace(standing(S.RETRY_WAIT), parked_reason=ParkedReason.COUNT)

    assert change_of(standing(S.SENDING), parked) is K.FAILED
    assert change_of(parked, parked) is None
    assert change_of(parked, waits) is K.RESUMED


def standing(state: SyncState):
    work = work_of(state)
    return replace(opened("inv_1", NOON, NOON, valid=True), sync_state=state, work=work, due_at=NOON if work else None)


_TELL = """
    INSERT INTO feed_waiting (invoice_id, kind, sync_state, version, invoice_number, red_number, parked_reason)
    VALUES (:invoice_id, 'RESUMED', 'READY', :version, '', '', '')
"""
_FOLLOWED = """
    INSERT INTO payment_follow (payment_id, merchant_id, merchant_order_no, currency_code, amount_minor, state,
        reconciliation_state, version, traceparent, create_time, update_time)
    VALUES (:payment_id, 'city-water', :no, 'CNY', 100, 'SUCCEEDED', 'PENDING', 1, '', now(), now())
"""
