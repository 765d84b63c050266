"""A run while the day still moves: payments that come meanwhile, a feed that is long, a day that takes its time."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from bihuan.reconciler.v1 import run_pb2

from services.reconciler import clients
from services.reconciler.actions import mirror as mirror_actions
from services.reconciler.actions.mirror import MirrorActions
from services.reconciler.clients import PaymentsClient, Slice
from services.reconciler.matcher import Matcher, MatchLimits, MatchRequest, Placed
from services.reconciler.matching.run_results import RunTotals
from services.reconciler.tables import PaymentRow, RunRow
from tests.reconciler.builders import MATCH_LIMITS, System, a_bill, a_bill_row, a_worker
from tests.support.eventually import eventually


class BusyClient(PaymentsClient):
    """The real payments, in which another payment is recorded and mirrored right after each manifest."""

    system: System
    next_no = 2

    async def manifest(self, channel: str, business_date: date) -> Slice:
        counted = await super().manifest(channel, business_date)
        await self.system.record(self.next_no)
        self.next_no += 1
        await self.system.mirror.follow_payments()
        return counted


class SlowMatcher(Matcher):
    """The real matching, which begins when a test says so."""

    def __init__(self, limits: MatchLimits) -> None:
        super().__init__(limits)
        self.may_end = asyncio.Event()

    async def match(self, request: MatchRequest) -> AsyncGenerator[Placed | RunTotals]:
        async with asyncio.timeout(30):
            await self.may_end.wait()
        async for told in super().match(request):
            yield told


async def test_a_run_of_a_day_that_is_still_being_paid_into_is_of_one_moment_and_no_gap(
    system: System, payments_target: str
):
    await system.record(1)
    await system.ingest(a_bill(a_bill_row(1)))
    run = await system.start_run()
    busy = BusyClient(payments_target, timeout_seconds=20)
    busy.system = system
    mirror = MirrorActions(system.sessions, busy, system.clock)
    beside = a_worker(system.sessions, busy, mirror, system.clock)

    await beside.run_reconciliation(await beside.claim_run())
    await busy.close()

    ended = await system.get_run(run.run_id)
    assert ended.state == run_pb2.Run.STATE_SUCCEEDED, ended.failure_message
    assert (ended.totals.payment_count, ended.totals.matched_count) == (1, 1)
    assert await system.count(PaymentRow) == 2


async def test_a_run_reads_on_in_a_feed_that_one_turn_does_not_bring_to_its_end(
    system: System, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(clients, "_CHANGES_AT_ONCE", 1)
    monkeypatch.setattr(mirror_actions, "_BATCHES_PER_TURN_MAX", 1)
    for no in range(1, 8):
        await system.record(no)
    await system.ingest(a_bill(*(a_bill_row(no) for no in range(1, 8))))

    run = await system.run()

    assert run.totals.matched_count == 7


async def test_a_feed_that_ends_before_what_payments_has_counted_is_a_gap_and_no_endless_wait(
    system: System, monkeypatch: pytest.MonkeyPatch
):
    await system.record(1)
    await system.ingest(a_bill(a_bill_row(1)))
    told = PaymentsClient.manifest

    async def manifest_further_on(self: PaymentsClient, channel: str, business_date: date) -> Slice:
        return replace(await told(self, channel, business_date), max_sequence=9)

    monkeypatch.setattr(PaymentsClient, "manifest", manifest_further_on)

    run = await system.run()

    assert (run.state, run.failure_reason) == (run_pb2.Run.STATE_FAILED, "MIRROR_GAP")
    assert "has told up to 9 and can be read up to 1 only" in run.failure_message


async def test_a_day_that_takes_longer_than_the_lease_stays_with_its_worker(system: System, payments_target: str):
    await system.record(1)
    await system.ingest(a_bill(a_bill_row(1)))
    run = await system.start_run()
    slow = SlowMatcher(MATCH_LIMITS)
    payments, lease_seconds = PaymentsClient(payments_target, timeout_seconds=20), 0.3
    worker = a_worker(system.sessions, payments, system.mirror, system.clock, lease_seconds, slow)
    working = asyncio.create_task(worker.run_reconciliation(await worker.claim_run()))

    async def is_renewed() -> bool:
        async with system.sessions() as session:
            row = await session.get_one(RunRow, run.run_id)
        return row.due_at == system.clock.now() + timedelta(seconds=lease_seconds)

    for _ in range(5):
        await eventually(is_renewed)
        system.clock.advance(0.2)
        assert await system.reconciliation.claim_run() is None
    slow.may_end.set()
    await working
    await payments.close()

    ended = await system.get_run(run.run_id)
    assert ended.state == run_pb2.Run.STATE_SUCCEEDED
    async with system.sessions() as session:
        assert (await session.get_one(RunRow, run.run_id)).attempts == 1
