"""payments: its messages and its calls.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from .bill import Bill as Bill
from .bill import BillAnswer as BillAnswer
from .bill import BillAnswerVerdict as BillAnswerVerdict
from .bill import BillCategory as BillCategory
from .bill import BillPayment as BillPayment
from .bill import BillPaymentStanding as BillPaymentStanding
from .bill import BillState as BillState
from .bill import NearPayment as NearPayment
from .bill import NearPaymentSlip as NearPaymentSlip
from .bill_service import AsyncBillService, BillService
from .bill_service import BatchCreateBillsResponse as BatchCreateBillsResponse
from .bill_service import BillContent as BillContent
from .bill_service import CancelBillResponse as CancelBillResponse
from .bill_service import CreateBillResponse as CreateBillResponse
from .bill_service import DismissDuplicateResponse as DismissDuplicateResponse
from .bill_service import GetBillResponse as GetBillResponse
from .bill_service import ListBillsResponse as ListBillsResponse
from .bill_service import ListDuplicatesResponse as ListDuplicatesResponse
from .channel_service import AsyncChannelService, ChannelService
from .channel_service import ChannelAttention as ChannelAttention
from .channel_service import ChannelAttentionCause as ChannelAttentionCause
from .channel_service import ListChannelAttentionsResponse as ListChannelAttentionsResponse
from .duplicate import CoveringPayment as CoveringPayment
from .duplicate import DuplicatePayment as DuplicatePayment
from .duplicate import DuplicatePaymentCause as DuplicatePaymentCause
from .duplicate import DuplicatePaymentState as DuplicatePaymentState
from .import_ import Import as Import
from .import_ import ImportRefusal as ImportRefusal
from .import_service import AsyncImportService, ImportService
from .import_service import GetImportResponse as GetImportResponse
from .import_service import ImportPaymentsResponse as ImportPaymentsResponse
from .import_service import ListImportRefusalsResponse as ListImportRefusalsResponse
from .payment import FeeSnapshot as FeeSnapshot
from .payment import Payment as Payment
from .payment import PaymentOrigin as PaymentOrigin
from .payment import PaymentReconciliationState as PaymentReconciliationState
from .payment import PaymentSplit as PaymentSplit
from .payment import PaymentState as PaymentState
from .payment_service import AsyncPaymentService, PaymentService
from .payment_service import BatchCreatePaymentsResponse as BatchCreatePaymentsResponse
from .payment_service import ClosePaymentResponse as ClosePaymentResponse
from .payment_service import ConfirmPaymentResponse as ConfirmPaymentResponse
from .payment_service import CreatePaymentResponse as CreatePaymentResponse
from .payment_service import GetPaymentResponse as GetPaymentResponse
from .payment_service import ListPaymentsResponse as ListPaymentsResponse
from .payment_service import RecordPaymentRequest as RecordPaymentRequest
from .payment_service import RecordPaymentResponse as RecordPaymentResponse
from .refund import Refund as Refund
from .refund import RefundOrigin as RefundOrigin
from .refund import RefundState as RefundState
from .refund_service import AsyncRefundService, RefundService
from .refund_service import ConfirmRefundResponse as ConfirmRefundResponse
from .refund_service import CreateRefundResponse as CreateRefundResponse
from .refund_service import GetRefundResponse as GetRefundResponse
from .refund_service import ListRefundsResponse as ListRefundsResponse
from .refund_service import ListTakebacksResponse as ListTakebacksResponse
from .refund_service import RecordChargebackResponse as RecordChargebackResponse
from .refund_service import RecordRefundResponse as RecordRefundResponse
from .refund_service import RecordReversalResponse as RecordReversalResponse
from .refund_service import RecordWonChargebackResponse as RecordWonChargebackResponse
from .split_order import SplitOrder as SplitOrder
from .split_order import SplitOrderPart as SplitOrderPart
from .split_order import SplitOrderState as SplitOrderState
from .split_order_service import AsyncSplitOrderService, SplitOrderService
from .split_order_service import CreateSplitOrderResponse as CreateSplitOrderResponse
from .split_order_service import GetSplitOrderResponse as GetSplitOrderResponse
from .split_order_service import SplitOrderPartContent as SplitOrderPartContent
from .takeback import Takeback as Takeback
from .takeback import TakebackKind as TakebackKind


class Payments(BillService, ChannelService, ImportService, PaymentService, RefundService, SplitOrderService):
    """The calls of payments, blocking. Each raises Refused or NoAnswer."""


class AsyncPayments(
    AsyncBillService,
    AsyncChannelService,
    AsyncImportService,
    AsyncPaymentService,
    AsyncRefundService,
    AsyncSplitOrderService,
):
    """The calls of payments, for asyncio. Each raises Refused or NoAnswer."""
