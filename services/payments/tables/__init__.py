"""The tables of the payments service, a file for each noun. Who asks for one has all of them in METADATA."""

from services.payments.tables.base import METADATA, MONTHLY, Base
from services.payments.tables.bill import BillHeadRow, BillPaymentRow, BillRequestRow, BillRow
from services.payments.tables.callback import CallbackRow, RefusedCallbackDayRow, RefusedCallbackRow
from services.payments.tables.channel_order import ChannelOrderKeyRow, ChannelOrderRow
from services.payments.tables.duplicate import DuplicateClosingRow, DuplicateRow
from services.payments.tables.feed import FeedHeadRow, FeedRow, FeedWaitingRow, SliceManifestRow
from services.payments.tables.imports import ImportBatchRow, ImportRow
from services.payments.tables.intake import OrderKeyRow, RequestRow
from services.payments.tables.payment import PaymentRow
from services.payments.tables.reconciliation import ReconciliationRow
from services.payments.tables.refund import RefundKeyRow, RefundRow, TakebackRow
from services.payments.tables.split_order import SplitOrderPartRow, SplitOrderRow

__all__ = [
    "METADATA",
    "MONTHLY",
    "Base",
    "BillHeadRow",
    "BillPaymentRow",
    "BillRequestRow",
    "BillRow",
    "CallbackRow",
    "ChannelOrderKeyRow",
    "ChannelOrderRow",
    "DuplicateClosingRow",
    "DuplicateRow",
    "FeedHeadRow",
    "FeedRow",
    "FeedWaitingRow",
    "ImportBatchRow",
    "ImportRow",
    "OrderKeyRow",
    "PaymentRow",
    "ReconciliationRow",
    "RefundKeyRow",
    "RefundRow",
    "RefusedCallbackDayRow",
    "RefusedCallbackRow",
    "RequestRow",
    "SliceManifestRow",
    "SplitOrderPartRow",
    "SplitOrderRow",
    "TakebackRow",
]
