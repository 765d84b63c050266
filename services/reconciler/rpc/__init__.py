"""The contract's services, a file for each, and what answers them. It decides nothing."""

from bihuan.reconciler.v1 import (
    arrival_service_pb2,
    arrival_service_pb2_grpc,
    exception_service_pb2,
    exception_service_pb2_grpc,
    explanation_service_pb2,
    explanation_service_pb2_grpc,
    rule_set_service_pb2,
    rule_set_service_pb2_grpc,
    run_service_pb2,
    run_service_pb2_grpc,
    statement_fetch_service_pb2,
    statement_fetch_service_pb2_grpc,
    statement_service_pb2,
    statement_service_pb2_grpc,
    suggestion_service_pb2,
    suggestion_service_pb2_grpc,
)

from chassis.server import Servicer
from services.reconciler.actions.arrival import ArrivalActions
from services.reconciler.actions.exception import ExceptionActions
from services.reconciler.actions.explanation import ExplanationActions
from services.reconciler.actions.fetch import FetchActions
from services.reconciler.actions.regression import RegressionActions
from services.reconciler.actions.rule_set import RuleSetActions
from services.reconciler.actions.run import RunActions
from services.reconciler.actions.suggestion import SuggestionActions
from services.reconciler.rpc.arrivals import ArrivalServicer
from services.reconciler.rpc.exceptions import ExceptionServicer
from services.reconciler.rpc.explanations import ExplanationServicer
from services.reconciler.rpc.fetches import StatementFetchServicer
from services.reconciler.rpc.rule_sets import RuleSetServicer
from services.reconciler.rpc.runs import RunServicer
from services.reconciler.rpc.statements import StatementServicer
from services.reconciler.rpc.suggestions import SuggestionServicer

__all__ = ["StatementServicer", "arrival_servicer", "clearing_servicers", "rule_set_servicer", "servicers"]


def servicers(
    statements: StatementServicer,
    runs: RunActions,
    fetches: FetchActions,
) -> list[Servicer]:
    """What the server answers with."""
    statement_names = statement_service_pb2.DESCRIPTOR.services_by_name
    fetch_names = statement_fetch_service_pb2.DESCRIPTOR.services_by_name
    run_names = run_service_pb2.DESCRIPTOR.services_by_name
    return [
        Servicer(
            statement_names["StatementService"].full_name,
            statement_service_pb2_grpc.add_StatementServiceServicer_to_server,
            statements,
        ),
        Servicer(
            fetch_names["StatementFetchService"].full_name,
            statement_fetch_service_pb2_grpc.add_StatementFetchServiceServicer_to_server,
            StatementFetchServicer(fetches),
        ),
        Servicer(
            run_names["RunService"].full_name,
            run_service_pb2_grpc.add_RunServiceServicer_to_server,
            RunServicer(runs),
        ),
    ]


def clearing_servicers(
    exceptions: ExceptionActions, suggestions: SuggestionActions, explanations: ExplanationActions
) -> list[Servicer]:
    """What the server answers with, of what people clear."""
    return [
        Servicer(
            exception_service_pb2.DESCRIPTOR.services_by_name["ExceptionService"].full_name,
            exception_service_pb2_grpc.add_ExceptionServiceServicer_to_server,
            ExceptionServicer(exceptions),
        ),
        Servicer(
            suggestion_service_pb2.DESCRIPTOR.services_by_name["SuggestionService"].full_name,
            suggestion_service_pb2_grpc.add_SuggestionServiceServicer_to_server,
            SuggestionServicer(suggestions),
        ),
        Servicer(
            explanation_service_pb2.DESCRIPTOR.services_by_name["ExplanationService"].full_name,
            explanation_service_pb2_grpc.add_ExplanationServiceServicer_to_server,
            ExplanationServicer(explanations),
        ),
    ]


def rule_set_servicer(rule_sets: RuleSetActions, regressions: RegressionActions) -> Servicer:
    """What the server answers with, of rule sets."""
    return Servicer(
        rule_set_service_pb2.DESCRIPTOR.services_by_name["RuleSetService"].full_name,
        rule_set_service_pb2_grpc.add_RuleSetServiceServicer_to_server,
        RuleSetServicer(rule_sets, regressions),
    )


def arrival_servicer(arrival: ArrivalActions) -> Servicer:
    """What the server answers with."""
    add = arrival_service_pb2_grpc.add_ArrivalServiceServicer_to_server
    name = arrival_service_pb2.DESCRIPTOR.services_by_name["ArrivalService"].full_name
    return Servicer(name, add, ArrivalServicer(arrival))
