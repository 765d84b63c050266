"""The tables of the reconciler, as the migrations make them. No query stands here."""

from services.reconciler.tables.arrival import (
    ArrivalLineRow,
    ArrivalMatchRow,
    ArrivalPaymentDueRow,
    ArrivalPaymentRow,
    ArrivalRevisionRow,
    ArrivalStatementDueRow,
)
from services.reconciler.tables.base import METADATA, Base
from services.reconciler.tables.exception import (
    ClearingRequestRow,
    ExceptionAssignmentRow,
    ExceptionConfirmationRow,
    ExceptionRow,
)
from services.reconciler.tables.fact import PaymentFactRow
from services.reconciler.tables.feed import FeedHeadRow, FeedRow, FeedWaitingRow
from services.reconciler.tables.fetch import StatementFetchRow
from services.reconciler.tables.mirror import FeedCursorRow, PaymentRow, RefundRow, UnpaidPaymentRow
from services.reconciler.tables.rule_set import (
    RuleSetRegressionChangeRow,
    RuleSetRegressionRow,
    RuleSetVersionRow,
)
from services.reconciler.tables.run import RunResultRow, RunRow
from services.reconciler.tables.statement import (
    StatementFileChunkRow,
    StatementFileRow,
    StatementLineRow,
    StatementRow,
)
from services.reconciler.tables.suggestion import SuggestionDecisionRow, SuggestionRow
from services.reconciler.tables.upload import StatementUploadChunkRow, StatementUploadRow

__all__ = [
    "METADATA",
    "ArrivalLineRow",
    "ArrivalMatchRow",
    "ArrivalPaymentDueRow",
    "ArrivalPaymentRow",
    "ArrivalRevisionRow",
    "ArrivalStatementDueRow",
    "Base",
    "ClearingRequestRow",
    "ExceptionAssignmentRow",
    "ExceptionConfirmationRow",
    "ExceptionRow",
    "FeedCursorRow",
    "FeedHeadRow",
    "FeedRow",
    "FeedWaitingRow",
    "PaymentFactRow",
    "PaymentRow",
    "RefundRow",
    "RuleSetRegressionChangeRow",
    "RuleSetRegressionRow",
    "RuleSetVersionRow",
    "RunResultRow",
    "RunRow",
    "StatementFetchRow",
    "StatementFileChunkRow",
    "StatementFileRow",
    "StatementLineRow",
    "StatementRow",
    "StatementUploadChunkRow",
    "StatementUploadRow",
    "SuggestionDecisionRow",
    "SuggestionRow",
    "UnpaidPaymentRow",
]
