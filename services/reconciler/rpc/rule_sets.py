"""RuleSetService: the versions of rule sets, and which of them decides. It reads no rule itself."""

from bihuan.reconciler.v1 import rule_set_service_pb2 as pb
from bihuan.reconciler.v1 import rule_set_service_pb2_grpc

from chassis.server import RpcContext
from services.reconciler import convert
from services.reconciler.actions.page import PageRequest
from services.reconciler.actions.regression import RegressionActions
from services.reconciler.actions.rule_set import RuleSetActions
from services.reconciler.convert import rule_sets as told


class RuleSetServicer(rule_set_service_pb2_grpc.RuleSetServiceServicer):
    """Keeps the versions of rule sets, and lets one decide."""

    def __init__(self, rule_sets: RuleSetActions, regressions: RegressionActions) -> None:
        self._rule_sets = rule_sets
        self._regressions = regressions

    async def CheckRuleSet(self, request: pb.CheckRuleSetRequest, context: RpcContext) -> pb.CheckRuleSetResponse:
        rule_set, faults = await self._rule_sets.check_rule_set(request.yaml)
        answer = pb.CheckRuleSetResponse(faults=map(told.rule_set_fault, faults))
        if rule_set is not None:
            answer.rule_set_id, answer.version = rule_set.id, rule_set.version
            answer.content_hash, answer.rule_count = rule_set.content_hash, len(rule_set.rules)
        return answer

    async def CreateRuleSetVersion(
        self, request: pb.CreateRuleSetVersionRequest, context: RpcContext
    ) -> pb.CreateRuleSetVersionResponse:
        row, replayed = await self._rule_sets.create_version(
            request.request_id, request.operator, request.yaml, request.note
        )
        return pb.CreateRuleSetVersionResponse(rule_set_version=told.whole_rule_set_version(row), replayed=replayed)

    async def GetRuleSetVersion(
        self, request: pb.GetRuleSetVersionRequest, context: RpcContext
    ) -> pb.GetRuleSetVersionResponse:
        day = convert.optional_business_date(request.business_date)
        row = await self._rule_sets.get_version(request.rule_set_id, request.version, day)
        return pb.GetRuleSetVersionResponse(rule_set_version=told.whole_rule_set_version(row))

    async def ListRuleSetVersions(
        self, request: pb.ListRuleSetVersionsRequest, context: RpcContext
    ) -> pb.ListRuleSetVersionsResponse:
        page = await self._rule_sets.list_versions(
            request.rule_set_id, PageRequest(request.page_size, request.page_token)
        )
        return pb.ListRuleSetVersionsResponse(
            rule_set_versions=map(told.rule_set_version, page.rows), next_page_token=page.next_page_token
        )

    async def DiffRuleSetVersions(
        self, request: pb.DiffRuleSetVersionsRequest, context: RpcContext
    ) -> pb.DiffRuleSetVersionsResponse:
        base, changes = await self._rule_sets.diff_versions(request.rule_set_id, request.version, request.base_version)
        return pb.DiffRuleSetVersionsResponse(
            base_rule_set_id=base.rule_set_id, base_version=base.version, changes=map(told.rule_change, changes)
        )

    async def StartRegression(
        self, request: pb.StartRegressionRequest, context: RpcContext
    ) -> pb.StartRegressionResponse:
        report, replayed = await self._regressions.start_regression(
            request.request_id, request.rule_set_id, request.version, request.operator
        )
        return pb.StartRegressionResponse(regression=told.regression(*report), replayed=replayed)

    async def GetRegressionReport(
        self, request: pb.GetRegressionReportRequest, context: RpcContext
    ) -> pb.GetRegressionReportResponse:
        report, page = await self._regressions.get_report(
            request.regression_id, PageRequest(request.page_size, request.page_token)
        )
        return pb.GetRegressionReportResponse(
            regression=told.regression(*report),
            rows=map(told.regression_row, page.rows),
            next_page_token=page.next_page_token,
        )

    async def ActivateRuleSetVersion(
        self, request: pb.ActivateRuleSetVersionRequest, context: RpcContext
    ) -> pb.ActivateRuleSetVersionResponse:
        row = await self._rule_sets.activate_version(
            request.rule_set_id,
            request.version,
            request.operator,
            request.regression_id,
            convert.optional_business_date(request.effective_from),
        )
        return pb.ActivateRuleSetVersionResponse(rule_set_version=told.whole_rule_set_version(row))

    async def RetireRuleSetVersion(
        self, request: pb.RetireRuleSetVersionRequest, context: RpcContext
    ) -> pb.RetireRuleSetVersionResponse:
        row = await self._rule_sets.retire_version(request.rule_set_id, request.version, request.operator)
        return pb.RetireRuleSetVersionResponse(rule_set_version=told.whole_rule_set_version(row))
