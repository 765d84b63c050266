"""Between the contract's messages and the reconciler's rows, a file for each noun. It decides nothing."""

from services.reconciler.convert.arrivals import arrival_match
from services.reconciler.convert.basics import business_date, optional_business_date
from services.reconciler.convert.clearing import asked
from services.reconciler.convert.exceptions import (
    exception,
    exception_action,
    exception_filter,
    exception_order,
    exception_results,
    exception_summaries,
    exceptions_wanted,
)
from services.reconciler.convert.explanations import explanation
from services.reconciler.convert.fetches import fetch_state_name, statement_fetch
from services.reconciler.convert.reports import report
from services.reconciler.convert.runs import disposition, match, mode, run, run_filter
from services.reconciler.convert.statements import sent, statement, statement_line, upload
from services.reconciler.convert.suggestions import (
    suggestion,
    suggestion_action,
    suggestion_filter,
    suggestion_results,
)

__all__ = [
    "arrival_match",
    "asked",
    "business_date",
    "disposition",
    "exception",
    "exception_action",
    "exception_filter",
    "exception_order",
    "exception_results",
    "exception_summaries",
    "exceptions_wanted",
    "explanation",
    "fetch_state_name",
    "match",
    "mode",
    "optional_business_date",
    "report",
    "run",
    "run_filter",
    "sent",
    "statement",
    "statement_fetch",
    "statement_line",
    "suggestion",
    "suggestion_action",
    "suggestion_filter",
    "suggestion_results",
    "upload",
]
