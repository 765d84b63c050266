"""The loops of payments. A turn does what is there to do and returns how much that was; it decides nothing."""

from chassis.loop import Loop
from services.payments.actions.ask import AskActions
from services.payments.actions.bill_follow import BillFollowActions
from services.payments.actions.callback import CallbackActions
from services.payments.actions.refund import RefundActions
from services.payments.config import Config

_FORGET_INTERVAL_SECONDS = 60.0
_CLEAR_INTERVAL_SECONDS = 600.0


def loops(
    bill_follow: BillFollowActions,
    ask: AskActions,
    refunds: RefundActions,
    callbacks: CallbackActions,
    config: Config,
) -> list[Loop]:
    """Let bills follow the payments, ask channels about what is open there, and forget what is too old."""
    return [
        Loop("follow_feed", bill_follow.follow_feed, config.bill_interval_seconds),
        Loop("poll_payments", ask.poll_payments, config.poll_interval_seconds),
        Loop("poll_refunds", refunds.poll_refunds, config.poll_interval_seconds),
        Loop("clear_callbacks", callbacks.clear_callbacks, _CLEAR_INTERVAL_SECONDS),
        Loop("forget_requests", bill_follow.forget_requests, _FORGET_INTERVAL_SECONDS),
    ]
