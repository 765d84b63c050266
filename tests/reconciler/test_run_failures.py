"""A run that cannot be made, that breaks, or whose worker is lost: what it says, and what it leaves."""

import pytest
from bihuan.reconciler.v1 import run_pb2, run_service_pb2
from sqlalchemy import delete, insert, select, update

from services.reconciler.actions.mirror import MirrorActions
from services.reconciler.clients import PaymentsClient
from services.reconciler.store.run import RunStore
from services.reconciler.tables import ExceptionRow, PaymentFactRow, PaymentRow, RunResultRow
from tests.reconciler.builders import System, a_bill, a_bill_row, a_worker


async def test_without_a_statement_a_run_fails_and_says_what_is_missing(system: System):
    await system.record(1)

    run = await system.run()

    assert run.state == run_pb2.Run.STATE_FAILED
    assert run.failure_reason == "NOT_FOUND"
    assert "no statement of wechat_pay for 2026-03-01" in run.failure_message
    assert await system.count(ExceptionRow) == 0


async def test_what_the_mirror_lost_or_has_wrong_is_read_anew_before_anything_is_decided_and_told(system: System):
    wrong = await system.record(1)
    lost = await system.record(2)
    await system.ingest(a_bill(a_bill_row(1), a_bill_row(2)))
    await system.mirror.follow_payments()
    async with system.sessions.begin() as session:
        await session.execute(delete(PaymentRow).where(PaymentRow.payment_id == lost))
        await session.execute(update(PaymentRow).values(amount_minor=1))

    run = await system.run()

    assert (run.state, run.totals.matched_count) == (run_pb2.Run.STATE_SUCCEEDED, 2)
    assert (list(run.mirror_gap.missing_payment_ids), list(run.mirror_gap.wrong_payment_ids)) == ([lost], [wrong])
    assert await system.count(ExceptionRow) == 0
    (listed,) = (await system.runs.ListRuns(run_service_pb2.ListRunsRequest(channel="wechat_pay"))).runs
    assert listed.mirror_gap.missing_count == 1


async def test_a_payment_that_the_mirror_alone_has_fails_the_run_instead_of_becoming_a_money_exception(system: System):
    known = await system.record(1)
    await system.ingest(a_bill(a_bill_row(1)))
    await system.mirror.follow_payments()
    async with system.sessions.begin() as session:
        row = (await session.scalars(select(PaymentRow))).one()
        values = {column.name: getattr(row, column.name) for column in PaymentRow.__table__.columns}
        await session.execute(insert(PaymentRow).values(**{**values, "payment_id": f"{known}_x"}))

    run = await system.run()

    assert (run.state, run.failure_reason) == (run_pb2.Run.STATE_FAILED, "MIRROR_GAP")
    assert "payments has 1 payments" in run.failure_message
    assert "the mirror has 2" in run.failure_message
    assert list(run.mirror_gap.unknown_payment_ids) == [f"{known}_x"]
    assert (await system.count(RunResultRow), await system.count(ExceptionRow)) == (0, 0)
    assert await system.count(PaymentFactRow) == 0


async def test_a_run_whose_worker_was_lost_is_made_by_another_and_the_lost_one_writes_nothing(system: System):
    await system.record(1)
    await system.ingest(a_bill(a_bill_row(1)))
    run = await system.start_run()
    lost = await system.reconciliation.claim_run()
    assert await system.reconciliation.claim_run() is None  # the lease has not ended
    system.clock.advance(61)
    taken = await system.reconciliation.claim_run()
    assert (taken.run_id, taken.attempts) == (run.run_id, 2)

    await system.reconciliation.run_reconciliation(lost)
    assert (await system.get_run(run.run_id)).state == run_pb2.Run.STATE_RUNNING
    assert await system.count(RunResultRow) == 0

    await system.reconciliation.run_reconciliation(taken)
    assert (await system.get_run(run.run_id)).state == run_pb2.Run.STATE_SUCCEEDED
    assert await system.count(RunResultRow) == 2


async def test_a_run_that_loses_its_workers_again_and_again_fails_in_the_end(system: System):
    run = await system.start_run()
    for _ in range(6):
        assert await system.reconciliation.claim_run()
        system.clock.advance(61)

    claim = await system.reconciliation.claim_run()
    await system.reconciliation.run_reconciliation(claim)

    ended = await system.get_run(run.run_id)
    assert (ended.state, ended.failure_reason) == (run_pb2.Run.STATE_FAILED, "INTERNAL")


async def test_a_run_that_breaks_while_it_writes_leaves_nothing_behind(system: System, monkeypatch: pytest.MonkeyPatch):
    await system.record(1)
    await system.record(2)
    await system.ingest(a_bill(a_bill_row(1)))
    run = await system.start_run()
    claim = await system.reconciliation.claim_run()

    async def break_at_the_end(*_: object) -> None:
        raise RuntimeError("the last statement of the transaction failed")

    with monkeypatch.context() as broken:
        broken.setattr(RunStore, "succeed", break_at_the_end)
        with pytest.raises(RuntimeError):
            await system.reconciliation.run_reconciliation(claim)

    ended = await system.get_run(run.run_id)
    assert (ended.state, ended.failure_reason) == (run_pb2.Run.STATE_FAILED, "INTERNAL")
    assert (await system.count(RunResultRow), await system.count(ExceptionRow)) == (0, 0)
    assert await system.count(PaymentFactRow) == 0
    assert (await system.run("run-00002")).state == run_pb2.Run.STATE_SUCCEEDED


async def test_while_payments_does_not_answer_a_run_waits_and_goes_on_later(system: System):
    await system.record(1)
    await system.ingest(a_bill(a_bill_row(1)))
    run = await system.start_run()
    nowhere = PaymentsClient("127.0.0.1:1", timeout_seconds=2)
    mirror = MirrorActions(system.sessions, nowhere, system.clock)
    cut_off = a_worker(system.sessions, nowhere, mirror, system.clock)

    await cut_off.run_reconciliation(await cut_off.claim_run())
    await nowhere.close()

    assert (await system.get_run(run.run_id)).state == run_pb2.Run.STATE_PENDING
    system.clock.advance(30)
    await system.reconciliation.run_reconciliation(await system.reconciliation.claim_run())
    assert (await system.get_run(run.run_id)).state == run_pb2.Run.STATE_SUCCEEDED
