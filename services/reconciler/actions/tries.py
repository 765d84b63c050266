"""One try at work that was claimed: it ends, waits for its next try, or is left to its lease. It knows no work."""

import random
from collections.abc import Awaitable, Callable
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from chassis.clock import Clock
from chassis.errors import Fault, Kind
from services.reconciler.domain.retry import Retry

_RETRIED_KINDS = frozenset({Kind.UNAVAILABLE, Kind.DEADLINE, Kind.OVERLOADED})


async def try_once(
    work: Callable[[], Awaitable[None]],
    try_no: int,
    retry: Retry,
    clock: Clock,
    *,
    give_back: Callable[[datetime, Fault], Awaitable[None]],
    fail: Callable[[str, str], Awaitable[None]],
) -> None:
    """Do the work. `give_back` is told when the next try is due and why, `fail` the reason and its words.

    A database that fails leaves the work to its lease, after which it is claimed again while tries are left. Raises
    what is no Fault, so that the loop tells it.
    """
    try:
        if try_no > retry.attempts_max:
            raise Fault(Kind.INTERNAL, "INTERNAL", "its workers were lost again and again", "执行进程多次中断")
        await work()
    except Fault as fault:
        due_at = None
        if fault.kind in _RETRIED_KINDS:
            due_at = retry.next_try_at(clock.now(), try_no, random.random())  # noqa: S311  guards nothing
        if due_at is None:
            await fail(fault.reason, fault.message)
        else:
            await give_back(due_at, fault)
    except (SQLAlchemyError, OSError):
        if try_no >= retry.attempts_max:
            await fail("INTERNAL", "the database failed again and again; the log has the cause")
        raise
    except Exception:
        await fail("INTERNAL", "a fault of ours; the log has the cause")
        raise
