"""The lease of a run, renewed as long as its worker is at work. It decides nothing about the run."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from chassis.clock import Clock
from chassis.database import Sessions
from services.reconciler.store.run import Claim, RunStore

_RENEWALS_PER_LEASE = 3
_log = structlog.get_logger()


@contextlib.asynccontextmanager
async def kept_lease(sessions: Sessions, clock: Clock, claim: Claim, lease_seconds: float) -> AsyncIterator[None]:
    """Renew the lease in the background until the block ends, so that only a lost worker is followed by another.

    A block that writes the run's end must stand outside: it locks the row that a renewal changes.
    """
    ended = asyncio.Event()
    renewing = asyncio.create_task(_renew(sessions, clock, claim, lease_seconds, ended))
    try:
        yield
    finally:
        ended.set()
        await renewing


async def _renew(sessions: Sessions, clock: Clock, claim: Claim, lease_seconds: float, ended: asyncio.Event) -> None:
    is_ours = True
    while is_ours and not await _is_set_within(ended, lease_seconds / _RENEWALS_PER_LEASE):
        try:
            async with sessions.begin() as session:
                lease_until = clock.now() + timedelta(seconds=lease_seconds)
                is_ours = await RunStore(session).renew(claim, lease_until)
        except (SQLAlchemyError, OSError) as fault:  # the next renewal may work; if none does, the lease ends
            _log.warning("lease was not renewed", run_id=claim.run_id, error=type(fault).__name__)


async def _is_set_within(ended: asyncio.Event, seconds: float) -> bool:
    try:
        return await asyncio.wait_for(ended.wait(), timeout=seconds)
    except TimeoutError:
        return False
