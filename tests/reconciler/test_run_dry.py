"""A dry run shows what a run would find, and changes nothing: not the day, not its exceptions, not the payments."""

from bihuan.reconciler.v1 import exception_pb2, run_pb2, run_service_pb2

from services.reconciler.tables import PaymentFactRow
from tests.reconciler.builders import DAY, System, a_bill, a_bill_row, class_names, matches_of, refused
from tests.reconciler.seeds import add_run

DRY_RUN, COMMIT = run_pb2.Run.MODE_DRY_RUN, run_pb2.Run.MODE_COMMIT


async def dry_run(system: System, request_id: str = "run-dry-1") -> run_pb2.Run:
    """Ask for a dry run, make it, and tell how it ended."""
    request = run_service_pb2.StartRunRequest(
        request_id=request_id, channel="wechat_pay", business_date=DAY.isoformat(), mode=DRY_RUN
    )
    asked = (await system.runs.StartRun(request)).run
    claim = await system.reconciliation.claim_run()
    await system.reconciliation.run_reconciliation(claim)
    return await system.get_run(asked.run_id)


async def test_a_dry_run_tells_what_it_found_and_leaves_the_day_its_exceptions_and_the_payments_as_they_are(
    system: System,
):
    await system.record(1)
    await system.ingest(a_bill(a_bill_row(1)))
    standing = await system.run()
    facts = await system.count(PaymentFactRow)
    await system.record(2)

    dry = await dry_run(system)

    assert (dry.state, dry.mode, dry.same_as_run_id) == (run_pb2.Run.STATE_SUCCEEDED, DRY_RUN, "")
    assert (dry.totals.payment_count, dry.totals.matched_count) == (2, 1)
    assert len(await matches_of(system, dry)) == 1
    assert await class_names(system, run_id=dry.run_id) == ["PLATFORM_ONLY"]
    assert await class_names(system, state=exception_pb2.Exception.STATE_OPEN) == []
    assert (await system.get_run(standing.run_id)).superseded_by_run_id == ""
    assert await system.count(PaymentFactRow) == facts

    # The run then finds the same, and supersedes the one that stands, not the dry one.
    run = await system.run("run-00002")
    assert (dry.output_digest, dry.totals) == (run.output_digest, run.totals)
    assert (await system.get_run(standing.run_id)).superseded_by_run_id == run.run_id
    assert (await system.get_run(dry.run_id)).superseded_by_run_id == ""


async def test_runs_are_listed_newest_first_and_by_mode(system: System):
    async with system.sessions.begin() as session:
        await add_run(session, "run_1")
        await add_run(session, "run_2", mode="DRY_RUN")

    def listed(**wanted: object) -> run_service_pb2.ListRunsRequest:
        return run_service_pb2.ListRunsRequest(**wanted)  # type: ignore[arg-type]

    both = (await system.runs.ListRuns(listed(channel="wechat_pay", business_date="2026-03-01"))).runs
    dries = (await system.runs.ListRuns(listed(mode=DRY_RUN))).runs
    commits = (await system.runs.ListRuns(listed(mode=COMMIT))).runs
    others = (await system.runs.ListRuns(listed(channel="alipay"))).runs

    assert [each.run_id for each in both] == ["run_2", "run_1"]
    assert ([each.run_id for each in dries], [each.run_id for each in commits]) == (["run_2"], ["run_1"])
    assert list(others) == []


async def test_a_request_that_has_started_a_run_cannot_start_a_dry_one(system: System):
    await system.start_run("run-00001")
    request = run_service_pb2.StartRunRequest(
        request_id="run-00001", channel="wechat_pay", business_date=DAY.isoformat(), mode=DRY_RUN
    )

    assert (await refused(system.runs.StartRun(request))).reason == "REQUEST_ID_REUSED"
