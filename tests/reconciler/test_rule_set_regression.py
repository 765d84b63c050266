"""A report tries a version on the days that runs have decided, with their statements and payments read again."""

import asyncio

from bihuan.reconciler.v1 import run_pb2
from sqlalchemy import text

from services.reconciler.actions.page import PageRequest
from services.reconciler.actions.past_slice import PastSlices
from services.reconciler.actions.regression import RegressionActions, Report
from services.reconciler.actions.rule_set import RuleSetActions
from services.reconciler.actions.trial import TrialActions
from services.reconciler.rules.rule_files import DEFAULT
from tests.reconciler.builders import DAY, System, a_bill, a_bill_row

SHIPPED = DEFAULT.read_text("utf-8")
TXN = SHIPPED[SHIPPED.index("  - id: txn\n") : SHIPPED.index("  # A refund has numbers of its own")]
# What the channel's number and the amount prove is laid before a person; the first rule asks for the payer too.
CAREFUL = TXN.replace("[channel, channel_txn_no,", "[channel, channel_txn_no, payer,").replace(
    "id: txn", "id: txn_payer"
)


def careful_version() -> str:
    """A version that posts nothing by the channel's number alone."""
    suggests = TXN.replace("    commit: auto", "    commit: suggest")
    return SHIPPED.replace("version: 1\n", "version: 2\n", 1).replace(TXN, CAREFUL + suggests, 1)


def a_worker(system: System) -> TrialActions:
    """What makes reports, without labelled sets, which are not what these tests are about."""
    past = PastSlices(system.sessions, 60)
    return TrialActions(system.sessions, system.clock, past.read, part_seconds_max=60, suites=())


async def reported(system: System, request_id: str = "regress-0001") -> tuple[Report, list[object]]:
    """Make the version if it is not there, and a report of it without labelled sets."""
    rule_sets = RuleSetActions(system.sessions, system.clock)
    await rule_sets.create_version("create-0001", "li", careful_version(), "")
    regressions, trials = RegressionActions(system.sessions, system.clock), a_worker(system)
    asked = await regressions.start_regression(request_id, "default", 2, "li")
    claim = await trials.claim_regression()
    assert claim is not None
    await trials.run_regression(claim)
    report, page = await regressions.get_report(asked.report.row.regression_id, PageRequest(100, ""))
    assert report.row.state == "SUCCEEDED", report.row.failure_message
    return report, list(page.rows)


async def a_run(system: System) -> run_pb2.Run:
    """A day of two payments that their lines prove, decided by the shipped rules."""
    await system.record(1)
    await system.record(2)
    await system.ingest(a_bill(a_bill_row(1), a_bill_row(2)))
    run = await system.run()
    assert run.state == run_pb2.Run.STATE_SUCCEEDED, run.failure_message
    return run


async def test_a_day_that_was_decided_is_decided_again_by_both_versions_row_by_row(system: System):
    run = await a_run(system)

    report, rows = await reported(system)

    (past,) = report.row.slices
    assert (past["run_id"], past["business_date"], past["inputs_changed"]) == (run.run_id, DAY.isoformat(), False)
    assert (past["payment_count"], past["line_count"], past["changed_rows"]) == (2, 2, 4)
    assert {(row.source, row.old["disposition"], row.new["disposition"]) for row in rows} == {
        (f"run:{run.run_id}", "MATCHED", "SUGGESTED")
    }
    assert sorted(row.amount_minor for row in rows) == [1200] * 4
    assert report.verdict.passes


async def test_a_report_decides_nothing_itself(system: System):
    run = await a_run(system)

    await reported(system)

    assert (await system.get_run(run.run_id)) == run
    async with system.sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM runs")) == 1


async def test_a_day_whose_statements_or_payments_are_not_those_of_the_run_is_named_as_such(system: System):
    await a_run(system)
    await system.record(3)
    await system.mirror.follow_payments()
    await system.ingest(a_bill(a_bill_row(3)), "ingest-0002")

    report, _ = await reported(system)

    (past,) = report.row.slices
    assert past["inputs_changed"]
    assert past["inputs_said"].startswith("statements, payments are not as the run")
    assert past["inputs_said_zh"].startswith("对账单、支付与批次")
    assert (past["payment_count"], past["line_count"]) == (3, 3)
    assert "the inputs of 1 of them have changed" in report.verdict.said


async def test_a_worker_that_lost_its_report_writes_nothing_of_it(system: System):
    await a_run(system)
    await RuleSetActions(system.sessions, system.clock).create_version("create-0001", "li", careful_version(), "")
    regressions, trials = RegressionActions(system.sessions, system.clock), a_worker(system)
    asked = await regressions.start_regression("regress-0001", "default", 2, "li")
    first = await trials.claim_regression()
    system.clock.advance(3_600)
    second = await trials.claim_regression()
    assert first is not None
    assert second is not None

    await asyncio.gather(trials.run_regression(first), trials.run_regression(second))

    report, page = await regressions.get_report(asked.report.row.regression_id, PageRequest(100, ""))
    assert (first.attempts, second.attempts, report.row.attempts) == (1, 2, 2)
    assert (report.row.state, len(page.rows)) == ("SUCCEEDED", 4)
