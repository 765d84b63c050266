"""The contract's services of payments, a file for each, and what answers them. It decides nothing."""

from dataclasses import dataclass

from bihuan.payments.v1 import (
    bill_service_pb2_grpc,
    channel_service_pb2_grpc,
    import_service_pb2_grpc,
    payment_feed_service_pb2_grpc,
    payment_service_pb2_grpc,
    refund_service_pb2_grpc,
    split_order_service_pb2_grpc,
)

from chassis.server import Servicer
from services.payments.actions.ask import AskActions
from services.payments.actions.bill import BillActions
from services.payments.actions.bill_follow import BillFollowActions
from services.payments.actions.callback import CallbackActions
from services.payments.actions.duplicate import DuplicateActions
from services.payments.actions.export import ExportActions
from services.payments.actions.feed import FeedActions
from services.payments.actions.imports import ImportActions
from services.payments.actions.intake import IntakeActions
from services.payments.actions.payment import PaymentActions
from services.payments.actions.reconciliation import ReconciliationActions
from services.payments.actions.refund import RefundActions
from services.payments.actions.split_order import SplitOrderActions
from services.payments.actions.start import StartActions
from services.payments.actions.takeback import TakebackActions
from services.payments.rpc.bill import BillServicer
from services.payments.rpc.channel import ChannelServicer
from services.payments.rpc.feed import PaymentFeedServicer
from services.payments.rpc.imports import ImportServicer
from services.payments.rpc.payment import PaymentServicer
from services.payments.rpc.refund import RefundServicer
from services.payments.rpc.split_order import SplitOrderServicer


@dataclass(frozen=True, slots=True)
class Actions:
    """What the handlers call."""

    intake: IntakeActions
    payments: PaymentActions
    reconciliations: ReconciliationActions
    feed: FeedActions
    start: StartActions
    ask: AskActions
    callbacks: CallbackActions
    refunds: RefundActions
    takebacks: TakebackActions
    split_orders: SplitOrderActions
    bills: BillActions
    duplicates: DuplicateActions
    bill_follow: BillFollowActions
    imports: ImportActions
    exports: ExportActions


def servicers(actions: Actions) -> list[Servicer]:
    """What the server answers."""
    return [
        Servicer(
            "bihuan.payments.v1.PaymentService",
            payment_service_pb2_grpc.add_PaymentServiceServicer_to_server,
            PaymentServicer(actions.intake, actions.payments, actions.reconciliations, actions.start, actions.ask),
        ),
        Servicer(
            "bihuan.payments.v1.PaymentFeedService",
            payment_feed_service_pb2_grpc.add_PaymentFeedServiceServicer_to_server,
            PaymentFeedServicer(actions.feed, actions.exports),
        ),
        Servicer(
            "bihuan.payments.v1.ChannelService",
            channel_service_pb2_grpc.add_ChannelServiceServicer_to_server,
            ChannelServicer(actions.callbacks, actions.ask),
        ),
        Servicer(
            "bihuan.payments.v1.BillService",
            bill_service_pb2_grpc.add_BillServiceServicer_to_server,
            BillServicer(actions.bills, actions.duplicates),
        ),
        Servicer(
            "bihuan.payments.v1.RefundService",
            refund_service_pb2_grpc.add_RefundServiceServicer_to_server,
            RefundServicer(actions.refunds, actions.takebacks),
        ),
        Servicer(
            "bihuan.payments.v1.SplitOrderService",
            split_order_service_pb2_grpc.add_SplitOrderServiceServicer_to_server,
            SplitOrderServicer(actions.split_orders),
        ),
        Servicer(
            "bihuan.payments.v1.ImportService",
            import_service_pb2_grpc.add_ImportServiceServicer_to_server,
            ImportServicer(actions.imports),
        ),
    ]
