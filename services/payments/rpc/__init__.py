"""The contract's services of payments, a file for each, and what answers them. It decides nothing."""

from dataclasses import dataclass

from bihuan.payments.v1 import payment_feed_service_pb2_grpc, payment_service_pb2_grpc

from chassis.server import Servicer
from services.payments.actions.feed import FeedActions
from services.payments.actions.payment import PaymentActions
from services.payments.actions.reconciliation import ReconciliationActions
from services.payments.rpc.feed import PaymentFeedServicer
from services.payments.rpc.payment import PaymentServicer


@dataclass(frozen=True, slots=True)
class Actions:
    """What the handlers call."""

    payments: PaymentActions
    reconciliations: ReconciliationActions
    feed: FeedActions


def servicers(actions: Actions) -> list[Servicer]:
    """What the server answers."""
    return [
        Servicer(
            "bihuan.payments.v1.PaymentService",
            payment_service_pb2_grpc.add_PaymentServiceServicer_to_server,
            PaymentServicer(actions.payments, actions.reconciliations),
        ),
        Servicer(
            "bihuan.payments.v1.PaymentFeedService",
            payment_feed_service_pb2_grpc.add_PaymentFeedServiceServicer_to_server,
            PaymentFeedServicer(actions.feed),
        ),
    ]
