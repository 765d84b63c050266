"""Asking for a run, and whose turn it is: what starts one, what is refused, and who may make it."""

import asyncio
from datetime import timedelta

from bihuan.reconciler.v1 import run_pb2, run_service_pb2

from services.reconciler.tables import RunRow
from tests.reconciler.builders import DAY, System, refused


async def test_the_same_request_again_gets_the_same_run(system: System):
    request = run_service_pb2.StartRunRequest(
        request_id="run-00001", channel="wechat_pay", business_date=DAY.isoformat()
    )

    answers = await asyncio.gather(*(system.runs.StartRun(request) for _ in range(5)))

    assert len({answer.run.run_id for answer in answers}) == 1
    assert sorted(answer.replayed for answer in answers) == [False, True, True, True, True]
    assert await system.count(RunRow) == 1


async def test_a_request_id_that_started_another_day_is_refused(system: System):
    await system.start_run("run-00001")

    fault = await refused(
        system.runs.StartRun(
            run_service_pb2.StartRunRequest(request_id="run-00001", channel="wechat_pay", business_date="2026-03-02")
        )
    )

    assert fault.reason == "REQUEST_ID_REUSED"


async def test_two_runs_of_one_day_are_never_open_at_once(system: System):
    first = await system.start_run("run-00001")
    request = run_service_pb2.StartRunRequest(
        request_id="run-00002", channel="wechat_pay", business_date=DAY.isoformat()
    )

    fault = await refused(system.runs.StartRun(request))

    assert fault.reason == "RUN_IN_PROGRESS"
    assert fault.metadata == {"run_id": first.run_id}

    # The refusal has not used up the request_id.
    claim = await system.reconciliation.claim_run()
    await system.reconciliation.run_reconciliation(claim)
    assert (await system.runs.StartRun(request)).run.state == run_pb2.Run.STATE_PENDING


async def test_a_day_that_is_not_in_the_calendar_starts_nothing(system: System):
    request = run_service_pb2.StartRunRequest(request_id="run-00001", channel="wechat_pay", business_date="2026-02-30")

    fault = await refused(system.runs.StartRun(request))

    assert fault.fields[0].field == "business_date"
    assert await system.count(RunRow) == 0


async def test_runs_of_one_channel_take_turns_and_hold_up_no_other_channel(system: System):
    await system.start_run("run-00001", "wechat_pay", DAY)
    await system.start_run("run-00002", "wechat_pay", DAY + timedelta(days=1))
    await system.start_run("run-00003", "alipay", DAY)

    claims = [await system.reconciliation.claim_run() for _ in range(3)]

    assert [claim.channel if claim else None for claim in claims] == ["wechat_pay", "alipay", None]


async def test_workers_that_claim_at_the_same_moment_never_make_two_runs_of_one_channel(system: System):
    for no in range(4):
        await system.start_run(f"run-0000{no}", "wechat_pay", DAY + timedelta(days=no))

    claims = await asyncio.gather(*(system.reconciliation.claim_run() for _ in range(6)))

    assert len([claim for claim in claims if claim]) == 1
