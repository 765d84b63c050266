"""The tables of the payments service, a file for each noun. Who asks for one has all of them in METADATA."""

from services.payments.tables.base import METADATA, Base
from services.payments.tables.feed import FeedHeadRow, FeedRow
from services.payments.tables.payment import PaymentRow, RequestRow
from services.payments.tables.reconciliation import ReconciliationRow

__all__ = [
    "METADATA",
    "Base",
    "FeedHeadRow",
    "FeedRow",
    "PaymentRow",
    "ReconciliationRow",
    "RequestRow",
]
