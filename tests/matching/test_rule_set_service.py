"""Versions of rule sets over real sockets and a real database: made, read, reported, activated by a second person."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import grpc
import pytest
from bihuan.reconciler.v1 import rule_set_pb2, rule_set_service_pb2_grpc
from bihuan.reconciler.v1 import rule_set_service_pb2 as pb

from chassis import channel, database, server
from chassis.clock import ManualClock
from chassis.errors import Fault, from_rpc_error
from services.reconciler.actions.regression import RegressionActions
from services.reconciler.actions.rule_set import RuleSetActions
from services.reconciler.actions.trial import PastSlice, TrialActions
from services.reconciler.rpc import rule_set_servicer
from services.reconciler.rules.labelled import Suite, shipped_suites
from services.reconciler.rules.rule_files import DEFAULT
from services.reconciler.store.rule_set import RuleSetStore
from services.reconciler.tables import RunRow

SHIPPED = DEFAULT.read_text("utf-8")
CENTS = (
    "ignore:\n  - {id: cents, name: Cents, name_zh: 分位差, below: {basis: difference, minor: 5}, "
    "exception_classes: [AMOUNT_CHANNEL_SHORT], count_max: 100, sum_minor_max: 300}\n"
    "second_confirmation: {basis: amount, minor: 5000000}\n"
)
CARELESS = """
  - id: payer_and_amount
    stage: exact
    kind: pair
    keys: [channel, payer, currency_code, amount_minor]
    payments: [PAYMENT]
    lines: [PAYMENT, CREDIT]
    commit: auto
    many: in_order

  # A refund has numbers of its own"""


def a_version(number: int, *, say: str = CENTS, first_day: str = "2026-04-01") -> str:
    """The shipped set as another version, with more said before its rules."""
    return (
        SHIPPED.replace("version: 1\n", f"version: {number}\n", 1)
        .replace("effective_from: '2000-01-01'", f"effective_from: '{first_day}'", 1)
        .replace("rules:\n", f"{say}rules:\n", 1)
    )


def a_careless_version(number: int) -> str:
    """One that posts what the same payer paid, whatever it was."""
    return a_version(number).replace("\n  # A refund has numbers of its own", CARELESS, 1)


@dataclass
class Bench:
    """The service, and the loop that makes reports, which turns only when a test says so."""

    stub: rule_set_service_pb2_grpc.RuleSetServiceStub
    trials: TrialActions
    sessions: database.Sessions

    async def create(
        self, yaml: str, by: str = "li", request_id: str = "create-0001"
    ) -> pb.CreateRuleSetVersionResponse:
        request = pb.CreateRuleSetVersionRequest(request_id=request_id, operator=by, yaml=yaml, note="cents")
        return await self.stub.CreateRuleSetVersion(request)

    async def start(self, version: int = 2, request_id: str = "regress-0001") -> rule_set_pb2.Regression:
        request = pb.StartRegressionRequest(
            request_id=request_id, rule_set_id="default", version=version, operator="li"
        )
        return (await self.stub.StartRegression(request)).regression

    async def report(self, version: int = 2, request_id: str = "regress-0001") -> rule_set_pb2.Regression:
        """Ask for a report, make it, and tell it."""
        started = await self.start(version, request_id)
        claim = await self.trials.claim_regression()
        assert claim is not None
        await self.trials.run_regression(claim)
        return (await self.page(started.regression_id)).regression

    async def page(self, regression_id: str, size: int = 50, token: str = "") -> pb.GetRegressionReportResponse:
        return await self.stub.GetRegressionReport(
            pb.GetRegressionReportRequest(regression_id=regression_id, page_size=size, page_token=token)
        )

    async def activate(
        self, regression_id: str, by: str = "wang", version: int = 2, effective_from: str = ""
    ) -> rule_set_pb2.RuleSetVersion:
        request = pb.ActivateRuleSetVersionRequest(
            rule_set_id="default",
            version=version,
            operator=by,
            regression_id=regression_id,
            effective_from=effective_from,
        )
        return (await self.stub.ActivateRuleSetVersion(request)).rule_set_version

    async def decides(self, day: date, channel_name: str = "wechat_pay") -> int:
        """The version that decides a day."""
        async with self.sessions() as session:
            found = await RuleSetStore(session).active_version(channel_name, day)
        assert found is not None
        return found.version


async def no_day(run: RunRow, yaml: str, folder: Path) -> PastSlice:
    raise AssertionError("nothing was decided yet, so there is no day to read")


@pytest.fixture
async def bench(fresh_database) -> AsyncIterator[Bench]:
    """Without labelled sets, for tests that are about something else: a report has nothing to try then."""
    async with _bench(await fresh_database("services.reconciler"), ()) as made:
        yield made


@pytest.fixture
async def judging(fresh_database) -> AsyncIterator[Bench]:
    """With the labelled set in which a careless rule shows."""
    async with _bench(await fresh_database("services.reconciler"), shipped_suites()[:1]) as made:
        yield made


@asynccontextmanager
async def _bench(url: str, suites: tuple[Suite, ...]) -> AsyncIterator[Bench]:
    engine = database.connect(url, "test")
    sessions = database.sessions(engine)
    clock = ManualClock(datetime(2026, 3, 20, tzinfo=UTC))
    trials = TrialActions(sessions, clock, no_day, part_seconds_max=60, suites=suites)
    servicer = rule_set_servicer(RuleSetActions(sessions, clock), RegressionActions(sessions, clock))
    running = await server.start("127.0.0.1:0", [servicer])
    services = [*pb.DESCRIPTOR.services_by_name.values()]
    to_service = channel.connect(f"127.0.0.1:{running.port}", services, timeout_seconds=60)
    yield Bench(rule_set_service_pb2_grpc.RuleSetServiceStub(to_service), trials, sessions)
    await to_service.close()
    await running.stop()
    await engine.dispose()


async def refused(call: object) -> Fault:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call  # type: ignore[misc]
    return from_rpc_error(caught.value)


async def test_a_version_is_made_once_and_told_in_words(bench: Bench):
    made = await bench.create(a_version(2))
    again = await bench.create(a_version(2))

    told = made.rule_set_version
    assert (told.version, told.state, told.created_by) == (2, rule_set_pb2.RuleSetVersion.STATE_DRAFT, "li")
    assert (made.replayed, again.replayed) == (False, True)
    assert again.rule_set_version == told
    assert told.ignore_rules[0].said.startswith("AMOUNT_CHANNEL_SHORT with a difference below 5 minor units")
    assert told.second_confirmation.said_zh == "金额达到 5000000 最小货币单位（人民币 50000.00 元）起须两人确认"
    assert (told.rules[0].name_zh, told.rules[0].posts) == ("渠道流水号与金额一致", True)


async def test_every_fault_comes_back_at_once_with_rule_field_and_cure(bench: Bench):
    broken = (
        a_version(2)
        .replace("within_seconds: 600", "within_secs: 600", 1)
        .replace("    commit: auto", "    commit: yes", 1)
    )

    told = await bench.stub.CheckRuleSet(pb.CheckRuleSetRequest(yaml=broken))
    fault = await refused(bench.create(broken))

    assert [(one.rule_id, one.field) for one in told.faults] == [
        ("txn", "commit"),
        ("payer_time", "within_secs"),
        ("payer_time", "within_seconds"),
    ]
    assert told.faults[1].cure == "Rename it to within_seconds, or remove it."
    assert all(one.said_zh and one.cure_zh for one in told.faults)
    assert (fault.reason, fault.metadata["fault_count"]) == ("RULE_SET_REFUSED", "3")
    assert [one["rule"] for one in json.loads(fault.metadata["faults"])] == ["txn", "payer_time", "payer_time"]


async def test_a_hundred_faults_are_told_too(bench: Bench):
    broken = a_version(2).replace("stage:", "stages:")

    told = await bench.stub.CheckRuleSet(pb.CheckRuleSetRequest(yaml=broken))
    fault = await refused(bench.create(broken))

    assert len(told.faults) == 2 * SHIPPED.count("stage:") == int(fault.metadata["fault_count"])


async def test_versions_are_numbered_one_after_the_other(bench: Bench):
    fault = await refused(bench.create(a_version(3)))

    assert (fault.reason, fault.metadata["next_version"]) == ("RULE_SET_VERSION", "2")


async def test_what_is_there_already_is_not_made_again_under_another_request(bench: Bench):
    await bench.create(a_version(2))

    fault = await refused(bench.create(f"# the same\n{a_version(2)}", request_id="create-0002"))

    assert (fault.reason, fault.metadata["version"]) == ("DUPLICATE_RULE_SET", "2")


async def test_nobody_acts_as_the_system(bench: Bench):
    fault = await refused(bench.create(a_version(2), by="System"))

    assert fault.reason == "INVALID_FIELD"


async def test_a_diff_names_the_rules_that_say_something_else(bench: Bench):
    await bench.create(a_version(2))

    told = await bench.stub.DiffRuleSetVersions(pb.DiffRuleSetVersionsRequest(rule_set_id="default", version=2))

    assert told.base_version == 1
    assert [(one.rule_id, one.said_zh) for one in told.changes] == [
        ("cents", "规则 cents (分位差) 新增"),
        ("", "整套规则修改：effective_from、second_confirmation"),
    ]


async def test_a_report_tells_row_by_row_what_changes_and_another_person_activates_with_it(judging: Bench):
    await judging.create(
        a_version(
            2,
            say=CENTS.replace("minor: 5}", "minor: 1000000}").replace(
                "count_max: 100, sum_minor_max: 300", "count_max: 1, sum_minor_max: 1000000"
            ),
        )
    )

    report = await judging.report()
    first = await judging.page(report.regression_id, size=1)
    second = await judging.page(report.regression_id, size=1, token=first.next_page_token)
    activated = await judging.activate(report.regression_id)

    assert (report.state, report.passes, report.wrong_auto_posts) == (rule_set_pb2.Regression.STATE_SUCCEEDED, True, 0)
    assert (report.parts_done, report.parts_total) == (1, 1)
    assert report.suites[0].payment_count > 400
    assert report.changed_rows == report.kept_rows == report.suites[0].changed_rows > 1
    row = first.rows[0]
    assert (row.row_no, row.source, second.rows[0].row_no) == (1, "suite:payer_known", 2)
    assert (row.old.exception_class, row.new.rule_id, row.new.disposition) == (
        "AMOUNT_CHANNEL_SHORT",
        "cents",
        "IGNORED_BY_RULE",
    )
    assert row.amount.amount_minor != 0
    assert (activated.state, activated.activated_by) == (rule_set_pb2.RuleSetVersion.STATE_ACTIVE, "wang")


async def test_an_ignore_rule_takes_no_more_than_its_cap_of_a_day(judging: Bench):
    wide = (
        CENTS.replace("basis: difference, minor: 5}", "basis: amount, minor: 1000000000}")
        .replace("AMOUNT_CHANNEL_SHORT", "PLATFORM_ONLY")
        .replace("sum_minor_max: 300", "sum_minor_max: 1000000000000")
    )
    await judging.create(a_version(2, say=wide))
    await judging.create(a_version(3, say=wide.replace("1000000000000", "1")), request_id="create-0002")

    without_cap, capped = await judging.report(2), await judging.report(3, "regress-0003")

    assert without_cap.changed_rows > 0
    assert capped.changed_rows == 0, "no payment is of one minor unit, which is all that a day may ignore"


async def test_a_version_decides_from_its_day_on_and_the_days_before_keep_theirs(bench: Bench):
    await bench.create(a_version(2))
    report = await bench.report()

    await bench.activate(report.regression_id, effective_from="2026-05-01")

    assert await bench.decides(date(2026, 4, 30)) == 1
    assert await bench.decides(date(2026, 5, 1)) == 2


async def test_a_version_decides_no_day_before_the_one_that_it_says(bench: Bench):
    await bench.create(a_version(2))
    report = await bench.report()

    fault = await refused(bench.activate(report.regression_id, effective_from="2026-03-31"))

    assert (fault.reason, fault.metadata["effective_from"]) == ("EFFECTIVE_DATE_PASSED", "2026-04-01")


async def test_who_made_it_does_not_activate_it(bench: Bench):
    await bench.create(a_version(2))
    report = await bench.report()

    fault = await refused(bench.activate(report.regression_id, by="LI"))

    assert (fault.reason, fault.metadata["created_by"]) == ("SECOND_PERSON_REQUIRED", "li")


async def test_one_wrong_post_in_a_labelled_set_keeps_a_version_out(judging: Bench):
    await judging.create(a_careless_version(2))
    report = await judging.report()

    fault = await refused(judging.activate(report.regression_id))

    assert report.wrong_auto_posts > 0
    assert not report.passes
    assert report.suites[0].baseline_wrong_auto_posts == 0
    assert (fault.reason, fault.metadata["wrong_auto_posts"]) == ("WRONG_AUTO_POSTS", str(report.wrong_auto_posts))


async def test_no_report_no_unfinished_one_and_none_of_another_version_activates(bench: Bench):
    await bench.create(a_version(2))
    await bench.create(a_version(3, first_day="2026-06-01"), request_id="create-0002")
    of_three = await bench.report(3, "regress-0003")
    unfinished = await bench.start(2)

    faults = [
        await refused(bench.activate(one)) for one in ("reg_none", unfinished.regression_id, of_three.regression_id)
    ]

    assert {fault.reason for fault in faults} == {"REGRESSION_REQUIRED"}


async def test_a_report_against_a_version_that_was_replaced_meanwhile_counts_no_more(bench: Bench):
    await bench.create(a_version(2))
    await bench.create(a_version(3, first_day="2026-06-01"), request_id="create-0002")
    of_two, of_three = await bench.report(2), await bench.report(3, "regress-0003")
    await bench.activate(of_two.regression_id)

    fault = await refused(bench.activate(of_three.regression_id, version=3))
    again = await bench.report(3, "regress-0004")
    await bench.activate(again.regression_id, version=3)

    assert fault.reason == "REGRESSION_REQUIRED"
    assert again.baseline_version == 2
    assert [await bench.decides(date(2026, month, 1)) for month in (3, 4, 6)] == [1, 2, 3]


async def test_of_two_versions_that_are_activated_at_once_the_second_needs_a_report_against_the_first(bench: Bench):
    await bench.create(a_version(2))
    await bench.create(a_version(3), request_id="create-0002")
    reports = [await bench.report(version, f"regress-000{version}") for version in (2, 3)]

    ended = await asyncio.gather(
        *(bench.activate(one.regression_id, version=one.version) for one in reports), return_exceptions=True
    )

    (active,) = [one.version for one in ended if not isinstance(one, BaseException)]
    (lost,) = [from_rpc_error(one) for one in ended if isinstance(one, grpc.aio.AioRpcError)]
    assert lost.reason == "REGRESSION_REQUIRED"
    assert await bench.decides(date(2026, 4, 1)) == active


async def test_a_version_that_two_people_activate_at_once_is_the_first_ones(bench: Bench):
    await bench.create(a_version(2))
    report = await bench.report()
    people = {"wang": "2026-05-01", "zhao": "2026-06-01"}

    ended = await asyncio.gather(
        *(bench.activate(report.regression_id, by=who, effective_from=day) for who, day in people.items()),
        return_exceptions=True,
    )

    (active,) = [one for one in ended if not isinstance(one, BaseException)]
    (lost,) = [from_rpc_error(one) for one in ended if isinstance(one, grpc.aio.AioRpcError)]
    assert lost.reason == "RULE_SET_STATE"
    assert active.effective_from == people[active.activated_by]


async def test_a_retired_version_gives_its_days_back_and_the_last_one_cannot_be_retired(bench: Bench):
    await bench.create(a_version(2))
    await bench.activate((await bench.report()).regression_id)

    await bench.stub.RetireRuleSetVersion(
        pb.RetireRuleSetVersionRequest(rule_set_id="default", version=2, operator="li")
    )
    fault = await refused(
        bench.stub.RetireRuleSetVersion(pb.RetireRuleSetVersionRequest(rule_set_id="default", version=1, operator="li"))
    )

    assert await bench.decides(date(2026, 5, 1)) == 1
    assert fault.reason == "LAST_RULE_SET"


async def test_a_channel_may_have_a_set_of_its_own_which_is_held_against_the_default(bench: Bench):
    own = a_version(1).replace("id: default\n", "id: alipay\n", 1)
    await bench.create(own)
    request = pb.StartRegressionRequest(request_id="regress-0009", rule_set_id="alipay", version=1, operator="li")
    started = (await bench.stub.StartRegression(request)).regression
    claim = await bench.trials.claim_regression()
    assert claim is not None
    await bench.trials.run_regression(claim)
    activate = pb.ActivateRuleSetVersionRequest(
        rule_set_id="alipay", version=1, operator="wang", regression_id=started.regression_id
    )

    await bench.stub.ActivateRuleSetVersion(activate)

    assert (started.baseline_rule_set_id, started.baseline_version) == ("default", 1)
    async with bench.sessions() as session:
        alipay = await RuleSetStore(session).active_version("alipay", date(2026, 4, 1))
        wechat = await RuleSetStore(session).active_version("wechat_pay", date(2026, 4, 1))
    assert alipay is not None
    assert wechat is not None
    assert (alipay.rule_set_id, wechat.rule_set_id) == ("alipay", "default")


async def test_one_report_of_a_version_is_made_at_a_time_and_a_retry_finds_it(bench: Bench):
    await bench.create(a_version(2))
    first = await bench.start()

    again = await bench.start()
    fault = await refused(bench.start(request_id="regress-0002"))

    assert again.regression_id == first.regression_id
    assert (fault.reason, fault.metadata["regression_id"]) == ("REGRESSION_IN_PROGRESS", first.regression_id)


async def test_versions_are_listed_by_page_newest_first(bench: Bench):
    await bench.create(a_version(2))
    await bench.create(a_version(3, first_day="2026-06-01"), request_id="create-0002")

    pages, token = [], ""
    for _ in range(3):
        page = await bench.stub.ListRuleSetVersions(pb.ListRuleSetVersionsRequest(page_size=1, page_token=token))
        pages += [one.version for one in page.rule_set_versions]
        token = page.next_page_token

    assert (pages, token) == ([3, 2, 1], "")
