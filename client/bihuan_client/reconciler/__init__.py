"""reconciler: its messages and its calls.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from .arrival import ArrivalMatch as ArrivalMatch
from .arrival import ArrivalMatchState as ArrivalMatchState
from .arrival_service import ArrivalService, AsyncArrivalService
from .arrival_service import GetArrivalMatchResponse as GetArrivalMatchResponse
from .exception import ExceptionAction as ExceptionAction
from .exception import ExceptionActionKind as ExceptionActionKind
from .exception import ExceptionClass as ExceptionClass
from .exception import ExceptionState as ExceptionState
from .exception import ReconcilerException as ReconcilerException
from .exception_service import AssignExceptionsResponse as AssignExceptionsResponse
from .exception_service import AsyncExceptionService, ExceptionService
from .exception_service import ConfirmExceptionsResponse as ConfirmExceptionsResponse
from .exception_service import ExceptionFilter as ExceptionFilter
from .exception_service import ExceptionResult as ExceptionResult
from .exception_service import ExceptionSummary as ExceptionSummary
from .exception_service import GetExceptionResponse as GetExceptionResponse
from .exception_service import ListExceptionsRequestOrder as ListExceptionsRequestOrder
from .exception_service import ListExceptionsResponse as ListExceptionsResponse
from .exception_service import SummarizeExceptionsResponse as SummarizeExceptionsResponse
from .explanation import ExplainedKey as ExplainedKey
from .explanation import ExplainedRow as ExplainedRow
from .explanation import ExplainedRule as ExplainedRule
from .explanation import Explanation as Explanation
from .explanation import PassedRule as PassedRule
from .explanation_service import AsyncExplanationService, ExplanationService
from .explanation_service import ExplainExceptionResponse as ExplainExceptionResponse
from .explanation_service import ExplainMatchResponse as ExplainMatchResponse
from .explanation_service import ExplainPaymentResponse as ExplainPaymentResponse
from .explanation_service import ExplainStatementLineResponse as ExplainStatementLineResponse
from .rule_set import Confirmation as Confirmation
from .rule_set import FieldChange as FieldChange
from .rule_set import IgnoreRule as IgnoreRule
from .rule_set import Regression as Regression
from .rule_set import RegressionPlace as RegressionPlace
from .rule_set import RegressionRow as RegressionRow
from .rule_set import RegressionSlice as RegressionSlice
from .rule_set import RegressionState as RegressionState
from .rule_set import RegressionSuite as RegressionSuite
from .rule_set import RuleChange as RuleChange
from .rule_set import RuleChangeKind as RuleChangeKind
from .rule_set import RuleSetFault as RuleSetFault
from .rule_set import RuleSetVersion as RuleSetVersion
from .rule_set import RuleSetVersionState as RuleSetVersionState
from .rule_set import RuleSummary as RuleSummary
from .rule_set_service import ActivateRuleSetVersionResponse as ActivateRuleSetVersionResponse
from .rule_set_service import AsyncRuleSetService, RuleSetService
from .rule_set_service import CheckRuleSetResponse as CheckRuleSetResponse
from .rule_set_service import CreateRuleSetVersionResponse as CreateRuleSetVersionResponse
from .rule_set_service import DiffRuleSetVersionsResponse as DiffRuleSetVersionsResponse
from .rule_set_service import GetRegressionReportResponse as GetRegressionReportResponse
from .rule_set_service import GetRuleSetVersionResponse as GetRuleSetVersionResponse
from .rule_set_service import ListRuleSetVersionsResponse as ListRuleSetVersionsResponse
from .rule_set_service import RetireRuleSetVersionResponse as RetireRuleSetVersionResponse
from .rule_set_service import StartRegressionResponse as StartRegressionResponse
from .run import ClassTotal as ClassTotal
from .run import Disposition as Disposition
from .run import DispositionTotal as DispositionTotal
from .run import Match as Match
from .run import MatchKind as MatchKind
from .run import MirrorGap as MirrorGap
from .run import Pins as Pins
from .run import Run as Run
from .run import RunMode as RunMode
from .run import RunState as RunState
from .run import RunTotals as RunTotals
from .run_service import AsyncRunService, RunService
from .run_service import GetRunResponse as GetRunResponse
from .run_service import ListMatchesResponse as ListMatchesResponse
from .run_service import ListRunsResponse as ListRunsResponse
from .run_service import StartRunResponse as StartRunResponse
from .statement import ColumnName as ColumnName
from .statement import ControlTotal as ControlTotal
from .statement import EdgeLine as EdgeLine
from .statement import RowCounts as RowCounts
from .statement import Statement as Statement
from .statement import StatementError as StatementError
from .statement import StatementLine as StatementLine
from .statement import StatementLineKind as StatementLineKind
from .statement import StatementReport as StatementReport
from .statement_fetch_service import AsyncStatementFetchService, StatementFetchService
from .statement_fetch_service import ListStatementFetchesResponse as ListStatementFetchesResponse
from .statement_fetch_service import StatementFetch as StatementFetch
from .statement_fetch_service import StatementFetchState as StatementFetchState
from .statement_service import AsyncStatementService, StatementService
from .statement_service import CheckStatementResponse as CheckStatementResponse
from .statement_service import GetStatementResponse as GetStatementResponse
from .statement_service import GetUploadResponse as GetUploadResponse
from .statement_service import IngestStatementResponse as IngestStatementResponse
from .statement_service import ListStatementLinesResponse as ListStatementLinesResponse
from .statement_service import ListStatementsResponse as ListStatementsResponse
from .suggestion import Suggestion as Suggestion
from .suggestion import SuggestionAction as SuggestionAction
from .suggestion import SuggestionState as SuggestionState
from .suggestion_service import AsyncSuggestionService, SuggestionService
from .suggestion_service import ConfirmSuggestionsResponse as ConfirmSuggestionsResponse
from .suggestion_service import DeclineSuggestionsResponse as DeclineSuggestionsResponse
from .suggestion_service import GetSuggestionResponse as GetSuggestionResponse
from .suggestion_service import ListSuggestionsResponse as ListSuggestionsResponse
from .suggestion_service import SuggestionResult as SuggestionResult


class Reconciler(
    ArrivalService,
    ExceptionService,
    ExplanationService,
    RuleSetService,
    RunService,
    StatementFetchService,
    StatementService,
    SuggestionService,
):
    """The calls of reconciler, blocking. Each raises Refused or NoAnswer."""


class AsyncReconciler(
    AsyncArrivalService,
    AsyncExceptionService,
    AsyncExplanationService,
    AsyncRuleSetService,
    AsyncRunService,
    AsyncStatementFetchService,
    AsyncStatementService,
    AsyncSuggestionService,
):
    """The calls of reconciler, for asyncio. Each raises Refused or NoAnswer."""
