"""The contract's services, a file for each, and what answers them. It decides nothing."""

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
    return [Servicer.of(statements), Servicer.of(StatementFetchServicer(fetches)), Servicer.of(RunServicer(runs))]


def clearing_servicers(
    exceptions: ExceptionActions, suggestions: SuggestionActions, explanations: ExplanationActions
) -> list[Servicer]:
    """What the server answers with, of what people clear."""
    return [
        Servicer.of(ExceptionServicer(exceptions)),
        Servicer.of(SuggestionServicer(suggestions)),
        Servicer.of(ExplanationServicer(explanations)),
    ]


def rule_set_servicer(rule_sets: RuleSetActions, regressions: RegressionActions) -> Servicer:
    """What the server answers with, of rule sets."""
    return Servicer.of(RuleSetServicer(rule_sets, regressions))


def arrival_servicer(arrival: ArrivalActions) -> Servicer:
    """What the server answers with."""
    return Servicer.of(ArrivalServicer(arrival))
