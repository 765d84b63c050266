"""The loops of payments. A turn does what is there to do and returns how much that was; it decides nothing."""

from chassis.loop import Loop
from services.payments.actions.bill_follow import BillFollowActions
from services.payments.config import Config

_FORGET_INTERVAL_SECONDS = 60.0


def loops(bill_follow: BillFollowActions, config: Config) -> list[Loop]:
    """Let bills follow the payments, and forget the requests that are too old to be repeated."""
    return [
        Loop("follow_feed", bill_follow.follow_feed, config.bill_interval_seconds),
        Loop("forget_requests", bill_follow.forget_requests, _FORGET_INTERVAL_SECONDS),
    ]
