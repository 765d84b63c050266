"""The loops of payments. A turn does what is there to do and returns how much that was; it decides nothing."""

from chassis.loop import Loop
from services.payments.actions.ask import AskActions
from services.payments.actions.bill_follow import FOLLOWED_AT_ONCE, BillFollowActions
from services.payments.actions.callback import CallbackActions
from services.payments.actions.refund import RefundActions
from services.payments.actions.storage import StorageActions
from services.payments.config import Config

_FORGET_INTERVAL_SECONDS = 60.0
# What a process that dies may lose of these counts.
_REFUSED_INTERVAL_SECONDS = 5.0
_CLEAR_INTERVAL_SECONDS = 600.0
_MONTHS_INTERVAL_SECONDS = 3_600.0


def loops(
    bill_follow: BillFollowActions,
    ask: AskActions,
    refunds: RefundActions,
    callbacks: CallbackActions,
    storage: StorageActions,
    config: Config,
) -> list[Loop]:
    """Let bills follow the payments, ask channels about what is open there, and forget what is too old."""
    return [
        Loop("follow_feed", bill_follow.follow_feed, config.bill_interval_seconds, whole=FOLLOWED_AT_ONCE),
        Loop("poll_payments", ask.poll_payments, config.poll_interval_seconds),
        Loop("poll_refunds", refunds.poll_refunds, config.poll_interval_seconds),
        Loop("write_refused_callbacks", callbacks.refused.write, _REFUSED_INTERVAL_SECONDS),
        Loop("clear_callbacks", callbacks.clear_callbacks, _CLEAR_INTERVAL_SECONDS),
        Loop("forget_bill_requests", bill_follow.forget_requests, _FORGET_INTERVAL_SECONDS),
        Loop("forget_requests", storage.forget_requests, _FORGET_INTERVAL_SECONDS),
        Loop("forget_imports", storage.forget_imports, _FORGET_INTERVAL_SECONDS),
        Loop("make_months", storage.make_months, _MONTHS_INTERVAL_SECONDS),
        Loop("drop_month", storage.drop_month, _MONTHS_INTERVAL_SECONDS),
    ]
