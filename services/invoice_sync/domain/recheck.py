"""When a confirmed invoice is read once more, so that what vanishes later is found. It reads nothing."""

from datetime import datetime, timedelta

from services.invoice_sync.domain.standing import Standing, SyncState
from services.invoice_sync.domain.timers import Timers

# All are read again within their first month; what was there that long has not been seen to vanish.
_UNTIL = timedelta(days=30)


def next_check(standing: Standing, now: datetime, timers: Timers) -> datetime | None:
    """The next time; None for what is not confirmed, or has been for long."""
    if standing.sync_state is not SyncState.CONFIRMED or standing.confirm_time is None:
        return None
    at = now + timedelta(seconds=timers.recheck_seconds)
    return at if at - standing.confirm_time <= _UNTIL else None
