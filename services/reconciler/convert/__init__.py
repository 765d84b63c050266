"""Between the contract's messages and the reconciler's rows, a file for each noun. It decides nothing."""

from services.reconciler.convert.basics import business_date, optional_business_date
from services.reconciler.convert.fetches import fetch_state_name, statement_fetch
from services.reconciler.convert.reports import report
from services.reconciler.convert.runs import exception, exception_class_name, exception_state_name, match, run
from services.reconciler.convert.statements import sent, statement, statement_line, upload

__all__ = [
    "business_date",
    "exception",
    "exception_class_name",
    "exception_state_name",
    "fetch_state_name",
    "match",
    "optional_business_date",
    "report",
    "run",
    "sent",
    "statement",
    "statement_fetch",
    "statement_line",
    "upload",
]
